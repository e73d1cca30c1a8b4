"""Wraps a text at its words while it is still being written.

A terminal alone folds a line wherever it is full, and Rich wraps only what is complete. Here the
characters come one by one. A word that begins within a line is held until its end is known, or
until the line has no room for it. Wide characters, of scripts that have no spaces, are each a word.
What a reader takes for one character is never parted.
"""

from collections.abc import Callable, Iterator
from itertools import takewhile
from typing import Generic, TypeVar

from charrnn.cli.terminal.columns import Columns

Ink = TypeVar("Ink")
TAB = 8


class Wrapping(Generic[Ink]):
    """What can be written by now, as pieces with the ink they came with; None is that of a newline
    which was not in the text. A space for which a full line has no room is an empty piece."""

    def __init__(self, width: Callable[[], int]) -> None:
        self.width = width  # asked anew for every word, as a terminal may change
        self.column = 0  # of what comes next
        self.columns = Columns()
        self.word: list[tuple[str, Ink, bool, int]] = []  # does it extend the last, and its columns
        self.free = True  # nothing precedes the word on its line, so no other place would be better

    def put(self, character: str, ink: Ink) -> Iterator[tuple[str, Ink | None]]:
        """Add one character, which a terminal simply draws, or a newline, tab or space."""
        extends, cells = self.columns.add(character)
        if character == "\n":
            yield from self.end()
            yield character, ink
            self.column, self.free = 0, True
        elif character in " \t":
            yield from self.end()
            columns = TAB - self.column % TAB if character == "\t" else 1
            columns = max(min(columns, self.width() - self.column), 0)
            yield " " * columns, ink
            self.column, self.free = self.column + columns, False
        elif cells == 2 and not extends:
            yield from self.end()
            self.word.append((character, ink, extends, cells))
            yield from self.end()
            self.free = False
        else:
            shown = extends and not self.word  # what it extends
            self.word.append((character, ink, extends, cells))
            if shown or self.free or self.column + self.cells > self.width():
                yield from self.end(growing=self.columns.may_grow)

    def end(self, *, growing: bool = False) -> Iterator[tuple[str, Ink | None]]:
        """Give out the word that is held, as if it had ended; but not what fills its line, if that
        may be `growing`."""
        width = self.width()
        move = not self.free and self.column + self.cells > width
        word, self.word = self.word, []
        for place, (character, ink, extends, cells) in enumerate(word):
            more = takewhile(lambda later: later[2], word[place + 1 :])
            cluster = cells + sum(cells for *_, cells in more)
            if self.column and not extends and (move or self.column + cluster > width):
                yield "\n", None
                self.column, self.free, move = 0, True, False
            if growing and place == len(word) - 1 and self.column + cells == width:
                self.word = word[place:]
                return
            yield character, ink
            self.column += cells

    @property
    def cells(self) -> int:
        """How many columns the word that is held takes."""
        return sum(cells for *_, cells in self.word)
