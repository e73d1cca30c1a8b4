"""Which units, such as the lines of a list, the training text has: what is new is none of them.

A unit is known by a 64-bit hash, so that a hundred million characters of names take little memory;
a false match has a chance of about one in 10^12.
"""

from collections.abc import Iterator

import numpy as np

from charrnn.text.corpus import Corpus
from charrnn.text.decoding import Found
from charrnn.text.units import Units

_PIECE = 1 << 20  # corpus characters that are text at a time


class KnownUnits:
    """The units of a corpus, and those that were added since."""

    def __init__(self, corpus: Corpus, units: Units) -> None:
        hashes = (hash(unit) for unit in units_of(corpus, units))
        self._corpus = np.unique(np.fromiter(hashes, np.int64))
        self._added: set[str] = set()

    def add(self, unit: str) -> bool:
        """Note a unit; was it new?"""
        wanted = hash(unit)
        index = int(self._corpus.searchsorted(wanted))
        known = index < len(self._corpus) and int(self._corpus[index]) == wanted
        new = not known and unit not in self._added
        self._added.add(unit)
        return new


def units_of(corpus: Corpus, units: Units) -> Iterator[str]:
    """The units of a corpus, which may have been read as a running text."""
    places = range(0, len(corpus.ids), _PIECE)
    pieces = (corpus.vocabulary.decode(corpus.ids[start : start + _PIECE]) for start in places)
    held = ""
    for piece in pieces if corpus.reading.units else units.marked(pieces, Found()):
        *whole, held = (held + piece).split(units.boundary)
        yield from whole
