"""Makes text safe to show: characters that a terminal obeys, hides or reorders become escapes.

A name or a text from a file may hold sequences that retitle the window, forge links or type
commands. Each code point is judged on its own, so no splitting or streaming of a text can assemble
a sequence again; only joiners and selectors, which no sequence contains, are judged between their
neighbours. Text that goes to a pipe or a file is not passed through here.
"""

import re
import unicodedata

from charrnn.clusters import JOINERS, is_selector, joins, kind, takes

# Format characters that have a glyph of their own (Unicode's Prepended_Concatenation_Mark).
_DRAWN = frozenset(
    "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
)
_SELECTOR = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")


def visible(text: str, *, one_line: bool = False) -> str:
    r"""Return `text` with controls, invisible and reordering characters as `\x1b`, `\u202e`, ...

    Replaced are Unicode's categories Other (controls, formats such as bidi marks and tags,
    surrogates, private use, unassigned) and the line and paragraph separators. Newline and tab
    stay, unless `one_line` asks for `\n` and `\t`. Backslashes of the text itself stay as they are.
    Joiners stay between letters of scripts that have them and within emoji, variation selectors
    after what they can change, all other marks everywhere and in any number.

    >>> visible("a\x1b[31m\u202eb")
    'a\\x1b[31m\\u202eb'
    """
    plain = text if one_line else text.replace("\n", "").replace("\t", "")
    if plain.isprintable() and not _SELECTOR.search(plain):
        return text
    showing = Showing(one_line=one_line)
    return "".join(showing.feed(text) + showing.end())


class Showing:
    """`visible` for a text that comes in pieces: a joiner waits until what follows it is known."""

    def __init__(self, *, one_line: bool = False) -> None:
        self._kept = "" if one_line else "\n\t"
        self._last = ""  # character, unless it became an escape
        self._kind = ""  # of the last characters, for a joiner
        self._joiner = ""  # that waits

    def feed(self, text: str) -> list[str]:
        """What each character becomes, in order: those of `text`, and one that has waited."""
        shown = []
        for character in text:
            if self._joiner:
                shown.append(self._settle(joins(self._kind, self._joiner, character)))
            if character in JOINERS and self._kind:
                self._joiner = character
            elif character in self._kept or self._is_harmless(character):
                shown.append(character)
                self._last, self._kind = character, kind(character, self._kind)
            else:
                shown.append(_escape(character))
                self._last = self._kind = ""
        return shown

    def end(self) -> list[str]:
        """What has waited, if nothing follows it; a new text may come then."""
        shown = [self._settle(False)] if self._joiner else []
        self._last = self._kind = ""
        return shown

    def _settle(self, kept: bool) -> str:
        joiner, self._joiner, self._last = self._joiner, "", ""
        self._kind = self._kind if kept else ""
        return joiner if kept else _escape(joiner)

    def _is_harmless(self, character: str) -> bool:
        """Tell whether a terminal simply draws this character; spaces of any width count."""
        if is_selector(character):
            return bool(self._last) and takes(self._last, character)
        return (
            character.isprintable()
            or unicodedata.category(character) == "Zs"
            or character in _DRAWN
        )


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def unescape(text: str) -> str:
    r"""Replace `\n`, `\t` and `\\` by what they stand for; any other backslash is itself."""
    parts = text.split("\\\\")
    return "\\".join(part.replace("\\n", "\n").replace("\\t", "\t") for part in parts)
