"""Wraps a text at its words while it is still being written.

A terminal alone folds a line wherever it is full, and Rich wraps only what is complete. Here the
characters come one by one. A word that begins within a line is held until its end is known, or
until the line has no room for it. Wide characters, of scripts that have no spaces, are each a word.
"""

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from rich.cells import get_character_cell_size

Ink = TypeVar("Ink")
TAB = 8


class Wrapping(Generic[Ink]):
    """What can be written by now, as pieces with the ink they came with; None is that of a newline
    which was not in the text. A space for which a full line has no room is an empty piece."""

    def __init__(self, width: Callable[[], int]) -> None:
        self.width = width  # asked anew for every word, as a terminal may change
        self.column = 0  # of what comes next
        self.word: list[tuple[str, Ink]] = []
        self.free = True  # nothing precedes the word on its line, so no other place would be better

    def put(self, character: str, ink: Ink) -> Iterator[tuple[str, Ink | None]]:
        """Add one character, which a terminal simply draws, or a newline, tab or space."""
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
        elif get_character_cell_size(character) == 2:
            yield from self.end()
            self.word.append((character, ink))
            yield from self.end()
            self.free = False
        else:
            self.word.append((character, ink))
            if self.free or self.column + self.cells > self.width():
                yield from self.end()

    def end(self) -> Iterator[tuple[str, Ink | None]]:
        """Give out the word that is held, as if it had ended."""
        width = self.width()
        move = not self.free and self.column + self.cells > width
        for character, ink in self.word:
            cells = get_character_cell_size(character)
            if self.column and (move or self.column + cells > width):
                yield "\n", None
                self.column, self.free, move = 0, True, False
            yield character, ink
            self.column += cells
        self.word.clear()

    @property
    def cells(self) -> int:
        """How many columns the word that is held takes."""
        return sum(get_character_cell_size(character) for character, _ in self.word)
