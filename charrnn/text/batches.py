"""Batches for truncated backpropagation through time: B readers on one text.

The text is treated as a circle. Reader b starts at character b*N//B, and each chunk advances every
reader by T characters, so that the state of the network can be carried from chunk to chunk for
ever, and where training stands is a single number. Arrays are (T, B), characters as indices.
"""

import math
from typing import Any

import numpy as np

from charrnn.arrays import Array


class Batches:
    """B readers at equal distances on the text `ids` (N,), each reading T characters at a time.

    `position` is the number of characters each reader has consumed; it grows without wrapping, and
    readers created with it continue exactly there. `ids` is not copied.
    """

    def __init__(
        self, ids: Array, batch_size: int, sequence_length: int, position: int = 0
    ) -> None:
        if not len(ids) or batch_size < 1 or sequence_length < 1 or position < 0:
            raise ValueError(
                f"no streams: {len(ids)} characters, batch size {batch_size},"
                f" sequence length {sequence_length}, position {position}"
            )
        self.ids = ids
        self.characters = len(ids)
        self.batch_size, self.sequence_length = batch_size, sequence_length
        self.position = position
        self.anew = np.empty(0, np.intp)  # no reader ever begins anew: the text is a circle
        starts = np.array([b * len(ids) // batch_size for b in range(batch_size)], np.intp)
        steps = np.arange(sequence_length + 1)  # the last one is only a target
        self._offsets = (starts + steps[:, None]) % len(ids)

    def next(self) -> tuple[Array, Array]:
        """The next inputs and their successors, the targets: both (T, B) intp, new each time.

        The two share memory: targets[t] is inputs[t + 1].
        """
        index = self._offsets + self.position % len(self.ids)
        chunk = self.ids.take(index, mode="wrap").astype(np.intp)
        self.position += self.sequence_length
        return chunk[:-1], chunk[1:]

    def place(self) -> dict[str, Any]:
        """Where the readers stand, for `restore`."""
        return {"position": self.position}

    def restore(self, place: dict[str, Any]) -> None:
        """Go on from there. Raises KeyError or ValueError if that is no place."""
        self.position = as_count(place["position"])


def as_count(value: Any) -> int:
    """A count that comes from a file. Raises ValueError if it is none."""
    if type(value) is not int or value < 0:
        raise ValueError(f"{str(value)[:30]} is no count")
    return value


def fit(batch_size: int, sequence_length: int, characters: int) -> tuple[int, int]:
    """Return B and T, made smaller so that B*T <= `characters` if the text is too short for them.

    Both shrink by about the same factor, but T not below 8 as long as the text has 8 characters.
    Neither is ever below 1.
    """
    B, T = batch_size, sequence_length
    if characters >= B * T:
        return B, T
    T = max(int(T * math.sqrt(characters / (B * T))), min(T, 8))
    T = max(min(T, characters), 1)
    return max(min(B, characters // T), 1), T
