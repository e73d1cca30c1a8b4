"""Matrix products, in which nearly all the arithmetic of a network is.

NumPy makes them with the BLAS library that it has (OpenBLAS, as a rule), in float32 and where there
is one with Intel's MKL. Nothing here knows of time.
"""

from collections.abc import Callable

import numpy as np

from charrnn.arrays import Array
from charrnn.machine import mkl
from charrnn.machine.vectors import vectors

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


def product(a: Array, b: Array, out: Array) -> Array:
    """a b, (M, N), into `out`, which is returned."""
    library = mkl.library() if a.dtype == b.dtype == out.dtype == np.float32 else None
    if library is None or not mkl.multiply(library, a, b, out):
        np.matmul(a, b, out=out)
    return out


def repeated(W: Array, columns: int) -> Callable[[Array, Array], object]:
    """What writes W x, (M, B), into its second argument for many x (K, B), one after the other, of
    so many columns. Both arrays are without gaps. It may keep a copy of W."""
    library = mkl.library() if W.dtype == np.float32 else None
    if library is not None:
        return mkl.Repeated(library, W, columns)
    blocks = row_blocks(in_rows(W), columns)

    def multiply(x: Array, out: Array) -> object:
        return np.matmul(blocks, x, out=out.reshape(len(blocks), -1, columns))

    return multiply


def in_rows(W: Array) -> Array:
    """W (M, N) for a product that is made many times over: as it is or, if it is a transposed view,
    a copy in rows, which are padded because lengths of powers of two compete for the same cache
    sets."""
    M, N = W.shape
    if W.strides[0] >= W.strides[1] or vectors() != "AVX512" or W.size < WORTH_A_COPY:
        return W
    copy = np.empty((M, N + ROW_PADDING), W.dtype)[:, :N]
    for first in range(0, N, TILE):  # in tiles: 0.8 ms at 512 x 2048 in place of 7
        copy[:, first : first + TILE] = W[:, first : first + TILE]
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
