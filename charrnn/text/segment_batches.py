"""Batches of a text that blocks are held out of: B readers on the segments between the blocks.

Nothing is predicted across a seam, where a block was: each chunk of T predictions lies within one
segment, and a reader that comes to the next one begins anew there, from a zero state. The chunks of
all segments make a circle, as the characters of a text do in `batches`. Arrays are (T, B).
"""

import math
from typing import Any

import numpy as np

from charrnn.arrays import Array
from charrnn.text.batches import as_count

GOLDEN = (math.sqrt(5) - 1) / 2
MOST = 1 << 60  # characters that a reader can have consumed


class SegmentBatches:
    """B readers at equal distances among the chunks that fit into the segments of `ids` (N,), which
    is not copied; `spans` (S, 2) are the segments [a, b).

    Where a segment's length is no multiple of T, fewer than T of its places are left out of a pass;
    chunks begin further on in the next one, so that those are others each time. `position` is the
    number of characters that each reader has consumed; it grows without wrapping.
    """

    def __init__(self, ids: Array, spans: Array, batch_size: int, sequence_length: int) -> None:
        self.ids = ids
        self.batch_size, self.sequence_length = batch_size, sequence_length
        self.characters = int((spans[:, 1] - spans[:, 0]).sum())
        self.position = 0
        self._begins = spans[:, 0]
        places = spans[:, 1] - spans[:, 0] - 1  # that can be predicted from the one before
        if places.min() < sequence_length:
            raise ValueError(f"a segment has no room for {sequence_length} predictions")
        counts, self._left_over = np.divmod(places, sequence_length)
        self._ends = counts.cumsum()  # in chunks, of all segments up to each
        self._firsts = self._ends - counts
        self._chunks = int(self._ends[-1])
        self._starts = np.arange(batch_size) * self._chunks // batch_size
        self._steps = np.arange(sequence_length + 1)[:, None]  # the last one is only a target

    def _here(self) -> tuple[Array, Array, Array]:
        """Of the next chunk of each reader: the pass, the segment, and the number in it, (B,)."""
        number = self._starts + self.position // self.sequence_length
        rounds, number = np.divmod(number, self._chunks)
        segment = self._ends.searchsorted(number, side="right")
        return rounds, segment, number - self._firsts[segment]

    @property
    def anew(self) -> Array:
        """Which readers begin a segment with the next chunk, (B,) bool."""
        _, _, number = self._here()
        return np.equal(number, 0)

    def next(self) -> tuple[Array, Array]:
        """The next inputs and their successors, the targets: both (T, B) intp, new each time.

        The two share memory: targets[t] is inputs[t + 1].
        """
        rounds, segment, number = self._here()
        # Multiples of the golden ratio, modulo 1, fall evenly everywhere.
        phase = (rounds * GOLDEN % 1 * (self._left_over[segment] + 1)).astype(np.intp)
        first = self._begins[segment] + phase + number * self.sequence_length
        chunk = self.ids.take(first + self._steps).astype(np.intp)
        self.position += self.sequence_length
        return chunk[:-1], chunk[1:]

    def place(self) -> dict[str, Any]:
        """Where the readers stand, for `restore`."""
        return {"position": self.position}

    def restore(self, place: dict[str, Any]) -> None:
        """Go on from there. Raises KeyError or ValueError if that is no place."""
        position = as_count(place["position"])
        if position % self.sequence_length or position > MOST:
            raise ValueError(f"no reader of this text can stand at {str(position)[:30]}")
        self.position = position
