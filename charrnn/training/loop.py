"""`train()`: training as a generator of events.

The consumer shows the events, saves the checkpoints and minds the signals, all between two steps;
a library user writes a `for` loop of two lines. Nothing here prints or opens a file. The learning
rate follows the share of the budget that is spent, in steps or in seconds, so it decays in time.
"""

import math
import time
from collections.abc import Callable, Generator, Iterator

from charrnn.arrays import Array
from charrnn.errors import TrainingDiverged
from charrnn.machine.workers import WorkerPool
from charrnn.network.ensemble import Ensemble
from charrnn.network.mixture import Joined
from charrnn.text.ngram_model import NGrams
from charrnn.text.passages import Passages
from charrnn.training.evaluation import Evaluator, Measured
from charrnn.training.events import Evaluation, Event, Finished, Step, WentBack
from charrnn.training.optimisers import moderate, schedule
from charrnn.training.pace import RECENT, Pace
from charrnn.training.run import Run
from charrnn.training.settings import Budget
from charrnn.training.voices import Voices

MOST_STRIKES = 3
SOLVED = 0.001  # nats per character: a thousand characters without an error
PATIENCE = 0.4  # of the run so far without a better loss, which meanwhile has
RISEN = 0.05  # nats: then the rest of the time is lost


def train(
    run: Run,
    budget: Budget,
    held_out: Passages,
    ngrams: NGrams | None = None,
    *,
    clock: Callable[[], float] = time.perf_counter,
    stop: Callable[[], bool] = lambda: False,
) -> Generator[Event, None, None]:
    """Train until the budget is spent, yielding an event after every step and evaluation.

    `held_out` are the validation characters, if there are any; `ngrams` are those of the text, if
    the network is to be joined with them. The generator may be dropped after any event: the run is
    then consistent. It ends early, and without `Finished`, if `stop` says so in the middle of an
    evaluation, which counts as not begun.

    Raises TrainingDiverged after `MOST_STRIKES` returns to the last good weights.
    """
    return _Trainer(run, budget, held_out, ngrams, clock, stop).events()


class _Trainer:
    """The clock, the budget and the evaluator around a run."""

    def __init__(
        self,
        run: Run,
        budget: Budget,
        held_out: Passages,
        ngrams: NGrams | None,
        clock: Callable[[], float],
        stop: Callable[[], bool],
    ) -> None:
        self.run = run
        self.stop = stop
        self.timed = budget.seconds is not None
        self.pace = Pace(run, budget, clock)
        self.evaluator = run.evaluator(held_out) if held_out.characters else None
        self.voices = Voices(ngrams, self.evaluator) if ngrams and self.evaluator else None
        if not run.progress.next_evaluation:
            run.progress.next_evaluation = self.pace.spacing()

    def events(self) -> Generator[Event, None, None]:
        run = self.run
        evaluator = [self.evaluator] if self.evaluator else []
        with WorkerPool(run.workers, run.gradient, run.update, *evaluator) as self.pool:
            yield from self.events_of_a_pool()

    def events_of_a_pool(self) -> Iterator[Event]:
        run, progress = self.run, self.run.progress
        strikes = progress.strikes
        while (share := self.pace.share()) < 1:
            if self.evaluator and self.pace.evaluation_due(share):
                event = self.evaluate(run.average)
                if event is None:
                    return
                progress.next_evaluation = share + self.pace.spacing()
                yield event
                if self.gains_nothing(share):
                    break
            yield self.step(share)
            if progress.strikes > strikes:
                strikes = progress.strikes
                yield WentBack(progress.step, self.pace.seconds(), strikes)
        # A run that is resumed from here on has nothing left to do but to evaluate.
        early = share < 1 or (self.timed and self.pace.share_of_steps() >= 1)
        progress.share = 1.0
        if self.evaluator:
            # A run that ends with an evaluation has measured its average already.
            known = bool(progress.history) and progress.history[-1]["step"] == progress.step
            event = self.evaluate(*([] if known else [run.average]), run.model.flat)
            if event is None:
                return
            if event.best or not known:
                yield event
        seconds, speed = self.pace.seconds(), self.pace.speed()
        yield Finished(progress.step, seconds, progress.loss, speed, early)

    def gains_nothing(self, share: float) -> bool:
        """Is the rest of a budget of time lost time? The text is known by heart, or the weights got
        worse for so long that no decay of the learning rate will bring them back."""
        progress = self.run.progress
        if not self.timed or progress.best_loss is None or not progress.history:
            return False
        if progress.best_loss < SOLVED:
            return True
        worse = progress.history[-1]["validation"] - progress.best_loss
        since = (progress.step - progress.best_step) / (progress.step - progress.from_step or 1)
        return share > PATIENCE and since > PATIENCE and worse > RISEN

    def step(self, share: float) -> Step:
        run, before = self.run, self.pace.clock()
        peak = run.settings.learning_rate * run.progress.rate_factor
        learning_rate = schedule(share, run.progress.step, peak=peak)
        loss, gradient_norm = run.step(learning_rate, share, self.pool)
        sane = loss <= run.loss_limit(loss) and math.isfinite(gradient_norm)
        if not (sane and moderate(run.model.flat)):
            self.go_back(loss)
        self.pace.step_took(self.pace.clock() - before)
        speed = self.pace.speed(RECENT)
        return Step(
            run.progress.step, self.pace.seconds(), share, loss, gradient_norm, learning_rate, speed
        )

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
        if not self.decide_share(self.evaluator):
            return None
        before = self.pace.clock()
        found: list[Measured] = []
        both: list[Joined | None] = []
        for weights in candidates:
            measured = self.evaluator.measure(weights, self.pool, self.stop)
            if measured is None:
                return None
            # What has not been trained stays as it was made, or as another model had it.
            found.append(measured if progress.step else measured.unscaled())
            both.append(self.join(found[-1].scale) if progress.is_best(found[-1]) else None)
        kept = [run.keep_if_best(*each) for each in zip(found, candidates, both, strict=True)]
        self.pace.evaluation_took((self.pace.clock() - before) / len(candidates))
        finite = [measured for measured in found if math.isfinite(measured.loss)]
        if not finite:
            self.go_back(math.inf)
            return Evaluation(progress.step, self.pace.seconds(), math.inf, False, 0, None)
        best = min(finite, key=lambda measured: measured.loss)
        run.take_snapshot()
        self.record(best.loss)
        return Evaluation(
            progress.step,
            self.pace.seconds(),
            best.loss,
            any(kept),
            best.characters,
            best.error,
        )

    def decide_share(self, evaluator: Evaluator) -> bool:
        """Let evaluations read as much as this budget allows, the same throughout. If that is more
        than before, the best weights so far are measured on it too. False if stopped."""
        run, progress = self.run, self.run.progress
        decided = progress.evaluated_from == progress.from_step
        allowed = progress.evaluated
        if not decided:
            allowed = max(allowed, self.pace.allowance(evaluator.whole))
        evaluator.allow(allowed)
        if progress.best_loss is not None and allowed > progress.evaluated:
            best = Ensemble.unmerged(run.best, len(run.model.members))
            again = evaluator.measure(best.flat, self.pool, self.stop)
            if again is None:
                return False
            progress.measured_again(again, self.join(1.0))
        progress.evaluated, progress.evaluated_from = allowed, progress.from_step
        return True

    def join(self, scale: float) -> Joined | None:
        """What the weights that were measured last, with logits times `scale`, are together with
        the n-grams. Weights that have learnt nothing have nothing to say beside them."""
        return self.voices.joined(scale) if self.voices and self.run.progress.step else None

    def record(self, validation: float) -> None:
        """Add a point to the history: both losses, since the point before."""
        progress = self.run.progress
        if progress.loss_count:
            loss = progress.loss_sum / progress.loss_count
            progress.history.append({"step": progress.step, "loss": loss, "validation": validation})
        progress.loss_sum, progress.loss_count = 0.0, 0
