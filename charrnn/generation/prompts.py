"""Prompts: what becomes of characters that the model never saw."""

import unicodedata
from typing import Literal

from charrnn.errors import UnknownCharacter
from charrnn.text.forms import spelled
from charrnn.text.vocabulary import STAND_IN, Vocabulary
from charrnn.visible import visible

Unknown = Literal["error", "skip", "nearest"]

_SHOWN = 5  # unknown characters that an error names
#: What typographers distinguish and keyboards do not.
_PLAIN = str.maketrans(
    dict.fromkeys("‘’‚‛‹›′´`", "'")
    | dict.fromkeys("“”„‟«»″「」『』", '"')
    | dict.fromkeys("‐‑‒–—―−", "-")
    | {"、": ",", "。": ".", "⁄": "/", "×": "x", "\u2028": "\n", "\t": " "}
    | {"ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O"}
    | {"ð": "d", "þ": "th", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ı": "i"}
)


def fit(text: str, vocabulary: Vocabulary, unknown: Unknown) -> tuple[str, list[str]]:
    """Return `text` in characters that the model knows, and notes on what was changed.

    Unknown characters are an error, left out, or replaced by the nearest known ones, if there are
    any. A model with a stand-in for rare characters reads them as that, in place of an error and
    where none is near; they stay in the text. Line ends and normal forms become the model's without
    a note (see `forms.spelled`). Raises UnknownCharacter, which names each with its code point and
    where it is first.
    """
    text = spelled(text, vocabulary, None)
    first: dict[str, int] = {}
    for position, character in vocabulary.missing(text):
        first.setdefault(character, position)
    if not first:
        return text, []
    stands_in = vocabulary.stand_in is not None and unknown != "skip"
    if unknown == "error" and not stands_in:
        _complain(first)
    known = set(vocabulary.characters)
    near = {c: nearest(c, known) if unknown == "nearest" else "" for c in first}
    table = {c: new or (c if stands_in else "") for c, new in near.items()}
    notes = [
        f"{_name(c)} is read as {STAND_IN}, like every rare character"
        if new == c
        else f"{_name(c)} became {_quoted(new)}"
        if new
        else f"{_name(c)} was left out"
        for c, new in table.items()
    ]
    return "".join(table.get(c, c) for c in text), notes


def nearest(character: str, known: set[str]) -> str:
    """What a reader takes for `character` in known characters: a plainer form of it, its parts
    without their marks, the other case of these, or else a typographic form; nothing if none of
    these is known, for any other character would be another text.
    """
    parts = unicodedata.normalize("NFKD", character)
    for change in (str, str.lower, str.upper):
        for form in map(change, (character.translate(_PLAIN), parts, parts.translate(_PLAIN))):
            left = "".join(c for c in form if c in known)
            if left and all(c in known or unicodedata.combining(c) for c in form):
                return left
    plain = _bare(character)
    if not plain.isascii():
        return ""
    return min((c for c in known if plain and _bare(c) == plain), default="")


def _bare(character: str) -> str:
    """The plainest form: no marks, no case, nothing typographic."""
    parts = unicodedata.normalize("NFKD", character.translate(_PLAIN))
    return "".join(c for c in parts if not unicodedata.combining(c)).translate(_PLAIN).lower()


def _complain(first: dict[str, int]) -> None:
    named = [f"{_name(c)} at position {position:,}" for c, position in first.items()]
    more = f" and {len(named) - _SHOWN} more" if len(named) > _SHOWN else ""
    raise UnknownCharacter(
        f"the prompt has characters that the model never saw: {', '.join(named[:_SHOWN])}{more}",
        "--unknown skip leaves them out, --unknown nearest only those that have no similar one.",
    )


def _name(character: str) -> str:
    return f"{_quoted(character)} (U+{ord(character):04X})"


def _quoted(text: str) -> str:
    return f"'{visible(text, one_line=True)}'"
