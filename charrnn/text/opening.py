"""What a path leads to, as bytes in pieces: a file, decompressed, or what comes through a pipe.

A pipe is read once. Where it has to be looked at before it is read, it is kept in a temporary file.
"""

import importlib
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, cast

from charrnn.errors import CharRNNError, CorpusError, UsageError
from charrnn.progress import Progress
from charrnn.text.decoding import STDIN, shown
from charrnn.visible import visible

PIECE = 1 << 18  # bytes that are read and decoded at once; at least 4, to know a byte order mark
_IN_MEMORY = 1 << 24  # bytes of a pipe that are kept without a file
SMALL = 1 << 22  # bytes of a file that is read only once, though it is looked at more often
_ARCHIVES = {".gz": "gzip", ".bz2": "bz2", ".xz": "lzma"}  # and the modules that open them


class Meter:
    """Counts the bytes that are read of all files, and says so; `total` is None if it is open."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.done = 0
        self.total: int | None = None

    def read(self, count: int) -> None:
        self.done += count
        self.progress("reading", self.done, self.total)


class Source:
    """The bytes at `path`, to be read once, or any number of times if they are `kept`."""

    def __init__(self, path: str, kept: bool = False, meter: Meter | None = None) -> None:
        self.path, self.once, self._meter = path, False, meter
        self._pieces: list[bytes] | None = None
        self._copy: SpooledTemporaryFile[bytes] | None = None
        if is_pipe(path):
            self.once = not kept
            self._copy = self._copied() if kept else None
        elif kept and _archive_module(path) is None and size(path) <= SMALL:
            self._pieces = list(_pieces(path, meter))

    def __enter__(self) -> "Source":
        return self

    def __exit__(self, *error: object) -> None:
        if self._copy is not None:
            self._copy.close()

    def pieces(self) -> Iterator[bytes]:
        """Yield the content, decompressed, in pieces that are not empty."""
        if self._pieces is not None:
            yield from self._pieces
        elif self._copy is not None:
            self._copy.seek(0)
            while piece := self._copy.read(PIECE):
                yield piece
        else:
            yield from _pieces(self.path, self._meter)

    def _copied(self) -> "SpooledTemporaryFile[bytes]":
        copy = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 (closed with the source)
        for piece in _pieces(self.path, self._meter):
            try:
                copy.write(piece)
            except OSError as error:
                copy.close()
                raise CorpusError(
                    f"{shown(self.path)} cannot be kept in a temporary file: {error.strerror}",
                    "Name its --encoding, so that it need not be, or give it as a file.",
                ) from error
        return copy


def size(path: str) -> int:
    """The bytes of a file as it is; 0 if that cannot be known."""
    try:
        return os.path.getsize(path)
    except (OSError, ValueError):  # which reading it will say
        return 0


def is_pipe(path: str) -> bool:
    """Is it stdin, or a pipe that has a name? Either can be read only once."""
    try:
        return path in STDIN or stat.S_ISFIFO(os.stat(path).st_mode)
    except (OSError, ValueError):
        return False


def _pieces(path: str, meter: Meter | None) -> Iterator[bytes]:
    """Yield the content of a file, decompressed, in pieces that are not empty."""
    try:
        with ExitStack() as stack:
            raw, content = _open(path, stack)
            before, place = _state(raw), 0
            while piece := content.read(PIECE):
                if meter:
                    now = place + len(piece) if content is raw else raw.tell()
                    meter.read(now - place)
                    place = now
                yield piece
            if _state(raw) != before:
                raise CorpusError(
                    f"{shown(path)} has changed while it was read",
                    "Wait until it is written, or copy it and give the copy.",
                )
    except CharRNNError:
        raise
    except Exception as error:  # zlib and lzma have exceptions of their own
        if isinstance(error, OSError) and error.errno is not None:
            raise unreadable(path, error) from error
        if _archive_module(path) is None:
            raise
        reason = visible(str(error), one_line=True)
        raise CorpusError(
            f"{shown(path)} is a damaged archive: {reason}",
            "Fetch it again, or decompress what can be saved and give that file.",
        ) from error


def _open(path: str, stack: ExitStack) -> tuple[BinaryIO, BinaryIO]:
    """The file as it is, and what it holds; the stack closes them."""
    if path in STDIN:
        if sys.stdin is None or sys.stdin.isatty():
            raise UsageError(
                "nothing is piped into stdin, which - stands for",
                "Pipe a text into the command, or name a file.",
            )
        raw = cast(BinaryIO, sys.stdin.buffer)  # not ours to close
        return raw, raw
    module = _archive_module(path)
    raw = stack.enter_context(open(path, "rb"))  # noqa: SIM115 (the stack does)
    if module is None:
        return raw, raw
    try:
        library = importlib.import_module(module)
    except ImportError as error:
        raise CorpusError(
            f"{shown(path)} cannot be opened: this Python was built without {module}",
            "Decompress the file first.",
        ) from error
    return raw, cast(BinaryIO, stack.enter_context(library.open(raw, "rb")))


def _state(raw: BinaryIO) -> tuple[int, int] | None:
    """What shows that somebody writes to a file: its size, and when it was written."""
    try:
        about = os.fstat(raw.fileno())
    except (OSError, ValueError):  # no file at all
        return None
    return (about.st_size, about.st_mtime_ns) if stat.S_ISREG(about.st_mode) else None


def _archive_module(path: str) -> str | None:
    return _ARCHIVES.get(os.path.splitext(path)[1].lower())


def unreadable(path: str, error: OSError) -> CorpusError:
    hint = "Choose another file."
    if isinstance(error, PermissionError):
        hint = "Allow it to be read, or copy it to a place of your own."
    return CorpusError(f"cannot read {shown(path)}: {error.strerror}", hint)
