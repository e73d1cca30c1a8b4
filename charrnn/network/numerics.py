"""The few operations beside the cells and the products: softmax, cross-entropy.

Feature-major: the first axis of a logits array is the vocabulary, whatever follows it. Nothing here
allocates when the caller passes buffers, and nothing here knows of time.
"""

import numpy as np

from charrnn.arrays import Array


def softmax(logits: Array, out: Array | None = None) -> Array:
    """p_v = exp(z_v) / sum_u exp(z_u) over the first axis, (V, ...); `out` may be `logits`."""
    out = np.subtract(logits, logits.max(axis=0), out=out)
    np.exp(out, out=out)  # exp(z - max z), which cannot overflow
    out /= out.sum(axis=0)
    return out


def log_softmax(logits: Array) -> Array:
    """log p_v, computed without forming p, shape (V, ...)."""
    # log p = z - max z - log sum exp(z - max z); the logarithm of p itself could be of zero
    shifted: Array = logits - logits.max(axis=0)
    shifted -= np.log(np.exp(shifted).sum(axis=0))
    return shifted


def negative_log_likelihood(logits: Array, targets: Array) -> Array:
    """-log p(target) in nats for logits (V, ...) and integer targets (...)."""
    logp = log_softmax(logits)
    nll: Array = -np.take_along_axis(logp, targets[None].astype(np.intp), axis=0)[0]
    return nll


def cross_entropy(logits: Array, targets: Array, dlogits: Array, count: int | None = None) -> float:
    """The mean cross-entropy in nats, and its gradient dL/dz = (softmax(z) - onehot(y)) / N.

    `logits` (V, N) are read, `dlogits` (V, N) is written (it may be the same memory), `targets`
    (N,) are integers; `count` replaces N where this is a part of a larger batch. The loss is summed
    in float64. A probability that underflows to zero gives an infinite loss, which the training
    loop treats as divergence.
    """
    count = count or targets.size
    columns = np.arange(targets.size)
    p = softmax(logits, out=dlogits)
    with np.errstate(divide="ignore"):  # log 0 is an infinite loss, which is meant
        loss = -float(np.log(p[targets, columns]).sum(dtype=np.float64)) / count
    p[targets, columns] -= p.dtype.type(1)
    p /= p.dtype.type(count)  # dz = (softmax(z) - onehot(y)) / N
    return loss
