"""A run on several ranks: a replica on each, and rank 0 says what all of them do.

Rank 0 trains as if it were alone. The methods in which the others have to take part tell them so
first, in one short message; the others wait for these orders, and do nothing else. So there is one
clock, one schedule, one place that decides, and no two replicas can disagree about what comes next.
They could only differ in what they have computed, and that is compared now and then.
"""

import hashlib
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from charrnn.arrays import Array
from charrnn.errors import CharRNNError
from charrnn.machine.ranks import Ranks
from charrnn.machine.workers import WorkerPool
from charrnn.network.ensemble import Ensemble
from charrnn.network.model import CharModel
from charrnn.text.passages import Passages
from charrnn.training.crew import Crew
from charrnn.training.evaluation import Evaluator, Measured, never
from charrnn.training.gradient import most_workers
from charrnn.training.run import AnyBatches, Run
from charrnn.training.settings import Settings
from charrnn.training.shares import Share, dealt

COMPARED_EVERY = 200  # steps
#: What rank 0 can order, by number.
BEGIN, END, STEP, GO_BACK, SNAPSHOT, COMPLETE, EVALUATE = range(7)


class Beginning(NamedTuple):
    """All that another rank needs to know, as rank 0 sends it."""

    model: Ensemble
    batches: AnyBatches
    settings: Settings
    held_out: Passages
    threads: int
    arrays: dict[str, Array]


class RankedRun(Run):
    """A replica of a run; on rank 0 the run that is watched and saved, on the others its shadow."""

    def __init__(
        self,
        model: CharModel | Ensemble,
        batches: AnyBatches,
        settings: Settings,
        threads: int,
        ranks: Ranks,
    ) -> None:
        self.ranks = ranks
        whole = Ensemble.of(model)
        share = Share(ranks, whole.parameters, batches.batch_size, settings.optimizer)
        self._complete_at = -1  # the step at which every rank had all members
        self.leads = False  # from `lead` on
        super().__init__(whole, batches, settings, threads, share)

    def order(self, what: int, *numbers: float) -> None:
        """On rank 0: all ranks do this now."""
        if self.leads:
            order(self.ranks, what, *numbers)

    def step(
        self, learning_rate: float, share: float, pool: WorkerPool | None = None
    ) -> tuple[float, float]:
        with self.ranks.together():
            self.order(STEP, learning_rate, share)
            if self.progress.step % COMPARED_EVERY == 0:
                self.compare()
            result = super().step(learning_rate, share, pool)
            self.gradient.share.spread_weights(self.model.flat)
            return result

    def go_back(self) -> None:
        self.order(GO_BACK)
        self._complete_at = -1
        super().go_back()

    def take_snapshot(self) -> None:
        self.order(SNAPSHOT)
        super().take_snapshot()

    def compare(self) -> None:
        """Raise CharRNNError if two replicas of the same weights differ in a single bit."""
        share = self.gradient.share
        digest = hashlib.sha256(self.model.flat[share.rows].data).hexdigest()
        found = self.ranks.gather((share.members.start, digest))
        first = dict(reversed(found))  # of each team
        for number, (team, other) in enumerate(found):
            if other != first[team]:
                raise CharRNNError(
                    f"after step {self.progress.step:,} rank {number} has other weights than its "
                    "fellows, which have computed the same",
                    "The last save is in place: go on from it with --resume. If it happens again, "
                    "leave that rank's machine out.",
                )

    def complete(self) -> None:
        """Bring all members, and what all streams carry, to every rank."""
        if self._complete_at == self.progress.step:
            return
        with self.ranks.together():
            self.order(COMPLETE)
            self.compare()
            share = self.gradient.share
            for vector in self._vectors().values():
                share.complete_vector(vector)
            self.state = share.complete_state(self.state)
        self._complete_at = self.progress.step

    def averaged(self) -> CharModel:
        self.complete()
        return super().averaged()

    def arrays(self, *, timed: bool) -> dict[str, Array]:
        self.complete()
        return super().arrays(timed=timed)

    def evaluator(self, held_out: Passages) -> "RankedEvaluator":
        return RankedEvaluator(self, held_out)


class RankedEvaluator(Evaluator):
    """Measures the weights that rank 0 has, each rank with some of the readers."""

    def __init__(self, run: RankedRun, held_out: Passages) -> None:
        self.run: RankedRun | None = run
        rank = run.ranks.number, run.ranks.size
        super().__init__(run.model, held_out, workers=run.workers, rank=rank, kept=run.kept)

    def __getstate__(self) -> dict[str, object]:
        return super().__getstate__() | {"run": None}

    def measure(
        self, weights: Array, pool: WorkerPool | None = None, stop: Callable[[], bool] = never
    ) -> Measured | None:
        assert self.run
        self.run.complete()
        return super().measure(weights, pool, stop)

    def shadow(self, pool: WorkerPool) -> None:
        """On the other ranks: what `measure` does there."""
        assert self.run
        self.stop, self.stopped[0] = self.run.ranks.interrupted, False
        self.read(pool)

    def read(self, pool: WorkerPool) -> None:
        assert self.run
        ranks = self.run.ranks
        with ranks.together():
            self.run.order(EVALUATE)
            for array in (self.model.flat, self.taken):
                ranks.copy(array)
            self.totals[...] = 0
            super().read(pool)
            if ranks.number == 0 and self.stopped[0]:
                ranks.interrupt()
            stopped = np.array([float(self.stopped[0])])
            for array in (stopped, self.totals):
                ranks.sum(array)
            if stopped[0]:
                ranks.forget_interruption()
            elif self.kept_rows:
                shares = np.array_split(self.chosen()[0], ranks.size)
                found = ranks.gather(self.kept[..., shares[ranks.number]])
                for share, kept in zip(shares, found, strict=True):
                    self.kept[..., share] = kept


def order(ranks: Ranks, what: int, *numbers: float) -> None:
    """On rank 0: the others do this now; at most two numbers go with it."""
    message = np.zeros(3)
    message[: 1 + len(numbers)] = what, *numbers
    ranks.order(message)


def next_order(ranks: Ranks) -> tuple[int, float, float]:
    """On any other rank: wait for what rank 0 orders."""
    message = np.zeros(3)
    ranks.order(message)
    what, first, second = message.tolist()
    return int(what), first, second


def lead(run: Run, held_out: Passages, crew: Crew, threads: int | None = None) -> Run:
    """On rank 0: the same run on all ranks, each with so many workers, or with as many as suit it;
    without other ranks the run itself."""
    ranks, settings, batches = crew.ranks, run.settings, run.batches
    if ranks.size == 1:
        return run
    threads = threads or workers_of_a_rank(settings, crew)
    arrays = run.arrays(timed=True)
    with ranks.together():
        order(ranks, BEGIN)
        ranks.broadcast(Beginning(run.model, batches, settings, held_out, threads, arrays))
        led = RankedRun(run.model, batches, settings, threads, ranks)
    led.restore(arrays)
    led.best, led.leads = run.best, True
    return led


def workers_of_a_rank(settings: Settings, crew: Crew) -> int:
    """One for each of its cores, as long as there is work for it."""
    in_team, members = dealt(crew.ranks.size, settings.members)
    return min(crew.cores, most_workers(settings.batch_size // in_team, members))


def follow(ranks: Ranks) -> None:
    """On any other rank: do what rank 0 orders until it is done."""
    with ranks.together():
        if next_order(ranks)[0] == END:  # there is nothing to train
            return
        beginning: Beginning = ranks.broadcast(None)
        run = RankedRun(*beginning[:3], beginning.threads, ranks)
        run.restore(beginning.arrays)
        held_out = beginning.held_out
        evaluator = run.evaluator(held_out) if held_out.characters else None
        jobs = [run.gradient, run.update, *([evaluator] if evaluator else [])]
        with WorkerPool(run.workers, *jobs) as pool:
            while (ordered := next_order(ranks))[0] != END:
                obey(ordered, run, evaluator, pool)


def obey(
    ordered: tuple[int, float, float],
    run: RankedRun,
    evaluator: RankedEvaluator | None,
    pool: WorkerPool,
) -> None:
    """Do as rank 0 does."""
    match ordered:
        case (what, learning_rate, share) if what == STEP:
            run.step(learning_rate, share, pool)
        case (what, *_) if what == GO_BACK:
            run.go_back()
        case (what, *_) if what == SNAPSHOT:
            run.take_snapshot()
        case (what, *_) if what == COMPLETE:
            run.complete()
        case (what, *_) if what == EVALUATE and evaluator:
            evaluator.shadow(pool)
