"""One chunk of training in parts: some columns of the batch for one member of an ensemble, each
forward and backward by itself.

The parts of a member share its weights and meet once a chunk, when their gradients are added;
members do not meet at all. The threads of a BLAS library would meet at every product, hundreds of
times a chunk, leave the pointwise mathematics to one core, and nearly come to a halt as soon as
another program wants a core of theirs; so BLAS is kept to one thread (see `blas`), and who works on
the parts is `team`'s concern.
"""

from itertools import pairwise

import numpy as np

from charrnn.arrays import Array
from charrnn.machine.workers import cores, most_workers, shared
from charrnn.network.ensemble import Ensemble
from charrnn.network.model import State
from charrnn.network.numerics import cross_entropy


def default_workers(batch: int, members: int) -> int:
    """One worker for each core, as long as there is work for it."""
    return min(cores(), most_workers(batch, members))


class Crew:
    """The parts of a batch of B streams of T characters, which every member of `model` reads.

    `job(worker)` is to be done for all `workers`, by whatever team, between `prepare` and
    `collect`. Then `gradient` holds, for every member, d(its mean loss)/d(its parameters), in a
    vector like `model.flat`. The result depends on the number of parts only in its last bits, and
    not on who does them.
    """

    def __init__(
        self, model: Ensemble, steps: int, batch: int, workers: int, seed: int = 0
    ) -> None:
        self.model = model
        self.seed = seed
        self.members = len(model.members)
        pieces = min(-(-workers // self.members), batch)  # of the batch, for each member
        edges = [i * batch // pieces for i in range(pieces + 1)]
        columns = [slice(a, b) for a, b in pairwise(edges)]
        self.parts = [(member, c) for member in range(self.members) for c in columns]
        self.workers = min(workers, len(self.parts))
        self.tapes = [model.members[m].tape(steps, c.stop - c.start) for m, c in self.parts]
        self.weights = shared(model.flat.shape, model.dtype)
        model.move_to(self.weights)
        self.vectors = shared((pieces, model.flat.size), model.dtype)
        rows = [model.rows(vector) for vector in self.vectors]
        self.gradients = [
            model.members[member].named(rows[piece][member])
            for member in range(self.members)
            for piece in range(pieces)
        ]
        self.text = shared((2, steps, batch), np.intp)  # inputs, targets
        self.state = {n: shared(a.shape, a.dtype) for n, a in model.zero_state(batch).items()}
        self.losses = shared((len(self.parts),), np.float64)
        self.step_number = shared((1,), np.int64)
        self.dropout = shared((1,), np.float64)

    @property
    def gradient(self) -> Array:
        vector: Array = self.vectors[0]
        return vector

    def prepare(
        self, inputs: Array, targets: Array, state: State, dropout: float, step: int
    ) -> None:
        """Characters (T, B) and the state before them; `step` decides what is dropped."""
        self.text[:] = inputs, targets
        for name, array in state.items():
            self.state[name][...] = array
        self.dropout[0], self.step_number[0] = dropout, step

    def job(self, worker: int) -> None:
        """Every part that is this worker's."""
        for part in range(worker, len(self.parts), self.workers):
            self.do(part)

    def do(self, part: int) -> None:
        """Forward and backward for one part; its state is replaced by the one after the chunk."""
        (member, columns), tape = self.parts[part], self.tapes[part]
        model = self.model.members[member]
        inputs, targets = self.text[..., columns]
        share = self.model.part(self.state, member)
        state = {name: array[..., columns] for name, array in share.items()}
        # From the step alone: there is no random state to keep, and a resumed run drops the same.
        seed = (self.seed, int(self.step_number[0]), part)
        rng = np.random.default_rng(seed) if self.dropout[0] else None
        logits, after = model.forward(inputs, state, tape, float(self.dropout[0]), rng)
        self.losses[part] = cross_entropy(
            logits, targets.reshape(-1), dlogits=logits, count=self.text[0].size
        )
        model.backward(logits, tape, self.gradients[part])
        for name, array in after.items():
            state[name][...] = array

    def collect(self) -> tuple[float, State]:
        """The mean loss of the members in nats per character, and the state after the chunk, as new
        arrays."""
        for vector in self.vectors[1:]:
            self.vectors[0] += vector
        loss = float(self.losses.sum()) / self.members
        return loss, {name: array.copy() for name, array in self.state.items()}
