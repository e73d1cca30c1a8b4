"""n-grams that read a text one character at a time, and say how likely each next one is.

There are R = (n - 1) B contexts: the last character of all B streams, then the last two, and so on.
E is how many characters have followed any of them. What is added is added in the same order on
every machine: sums of counts are exact, and `bincount` adds one after the other.
"""

from typing import Any

import numpy as np

from charrnn.arrays import Array
from charrnn.text.ngram_model import NGrams


class NGramReader:
    """B = `batch` streams. `probabilities` (V, B) are those of their next characters.

    They have read nothing yet. Like a network they forget what stands before a `boundary`. A reader
    can be pickled, and goes on where it stood.
    """

    probabilities: Array

    def __init__(self, ngrams: NGrams, batch: int = 1, boundary: int | None = None) -> None:
        self.ngrams, self.batch, self.boundary = ngrams, batch, boundary
        V, longest = ngrams.vocabulary_size, ngrams.order - 1
        # One node more, which has no children: for contexts that never occurred.
        n, children = ngrams.unpacked()
        nodes = n, children, ngrams.missing(children)
        n, self._children, self._left_out = (np.append(each, each[:1] * 0) for each in nodes)
        self._first = np.cumsum(self._children, dtype=np.int32)  # where a node's children begin
        self._first -= self._children
        self._n, self._never = n[V:], len(n) - 1
        D = np.concatenate([np.zeros((ngrams.order, 1)), ngrams.discounts], axis=1)
        single = n[:V] - D[0][np.minimum(n[:V], 3)]
        p = single / n[:V].sum()
        self._single = (p + (1 - p.sum()) / V)[:, None]  # after the empty context
        self._rows = np.arange(longest * batch)
        self._discounts, self._table = D[1:].ravel(), self._rows // batch * 4
        self._stream = self._rows % batch
        self._node = np.full(len(self._rows), self._never)
        self._passed = np.ones((longest + 1, batch))
        self._look()

    def spread(self, batch: int) -> "NGramReader":
        """`batch` streams that all stand where this one stream stands."""
        return _standing(self.ngrams, batch, self.boundary, self._node.reshape(-1, self.batch))

    def __reduce__(self) -> tuple[Any, ...]:
        contexts = self._node.reshape(-1, self.batch)
        return _standing, (self.ngrams, self.batch, self.boundary, contexts)

    def step(self, ids: Array) -> Array:
        """Read one character per stream, ids (B,), and return the probabilities of the next."""
        B = self.batch
        read = ids if B == 1 else ids[self._stream[self._row]]
        found = (self._character == read).nonzero()[0]
        # A context that is longer by one is a child of what was read before its last character.
        longer = np.full(len(self._node) + B, self._never)
        longer[:B] = ids
        longer[self._row[found] + B] = self._place[found] + len(self._single)
        if self.boundary is not None:
            longer.reshape(-1, B)[1:, ids == self.boundary] = self._never
        self._node = longer[: len(self._node)]
        return self._look()

    def _look(self) -> Array:
        """Gather what followed the contexts, and interpolate."""
        node, B, R = self._node, self.batch, len(self._node)
        length = self._children[node]
        begin = self._first[node] + length - length.cumsum(dtype=np.intp)
        self._row = row = self._rows.repeat(length)  # (E,), of which context
        self._place = place = begin[row] + np.arange(len(row))
        self._character = self.ngrams.characters[place]
        n = self._n[place]
        kept = n - self._discounts[self._table[row] + np.minimum(n, 3)]
        total = np.bincount(row, n, R) + self._left_out[node]
        np.maximum(total, 1, out=total)  # of a context that never occurred 0
        share = np.bincount(row, kept, R) / total
        # What a context leaves to shorter ones, and all that are longer than one to that.
        np.multiply.accumulate((1 - share).reshape(-1, B)[::-1], axis=0, out=self._passed[1:])
        weight = self._passed[-2::-1].ravel() / total
        cell = self._character if B == 1 else self._character * np.intp(B) + self._stream[row]
        p = np.bincount(cell, kept * weight[row], len(self._single) * B).reshape(-1, B)
        self.probabilities = p + self._single * self._passed[-1]
        return self.probabilities


def _standing(ngrams: NGrams, batch: int, boundary: int | None, contexts: Array) -> NGramReader:
    """Streams with these contexts, (n - 1, B), or (n - 1, 1) for all alike."""
    reader = NGramReader(ngrams, batch, boundary)
    reader._node.reshape(-1, batch)[...] = contexts
    reader._look()
    return reader
