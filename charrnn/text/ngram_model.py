"""The n-grams of a text as a model that a file can carry: for every context what followed it.

They are a trie. An n-gram's node is a child of its first n - 1 characters, and the nodes lie in
order of their length, of their context, and of their last character, so that the children of all
nodes follow each other as their parents do. Of the single characters all V are there.

Most nodes have a small count and few children: both stand in one byte, and a 15 in either half
means the next number of a list. Where all would take too much room, those of the longer n-grams
that occur once are left out: they are the most, and tell the least about other texts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from charrnn.arrays import Array
from charrnn.progress import Progress, silent
from charrnn.text.kneser_ney import discounts
from charrnn.text.numbering import Ids, counted, occurrences

#: Bytes of a model: for each character of the text, and in all.
BYTES_PER_CHARACTER, MOST_BYTES = 4, 30_000_000
#: And for each node, beside its character: the byte with both numbers, and its share of the lists.
_BYTES_PER_NODE = 1.12
#: What half a byte says of a number that stands in a list.
LISTED = 15


@dataclass(frozen=True, eq=False)
class NGrams:
    """Counts of a text, to be smoothed as `kneser_ney` says. What was left out of a context goes to
    shorter ones, like what the discounts take.

    discounts   (order, 3) float64: D of counts of 1, 2 and more, for each length
    characters  (M,) uint8 or uint16: the last one of all nodes but the V single characters
    numbers     (V + M,) uint8: 16 times how many children a node has, and its n
    counts      uint32: the n of those that have 15 or more
    children    uint8 or uint16: how many children, of those that have 15 or more
    left_out    uint8 or uint16: how many children were left out, each with n = 1, of those nodes
                that have others, and `whole` characters or more
    whole       of n-grams up to this length none was left out
    """

    discounts: Array
    characters: Array
    numbers: Array
    counts: Array
    children: Array
    left_out: Array
    whole: int

    @property
    def order(self) -> int:
        return len(self.discounts)

    @property
    def vocabulary_size(self) -> int:
        return len(self.numbers) - len(self.characters)

    @property
    def nbytes(self) -> int:
        return sum(array.nbytes for array in vars(self).values() if isinstance(array, np.ndarray))

    def unpacked(self) -> tuple[Array, Array]:
        """Of each node its n and its number of children."""
        n = (self.numbers & 15).astype(np.uint32)
        n[n == LISTED] = self.counts
        children = (self.numbers >> 4).astype(self.children.dtype)
        children[children == LISTED] = self.children
        return n, children

    def lengths(self, children: Array) -> list[int]:
        """How many nodes there are of each length from 1 to `order`, if the nodes have so many
        `children`."""
        sizes, begin = [self.vocabulary_size], 0
        while len(sizes) < self.order:
            family = children[begin : begin + sizes[-1]]
            begin += sizes[-1]
            sizes.append(int(family.sum()))
        return sizes

    def missing(self, children: Array) -> Array:
        """How many children of each node were left out, beside these."""
        left_out = np.zeros_like(children)
        longer = sum(self.lengths(children)[: self.whole - 1])
        left_out[longer:][children[longer:] > 0] = self.left_out
        return left_out


def fitting(
    sizes: Sequence[tuple[int, int]], characters: int, vocabulary_size: int
) -> tuple[int, int]:
    """The order and the greatest `whole` with which the n-grams of so many characters of text are
    as small as they have to be. `sizes` are, for each length, how many n-grams there are, and how
    many of them occur twice."""
    order, every, twice = len(sizes), *map(list, zip(*sizes, strict=True))
    most_bytes = min(BYTES_PER_CHARACTER * characters, MOST_BYTES)
    width = np.min_scalar_type(vocabulary_size - 1).itemsize
    room = most_bytes / (_BYTES_PER_NODE + width) - vocabulary_size  # for so many nodes
    for whole in range(order - 1, 1, -1):  # that the longest occur once says hardly anything
        if sum(every[1:whole]) + sum(twice[whole:]) <= room:
            return order, whole
    while order > 1 and sum(twice[1:order]) > room:
        order -= 1
    return order, 1


def count(
    text: Ids, order: int, vocabulary_size: int, whole: int, progress: Progress = silent
) -> NGrams:
    """Count the n-grams of `text` up to n = `order`, and of those longer than `whole` characters
    keep the ones that occur twice."""
    V, small = vocabulary_size, np.min_scalar_type(vocabulary_size)
    D, counts, characters, children, left_out = [], [], [text[:0]], [], [np.zeros(0, small)]
    rank = np.zeros(1, np.intp)  # of each (n-1)-gram among the nodes of its length
    for grams, n in counted(text, order, progress):
        D.append(discounts(n)[1:])
        last = text[grams.first]
        if grams.order == 1:
            counts.append(np.zeros(V, np.uint32))
            counts[0][last] = n
            rank = last.astype(np.intp)
            continue
        # What occurs twice has a context that does: the contexts of all that are kept are kept.
        keep = np.ones(len(n), np.bool_)
        if grams.order > whole:
            keep = occurrences(grams, len(text)) > 1
        parent, parents = rank[grams.context_of], len(counts[-1])
        kept = np.flatnonzero(keep)
        # Those of one context are in order of their last character already.
        kept = kept[np.argsort(parent[kept], kind="stable")]
        families = np.bincount(parent[kept], minlength=parents)
        if grams.order > whole:
            left = np.bincount(parent[~keep & (parent >= 0)], minlength=parents)
            left_out.append(left[families > 0].astype(small))
        counts.append(n[kept].astype(np.uint32))
        characters.append(last[kept])
        children.append(families)
        rank = np.full(len(n), -1, np.intp)
        rank[kept] = np.arange(len(kept))
    children.append(np.zeros(len(counts[-1]), np.intp))
    n, families = np.concatenate(counts), np.concatenate(children)
    numbers = np.minimum(n, LISTED) + 16 * np.minimum(families, LISTED)
    return NGrams(
        np.array(D),
        np.concatenate(characters),
        numbers.astype(np.uint8),
        n[n >= LISTED],
        families[families >= LISTED].astype(small),
        np.concatenate(left_out),
        whole,
    )
