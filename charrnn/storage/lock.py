"""A lock against two trainers on one file: `.NAME.lock` beside it, held for as long as one runs.

The lock belongs to the process, not to the file on the disk: after a crash or a kill the file is
left, but nobody holds it, and the next trainer takes it and removes it at its end. Where the system
knows no such locks there is none.
"""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from charrnn.errors import CheckpointError
from charrnn.visible import visible

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_HELD = (errno.EAGAIN, errno.EACCES)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock of `path` inside the context; nothing is left behind.

    Raises CheckpointError, naming the process, if another one holds it.
    """
    target = Path(os.path.realpath(path))
    lock = target.with_name(f".{target.name}.lock")
    descriptor = _acquire(lock, path) if fcntl else None
    try:
        yield
    finally:
        if descriptor is not None:
            with suppress(OSError):
                os.unlink(lock)  # while it is held, so that nobody else's is removed
            os.close(descriptor)


def _acquire(lock: Path, path: Path) -> int | None:
    """Open and lock; again if the file was removed by its holder between the two."""
    while True:
        try:
            descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o666)
        except OSError:
            return None  # what cannot be written has been found, and is better said, elsewhere
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_still(lock, descriptor):
                os.ftruncate(descriptor, 0)
                os.write(descriptor, f"{os.getpid()}\n".encode())
                return descriptor
        except OSError as error:
            holder = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip()
            os.close(descriptor)
            if error.errno in _HELD:
                raise _in_use(path, holder) from error
            return None  # a file system without locks, or a full one: train without
        os.close(descriptor)


def _is_still(lock: Path, descriptor: int) -> bool:
    """Is the open file the one that has the name now?"""
    try:
        return os.path.samestat(os.stat(lock), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _in_use(path: Path, holder: str) -> CheckpointError:
    process = f"process {holder}" if holder.isdigit() else "another process"
    return CheckpointError(
        f"{visible(str(path), one_line=True)} is in use by {process}, which trains it",
        "Wait until it has finished, or name another --out.",
    )
