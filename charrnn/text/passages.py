"""Passages of a text: those that are learnt, or those whose characters are to be predicted, each
from all that stand before.

A text need not be measured whole, and what is held out of it need not be in one piece.
"""

from dataclasses import dataclass

import numpy as np

from charrnn.arrays import Array
from charrnn.text.ngrams import unigram_counts


@dataclass(frozen=True, eq=False)
class Passages:
    """ids    (N,) the text
    spans  (S, 2) intp, the places [a, b) of each passage, 0 <= a < b <= N, in ascending order; if
           they are to be predicted 0 < a, for nothing stands before the first character
    """

    ids: Array
    spans: Array

    @property
    def characters(self) -> int:
        """How many there are in all passages."""
        return int((self.spans[:, 1] - self.spans[:, 0]).sum())

    def pieces(self) -> list[Array]:
        """The passages, as views."""
        return [self.ids[a:b] for a, b in self.spans]

    def counts(self, vocabulary_size: int) -> Array:
        """How often each character occurs in them, (V,) int64."""
        counts = np.zeros(vocabulary_size, np.int64)
        for piece in self.pieces():
            counts += unigram_counts(piece, vocabulary_size)
        return counts

    def beginnings(self, most: int) -> Array:
        """At most so many characters: the same share of every passage, from its beginning, one
        after the other; not a copy if there is one passage."""
        counts = self._shares(most)
        return self._joined([p[:count] for p, count in zip(self.pieces(), counts, strict=True)])

    def ends(self, most: int) -> Array:
        """The same, but up to the end of every passage, and the last tenth of each stands behind
        all others: so the last tenth of the whole is of all passages, too."""
        pairs = zip(self.pieces(), self._shares(most), strict=True)
        pieces = [p[len(p) - count :] for p, count in pairs]
        if len(pieces) > 1:
            tenths = [len(p) // 10 for p in pieces]
            cut = [np.split(p, [len(p) - t]) for p, t in zip(pieces, tenths, strict=True)]
            pieces = [first for first, _ in cut] + [last for _, last in cut]
        return self._joined(pieces)

    def _shares(self, most: int) -> list[int]:
        lengths, characters = (self.spans[:, 1] - self.spans[:, 0]).tolist(), self.characters
        return [n if characters <= most else n * most // characters for n in lengths]

    def _joined(self, pieces: list[Array]) -> Array:
        return pieces[0] if len(pieces) == 1 else np.concatenate([self.ids[:0], *pieces])


def passages(ids: Array, *spans: tuple[int, int]) -> Passages:
    """Passages from plain numbers; those that are empty are none."""
    kept = [(a, b) for a, b in spans if a < b]
    return Passages(ids, np.array(kept, np.intp).reshape(-1, 2))


def whole(ids: Array) -> Passages:
    """All characters of a text but the first, which nothing predicts."""
    return passages(ids, (1, len(ids)))
