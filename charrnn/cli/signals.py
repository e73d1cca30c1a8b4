"""Signals during training: the first one asks the run to stop after the step, the second insists.

A handler that raised an exception could strike in the middle of an update and leave half-updated
weights, so it only notes the signal and the loop looks between two steps.
"""

import os
import signal
import sys
from types import FrameType, TracebackType
from typing import Self

#: Hidden by a live view, and to be shown again whatever happens.
SHOW_CURSOR = "\x1b[?25h"


class Signals:
    """A context in which SIGINT, SIGTERM and SIGHUP set `received` and end nothing.

    A second signal leaves the process at once, without saving: whoever sends it means it.
    """

    def __init__(self) -> None:
        self.received: int | None = None
        names = ("SIGINT", "SIGTERM", "SIGHUP")
        self._numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
        self._before: dict[int, object] = {}

    def __enter__(self) -> Self:
        for number in self._numbers:
            # A shell's background job or nohup ignores signals on purpose; so do we.
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    @property
    def exit_code(self) -> int:
        """128 + the signal's number, as shells have it: 130 for Ctrl-C, 143 for SIGTERM."""
        return 128 + (self.received or 0)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.received is not None:
            if sys.stderr.isatty():
                os.write(sys.stderr.fileno(), SHOW_CURSOR.encode())
            os._exit(128 + number)
        self.received = number
