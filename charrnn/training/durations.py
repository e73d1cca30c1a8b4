"""Durations as people write and read them: `90s`, `3m05s`, `1h30m`."""

import re

from charrnn.errors import UsageError


def parse_duration(text: str) -> float:
    """Seconds in `90`, `90s`, `3m`, `1h30m`, `1.5h`.

    Raises UsageError if `text` is none of these, or zero.
    """
    match = re.fullmatch(
        r"(?:(?P<h>\d+\.?\d*)h)?(?:(?P<m>\d+\.?\d*)m)?(?:(?P<s>\d+\.?\d*)s?)?", text.strip().lower()
    )
    parts = match.groupdict() if match else {}
    seconds = sum(
        float(parts.get(unit) or 0) * size for unit, size in (("h", 3600), ("m", 60), ("s", 1))
    )
    if not match or seconds <= 0:
        raise UsageError(
            f"--time {text!r} is not a duration",
            "Write a number of seconds, or 90s, 3m, 1h30m.",
        )
    return seconds


def format_duration(seconds: float) -> str:
    """`8s`, `3m05s`, `1h04m`: short, and read at a glance."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02d}s"
    return f"{whole // 3600}h{whole % 3600 // 60:02d}m"
