"""Dropout (Srivastava et al., JMLR 15, 2014): which outputs of the layers are dropped in one step.

What is dropped follows from the seed, the step, the member and the layer, and from the place in the
batch: not from who computes which part of it, and there is no random state to keep.
"""

import math
from typing import NamedTuple

import numpy as np

from charrnn.arrays import Array


class Dropout(NamedTuple):
    """Drops each output with probability `share`, rounded to 1/256, and scales the others up.

    seed     what decides: the run's seed, the step, the member
    batch    streams of the whole batch
    columns  those of them that are computed here
    """

    share: float
    seed: tuple[int, ...]
    batch: int
    columns: slice

    def mask(self, layer: int, hidden_size: int, steps: int, dtype: np.dtype) -> Array:
        """0 with probability p, else 1/(1-p), flat (H, T*B) for the columns B."""
        shape = (hidden_size, steps, self.batch)
        # A byte for each output of the whole batch: drawing them all costs less than a generator
        # for each column would.
        raw = np.random.PCG64((*self.seed, layer)).random_raw(math.ceil(math.prod(shape) / 8))
        drawn = raw.astype("<u8").view(np.uint8)[: math.prod(shape)].reshape(shape)
        dropped = min(round(256 * self.share), 255)
        mask = (drawn[..., self.columns] >= dropped).astype(dtype)
        mask *= dtype.type(256 / (256 - dropped))
        return mask.reshape(hidden_size, -1)
