"""The bar that `charrnn.train` shows in a program: on a terminal Rich's, in a notebook one of HTML,
because Rich's needs a package there that few have. Elsewhere nothing is shown.
"""

import sys
import time
from html import escape
from importlib import import_module
from typing import TYPE_CHECKING, Any

from charrnn.cli.terminal.terminal import Terminal
from charrnn.cli.train.preparing import Preparing
from charrnn.library.training import Watcher
from charrnn.training.durations import format_duration
from charrnn.training.events import Evaluation, Event, Finished, Step
from charrnn.training.plan import Plan

if TYPE_CHECKING:
    from rich.progress import Progress as RichBar

REPAINT = 0.2  # seconds


def bar() -> Watcher:
    """What fits where this process runs."""
    if (display := notebook()) is not None:
        return NotebookBar(display)
    terminal = Terminal.watched()
    return TerminalBar(terminal) if terminal else Watcher()


def notebook() -> Any:
    """IPython's `display`, if this is a notebook: a kernel that shows what it is sent."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is None or getattr(shell, "kernel", None) is None:
        return None
    return import_module("IPython.display").display


class Bar(Watcher):
    """What both bars say, and how often."""

    def __init__(self) -> None:
        self.loss: float | None = None
        self.validation: float | None = None
        self.next = 0.0

    def event(self, event: Event) -> None:
        """Keep the figures, and paint a few times a second."""
        match event:
            case Step():
                smooth = event.loss if self.loss is None else 0.98 * self.loss + 0.02 * event.loss
                self.loss = smooth
                now = time.monotonic()
                if now >= self.next:
                    self.next = now + REPAINT
                    self.paint(event.share, self.words(event))
            case Evaluation():
                self.validation = event.loss
            case Finished():
                self.finish(ending(event))

    def words(self, event: Step) -> str:
        """The figures beside the bar."""
        share = max(event.share, 1e-9)
        left = format_duration(event.seconds * (1 - share) / share) if event.share else "?"
        found = "" if self.validation is None else f", held-out {self.validation:.3f}"
        return f"step {event.step:,}, loss {self.loss:.3f}{found}, {left} left"

    def paint(self, share: float, words: str) -> None:
        """Show the bar."""

    def finish(self, words: str) -> None:
        """Show the last words in its place."""


def ending(event: Finished) -> str:
    """One line on a run that has spent its budget."""
    best = "" if event.best_loss is None else f", held-out loss {event.best_loss:.3f} nats"
    return f"{event.step:,} steps in {format_duration(event.seconds)}{best}"


class TerminalBar(Bar):
    """On stderr, by Rich; nothing is left of it but a line at the end."""

    def __init__(self, terminal: Terminal) -> None:
        super().__init__()
        self.stderr = terminal.stderr
        self.preparing_bar = Preparing(self.stderr, quiet=False)
        self.rich: RichBar | None = None

    def preparing(self, stage: str, done: int, total: int | None) -> None:
        """As the command does."""
        self.preparing_bar(stage, done, total)

    def started(self, plan: Plan) -> None:
        """One line on what is trained, and what is to be known of the text."""
        self.preparing_bar.__exit__()
        self.stderr.say(*plan.session.corpus.notes, plan.network)

    def paint(self, share: float, words: str) -> None:
        """Show the bar; it begins with the first step."""
        if self.rich is None:
            from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

            columns = BarColumn(30), TaskProgressColumn(), TextColumn("{task.description}")
            self.rich = Progress(
                *columns, console=self.stderr.console, auto_refresh=False, transient=True
            )
            self.rich.start()
            self.rich.add_task("", total=1.0)
        self.rich.update(self.rich.task_ids[0], completed=share, description=words)
        self.rich.refresh()

    def finish(self, words: str) -> None:
        """A line in place of the bar."""
        self.__exit__()
        self.stderr.say(words)

    def __exit__(self, *error: object) -> None:
        self.preparing_bar.__exit__()
        if self.rich is not None:
            self.rich.stop()
            self.rich = None


class NotebookBar(Bar):
    """One output that changes, and in the end is a line of text."""

    def __init__(self, display: Any) -> None:
        super().__init__()
        self.display: Any = display
        self.handle: Any = None

    def started(self, plan: Plan) -> None:
        """Say what is trained."""
        self.show(plan.network)

    def paint(self, share: float, words: str) -> None:
        """Show the bar."""
        self.show(words, f'<progress value="{share:.3f}" max="1"></progress> ')

    def finish(self, words: str) -> None:
        """The line that stays."""
        self.show(words)

    def show(self, words: str, before: str = "") -> None:
        """Send both forms of it; whoever shows notebooks takes the best that it can."""
        data = {"text/plain": words, "text/html": f"{before}<span>{escape(words)}</span>"}
        if self.display is None:
            return
        try:
            if self.handle is None:
                self.handle = self.display(data, raw=True, display_id=True)
            else:
                self.handle.update(data, raw=True)
        except Exception:  # whatever a kernel's display may raise, the run goes on without it
            self.display = None
