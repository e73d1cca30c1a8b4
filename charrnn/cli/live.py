"""The live view: a few lines on a terminal that change as the model learns.

Redrawn at most eight times a second and only between two steps, so that drawing costs no training.
"""

import time
from pathlib import Path

from rich.console import Group
from rich.live import Live
from rich.text import Text

from charrnn.cli.console import make_console, speaks_unicode
from charrnn.cli.plan import Plan
from charrnn.cli.views import View, closing_lines
from charrnn.config import format_duration
from charrnn.training import Evaluation, Finished, Step, WentBack
from charrnn.visible import visible

REDRAW = 1 / 8  # seconds
SAMPLE_LINES = 5
SMOOTHING = 0.98  # of the training loss that is shown


class LiveView(View):
    """Bar, time left, speed, losses, gradient norm, learning rate, and a sample of the text."""

    shows_samples = True

    def __init__(self) -> None:
        self.console = make_console()
        self.live = Live(
            console=self.console,
            auto_refresh=False,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self.unicode = speaks_unicode()
        self.plan: Plan | None = None
        self.latest: Step | None = None
        self.loss = 0.0
        self.validation: Evaluation | None = None
        self.text = ""
        self.drawn = 0.0

    def start(self, plan: Plan) -> None:
        self.plan = plan
        for line in plan.lines:
            self.console.print(Text(visible(line, one_line=True)))
        super().start(plan)
        self.live.start()

    def step(self, event: Step) -> None:
        self.loss = (
            SMOOTHING * self.loss + (1 - SMOOTHING) * event.loss if self.latest else event.loss
        )
        self.latest = event
        if time.monotonic() - self.drawn >= REDRAW:
            self.drawn = time.monotonic()
            self.live.update(self.draw(), refresh=True)

    def evaluation(self, event: Evaluation) -> None:
        self.validation = event

    def went_back(self, event: WentBack) -> None:
        self.warn(
            f"step {event.step:,}: the loss exploded; back to the last good weights "
            f"with half the learning rate (strike {event.strikes} of 3)"
        )

    def sample(self, step: int, text: str) -> None:
        self.text = text

    def warn(self, message: str) -> None:
        line = visible(f"warning: {message}", one_line=True)
        self.live.console.print(Text(line, style="yellow"))

    def finish(self, event: Finished, plan: Plan, path: Path, stopped_by: str) -> None:
        self.live.stop()
        for line in closing_lines(event, plan, path, stopped_by):
            self.console.print(Text(line))

    def close(self) -> None:
        self.live.stop()

    def draw(self) -> Group:
        assert self.latest
        assert self.plan
        width = self.console.width
        lines = [self.bar(self.latest, width), self.losses(), self.details(self.latest)]
        if self.text:
            lines.append(Text())
            lines += sample_lines(self.text, width)
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

    def losses(self) -> Text:
        line = Text("loss ").append(f"{self.loss:.3f}", style="bold")
        if found := self.validation:
            line.append("  validation ").append(f"{found.loss:.3f}", style="bold")
            line.append(" (best)" if found.best else "")
        if self.plan and (baselines := self.plan.session.baselines):
            line.append(f"  to beat: {baselines.ngram:.3f} ({baselines.order}-grams)", style="dim")
        return line.append("  nats", style="dim")

    def details(self, event: Step) -> Text:
        return Text(
            f"step {event.step:,}  {event.characters_per_second:,.0f} characters/s  "
            f"gradient norm {event.gradient_norm:.2f}  rate {event.learning_rate:.2g}"
        )


def sample_lines(text: str, width: int) -> list[Text]:
    """The first lines of a sample, cut to the width, always the same number of them."""
    lines = [line for line in visible(text).expandtabs(4).split("\n") if line.strip()]
    lines = (lines + [""] * SAMPLE_LINES)[:SAMPLE_LINES]
    return [Text("  " + line, style="italic cyan") for line in lines]
