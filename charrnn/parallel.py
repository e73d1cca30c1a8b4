"""One chunk of training on several cores: the batch in equal parts, a thread for each.

The parts share the weights and meet once a chunk, when their gradients are added. The threads of
a BLAS library would meet at every product, hundreds of times a chunk, leave the pointwise
mathematics to one core, and nearly come to a halt as soon as another program wants a core of
theirs; so BLAS is kept to one thread (see `blas`) and the cores are used here.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np

from charrnn.model import CharModel, State
from charrnn.ops import Array, cross_entropy

#: Fewer columns than this make the products of a part inefficient.
SMALLEST_PART = 16


def cores() -> int:
    """The cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def default_threads(batch: int) -> int:
    """One thread a core, as long as every part of the batch is worth one."""
    return max(1, min(cores(), batch // SMALLEST_PART))


class _Part:
    """Some columns of the batch, with memory of their own."""

    def __init__(self, model: CharModel, steps: int, columns: slice) -> None:
        self.columns = columns
        self.tape = model.tape(steps, columns.stop - columns.start)
        self.gradient, self.gradients = model.gradients()


class Crew:
    """The parts of a batch of B streams of T characters, and their threads.

    After `step`, `gradient` is d(mean loss)/d(parameters) for the whole batch, a vector like
    `model.flat`.
    """

    def __init__(self, model: CharModel, steps: int, batch: int, threads: int) -> None:
        self.model = model
        edges = [i * batch // threads for i in range(threads + 1)]
        columns = [slice(a, b) for a, b in pairwise(edges) if a < b]
        self.parts = [_Part(model, steps, c) for c in columns]
        self.gradient = self.parts[0].gradient
        self._pool = ThreadPoolExecutor(len(self.parts)) if len(self.parts) > 1 else None

    def step(
        self,
        inputs: Array,
        targets: Array,
        state: State,
        dropout: float,
        rngs: list[np.random.Generator],
    ) -> tuple[float, State]:
        """Forward and backward for characters (T, B); returns the loss and the last state."""

        def work(part: _Part, rng: np.random.Generator) -> tuple[float, State]:
            columns = part.columns
            before = {name: array[..., columns] for name, array in state.items()}
            logits, after = self.model.forward(inputs[:, columns], before, part.tape, dropout, rng)
            y = targets[:, columns].reshape(-1)
            loss = cross_entropy(logits, y, dlogits=logits, count=targets.size)
            self.model.backward(logits, part.tape, part.gradients)
            return loss, after

        run = self._pool.map if self._pool else map
        losses, states = zip(*run(work, self.parts, rngs), strict=True)
        for part in self.parts[1:]:
            self.gradient += part.gradient
        names = states[0].keys()
        return sum(losses), {n: np.concatenate([s[n] for s in states], axis=-1) for n in names}
