"""Signals during training: the first one asks the run to stop after the step, the second insists.

A handler that raised an exception could strike in the middle of an update and leave half-updated
weights, or be swallowed by a library, and Python's handlers wait for a matrix product to end. So
the system writes each signal into a pipe, and a thread of its own reads it there. Before training
has begun there is nothing to save, and the first signal already ends the process.
"""

import math
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from types import FrameType
from typing import Self

from charrnn.cli.terminal.signals import handled
from charrnn.cli.terminal.stream import Stream
from charrnn.machine.launched import launched

#: The line of a live view in which the cursor stands is emptied, and the cursor shown again.
RESTORED = "\r\x1b[2K\x1b[?25h"
#: Elsewhere no pipe can be woken by a signal, and Python's handlers have to do.
POSIX = os.name == "posix"
NAMES = ("SIGINT", "SIGTERM", "SIGHUP")
NUMBERS = tuple(getattr(signal, name) for name in NAMES if hasattr(signal, name))
#: What launchers pass on to all ranks without ending them themselves, where the system has it.
PASSED_ON = tuple(n for n in (getattr(signal, "SIGUSR1", None),) if n)
TWICE = 1.0  # seconds in which a rank may get the same signal from a launcher and a terminal


class Signals:
    """A context, for the main thread, that minds SIGINT, SIGTERM and SIGHUP, and SIGUSR1 if this is
    one of several ranks.

    Once `training` is set, the first signal only sets `received`. Any other ends the process at
    once, without saving, and says so on `stderr`: whoever sends a second one means it. What is
    registered in `cleanup` is done in either case, and at the end of the context.
    """

    def __init__(self, stderr: Stream) -> None:
        self.received: int | None = None
        self.training = False
        self.cleanup = ExitStack()
        self._stderr = stderr
        self._ranks = launched()[1]
        self._numbers = NUMBERS + (PASSED_ON if self._ranks > 1 else ())
        self._when = -math.inf
        self._watching = ExitStack()

    def __enter__(self) -> Self:
        if POSIX:
            self._watching.enter_context(self._woken())
        self._watching.enter_context(handled(self._numbers, self._handle))
        return self

    def __exit__(self, *error: object) -> None:
        self.cleanup.close()
        self._watching.close()

    def stop(self) -> bool:
        """Has the run been asked to stop?"""
        return self.received is not None

    @property
    def exit_code(self) -> int:
        """128 + the signal's number, as shells have it: 130 for Ctrl-C, 143 for SIGTERM; or 0."""
        return 0 if self.received is None else 128 + self.received

    @property
    def name(self) -> str:
        """What stopped the run: the name of the signal, or the end of the budget."""
        return "budget" if self.received is None else signal.Signals(self.received).name

    def _handle(self, number: int, frame: FrameType | None) -> None:
        """Python's own handler, which comes later than `_watch`."""
        if not POSIX:
            self._note(number)

    @contextmanager
    def _woken(self) -> Iterator[None]:
        """The system writes the number of each signal into a pipe, and a thread waits there."""
        inlet, outlet = os.pipe()
        os.set_blocking(outlet, False)
        thread = threading.Thread(target=self._watch, args=(inlet,), daemon=True)
        thread.start()
        before = signal.set_wakeup_fd(outlet)
        try:
            yield
        finally:
            signal.set_wakeup_fd(before)
            os.close(outlet)
            thread.join()
            os.close(inlet)

    def _watch(self, inlet: int) -> None:
        """Read the numbers of signals until the other end of the pipe is closed."""
        while numbers := os.read(inlet, 1):
            if numbers[0] in self._numbers:
                self._note(numbers[0])

    def _note(self, number: int) -> None:
        now = time.monotonic()
        if self.training and self.received is None:
            self.received, self._when = number, now
            return
        if self._ranks > 1 and now < self._when + TWICE:
            return
        told = "stopped at once; the last save is in place" if self.training else "nothing written"
        message = f"charrnn: {signal.Signals(number).name}: {told}\n"
        with suppress(OSError, ValueError):  # the terminal may be gone
            # Not through Python's buffer: the thread that has its lock may be in a long product.
            restored = RESTORED * self._stderr.animated
            os.write(self._stderr.fileno(), (restored + message).encode())
        self.cleanup.close()
        os._exit(128 + number)
