"""The update of the weights in parts: each worker of a team updates a slice of every vector.

Element by element there is nothing to agree on, and for a large network it is a twentieth of the
work of a chunk.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from charrnn.ops import Array
from charrnn.optim import Adam, Average
from charrnn.team import shared


class Updater:
    """Adam and the averaged weights for `weights`, a vector made by `shared`, as is `gradient`.

    `job(part)` is to be done for every part, by whatever team, between `prepare` and the next use
    of the weights. The result does not depend on the number of parts.
    """

    def __init__(
        self,
        weights: Array,
        gradient: Array,
        parts: int,
        *,
        decayed: Sequence[slice],
        window: float,
    ) -> None:
        self.weights, self.gradient = weights, gradient
        self.m, self.v, self.average = (shared(weights.shape, weights.dtype) for _ in range(3))
        self.average[...] = weights
        edges = [i * weights.size // parts for i in range(parts + 1)]
        self.slices = [slice(a, b) for a, b in pairwise(edges)]
        self.adams = [
            Adam(self.m[s], self.v[s], decayed=[overlap(part, s) for part in decayed])
            for s in self.slices
        ]
        self.averages = [Average(self.average[s], window) for s in self.slices]
        self.now = shared((4,), np.float64)  # learning rate, weight decay, share, its growth

    @property
    def updates(self) -> int:
        """How many there were."""
        return self.adams[0].t

    @updates.setter
    def updates(self, count: int) -> None:
        for adam in self.adams:
            adam.t = count

    def prepare(
        self, learning_rate: float, weight_decay: float, share: float, growth: float
    ) -> None:
        """`share` of the budget is spent, `growth` of it since the update before."""
        self.now[:] = learning_rate, weight_decay, share, growth

    def job(self, part: int) -> None:
        """Update one slice."""
        learning_rate, weight_decay, share, growth = map(float, self.now)
        s = self.slices[part]
        self.adams[part].update(self.weights[s], self.gradient[s], learning_rate, weight_decay)
        self.averages[part].update(self.weights[s], share, growth)


def overlap(part: slice, whole: slice) -> slice:
    """What of `part` lies in `whole`, counted from where `whole` begins; perhaps empty."""
    start, stop = (min(max(edge, whole.start), whole.stop) for edge in (part.start, part.stop))
    return slice(start - whole.start, stop - whole.start)
