"""From norms of many windows to the few numbers that a person compares: medians, gain, memory.

Everything is float64 and has the window as its last axis, (T, N). A decay curve is always relative:
each window divided by its own norm at lag 0, because a window's absolute norm mixes what the
network remembers with how much its last character surprised it.
"""

import math
from dataclasses import dataclass

import numpy as np

from charrnn.arrays import Array

FAINT = 1e-10  # medians below this are not fitted: nothing depends on them any more
MEMORY_SHARE = 0.01


@dataclass(frozen=True, eq=False)
class Band:
    """The median over windows and the range of the middle 80 %, one value per step or lag."""

    median: Array
    p10: Array
    p90: Array


@dataclass(frozen=True)
class Decay:
    """How a relative curve falls with the lag.

    gain_per_step  exp of the least-squares slope of the median logarithm, lags 1 ... `fitted`
    r_squared      of that fit; below 0.9 the curve is not a single exponential
    half_life      ln 0.5 / slope in characters; None where the curve does not fall
    memory         the first lag from which the median stays below 1 % of its maximum; None if
                   it never does within the lags that were measured
    peak           the lag of the maximum; above 0 the curve first rises
    """

    gain_per_step: float | None
    r_squared: float | None
    half_life: float | None
    memory: int | None
    fitted: int
    peak: int


def norms(x: Array, axis: int) -> Array:
    """Euclidean norms in float64; where squares would under- or overflow, of scaled values."""
    x = x.astype(np.float64, copy=False)
    with np.errstate(over="ignore", under="ignore"):
        plain: Array = np.sqrt((x * x).sum(axis=axis))
    if ((plain > 1e-140) & (plain < 1e140)).all():
        return plain
    largest = np.abs(x).max(axis=axis, keepdims=True)
    scaled = x / np.where(largest > 0, largest, 1)
    result: Array = np.sqrt((scaled * scaled).sum(axis=axis)) * largest.squeeze(axis)
    return result


def band(values: Array) -> Band:
    """Median, 10th and 90th percentile over the last axis, interpolated linearly."""
    p10, median, p90 = np.quantile(values, [0.1, 0.5, 0.9], axis=-1)
    return Band(median, p10, p90)


def relative_to_lag_0(lag_norms: Array) -> Array:
    """Divide each window (column) by its norm at lag 0; windows where that is 0 are left out."""
    heard = lag_norms[:, lag_norms[0] > 0]
    relative: Array = heard / heard[0]
    return relative


def decay(relative: Array) -> Decay:
    """Fit relative norms (K, N); lag 0 is left out of the fit, as the softmax layer's share."""
    if relative.size == 0:
        return Decay(None, None, None, None, 0, 0)
    median = np.median(relative, axis=1)
    peak = int(median.argmax())
    loud = np.flatnonzero(median >= MEMORY_SHARE * median[peak])
    memory = int(loud[-1]) + 1 if loud[-1] + 1 < len(median) else None
    last = int(np.flatnonzero(median > FAINT).max(initial=0))
    if last < 2:
        return Decay(None, None, None, memory, last, peak)
    lags = np.arange(1.0, last + 1)
    logs = np.median(np.log(np.maximum(relative[1 : last + 1], 1e-300)), axis=1)
    slope, r_squared = line(lags, logs)
    half_life = math.log(0.5) / slope if slope < 0 else None
    return Decay(math.exp(slope), r_squared, half_life, memory, last, peak)


def line(x: Array, y: Array) -> tuple[float, float]:
    """The least-squares slope of y over x and R², the share of y's variance it explains."""
    dx, dy = x - x.mean(), y - y.mean()
    slope = float(dx @ dy / (dx @ dx))
    variance = float(dy @ dy)
    residual = float(((dy - slope * dx) ** 2).sum())
    return slope, 1 - residual / variance if variance > 0 else 1.0
