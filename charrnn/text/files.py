"""From paths to text: files, folders and stdin, decompressed and decoded piece by piece.

Only one piece is in memory at a time. How bytes become text is in `decoding.py`; nothing here knows
a vocabulary.
"""

import importlib
import os
import stat
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import BinaryIO, cast

from charrnn.errors import CharRNNError, CorpusError, UsageError
from charrnn.text.decoding import Decoding, Found, NotTextError, check_encoding, name_list, shown
from charrnn.text.forms import normalized
from charrnn.text.reading import Reading
from charrnn.text.units import END
from charrnn.visible import visible

PIECE = 1 << 18  # bytes that are read and decoded at once; at least 4, to know a byte order mark
_ARCHIVES = {".gz": "gzip", ".bz2": "bz2", ".xz": "lzma"}  # and the modules that open them


def texts(paths: Sequence[str], reading: Reading, found: Found) -> Iterator[str]:
    """Yield the text of all files in pieces that are not empty, and count in `found` what is met.

    A newline is put between two files where the first does not end with one; of a text of units,
    what ends a unit. Raises CorpusError and UsageError as `corpus.read_corpus` says.
    """
    if reading.newlines not in ("unix", "keep"):
        name = visible(reading.newlines, one_line=True)
        raise UsageError(f"line endings cannot be read as {name}", "Use unix or keep.")
    check_encoding(reading.encoding)
    joined = _joined(paths, reading, found)
    return reading.units.marked(joined, found) if reading.units else joined


def _joined(paths: Sequence[str], reading: Reading, found: Found) -> Iterator[str]:
    ends_line = True
    for path in list(_files(paths, reading.encoding, found)):  # all are there before one is read
        begins = True
        decoded = _decoded(path, reading.encoding, reading.newlines, found)
        for text in filter(None, normalized(decoded, reading.normalize)):
            if begins and reading.units and reading.units.boundary == END:
                yield END
            elif begins and not ends_line:
                yield "\n"
            yield text
            begins, ends_line = False, text.endswith(("\n", "\r"))
        if begins:
            found.empty.append(path)


def _files(paths: Sequence[str], encoding: str, found: Found) -> Iterator[str]:
    """Yield the files to read, with every folder replaced by the text files below it."""
    for path in paths:
        name = shown(path)
        try:
            mode = stat.S_IFREG if path == "-" else os.stat(path).st_mode
        except (FileNotFoundError, NotADirectoryError, ValueError) as error:
            hint = "Check the path; a folder may be given too, and - for standard input."
            raise CorpusError(f"there is no file {name}", hint) from error
        except OSError as error:
            raise _unreadable(path, error) from error
        if stat.S_ISDIR(mode):
            yield from _text_files_below(path, encoding, found)
        elif stat.S_ISREG(mode):
            yield path
        else:
            kind = "a pipe" if stat.S_ISFIFO(mode) else "a device or socket"
            raise CorpusError(
                f"{name} is {kind}, not a file",
                "Give a file, or send the text to standard input and name that: -",
            )


def _text_files_below(folder: str, encoding: str, found: Found) -> list[str]:
    """The text files below `folder`, sorted; hidden files and folders are passed over."""
    files: list[str] = []
    try:
        for path, folders, names in os.walk(folder, onerror=_raise):
            folders[:] = [name for name in folders if not name.startswith(".")]
            files += (os.path.join(path, name) for name in names if not name.startswith("."))
    except OSError as error:
        raise _unreadable(error.filename or folder, error) from error
    files.sort()
    not_text = [p for p in files if not (os.path.isfile(p) and _is_text(p, encoding))]
    found.skipped += not_text
    if not_text == files:
        raise CorpusError(
            f"there is no {shown(encoding)} text file in the folder {shown(folder)}"
            + (f"; not text: {name_list(not_text)}" if not_text else ""),
            "Give another folder, or name the files and their --encoding.",
        )
    return sorted(set(files).difference(not_text))


def _raise(error: OSError) -> None:
    raise error


def _is_text(path: str, encoding: str) -> bool:
    """Decode the whole file: a wrong byte near its end would otherwise stop everything later."""
    try:
        for _ in _decoded(path, encoding, "keep", Found()):
            pass
    except NotTextError:
        return False
    return True


def _decoded(path: str, encoding: str, newlines: str, found: Found) -> Iterator[str]:
    return Decoding(path, encoding, newlines, found).texts(_pieces(path))


def _pieces(path: str) -> Iterator[bytes]:
    """Yield the content of a file, decompressed, in pieces that are not empty."""
    try:
        with _open(path) as file:
            while piece := file.read(PIECE):
                yield piece
    except CharRNNError:
        raise
    except Exception as error:  # zlib and lzma have exceptions of their own
        if isinstance(error, OSError) and error.errno is not None:
            raise _unreadable(path, error) from error
        if _archive_module(path) is None:
            raise
        reason = visible(str(error), one_line=True)
        raise CorpusError(
            f"{shown(path)} is a damaged archive: {reason}",
            "Fetch it again, or decompress what can be saved and give that file.",
        ) from error


def _open(path: str) -> AbstractContextManager[BinaryIO]:
    if path == "-":
        if sys.stdin is None or sys.stdin.isatty():
            raise UsageError(
                "nothing is piped into stdin, which - stands for",
                "Pipe a text into the command, or name a file.",
            )
        return nullcontext(cast(BinaryIO, sys.stdin.buffer))  # not ours to close
    module = _archive_module(path)
    if module is None:
        return open(path, "rb")
    try:
        library = importlib.import_module(module)
    except ImportError as error:
        raise CorpusError(
            f"{shown(path)} cannot be opened: this Python was built without {module}",
            "Decompress the file first.",
        ) from error
    return cast(BinaryIO, library.open(path, "rb"))


def _archive_module(path: str) -> str | None:
    return _ARCHIVES.get(os.path.splitext(path)[1].lower())


def _unreadable(path: str, error: OSError) -> CorpusError:
    hint = "Choose another file."
    if isinstance(error, PermissionError):
        hint = "Allow it to be read, or copy it to a place of your own."
    return CorpusError(f"cannot read {shown(path)}: {error.strerror}", hint)
