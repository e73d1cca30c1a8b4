"""Signals during training: the first one asks the run to stop after the step, the second insists.

A handler that raised an exception could strike in the middle of an update and leave half-updated
weights, or be swallowed by a library, and Python's handlers wait for a matrix product to end. So
the system writes each signal into a pipe, and a thread of its own reads it there. Before training
has begun there is nothing to save, and the first signal already ends the process.
"""

import os
import signal
import sys
import threading
from contextlib import ExitStack, suppress
from types import FrameType, TracebackType
from typing import Self

#: Hidden by a live view, and to be shown again whatever happens.
SHOW_CURSOR = "\x1b[?25h"
#: Elsewhere no pipe can be woken by a signal, and Python's handlers have to do.
POSIX = os.name == "posix"


class Signals:
    """A context, for the main thread, that minds SIGINT, SIGTERM and SIGHUP.

    Once `training` is set, the first signal only sets `received`. Any other ends the process at
    once, without saving: whoever sends a second one means it. What is registered in `cleanup` is
    done in either case, and at the end of the context.
    """

    def __init__(self) -> None:
        self.received: int | None = None
        self.training = False
        self.cleanup = ExitStack()
        names = ("SIGINT", "SIGTERM", "SIGHUP")
        self._numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
        self._before: dict[int, object] = {}

    def __enter__(self) -> Self:
        if POSIX:
            self._inlet, self._outlet = os.pipe()
            os.set_blocking(self._outlet, False)
            self._thread = threading.Thread(target=self._watch, daemon=True)
            self._thread.start()
            self._wakeup = signal.set_wakeup_fd(self._outlet)
        for number in self._numbers:
            # A shell's background job or nohup ignores signals on purpose; so do we.
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._handle)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.cleanup.close()
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]
        if POSIX:
            signal.set_wakeup_fd(self._wakeup)
            os.close(self._outlet)
            self._thread.join()
            os.close(self._inlet)

    def stop(self) -> bool:
        """Has the run been asked to stop?"""
        return self.received is not None

    @property
    def exit_code(self) -> int:
        """128 + the signal's number, as shells have it: 130 for Ctrl-C, 143 for SIGTERM."""
        return 128 + (self.received or 0)

    @property
    def name(self) -> str:
        """What stopped the run: the name of the signal, or the end of the budget."""
        return "budget" if self.received is None else signal.Signals(self.received).name

    def _handle(self, number: int, frame: FrameType | None) -> None:
        """Python's own handler, which comes later than `_watch`."""
        if not POSIX:
            self._note(number)

    def _watch(self) -> None:
        """Read the numbers of signals until the other end of the pipe is closed."""
        while numbers := os.read(self._inlet, 1):
            if numbers[0] in self._numbers:
                self._note(numbers[0])

    def _note(self, number: int) -> None:
        if self.training and self.received is None:
            self.received = number
            return
        told = "stopped at once; the last save is in place" if self.training else "nothing written"
        with suppress(OSError, ValueError):  # the terminal may be gone
            if sys.stderr.isatty():
                os.write(2, SHOW_CURSOR.encode())
            os.write(2, f"charrnn: {signal.Signals(number).name}: {told}\n".encode())
        self.cleanup.close()
        os._exit(128 + number)
