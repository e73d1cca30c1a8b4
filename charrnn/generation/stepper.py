"""`Stepper`: a network that reads one character at a time, stripped to what generating needs.

All of it is float64, whatever the model's dtype: processors and BLAS kernels round differently, and
in float32 one of ten texts of 10,000 characters would depend on the machine (docs/sampling.md).
"""

from abc import ABC, abstractmethod

import numpy as np

from charrnn.arrays import Array


class Stepper(ABC):
    """A model reading B = `batch` streams, one character each per step.

    `logits` (V, B) predict the next characters and are overwritten at every step. A stepper can be
    pickled, and goes on where it stood.
    """

    batch: int
    logits: Array

    @abstractmethod
    def step(self, ids: Array) -> Array:
        """Read one character per stream, ids (B,), and return the logits (V, B) of the next."""

    @abstractmethod
    def spread(self, batch: int) -> "Stepper":
        """`batch` streams that all stand where this one stream stands."""

    def read(self, ids: Array) -> None:
        """Read a text each, ids (N, B), or one text (N,) into every stream."""
        rows = (ids[:, None] if ids.ndim == 1 else ids).astype(np.intp)
        with np.errstate(all="ignore"):  # of exp in an activation, which is harmless
            for row in np.broadcast_to(rows, (len(ids), self.batch)):
                self.step(row)
