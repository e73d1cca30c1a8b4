"""Numbers characters as they are met, and at the end of a text in the order of their code points.

Pieces of a text come as strings, and their characters leave as indices; how often each occurs, and
the hash of the text, are found on the way.
"""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from charrnn.arrays import Array
from charrnn.errors import CorpusError
from charrnn.text.indices import Indices
from charrnn.text.vocabulary import Vocabulary

LARGEST_VOCABULARY = 65_536
PIECE = 1 << 18  # characters that are numbered at once, so that small files cost little


def gathered(pieces: Iterable[str]) -> Iterator[str]:
    """The same text in pieces that are not small."""
    held: list[str] = []
    length = 0
    for piece in pieces:
        held.append(piece)
        length += len(piece)
        if length >= PIECE:
            yield "".join(held)
            held, length = [], 0
    if held:
        yield "".join(held)


class Indexer:
    """The text so far: its indices, its characters in the order in which they were met, how often
    each occurs, and its `digest`, SHA-256 in UTF-8. In `folder` indices may be kept in a file.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.table = np.full(0x110000, -1, np.int32)  # the number of each code point
        self.met = np.empty(0, np.uint32)  # the code point of each number
        self.counts = np.empty(0, np.int64)
        self.indices = Indices(folder)
        self.digest = hashlib.sha256()

    def add(self, text: str) -> None:
        """Raises CorpusError if the alphabet gets too large, or there is no room."""
        encoded = text.encode()
        self.digest.update(encoded)
        if len(encoded) == len(text):  # ASCII, where a byte is a character
            codes = np.frombuffer(encoded, np.uint8)
        else:
            codes = np.frombuffer(text.encode("utf-32-le"), "<u4")
        numbers = self.table.take(codes)
        if numbers.min(initial=0) < 0:
            self._meet(np.unique(codes[numbers < 0]))
            numbers = self.table.take(codes)
        self.counts += np.bincount(numbers, minlength=len(self.met))
        self.indices.append(numbers)

    def _meet(self, codes: Array) -> None:
        before = len(self.met)
        self.table[codes] = np.arange(before, before + len(codes))
        self.met = np.concatenate([self.met, codes.astype(np.uint32)])
        self.counts = np.concatenate([self.counts, np.zeros(len(codes), np.int64)])
        if len(self.met) > LARGEST_VOCABULARY:
            raise CorpusError(
                f"the text has more than {LARGEST_VOCABULARY:,} different characters",
                "Is it a text, and in the --encoding given?",
            )
        if before <= 256 < len(self.met):
            self.indices.widen()

    def finish(self) -> tuple[Array, Vocabulary, Array]:
        """The indices (N,), the vocabulary and the counts (V,)."""
        order = np.argsort(self.met)
        vocabulary = Vocabulary(self.met[order])
        rank = np.empty(len(order), vocabulary.dtype)
        rank[order] = np.arange(len(order))
        return self.indices.renumbered(rank), vocabulary, self.counts[order]
