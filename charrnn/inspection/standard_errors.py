"""How far a mean over places of a text may be trusted: standard errors from blocks of the text.

Characters near each other are surprising together, so that an error from single places would be too
small. Blocks are long enough to be nearly independent. The formula is that for the readers of
`training.evaluation`: Cochran (1977), Sampling Techniques, chapter 6.
"""

import numpy as np

from charrnn.arrays import Array

BLOCKS = 32  # then two standard errors are 95 %, and a block is still long
SHORTEST = 100  # characters of a block
FEWEST = 4  # with fewer blocks the error is itself unknown


def blocks_for(characters: int, places: int | None = None) -> int:
    """Into how many blocks a text is divided of which so many places are measured (None: all)."""
    return min(BLOCKS, characters // SHORTEST, characters if places is None else places // 4)


def block_means(values: Array, blocks: int) -> Array:
    """Means (..., B) of contiguous parts of values (..., n), n >= B, equal but for one element."""
    return sums_of(values, blocks) / sums_of(np.ones(values.shape[-1]), blocks)


def standard_error(values: Array, blocks: int, weights: Array | None = None) -> Array:
    """That of the mean of `values` (..., n) in the order of the text, weighted by `weights` (n,);
    NaN where the blocks are too few to tell. (...,)"""
    weights = np.ones(values.shape[-1]) if weights is None else weights
    if blocks < FEWEST or not weights.any():
        return np.full(values.shape[:-1], np.nan)
    sums, counts = sums_of(values * weights, blocks), sums_of(weights, blocks)
    mean = sums.sum(axis=-1, keepdims=True) / counts.sum()
    residuals = sums - counts * mean
    squares = (residuals**2).sum(axis=-1)
    error: Array = np.sqrt(blocks / (blocks - 1) * squares) / counts.sum()
    return error


def sums_of(values: Array, blocks: int) -> Array:
    """Sums (..., B) of contiguous parts of values (..., n)."""
    first = np.arange(blocks) * values.shape[-1] // blocks
    sums: Array = np.add.reduceat(values, first, axis=-1)
    return sums


def two_sided(blocks: int) -> float:
    """How many standard errors from so many blocks hold the truth 95 times in 100: the quantile of
    Student's t with B - 1 degrees of freedom, 2.04 for 32 blocks; infinite for too few.

    Its expansion around the normal quantile (Abramowitz and Stegun 26.7.5), within 0.03 here.
    """
    if blocks < FEWEST:
        return float("inf")
    z, n = 1.959964, blocks - 1
    return (
        z
        + (z**3 + z) / (4 * n)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * n**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * n**3)
    )
