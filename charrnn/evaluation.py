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

STEPS = 64
WARM_UP = 6 * STEPS
MOST_READERS = 64
SHORTEST_SHARE = 1024


class Evaluator:
    """The cut of one text, and the memory for reading it, kept between evaluations.

    `ids` (N + 1,): the first character is the context of the first prediction, so N are counted.
    """

    def __init__(self, model: CharModel, ids: Array, readers: int | None = None) -> None:
        self.model = model.with_weights(model.flat)
        self.ids = ids
        self.count = len(ids) - 1
        readers = readers or min(max(self.count // SHORTEST_SHARE, 1), MOST_READERS)
        self.share = math.ceil(self.count / readers)
        self.warm_up = WARM_UP if readers > 1 else 0
        self.starts = np.arange(readers) * self.share  # the first place that a reader predicts
        self.tape = model.tape(STEPS, readers)

    def loss(self, weights: Array, stop: Callable[[], bool] = lambda: False) -> float | None:
        """Mean negative log-likelihood in nats per character, for a vector like `model.flat`.

        None if `stop`, asked between chunks, says that nobody waits for it any more.
        """
        model, total = self.model, 0.0
        model.flat[...] = weights
        state = model.zero_state(self.tape.batch)
        for first in range(-self.warm_up, self.share, STEPS):
            if stop():
                return None
            if first == 0:  # nothing precedes the first reader's share
                for array in state.values():
                    array[..., 0] = 0
            offsets = np.arange(first, first + STEPS)[:, None]
            places = offsets + self.starts
            counted = (offsets >= 0) & (offsets < self.share) & (places < self.count)
            places = places.clip(0, self.count - 1)
            logits, state = model.forward(self.ids[places].astype(np.intp), state, self.tape)
            total += nats(logits, self.ids[places + 1], counted)
        return total / self.count


def nats(logits: Array, targets: Array, counted: Array) -> float:
    """The sum of -log p(target) over the counted places; logits are flat (V, T*B)."""
    logp = log_softmax(logits)[targets.reshape(-1), np.arange(targets.size)]
    return -float(logp[counted.reshape(-1)].sum(dtype=np.float64))
