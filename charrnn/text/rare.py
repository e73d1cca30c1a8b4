"""Rare characters become one, the stand-in: U+FFFD, which is learnt like any other, never written.

A network cannot learn a character that it sees a few times, and pays for each with parameters and
time. Leaving out their lines instead would drop most of a Chinese text, in which 2,433 of 3,922
characters occur fewer than ten times.
"""

import numpy as np

from charrnn.arrays import Array
from charrnn.errors import CorpusError
from charrnn.text.vocabulary import STAND_IN, Vocabulary

#: A text (N,), its vocabulary, and how often each character occurs (V,).
Counted = tuple[Array, Vocabulary, Array]


def replaced(counted: Counted, least: int, boundary: str | None) -> tuple[Counted, str]:
    """The text with one character in place of all that occur fewer than `least` times, and a line
    that says so; a `boundary` of units stays. Raises CorpusError if fewer than 2 are left."""
    ids, vocabulary, counts = counted
    always = np.isin(vocabulary.code_points, [ord(boundary)] if boundary else [])
    kept = (counts >= least) | always
    if kept.sum() < 2:
        raise CorpusError(
            f"--min-count {least} leaves {kept.sum()} of {len(kept):,} characters, 2 are needed",
            _advice(counts[~always], 1 if boundary else 2),
        )
    rare = int((~kept).sum())
    if not rare:
        note = f"each of the {len(kept):,} characters occurs {least:,} times or more: none is rare"
        return (ids, Vocabulary(vocabulary.code_points, rare=True), counts), note
    code_points = np.where(kept, vocabulary.code_points, np.uint32(ord(STAND_IN)))
    alphabet, index = np.unique(code_points, return_inverse=True)
    smaller = Vocabulary(alphabet, rare=True)
    new = np.zeros(len(smaller), np.int64)
    np.add.at(new, index, counts)
    share = counts[~kept].sum() / len(ids)
    note = (
        f"{rare:,} of {len(kept):,} characters occur fewer than {least:,} times and became "
        f"{STAND_IN}: {100 * share:.2g} % of the text"
    )
    return (index.astype(smaller.dtype)[ids], smaller, new), note


def _advice(counts: Array, needed: int) -> str:
    """What count leaves so many characters."""
    most = int(np.sort(counts)[-needed])
    return f"Give {most:,} or less." if most >= 2 else "Leave --min-count out: all are rare."
