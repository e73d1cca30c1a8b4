"""What happens before the first step, where it takes long: a bar on a terminal, lines in a log."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self

from charrnn.cli.terminal.stream import Stream
from charrnn.machine.memory import gigabytes

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

PATIENCE = 1.0  # seconds, before which nothing is shown
REPAINT, LINES = 0.1, 10.0  # seconds between two pictures, and between two lines
BAR = 30  # columns


class Preparing:
    """Shows the progress that it is told of, on a context's end removed. Nothing if `quiet`."""

    def __init__(
        self, stderr: Stream, quiet: bool, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.stderr, self.quiet, self.clock = stderr, quiet, clock
        self.stage = ""
        self.bar: Bar | None = None
        self.begun = clock()
        self.next = self.begun + (PATIENCE if stderr.animated else LINES)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if self.bar is not None:
            self.bar.stop()

    def __call__(self, stage: str, done: int, total: int | None) -> None:
        now = self.clock()
        if self.quiet or now < self.next:
            return
        if self.stderr.animated:
            self.next = now + REPAINT
            self.paint(stage, done, total)
        else:
            self.next = now + LINES
            self.stderr.say(f"{stage}: {amount(stage, done, total)}")

    def paint(self, stage: str, done: int, total: int | None) -> None:
        if self.bar is None:
            from rich.progress import BarColumn, TextColumn
            from rich.progress import Progress as Bar

            self.bar = Bar(
                TextColumn("{task.description}"),
                BarColumn(BAR),
                TextColumn("{task.fields[amount]}"),
                console=self.stderr.console,
                auto_refresh=False,
                transient=True,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self.bar.start()
        if stage != self.stage:
            for task in self.bar.task_ids:
                self.bar.remove_task(task)
            self.bar.add_task(stage, total=total, amount="")
            self.stage = stage
        shown: dict[str, Any] = {"amount": amount(stage, done, total)}
        self.bar.update(self.bar.task_ids[0], completed=done, **shown)
        self.bar.refresh()


def amount(stage: str, done: int, total: int | None) -> str:
    """How much is done, in words: bytes of what is read, else parts."""
    word = gigabytes if stage == "reading" else str
    return word(done) if total is None else f"{word(min(done, total))} of {word(total)}"
