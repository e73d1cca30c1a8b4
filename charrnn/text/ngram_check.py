"""What n-grams from a stranger's file have to be before anything relies on them."""

import numpy as np

from charrnn.text.ngram_model import LISTED, NGrams

#: A discount is larger: among a thousand million n-grams there would have to be but one that occurs
#: once. What longer contexts leave to shorter ones is then a number that logarithms have.
LEAST = 1e-9


def check(ngrams: NGrams) -> None:
    """Raise ValueError, which says why, unless these arrays, whose types are right, are such as
    `ngram_model.count` makes: a trie, with counts that leave shorter contexts something."""
    D, V = ngrams.discounts, ngrams.vocabulary_size
    # A comparison with a number that is none is False.
    _require(bool(((D > LEAST) & (D <= (1, 2, 3))).all()), "its discounts are not between 0 and n")
    _require(bool((D[:, 0] < 1).all()), "its discounts leave nothing of what occurs once")
    for numbers, name in ((ngrams.numbers & 15, "counts"), (ngrams.numbers >> 4, "children")):
        listed = getattr(ngrams, name)
        fits = len(listed) == int((numbers == LISTED).sum()) and not (listed < LISTED).any()
        _require(fits, f"its list of {name} is not that of its n-grams")
    n, children = ngrams.unpacked()
    sizes = ngrams.lengths(children)
    trie = sum(sizes) == len(n) and not children[len(n) - sizes[-1] :].any()
    _require(trie, "its n-grams are not children of shorter ones")
    _require(bool(n[:V].any() and n[V:].all()), "it counts n-grams that do not occur")
    longer = children[sum(sizes[: ngrams.whole - 1]) :]
    left_out = len(ngrams.left_out) == int((longer > 0).sum())
    _require(left_out, "what it left out is not of its contexts")
    last = ngrams.characters.astype(np.int64)
    _require(not (last >= V).any(), "its n-grams have characters that it does not know")
    first = np.zeros(len(last) + 1, np.bool_)  # of the children of a node
    first[np.cumsum(children) - children] = True
    ascending = (np.diff(last) > 0) | first[1:-1]
    _require(bool(ascending.all()), "its n-grams are not in ascending order")


def _require(so: bool, otherwise: str) -> None:
    if not so:
        raise ValueError(otherwise)
