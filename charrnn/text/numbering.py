"""The different n-grams of a text, numbered and counted by sorting, with no dictionary.

Texts are 1-d arrays of character indices, N characters long, which have G different n-grams.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from charrnn.arrays import Array
from charrnn.progress import Progress, silent

Ids = NDArray[np.integer[Any]]
_BLOCK = 1 << 19  # places that are looked at together, to keep what is in between small


class Grams(NamedTuple):
    """The n-grams of one length, numbered, and the numbers of those that end at each place.

    They are numbered by their last character first: those that differ in their oldest character
    alone follow each other.

    order       n
    gram        (N,) the n-gram that ends at a place; 0 at the first n - 1, where none ends
    first       (G,) where each n-gram ends for the first time
    context_of  (G,) the context of each, its first n - 1 characters: the number of that (n-1)-gram
    """

    order: int
    gram: Array
    first: Array
    context_of: Array


def numbered(text: Ids, max_order: int, progress: Progress = silent) -> Iterator[Grams]:
    """Number the n-grams of `text`, for n from 1 to `max_order`. An array that was yielded is
    overwritten by nobody.

    Counting is sorting. The numbers follow from one sort per order, a radix sort by the last
    character, because the places are already in the order of their contexts: a context is the
    (n-1)-gram that ends one place further left.
    """
    context = np.zeros(len(text), np.int32)  # the empty one for all
    by = np.arange(len(text), dtype=np.int32)  # places with a whole context, in its order
    for order in range(1, max_order + 1):
        progress("counting n-grams", order - 1, max_order)
        by = _by_character(by, text)
        names = np.zeros(len(text) + 1, np.int32)  # from the left of the text on
        first = _name(by, text, context, names[1:])
        yield Grams(order, names[1:], first, context[first])
        context = names[:-1]
        del first, names
        by = by[by < len(text) - 1]
        by += 1


def _by_character(by: Array, text: Ids) -> Array:
    """The places `by` in order of their characters, and of equal ones in the order that they have.

    In blocks, since argsort takes eight bytes for each: what one block has of a character stands
    behind what the blocks before it have.
    """
    blocks = [by[start : start + _BLOCK] for start in range(0, len(by), _BLOCK)]
    V = int(text.max(initial=0)) + 1
    counts = [np.bincount(text[block], minlength=V) for block in blocks]
    total = np.sum(counts, axis=0, dtype=np.intp)
    begin, result = np.cumsum(total) - total, np.empty_like(by)
    for block, count in zip(blocks, counts, strict=True):
        characters = text[block]
        order = np.argsort(characters, kind="stable")
        place = np.arange(len(block))
        place += (begin - np.cumsum(count) + count)[characters[order]]
        result[place] = block[order]
        begin += count
    return result


def _name(by: Array, text: Ids, context: Array, names: Array) -> Array:
    """Number the n-grams that end at the places `by`, where equal ones follow each other, in
    `names`. Returns where each of them ends for the first time: the places keep their order."""
    firsts, count = [by[:0]], 0
    for start in range(0, len(by), _BLOCK):
        block, places = by[start : start + _BLOCK], by[max(start - 1, 0) : start + _BLOCK]
        new = _changes(text[places]) | _changes(context[places])
        if start == 0:
            new = np.append(True, new)
        names[block] = np.cumsum(new) + (count - 1)
        firsts.append(block[new])
        count += len(firsts[-1])
    return np.concatenate(firsts)


def _changes(row: Array) -> Array:
    """Where in (N,) a number differs from the one before it, (N - 1,)."""
    changes: Array = row[1:] != row[:-1]
    return changes


def occurrences(grams: Grams, border: int) -> Array:
    """How often each n-gram (G,) occurs in text[:border]. In blocks: bincount copies to int64."""
    counts = np.zeros(len(grams.first), np.int32)
    for start in range(grams.order - 1, border, 4 * _BLOCK):
        places = grams.gram[start : min(start + 4 * _BLOCK, border)]
        counts += np.bincount(places, minlength=len(counts)).astype(np.int32)
    return counts


def different_before(shorter: Grams, longer: Grams, border: int) -> Array:
    """For each of the `shorter` n-grams (G,), how many different characters stand before it in
    text[:border]; the `longer` ones are by one character."""
    counted = longer.first[longer.first < border]
    counts = np.bincount(shorter.gram[counted], minlength=len(shorter.first)).astype(np.int32)
    if border >= shorter.order:
        counts[shorter.gram[shorter.order - 1]] += 1  # it begins the text
    return counts


def counted(text: Ids, order: int, progress: Progress = silent) -> Iterator[tuple[Grams, Array]]:
    """The n-grams of a text for n from 1 to `order`, each length with the counts n(hc) of the
    n-grams (G,) of a model of that order."""
    shorter: Grams | None = None
    for grams in numbered(text, order, progress):
        if shorter:
            yield shorter, different_before(shorter, grams, len(text))
        shorter = grams
    if shorter:
        yield shorter, occurrences(shorter, len(text))
