"""JSON objects without the surprises: repeatable bytes, finite numbers only, a limited size.

Python's json writes NaN and reads it, and reads 1e999 as infinity; nobody else agrees with either.
And it spends up to forty bytes of memory on one of text, as in [[],[],[]]: hence a limit on values.
"""

import json
import math
import types
from dataclasses import MISSING, fields
from typing import Any, NoReturn, TypeVar, Union, get_args, get_origin, get_type_hints

BYTES = 4 * 2**20
VALUES = 400_000

T = TypeVar("T")


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


def fill(kind: type[T], value: Any) -> T:
    """Return the object of the dataclass `kind` whose fields are in the JSON object `value`.

    Fields are int, float, str, list or dict, or one of them or None; a bool is no number. Fields
    with a default may be absent. Raises ValueError if anything else is there, or anything absent.
    """
    if not isinstance(value, dict):
        raise ValueError(f"{kind.__name__} is no object")
    hints = get_type_hints(kind)
    absent = {f.name for f in fields(kind) if f.default is f.default_factory is MISSING}  # type: ignore[arg-type]
    if wrong := (absent - value.keys()) | (value.keys() - hints.keys()):
        raise ValueError(f"{min(wrong)} is absent, or not known")
    for name, item in value.items():
        if not any(_is(item, allowed) for allowed in _alternatives(hints[name])):
            raise ValueError(f"{name} is {str(item)[:30]}")
    return kind(**value)


def _alternatives(hint: Any) -> tuple[Any, ...]:
    return get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)


def _is(item: Any, hint: Any) -> bool:
    kind = get_origin(hint) or hint
    return type(item) is kind or (kind is float and type(item) is int)


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
