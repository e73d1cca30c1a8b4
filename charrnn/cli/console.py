"""What stderr can show: the one Rich console of a command, and plain facts about the terminal."""

import os
import sys

from rich.console import Console


def make_console() -> Console:
    """A console on stderr that interprets nothing: no markup, no emoji, no guessed highlights."""
    return Console(stderr=True, markup=False, emoji=False, highlight=False)


def is_live() -> bool:
    """May stderr be animated? Only a real terminal, whatever FORCE_COLOR claims."""
    return sys.stderr.isatty() and os.environ.get("TERM", "") not in ("", "dumb")


def speaks_unicode() -> bool:
    """Can stderr encode block characters? Not under LANG=C or a code page of old."""
    try:
        "█▏▁·…".encode(sys.stderr.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
