"""The loss on held-out text, with the state carried over the whole of it, and how far to trust it.

One reader would be exact and slow: a product with a single column cannot use the machine. So the
text is cut into contiguous shares that are read side by side, and every reader but the first warms
up its state on the characters before its share. Every character counts once. A state forgets, so
the difference to a single reader is far below the noise (a test states a bound).

A network that has read a text often is surer of itself than it is right. That is mended by one
number: logits k z in place of z, with the k of least loss on held-out text (temperature scaling;
Guo et al., arXiv 1706.04599). All k are tried in the same pass. On a few characters that k is an
accident, so k is 1 unless the gain is larger than its standard error.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from charrnn.arrays import Array
from charrnn.machine.shared import shared, shared_copy
from charrnn.machine.workers import Job, WorkerPool
from charrnn.network.ensemble import Ensemble
from charrnn.network.model import CharModel
from charrnn.text.batches import side_by_side

STEPS = 16  # a chunk of evaluation: short, because its memory is all that it costs
WARM_UP = 24 * STEPS
MOST_READERS = 64
SHORTEST_SHARE = 1024
#: The factors k of the logits, in equal steps. At the best of them the loss is flat: half a step
#: aside it differs by less than 0.001.
SCALES = tuple(step / 20 for step in range(10, 25))
PLAIN = SCALES.index(1.0)


class Measured(NamedTuple):
    """Losses in nats per character: the least, with logits times `scale`, and that of the logits as
    they are."""

    loss: float
    scale: float
    plain: float

    def unscaled(self) -> "Measured":
        return Measured(self.plain, 1.0, self.plain)


def never() -> bool:
    """Nobody wants to stop."""
    return False


class Evaluator(Job):
    """The cut of one text, and the memory for reading it, kept between evaluations.

    `ids` (N + 1,): the first character is the context of the first prediction, so N are counted.
    The readers are divided among the workers.
    """

    def __init__(
        self,
        model: CharModel | Ensemble,
        ids: Array,
        readers: int | None = None,
        workers: int = 1,
    ) -> None:
        super().__init__(workers)
        # A model of its own: the averaged weights are evaluated while others are trained.
        self.model = Ensemble.of(model.with_weights(model.flat))
        self.model.move_to(shared(model.flat.shape, model.dtype))
        self.ids = shared_copy(ids)
        self.count = len(ids) - 1
        readers = readers or min(max(self.count // SHORTEST_SHARE, 1), MOST_READERS)
        self.share = math.ceil(self.count / readers)
        self.warm_up = WARM_UP if readers > 1 else 0
        starts = np.arange(readers) * self.share  # the first place that a reader predicts
        self.starts = np.array_split(starts, workers)
        self.totals = shared((workers, 2, len(SCALES)), np.float64)
        self.stopped = shared((1,), np.bool_)
        self.stop: Callable[[], bool] = never

    def __getstate__(self) -> dict[str, Any]:
        return super().__getstate__() | {"stop": never}

    def measure(
        self, weights: Array, pool: WorkerPool | None = None, stop: Callable[[], bool] = never
    ) -> Measured | None:
        """The mean negative log-likelihoods per character under a vector like `model.flat`; None if
        `stop`, asked between two chunks, says that nobody waits for it any more. `pool` has this
        job, or this process does it alone."""
        pool = pool or WorkerPool(1, self)
        self.model.flat[...] = weights
        self.stop, self.stopped[0] = stop, False
        pool.run(self)
        if self.stopped[0]:
            return None
        losses, squares = self.totals.sum(axis=0) / self.count
        best = PLAIN if np.isnan(losses).any() else int(losses.argmin())
        # If z is how many standard errors the slope of the loss at k = 1 is away from 0, the gain
        # of the best k is z / 2 of its own (a parabola falls half as far as its tangent). So this
        # asks for z > 2.
        gain = losses[PLAIN] - losses[best]
        if not gain > math.sqrt(max(squares[best] - gain**2, 0) / self.count):
            best = PLAIN
        return Measured(float(losses[best]), SCALES[best], float(losses[PLAIN]))

    def __call__(self, worker: int) -> None:
        """Read the shares of one worker's readers, and leave the sums of `nats`."""
        self.totals[worker] = 0
        starts = self.starts[worker]
        if not len(starts):
            return
        if worker not in self.private:
            self.private[worker] = self.model.tape(STEPS, len(starts))
        tape, state = self.private[worker], self.model.zero_state(len(starts))
        reading = side_by_side(starts, self.share, self.count, STEPS, self.warm_up)
        for first, places, counted in reading:
            if worker == 0 and self.stop():
                self.stopped[0] = True
            if self.stopped[0]:
                return
            if first == 0 and worker == 0:  # nothing precedes the first reader's share
                for array in state.values():
                    array[..., 0] = 0
            logits, state = self.model.forward(self.ids[places].astype(np.intp), state, tape)
            self.totals[worker] += nats(logits, self.ids[places + 1], counted)


def nats(logits: Array, targets: Array, counted: Array) -> Array:
    """The sums of -log p(target) over the counted places, for logits times each of `SCALES`, and
    those of the squares of its difference to that of the logits as they are: (2, scales). Logits
    are flat (V, T*B) and overwritten."""
    z = np.subtract(logits, logits.max(axis=0), out=logits)  # now exp(k z) cannot overflow
    chosen = z[targets.reshape(-1), np.arange(targets.size)]
    w = np.exp(SCALES[0] * z)  # exp(k z) for the first k
    growth = np.exp((SCALES[1] - SCALES[0]) * z)  # of exp(k z) from one k to the next
    lost = np.empty((len(SCALES), targets.size), z.dtype)
    for index, k in enumerate(SCALES):
        lost[index] = np.log(w.sum(axis=0)) - k * chosen  # -log p = log sum exp(k z) - k z_y
        w *= growth  # a product in place of an exponential for each k
    lost = lost[:, counted.reshape(-1)]
    gains = lost - lost[PLAIN]
    return np.array([lost.sum(axis=1, dtype=np.float64), np.einsum("kn,kn->k", gains, gains)])
