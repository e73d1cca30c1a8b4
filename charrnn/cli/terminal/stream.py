"""One stream of text to the outside, and what is known of where it leads.

A stream knows whether it is a terminal, its encoding, its width, whether it may have colour and
whether it may be animated. Nothing but `console` needs Rich, which is imported only then.
"""

import os
from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from typing import IO, TYPE_CHECKING, TextIO, cast

from charrnn.visible import visible

if TYPE_CHECKING:
    from rich.console import Console

WIDTH = 80  # columns, where there is no terminal to ask
DRAWINGS = "█▏▁·…●⣿→"  # some of what curves, bars and arrows are made of


class Stream:
    """A text file of the process, such as its stdout, seen in an environment."""

    def __init__(self, file: TextIO, environment: Mapping[str, str]) -> None:
        self.file = file
        self.environment = environment
        self.encoding = file.encoding or "ascii"
        if environment.get("LC_ALL") in ("C", "POSIX"):
            self.encoding = "ascii"  # somebody asked for it, and Python writes UTF-8 all the same
        term = environment.get("TERM", "")
        #: Only a real terminal, whatever FORCE_COLOR claims.
        self.animated = file.isatty() and term not in ("", "dumb")
        forced = bool(environment.get("FORCE_COLOR")) and term != "dumb"
        self.colour = (self.animated or forced) and not environment.get("NO_COLOR")
        self.unicode = self.showable(DRAWINGS) == DRAWINGS

    def isatty(self) -> bool:
        return self.file.isatty()

    def fileno(self) -> int:
        return self.file.fileno()

    def write(self, text: str) -> int:
        return self.file.write(text)

    def flush(self) -> None:
        self.file.flush()

    def showable(self, text: str, *, one_line: bool = True) -> str:
        """`text` with escapes for what a terminal would obey and this stream cannot encode."""
        return self.encodable(visible(text, one_line=one_line))

    def encodable(self, text: str) -> str:
        """`text` with escapes for what this stream cannot encode."""
        return text.encode(self.encoding, "backslashreplace").decode(self.encoding)

    def say(self, *lines: str) -> None:
        """Write lines of conversation, with nothing in them that a terminal would obey."""
        self.write("".join(self.showable(line) + "\n" for line in lines))
        self.flush()

    def send(self, text: str) -> None:
        """Write characters at once, to a terminal in its encoding and elsewhere as UTF-8.

        They go past Python's buffer, which would split them under PYTHONUNBUFFERED and try a full
        disk once more at exit.
        """
        self.flush()
        raw = getattr(self.file.buffer, "raw", self.file.buffer)
        encoding = self.encoding if self.isatty() else "utf-8"
        left = memoryview(text.encode(encoding, "backslashreplace"))
        while left:
            left = left[raw.write(left) :]

    def abandon(self) -> None:
        """Let this stream lead nowhere. What is still in Python's buffer would otherwise be tried
        once more at exit, with a complaint and code 120."""
        with suppress(OSError, ValueError):
            descriptor = self.fileno()
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, descriptor)
            os.close(nowhere)

    @property
    def width(self) -> int:
        """Columns: what COLUMNS says, or the terminal on any of the standard streams."""
        columns = self.environment.get("COLUMNS", "")
        if columns.isdecimal() and int(columns):
            return int(columns)
        for descriptor in (0, 1, 2):
            with suppress(OSError):
                return os.get_terminal_size(descriptor).columns or WIDTH
        return WIDTH

    @cached_property
    def console(self) -> "Console":
        """Rich on this stream. It interprets nothing: no markup, emoji or guessed highlights.

        Without colour it writes no styles at all, and still moves the cursor of a live view.
        """
        from rich.console import Console

        return Console(
            file=cast(IO[str], self),
            color_system="auto" if self.colour else None,
            markup=False,
            emoji=False,
            highlight=False,
            _environ=self.environment,
        )


class PatientStream(Stream):
    """A stream whose end is no error: a terminal may be closed, a pipe's reader may leave, and a
    run of hours must not end for want of somebody to talk to."""

    def write(self, text: str) -> int:
        try:
            return super().write(text)
        except OSError:
            self.abandon()
            return len(text)

    def flush(self) -> None:
        try:
            super().flush()
        except OSError:
            self.abandon()
