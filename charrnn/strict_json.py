"""JSON objects without the surprises: repeatable bytes, finite numbers only, a limited length.

Python's json writes NaN and reads it, and reads 1e999 as infinity; nobody else agrees with either.
"""

import json
import math
from typing import Any, NoReturn

BYTES = 16 * 2**20


def dumps(value: dict[str, Any]) -> bytes:
    """Return `value` as ASCII JSON with sorted keys. Raises ValueError if `loads` would not."""
    try:
        text = json.dumps(value, allow_nan=False, sort_keys=True)
    except (TypeError, RecursionError) as error:
        raise ValueError(str(error)) from error
    _check_length(len(text))
    return text.encode("ascii")


def loads(data: bytes) -> dict[str, Any]:
    """Return the object that `data` holds. Raises ValueError if it is anything else."""
    _check_length(len(data))
    try:
        value = json.loads(
            data.decode(), parse_float=_finite_float, parse_constant=_refuse_constant
        )
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    if not isinstance(value, dict):
        raise ValueError("it is not an object")
    return value


def _check_length(length: int) -> None:
    if length > BYTES:
        raise ValueError(f"it has {length:,} bytes, more than {BYTES:,}")


def _finite_float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text[:30]} is not finite")
    return value


def _refuse_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not a number")
