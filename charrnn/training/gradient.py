"""The gradient of one chunk, as a job that workers share: some columns of the batch for one member
of an ensemble each, forward and backward by itself.

The parts of a member share its weights and meet once a chunk, when their gradients are added;
members do not meet at all. The threads of a BLAS library would meet at every product, hundreds of
times a chunk, leave the pointwise mathematics to one core, and nearly come to a halt as soon as
another program wants a core of theirs; so BLAS is kept to one thread (see `machine.blas`).
"""

from itertools import pairwise
from typing import Any

import numpy as np

from charrnn.arrays import Array
from charrnn.machine.cores import cores
from charrnn.machine.ranks import Ranks
from charrnn.machine.shared import shared
from charrnn.machine.workers import Job, WorkerPool
from charrnn.network.body import State
from charrnn.network.dropout import Dropout
from charrnn.network.ensemble import Ensemble
from charrnn.network.numerics import cross_entropy
from charrnn.training.shares import Share

#: Streams of a batch: with fewer, the products of one worker are inefficient.
FEWEST_STREAMS = 16


def most_workers(batch: int, members: int = 1) -> int:
    """How many workers have enough to do when each member of an ensemble reads `batch` streams."""
    return members * max(batch // FEWEST_STREAMS, 1)


def default_workers(batch: int, members: int) -> int:
    """One worker for each core, as long as there is work for it."""
    return min(cores(), most_workers(batch, members))


class Gradient(Job):
    """d(loss)/d(parameters) for a batch of B streams of T characters, which every member reads.

    The weights of `model` move to a shared vector. `flat`, a vector like theirs, holds for every
    member the gradient of its own mean loss. The result depends on the number of parts, one worker
    for each, only in its last bits, and not on who computes them. Of several ranks each computes a
    `share`, for which it has workers of its own; then it has the sum for its own piece of `flat`.
    """

    def __init__(
        self,
        model: Ensemble,
        steps: int,
        batch: int,
        workers: int,
        seed: int = 0,
        share: Share | None = None,
    ) -> None:
        self.model, self.seed = model, seed
        self.share = share or Share(Ranks(), model.parameters, batch)
        members, first, width = self.share.members, self.share.columns.start, self.share.width
        # Workers that do not divide among the members leave some with one part more.
        pieces = min(-(-workers // len(members)), width)  # of the batch, for each member
        edges = [first + i * width // pieces for i in range(pieces + 1)] if width else []
        self.columns = [slice(a, b) for a, b in pairwise(edges)]
        self.parts = [(member, piece) for member in members for piece in range(pieces)]
        super().__init__(max(min(workers, len(self.parts)), 1))
        model.move_to(shared(model.flat.shape, model.dtype))
        # Parts of one member write gradients of their own, which are added without a lock.
        self.vectors = shared((max(pieces, 1), model.flat.size), model.dtype)
        self.text = shared((2, steps, batch), np.intp)  # inputs, targets
        self.state = {n: shared(a.shape, a.dtype) for n, a in model.zero_state(batch).items()}
        self.losses = shared((len(self.parts),), np.float64)
        self.dropout, self.step = shared((1,), np.float64), shared((1,), np.int64)

    @property
    def flat(self) -> Array:
        """The sum of the parts' gradients, after `compute`; of several ranks, in its own piece."""
        vector: Array = self.vectors[0]
        return vector

    def compute(
        self,
        pool: WorkerPool,
        inputs: Array,
        targets: Array,
        state: State,
        dropout: float = 0.0,
        step: int = 0,
    ) -> tuple[float, State]:
        """Read characters (T, B) from `state` on; `step` decides what is dropped. Returns the mean
        loss of the members in nats per character, and the state after the chunk, as new arrays."""
        self.text[:] = inputs, targets
        for name, array in state.items():
            self.state[name][...] = array
        self.dropout[0], self.step[0] = dropout, step
        if not self.parts:  # more ranks than columns
            self.flat[...] = 0
        pool.run(self)
        rows = self.share.rows
        for vector in self.vectors[1:]:
            self.vectors[0, rows] += vector[rows]  # g = g_1 + ... + g_parts, always in this order
        self.share.sum_gradient(self.flat)
        loss = self.share.sum_loss(float(self.losses.sum())) / len(self.model.members)
        return loss, {name: array.copy() for name, array in self.state.items()}

    def __getstate__(self) -> dict[str, Any]:
        return super().__getstate__() | {"share": None}  # only the process itself speaks to ranks

    def __call__(self, worker: int) -> None:
        for part in range(worker, len(self.parts), self.workers):
            self.compute_part(part)

    def compute_part(self, part: int) -> None:
        """Forward and backward for one part; its state is replaced by the one after the chunk."""
        member, piece = self.parts[part]
        model, columns = self.model.members[member], self.columns[piece]
        inputs, targets = self.text[..., columns]
        if part not in self.private:  # made where it is used: near its core, and never sent
            grads = self.model.parameters.over(self.vectors[piece]).member(member)
            self.private[part] = model.tape(*inputs.shape), grads
        tape, grads = self.private[part]
        share = self.model.part(self.state, member)
        state = {name: array[..., columns] for name, array in share.items()}
        dropout = None
        if self.dropout[0]:
            seed = (self.seed, int(self.step[0]), member)
            dropout = Dropout(float(self.dropout[0]), seed, self.text.shape[2], columns)
        logits, after = model.forward(inputs, state, tape, dropout)
        # The gradient may go over the logits, which nobody needs any more. The count is that of the
        # whole batch, so that the parts' losses and gradients are summed and not averaged.
        self.losses[part] = cross_entropy(
            logits, targets.reshape(-1), dlogits=logits, count=self.text[0].size
        )
        model.backward(logits, tape, grads)
        for name, array in after.items():
            state[name][...] = array
