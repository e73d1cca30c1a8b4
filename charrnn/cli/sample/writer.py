"""The way of generated text to stdout: streamed, and harmless on a terminal.

Into a pipe or a file go the exact characters, as UTF-8. A terminal gets its own encoding, and
`visible` turns what it would obey or hide into escapes, one character at a time. Rich never sees
this text: it would read it as markup.
"""

import time
import unicodedata
from collections.abc import Sequence

from charrnn.cli.sample.options import Wanted
from charrnn.cli.terminal.stream import Stream
from charrnn.visible import visible

_FLUSH_SECONDS = 0.1
#: Backgrounds (256-colour palette, under white letters) for 0, 1, ... bits of surprisal.
_HEAT = (None, 235, 237, 58, 94, 130, 166, 160, 196)


class Writer:
    """Streams text to stdout; flushes every character on a terminal, else lines or ten a second.

    `heat` shows how surprising each character was: as a background colour, or where there is no
    colour as a digit below it, in bits, 9 for nine and more.
    """

    def __init__(self, stdout: Stream, wanted: Wanted) -> None:
        self._stdout = stdout
        self._pending: list[str] = []
        self._live = stdout.isatty()
        self._escape = wanted.escape or (self._live and not wanted.raw)
        self._heat, self._colour = wanted.heat, wanted.heat and self._live and stdout.colour
        self._flushed = 0.0
        self._digits = ""
        self._width = stdout.width if self._live else 0
        self._last = "\n"

    def write(self, text: str, nats: Sequence[float] = ()) -> None:
        """Show `text`; with heat, `nats` holds the surprisal of each character."""
        if not text:
            return
        self._last = text[-1]
        if self._colour:
            text = "".join(map(self._coloured, text, nats))
        elif self._heat:
            text = "".join(map(self._with_digits, text, nats))
        elif self._escape:
            text = visible(text)
        self._pending.append(text)
        now = time.monotonic()
        if self._live or self._last == "\n" or now - self._flushed > _FLUSH_SECONDS:
            self._flush()
            self._flushed = now

    def finish(self, *, newline: bool = False) -> None:
        """End a text. A newline is added where it has none, if asked for or on a terminal."""
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

    def _shown(self, character: str) -> str:
        return visible(character) if self._escape else character

    def _coloured(self, character: str, nats: float) -> str:
        shade = _HEAT[min(_bits(nats), len(_HEAT) - 1)]
        if shade is None or character == "\n":  # a coloured newline would paint the whole line
            return self._shown(character)
        return f"\x1b[38;5;231;48;5;{shade}m{self._shown(character)}\x1b[0m"

    def _with_digits(self, character: str, nats: float) -> str:
        digit = str(min(_bits(nats), 9))
        if character == "\n":
            self._digits += digit
            return self._under()
        shown = " " if character == "\t" else self._shown(character)
        wide = unicodedata.east_asian_width(character) in "WF"
        digits = digit.ljust(len(shown) + wide)
        full = self._width and len(self._digits) + len(digits) >= self._width
        before = self._under() if full else ""
        self._digits += digits
        return before + shown

    def _under(self) -> str:
        """Ends a line of text and writes its digits below."""
        digits, self._digits = self._digits, ""
        return f"\n{digits}\n"


def _bits(nats: float) -> int:
    return round(nats / 0.6931471805599453) if nats < 100 else 99
