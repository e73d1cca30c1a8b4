"""JSON objects without the surprises: repeatable bytes, finite numbers only, a limited size.

Python's json writes NaN and reads it, and reads 1e999 as infinity; nobody else agrees with either.
And it spends up to forty bytes of memory on one of text, as in [[],[],[]]: hence a limit on values.
"""

import json
import math
from typing import Any, NoReturn

BYTES = 16 * 2**20
VALUES = 400_000


def dumps(value: dict[str, Any]) -> bytes:
    """Return `value` as ASCII JSON with sorted keys. Raises ValueError if `loads` would not."""
    try:
        text = json.dumps(value, allow_nan=False, sort_keys=True)
    except (TypeError, RecursionError) as error:
        raise ValueError(str(error)) from error
    data = text.encode("ascii")
    _check_size(data)
    return data


def loads(data: bytes) -> dict[str, Any]:
    """Return the object that `data` holds. Raises ValueError if it is anything else."""
    _check_size(data)
    try:
        value = json.loads(
            data.decode(), parse_float=_finite_float, parse_constant=_refuse_constant
        )
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    if not isinstance(value, dict):
        raise ValueError("it is not an object")
    return value


def _check_size(data: bytes) -> None:
    if len(data) > BYTES:
        raise ValueError(f"it has {len(data):,} bytes, more than {BYTES:,}")
    if sum(map(data.count, (b",", b"[", b"{"))) > VALUES:  # at least as many as there are values
        raise ValueError(f"it has more than {VALUES:,} values")


def _finite_float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text[:30]} is not finite")
    return value


def _refuse_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not a number")
