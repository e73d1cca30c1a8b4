"""The few operations beside the cells: softmax, cross-entropy, products in blocks of rows.

Feature-major: the first axis of a logits array is the vocabulary, whatever follows it. Nothing here
allocates when the caller passes buffers, and nothing here knows of time.
"""

import numpy as np

from charrnn.arrays import Array
from charrnn.machine.vectors import vectors


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


#: The largest product, rows x inner x columns, that OpenBLAS's AVX-512 kernels compute in place.
#: For a larger one it first packs copies of both matrices, which for few columns costs as much as
#: it gains. Its other kernels always pack, and what they pack should not be small.
SMALL_PRODUCT = 1_000_000
FEWEST_ROWS = 8


#: A transposed matrix of so many elements or more is worth a copy for a loop that multiplies by it.
#: Its rows are columns of the original, so that every element of a row is on a page of its own.
#: Float32, AVX-512: without the copy and with it 90 and 103 GFLOP/s at 1024 x 256, 75 and 134 at
#: 2048 x 512; but 127 and 113 at 512 x 128.
WORTH_A_COPY = 200_000
TILE, ROW_PADDING = 64, 16


def transposed(W: Array) -> Array:
    """W.T (N, M) for a product that is made many times over: as it is, or a copy in rows, which are
    padded because lengths of powers of two compete for the same cache sets."""
    if vectors() != "AVX512" or W.size < WORTH_A_COPY:
        return W.T
    M, N = W.shape
    copy = np.empty((N, M + ROW_PADDING), W.dtype)[:, :M]
    for first in range(0, M, TILE):  # in tiles: 0.8 ms at 2048 x 512 in place of 7
        copy[:, first : first + TILE] = W[first : first + TILE].T
    return copy


def row_blocks(W: Array, columns: int) -> Array:
    """W (M, K) seen as (n, M/n, K), in blocks of rows that are small products with (K, columns).

    `np.matmul` takes the blocks one after the other; with 16 or 32 columns that measured 1.2 to
    1.45 times faster than one product (float32, AVX-512). n is 1 if no block is small enough, and
    with AVX2, where blocks of W.T measured 1.3 to 1.8 times slower than one product.
    """
    M, K = W.shape
    rows = M
    # What is fast is a fact of the processor; either way the sums of every row are the same ones.
    if vectors() != "AVX512":
        return W[None]
    while rows * K * columns > SMALL_PRODUCT:
        if rows % 2 or rows // 2 < FEWEST_ROWS:
            return W[None]
        rows //= 2
    return W.reshape(M // rows, rows, K)  # a view, also of a matrix with padded rows
