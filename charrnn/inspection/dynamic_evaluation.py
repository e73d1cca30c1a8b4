"""Dynamic evaluation: the losses of a copy of the network that learns the text while it reads it.

One reader goes through the text once, in segments, its state carried. A segment is scored first, by
weights that have seen only the text before it; then its gradient updates them. So no character
helps to predict itself or an earlier one. These are not the losses of the network as it is stored.

The update is that of Krause, Kahembwe, Murray and Renals, Dynamic evaluation of neural sequence
models, arXiv 1709.07432. With g the gradient of the segment's mean loss, theta_0 the stored weights
and RMS the root of each weight's mean squared gradient:

    theta <- theta - rate g / (RMS + epsilon) + min(decay RMS / mean RMS, 1) (theta_0 - theta)

They measure RMS on the training text. A checkpoint does not carry that text, so here the mean is
over the segments read so far, and epsilon is the mean RMS of all weights, which suits any network.
"""

import math
from dataclasses import dataclass

import numpy as np

from charrnn.arrays import Array
from charrnn.inspection.standard_errors import blocks_for, standard_error
from charrnn.network import numerics as ops
from charrnn.network.model import CharModel
from charrnn.training.optimisers import blocks

SEGMENT = 20  # characters between two updates
RATE = 0.002
DECAY = 0.003


@dataclass(frozen=True)
class DynamicLoss:
    """The mean over the characters after the first, and how it was got. `standard_error` is that of
    `nats`, and `gain_error` that of its difference to the static loss, as of `standard_errors`."""

    nats: float
    bits_per_character: float
    rate: float
    decay: float
    segment: int
    standard_error: float
    gain_error: float


class Learner:
    """What follows the text: `weights` (P,), changed in place, one `update` for each segment."""

    def __init__(self, weights: Array, rate: float, decay: float) -> None:
        self.weights, self.stored = weights, weights.copy()
        self.rate, self.decay = rate, decay
        self.squares, self.rms = np.zeros_like(weights), np.zeros_like(weights)
        self.segments = 0

    def update(self, gradient: Array) -> None:
        """Learn from one segment, of whose mean loss `gradient` (P,) is the gradient."""
        self.segments += 1
        for squares, g, rms in zip(*map(blocks, (self.squares, gradient, self.rms)), strict=True):
            squares += g * g
            np.sqrt(squares / self.segments, out=rms)
        mean = float(self.rms.mean(dtype=np.float64))
        if not mean:  # there has been nothing to learn
            return
        vectors = (self.weights, self.stored, gradient, self.rms)
        for theta, theta_0, g, rms in zip(*map(blocks, vectors), strict=True):
            pull = np.minimum(self.decay / mean * rms, 1)
            theta += pull * (theta_0 - theta) - self.rate * g / (rms + mean)


def dynamic_losses(
    model: CharModel,
    ids: Array,
    *,
    rate: float = RATE,
    decay: float = DECAY,
    segment: int = SEGMENT,
) -> Array:
    """The losses (n - 1,) in nats of a text (n,): element i is that of character i + 1.

    The model, of any dtype, is left alone; with rate 0 these are its own losses. Raises
    FloatingPointError if a loss is not finite, as when `rate` is too large.
    """
    copy = model.with_weights(model.flat)
    learner = Learner(copy.flat, rate, decay)
    grads = copy.gradients()
    state, tape = copy.zero_state(1), copy.tape(segment, 1)
    nats = np.empty(len(ids) - 1)
    for first in range(0, len(nats), segment):
        inputs = ids[first : first + segment][: len(nats) - first, None]
        targets = ids[first + 1 : first + 1 + len(inputs)]
        if len(inputs) < segment:
            tape = copy.tape(len(inputs), 1)
        logits, state = copy.forward(inputs, state, tape)
        nats[first : first + segment] = ops.negative_log_likelihood(logits, targets)
        if not math.isfinite(ops.cross_entropy(logits, targets, dlogits=logits)):
            raise FloatingPointError("a loss is not finite")
        copy.backward(logits, tape, grads)
        learner.update(grads.flat)
    return nats


def dynamic_loss(model: CharModel, ids: Array, static: Array, rate: float = RATE) -> DynamicLoss:
    """`dynamic_losses` on average, for a text of at least two characters, of which `static` are the
    losses of the network as it is."""
    nats = dynamic_losses(model, ids, rate=rate)
    mean, blocks = float(nats.mean()), blocks_for(len(nats))
    errors = standard_error(np.array([nats, nats - static]), blocks).tolist()
    return DynamicLoss(mean, mean / math.log(2), rate, DECAY, SEGMENT, *errors)
