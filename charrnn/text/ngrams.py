"""What counting achieves: the held-out losses that a recurrent network has to beat.

Two models without any learning: the unigram (how often each character occurs, whatever stands
before it) and the n-gram (what followed the last n - 1 characters), both smoothed as `kneser_ney`
says. All texts are 1-d arrays of character indices below `vocabulary_size`; all losses are mean
negative log-likelihoods in nats per character. Nothing here knows a network, a file or a string.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from charrnn.progress import Progress, silent
from charrnn.text.kneser_ney import orders
from charrnn.text.ngram_model import fitting
from charrnn.text.numbering import Ids

# Bounds memory and time: so much of the training text is counted, and of the held-out predicted.
COUNTED, PREDICTED = 8_000_000, 2_000_000


@dataclass(frozen=True)
class Baselines:
    """Losses in nats per character on the held-out text; `order` is n, 8 = seven of context. How
    many characters were counted, and how many predicted; 0 in a file that does not say it. `sums`
    are those of the n-gram's losses over blocks of the held-out text, if it was cut into any."""

    unigram: float
    ngram: float
    order: int
    counted: int = 0
    predicted: int = 0
    sums: list[float] = field(default_factory=list)


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
    most: int = COUNTED,
    blocks: Sequence[int] = (),
    progress: Progress = silent,
) -> tuple[Baselines, tuple[int, int]]:
    """The unigram and the best n-gram on the held-out text, counted on the training text; and of
    what order and `whole`, as `ngram_model` names them, a file can carry n-grams: of the largest
    order, which is better beside a network also where a smaller one is better alone.

    The order is chosen on the training text alone: the one that best predicts its last tenth from
    the rest. That order is then counted again on the whole training text. Every held-out character
    counts once, the first ones with the end of the training text as their context.

    Only the last `most` characters of the training text are counted, and only the first 2 million
    of the held-out text are predicted; a longer one is not cut into `blocks`, which are lengths
    that add up to it. `progress` is told of every order. Raises ValueError if either text is empty.
    """
    if not len(train_ids) or not len(held_out_ids):
        raise ValueError("the training text and the held-out text need at least one character each")
    blocks = blocks if len(held_out_ids) == sum(blocks) <= PREDICTED else ()
    train_ids, held_out_ids = train_ids[-most:], held_out_ids[:PREDICTED]
    text, border = np.concatenate([train_ids, held_out_ids]), len(train_ids)
    spans = [(border - max(border // 10, 1), border), (border, len(text))]
    tried = list(orders(text, spans, vocabulary_size, max_order, blocks, progress))
    best = int(np.argmin([order.losses[0] for order in tried]))  # of equals the shortest
    (_, unigram), (_, ngram), sums = tried[0].losses, tried[best].losses, tried[best].sums
    beat = Baselines(unigram, ngram, best + 1, border, len(held_out_ids), sums)
    sizes = [(order.different, order.twice) for order in tried]
    return beat, fitting(sizes, border, vocabulary_size)
