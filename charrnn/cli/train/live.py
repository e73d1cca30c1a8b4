"""The live view: a few lines on a terminal that change as the model learns.

Repainted twice a second and only between two steps, so that painting costs no training.
"""

import math
import time
from pathlib import Path

from rich.console import Group
from rich.live import Live
from rich.text import Text

from charrnn.cli.terminal.terminal import Terminal
from charrnn.cli.train.curve import LINE, VALIDATION, Losses, Mark, paint
from charrnn.cli.train.views import LineView
from charrnn.training.durations import format_duration
from charrnn.training.events import Evaluation, Finished, Step
from charrnn.training.plan import Plan
from charrnn.visible import visible

REPAINT = 1 / 2  # seconds: 2 ms each, measured
SAMPLE_LINES = 6  # the empty one before them included
WIDEST = 100  # columns of the curve
SMOOTHING = 0.98  # of the training loss that is shown


class LiveView(LineView):
    """Bar, time left, speed, losses as figures and as a curve, and a sample of the text."""

    def __init__(self, terminal: Terminal) -> None:
        super().__init__(terminal)
        self.console = self.stderr.console
        self.live = Live(
            console=self.console,
            auto_refresh=False,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self.unicode = self.stderr.unicode
        self.plan: Plan | None = None
        self.loss = 0.0
        self.validation: Evaluation | None = None
        self.losses = Losses()
        self.text = ""
        self.painted = 0.0

    def say(self, *lines: str) -> None:
        for line in lines:
            self.console.print(Text(self.stderr.showable(line)))

    def start(self, plan: Plan) -> None:
        self.plan = plan
        super().start(plan)
        self.live.start()

    def step(self, event: Step) -> None:
        self.loss = (
            SMOOTHING * self.loss + (1 - SMOOTHING) * event.loss if self.latest else event.loss
        )
        self.latest = event
        self.losses.add(event.share, event.loss)
        if time.monotonic() - self.painted >= REPAINT:
            self.painted = time.monotonic()
            self.live.update(self.paint(), refresh=True)

    def evaluation(self, event: Evaluation) -> None:
        self.validation = event
        if self.latest and math.isfinite(event.loss):
            self.losses.validation.append((self.latest.share, event.loss))

    def sample(self, step: int, text: str) -> None:
        self.text = text

    def warn(self, message: str) -> None:
        words = self.stderr.showable(f"warning: {message}")
        self.console.print(Text(words, style="yellow"))

    def finish(self, event: Finished, plan: Plan, path: Path, stopped_by: str) -> None:
        self.live.stop()
        if self.latest:
            self.console.print(*self.curve(self.console.height // 3), sep="\n")
        super().finish(event, plan, path, stopped_by)

    def close(self) -> None:
        self.live.stop()

    def paint(self) -> Group:
        assert self.latest
        assert self.plan
        width, height = self.console.size
        rows = height - 1  # the last one is the cursor's
        lines = [self.bar(self.latest, width), self.figures(), self.details(self.latest)]
        lines += self.curve(min(height // 3, rows - len(lines) - SAMPLE_LINES))
        lines = [*lines, *self.sample_lines()][:rows]
        for line in lines:
            line.no_wrap = True
            line.truncate(width)
        return Group(*lines)

    def bar(self, event: Step, width: int) -> Text:
        share = min(max(event.share, 0.0), 1.0)
        left = event.seconds * (1 - share) / share if share else 0.0
        times = f" {share:4.0%} {format_duration(event.seconds)}, {format_duration(left)} left"
        length = max(min(width - len(times), 60), 8)
        filled = round(share * length)
        full, empty = ("━", "─") if self.unicode else ("#", "-")
        bar = Text(full * filled, style="green")
        bar.append(empty * (length - filled), style="dim")
        return bar.append(times, style="default")

    def figures(self) -> Text:
        """The latest losses, which are the legend of the curve too."""
        line = Text("⠒⠒" if self.unicode else "**", style=LINE)
        line.append(" loss ", "default").append(f"{self.loss:.3f}", "bold default")
        if found := self.validation:
            line.append("  ● " if self.unicode else "  o ", VALIDATION)
            line.append("validation ", "default").append(f"{found.loss:.3f}", "bold default")
            line.append(" (best)" if found.best else "", "default")
        return line.append("  nats per character", "dim default")

    def curve(self, height: int) -> list[Text]:
        """The losses so far, and what counting achieves."""
        marks: list[Mark] = []
        if self.plan and (beat := self.plan.session.baselines):
            marks = [("unigram", beat.unigram), (f"{beat.order}-grams", beat.ngram)]
        return paint(self.losses, marks, min(self.console.width, WIDEST), height, self.unicode)

    def details(self, event: Step) -> Text:
        return Text(
            f"step {event.step:,}  {event.characters_per_second:,.0f} characters/s  "
            f"gradient norm {event.gradient_norm:.2f}  rate {event.learning_rate:.2g}"
        )

    def sample_lines(self) -> list[Text]:
        """An empty line and the first ones of a sample; always as many, so that nothing jumps."""
        lines = [line for line in visible(self.text).expandtabs(4).split("\n") if line.strip()]
        lines = ["", *lines, *[""] * SAMPLE_LINES][:SAMPLE_LINES]
        return [Text("  " + self.stderr.showable(line), style="italic cyan") for line in lines]
