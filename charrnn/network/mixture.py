"""Two voices: a network and the n-grams of its text, joined as members are, by adding logits.

    p(c) = p_network(c)^a p_ngrams(c)^b / sum over c of the same

a takes the place of a scale of the network's logits z; b is that of the logarithms q of what the
n-grams say. Both are (V, N), one distribution a column. The loss is convex in (a, b), as the sum of
logits is linear in them, so a few of Newton's steps find the best pair on held-out text. With the
mean and the covariance of (z, q) under p, summed over the places of a text,

    dL = mean - (z, q)(target)        d^2 L = covariance

A product of experts: Hinton (2002), Training products of experts by minimizing contrastive
divergence. The classic mixture of a network and n-grams, Mikolov et al. (2010), adds probabilities.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from charrnn.arrays import Array

#: The weights are drawn towards those of the network alone: at a distance d of these the sum of the
#: losses grows by PRIOR d^2 / 2, so that some hundred characters must speak for any others.
PRIOR = 100.0
WORTH = 0.002  # nats a character: for less nobody needs a second voice
_STEPS, _ENOUGH = 30, 1e-4  # of Newton; the last makes the sum of the losses smaller by this
_BLOCK = 1 << 19  # numbers that are looked at together


class Weights(NamedTuple):
    """What the logits of the network, and the logarithms of the n-grams, are multiplied by."""

    network: float
    ngrams: float


ALONE = Weights(1.0, 0.0)


def mixed(z: Array, q: Array, weights: Weights) -> Array:
    """The logits of both voices together."""
    logits: Array = weights.network * z + weights.ngrams * q
    return logits


def nats(logits: Array, targets: Array) -> Array:
    """-log p(targets), (N,), for logits (V, N)."""
    top = logits.max(axis=0)
    lost: Array = np.log(np.exp(logits - top).sum(axis=0)) + top
    return lost - _at(logits, targets)


def chosen(z: Array, q: Array, targets: Array) -> Weights | None:
    """The weights of least loss on the characters `targets` (N,), drawn towards `ALONE`; None if
    the n-grams gain less than `WORTH`, or than twice its standard error, for a network that is
    scaled as it should be."""
    (scale,), (a, b) = fit([z], targets), fit([z, q], targets)
    gains = nats(scale * z, targets) - nats(mixed(z, q, Weights(a, b)), targets)
    error = gains.std() / math.sqrt(len(gains))
    if b > 0 and gains.mean() > max(WORTH, 2 * error):
        return Weights(float(a), float(b))
    return None


def fit(voices: Sequence[Array], targets: Array) -> Array:
    """The weights (K,) of least loss for K voices, of which the first is the network."""
    weights: Array = np.eye(len(voices))[0]
    step, last = np.zeros(len(voices)), math.inf
    for _ in range(_STEPS):
        total, slope, hessian = _loss(voices, targets, weights)
        if total > last:  # too far: back, by half of the step
            step = step / 2
            weights = weights - step
            continue
        if last - total < _ENOUGH:
            break
        last, step = total, -np.linalg.solve(hessian, slope)
        weights = weights + step
    return weights


def _loss(voices: Sequence[Array], targets: Array, weights: Array) -> tuple[float, Array, Array]:
    """The sum of the losses and of what draws the weights, its gradient (K,) and its Hessian."""
    away = weights - np.eye(len(voices))[0]
    total, slope, hessian = PRIOR / 2 * away @ away, PRIOR * away, PRIOR * np.eye(len(away))
    width = max(_BLOCK // len(voices[0]), 1)
    for start in range(0, len(targets), width):
        block = np.s_[start : start + width]
        y, said = targets[block], np.array([voice[:, block] for voice in voices], np.float64)
        logits = np.tensordot(weights, said, 1)
        logits -= logits.max(axis=0)
        p = np.exp(logits)
        norm = p.sum(axis=0)
        total += (np.log(norm) - _at(logits, y)).sum()
        p /= norm
        mean = np.einsum("vn,kvn->kn", p, said)
        slope = slope + (mean - [_at(voice, y) for voice in said]).sum(axis=1)
        hessian = hessian + np.einsum("vn,jvn,kvn->jk", p, said, said) - mean @ mean.T
    return float(total), slope, hessian


def _at(rows: Array, targets: Array) -> Array:
    """The numbers (N,) that stand in (V, N) at the targets (N,)."""
    found: Array = np.take_along_axis(rows, targets[None], axis=0)[0]
    return found
