"""What stderr can show, and plain facts about the terminal. Rich is imported only when it draws."""

import io
import os
import sys
from contextlib import suppress
from typing import IO, TYPE_CHECKING, cast

from charrnn.visible import visible

if TYPE_CHECKING:
    from rich.console import Console


class PatientStderr(io.TextIOBase):
    """stderr, except that its going away is no error: a terminal may be closed, a pipe's reader
    may leave, and a run of hours must not end for want of somebody to talk to."""

    @property
    def encoding(self) -> str:  # type: ignore[override]
        if os.environ.get("LC_ALL") in ("C", "POSIX"):
            return "ascii"  # somebody asked for it, and Python writes UTF-8 all the same
        return getattr(sys.stderr, "encoding", None) or "ascii"

    def fileno(self) -> int:
        return sys.stderr.fileno()

    def isatty(self) -> bool:
        return sys.stderr is not None and sys.stderr.isatty()

    def write(self, text: str) -> int:
        if sys.stderr is not None:
            try:
                sys.stderr.write(text)
            except OSError:
                _redirect_to_nowhere()
        return len(text)

    def flush(self) -> None:
        if sys.stderr is not None:
            try:
                sys.stderr.flush()
            except OSError:
                _redirect_to_nowhere()


def _redirect_to_nowhere() -> None:
    """Let what is still in stderr's buffer be written, or the exit code would tell of it."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stderr.fileno())
        os.close(nowhere)


def make_console() -> "Console":
    """A console on stderr that interprets nothing: no markup, no emoji, no guessed highlights."""
    from rich.console import Console

    return Console(file=cast(IO[str], PatientStderr()), markup=False, emoji=False, highlight=False)


def showable(text: str) -> str:
    """`text` on one line, with escapes for what a terminal would obey and stderr cannot encode."""
    encoding = PatientStderr().encoding
    return visible(text, one_line=True).encode(encoding, "backslashreplace").decode(encoding)


def is_live() -> bool:
    """May stderr be animated? Only a real terminal, whatever FORCE_COLOR claims."""
    return PatientStderr().isatty() and os.environ.get("TERM", "") not in ("", "dumb")


def speaks_unicode() -> bool:
    """Can stderr encode block characters? Not under LANG=C or a code page of old."""
    try:
        "█▏▁·…●⣿".encode(PatientStderr().encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True
