"""Passages of a text: which of its characters are to be predicted, each from all that stand before.

A text need not be measured whole, and what is held out of it need not be in one piece.
"""

from dataclasses import dataclass

import numpy as np

from charrnn.arrays import Array


@dataclass(frozen=True, eq=False)
class Passages:
    """ids    (N,) the text
    spans  (S, 2) intp, the places [a, b) of each passage, 0 < a < b <= N, in ascending order
    """

    ids: Array
    spans: Array

    @property
    def characters(self) -> int:
        """How many are predicted."""
        return int((self.spans[:, 1] - self.spans[:, 0]).sum())


def whole(ids: Array) -> Passages:
    """All characters of a text but the first, which nothing predicts."""
    spans = [(1, len(ids))] if len(ids) > 1 else []
    return Passages(ids, np.array(spans, np.intp).reshape(-1, 2))
