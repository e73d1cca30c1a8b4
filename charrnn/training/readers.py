"""Readers who read passages side by side, each a contiguous share: the cut of a held-out text.

Array legend: R readers; rows are the characters that each reads, one after the other.
"""

import math
from typing import NamedTuple

import numpy as np

from charrnn.arrays import Array
from charrnn.text.passages import Passages

MOST_READERS = 64
SHORTEST_SHARE = 1024


def shares(passages: Passages, readers: int | None = None) -> tuple[Array, Array]:
    """The places [start, end) of equal shares for so many readers, or for a number that suits the
    text, (R,) each; a passage has readers of its own. Together they are all passages, in order."""
    count, spans = passages.characters, passages.spans
    wanted = readers or min(max(count // SHORTEST_SHARE, 1), MOST_READERS)
    share = math.ceil(count / wanted)
    starts = np.concatenate([np.arange(a, b, share) for a, b in spans])
    ends = np.concatenate([np.minimum(np.arange(a, b, share) + share, b) for a, b in spans])
    return starts, ends


class Readers(NamedTuple):
    """text     (rows + 1, R) what each reads, a column each: row t + 1 is predicted from row t
    warm_up  so many rows come first and do not count
    length   (R,) how many rows count of each, from `warm_up` on, unless fewer are read
    begins   (R,) the row at which the text itself begins, so that the state is zero; else 0
    """

    text: Array
    warm_up: int
    length: Array
    begins: Array

    @classmethod
    def of(
        cls, passages: Passages, readers: int | None, most: int, steps: int, warm_up: int
    ) -> "Readers":
        """Cut passages into `shares`. Rows are read in chunks of `steps`, of which `warm_up` is a
        multiple. If there are more than `most` characters, only the beginnings are laid out.
        """
        starts, ends = shares(passages, readers)
        share = int((ends - starts).max())
        warm_up = warm_up if starts[-1] > 1 else 0
        rows = math.ceil(min(share, max(most // len(starts), 1)) / steps) * steps
        begins = -(-np.maximum(warm_up - (starts - 1), 0) // steps) * steps
        text = np.empty((warm_up + rows + 1, len(starts)), passages.ids.dtype)
        for reader, start in enumerate(starts):
            places = np.arange(len(text)) + (start - 1 - warm_up)
            text[:, reader] = passages.ids[places.clip(0, len(passages.ids) - 1)]
        return cls(text, warm_up, np.minimum(ends - starts, rows), begins)
