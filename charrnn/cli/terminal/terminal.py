"""The terminal as the program finds it: three streams, some of which may be closed.

It is made once, by `cli.run`, and handed to whatever reads or writes. Nothing else in `cli` asks
`sys` or the environment, so a test can make one of any files and any variables.
"""

import os
import sys
from dataclasses import dataclass
from typing import TextIO

from charrnn.cli.terminal.stream import PatientStream, Stream


@dataclass(frozen=True)
class Terminal:
    """Text comes from `stdin`, None if it is closed; text and data go to `stdout`, conversation
    goes to `stderr`."""

    stdin: TextIO | None
    stdout: Stream
    stderr: Stream

    @classmethod
    def of_process(cls) -> "Terminal":
        """The standard streams of this process; its environment is read here and nowhere else."""
        open_closed_streams()
        environment = dict(os.environ)
        stdout, stderr = Stream(sys.stdout, environment), PatientStream(sys.stderr, environment)
        return cls(sys.stdin, stdout, stderr)

    @classmethod
    def watched(cls) -> "Terminal | None":
        """That of a process in whose stderr something can move; a program may have replaced it."""
        if not getattr(sys.stderr, "isatty", bool)():
            return None
        terminal = cls.of_process()
        return terminal if terminal.stderr.animated else None


def open_closed_streams() -> None:
    """Let streams that were closed (`>&-`) lead nowhere. Otherwise the next file to be opened, a
    checkpoint perhaps, would get their number, and what is meant for them."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest number that is free, this one
            os.set_inheritable(number, True)
            if number:
                file = open(number, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
                setattr(sys, name, file)
