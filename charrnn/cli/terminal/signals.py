"""Signals that a terminal or a shell sends: who has them, and for how long."""

import os
import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import FrameType

Handler = Callable[[int, FrameType | None], object]


@contextmanager
def handled(numbers: Iterable[int], handler: Handler) -> Iterator[None]:
    """Within the context, which is for the main thread, `handler` has these signals. A shell's
    background job or nohup ignores some on purpose; those stay ignored."""
    found = {number: signal.getsignal(number) for number in numbers}
    before = {number: former for number, former in found.items() if former is not signal.SIG_IGN}
    for number in before:
        signal.signal(number, handler)
    try:
        yield
    finally:
        for number, former in before.items():
            signal.signal(number, former)


@contextmanager
def noted() -> Iterator[list[int]]:
    """Within the context the first Ctrl-C or SIGTERM is only put into the list, to be looked at
    between two characters: so a text ends with a whole one, flushed, and the model's state is never
    left half-way. A second one ends the process at once, for a reader may have stopped reading."""
    received: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        if received:
            os._exit(128 + number)
        received.append(number)

    with handled((signal.SIGINT, signal.SIGTERM), note):
        yield received
