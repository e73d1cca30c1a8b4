"""Pearson's r between rows of numbers over a text, and what it is by chance.

Rows are units (U, n) or properties (P, n). Chance is measured by shifting the properties along the
text, which keeps their rhythm and breaks their connection with the units.
"""

import numpy as np

from charrnn.arrays import Array

SHIFTS = 100
ALIKE = 0.5  # the correlation from which two copies of a property are alike


def standardised(rows: Array) -> Array:
    """Rows with mean 0 and length 1, so that a product of two is their correlation; constant rows
    become 0."""
    centred: Array = rows - rows.mean(axis=1, keepdims=True)
    lengths = np.sqrt((centred.astype(np.float64) ** 2).sum(axis=1, keepdims=True))
    centred /= np.where(lengths > 1e-6, lengths, np.inf)
    return centred


def without(classes: Array, rows: Array) -> Array:
    """Rows minus their mean over all places of the same class (n,), standardised: the correlation
    of two such rows is their partial correlation given the class."""
    order = np.argsort(classes, kind="stable")
    first = np.flatnonzero(np.diff(classes[order], prepend=-1))
    counts = np.diff(first, append=len(classes))
    means = np.add.reduceat(rows[:, order], first, axis=1, dtype=np.float64) / counts
    number = np.empty(len(classes), np.intp)
    number[order] = np.repeat(np.arange(len(first)), counts)
    return standardised((rows - means[:, number]).astype(rows.dtype))


def by_chance(units: Array, properties: Array, shifts: Array) -> Array:
    """The largest |r| of any unit with any property for each shift, of standardised rows. (S,)"""
    largest = np.zeros(len(shifts))
    for row in properties:
        shifted = np.stack([np.roll(row, shift) for shift in shifts], axis=1)
        np.maximum(largest, np.abs(units @ shifted).max(axis=0, initial=0), out=largest)
    return largest


def random_shifts(length: int, rng: np.random.Generator) -> Array:
    low = shortest_shift(length)
    return rng.integers(low, max(length - low, low + 1), SHIFTS)


def shortest_shift(length: int) -> int:
    """So far apart two places of a text are taken to have nothing to do with each other."""
    return min(max(length // 10, 1), 1000)


def resembles_itself(row: Array) -> bool:
    """Is a property (n,) still alike when it is shifted by some distance s, and by 2 s again?

    So is one of a text that repeats. A shifted copy of it remains predictable, and what units reach
    with that is no measure of chance. Two rare events may fall on each other when they are shifted,
    but not at the double distance again.
    """
    n, low = len(row), shortest_shift(len(row))
    centred = row - row.mean()
    spectrum = np.fft.rfft(centred, 2 * n)
    products = np.fft.irfft(spectrum * spectrum.conj(), 2 * n)[:n]
    variance = centred @ centred / n
    if variance <= 0:
        return False
    alike = products / (np.arange(n, 0, -1) * variance) > ALIKE
    at = np.arange(low, (n - 1) // 3 + 1)
    return bool((alike[at] & alike[2 * at]).any())


def influence(x: Array, y: Array) -> Array:
    """What each place contributes to the error of r = x y, (n,), for standardised rows: Hampel's
    influence function. Its mean is 0, and the standard error of that is the one of r."""
    x, y = x.astype(np.float64), y.astype(np.float64)
    at_each: Array = len(x) * (x * y - (x @ y) / 2 * (x * x + y * y))
    return at_each
