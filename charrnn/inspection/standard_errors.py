"""How far a mean over places of a text may be trusted: standard errors from blocks of the text.

Characters near each other are surprising together, so that an error from single places would be too
small. Blocks are long enough to be nearly independent. The error is that of an evaluation, with
blocks in place of readers.
"""

import math

import numpy as np

from charrnn.arrays import Array
from charrnn.training.evaluation import ratio_error

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
    return ratio_error(sums, counts)


def sums_of(values: Array, blocks: int) -> Array:
    """Sums (..., B) of contiguous parts of values (..., n)."""
    sums: Array = np.add.reduceat(values, firsts(values.shape[-1], blocks), axis=-1)
    return sums


def firsts(count: int, blocks: int) -> Array:
    """The first place of each block. (B,)"""
    return np.arange(blocks) * count // blocks


def number_of(count: int, blocks: int) -> Array:
    """The block of each place. (count,)"""
    return np.repeat(np.arange(blocks), np.diff(firsts(count, blocks), append=count))


def two_sided(blocks: int, statements: int = 1) -> float:
    """How many standard errors from so many blocks hold the truth 95 times in 100: the quantile of
    Student's t with B - 1 degrees of freedom, 2.04 for 32 blocks; infinite for too few. Of several
    `statements`, all of them at the same time (Bonferroni)."""
    if blocks < FEWEST:
        return math.inf
    low, high = 0.0, 1e6
    for _ in range(100):
        middle = (low + high) / 2
        if student(middle, blocks - 1) < 1 - 0.05 / statements:
            low = middle
        else:
            high = middle
    return high


def student(t: float, freedom: int) -> float:
    """P(|T| < t) for Student's distribution (Abramowitz and Stegun 26.7.3 and 26.7.4)."""
    angle = math.atan(t / math.sqrt(freedom))
    odd = freedom % 2
    term, total = math.cos(angle) ** odd, 0.0
    for k in range(odd, freedom, 2):  # each term has two more cosines
        total += term
        term *= math.cos(angle) ** 2 * (k + 1) / (k + 2)
    total *= math.sin(angle)
    return 2 / math.pi * (angle + total) if odd else total
