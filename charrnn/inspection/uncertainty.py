"""How far a figure can be trusted, and how many of its digits that leaves.

Neighbouring places of a text are not independent, and windows may overlap. So a standard error
comes from blocks of neighbours, and a quantile counts windows that do not overlap.
"""

import math

import numpy as np

from charrnn.arrays import Array
from charrnn.inspection.standard_errors import standard_error

BLOCKS = 16
NORMAL_95 = 1.96


def mean_of_blocks(values: Array, independent: int) -> tuple[Array, Array]:
    """The mean over the last axis, in the order of the text, and its standard error: that of the
    means of contiguous blocks, at most as many as are independent; NaN of fewer than 4."""
    blocks = min(BLOCKS, independent, values.shape[-1])
    return values.mean(axis=-1), standard_error(values, blocks)


def median_interval(values: Array, independent: int) -> tuple[Array, Array]:
    """A 95 % interval of the median of which the last axis is a sample: the quantiles between which
    the median of so many independent values lies, whatever their distribution, by the normal
    approximation to the binomial (Conover, Practical Nonparametric Statistics, 1999)."""
    reach = min(NORMAL_95 / 2 / math.sqrt(max(independent, 1)), 0.5)
    low, high = np.quantile(values, [0.5 - reach, 0.5 + reach], axis=-1)
    return low, high


def decimals(value: float, error: float | None) -> int:
    """How many decimals of a value are known by its error, and at most three significant ones."""
    most = 2 - math.floor(math.log10(abs(value))) if value else 3
    if error is None or not 0 < error < math.inf:
        return most
    return min(most, known(error))


def known(error: float) -> int:
    """How many decimals an error leaves (below 0: of the tens, hundreds, ...): up to its second
    digit if it begins below 355, else the first (the rule of the Particle Data Group's Review of
    Particle Physics)."""
    place = math.floor(math.log10(error) + 1e-12)
    return -place + (error < 3.55 * 10.0**place)


def rounded(value: float, error: float | None) -> str:
    """A value with the digits that its error leaves: 2,500 for 2527 ± 455, and never -0.00."""
    if math.isinf(value) or (value == 0 and not error):
        return f"{value:.0f}"
    places = decimals(value, error)
    value = round(value, places)
    if value == 0:
        return f"{0:.{max(places, 0)}f}"
    if not 1e-3 <= abs(value) < 1e6:
        digits = max(places + math.floor(math.log10(abs(value))), 0)
        return f"{value:.{digits}e}".replace("e-0", "e-").replace("e+0", "e").replace("e+", "e")
    return f"{value:,.{max(places, 0)}f}"


def with_error(value: float, error: float | None) -> str:
    """A value and its standard error: -0.091 ± 0.019; without an error the value alone."""
    if error is None or not 0 < error < math.inf:
        return rounded(value, None)
    if 0 < abs(value) < 1e-3 > error:
        return f"{rounded(value, error)} ± {rounded(error, error)}"
    places = min(decimals(error, error), decimals(value, None) + 1)
    if round(error, places) == 0:
        return rounded(value, None)
    shown, about = (f"{round(x, places):,.{max(places, 0)}f}" for x in (value, error))
    return f"{shown.removeprefix('-') if not float(shown.replace(',', '')) else shown} ± {about}"
