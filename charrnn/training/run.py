"""`Run`: everything that changes while a model is trained, and one step of it.

A run can be turned into plain arrays and back at any moment between two steps, and then goes on bit
for bit as if nothing had happened. What a run does not know: budgets, clocks, files, terminals.
"""

import math
from dataclasses import asdict

import numpy as np

from charrnn.arrays import Array
from charrnn.machine.workers import WorkerPool
from charrnn.network.body import State
from charrnn.network.ensemble import Ensemble
from charrnn.network.mixture import Joined
from charrnn.network.model import CharModel
from charrnn.storage import strict_json
from charrnn.text.batches import Batches, as_count
from charrnn.text.passages import Passages
from charrnn.text.segment_batches import SegmentBatches
from charrnn.text.unit_batches import UnitBatches
from charrnn.training.evaluation import KEPT, Evaluator, Measured
from charrnn.training.figures import Progress
from charrnn.training.gradient import Gradient, default_workers
from charrnn.training.optimisers import rescale, sum_of_squares
from charrnn.training.settings import Settings
from charrnn.training.shares import Share
from charrnn.training.update import Update

#: A loss of so many times the first one (the unigram loss, for a new model) is an explosion.
EXPLOSION = 5.0

AnyBatches = Batches | SegmentBatches | UnitBatches


class Run:
    """A model in training: its optimiser, its place in the text, its carried state.

    The model may have several members, each trained for itself; `best` is their merger with the
    best weights so far. What is dropped by dropout follows from the seed and the step, so there is
    no random state.
    """

    def __init__(
        self,
        model: CharModel | Ensemble,
        batches: AnyBatches,
        settings: Settings,
        threads: int | None = None,
        share: Share | None = None,
    ) -> None:
        self.model = Ensemble.of(model)
        self.batches, self.settings = batches, settings
        self.progress = Progress()
        self.best = self.model.merged(self.model.flat)
        self.state: State = self.model.zero_state(batches.batch_size)
        B, T = batches.batch_size, batches.sequence_length
        workers = threads or default_workers(B, len(self.model.members))
        self.gradient = Gradient(self.model, T, B, workers, settings.seed, share)
        self.workers = self.gradient.workers
        self.update = Update(
            self.model.parameters,
            self.gradient.flat,
            self.workers,
            optimizer=settings.optimizer,
            own=self.gradient.share.own,
        )
        self.alone = WorkerPool(1, self.gradient, self.update)
        self.take_snapshot()

    @property
    def average(self) -> Array:
        """The averaged weights, a vector like `model.flat`."""
        return self.update.average

    def step(
        self, learning_rate: float, share: float, pool: WorkerPool | None = None
    ) -> tuple[float, float]:
        """One chunk of truncated backpropagation through time, and one update.

        `share` is how much of the budget is spent, for the averaged weights; `pool`, which has the
        jobs `gradient` and `update`, does the work, or this process alone. Returns the loss in nats
        per character and the norm of the gradient before clipping, of several members their root
        mean square. If either is not finite, nothing is updated.
        """
        pool, progress, settings = pool or self.alone, self.progress, self.settings
        self._restart(self.batches.anew)  # what they read last is not what stands before
        inputs, targets = self.batches.next()  # (T, B) each
        if self.model.boundary is None:  # else every unit starts from the zero state
            self._restart_one_stream()
        loss, state = self.gradient.compute(
            pool, inputs, targets, self.state, settings.dropout, progress.step
        )
        norm = self._clip()
        if math.isfinite(loss) and math.isfinite(norm):
            self.state = state  # carried on: the text goes on, and the gradient stops here
            growth = share - progress.share
            self.update.apply(pool, learning_rate, settings.weight_decay, share, growth)
            progress.loss_sum += loss
            progress.loss_count += 1
        progress.share = share
        progress.step += 1
        return loss, norm

    def _clip(self) -> float:
        """Clip the gradient of every member; the root mean square of their norms before."""
        rows, share = self.model.parameters.over(self.gradient.flat).rows(), self.gradient.share
        own = [share.own_of(row, member) for member, row in enumerate(rows)]
        squares = np.array([sum_of_squares(piece) for piece in own])
        share.ranks.sum(squares)
        norms = np.sqrt(squares).tolist()
        for piece, norm in zip(own, norms, strict=True):
            rescale(piece, norm, self.settings.clip_norm)
        return math.hypot(*norms) / math.sqrt(len(norms))

    def _restart_one_stream(self) -> None:
        """One stream after another starts from the zero state, each every B-th chunk.

        A network whose state is always carried need never listen: on a regular text it becomes an
        oscillator, perfect in training and lost at its first character elsewhere. Sampling and
        validation start from zero, so training has to as well.
        """
        self._restart(self.progress.step % self.batches.batch_size)

    def _restart(self, streams: Array | int) -> None:
        """Start one stream, or some, from the zero state."""
        for array in self.state.values():
            array[..., streams] = 0

    def evaluator(self, held_out: Passages) -> Evaluator:
        """What measures this model's weights on held-out text; a job for the pool."""
        return Evaluator(self.model, held_out, workers=self.workers, kept=self.kept)

    @property
    def kept(self) -> int:
        """How many logits an evaluation has to leave."""
        return KEPT if self.settings.ngrams else 0

    def begin_budget(self) -> None:
        """Go on from here with a new budget, and a new schedule of the learning rate."""
        progress = self.progress
        progress.from_step, progress.from_seconds = progress.step, progress.seconds
        progress.share = progress.next_evaluation = 0.0
        progress.strikes, progress.rate_factor = 0, 1.0

    def averaged(self) -> CharModel:
        """The network that the averaged weights are."""
        return self.model.merged(self.average)

    def result(self) -> CharModel:
        """What the checkpoint is for: the best network, or without validation the averaged one."""
        return self.averaged() if self.progress.best_loss is None else self.best

    def keep_if_best(self, found: Measured, weights: Array, both: Joined | None = None) -> bool:
        """Keep `weights`, their softmax layer scaled, and what they are together with n-grams, if
        their held-out loss is the best so far."""
        if not self.progress.is_best(found):
            return False
        self.progress.best(found, both)
        self.best = self.model.merged(weights)
        for name in ("head.weight", "head.bias"):
            self.best.parameters[name][...] *= self.best.dtype.type(found.scale)
        return True

    def take_snapshot(self) -> None:
        """Mark the present weights as good: `go_back` returns to them."""
        self._snapshot = {name: vector.copy() for name, vector in self._vectors().items()}

    def loss_limit(self, loss: float) -> float:
        """Above this a loss is an explosion; the first `loss` of a run sets it."""
        if self.progress.first_loss is None and np.isfinite(loss):
            self.progress.first_loss = loss
        return EXPLOSION * max(self.progress.first_loss or 0.0, 1.0)

    def go_back(self) -> None:
        """Return to the snapshot, with half the learning rate and a fresh state."""
        for name, vector in self._vectors().items():
            vector[...] = self._snapshot[name]
        self.state = self.model.zero_state(self.batches.batch_size)
        self.progress.rate_factor /= 2
        self.progress.strikes += 1

    def _vectors(self) -> dict[str, Array]:
        """The flat vectors that make up the state of the optimisation."""
        return {
            "last": self.model.flat,
            "adam.m": self.update.m,
            "adam.v": self.update.v,
            "average": self.average,
        }

    def arrays(self, *, timed: bool) -> dict[str, Array]:
        """Everything needed to continue, as the arrays that a checkpoint keeps under `resume.*`.

        Unless the run is `timed`, elapsed seconds are left out: nothing depends on them, and equal
        runs are to give equal files.
        """
        arrays = {
            f"{group}.{name}": view.copy()
            for group, vector in self._vectors().items()
            for name, view in self.model.parameters.over(vector).items()
        }
        arrays |= {f"state.{name}": array for name, array in self.state.items()}
        progress = asdict(self.progress)
        if not timed:
            progress["seconds"] = progress["from_seconds"] = 0.0
        state = {
            "progress": progress,
            "updates": self.update.updates,
            **self.batches.place(),
        }
        arrays["json"] = np.frombuffer(strict_json.dumps(state), np.uint8)
        return arrays

    def restore(self, arrays: dict[str, Array]) -> None:
        """Continue from what `arrays` returned; `best` is the best network so far.

        Raises an exception of Python's own if they are not what this run returns.
        """
        for group, vector in self._vectors().items():
            for name, view in self.model.parameters.over(vector).items():
                view[...] = arrays[f"{group}.{name}"]
        self.state = {name: arrays[f"state.{name}"].copy() for name in self.state}
        state = strict_json.loads(bytes(arrays["json"]))
        self.progress = strict_json.fill(Progress, state["progress"])
        self.update.updates = as_count(state["updates"])
        self.batches.restore(state)
        self.take_snapshot()
