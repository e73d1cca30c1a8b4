"""The loss on held-out text, with the state carried over the whole of it, and how far to trust it.

One reader would be exact and slow: a product with a single column cannot use the machine. So the
text is cut into contiguous shares that are read side by side, and every reader warms up its state
on the characters before its share, unless nothing stands there. Every character counts once. A
state forgets, so the difference to a single reader is far below the noise (a test states a bound).
Of a large text only the beginnings of shares are read, always the same ones.

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
from charrnn.text.passages import Passages
from charrnn.training.readers import SHORTEST_SHARE, Readers

STEPS = 16  # a chunk of evaluation: short, because its memory is all that it costs
WARM_UP = 24 * STEPS
#: Characters of which an evaluation consists at most: so many need a copy in memory.
MOST = 4_000_000
#: Logits that an evaluation leaves, for whoever joins the network with another voice: 32 MB.
KEPT = 8_000_000
#: The factors k of the logits, in equal steps. At the best of them the loss is flat: half a step
#: aside it differs by less than 0.001.
SCALES = tuple(step / 20 for step in range(10, 25))
PLAIN = SCALES.index(1.0)


class Measured(NamedTuple):
    """Losses in nats per character: the least, with logits times `scale`, and that of the logits as
    they are; on how many characters they were measured, and the standard error of `loss` as that
    of all text of this kind, if more than one reader tells it. `sums` are those of both losses over
    the share of each reader, if all of it was read."""

    loss: float
    scale: float
    plain: float
    characters: int
    error: float | None
    sums: tuple[list[float], list[float]] = ([], [])

    def unscaled(self) -> "Measured":
        return self._replace(loss=self.plain, scale=1.0, sums=(self.sums[1], self.sums[1]))


def never() -> bool:
    """Nobody wants to stop."""
    return False


class Evaluator(Job):
    """The cut of one text, and the memory for reading it, kept between evaluations.

    The readers are divided among ranks, of which this process is number `rank[0]` of `rank[1]`, and
    theirs among the workers of each. Of the logits that were measured last, `kept` numbers at most
    stay, each reader's first ones.
    """

    def __init__(
        self,
        model: CharModel | Ensemble,
        passages: Passages,
        readers: int | None = None,
        workers: int = 1,
        most: int = MOST,
        rank: tuple[int, int] = (0, 1),
        kept: int = 0,
    ) -> None:
        super().__init__(workers)
        # A model of its own: the averaged weights are evaluated while others are trained.
        self.model = Ensemble.of(model.with_weights(model.flat))
        self.model.move_to(shared(model.flat.shape, model.dtype))
        cut = Readers.of(passages, readers, most, STEPS, WARM_UP)
        self.text = shared_copy(cut.text)
        self.readers, self.characters = cut._replace(text=self.text), passages.characters
        count, V = len(self.readers.length), self.model.members[0].vocabulary_size
        self.kept_rows = min(kept // (V * count), len(self.text) - 1 - cut.warm_up)
        self.kept = shared((V, self.kept_rows, count), np.float32)
        self.taken = shared((2,), np.int64)  # how many of the readers, and of the rows of each
        self.taken[:] = count, len(self.text)
        self.totals = shared((2, count, len(SCALES)), np.float64)
        self.stopped = shared((1,), np.bool_)
        self.stop: Callable[[], bool] = never
        self.rank = rank

    def __getstate__(self) -> dict[str, Any]:
        return super().__getstate__() | {"stop": never}

    @property
    def whole(self) -> int:
        """The characters that there are to be read, warming up included."""
        return len(self.readers.length) * (int(self.readers.length.max()) + self.readers.warm_up)

    def allow(self, characters: int) -> None:
        """From now on read so many characters, warming up included, or as few as can be: all, or
        the beginnings of the shares of some readers, evenly chosen."""
        every, warm_up = len(self.readers.length), self.readers.warm_up
        if characters >= self.whole:
            self.taken[:] = every, len(self.text)
            return
        readers = min(max(characters // (SHORTEST_SHARE + warm_up), 1), every)
        self.taken[:] = readers, max(characters // readers - warm_up, STEPS)

    def measure(
        self, weights: Array, pool: WorkerPool | None = None, stop: Callable[[], bool] = never
    ) -> Measured | None:
        """The mean negative log-likelihoods per character under a vector like `model.flat`; None if
        `stop`, asked between two chunks, says that nobody waits for it any more. `pool` has this
        job, or this process does it alone."""
        pool = pool or WorkerPool(1, self)
        self.model.flat[...] = weights
        self.stop, self.stopped[0] = stop, False
        self.read(pool)
        if self.stopped[0]:
            return None
        chosen, lengths = self.chosen()
        count = int(lengths.sum())
        losses, squares = self.totals[:, chosen].sum(axis=1) / count
        best = PLAIN if np.isnan(losses).any() else int(losses.argmin())
        # If z is how many standard errors the slope of the loss at k = 1 is away from 0, the gain
        # of the best k is z / 2 of its own (a parabola falls half as far as its tangent). So this
        # asks for z > 2.
        gain = losses[PLAIN] - losses[best]
        if not gain > math.sqrt(max(squares[best] - gain**2, 0) / count):
            best = PLAIN
        error = standard_error(self.totals[0, chosen, best], lengths)
        found = Measured(float(losses[best]), SCALES[best], float(losses[PLAIN]), count, error)
        if count < self.characters:
            return found
        both = self.totals[0, :, best].tolist(), self.totals[0, :, PLAIN].tolist()
        return found._replace(sums=both)

    def read(self, pool: WorkerPool) -> None:
        """Leave in `totals` what all readers have found, or in `stopped` that they have not."""
        pool.run(self)

    def chosen(self) -> tuple[Array, Array]:
        """Which readers read, and how much each."""
        readers, rows = self.taken.tolist()
        every = len(self.readers.length)
        chosen = np.arange(readers) * every // readers
        return chosen, np.minimum(self.readers.length[chosen], rows)

    def places(self) -> tuple[Array, Array]:
        """The places (N,) of `kept` that count, and what is read there: the targets (N,)."""
        chosen, lengths = self.chosen()
        row, reader = np.nonzero(np.arange(self.kept_rows)[:, None] < lengths)
        place = row * len(self.readers.length) + chosen[reader]
        return place, self.text[self.readers.warm_up + 1 + row, chosen[reader]]

    def __call__(self, worker: int) -> None:
        """Read the shares of one worker's readers, and leave the sums of `nats` of each."""
        number, ranks = self.rank
        ours = (np.array_split(each, ranks)[number] for each in self.chosen())
        chosen, lengths = (np.array_split(each, self.workers)[worker] for each in ours)
        if not len(chosen):
            return
        self.totals[:, chosen] = 0
        if len(chosen) not in self.private:
            self.private[len(chosen)] = self.model.tape(STEPS, len(chosen))
        tape, state = self.private[len(chosen)], self.model.zero_state(len(chosen))
        warm_up, begins = self.readers.warm_up, self.readers.begins[chosen]
        for first in range(0, warm_up + int(lengths.max()), STEPS):
            if worker == 0 and self.stop():
                self.stopped[0] = True
            if self.stopped[0]:
                return
            for array in state.values():
                array[..., begins == first] = 0  # nothing precedes it
            text = self.text[first : first + STEPS + 1, chosen].astype(np.intp)
            places = np.arange(first, first + STEPS)[:, None] - warm_up
            counted = (places >= 0) & (places < lengths)  # (T, B)
            logits, state = self.model.forward(text[:-1], state, tape)
            if first >= warm_up:
                self.totals[:, chosen] += nats(logits, text[1:], counted)
                place = first - warm_up  # what is left of the logits are these, less the largest
                kept = self.kept[:, place : place + STEPS]
                kept[..., chosen] = logits.reshape(-1, *counted.shape)[:, : kept.shape[1]]


def standard_error(sums: Array, counts: Array) -> float | None:
    """That of sum(sums) / sum(counts), from the differences between readers: characters near each
    other are surprising together, so that single ones would make it too small. A ratio estimator:
    Cochran (1977), Sampling Techniques, chapter 6."""
    return float(ratio_error(sums, counts)) if len(counts) > 1 else None


def ratio_error(sums: Array, counts: Array) -> Array:
    """The same of sums (..., R), two or more, over counts (R,): (...,)."""
    parts, count = len(counts), counts.sum()
    residuals = sums - counts * (sums.sum(axis=-1, keepdims=True) / count)
    squares = (residuals**2).sum(axis=-1)
    error: Array = np.sqrt(parts / (parts - 1) * squares) / count
    return error


def nats(logits: Array, targets: Array, counted: Array) -> Array:
    """The sums over the counted places (T, B) of -log p(target), for logits times each of `SCALES`,
    and those of the squares of its difference to that of the logits as they are: (2, B, scales).
    Logits are flat (V, T*B) and overwritten."""
    z = np.subtract(logits, logits.max(axis=0), out=logits)  # now exp(k z) cannot overflow
    chosen = z[targets.reshape(-1), np.arange(targets.size)]
    w = np.exp(SCALES[0] * z)  # exp(k z) for the first k
    growth = np.exp((SCALES[1] - SCALES[0]) * z)  # of exp(k z) from one k to the next
    lost = np.empty((len(SCALES), *targets.shape), z.dtype)
    for index, k in enumerate(SCALES):
        here = np.log(w.sum(axis=0)) - k * chosen  # -log p = log sum exp(k z) - k z_y
        lost[index] = here.reshape(targets.shape)
        w *= growth  # a product in place of an exponential for each k
    lost[:, ~counted] = 0
    gains = lost - lost[PLAIN]
    sums = lost.sum(axis=1, dtype=np.float64), np.square(gains).sum(axis=1, dtype=np.float64)
    return np.array(sums).swapaxes(1, 2)
