"""Four ways of watching a training run: live, as lines, as JSON, not at all.

A view receives the events of `training.train` and a few more, and decides what to show. Only the
live view draws; the others write whole lines, so that logs and pipes stay readable.
"""

import json
import math
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from charrnn.cli.terminal.console import PatientStderr, showable
from charrnn.cli.train.plan import Plan, nats
from charrnn.training.loop import Evaluation, Finished, Step, WentBack
from charrnn.training.settings import format_duration
from charrnn.training.verdict import verdict
from charrnn.visible import visible


class View:
    """Shows nothing but warnings. The base of the others, and what --quiet asks for."""

    shows_samples = False

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
        say(f"charrnn: warning: {message}")

    def finish(self, event: Finished, plan: Plan, path: Path, stopped_by: str) -> None:
        """After the last save; `stopped_by` is "budget" or the name of a signal."""

    def close(self) -> None:
        """Leave the terminal as it was found, also after an error."""


class LineView(View):
    """A line for every evaluation, on stderr: for logs, pipes and plain terminals."""

    shows_samples = True

    def __init__(self) -> None:
        self.latest: Step | None = None

    def start(self, plan: Plan) -> None:
        for line in plan.lines:
            say(line)
        super().start(plan)

    def step(self, event: Step) -> None:
        self.latest = event

    def evaluation(self, event: Evaluation) -> None:
        say(self.summary(event))

    def summary(self, event: Evaluation) -> str:
        parts = [f"{format_duration(event.seconds):>6}", f"step {event.step:,}"]
        if latest := self.latest:
            parts += [
                f"loss {latest.loss:.3f}",
                f"validation {event.loss:.3f}{' best' if event.best else ''}",
                f"gradient {latest.gradient_norm:.2f}",
                f"rate {latest.learning_rate:.2g}",
                f"{latest.characters_per_second:,.0f} characters/s",
            ]
        return "  ".join(parts)

    def went_back(self, event: WentBack) -> None:
        self.warn(
            f"step {event.step:,}: the loss exploded; back to the last good weights "
            f"with half the learning rate (strike {event.strikes} of 3)"
        )

    def sample(self, step: int, text: str) -> None:
        say(f"        {visible(text, one_line=True)[:70]}")

    def finish(self, event: Finished, plan: Plan, path: Path, stopped_by: str) -> None:
        for line in closing_lines(event, plan, path, stopped_by):
            say(line)


class JsonView(View):
    """One object per line on stdout, with an `event` key; the contract names the others."""

    shows_samples = True

    def start(self, plan: Plan) -> None:
        session = plan.session
        settings = session.settings
        baselines = asdict(session.baselines) if session.baselines else None
        put(
            "start",
            **asdict(settings),
            parameters=int(session.run.model.flat.size),
            vocabulary_size=len(session.corpus.vocabulary),
            characters=len(session.corpus.ids),
            baselines=baselines,
            notes=list(session.corpus.notes),
            inherited=session.inherited,
            why=plan.why,
        )
        super().start(plan)

    def step(self, event: Step) -> None:
        put("step", **asdict(event))

    def evaluation(self, event: Evaluation) -> None:
        put("evaluation", **asdict(event))

    def went_back(self, event: WentBack) -> None:
        put("went_back", **asdict(event))

    def sample(self, step: int, text: str) -> None:
        put("sample", step=step, text=text)

    def finish(self, event: Finished, plan: Plan, path: Path, stopped_by: str) -> None:
        loss = event.best_loss
        put(
            "end",
            steps=event.step,
            seconds=event.seconds,
            best_loss=loss,
            bits_per_character=None if loss is None else loss / math.log(2),
            characters_per_second=event.characters_per_second,
            checkpoint=str(path),
            stopped_by=stopped_by,
        )


def closing_lines(event: Finished, plan: Plan, path: Path, stopped_by: str) -> list[str]:
    """What was reached, where it is, and what to type next."""
    duration = format_duration(event.seconds)
    speed = f"{event.characters_per_second:,.0f} characters/s"
    early = " (more time would gain nothing)" if event.early else ""
    lines = [f"{event.step:,} steps in {duration}{early}, {speed}"]
    if event.best_loss is not None:
        lines[0] += f"; best validation loss {nats(event.best_loss)} per character"
        session = plan.session
        if session.baselines:
            history, held_out = session.run.progress.history, len(session.held_out) - 1
            lines.append(verdict(history, event.best_loss, session.baselines, held_out))
    name = visible(str(path), one_line=True)
    if stopped_by != "budget":
        corpus = " ".join(map(quoted, plan.session.corpus.files))
        lines.append(f"stopped by {stopped_by}; saved {name}")
        lines.append(f"Go on: charrnn train {corpus} --out {quoted(str(path))} --resume")
    else:
        lines.append(f"saved {name}")
    model = "" if str(path) == "charrnn.npz" else f" {quoted(str(path))}"
    lines.append(f"Next: charrnn sample{model} --temp 0.8")
    return lines


def quoted(argument: str) -> str:
    """An argument as it has to be typed in a shell."""
    import shlex

    return shlex.quote(visible(argument, one_line=True))


def say(line: str) -> None:
    """A line on stderr, in whatever encoding stderr has."""
    stderr = PatientStderr()
    stderr.write(showable(line) + "\n")
    stderr.flush()


def put(event: str, **values: Any) -> None:
    """An event as one line of JSON on stdout; a number that is not finite becomes null."""
    finite = {
        key: None if isinstance(value, float) and not math.isfinite(value) else value
        for key, value in values.items()
    }
    sys.stdout.write(json.dumps({"event": event} | finite, allow_nan=False) + "\n")
    sys.stdout.flush()
