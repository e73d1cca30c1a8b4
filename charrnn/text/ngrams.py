"""What counting achieves: the held-out losses that a recurrent network has to beat.

Two models without any learning: the unigram (how often each character occurs, whatever stands
before it) and the n-gram (what followed the last n - 1 characters, each time they occurred). All
texts are 1-d arrays of character indices below `vocabulary_size`; all losses are mean negative
log-likelihoods in nats per character. Nothing here knows a network, a file or a string.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from charrnn.progress import Progress, silent

Ids = NDArray[np.integer[Any]]

# Bounds memory and time: so much of the training text is counted, and of the held-out predicted.
COUNTED, PREDICTED = 8_000_000, 2_000_000


@dataclass(frozen=True)
class Baselines:
    """Losses in nats per character on the held-out text; `order` is n, 5 = four of context. How
    many characters were counted, and how many predicted; 0 in a file that does not say it."""

    unigram: float
    ngram: float
    order: int
    counted: int = 0
    predicted: int = 0


def unigram_counts(ids: Ids, vocabulary_size: int) -> NDArray[np.int64]:
    """How often each character occurs, (V,). In blocks: bincount would copy `ids` to int64."""
    counts = np.zeros(vocabulary_size, np.int64)
    for start in range(0, len(ids), 1 << 20):
        counts += np.bincount(ids[start : start + (1 << 20)], minlength=vocabulary_size)
    return counts


def baselines(
    train_ids: Ids,
    held_out_ids: Ids,
    vocabulary_size: int,
    max_order: int = 8,
    progress: Progress = silent,
) -> Baselines:
    """The unigram and the best n-gram on the held-out text, counted on the training text.

    The order is chosen on the training text alone: the one that best predicts its last tenth from
    the rest. That order is then counted again on the whole training text. Every held-out character
    counts once, the first ones with the end of the training text as their context.

    Only the last 8 million characters of the training text are counted, and only the first
    2 million of the held-out text are predicted. `progress` is told of every order. Raises
    ValueError if either text is empty.
    """
    if not len(train_ids) or not len(held_out_ids):
        raise ValueError("the training text and the held-out text need at least one character each")
    train_ids, held_out_ids = train_ids[-COUNTED:], held_out_ids[:PREDICTED]
    text, border = np.concatenate([train_ids, held_out_ids]), len(train_ids)
    spans = [(border - max(border // 10, 1), border), (border, len(text))]
    choice, losses = ngram_losses(text, spans, vocabulary_size, max_order, progress)
    best = int(np.argmin(choice))  # of equals the shortest
    return Baselines(losses[0], losses[best], best + 1, border, len(held_out_ids))


def ngram_losses(
    text: Ids,
    spans: list[tuple[int, int]],
    vocabulary_size: int,
    max_order: int,
    progress: Progress = silent,
) -> list[list[float]]:
    """For each span (a, b) the losses by order on text[a:b] of the models counted on text[:a]:
    those of the interpolated Witten-Bell n-grams; element n - 1 is the n-gram's.

        p(c | h) = (count(hc) + T(h) p(c | h')) / (count(h) + T(h))

    T(h) is the number of different characters seen after h, and h' is h without its oldest
    character. Below the empty h stands the uniform 1 / V; an h never seen leaves p(c | h').

    Witten & Bell (1991), The zero-frequency problem, method C; interpolated as in Chen & Goodman
    (1999), An empirical study of smoothing techniques for language modeling.

    Counting is sorting. Number the different n-grams of the whole text, so that `gram[i]` names
    the one that ends at i: then `gram[i - 1]` is the context of i for the next order, and every
    count is a bincount of names. The numbers follow from one sort per order, a radix sort by the
    last character, because the positions are already in the order of their contexts.
    """
    probability = [np.full(b - a, 1.0 / vocabulary_size) for a, b in spans]
    losses: list[list[float]] = [[] for _ in spans]
    context = np.zeros(len(text), np.int32)  # the empty one for all
    by = np.arange(len(text), dtype=np.int32)  # positions with a whole context, in its order
    for first in range(max_order):  # the first of them, and the length of the contexts
        progress("counting n-grams", first, max_order)
        by = by[np.argsort(text[by], kind="stable")]
        new = np.ones(len(by), np.bool_)
        new[1:] = (np.diff(text[by]) != 0) | (np.diff(context[by]) != 0)
        gram = np.zeros(len(text), np.int32)
        gram[by] = np.cumsum(new, dtype=np.int32) - 1
        context_of = context[by[new]]  # the context of each gram
        for (a, b), p, found in zip(spans, probability, losses, strict=True):
            _refine(p, gram[first:b], context[first:b], context_of, max(a - first, 0))
            found.append(float(np.log(1 / p).mean()))
        context[1:] = gram[:-1]
        del gram, new, context_of  # make room for the sort
        by = by[by < len(text) - 1] + 1
    return losses


def _refine(
    probability: NDArray[np.float64],
    gram: NDArray[np.int32],
    context: NDArray[np.int32],
    context_of: NDArray[np.int32],
    border: int,
) -> None:
    """Turn p(c | h') into p(c | h), in place, from `border` on; what lies before it is counted."""
    size = int(context_of.max(initial=0)) + 1
    count_hc = np.bincount(gram[:border], minlength=len(context_of)).astype(np.int32)
    count_h = np.bincount(context[:border], minlength=size).astype(np.int32)
    types_h = np.bincount(context_of[count_hc > 0], minlength=size).astype(np.int32)
    h, hc = context[border:], gram[border:]
    p = probability[len(probability) - len(h) :]  # all, unless the text before is shorter than h
    count, types = count_h[h], types_h[h]
    np.divide(count_hc[hc] + types * p, count + types, out=p, where=count > 0)
