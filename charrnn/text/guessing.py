"""In which encodings a file reads like text, if nobody has said in which it is.

A few kilobytes of it are read in each encoding, and `languages` says how likely they are; the best
are tried on the whole file. What decodes but gives characters that no text has, does not count.
Memory stays small however large the file is.
"""

import codecs
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain

from charrnn.text.languages import cost
from charrnn.visible import visible

#: What is tried, and a handicap in nats: of two that are as good, the commoner is it.
_ONE_BYTE = {
    **{"cp1252": 0, "cp1250": 1, "cp1251": 0, "cp1253": 0, "cp1254": 1, "cp1255": 0, "cp1256": 0},
    **{"cp1257": 2, "iso8859-2": 1, "iso8859-7": 1, "iso8859-15": 1, "koi8-r": 0, "koi8-u": 1},
    **{"mac-roman": 2, "cp850": 2, "cp437": 3, "cp852": 4, "cp866": 1, "iso8859-5": 2},
    **{"iso8859-6": 2, "iso8859-8": 2, "iso8859-9": 2, "iso8859-13": 3, "iso8859-16": 4},
    **{"mac-cyrillic": 3, "mac-greek": 3, "mac-latin2": 4, "mac-turkish": 4, "cp874": 0},
    **{"cp737": 3, "cp857": 4, "cp862": 3, "cp775": 5, "cp865": 5},
}
_MANY_BYTES = {
    **{"gb18030": 0, "big5": 0, "cp950": 1, "cp932": 0, "euc_jp": 0, "cp949": 0},
    **{"utf-16-le": 0, "utf-16-be": 0, "utf-32-le": 0, "utf-32-be": 0},
}
_SAMPLE = 1 << 13  # bytes
_DEAREST = 7.0  # nats a character beyond ASCII: no language costs as much
_TIMES, _MORE = 1.6, 10.0  # what costs so many times the best, and more, is nonsense beside it
_WORDS, _BEFORE = 30, 12  # characters that are shown, and of them before the first telling one

Pieces = Callable[[], Iterator[bytes]]  # the content of a file, any number of times


@dataclass(frozen=True)
class Guess:
    """An encoding in which a whole file can be read, its first telling words, and how little it
    looks like a language."""

    encoding: str
    words: str
    cost: float


def is_odd(character: str) -> bool:
    """Is it one that no text has? Controls, private and unassigned ones, and U+FFFD."""
    if character == "\ufffd" or unicodedata.category(character) in ("Cn", "Co", "Cs"):
        return True
    return unicodedata.category(character) == "Cc" and character not in "\t\n\r\f"


def decodes(pieces: Pieces, encoding: str) -> bool:
    """Can the whole of it be read in this encoding, without a NUL?"""
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        return not any("\0" in decoder.decode(p, not p) for p in chain(pieces(), [b""]))
    except UnicodeDecodeError:
        return False


def guesses(pieces: Pieces, most: int = 3) -> list[Guess]:
    """The likeliest encodings, best first, with no two that say the same; none for what is no text.

    UTF-8 and byte order marks are not looked for: they leave nothing to guess.
    """
    head, lines, used = _looked_at(pieces)
    likely: list[tuple[float, str, str]] = []
    for encoding, handicap in (_ONE_BYTE | _MANY_BYTES).items():
        text = _decoded(head if encoding.startswith("utf") else lines, encoding)
        if text is None:
            continue
        nats = cost(text)
        if nats <= _DEAREST * max(sum(not character.isascii() for character in text), 1):
            likely.append((nats + handicap, encoding, text))
    found: dict[str, Guess] = {}
    likely.sort(key=lambda each: each[0])
    for nats, encoding, text in likely:
        dearest = next((_TIMES * best.cost + _MORE for best in found.values()), nats)
        if len(found) == most or nats > dearest:
            break
        if text in found:
            continue
        if encoding in _ONE_BYTE:  # where each byte is a character, wherever it stands
            whole = _decoded(used, encoding) is not None
        else:
            whole = _fits(pieces, encoding)
        if whole:
            found[text] = Guess(encoding, _telling(text, next(iter(found), "")), nats)
    return list(found.values())


def is_damaged_utf_8(pieces: Pieces) -> bool:
    """Is most of what is not ASCII UTF-8?"""
    text = _looked_at(pieces)[1].decode("utf-8", "replace")
    wrong, right = text.count("\ufffd"), sum(not character.isascii() for character in text)
    return right - wrong > 3 * wrong


def _looked_at(pieces: Pieces) -> tuple[bytes, bytes, bytes]:
    """The first bytes, the first lines that are not ASCII, and every byte that occurs."""
    head = lines = held = used = b""
    for piece in chain(pieces(), [b""]):
        used += bytes(set(piece.translate(None, used)))
        head = head or piece[:_SAMPLE]
        held += piece if len(lines) < _SAMPLE else b""
        # A character of several bytes goes on past the end of a piece, but never past a newline or
        # a space.
        end = held.rfind(b"\n") + 1 if piece else len(held)
        if not end and len(held) > _SAMPLE:
            end = held.rfind(b" ") + 1 or len(held)
        telling = b"" if held[:end].isascii() else held[:end]
        for line in telling.splitlines(keepends=True):
            if not line.isascii():
                lines += line[: _SAMPLE - len(lines)]
        held = held[end:]
    return head, lines, used


def _decoded(content: bytes, encoding: str) -> str | None:
    """Text that may end within a character; None if it is none."""
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(content)
    except UnicodeDecodeError:
        return None
    return None if any(map(is_odd, set(text))) else text


def _fits(pieces: Pieces, encoding: str) -> bool:
    """Is the whole of it text in this encoding?"""
    decoder = codecs.getincrementaldecoder(encoding)()
    met: set[str] = set()
    try:
        for piece in chain(pieces(), [b""]):
            met.update(decoder.decode(piece, not piece))
    except UnicodeDecodeError:
        return False
    return not any(map(is_odd, met))


def _telling(text: str, best: str) -> str:
    """The words around the first character that is not as in the best guess, or if this is the
    best, that is not ASCII; safe to show."""
    differs = (i for i, (one, other) in enumerate(zip(text, best, strict=False)) if one != other)
    first = next(differs, 0)
    if not best:
        first = next((i for i, character in enumerate(text) if not character.isascii()), 0)
    before = text[:first].split("\n")[-1][-_BEFORE:]
    if len(before) == _BEFORE:
        before = before.partition(" ")[2] or before
    words = before + text[first : first + _WORDS - len(before)].split("\n")[0]
    return visible(" ".join(words.split()), one_line=True)
