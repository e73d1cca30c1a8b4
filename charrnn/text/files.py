"""From paths to text: files, folders, stdin and pipes, decoded piece by piece.

Only one piece is in memory at a time. How bytes become text is in `decoding.py`, in which encoding
in `guessing.py`; nothing here knows a vocabulary.
"""

import os
import stat
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from charrnn.errors import CorpusError, UsageError
from charrnn.progress import Progress, silent
from charrnn.text import AUTO, guessing
from charrnn.text.decoding import (
    STDIN,
    Decoding,
    Found,
    NotTextError,
    check_encoding,
    marked,
    name_list,
    shown,
)
from charrnn.text.forms import normalized
from charrnn.text.given import NAME, Given
from charrnn.text.opening import SMALL, Meter, Source, size, unreadable
from charrnn.text.reading import Reading
from charrnn.text.units import END
from charrnn.visible import visible


def texts(
    paths: Sequence[str] | Given, reading: Reading, found: Found, progress: Progress = silent
) -> Iterator[str]:
    """Yield the text of all files, or one that is given, in pieces that are not empty, and count in
    `found` what is met.

    A newline is put between two files where the first does not end with one; of a text of units,
    what ends a unit. Raises CorpusError and UsageError as `corpus.read_corpus` says.
    """
    if reading.newlines not in ("unix", "keep"):
        name = visible(reading.newlines, one_line=True)
        raise UsageError(f"line endings cannot be read as {name}", "Use unix or keep.")
    if reading.encoding != AUTO:
        check_encoding(reading.encoding)
    joined = _joined(paths, reading, found, Meter(progress))
    return reading.units.marked(joined, found) if reading.units else joined


def _joined(
    paths: Sequence[str] | Given, reading: Reading, found: Found, meter: Meter
) -> Iterator[str]:
    ends_line, length = True, 0
    for path, decoded in _each(paths, reading, found, meter):
        begins = True
        for text in filter(None, normalized(decoded, reading.normalize)):
            if begins and reading.units and reading.units.boundary == END:
                yield END
            elif begins and not ends_line:
                length += 1
                yield "\n"
            if begins:
                found.starts.append(length)
            length += len(text)
            yield text
            begins, ends_line = False, text.endswith(("\n", "\r"))
        if begins:
            found.empty.append(path)


def _each(
    paths: Sequence[str] | Given, reading: Reading, found: Found, meter: Meter
) -> Iterator[tuple[str, Iterator[str]]]:
    """Yield every text file and its text, which has to be read before the next."""
    if isinstance(paths, Given):
        yield NAME, paths.decoded(reading.newlines, found)
        return
    groups = [_files(path, found) for path in paths]  # all are there before one is read
    if not found.pipes:
        meter.total = sum(_to_read(path, g.looks(reading)) for g in groups for path in g.paths)
    for group in groups:
        skipped = []
        for path in group.paths:
            if group.folder is not None and not os.path.isfile(path):
                skipped.append(path)
                continue
            with Source(path, group.looks(reading), meter) as source:
                if encoding := _encoding(source, group, reading, found):
                    yield path, _decoded(source, encoding, reading, found)
                else:
                    skipped.append(path)
        found.skipped += skipped
        if group.folder is not None and len(skipped) == len(group.paths):
            raise _no_text(group.folder, skipped, reading.encoding)


class _Group(NamedTuple):
    """Files that were named together: below a folder those are left out that are no text."""

    folder: str | None
    paths: list[str]

    def looks(self, reading: Reading) -> bool:
        """Is each looked at before it is read?"""
        return self.folder is not None or reading.encoding == AUTO


def _files(path: str, found: Found) -> _Group:
    """What a path that was given stands for."""
    name = shown(path)
    try:
        mode = stat.S_IFIFO if path in STDIN else os.stat(path).st_mode
    except (FileNotFoundError, NotADirectoryError, ValueError) as error:
        hint = "Check the path; a folder may be given too, and - for standard input."
        raise CorpusError(f"there is no file {name}", hint) from error
    except OSError as error:
        raise unreadable(path, error) from error
    if stat.S_ISDIR(mode):
        return _Group(path, _files_below(path))
    if stat.S_ISFIFO(mode):
        if path in found.pipes:  # a second reading would find nothing, or wait for ever
            raise UsageError(
                f"{name} is named twice, and a pipe can be read only once",
                "Name it once, or save what comes through it as a file.",
            )
        found.pipes.append(path)
    elif not stat.S_ISREG(mode):
        raise CorpusError(
            f"{name} is a device or socket, not a file",
            "Give a file, or send the text to standard input and name that: -",
        )
    return _Group(None, [path])


def _files_below(folder: str) -> list[str]:
    """The files below `folder`, sorted; hidden files and folders are passed over."""
    files: list[str] = []
    try:
        for path, folders, names in os.walk(folder, onerror=_raise):
            folders[:] = [name for name in folders if not name.startswith(".")]
            files += (os.path.join(path, name) for name in names if not name.startswith("."))
    except OSError as error:
        raise unreadable(error.filename or folder, error) from error
    return sorted(set(files))


def _no_text(folder: str, skipped: list[str], encoding: str) -> CorpusError:
    kind, hint = "", "Give another folder, or name the files and their --encoding."
    if encoding != AUTO:
        kind, hint = f"{shown(encoding)} ", hint[:-1] + "; auto finds out what it is."
    return CorpusError(
        f"there is no {kind}text file in the folder {shown(folder)}"
        + (f"; not text: {name_list(skipped)}" if skipped else ""),
        hint,
    )


def _raise(error: OSError) -> None:
    raise error


def _to_read(path: str, looks: bool) -> int:
    """The bytes that will be read of a file, of a large one again if it is looked at before."""
    length = size(path)
    return 2 * length if looks and length > SMALL else length


def _encoding(source: Source, group: _Group, reading: Reading, found: Found) -> str:
    """The encoding of a file, if need be found out; empty if it is no text and may be left out. The
    whole of a file below a folder is looked at: a wrong byte near its end would stop everything
    later."""
    if reading.encoding == AUTO:
        known = _encoding_of(source)
        return known if group.folder is not None else known or "utf-8"  # whose error says the rest
    if group.folder is None:
        return reading.encoding
    try:
        for _ in Decoding(source.path, reading.encoding, "keep", Found()).texts(source.pieces()):
            pass
    except NotTextError:
        found.foreign |= b"\0" not in next(source.pieces(), b"")
        return ""
    return reading.encoding


def _encoding_of(source: Source) -> str:
    """The encoding of a file by its mark, UTF-8 if all of it is, or the likeliest; empty if it is
    no text."""
    mark = marked(next(source.pieces(), b""))
    if mark and guessing.decodes(source.pieces, mark):
        return mark
    if guessing.decodes(source.pieces, "utf-8"):
        return "utf-8"
    if guessing.is_damaged_utf_8(source.pieces):
        return ""  # it would read in others, as nonsense
    return next((guess.encoding for guess in guessing.guesses(source.pieces, most=1)), "")


def _decoded(source: Source, encoding: str, reading: Reading, found: Found) -> Iterator[str]:
    decoding = Decoding(source.path, encoding, reading.newlines, found)
    try:
        yield from decoding.texts(source.pieces())
    except NotTextError as error:
        raise NotTextError(error.message, error.hint or _advice(source)) from error
    if reading.encoding == AUTO and decoding.characters:
        found.encodings.setdefault(encoding, []).append(source.path)


def _advice(source: Source) -> str:
    """In which encodings the whole file reads like text, and what it says there, a line each."""
    if source.once:
        return "If it is text in another encoding: --encoding auto finds out which."
    if guessing.decodes(source.pieces, "utf-8"):
        return "Read it with --encoding utf-8"
    if guessing.is_damaged_utf_8(source.pieces):
        mend = "iconv -c -f utf-8 -t utf-8 FILE > NEW"
        return f"Most of it is UTF-8; this leaves out what is wrong: {mend}"
    lines = [
        f"--encoding {each.encoding}: {each.words}" for each in guessing.guesses(source.pieces)
    ]
    if not lines:
        return (
            "Only text can be learnt. If it is text, name its --encoding; it looks like none here."
        )
    return "Read it with " + "\n          or ".join(lines)
