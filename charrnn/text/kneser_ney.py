"""Interpolated modified Kneser-Ney: how likely counting makes each character of a text.

    p(c | h) = (n(hc) - D(n(hc))) / n(h) + (sum over c of D(n(hc))) / n(h) p(c | h')

h is a context and h' the same without its oldest character; below the empty h stands the uniform
1 / V, and an h never seen leaves p(c | h'). In contexts of the full length n(hc) is how often hc
occurs, and in shorter ones how many different characters stand before it: what came after one
context only tells little about others. The beginning of the text counts as one such character. n(h)
is the sum of n(hc) over c, so that the probabilities of a context sum to 1.

Kneser & Ney (1995), Improved backing-off for m-gram language modeling; Chen & Goodman (1999), An
empirical study of smoothing techniques for language modeling, section 3. `plain_kneser_ney` is the
same in dictionaries.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from charrnn.arrays import Array
from charrnn.progress import Progress, silent
from charrnn.text.numbering import Grams, Ids, different_before, numbered, occurrences

#: Before anything is counted: of the n-grams that occur r times there are DOUBT / r. Alone that
#: gives the discounts 0.5, 1 and 1.5.
DOUBT = 1.0
_BLOCK = 1 << 19  # places that are looked at together


def discounts(counts: Array) -> Array:
    """What is taken from counts of 0, 1, 2 and more, (4,), estimated from how many there are of 1,
    2, 3 and 4: Chen & Goodman (1999), equation 17.

    Where there are few the estimate is drawn towards 0, 0.5, 1, 1.5. In a strange text it may be
    anything, so a larger count is discounted by no less and keeps no less.
    """
    n = np.bincount(np.minimum(counts, 5), minlength=6)[1:5] + DOUBT / np.arange(1, 5)
    Y = n[0] / (n[0] + 2 * n[1])
    D = np.array([0.0, Y, 2 - 3 * Y * n[2] / n[1], 3 - 4 * Y * n[3] / n[2]])
    for r in (2, 3):
        D[r] = min(max(D[r], D[r - 1]), D[r - 1] + 1)
    return D


class Smoothed:
    """One length of context: the counts of its n-grams (G,), smoothed."""

    def __init__(self, counts: Array, grams: Grams) -> None:
        size = int(grams.context_of.max(initial=0)) + 1
        self.counts, self.D, self.grams = counts, discounts(counts), grams
        self.total = np.bincount(grams.context_of, counts, minlength=size)
        taken = self.D[np.minimum(counts, 3)]
        self.taken = np.bincount(grams.context_of, taken, minlength=size)

    def refine(self, p: Array, a: int, b: int) -> None:
        """Turn p(c | h'), of the places from a to b, into p(c | h), in place."""
        first = max(a, self.grams.order - 1)  # the text before may be shorter than h
        for start in range(first, b, _BLOCK):
            gram = self.grams.gram[start : min(start + _BLOCK, b)]
            context, counts = self.grams.context_of[gram], self.counts[gram]
            below, total = p[start - a :][: len(gram)], self.total[context]
            refined = counts - self.D[np.minimum(counts, 3)] + self.taken[context] * below
            np.divide(refined, total, out=below, where=total > 0)


class Order(NamedTuple):
    """What the n-grams of one length achieve: `losses` on each span, in nats per character, and
    `sums`, those of the losses over each block of the last span; and how many `different` ones
    there are before the last span, of which so many occur `twice`."""

    losses: list[float]
    sums: list[float]
    different: int
    twice: int


def orders(
    text: Ids,
    spans: list[tuple[int, int]],
    vocabulary_size: int,
    max_order: int,
    blocks: Sequence[int] = (),
    progress: Progress = silent,
) -> Iterator[Order]:
    """For n from 1 to `max_order` the losses of n-grams, with n - 1 characters of context, on each
    span text[a:b], of the models counted on text[:a]. `blocks` are the lengths of the pieces into
    which the last span is cut."""
    edges = np.cumsum([0, *blocks[:-1]])
    # p(c | h') by the counts of different characters before, for each place of each span
    lower = [np.full(b - a, 1.0 / vocabulary_size) for a, b in spans]
    shorter: Grams | None = None
    for grams in numbered(text, max_order, progress):
        losses = []
        for (a, b), p in zip(spans, lower, strict=True):
            if shorter:
                Smoothed(different_before(shorter, grams, a), shorter).refine(p, a, b)
            counts = occurrences(grams, a)
            lost = _losses(Smoothed(counts, grams), p.copy(), a, b)
            losses.append(float(lost.mean()))
            different, twice = int((counts > 0).sum()), int((counts > 1).sum())
            del counts  # before the next array of its size
        sums = np.add.reduceat(lost, edges).tolist() if blocks else []
        yield Order(losses, sums, different, twice)
        shorter = grams


def _losses(counted: Smoothed, p: Array, a: int, b: int) -> Array:
    """What counts of the full length make of p(c | h'), the places from a to b."""
    counted.refine(p, a, b)
    lost: Array = np.log(1 / p)
    return lost


def losses(
    text: Ids, spans: list[tuple[int, int]], vocabulary_size: int, max_order: int
) -> list[list[float]]:
    """For each span the losses by order, as `orders` says; element n - 1 is that of the n-grams."""
    found = orders(text, spans, vocabulary_size, max_order)
    return [list(span) for span in zip(*(order.losses for order in found), strict=True)]
