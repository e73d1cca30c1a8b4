"""How long a unit keeps what it has, by its own gate: the LSTM's f, the GRU's z.

A content that stands in a unit before step t is f_t ... f_{t+k-1} of itself after k characters. Its
survival is the number of characters after which at least half of it is there; the half-life of the
unit is the median survival over the text. The mean of ln f would tell something else, how near to 0
f comes at its worst: a unit that is wiped once in a sentence keeps all of it until then.

The way around through W_hh is not in it: what a unit loses others may have taken up.
"""

import math

import numpy as np

from charrnn.arrays import Array

MOST = 20_000  # characters that are looked at, because every f of every unit is kept
LIMIT = 1_000  # a survival is followed no further


def limit_for(characters: int) -> int:
    """How far survivals are followed in a text: no place may be nearer to its end."""
    return min(LIMIT, characters // 2)


def half_lives(log_keep: Array) -> Array:
    """Median survivals (H,) of units with ln f (H, n), in whole characters; infinite where it is
    `limit_for` or more."""
    limit = limit_for(log_keep.shape[1])
    return np.array([median(survivals(row, limit), limit) for row in log_keep])


def survivals(log_keep: Array, limit: int) -> Array:
    """Of a content before each step but the last `limit`, (n - limit,), from ln f (n,) <= 0."""
    lost = np.concatenate([[0.0], -log_keep.astype(np.float64).cumsum()])  # grows
    first = lost[: len(log_keep) - limit]
    gone = np.searchsorted(lost, first + math.log(2), side="right")  # where less than half is left
    kept: Array = np.minimum(gone - 1 - np.arange(len(first)), limit)
    return kept


def median(survived: Array, limit: int) -> float:
    """The lower median, which is a survival; infinite if it is `limit`."""
    middle = float(np.quantile(survived, 0.5, method="lower"))
    return middle if middle < limit else math.inf
