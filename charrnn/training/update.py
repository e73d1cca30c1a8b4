"""The update of the weights, as a job that workers share: each has pieces of the flat vector.

Piece by piece there is nothing to agree on, and no bit of the result depends on who does which.
"""

from typing import NamedTuple

import numpy as np

from charrnn.arrays import Array
from charrnn.machine.shared import shared, shared_copy
from charrnn.machine.workers import Job, WorkerPool
from charrnn.network.parameters import Parameters
from charrnn.training.optimisers import BLOCK, Adam, Average, Muon

#: The share of the run over which weights are averaged.
WINDOW = 0.02


class Piece(NamedTuple):
    """A slice of the weights, what updates it, whether it decays, and its average."""

    where: slice
    optimiser: Adam | Muon
    decays: bool
    average: Average


class Update(Job):
    """Adam for `weights`, whose vector is shared, as is that of `gradient`; or, if `optimizer` is
    "muon", Muon for their matrices between hidden units. Matrices decay, biases do not. Only what
    is in `own`, a slice of the vector, is updated.

    `m`, `v` and `average` are vectors like that of the weights, `updates` counts what was done.
    """

    def __init__(
        self,
        weights: Parameters,
        gradient: Array,
        workers: int,
        *,
        optimizer: str = "adam",
        own: slice = slice(None),
    ) -> None:
        super().__init__(workers)
        self.weights, self.gradient, self.optimizer = weights, gradient, optimizer
        self.first, self.last, _ = own.indices(weights.flat.size)
        self.m, self.v = (shared(weights.flat.shape, weights.flat.dtype) for _ in range(2))
        self.average = shared_copy(weights.flat)
        self.updates = 0
        # t, learning rate, weight decay, share of the budget that is spent, its growth
        self.now = shared((5,), np.float64)

    def apply(
        self, pool: WorkerPool, learning_rate: float, weight_decay: float, share: float, dp: float
    ) -> None:
        """One update, after which a share of the budget is spent that has grown by `dp`."""
        self.updates += 1
        self.now[:] = self.updates, learning_rate, weight_decay, share, dp
        pool.run(self)

    def __call__(self, worker: int) -> None:
        t, learning_rate, weight_decay, share, dp = self.now.tolist()
        if worker not in self.private:
            self.private[worker] = self.pieces(worker)
        for where, optimiser, decays, average in self.private[worker]:
            # The average is taken while the weights are still in the cache.
            theta, g = self.weights.flat[where], self.gradient[where]
            optimiser.update(theta, g, int(t), learning_rate, weight_decay * decays)
            average.update(theta, share, dp)

    def pieces(self, worker: int) -> list[Piece]:
        """A worker's share of the vector: blocks of rows for Muon, and for Adam, which is the same
        for every element wherever the vector is cut, blocks that stay in the cache."""
        columns = self.weights.shapes["head.weight"][1]
        scratch = np.empty(max(BLOCK, Muon.ROWS * columns), self.weights.flat.dtype)
        pieces = []
        for where, kind in self.weights.groups():
            muon = self.optimizer == "muon" and kind == "hidden"
            if muon:
                blocks = self.weights.gate_blocks(where, Muon.ROWS)
                own = [block for block in blocks if self.first <= block.start < self.last]
                cut = own[worker :: self.workers]
            else:
                start, stop = max(where.start, self.first), min(where.stop, self.last)
                first, last = (
                    start + w * (stop - start) // self.workers for w in (worker, worker + 1)
                )
                cut = [slice(i, min(i + BLOCK, last)) for i in range(first, last, BLOCK)]
            for piece in cut:
                m, v = self.m[piece], self.v[piece]
                optimiser = Muon(m, columns) if muon else Adam(m, v, scratch)
                average = Average(self.average[piece], WINDOW, scratch)
                pieces.append(Piece(piece, optimiser, kind != "bias", average))
        return pieces
