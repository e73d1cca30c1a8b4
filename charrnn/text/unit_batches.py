"""Batches of independent units: B readers that take one unit after the other from a shuffled text.

Every pass has a new order, which follows from the seed. A reader that has finished its unit takes
the next one that nobody has: so each unit is read once a pass, whole, and no place of a batch is
empty, however long the units are. Arrays are (T, B), characters as indices.
"""

from typing import Any

import numpy as np

from charrnn.arrays import Array
from charrnn.text.batches import as_count
from charrnn.text.division import arranged, spans

WINDOW = 1 << 20  # characters of a pass that are laid out at once


class UnitBatches:
    """B readers on the units of `ids` (N,), each of which ends with the character `boundary`.

    A reader's text begins with a boundary, as if a unit had just ended; then come its units.
    """

    def __init__(
        self,
        ids: Array,
        boundary: int,
        batch_size: int,
        sequence_length: int,
        seed: int,
        window: int = WINDOW,
    ) -> None:
        self.ids, self.boundary, self.seed, self.window = ids, boundary, seed, window
        self.characters = len(ids)
        self.batch_size, self.sequence_length = batch_size, sequence_length
        self.anew = np.empty(0, np.intp)  # the network forgets by itself before each unit
        small = np.int32 if len(ids) < 1 << 31 else np.intp  # there may be millions of units
        starts, lengths = spans(ids, boundary)
        self._starts: Array = starts.astype(small)
        self._lengths: Array = lengths.astype(small)
        # Each reader stands in a unit, of which it has read so many characters. Plain numbers: one
        # at a time they are quicker than those of an array.
        self._unit = [0] * batch_size
        self._read = [int(self._lengths[0])] * batch_size
        self._deal(0)

    def _deal(self, number: int, taken: int = 0) -> None:
        """Shuffle the units for a pass, of which so many characters are taken: whole units, or
        ValueError."""
        self._pass, self._taken = number, taken
        # Row 0 of the random numbers is the division's.
        order = np.random.default_rng((self.seed, number + 1)).permutation(len(self._starts))
        self._order, first = order.astype(self._starts.dtype), 0
        if taken:
            ends = self._lengths[self._order].cumsum()
            first = int(ends.searchsorted(taken)) + 1
            if first > len(ends) or ends[first - 1] != taken:
                raise ValueError("a pass stands inside of a unit")
        self._lay_out(first)

    def _lay_out(self, first: int) -> None:
        """Write down the next units of this pass, from its unit `first` on, as far as there is room
        in a window."""
        lengths = self._lengths[self._order[first : first + self.window]]
        self._first, self._from = first, self._taken
        self._ends = self._taken + lengths.cumsum(dtype=np.intp)
        count = max(int(self._ends.searchsorted(self._taken + self.window, side="right")), 1)
        self._ends = self._ends[:count]
        order = self._order[first : first + count]
        self._text = arranged(self.ids, self._starts, self._lengths, order)

    def next(self) -> tuple[Array, Array]:
        """The next inputs and their successors, the targets: both (T, B) intp, new each time.

        The two share memory: targets[t] is inputs[t + 1].
        """
        T, B = self.sequence_length, self.batch_size
        chunk = np.empty((T + 1, B), np.intp)
        for reader in range(B):
            unit, filled = self._unit[reader], 1
            chunk[0, reader] = self.ids[self._starts[unit] + self._read[reader] - 1]
            while filled <= T:
                piece = self._take(reader, T + 1 - filled)
                end = filled + len(piece)
                chunk[filled:end, reader] = piece
                filled = end
        return chunk[:-1], chunk[1:]

    def _take(self, reader: int, most: int) -> Array:
        """The rest of the reader's unit; after that a stretch of this pass that nobody has, and the
        unit in which it ends is the reader's own."""
        unit, read = self._unit[reader], self._read[reader]
        if left := self._lengths.item(unit) - read:
            place, count = self._starts.item(unit) + read, min(left, most)
            self._read[reader] += count
            return self.ids[place : place + count]
        if self._taken == self._from + len(self._text):
            done = self._first + len(self._ends)
            if done < len(self._order):
                self._lay_out(done)
            else:
                self._deal(self._pass + 1)
        place = self._taken - self._from
        stretch = self._text[place : place + most]
        end = self._taken + len(stretch)
        index = int(self._ends.searchsorted(end))
        unit = self._unit[reader] = self._order.item(self._first + index)
        self._taken = self._ends.item(index)
        self._read[reader] = self._lengths.item(unit) - (self._taken - end)
        return stretch

    def place(self) -> dict[str, Any]:
        """Where the readers stand, for `restore`."""
        unit, read = self._unit, self._read
        return {"pass": self._pass, "taken": self._taken, "unit": unit[:], "read": read[:]}

    def restore(self, place: dict[str, Any]) -> None:
        """Go on from there. Raises KeyError, TypeError, ValueError or IndexError if readers of this
        text cannot stand so."""
        number, taken = as_count(place["pass"]), as_count(place["taken"])
        unit, read = (np.array(place[name], np.intp) for name in ("unit", "read"))
        if not unit.shape == read.shape == (self.batch_size,) or (unit < 0).any():
            raise ValueError("it has other readers")
        if (read < 1).any() or (read > self._lengths[unit]).any():
            raise ValueError("a reader stands outside of its unit")
        self._deal(number, taken)
        self._unit, self._read = unit.tolist(), read.tolist()
