"""Composed and decomposed: é as one character, or as e and U+0301, which Unicode says are the same.

A model would learn them as different things. A text can be brought into one form (Unicode's NFC or
NFD) in pieces, a text in both forms is noticed, and a prompt takes the form that an alphabet has.
"""

import unicodedata
from collections.abc import Iterable, Iterator
from typing import Literal, cast

import numpy as np

from charrnn.arrays import Array
from charrnn.errors import UsageError
from charrnn.text import FORMS
from charrnn.text.vocabulary import Vocabulary
from charrnn.visible import visible

_PIECE = 1 << 20  # pairs of characters that are looked at together
_LONGEST = 8  # characters whose mixed forms are tried too


def begins(character: str) -> bool:
    """Is what comes before it of no importance to its form, and the other way round? Not so for
    marks, for vowels and finals of Hangul, and for the vowels of Kirat Rai."""
    within = "\u1160" <= character <= "\u11ff" or "\U00016d40" <= character <= "\U00016d7f"
    return not within and unicodedata.category(character)[0] != "M"


def normalized(pieces: Iterable[str], form: str | None) -> Iterator[str]:
    """Yield the text of `pieces` in `form`, or as it is; where pieces end does not matter.

    Raises UsageError for a form that is not in FORMS.
    """
    if form is None:
        yield from pieces
        return
    if form not in FORMS:
        name = visible(form, one_line=True)
        raise UsageError(f"a text has no form {name}", "Use nfc (composed) or nfd (decomposed).")
    held: list[str] = []  # the last character that begins anything, and what follows it
    for piece in pieces:
        end = next((i for i in reversed(range(len(piece))) if begins(piece[i])), None)
        if end is not None:
            yield _normal(form, "".join(held) + piece[:end])
            held.clear()
        held.append(piece[end:])
    yield _normal(form, "".join(held))


def both_forms(ids: Array, vocabulary: Vocabulary, counts: Array) -> str | None:
    """A line for a text (N,) that has composed and decomposed characters: how many of each."""
    characters = vocabulary.characters
    composed = sum(
        count
        for character, count in zip(characters, counts.tolist(), strict=True)
        if not character.isascii() and _is_composed(character)
    )
    marks = np.array([not begins(character) for character in characters])
    if not composed or not marks.any():
        return None
    decomposed = _pairs(ids, characters, marks)
    if not decomposed:
        return None
    pair = max(decomposed, key=lambda each: (decomposed[each], each))
    one, two = unicodedata.normalize("NFC", pair), f"{pair[0]} and U+{ord(pair[1]):04X}"
    return (
        f"letters with marks in two forms: composed {composed:,} times, decomposed "
        f"{sum(decomposed.values()):,} times, such as '{visible(one, one_line=True)}' as "
        f"{visible(two, one_line=True)}; --normalize nfc makes them one"
    )


def line_ends(text: str, vocabulary: Vocabulary) -> str:
    """CRLF and lone CR as LF, as in a corpus, unless the model's text kept its CR."""
    if "\r" in vocabulary.characters:
        return text
    return text.replace("\r\n", "\n").replace("\r", "\n")


def spelled(text: str, vocabulary: Vocabulary, form: str | None) -> str:
    """`text` with the line ends of a corpus, in `form`, if it is one, and in any other form where
    the alphabet lacks characters."""
    text = line_ends(text, vocabulary)
    if form in FORMS:
        text = _normal(form, text)
    result, done, unknown = "", 0, vocabulary.missing(text)
    known = set(vocabulary.characters) if unknown else set()
    for position, _ in unknown:
        if position < done:
            continue
        first, last = position, position + 1
        while first > done and not begins(text[first]):
            first -= 1
        while last < len(text) and not begins(text[last]):
            last += 1
        forms = (form for form in _forms(text[first:last]) if known.issuperset(form))
        result += text[done:first] + next(forms, text[first:last])
        done = last
    return result + text[done:]


def _normal(form: str | None, text: str) -> str:
    return unicodedata.normalize(cast(Literal["NFC", "NFD"], str(form).upper()), text)


def _forms(cluster: str) -> Iterator[str]:
    """Composed, decomposed, and with only the first marks composed."""
    parts = unicodedata.normalize("NFD", cluster)
    yield unicodedata.normalize("NFC", cluster)
    yield parts
    for k in range(min(len(parts), _LONGEST) - 1, 1, -1):
        yield unicodedata.normalize("NFC", parts[:k]) + parts[k:]


def _is_composed(character: str) -> bool:
    """Is it what composing makes of others?"""
    parts = unicodedata.normalize("NFD", character)
    return parts != character and unicodedata.normalize("NFC", parts) == character


def _pairs(ids: Array, characters: str, marks: Array) -> dict[str, int]:
    """How often each pair of neighbours occurs that would be one character if it were composed."""
    found: dict[str, int] = {}
    for start in range(0, len(ids) - 1, _PIECE):
        piece = ids[start : start + _PIECE + 1]
        where = np.flatnonzero(marks[piece[1:]])
        pairs = piece[where].astype(np.int64) * len(characters) + piece[where + 1]
        for pair, count in zip(*np.unique(pairs, return_counts=True), strict=True):
            text = characters[pair // len(characters)] + characters[pair % len(characters)]
            if len(unicodedata.normalize("NFC", text)) == 1:
                found[text] = found.get(text, 0) + int(count)
    return found
