"""The alphabet of a model: which characters it knows, and the index of each.

A character is one Unicode code point. Indices are ranks in the sorted set, so that the same set of
characters always gives the same indices, in whatever order they were met.
"""

import numpy as np

from charrnn.arrays import Array
from charrnn.errors import UnknownCharacter
from charrnn.visible import visible

#: What became of the rare characters of a training text; Unicode's own for what cannot be shown.
STAND_IN = "\ufffd"


class Vocabulary:
    """The sorted set of code points of the training text; a character's index is its rank.

    `code_points` is (V,) uint32, strictly ascending (ValueError if not) and read-only. With
    `rare`, rare characters of the training text became STAND_IN, and `stand_in` is its index, if it
    has one: every character that is not in the vocabulary is then read as that.
    """

    def __init__(self, code_points: Array, *, rare: bool = False) -> None:
        self.code_points: Array = np.array(code_points, np.uint32)
        self.code_points.flags.writeable = False
        if (self.code_points[1:] <= self.code_points[:-1]).any():
            raise ValueError("the code points of a vocabulary have to ascend")
        where = int(np.searchsorted(self.code_points, ord(STAND_IN)))
        has_one = rare and where < len(self) and self.code_points[where] == ord(STAND_IN)
        self.stand_in = where if has_one else None

    def __len__(self) -> int:
        return len(self.code_points)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Vocabulary):
            return NotImplemented
        return np.array_equal(self.code_points, other.code_points)

    def __hash__(self) -> int:
        return hash(self.code_points.tobytes())

    @property
    def dtype(self) -> type[np.unsignedinteger]:
        """The smallest type that holds every index: uint8, or uint16 above 256 characters."""
        return np.uint8 if len(self) <= 256 else np.uint16

    @property
    def characters(self) -> str:
        """All characters, in the order of their indices."""
        return to_text(self.code_points)

    def encode(self, text: str) -> Array:
        """The indices (N,) of the characters of `text`, in `dtype`.

        Raises UnknownCharacter, naming the first one that is not in the vocabulary, unless that is
        read as the stand-in.
        """
        indices, known = self._look_up(text)
        if self.stand_in is not None:
            return np.where(known, indices, self.stand_in).astype(self.dtype)
        if not known.all():
            position = int(np.argmin(known))
            character = visible(text[position], one_line=True)
            raise UnknownCharacter(
                f"the model never saw '{character}' (U+{ord(text[position]):04X}, at position"
                f" {position:,} counted from 0); {np.count_nonzero(~known):,} of {len(text):,}"
                " characters are unknown to it",
                "Leave them out, or let charrnn sample do it: --unknown skip, --unknown nearest.",
            )
        return indices.astype(self.dtype)

    def decode(self, ids: Array) -> str:
        """The text of the indices `ids` (N,), of any integer type."""
        return to_text(self.code_points[np.asarray(ids, np.intp)])

    def unknown(self, text: str) -> list[tuple[int, str]]:
        """The characters of `text` that `encode` cannot read, each with its position."""
        return [] if self.stand_in is not None else self.missing(text)

    def missing(self, text: str) -> list[tuple[int, str]]:
        """The characters of `text` that are not in the vocabulary, each with its position."""
        _, known = self._look_up(text)
        return [(position, text[position]) for position in np.flatnonzero(~known).tolist()]

    def _look_up(self, text: str) -> tuple[Array, Array]:
        """Two (N,) arrays: where each character would be, and whether it is there."""
        wanted = to_code_points(text)
        if not len(self):
            return np.zeros(len(wanted), np.intp), np.zeros(len(wanted), np.bool_)
        indices = np.searchsorted(self.code_points, wanted).clip(max=len(self) - 1)
        return indices, self.code_points[indices] == wanted


def to_code_points(text: str) -> Array:
    """The code points of `text`, (N,) uint32; a lone surrogate is a number like any other."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4").astype(np.uint32)


def to_text(code_points: Array) -> str:
    """The text of code points (N,); the inverse of `to_code_points`."""
    return code_points.astype("<u4").tobytes().decode("utf-32-le", "surrogatepass")
