"""Makes text safe to show: characters that a terminal obeys, hides or reorders become escapes.

A name or a text from a file may hold sequences that retitle the window, forge links or type
commands. Each code point is judged on its own, so no splitting or streaming of a text can assemble
a sequence again. Text that goes to a pipe or a file is not passed through here.
"""

import unicodedata

# Format characters that have a glyph of their own (Unicode's Prepended_Concatenation_Mark).
_DRAWN = frozenset(
    "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
)


def visible(text: str, *, one_line: bool = False) -> str:
    r"""Return `text` with controls, invisible and reordering characters as `\x1b`, `\u202e`, ...

    Replaced are Unicode's categories Other (controls, formats such as bidi marks, joiners and tags,
    surrogates, private use, unassigned) and the line and paragraph separators. Newline and tab
    stay, unless `one_line` asks for `\n` and `\t`. Backslashes of the text itself stay as they are.

    >>> visible("a\x1b[31m\u202eb")
    'a\\x1b[31m\\u202eb'
    """
    if text.isprintable():
        return text
    kept = "" if one_line else "\n\t"
    return "".join(c if c in kept or _is_harmless(c) else _escape(c) for c in text)


def _is_harmless(character: str) -> bool:
    """Tell whether a terminal simply draws this character; spaces of any width count."""
    return character.isprintable() or unicodedata.category(character) == "Zs" or character in _DRAWN


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
