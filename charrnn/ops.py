"""The few operations below cells and layers: activations, softmax, cross-entropy, blocks of rows.

Feature-major: the first axis of a logits array is the vocabulary, whatever follows it. Nothing here
allocates when the caller passes buffers, and nothing here knows of time.
"""

from functools import cache
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from numpy.lib import introspect

Array = npt.NDArray[Any]


@cache
def vectors() -> str:
    """The vector instructions that NumPy has code for and this processor has: "AVX512", "AVX2" or
    "" for others. What is fastest depends on them; it is a fact of the machine, not a measurement,
    because a run that is repeated has to give the same bits."""
    found = introspect.opt_func_info(func_name="^tanh$", signature="float32")
    target = found["tanh"]["ff"]["current"] or ""
    names = {"AVX512": ("AVX512", "X86_V4"), "AVX2": ("AVX2", "X86_V3")}
    return next((v for v, known in names.items() if any(n in target for n in known)), "")


class Squash(Protocol):
    """Activations of one or several gates: writes those of the pre-activations z into `out`, which
    may be z."""

    def __call__(self, z: Array, /, *, out: Array) -> Any: ...


def squash(scale: Array) -> Squash:
    """The function 1 - s + s tanh(s z), which is tanh z for s = 1, and for s = 1/2 the logistic
    function, since sigmoid(z) = (1 + tanh(z / 2)) / 2.

    `scale` has the dtype of z and its number of dimensions, and the shape of z or 1. Whatever way
    is the fastest is exact to the precision of the dtype relative to 1.
    """
    if scale.dtype == np.float64 or vectors() == "AVX2":
        return _ThroughExp(scale)
    return np.tanh if (scale == 1).all() else _ThroughTanh(scale)


class _ThroughExp:
    """1 - 2 s / (1 + exp(2 s z)). exp may overflow, which is harmless: mind `np.errstate`.

    Nanoseconds per element of exp and tanh: with AVX2 3.7 and 7.1, in float64 7.6 and 35; but in
    float32 with AVX-512 0.5 and 0.2.
    """

    def __init__(self, scale: Array) -> None:
        # Constants as arrays: turning a Python number into one takes longer than a short row.
        self.one, self.twice = np.ones_like(scale), 2 * scale

    def __call__(self, z: Array, /, *, out: Array) -> None:
        np.multiply(z, self.twice, out=out)
        np.exp(out, out=out)
        out += self.one
        np.divide(self.twice, out, out=out)
        np.subtract(self.one, out, out=out)


class _ThroughTanh:
    """1 - s + s tanh(s z)."""

    def __init__(self, scale: Array) -> None:
        self.scale, self.shift = scale, 1 - scale

    def __call__(self, z: Array, /, *, out: Array) -> None:
        np.multiply(z, self.scale, out=out)
        np.tanh(out, out=out)
        out *= self.scale
        out += self.shift


def softmax(logits: Array, out: Array | None = None) -> Array:
    """p_v = exp(z_v) / sum_u exp(z_u) over the first axis, (V, ...); `out` may be `logits`."""
    out = np.subtract(logits, logits.max(axis=0), out=out)
    np.exp(out, out=out)
    out /= out.sum(axis=0)
    return out


def log_softmax(logits: Array) -> Array:
    """log p_v, computed without forming p, shape (V, ...)."""
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
    with np.errstate(divide="ignore"):
        loss = -float(np.log(p[targets, columns]).sum(dtype=np.float64)) / count
    p[targets, columns] -= p.dtype.type(1)
    p /= p.dtype.type(count)
    return loss


def norm(x: Array) -> float:
    """The Euclidean norm in float64: squares in float32 under- and overflow too soon."""
    return float(np.linalg.norm(x.astype(np.float64, copy=False).reshape(-1)))


#: The largest product, rows x inner x columns, that OpenBLAS's AVX-512 kernels compute in place.
#: For a larger one it first packs copies of both matrices, which for few columns costs as much as
#: it gains. Its other kernels always pack, and what they pack should not be small.
SMALL_PRODUCT = 1_000_000
FEWEST_ROWS = 8


def row_blocks(W: Array, columns: int) -> Array:
    """W (M, K) seen as (n, M/n, K), in blocks of rows that are small products with (K, columns).

    `np.matmul` takes the blocks one after the other; with 16 or 32 columns that measured 1.2 to
    1.45 times faster than one product (float32, AVX-512). n is 1 if no block is small enough, and
    with AVX2, where blocks of W.T measured 1.3 to 1.8 times slower than one product.
    """
    M, K = W.shape
    rows = M
    if vectors() != "AVX512":
        return W[None]
    while rows * K * columns > SMALL_PRODUCT:
        if rows % 2 or rows // 2 < FEWEST_ROWS:
            return W[None]
        rows //= 2
    return W.reshape(M // rows, rows, K)
