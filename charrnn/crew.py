"""One chunk of training in parts: columns of the batch, each forward and backward by itself.

The parts share the weights and meet once a chunk, when their gradients are added. The threads of
a BLAS library would meet at every product, hundreds of times a chunk, leave the pointwise
mathematics to one core, and nearly come to a halt as soon as another program wants a core of
theirs; so BLAS is kept to one thread (see `blas`), and who works on the parts is `team`'s concern.
"""

from itertools import pairwise

import numpy as np

from charrnn.model import CharModel, State
from charrnn.ops import Array, cross_entropy
from charrnn.team import cores, shared

#: Fewer columns than this make the products of a part inefficient.
SMALLEST_PART = 16


def default_parts(batch: int) -> int:
    """One part for each core, as long as every part of the batch is worth one."""
    return max(1, min(cores(), batch // SMALLEST_PART))


class Crew:
    """The parts of a batch of B streams of T characters.

    `job(part)` is to be done for every part, by whatever team, between `prepare` and `collect`.
    Then `gradient` is d(mean loss)/d(parameters) for the whole batch, a vector like `model.flat`.
    The result depends on the number of parts only in its last bits, and not on who does them.
    """

    def __init__(self, model: CharModel, steps: int, batch: int, parts: int, seed: int = 0) -> None:
        self.model = model
        self.seed = seed
        edges = [i * batch // parts for i in range(parts + 1)]
        self.columns = [slice(a, b) for a, b in pairwise(edges) if a < b]
        self.tapes = [model.tape(steps, c.stop - c.start) for c in self.columns]
        self.weights = shared(model.flat.shape, model.dtype)
        model.move_to(self.weights)
        self.vectors = shared((len(self.columns), model.flat.size), model.dtype)
        self.gradients = [model.named(vector) for vector in self.vectors]
        self.text = shared((2, steps, batch), np.intp)  # inputs, targets
        self.state = {n: shared(a.shape, a.dtype) for n, a in model.zero_state(batch).items()}
        self.losses = shared((len(self.columns),), np.float64)
        self.step_number = shared((1,), np.int64)
        self.dropout = shared((1,), np.float64)

    @property
    def parts(self) -> int:
        return len(self.columns)

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

    def job(self, part: int) -> None:
        """Forward and backward for one part; its state is replaced by the one after the chunk."""
        columns, tape = self.columns[part], self.tapes[part]
        inputs, targets = self.text[..., columns]
        state = {name: array[..., columns] for name, array in self.state.items()}
        # From the step alone: there is no random state to keep, and a resumed run drops the same.
        seed = (self.seed, int(self.step_number[0]), part)
        rng = np.random.default_rng(seed) if self.dropout[0] else None
        logits, after = self.model.forward(inputs, state, tape, float(self.dropout[0]), rng)
        self.losses[part] = cross_entropy(
            logits, targets.reshape(-1), dlogits=logits, count=self.text[0].size
        )
        self.model.backward(logits, tape, self.gradients[part])
        for name, array in after.items():
            state[name][...] = array

    def collect(self) -> tuple[float, State]:
        """The mean loss in nats per character and the state after the chunk, as new arrays."""
        for vector in self.vectors[1:]:
            self.vectors[0] += vector
        return float(self.losses.sum()), {name: a.copy() for name, a in self.state.items()}
