"""Texts that are made of independent units: lines, paragraphs, files.

Every unit ends with one character, the boundary: the newline of a line, and for paragraphs and
files, which have newlines within, a noncharacter in place of what stands between them. Nothing else
has to be known of units: before the boundary is read the network forgets (see `network.body`).
"""

import re
from collections.abc import Iterable, Iterator

from charrnn.errors import UsageError
from charrnn.text import UNITS
from charrnn.text.decoding import Found
from charrnn.visible import visible

#: Unicode keeps the code points U+FDD0 to U+FDEF free for use inside of programs. Where a text has
#: this one all the same, a unit ends there.
END = "\ufdd0"
_BLANKS = " \t\r\n" + END
_BLANK_LINES = r"\n(?:[ \t\r]*\n)+"


class Units:
    """How a text is cut: `kind` is "line", "paragraph" or "file"; `separator` stands between
    paragraphs, None for blank lines. Raises UsageError for what makes no sense.

    boundary  the character with which every unit ends
    between   what stands between two units, as a reader sees it
    """

    def __init__(self, kind: str, separator: str | None = None) -> None:
        if separator is not None and kind != "paragraph":
            problem = "--separator is what stands between the paragraphs of --unit paragraph"
            raise UsageError(problem, "Add that, or leave --separator out.")
        if kind not in UNITS[1:]:
            name = visible(kind, one_line=True)
            raise UsageError(f"a text has no unit {name}", f"Use {', '.join(UNITS)}.")
        if separator == "":
            raise UsageError("an empty separator stands everywhere", "Give --separator a text.")
        self.kind, self.separator = kind, separator
        self.boundary = "\n" if kind == "line" else END
        self.between = {"line": "\n", "paragraph": separator or "\n\n", "file": END}[kind]
        self._around = END if kind == "file" else "\n" + END  # the text: no part of a unit
        ends = {
            "line": _BLANK_LINES,  # a line that has only blanks is none
            "paragraph": rf"(?:{_BLANK_LINES}|\n?{END})+",
            "file": f"{END}{END}+",
        }[kind]
        if separator:
            ends = rf"(?:{re.escape(separator)}|\n?{END})+"
        self._ends = re.compile(ends)
        # In a text without END this finds the same, faster, for whatever matches begins alike.
        self._blank_lines = None if separator or kind != "paragraph" else re.compile(_BLANK_LINES)

    def marked(self, pieces: Iterable[str], found: Found) -> Iterator[str]:
        """Yield a text with the boundary at the end of every unit and no unit that is empty, which
        `found` counts; lines and paragraphs have no blank lines before the first and after the
        last. Where pieces end does not matter."""

        def end(match: re.Match[str]) -> str:
            if self.separator or self.kind == "line":
                found.empty_units += max(match[0].count(self.between) - 1, 0)
            return self.boundary

        held, begun = "", False
        for piece in pieces:
            text = held + piece
            start = self._opening(text)
            held = text[start:]  # what may go on in the next piece waits for it
            text = text[:start]
            if self._blank_lines is not None and END not in text:
                text = self._blank_lines.sub(END, text)
            else:
                text = self._ends.sub(end, text)
            if text := text if begun else text.lstrip(self._around):
                begun = True
                yield text
        rest = self.within(held).rstrip(self._around)
        if rest := rest if begun else rest.lstrip(self._around):
            begun = True
            yield rest
        if begun:
            yield self.boundary

    def within(self, text: str) -> str:
        """A part of a text with the boundary where a unit ends."""
        return self._ends.sub(self.boundary, text)

    def _opening(self, text: str) -> int:
        """Where what ends a unit begins at the end of `text`, as far as it is there."""
        if not self.separator:
            start = len(text.rstrip(_BLANKS))
            places = (text.find(character, start) for character in "\n" + END)
            return min((place for place in places if place >= 0), default=len(text))
        starts = []
        for begun in range(len(self.separator)):
            if text.endswith(self.separator[:begun]):
                start, before = len(text) - begun, -1
                while start != before:
                    before = start
                    start = len(text[:start].removesuffix(self.separator).rstrip(self._around))
                starts.append(start)
        return min(starts)

    def shown(self, text: str) -> str:
        """A text as a reader sees it."""
        return text.replace(END, self.between)
