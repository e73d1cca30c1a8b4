"""Generated text on a terminal: streamed through Rich word by word, and harmless.

`Showing` turns what a terminal would obey or hide into escapes before Rich sees it, one character
at a time. Rich gets it as Text, not as markup, and makes of its styles what the terminal can show.
"""

import time
from collections import deque
from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from rich.console import Console
from rich.text import Text

from charrnn.cli.sample import heat
from charrnn.cli.terminal.columns import Columns
from charrnn.cli.terminal.terminal import Terminal
from charrnn.cli.terminal.wrapping import Wrapping
from charrnn.visible import Showing


class Ink(NamedTuple):
    """Who writes a character, in which style, and the digit that goes below it without colour."""

    console: Console
    style: str = ""
    digit: str = " "


#: Seconds between two looks at the terminal: a person sees no difference, and a call of Rich costs
#: as much as some characters of a large network.
FRAME = 1 / 60


class TerminalWriter:
    """Shows prompts dimmed and texts plain; with `heat` on a background of the surprisal, or where
    there is no colour with a line of digits below each line."""

    def __init__(self, terminal: Terminal, *, heat: bool, with_prompt: bool = False) -> None:
        self._stdout, self._stderr = terminal.stdout, terminal.stderr
        self._with_prompt = with_prompt
        self._heat, self._digits = heat, heat and not terminal.stdout.colour
        self._plain = Ink(self._stdout.console)
        # The digit below a newline needs a column too.
        self._wrapping = Wrapping[Ink](lambda: self._stdout.width - self._digits)
        self._showing, self._inks = Showing(), deque[Ink]()  # the inks of what is not shown yet
        self._columns = Columns()
        self._written: list[tuple[Console, str, str]] = []
        self._below, self._flushed = "", 0.0
        self._explain = heat and self._stdout.colour and self._stderr.colour

    def begin(self, label: str, prompt: str) -> None:
        console = self._stderr.console
        if label:
            console.print(Text(label, style="bold"), soft_wrap=True)
        seen = self._stderr.isatty()
        if seen or self._with_prompt:
            stream = self._stderr if seen else self._stdout
            # A last word that is not complete is held, and shown with what the text adds to it.
            for character in stream.showable(prompt, one_line=False):
                self._put(character, Ink(stream.console, "dim"))
            self._flush()
        self._flushed = 0.0  # so that the first character is seen at once

    def write(self, text: str, nats: Sequence[float] = ()) -> None:
        inks: Iterable[Ink] = [self._plain] * len(text)
        if self._digits:
            inks = (self._plain._replace(digit=heat.digit(heat.bits(each))) for each in nats)
        elif self._heat:
            inks = (self._plain._replace(style=heat.style(heat.bits(each))) for each in nats)
        for character, ink in zip(text, inks, strict=True):
            self._inks.append(ink)
            self._show(self._showing.feed(character))
        if time.monotonic() - self._flushed >= FRAME:
            self._flush()

    def finish(self, *, newline: bool = False) -> None:
        self._show(self._showing.end())
        self._add(self._wrapping.end())
        if self._wrapping.column:
            self._put("\n", self._plain._replace(digit=""))
        self._flush()
        if self._explain:
            self._explain = False
            self._stderr.console.print(legend(), soft_wrap=True)

    def _show(self, characters: Iterable[str]) -> None:
        for character in characters:
            ink = self._inks.popleft()
            for shown in self._stdout.encodable(character):
                self._put(shown, ink)
                ink = ink._replace(digit=" ")  # an escape has one, below its backslash

    def _put(self, character: str, ink: Ink) -> None:
        self._add(self._wrapping.put(character, ink))

    def _add(self, pieces: Iterable[tuple[str, Ink | None]]) -> None:
        for piece, ink in pieces:
            console, style, digit = ink or self._plain._replace(digit="")
            if piece == "\n":
                style = ""  # a coloured newline would paint the whole line
            self._written.append((console, style, piece))
            if self._digits:
                self._note(piece, digit)

    def _note(self, piece: str, digit: str) -> None:
        """Remember a digit for the line below, and write them all where the line ends."""
        columns = sum(self._columns.add(character)[1] for character in piece)
        if piece == "\n":
            below, self._below = self._below + digit, ""
            if below.strip():
                self._written.append((self._plain.console, "", f"{below}\n"))
        elif columns:
            self._below += digit.ljust(columns)
        elif not piece and len(self._below) < self._stdout.width:
            self._below += digit  # of a space at the end of a full line

    def _flush(self) -> None:
        for console, pieces in groupby(self._written, key=itemgetter(0)):
            text = Text()
            for style, run in groupby(pieces, key=itemgetter(1)):
                text.append("".join(piece for _, _, piece in run), style)
            console.print(text, end="", soft_wrap=True)
        self._written.clear()
        self._flushed = time.monotonic()


def legend() -> Text:
    """What the backgrounds mean, in themselves."""
    line, last = Text("bits of surprisal:"), len(heat.BACKGROUNDS) - 1
    for bits in range(last + 1):
        line.append(" ").append(f"{bits}+" if bits == last else str(bits), heat.style(bits))
    return line
