"""The loss on held-out text, with the state carried over the whole of it.

One reader would be exact and slow: a product with a single column cannot use the machine. So the
text is cut into contiguous shares that are read side by side, and every reader but the first warms
up its state on the characters before its share. Every character counts once. A state forgets, so
the difference to a single reader is far below the noise (a test states a bound).
"""

import math
from collections.abc import Callable

import numpy as np

from charrnn.model import CharModel
from charrnn.ops import Array, log_softmax
from charrnn.team import shared

STEPS = 16  # a chunk of evaluation: short, because its memory is all that it costs
WARM_UP = 24 * STEPS
MOST_READERS = 64
SHORTEST_SHARE = 1024


class Evaluator:
    """The cut of one text, and the memory for reading it, kept between evaluations.

    `ids` (N + 1,): the first character is the context of the first prediction, so N are counted.
    The readers are divided into `parts`, and `job(part)` is to be done for each of them, by
    whatever team, between `prepare` and `collect`.
    """

    def __init__(
        self, model: CharModel, ids: Array, readers: int | None = None, parts: int = 1
    ) -> None:
        self.model = model.with_weights(model.flat)
        self.model.move_to(shared(model.flat.shape, model.dtype))
        self.ids = ids
        self.count = len(ids) - 1
        readers = readers or min(max(self.count // SHORTEST_SHARE, 1), MOST_READERS)
        self.share = math.ceil(self.count / readers)
        self.warm_up = WARM_UP if readers > 1 else 0
        starts = np.arange(readers) * self.share  # the first place that a reader predicts
        self.starts = np.array_split(starts, min(parts, readers))
        self.tapes = [model.tape(STEPS, len(part)) for part in self.starts]
        self.totals = shared((parts,), np.float64)
        self.stopped = shared((1,), np.bool_)
        self.stop: Callable[[], bool] = lambda: False

    def loss(self, weights: Array) -> float | None:
        """`prepare`, every part and `collect`, one after the other."""
        self.prepare(weights)
        for part in range(len(self.totals)):
            self.job(part)
        return self.collect()

    def prepare(self, weights: Array, stop: Callable[[], bool] = lambda: False) -> None:
        """Evaluate a vector like `model.flat`, until `stop`, asked between two chunks, says that
        nobody waits for it any more."""
        self.model.flat[...] = weights
        self.stop, self.stopped[0] = stop, False

    def collect(self) -> float | None:
        """The mean negative log-likelihood in nats per character; None if stopped."""
        return None if self.stopped[0] else float(self.totals.sum()) / self.count

    def job(self, part: int) -> None:
        """Read the shares of one part's readers, and leave the sum of their losses in `totals`."""
        self.totals[part] = 0
        if part >= len(self.starts):
            return
        starts, tape = self.starts[part], self.tapes[part]
        state = self.model.zero_state(tape.batch)
        for first in range(-self.warm_up, self.share, STEPS):
            if part == 0 and self.stop():
                self.stopped[0] = True
            if self.stopped[0]:
                return
            if first == 0 and part == 0:  # nothing precedes the first reader's share
                for array in state.values():
                    array[..., 0] = 0
            offsets = np.arange(first, first + STEPS)[:, None]
            places = offsets + starts
            counted = (offsets >= 0) & (offsets < self.share) & (places < self.count)
            places = places.clip(0, self.count - 1)
            logits, state = self.model.forward(self.ids[places].astype(np.intp), state, tape)
            self.totals[part] += nats(logits, self.ids[places + 1], counted)


def nats(logits: Array, targets: Array, counted: Array) -> float:
    """The sum of -log p(target) over the counted places; logits are flat (V, T*B)."""
    logp = log_softmax(logits)[targets.reshape(-1), np.arange(targets.size)]
    return -float(logp[counted.reshape(-1)].sum(dtype=np.float64))
