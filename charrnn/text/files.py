"""From paths to text: files, folders, stdin and pipes, decoded piece by piece.

Only one piece is in memory at a time. How bytes become text is in `decoding.py`, in which encoding
in `guessing.py`; nothing here knows a vocabulary.
"""

import os
import stat
from collections.abc import Iterator, Sequence

from charrnn.errors import CorpusError, UsageError
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
from charrnn.text.opening import Source, unreadable
from charrnn.text.reading import Reading
from charrnn.text.units import END
from charrnn.visible import visible


def texts(paths: Sequence[str], reading: Reading, found: Found) -> Iterator[str]:
    """Yield the text of all files in pieces that are not empty, and count in `found` what is met.

    A newline is put between two files where the first does not end with one; of a text of units,
    what ends a unit. Raises CorpusError and UsageError as `corpus.read_corpus` says.
    """
    if reading.newlines not in ("unix", "keep"):
        name = visible(reading.newlines, one_line=True)
        raise UsageError(f"line endings cannot be read as {name}", "Use unix or keep.")
    if reading.encoding != AUTO:
        check_encoding(reading.encoding)
    joined = _joined(paths, reading, found)
    return reading.units.marked(joined, found) if reading.units else joined


def _joined(paths: Sequence[str], reading: Reading, found: Found) -> Iterator[str]:
    ends_line = True
    files = list(_files(paths, reading.encoding, found))  # all are there before one is read
    for path, encoding in files:
        begins = True
        decoded = _decoded(path, encoding, reading, found)
        for text in filter(None, normalized(decoded, reading.normalize)):
            if begins and reading.units and reading.units.boundary == END:
                yield END
            elif begins and not ends_line:
                yield "\n"
            yield text
            begins, ends_line = False, text.endswith(("\n", "\r"))
        if begins:
            found.empty.append(path)


def _files(paths: Sequence[str], encoding: str, found: Found) -> Iterator[tuple[str, str]]:
    """Yield the files to read, with every folder replaced by the text files below it, and in which
    encoding each is, which may still be open."""
    for path in paths:
        name = shown(path)
        try:
            mode = stat.S_IFIFO if path in STDIN else os.stat(path).st_mode
        except (FileNotFoundError, NotADirectoryError, ValueError) as error:
            hint = "Check the path; a folder may be given too, and - for standard input."
            raise CorpusError(f"there is no file {name}", hint) from error
        except OSError as error:
            raise unreadable(path, error) from error
        if stat.S_ISDIR(mode):
            yield from _text_files_below(path, encoding, found)
        elif stat.S_ISREG(mode):
            yield path, encoding
        elif stat.S_ISFIFO(mode):
            if path in found.pipes:  # a second reading would find nothing, or wait for ever
                raise UsageError(
                    f"{name} is named twice, and a pipe can be read only once",
                    "Name it once, or save what comes through it as a file.",
                )
            found.pipes.append(path)
            yield path, encoding
        else:
            raise CorpusError(
                f"{name} is a device or socket, not a file",
                "Give a file, or send the text to standard input and name that: -",
            )


def _text_files_below(folder: str, encoding: str, found: Found) -> list[tuple[str, str]]:
    """The text files below `folder`, sorted, and in which encoding each is; hidden files and
    folders are passed over."""
    files: list[str] = []
    try:
        for path, folders, names in os.walk(folder, onerror=_raise):
            folders[:] = [name for name in folders if not name.startswith(".")]
            files += (os.path.join(path, name) for name in names if not name.startswith("."))
    except OSError as error:
        raise unreadable(error.filename or folder, error) from error
    text: list[tuple[str, str]] = []
    skipped = []
    for path in sorted(set(files)):
        known = os.path.isfile(path) and _encoding_below(path, encoding, found)
        if known:
            text.append((path, known))
        else:
            skipped.append(path)
    found.skipped += skipped
    if not text:
        kind, hint = "", "Give another folder, or name the files and their --encoding."
        if encoding != AUTO:
            kind, hint = f"{shown(encoding)} ", hint[:-1] + "; auto finds out what it is."
        raise CorpusError(
            f"there is no {kind}text file in the folder {shown(folder)}"
            + (f"; not text: {name_list(skipped)}" if skipped else ""),
            hint,
        )
    return text


def _raise(error: OSError) -> None:
    raise error


def _encoding_below(path: str, encoding: str, found: Found) -> str:
    """The encoding of a file in a folder; empty if it is no text. The whole file is decoded: a
    wrong byte near its end would otherwise stop everything later."""
    source = Source(path)
    if encoding == AUTO:
        return _encoding_of(source)
    try:
        for _ in Decoding(path, encoding, "keep", Found()).texts(source.pieces()):
            pass
    except NotTextError:
        found.foreign |= b"\0" not in next(source.pieces(), b"")
        return ""
    return encoding


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


def _decoded(path: str, encoding: str, reading: Reading, found: Found) -> Iterator[str]:
    with Source(path, kept=encoding == AUTO) as source:
        if encoding == AUTO:
            encoding = _encoding_of(source) or "utf-8"  # whose error says what is wrong
        decoding = Decoding(path, encoding, reading.newlines, found)
        try:
            yield from decoding.texts(source.pieces())
        except NotTextError as error:
            raise NotTextError(error.message, error.hint or _advice(source)) from error
    if reading.encoding == AUTO and decoding.characters:
        found.encodings.setdefault(encoding, []).append(path)


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
