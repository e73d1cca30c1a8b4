"""From bytes to text: decoded strictly, checked for what is no text, line ends made LF.

The bytes of a file come in pieces, and its text leaves in pieces; where a piece ends never matters.
Errors name the file, the byte and the line, and an encoding only where a byte order mark does.
Nothing here opens a file.
"""

import codecs
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain

from charrnn.errors import CorpusError, UsageError
from charrnn.text import AUTO
from charrnn.visible import visible

_MARKS = {  # utf-32 first: its little-endian mark begins with that of utf-16
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}

#: What stands for standard input.
STDIN = ("-", "/dev/stdin", "/dev/fd/0")


@dataclass
class Found:
    """What was met, and changed or left out, on the way."""

    marks: int = 0  # byte order marks
    lf: int = 0  # line endings, of three kinds
    crlf: int = 0
    lone_cr: int = 0
    skipped: list[str] = field(default_factory=list)  # files below a folder that are not text
    foreign: bool = False  # some of them may be text all the same, for they have no NUL
    empty: list[str] = field(default_factory=list)
    pipes: list[str] = field(default_factory=list)  # what cannot be read again
    encodings: dict[str, list[str]] = field(default_factory=dict)  # found out, and files in each
    empty_units: int = 0
    starts: list[int] = field(default_factory=list)  # where files begin, in characters

    @property
    def readings(self) -> list[str]:
        """One line for each encoding that was found out."""
        return [
            f"{_count(len(files), 'file')} read as {encoding}: {name_list(files)}"
            for encoding, files in self.encodings.items()
        ]

    def notes(self, encoding: str, newlines: str) -> list[str]:
        """One line for each kind of thing that was met."""
        notes = self.readings
        if self.marks:
            notes.append(f"{_count(self.marks, 'byte order mark')} dropped")
        if self.crlf and newlines == "unix":
            notes.append(f"{_count(self.crlf, 'CRLF line ending')} became LF")
        if self.lone_cr and newlines == "unix":
            notes.append(f"{_count(self.lone_cr, 'lone CR line ending')} became LF")
        if self.skipped:
            files = _count(len(self.skipped), "file")
            reason = "as no text" if encoding == AUTO else f"as not {shown(encoding)} text"
            notes.append(f"{files} skipped {reason}: {name_list(self.skipped)}")
        if self.foreign:
            notes.append("--encoding auto reads those of them that are text in another encoding")
        if self.empty:
            notes.append(f"{_count(len(self.empty), 'file')} without text: {name_list(self.empty)}")
        if self.empty_units:
            notes.append(f"{_count(self.empty_units, 'empty unit')} left out")
        return notes


class NotTextError(CorpusError):
    """The file can be read, but what it holds is not text in this encoding."""


def check_encoding(encoding: str) -> None:
    """Raise UsageError if Python cannot decode text from `encoding`."""
    try:
        "a".encode(encoding)  # also refuses codecs that are not for text, such as hex
        if codecs.lookup(encoding).name in ("idna", "punycode"):
            raise LookupError("for the names of computers only")
        codecs.getincrementaldecoder(encoding)
    except (LookupError, ValueError) as error:
        raise UsageError(
            f"there is no text encoding '{visible(encoding, one_line=True)}'",
            "Name one that Python knows, such as utf-8, cp1252 or shift_jis, or auto to find out.",
        ) from error


class Decoding:
    """The decoding of one file: where we are, and what is held back between pieces.

    `path` is only named in errors; `encoding` is one that `check_encoding` lets pass; `newlines` is
    "unix" or "keep"; `found` is added to.
    """

    def __init__(self, path: str, encoding: str, newlines: str, found: Found) -> None:
        self.path, self.encoding, self.newlines, self.found = path, encoding, newlines, found
        self.head = b""
        self.bytes = self.characters = 0  # read so far
        self.line = 1
        self.held = ""  # a CR whose LF may come with the next piece

    def texts(self, pieces: Iterable[bytes]) -> Iterator[str]:
        """Yield the text of `pieces`, none of them empty, in pieces of any length, zero too.

        What stands before a wrong byte is yielded before NotTextError is raised, so that the first
        thing that is wrong is reported, however the file was cut. Only a byte order mark in the
        wrong encoding is recognised by the first piece alone, which needs 4 bytes for it.
        """
        decoder = codecs.getincrementaldecoder(self.encoding)()
        for piece in chain(pieces, [b""]):  # the empty one ends the text
            self.head = (self.head + piece)[:4]
            text, right, error = _decode(decoder, piece, last=not piece)
            self.bytes += right
            yield self._clean(text, last=not piece or error is not None)
            if error is not None:
                raise self._undecodable(error) from error

    def _clean(self, text: str, last: bool) -> str:
        """Check a decoded piece, drop the byte order mark, count lines, make their ends LF."""
        if (nul := text.find("\0")) >= 0:
            raise NotTextError(
                f"{shown(self.path)} looks like a binary file"
                f" (NUL at character {self.characters + nul:,})",
                self._hint(),
            )
        try:
            text.encode()
        except UnicodeEncodeError as error:  # utf-7 and unicode_escape let them through
            raise NotTextError(
                f"{shown(self.path)} holds half a character"
                f" (a surrogate at character {self.characters + error.start:,})",
                self._hint(),
            ) from error
        if text and not self.characters and text[0] == "\ufeff":
            self.characters, text = 1, text[1:]
            self.found.marks += 1
        self.characters += len(text)
        unix = self.held + text
        self.held = "\r" if unix.endswith("\r") and not last else ""
        unix = unix[: len(unix) - len(self.held)]
        lf = unix.count("\n")
        if "\r" in unix:
            crlf = unix.count("\r\n")
            lf -= crlf
            self.found.crlf += crlf
            self.found.lone_cr += unix.count("\r") - crlf
            unix = unix.replace("\r\n", "\n").replace("\r", "\n")
        self.found.lf += lf
        self.line += unix.count("\n")
        return unix if self.newlines == "unix" else text

    def _undecodable(self, error: UnicodeError) -> NotTextError:
        """The error for bytes that are not text, of which `bytes` and `line` say where."""
        reason = str(error)
        codec = codecs.lookup(self.encoding).name
        marks = tuple(mark for mark, name in _MARKS.items() if name == codec)
        if marks and not self.head.startswith(marks):  # Python's words depend on its version
            reason = "it does not start with a byte order mark (BOM)"
        elif isinstance(error, UnicodeDecodeError):
            reason = f"the byte order mark of {mark}" if (mark := self._mark()) else error.reason
            byte = error.object[error.start]
            reason = f"byte 0x{byte:02x} at offset {self.bytes:,}, line {self.line:,} ({reason})"
        problem = f"{shown(self.path)} is not {shown(self.encoding)} text: {reason}"
        return NotTextError(problem, self._hint())

    def _mark(self) -> str:
        """The encoding whose byte order mark the file begins with, unless it is being used."""
        name = marked(self.head)
        return "" if codecs.lookup(self.encoding).name.startswith(name) else name

    def _hint(self) -> str:
        """What a byte order mark says; without one only the whole of the file may tell."""
        return f"Read it with --encoding {self._mark()}" if self._mark() else ""


def _decode(
    decoder: codecs.IncrementalDecoder, piece: bytes, last: bool
) -> tuple[str, int, UnicodeError | None]:
    """The text of a piece as far as it is right, the bytes that is, and what is wrong after them.

    The number of bytes is negative if the wrong ones begin in an earlier piece.
    """
    state = decoder.getstate()
    try:
        return decoder.decode(piece, last), len(piece), None
    except UnicodeDecodeError as error:
        right = len(piece) - len(error.object) + error.start  # the object ends with the piece
        decoder.setstate(state)
        text, _, unmarked = _decode(decoder, piece[: max(right, 0)], last=False)
        return text, right, unmarked or error
    except UnicodeError as error:  # utf-16 and utf-32 without a byte order mark, before Python 3.13
        return "", 0, error


def marked(head: bytes) -> str:
    """The encoding whose byte order mark a file begins with, of those where each has its own."""
    return next((name for mark, name in _MARKS.items() if head.startswith(mark)), "")


def shown(path: str) -> str:
    """The path as it may stand in a message; the name of an encoding, too."""
    return "stdin" if path in STDIN else visible(path, one_line=True)


def name_list(paths: list[str]) -> str:
    """The first three names."""
    return ", ".join([*map(shown, paths[:3]), *(["..."] if len(paths) > 3 else [])])


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
