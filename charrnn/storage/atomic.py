"""Replaces a file so that a reader, a crash or a full disk finds the old content or the new, whole.

The content goes to a temporary file in the same folder, `.NAME.PID.RANDOM.tmp`, which is forced to
the disk before it takes the name of the target; then the folder, which holds the name, is forced
too. A temporary file survives only a killed process, and `remove_orphans` finds it by that.
Knows nothing of what is written.
"""

import errno
import io
import os
import re
import secrets
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, cast

from charrnn.errors import CheckpointError
from charrnn.visible import visible

_DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def write_atomically(path: Path, write: Callable[[BinaryIO], None]) -> None:
    """Give `path` the content that `write` puts into the file it is handed, or leave it as it was.

    A symbolic link is followed and stays; an existing file passes on its permissions. After an
    exception of any kind the temporary file is gone. When the disk is full, `write` is called once
    more with a file that only counts, to say how much is needed.

    Raises CheckpointError when the system refuses.
    """
    try:
        with _temporary_beside(path) as (file, target):
            write(file)
            file.flush()
            _sync(file.fileno())
            file.close()
            os.replace(file.name, target)
            _sync_folder(target.parent)
    except OSError as error:
        needed = ""
        if error.errno in _DISK_FULL:
            counter = _Counter()
            write(cast(BinaryIO, counter))
            needed = f" ({counter.size:,} bytes needed)"
        raise _refusal(path, error, needed) from error


def check_writable(path: Path) -> None:
    """Raise CheckpointError now if `path` could not be written later. Leaves nothing behind."""
    try:
        with _temporary_beside(path):
            pass
    except OSError as error:
        raise _refusal(path, error) from error


def remove_orphans(path: Path) -> None:
    """Remove the temporary files of `path` that killed processes of this machine left behind."""
    if os.name != "posix":
        return  # elsewhere os.kill(pid, 0) is no question but a signal
    target = Path(os.path.realpath(path))
    ours = re.compile(rf"\.{re.escape(target.name)}\.([0-9]+)\.[^.]+\.tmp")
    with suppress(OSError), os.scandir(target.parent) as entries:
        for entry in entries:
            match = ours.fullmatch(entry.name)
            if match and entry.is_file(follow_symlinks=False) and _is_dead(int(match[1])):
                with suppress(OSError):
                    os.unlink(entry)


@contextmanager
def _temporary_beside(path: Path) -> Iterator[tuple[BinaryIO, Path]]:
    """Yield a new open file and the real target; the file, unless renamed by then, is removed."""
    target = Path(os.path.realpath(path))  # os.replace would replace a link itself
    mode = _mode_of_target(target)
    name = f".{target.name}.{os.getpid()}.{secrets.token_hex(8)}.tmp"
    temporary = os.path.join(target.parent, name)
    try:
        with open(temporary, "xb") as file:  # x: O_CREAT | O_EXCL, 0666 & umask
            if mode is not None:
                os.chmod(temporary, mode)
            yield file, target
    finally:
        with suppress(OSError):
            os.unlink(temporary)


def _mode_of_target(target: Path) -> int | None:
    """Return the permissions of the file to be replaced; None if there is none yet."""
    try:
        mode = os.stat(target).st_mode
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, "it is a folder")
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "it is not a regular file")
    if not os.access(target, os.W_OK):
        # A rename asks only the folder, but whoever made the file read-only meant it.
        raise PermissionError(errno.EACCES, "it is read-only")
    return mode & 0o777


def _sync(descriptor: int) -> None:
    """Wait until the disk has the data. Never repeated: after a failure a second call lies."""
    os.fsync(descriptor)
    if sys.platform == "darwin":  # there fsync stops at the drive's own cache
        import fcntl

        with suppress(OSError):  # not on every file system
            fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)


def _sync_folder(folder: Path) -> None:
    """Wait until the disk has the new name, where folders can be opened and synchronised."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except PermissionError:
        return
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
    finally:
        os.close(descriptor)


def _is_dead(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):  # someone else's process; no process number at all
        pass
    return False


def _refusal(path: Path, error: OSError, needed: str = "") -> CheckpointError:
    """Put what the system said into one line."""
    name = visible(str(path), one_line=True)
    folder = visible(str(path.parent), one_line=True)
    if isinstance(error, FileNotFoundError) and not path.parent.exists():
        return CheckpointError(
            f"cannot write {name}: there is no folder {folder}",
            f"Create it first: mkdir -p {folder}",
        )
    reason = error.strerror or str(error)
    hint = "Free some space or choose another disk." if needed else "Choose another file to write."
    return CheckpointError(f"cannot write {name}: {reason}{needed}", hint)


class _Counter(io.RawIOBase):
    """Takes everything, keeps its size."""

    size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        count = memoryview(cast(bytes, data)).nbytes
        self.size += count
        return count
