"""From norms of many windows to the few numbers that a person compares: medians, gain, memory.

Everything is float64 and has the window as its last axis, (T, N). A decay curve is always relative:
each window divided by its own norm at lag 0, because a window's absolute norm mixes what the
network remembers with how much its last character surprised it.
"""

import math
from dataclasses import dataclass, replace

import numpy as np

from charrnn.arrays import Array
from charrnn.inspection.uncertainty import mean_of_blocks

FAINT = 1e-10  # medians below this are not fitted: nothing depends on them any more
HALF, MEMORY_SHARE = 0.5, 0.01
#: The slopes of the two halves of the lags of a single exponential differ by at most this share of
#: the slope, or this much per character where there is hardly any slope.
AGREEMENT, LEVEL = 0.1, 1e-3
STRAIGHT = 0.9  # and R² is at least this


@dataclass(frozen=True, eq=False)
class Band:
    """The median over windows and the range of the middle 80 %, one value per step or lag."""

    median: Array
    p10: Array
    p90: Array


@dataclass(frozen=True)
class Decay:
    """How a relative curve falls with the lag.

    below_half     the first lag from which the median stays below one half of its maximum; None
                   if it never does within the lags that were measured
    memory         the same for 1 %
    peak           the lag of the maximum; above 0 the curve first rises
    gain_per_step  exp of the least-squares slope of the median logarithm, lags 1 ... `fitted`
    r_squared      of that fit; alone it says little: many a curve that bends has more than 0.9
    half_life      ln 0.5 / slope in characters; None where the curve does not fall
    halves         the gains of the first and of the second half of these lags; None of fewer than 4
    single         do they agree, on a curve that is straight? Else it is not one exponential, and
                   the gain and half-life depend on how many lags were measured; None of no halves
    """

    gain_per_step: float | None
    r_squared: float | None
    half_life: float | None
    memory: int | None
    fitted: int
    peak: int
    below_half: int | None = None
    halves: tuple[float, float] | None = None
    single: bool | None = None


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
    half, memory = (stays_below(median, share) for share in (HALF, MEMORY_SHARE))
    last = int(np.flatnonzero(median > FAINT).max(initial=0))
    if last < 2:
        return Decay(None, None, None, memory, last, peak, half)
    lags = np.arange(1.0, last + 1)
    logs = np.median(np.log(np.maximum(relative[1 : last + 1], 1e-300)), axis=1)
    slope, r_squared = line(lags, logs)
    half_life = math.log(0.5) / slope if slope < 0 else None
    found = Decay(math.exp(slope), r_squared, half_life, memory, last, peak, half)
    if last < 4:
        return found
    middle = last // 2
    early, late = line(lags[:middle], logs[:middle])[0], line(lags[middle:], logs[middle:])[0]
    agree = abs(early - late) <= max(AGREEMENT * abs(slope), LEVEL)
    single = agree and (r_squared >= STRAIGHT or abs(slope) <= LEVEL)
    return replace(found, halves=(math.exp(early), math.exp(late)), single=single)


def late_slope(relative: Array, fit: Decay, independent: int) -> tuple[float, float] | None:
    """The least-squares slope of the mean logarithm over the later half of the fitted lags, and its
    standard error over windows; None of fewer than 4 lags or windows, or if a norm is 0."""
    later = relative[fit.fitted // 2 + 1 : fit.fitted + 1]
    if fit.halves is None or not later.all():
        return None
    x = np.arange(len(later)) - (len(later) - 1) / 2
    slope, error = mean_of_blocks(x @ np.log(later) / (x @ x), independent)
    return (float(slope), float(error)) if np.isfinite(error) else None


def stays_below(median: Array, share: float) -> int | None:
    """The first lag from which a curve stays below a share of its maximum, if there is one."""
    loud = np.flatnonzero(median >= share * median.max())
    return int(loud[-1]) + 1 if loud[-1] + 1 < len(median) else None


def line(x: Array, y: Array) -> tuple[float, float]:
    """The least-squares slope of y over x and R², the share of y's variance it explains."""
    dx, dy = x - x.mean(), y - y.mean()
    slope = float(dx @ dy / (dx @ dx))
    variance = float(dy @ dy)
    residual = float(((dy - slope * dx) ** 2).sum())
    return slope, 1 - residual / variance if variance > 0 else 1.0
