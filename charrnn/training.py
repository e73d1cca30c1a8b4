"""`train()`: training as a generator of events.

The consumer shows the events, saves the checkpoints and minds the signals, all between two steps;
a library user writes a `for` loop of two lines. Nothing here prints or opens a file. The learning
rate follows the share of the budget that is spent, in steps or in seconds, so it decays in time.
"""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from charrnn.config import Budget
from charrnn.errors import TrainingDiverged
from charrnn.evaluation import Evaluator
from charrnn.ops import Array
from charrnn.optim import schedule
from charrnn.run import Run
from charrnn.team import Team

MOST_EVALUATIONS = 20  # in a run
EVALUATION_SHARE = 0.04  # of the time, at most, for evaluations on the way
MOST_STRIKES = 3
EVALUATE = 2  # a job of the team, after those of a run


@dataclass(frozen=True)
class Step:
    """After one update. Losses in nats per character; the norm is the one before clipping."""

    step: int
    seconds: float
    share: float
    loss: float
    gradient_norm: float
    learning_rate: float
    characters_per_second: float


@dataclass(frozen=True)
class Evaluation:
    """The loss on held-out text; `best` says that these weights are kept."""

    step: int
    seconds: float
    loss: float
    best: bool


@dataclass(frozen=True)
class WentBack:
    """The loss exploded or was not finite: last good weights, half the learning rate."""

    step: int
    seconds: float
    strikes: int


@dataclass(frozen=True)
class Finished:
    """The budget is spent. `best_loss` is None when nothing was held out."""

    step: int
    seconds: float
    best_loss: float | None
    characters_per_second: float


Event = Step | Evaluation | WentBack | Finished


def train(
    run: Run,
    budget: Budget,
    held_out: Array,
    *,
    clock: Callable[[], float] = time.perf_counter,
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[Event]:
    """Train until the budget is spent, yielding an event after every step and evaluation.

    `held_out` (N + 1,): the validation characters and the one before them; fewer than two
    characters mean none. The generator may be dropped after any event: the run is then consistent.
    It ends early, and without `Finished`, if `stop` says so in the middle of an evaluation, which
    counts as not begun.

    Raises TrainingDiverged after `MOST_STRIKES` returns to the last good weights.
    """
    return _Trainer(run, budget, held_out, clock, stop).events()


class _Trainer:
    """The clock, the budget and the evaluator around a run."""

    def __init__(
        self,
        run: Run,
        budget: Budget,
        held_out: Array,
        clock: Callable[[], float],
        stop: Callable[[], bool],
    ) -> None:
        self.run = run
        self.budget = budget
        self.clock = clock
        self.stop = stop
        self.started = clock() - run.progress.seconds
        parts = run.crew.parts
        self.evaluator = Evaluator(run.model, held_out, parts=parts) if len(held_out) > 1 else None
        self.evaluation_seconds = 0.0
        if not run.progress.next_evaluation:
            run.progress.next_evaluation = self._spacing()
        self.durations: list[float] = []

    def events(self) -> Iterator[Event]:
        jobs = self.run.jobs
        if self.evaluator:
            jobs.append(self.evaluator.job)
        with Team(self.run.crew.parts, jobs) as self.team:
            yield from self.events_of_a_team()

    def events_of_a_team(self) -> Iterator[Event]:
        run, progress = self.run, self.run.progress
        strikes = progress.strikes
        while (share := self.share()) < 1:
            if self.evaluator and share >= progress.next_evaluation:
                event = self.evaluate(run.average)
                if event is None:
                    return
                progress.next_evaluation = share + self._spacing()
                yield event
            yield self.step(share)
            if progress.strikes > strikes:
                strikes = progress.strikes
                yield WentBack(progress.step, self.seconds(), strikes)
        progress.share = 1.0  # a run that is resumed now has nothing left to do but to evaluate
        if self.evaluator:
            event = self.evaluate(run.average, run.model.flat)
            if event is None:
                return
            yield event
        yield Finished(progress.step, self.seconds(), progress.best_loss, self.speed())

    def seconds(self) -> float:
        self.run.progress.seconds = self.clock() - self.started
        return self.run.progress.seconds

    def share(self) -> float:
        """The share of the budget that is spent; the evaluations at the end belong to it."""
        progress = self.run.progress
        if progress.share >= 1:
            return 1.0
        if self.budget.steps is not None:
            done = progress.step - progress.from_step
            return done / self.budget.steps if self.budget.steps else 1.0
        assert self.budget.seconds is not None
        available = max(self.budget.seconds - 2 * self.evaluation_seconds, 1e-9)
        return (self.seconds() - progress.from_seconds) / available

    def step(self, share: float) -> Step:
        run, before = self.run, self.clock()
        peak = run.settings.learning_rate * run.progress.rate_factor
        learning_rate = schedule(share, run.progress.step, peak=peak)
        loss, gradient_norm = run.step(learning_rate, share, self.team.do)
        sane = loss <= run.loss_limit(loss) and math.isfinite(gradient_norm)
        if not (sane and moderate(run.model.flat)):
            self.go_back(loss)
        self.durations.append(self.clock() - before)
        speed = self.speed(20)
        return Step(
            run.progress.step, self.seconds(), share, loss, gradient_norm, learning_rate, speed
        )

    def speed(self, steps: int = 0) -> float:
        """Characters per second over the last `steps` steps, or over all; evaluations excluded."""
        durations = self.durations[-steps:]
        characters = self.run.streams.batch_size * self.run.streams.sequence_length
        return len(durations) * characters / max(sum(durations), 1e-9)

    def go_back(self, loss: float) -> None:
        """Return to the last good weights; what is yielded next is a consistent run again."""
        run = self.run
        run.go_back()
        if run.progress.strikes >= MOST_STRIKES:
            raise TrainingDiverged(
                f"the loss became {loss} {MOST_STRIKES} times, last at step {run.progress.step}",
                f"Try --learning-rate {run.settings.learning_rate / 10:g}.",
            )

    def evaluate(self, *candidates: Array) -> Evaluation | None:
        """Measure weights on the held-out text, and keep the best ever seen; None if stopped."""
        run, progress = self.run, self.run.progress
        assert self.evaluator
        before = self.clock()
        losses: list[float] = []
        for weights in candidates:
            self.evaluator.prepare(weights, self.stop)
            self.team.do(EVALUATE)
            loss = self.evaluator.collect()
            if loss is None:
                return None
            losses.append(loss)
        kept = [run.keep_if_best(*pair) for pair in zip(losses, candidates, strict=True)]
        self.evaluation_seconds = (self.clock() - before) / len(candidates)
        lowest = min(filter(math.isfinite, losses), default=math.inf)
        if math.isinf(lowest):
            self.go_back(lowest)
        else:
            run.remember()
            self.record(lowest)
        return Evaluation(progress.step, self.seconds(), lowest, any(kept))

    def record(self, validation: float) -> None:
        """Add a point to the history: both losses, since the point before."""
        progress = self.run.progress
        if progress.loss_count:
            loss = progress.loss_sum / progress.loss_count
            progress.history.append({"step": progress.step, "loss": loss, "validation": validation})
        progress.loss_sum, progress.loss_count = 0.0, 0

    def _spacing(self) -> float:
        """The share of the budget between two evaluations."""
        spacing = 1 / MOST_EVALUATIONS
        if self.budget.seconds:
            cost = self.evaluation_seconds / self.budget.seconds
            spacing = max(spacing, cost / EVALUATION_SHARE)
        return spacing


def moderate(weights: Array) -> bool:
    """Are the weights finite, and their sum of squares too? An update can overflow, and the loss
    that shows it comes only with the next step."""
    with np.errstate(over="ignore", invalid="ignore"):
        return math.isfinite(float(np.dot(weights, weights)))
