"""What a training step really does on this machine: a few steps of a candidate network.

Products alone say too little. On one machine training reached four fifths of their speed and on
another three tenths, and what a small alphabet pays for its softmax layer says nothing of a large
one.
"""

import time
from statistics import median

import numpy as np

from charrnn.network.model import CharModel
from charrnn.network.numerics import cross_entropy
from charrnn.network.parameters import parameter_shapes
from charrnn.training.settings import Settings

STEPS = 16  # of a sequence: enough to pay for what is done once a chunk
SECONDS = 0.15
FEWEST = 2  # chunks, of which the first does not count


def columns_each(settings: Settings, workers: int) -> int:
    """How many streams one worker reads: all, unless workers share a member."""
    return max(settings.batch_size // -(-workers // settings.members), 1)


def training_flops(settings: Settings, vocabulary_size: int, workers: int) -> float:
    """Operations a second of one worker, when so many share the batch of `settings`: six for each
    parameter and character, which is how the recipe counts. The median of a few chunks."""
    columns = columns_each(settings, workers)
    rng, H = np.random.default_rng(0), settings.hidden_size // settings.members
    sizes = (settings.layers, H, vocabulary_size, settings.context or 0)
    shapes = parameter_shapes(settings.cell, *sizes)
    # Numbers of an ordinary size, for their speed is that of any others; not `initialise`, which
    # takes long for a large network.
    weights = {name: rng.standard_normal(shape, np.float32) / 16 for name, shape in shapes.items()}
    model = CharModel(weights, cell=settings.cell, activation=settings.activation)
    T = min(STEPS, settings.sequence_length)
    ids = rng.integers(0, vocabulary_size, (T + 1, columns))
    state, tape, grads = model.zero_state(columns), model.tape(T, columns), model.gradients()

    def step() -> None:
        logits, _ = model.forward(ids[:-1], state, tape)
        cross_entropy(logits, ids[1:].reshape(-1), dlogits=logits)
        model.backward(logits, tape, grads)

    durations: list[float] = []
    end = time.perf_counter() + SECONDS
    while time.perf_counter() < end or len(durations) < FEWEST:
        start = time.perf_counter()
        step()
        durations.append(time.perf_counter() - start)
    durations = durations[1:]  # the first meets cold memory
    return 6 * model.flat.size * T * columns / median(durations)
