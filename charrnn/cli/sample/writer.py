"""The way of generated text to stdout: what writes it, and the exact one of the two.

Into a pipe or a file go the exact characters, as UTF-8, without Rich; `terminal_writer` is what a
terminal gets instead, unless the characters themselves were asked for.
"""

import time
import unicodedata
from collections.abc import Sequence
from typing import Protocol

from charrnn.cli.sample.heat import bits, digit
from charrnn.cli.sample.options import Wanted
from charrnn.cli.terminal.terminal import Terminal
from charrnn.visible import Showing, visible

_FLUSH_SECONDS = 0.1


class Writer(Protocol):
    """Streams texts, one after the other."""

    def begin(self, label: str, prompt: str) -> None:
        """Say on a terminal which text comes, and show the prompt that it continues. With
        `--with-prompt` the text begins with the prompt, unless it is shown already."""

    def write(self, text: str, nats: Sequence[float] = ()) -> None:
        """Add to the text; with `--heat`, `nats` holds the surprisal of each character."""

    def finish(self, *, newline: bool = False) -> None:
        """End a text. A newline is added where it has none, if asked for or on a terminal."""


def writer_for(terminal: Terminal, wanted: Wanted) -> Writer:
    if not terminal.stdout.isatty() or wanted.raw or wanted.json:
        return ExactWriter(terminal, wanted)
    from charrnn.cli.sample.terminal_writer import TerminalWriter

    return TerminalWriter(terminal, heat=wanted.heat, with_prompt=wanted.with_prompt)


class ExactWriter:
    """Writes characters as they are, flushed after each line or ten times a second; with heat each
    line has digits below it. A terminal gets every piece at once, and no controls but with --raw.
    """

    def __init__(self, terminal: Terminal, wanted: Wanted) -> None:
        self._stdout, self._stderr = terminal.stdout, terminal.stderr
        self._pending: list[str] = []
        self._live = terminal.stdout.isatty()
        self._escape = wanted.escape or (self._live and not wanted.raw)
        self._heat, self._with_prompt = wanted.heat, wanted.with_prompt
        self._flushed = 0.0
        self._digits = ""
        self._last = "\n"
        self._showing = Showing()

    def begin(self, label: str, prompt: str) -> None:
        if self._live and label:
            self._stderr.say(label)
        if self._live and self._stderr.isatty():
            self._stderr.write(self._stderr.showable(prompt, one_line=False))
            self._stderr.flush()
        elif self._with_prompt:
            self._add(prompt, [" "] * len(prompt))

    def write(self, text: str, nats: Sequence[float] = ()) -> None:
        self._add(text, [digit(bits(each)) for each in nats])

    def _add(self, text: str, digits: Sequence[str]) -> None:
        """`digits` are those of `--heat`, one below each character."""
        if not text:
            return
        self._last = text[-1]
        if self._heat:
            text = "".join(map(self._with_digit, text, digits))
        elif self._escape:
            text = "".join(self._showing.feed(text))
        self._pending.append(text)
        now = time.monotonic()
        if self._live or self._last == "\n" or now - self._flushed > _FLUSH_SECONDS:
            self._flush()
            self._flushed = now

    def finish(self, *, newline: bool = False) -> None:
        self._pending += self._showing.end()
        if self._digits:
            self._pending.append(self._under())
        elif self._last != "\n" and (newline or self._live):
            self._pending.append("\n")
        self._last = "\n"
        self._flush()

    def _flush(self) -> None:
        text = "".join(self._pending)
        self._pending.clear()
        self._stdout.send(text)

    def _with_digit(self, character: str, digit: str) -> str:
        if character == "\n":
            self._digits += digit
            return self._under()
        shown = " " if character == "\t" else visible(character) if self._escape else character
        wide = unicodedata.east_asian_width(character) in "WF"
        self._digits += digit.ljust(len(shown) + wide)
        return shown

    def _under(self) -> str:
        """Ends a line of text and writes its digits below."""
        digits, self._digits = self._digits, ""
        return f"\n{digits}\n" if digits.strip() else "\n"
