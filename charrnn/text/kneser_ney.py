"""Interpolated modified Kneser-Ney: how likely counting makes each character of a text.

    p(c | h) = (n(hc) - D(n(hc))) / n(h) + (sum over c of D(n(hc))) / n(h) p(c | h')

h is a context and h' the same without its oldest character; below the empty h stands the uniform
1 / V, and an h never seen leaves p(c | h'). In contexts of the full length n(hc) is how often hc
occurs, and in shorter ones how many different characters stand before it: what came after one
context only tells little about others. The beginning of the text counts as one such character. n(h)
is the sum of n(hc) over c, so that the probabilities of a context sum to 1.

Kneser & Ney (1995), Improved backing-off for m-gram language modeling; Chen & Goodman (1999), An
empirical study of smoothing techniques for language modeling, section 3. `plain_kneser_ney` is the
same in dictionaries. Texts are 1-d arrays of character indices, N characters long.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from charrnn.arrays import Array
from charrnn.progress import Progress, silent

Ids = NDArray[np.integer[Any]]
#: Before anything is counted: of the n-grams that occur r times there are DOUBT / r. Alone that
#: gives the discounts 0.5, 1 and 1.5.
DOUBT = 1.0


class Grams(NamedTuple):
    """The different n-grams of a text, numbered, and the numbers of those that end at each place.

    They are numbered by their last character first: those that differ in their oldest character
    alone follow each other. `context` is the number of the n - 1 characters before a place, and so
    the number of the (n-1)-gram that ends one place further left.

    order       n
    gram        (N,) the n-gram that ends at a place; 0 at the first n - 1, where none ends
    context     (N,) the context before a place, 0 likewise
    first       (G,) where each n-gram ends for the first time
    context_of  (G,) the context of each
    """

    order: int
    gram: Array
    context: Array
    first: Array
    context_of: Array


def numbered(text: Ids, max_order: int, progress: Progress = silent) -> Iterator[Grams]:
    """Number the n-grams of `text`, for n from 1 to `max_order`. An array that was yielded is
    overwritten by nobody.

    Counting is sorting. The numbers follow from one sort per order, a radix sort by the last
    character, because the positions are already in the order of their contexts.
    """
    context = np.zeros(len(text), np.int32)  # the empty one for all
    by = np.arange(len(text), dtype=np.int32)  # positions with a whole context, in its order
    for order in range(1, max_order + 1):
        progress("counting n-grams", order - 1, max_order)
        by = by[np.argsort(text[by], kind="stable")]
        new = np.ones(len(by), np.bool_)
        new[1:] = (np.diff(text[by]) != 0) | (np.diff(context[by]) != 0)
        names = np.zeros(len(text) + 1, np.int32)  # from the left of the text on
        names[by + 1] = np.cumsum(new, dtype=np.int32) - 1
        first = by[new]  # the sorts are stable: of equals the first place is the first
        del new
        yield Grams(order, names[1:], context, first, context[first])
        context = names[:-1]
        del first, names
        by = by[by < len(text) - 1] + 1


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
    """One length of context: the counts of its n-grams (G,) and the `context_of` each, smoothed."""

    def __init__(self, counts: Array, context_of: Array) -> None:
        size = int(context_of.max(initial=0)) + 1
        self.counts, self.D = counts, discounts(counts)
        self.total = np.bincount(context_of, counts, minlength=size)
        self.taken = np.bincount(context_of, self.D[np.minimum(counts, 3)], minlength=size)

    def refine(self, p: Array, gram: Array, context: Array) -> Array:
        """p(c | h) for n-grams and their contexts, from p = p(c | h')."""
        counts, total = self.counts[gram], self.total[context]
        seen = total > 0
        refined = counts - self.D[np.minimum(counts, 3)]
        refined += self.taken[context] * p
        refined /= np.where(seen, total, 1)
        return np.where(seen, refined, p)


def losses(
    text: Ids,
    spans: list[tuple[int, int]],
    vocabulary_size: int,
    max_order: int,
    progress: Progress = silent,
) -> list[list[float]]:
    """For each span (a, b) the losses by order on text[a:b] of the models counted on text[:a], in
    nats per character; element n - 1 is that of the n-grams, with n - 1 characters of context."""
    # p(c | h') by the counts of different characters before, for each place of each span
    lower = [np.full(b - a, 1.0 / vocabulary_size) for a, b in spans]
    found: list[list[float]] = [[] for _ in spans]
    shorter: Grams | None = None
    for grams in numbered(text, max_order, progress):
        for (a, b), p, loss in zip(spans, lower, found, strict=True):
            if shorter:
                _interpolate(p, shorter, different_before(shorter, grams, a), a, b)
            counts = occurrences(grams, a)
            highest = p.copy()
            _interpolate(highest, grams, counts, a, b)
            loss.append(float(np.log(1 / highest).mean()))
        shorter = grams
    return found


def occurrences(grams: Grams, border: int) -> Array:
    """How often each n-gram (G,) occurs in text[:border]."""
    places = grams.gram[grams.order - 1 : border]
    return np.bincount(places, minlength=len(grams.first)).astype(np.int32)


def different_before(shorter: Grams, longer: Grams, border: int) -> Array:
    """For each of the `shorter` n-grams (G,), how many different characters stand before it in
    text[:border]; the `longer` ones are by one character."""
    counted = longer.first[longer.first < border]
    counts = np.bincount(shorter.gram[counted], minlength=len(shorter.first)).astype(np.int32)
    if border >= shorter.order:
        counts[shorter.gram[shorter.order - 1]] += 1  # it begins the text
    return counts


def counted(text: Ids, order: int) -> Iterator[tuple[Grams, Array]]:
    """The n-grams of a text for n from 1 to `order`, each length with the counts n(hc) of the
    n-grams (G,) of a model of that order."""
    shorter: Grams | None = None
    for grams in numbered(text, order):
        if shorter:
            yield shorter, different_before(shorter, grams, len(text))
        shorter = grams
    if shorter:
        yield shorter, occurrences(shorter, len(text))


def _interpolate(p: Array, grams: Grams, counts: Array, a: int, b: int) -> None:
    """Turn p(c | h'), of the places from a to b, into p(c | h), in place."""
    a, start = max(a, grams.order - 1), a  # the text before may be shorter than h
    p = p[a - start :]
    p[...] = Smoothed(counts, grams.context_of).refine(p, grams.gram[a:b], grams.context[a:b])
