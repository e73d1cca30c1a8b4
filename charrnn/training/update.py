"""The update of the weights in pieces, which the workers of a team share.

Piece by piece there is nothing to agree on.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from charrnn.arrays import Array
from charrnn.machine.workers import shared
from charrnn.training.muon import Muon, blocks
from charrnn.training.optimisers import Adam, Average


class Piece(NamedTuple):
    """A slice of the weights, what updates it, and its average."""

    where: slice
    optimiser: Adam | Muon
    average: Average


class Updater:
    """Adam and the averaged weights for `weights`, a vector made by `shared`, as is `gradient`; and
    Muon in place of Adam for the slices `hidden`, which hold matrices with `hidden_size` columns.

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
        hidden: Sequence[slice] = (),
        hidden_size: int = 1,
    ) -> None:
        self.weights, self.gradient = weights, gradient
        self.m, self.v, self.average = (shared(weights.shape, weights.dtype) for _ in range(3))
        self.average[...] = weights
        self.adams = [
            (s, Adam(self.m[s], self.v[s], decayed=[overlap(part, s) for part in decayed]))
            for rest in between(hidden, weights.size)
            for s in divided(rest, parts)
        ]
        muons = [(s, Muon(self.m[s], hidden_size)) for s in blocks(hidden, hidden_size)]
        pieces = [Piece(s, o, Average(self.average[s], window)) for s, o in self.adams + muons]
        self.pieces = [pieces[part::parts] for part in range(parts)]
        self.now = shared((4,), np.float64)  # learning rate, weight decay, share, its growth

    @property
    def updates(self) -> int:
        """How many there were."""
        return self.adams[0][1].t

    @updates.setter
    def updates(self, count: int) -> None:
        for _, adam in self.adams:
            adam.t = count

    def prepare(
        self, learning_rate: float, weight_decay: float, share: float, growth: float
    ) -> None:
        """`share` of the budget is spent, `growth` of it since the update before."""
        self.now[:] = learning_rate, weight_decay, share, growth

    def job(self, part: int) -> None:
        """Update one worker's pieces."""
        learning_rate, weight_decay, share, growth = map(float, self.now)
        for where, optimiser, average in self.pieces[part]:
            weights = self.weights[where]
            optimiser.update(weights, self.gradient[where], learning_rate, weight_decay)
            average.update(weights, share, growth)


def between(slices: Sequence[slice], size: int) -> list[slice]:
    """What of a vector of `size` elements lies before, between and after these slices of it."""
    edges = [0, *(edge for s in slices for edge in (s.start, s.stop)), size]
    return [slice(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if a < b]


def divided(whole: slice, parts: int) -> list[slice]:
    """Parts of a slice of about equal length, one after the other."""
    length = whole.stop - whole.start
    edges = [whole.start + i * length // parts for i in range(parts + 1)]
    return [slice(a, b) for a, b in pairwise(edges)]


def overlap(part: slice, whole: slice) -> slice:
    """What of `part` lies in `whole`, counted from where `whole` begins; perhaps empty."""
    start, stop = (min(max(edge, whole.start), whole.stop) for edge in (part.start, part.stop))
    return slice(start - whole.start, stop - whole.start)
