"""What turns gradients into better weights: clipping, Adam, the schedule, averaged weights.

All of it works on one flat vector of parameters (see `model.named_views`), in place and in blocks
that stay in the cache. Formulas and their order of operations are PyTorch's, whose losses the tests
match.
"""

import math
from collections.abc import Sequence

import numpy as np

from charrnn.arrays import Array

#: Elements per block: a handful of float32 arrays of this length fit the second-level cache.
BLOCK = 1 << 15

#: Warm-up ends after this many steps or this share of the budget, whichever comes first.
WARM_UP_STEPS = 100
WARM_UP_SHARE = 0.05
#: What is left of the learning rate at the end.
FLOOR = 0.01


def clip(gradient: Array, max_norm: float) -> float:
    """Scale the gradient so that its global norm is at most `max_norm`; returns the norm before.

    Pascanu, Mikolov, Bengio, arXiv 1211.5063. The gradient is left alone if the norm is not finite:
    that is for the caller to see (0 * inf would hide it as nan). `max_norm` 0 never clips.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        total = math.sqrt(sum(float(np.dot(block, block)) for block in blocks(gradient)))
    if max_norm and math.isfinite(total) and total > max_norm:
        gradient *= gradient.dtype.type(max_norm / (total + 1e-6))
    return total


def blocks(vector: Array) -> list[Array]:
    return [vector[i : i + BLOCK] for i in range(0, len(vector), BLOCK)]


class Adam:
    """Adam (Kingma & Ba, arXiv 1412.6980) with decoupled weight decay (arXiv 1711.05101).

    `m` and `v`, zero at first, are the running moments of the gradient, `t` the number of updates:
    together, the whole state. Decay applies to the slices `decayed`, the weight matrices.
    """

    def __init__(
        self,
        m: Array,
        v: Array,
        *,
        decayed: Sequence[slice] = (),
        betas: tuple[float, float] = (0.9, 0.99),
        epsilon: float = 1e-8,
    ) -> None:
        self.m = m
        self.v = v
        self.t = 0
        self.decayed = [s for s in decayed if s.start < s.stop]
        self.betas = betas
        self.epsilon = epsilon
        self._scratch = np.empty(min(len(m), BLOCK), m.dtype)

    def update(
        self, weights: Array, gradient: Array, learning_rate: float, weight_decay: float = 0.0
    ) -> None:
        """theta <- theta (1 - lr wd);  theta <- theta - lr m^ / (sqrt(v^) + epsilon)."""
        self.t += 1
        beta1, beta2 = self.betas
        rate = learning_rate / (1 - beta1**self.t)
        root = 1 / math.sqrt(1 - beta2**self.t)
        for matrices in self.decayed if weight_decay else ():
            weights[matrices] *= weights.dtype.type(1 - learning_rate * weight_decay)
        for theta, g, m, v in zip(*map(blocks, (weights, gradient, self.m, self.v)), strict=True):
            a = self._scratch[: len(g)]
            m *= beta1
            m += np.multiply(g, 1 - beta1, out=a)
            v *= beta2
            np.multiply(g, g, out=a)
            a *= 1 - beta2
            v += a
            np.sqrt(v, out=a)
            a *= root
            a += self.epsilon
            np.divide(m, a, out=a)
            a *= rate
            theta -= a


def schedule(share: float, step: int, *, peak: float) -> float:
    """The learning rate: linear warm-up, then cosine decay to `FLOOR` over the whole budget.

    `share` in [0, 1] is how much of the budget (time, steps or epochs) is spent, so the decay ends
    with the budget whatever its unit. Loshchilov & Hutter, arXiv 1608.03983.
    """
    warm = max((step + 1) / WARM_UP_STEPS, share / WARM_UP_SHARE)
    decay = FLOOR + (1 - FLOOR) * 0.5 * (1 + math.cos(math.pi * min(max(share, 0.0), 1.0)))
    return peak * decay * min(1.0, warm)


class Average:
    """An exponential moving average of the weights, over a window that is a share of the run.

    alpha = 1 - exp(-dp / window) for a step that spends the share dp of the budget, so the average
    means the same for a budget in steps and in seconds. `weights` is a copy of the first ones, and
    the average from then on; early in a run the window is as short as the run is young.
    """

    def __init__(self, weights: Array, window: float) -> None:
        self.weights = weights
        self.window = window
        self._scratch = np.empty(min(len(weights), BLOCK), weights.dtype)

    def update(self, weights: Array, progress: float, dp: float) -> None:
        alpha = -math.expm1(-dp / max(min(self.window, progress / 2), 1e-12))
        for average, theta in zip(blocks(self.weights), blocks(weights), strict=True):
            a = np.subtract(theta, average, out=self._scratch[: len(theta)])
            a *= alpha
            average += a
