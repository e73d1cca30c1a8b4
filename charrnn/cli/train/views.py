"""Four ways of watching a training run: live, as lines, as JSON, not at all.

A view receives the events of `training.train` and a few more, and decides what to show. Only the
live view paints; the others write whole lines, so that logs and pipes stay readable.
"""

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

from charrnn.cli.terminal.terminal import Terminal
from charrnn.cli.train.closing import closing_lines
from charrnn.training.durations import format_duration
from charrnn.training.events import Evaluation, Finished, Step, WentBack
from charrnn.training.plan import Plan
from charrnn.visible import visible


class View:
    """Shows nothing but warnings. The base of the others, and what --quiet asks for."""

    shows_samples = False

    def __init__(self, terminal: Terminal) -> None:
        self.stdout, self.stderr = terminal.stdout, terminal.stderr

    def start(self, plan: Plan) -> None:
        """Before the first step. Every view says the warnings."""
        for warning in plan.session.warnings:
            self.warn(warning)

    def step(self, event: Step) -> None:
        """After every step."""

    def evaluation(self, event: Evaluation) -> None:
        """After every evaluation on the held-out text."""

    def went_back(self, event: WentBack) -> None:
        """After a loss that exploded."""

    def sample(self, step: int, text: str) -> None:
        """Some text of the model's own."""

    def warn(self, message: str) -> None:
        """Something the user should know, though the run goes on."""
        self.stderr.say(f"charrnn: warning: {message}")

    def finish(self, event: Finished, plan: Plan, path: Path, stopped_by: str) -> None:
        """After the last save; `stopped_by` is "budget" or the name of a signal."""

    def close(self) -> None:
        """Leave the terminal as it was found, also after an error."""


class LineView(View):
    """A line for every evaluation, on stderr: for logs, pipes and plain terminals."""

    shows_samples = True

    def __init__(self, terminal: Terminal) -> None:
        super().__init__(terminal)
        self.latest: Step | None = None

    def say(self, *lines: str) -> None:
        self.stderr.say(*lines)

    def start(self, plan: Plan) -> None:
        self.say(*plan.lines)
        super().start(plan)

    def step(self, event: Step) -> None:
        self.latest = event

    def evaluation(self, event: Evaluation) -> None:
        parts = [f"{format_duration(event.seconds):>6}", f"step {event.step:,}"]
        if latest := self.latest:
            parts += [
                f"loss {latest.loss:.3f}",
                f"validation {event.loss:.3f}{' best' if event.best else ''}",
                f"gradient {latest.gradient_norm:.2f}",
                f"rate {latest.learning_rate:.2g}",
                f"{latest.characters_per_second:,.0f} characters/s",
            ]
        self.say("  ".join(parts))

    def went_back(self, event: WentBack) -> None:
        self.warn(
            f"step {event.step:,}: the loss exploded; back to the last good weights "
            f"with half the learning rate (strike {event.strikes} of 3)"
        )

    def sample(self, step: int, text: str) -> None:
        self.say(f"        {visible(text, one_line=True)[:70]}")

    def finish(self, event: Finished, plan: Plan, path: Path, stopped_by: str) -> None:
        self.say(*closing_lines(event, plan, path, stopped_by))


class JsonView(View):
    """One object per line on stdout, with an `event` key; the contract names the others."""

    shows_samples = True

    def put(self, event: str, **values: Any) -> None:
        """An event as one line; a number that is not finite becomes null."""
        finite = {
            key: None if isinstance(value, float) and not math.isfinite(value) else value
            for key, value in values.items()
        }
        self.stdout.write(json.dumps({"event": event} | finite, allow_nan=False) + "\n")
        self.stdout.flush()

    def start(self, plan: Plan) -> None:
        session = plan.session
        settings, ranks = session.settings, session.run.gradient.share.ranks.size
        baselines = asdict(session.baselines) if session.baselines else None
        self.put(
            "start",
            **asdict(settings),
            parameters=int(session.run.model.flat.size),
            vocabulary_size=len(session.corpus.vocabulary),
            characters=len(session.corpus.ids),
            baselines=baselines,
            notes=list(session.corpus.notes),
            inherited=session.inherited,
            why=plan.why,
            **({"ranks": ranks} if ranks > 1 else {}),
        )
        super().start(plan)

    def step(self, event: Step) -> None:
        self.put("step", **asdict(event))

    def evaluation(self, event: Evaluation) -> None:
        self.put("evaluation", **asdict(event))

    def went_back(self, event: WentBack) -> None:
        self.put("went_back", **asdict(event))

    def sample(self, step: int, text: str) -> None:
        self.put("sample", step=step, text=text)

    def finish(self, event: Finished, plan: Plan, path: Path, stopped_by: str) -> None:
        loss, progress = event.best_loss, plan.session.run.progress
        self.put(
            "end",
            steps=event.step,
            seconds=event.seconds,
            best_loss=loss,
            network_loss=progress.best_loss,
            ngram_loss=progress.ngram_loss,
            ngram_weight=progress.ngram_weight,
            bits_per_character=None if loss is None else loss / math.log(2),
            measured_characters=progress.best_characters,
            standard_error=progress.best_error,
            characters_per_second=event.characters_per_second,
            checkpoint=str(path),
            stopped_by=stopped_by,
        )
