"""How much memory this process may still use, and sizes in words."""

import re
from pathlib import Path


def free_memory() -> int | None:
    """Bytes that this process may still use, as far as Linux says; None if nothing is known."""
    known = [_available(Path("/proc/meminfo")), _left_in_group(Path("/sys/fs/cgroup")), _limit()]
    return min((value for value in known if value is not None), default=None)


def _available(meminfo: Path) -> int | None:
    try:
        match = re.search(r"MemAvailable:\s+(\d+) kB", meminfo.read_text("ascii", "replace"))
    except OSError:
        return None
    return int(match[1]) * 1024 if match else None


def _left_in_group(group: Path) -> int | None:
    """What a container may still take."""
    try:
        limit, used = (int((group / f"memory.{name}").read_text()) for name in ("max", "current"))
    except (OSError, ValueError):  # not Linux, or no number but "max"
        return None
    return max(limit - used, 0)


def _limit() -> int | None:
    """What a shell's `ulimit -v` allows."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    return None if limit == resource.RLIM_INFINITY else limit


def gigabytes(count: int) -> str:
    """A size to two figures or so: `1.3 GB`, `157 MB`, `4.6 MB`."""
    if count >= 1e9:
        return f"{count / 1e9:.1f} GB"
    return f"{count / 1e6:.0f} MB" if count >= 1e7 else f"{count / 1e6:.2g} MB"
