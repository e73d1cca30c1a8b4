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
        # Node 0 is for contexts that never occurred, and has no children; the others follow.
        n, children = ngrams.unpacked()
        nodes = n, children, ngrams.missing(children)
        n, self._children, self._left_out = (np.insert(each, 0, 0) for each in nodes)
        self._first = np.cumsum(self._children, dtype=np.int32)  # where a node's children begin
        self._first -= self._children
        self._n, single = n[V + 1 :], n[1 : V + 1]
        D = np.concatenate([np.zeros((ngrams.order, 1)), ngrams.discounts], axis=1)
        p = (single - D[0][np.minimum(single, 3)]) / single.sum()
        self._single = (p + (1 - p.sum()) / V)[:, None]  # after the empty context
        self._rows = np.arange(longest * batch)
        self._discounts, self._table = D[1:].ravel(), self._rows // batch * 4
        self._stream = self._rows % batch
        self._node = np.zeros(len(self._rows), np.intp)
        self._passed = np.ones((longest + 1, batch))
        self._look()

    def spread(self, batch: int) -> "NGramReader":
        """`batch` streams that all stand where this one stream stands."""
        return _standing(self.ngrams, batch, self.boundary, self.contexts)

    def __reduce__(self) -> tuple[Any, ...]:
        return _standing, (self.ngrams, self.batch, self.boundary, self.contexts)

    @property
    def contexts(self) -> Array:
        """What was read last, (n - 1, B): the numbers of contexts, 0 for those that never occurred
        or that nothing was read of."""
        return self._node.reshape(-1, self.batch)

    def stand(self, contexts: Array) -> Array:
        """Go on from these contexts, (n - 1, B), or from (n - 1, 1) for all streams."""
        self.contexts[...] = contexts
        return self._look()

    def step(self, ids: Array) -> Array:
        """Read one character per stream, ids (B,), and return the probabilities of the next."""
        B = self.batch
        read = ids if B == 1 else ids[self._stream[self._row]]
        found = (self._character == read).nonzero()[0]
        # A context that is longer by one is a child of what was read before its last character.
        longer = np.zeros(len(self._node) + B, np.intp)
        longer[:B] = ids
        longer[:B] += 1
        longer[self._row[found] + B] = self._place[found] + len(self._single) + 1
        if self.boundary is not None:
            longer.reshape(-1, B)[1:, ids == self.boundary] = 0
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
    """Streams with these contexts."""
    reader = NGramReader(ngrams, batch, boundary)
    reader.stand(contexts)
    return reader
