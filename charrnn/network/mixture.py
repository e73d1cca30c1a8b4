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
_BLOCK = 1 << 16  # numbers that are looked at together
_FITTED = 1 << 21  # numbers that a fit looks at: tens of thousands of places


class Weights(NamedTuple):
    """What the logits of the network, and the logarithms of the n-grams, are multiplied by."""

    network: float
    ngrams: float


ALONE = Weights(1.0, 0.0)


def moved(weights: Weights, ngrams: float) -> Weights:
    """The weights on the line from `ALONE` through these where the n-grams have this one; of the
    network nothing is left before it would be turned round."""
    share = ngrams / weights.ngrams
    return Weights(max(1 + share * (weights.network - 1), 0.0), ngrams)


def mixed(z: Array, q: Array, weights: Weights) -> Array:
    """The logits of both voices together."""
    logits: Array = weights.network * z + weights.ngrams * q
    return logits


def nats(logits: Array, targets: Array) -> Array:
    """-log p(targets), (N,), for logits (V, N)."""
    top = logits.max(axis=0)
    lost: Array = np.log(np.exp(logits - top).sum(axis=0)) + top
    return lost - _at(logits, targets)


class Joined(NamedTuple):
    """Weights, and the losses of the network, of the n-grams and of both on the same text."""

    weights: Weights
    network: float
    ngrams: float
    together: float


def joined(z: Array, q: Array, places: Array, targets: Array, scale: float = 1.0) -> Joined:
    """The weights of least loss for the characters `targets` (N,), which stand at `places` (N,) of
    `scale` z and q, drawn towards `ALONE`. They are `ALONE` where the n-grams gain less than
    `WORTH`, or than twice its standard error, for a network that is scaled as it should be."""
    some = np.s_[:: -(-len(places) * len(z) // _FITTED) | 1]  # odd: of all readers side by side
    known = scale * z[:, places[some]], q[:, places[some]]
    (again,) = fit(known[:1], targets[some])
    weights = Weights(*fit(known, targets[some]).tolist())
    tried = ALONE, Weights(0.0, 1.0), weights, Weights(float(again), 0.0)
    of_z = [Weights(scale * a, b) for a, b in tried]
    alone, ngrams, both, scaled = losses(z, q, places, targets, of_z)
    gains = scaled - both
    needed = max(WORTH, 2 * gains.std() / math.sqrt(len(gains)))
    if not (weights.ngrams > 0 and gains.mean() > needed):
        weights, both = ALONE, alone
    return Joined(weights, *(float(each.mean()) for each in (alone, ngrams, both)))


def losses(z: Array, q: Array, places: Array, targets: Array, tried: Sequence[Weights]) -> Array:
    """-log p(targets) with each of these weights, (len(tried), N); block by block."""
    found, width = np.empty((len(tried), len(targets))), max(_BLOCK // len(z), 1)
    for start in range(0, len(targets), width):
        block = np.s_[start : start + width]
        at = z[:, places[block]], q[:, places[block]]
        found[:, block] = [nats(mixed(*at, weights), targets[block]) for weights in tried]
    return found


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
        y, said = targets[block], [voice[:, block].astype(np.float64) for voice in voices]
        logits = sum(weight * voice for weight, voice in zip(weights, said, strict=True))
        logits -= logits.max(axis=0)
        p = np.exp(logits)
        norm = p.sum(axis=0)
        total += (np.log(norm) - _at(logits, y)).sum()
        p /= norm
        shares = [p * voice for voice in said]
        mean = np.array([share.sum(axis=0) for share in shares])
        slope = slope + (mean - [_at(voice, y) for voice in said]).sum(axis=1)
        # Not by the BLAS, which would share out so little work among threads.
        second = [[np.einsum("vn,vn->", share, voice) for voice in said] for share in shares]
        hessian = hessian + second - np.einsum("jn,kn->jk", mean, mean)
    return float(total), slope, hessian


def _at(rows: Array, targets: Array) -> Array:
    """The numbers (N,) that stand in (V, N) at the targets (N,)."""
    found: Array = np.take_along_axis(rows, targets[None], axis=0)[0]
    return found
