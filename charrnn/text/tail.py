"""Is the end of a text, by which a model is chosen and judged, like the rest of it?

Pairs of characters tell: counted on the rest, how well do they predict the end, and how well blocks
of the rest that were not counted? Only a sample of a large text is looked at.
"""

import numpy as np

from charrnn.arrays import Array
from charrnn.errors import CorpusError
from charrnn.text import kneser_ney, spread
from charrnn.text.passages import Passages, passages

#: Nats per character. Of 39 plays, manuals, stories and programs of 14 thousand to 1.3 million
#: characters the two losses differ by 0.07 on the average and by 0.23 at most; of texts with an
#: appendix of another kind, of unlike ones in a row and of sorted words by 0.3 to 3.5.
UNLIKE = 0.3
COUNTED, PREDICTED = 400_000, 40_000  # characters at most


def tail_note(ids: Array, held: int, vocabulary_size: int) -> str | None:
    """A line for a text (N,) whose last `held` characters are unlike the rest."""
    try:
        spread.blocks(len(ids), held)  # which is the advice
        end, blocks = losses(ids, held, vocabulary_size)
    except CorpusError:
        return None
    if abs(end - blocks) < UNLIKE:
        return None
    return (
        f"the end of the text, which is held out, is unlike the rest: counting pairs of characters"
        f" comes to {end:.2f} nats on it, to {blocks:.2f} on blocks of the rest; --held-out spread"
        f" holds out such blocks"
    )


def losses(ids: Array, held: int, vocabulary_size: int) -> tuple[float, float]:
    """Of pairs counted on the rest: in nats per character on the last `held` characters, and on
    blocks of the rest. Raises CorpusError if it is too short for them."""
    rest = ids[: len(ids) - held]
    blocks = spread.blocks(len(rest), held * len(rest) // len(ids))
    end = [
        (len(rest) + held * k // spread.BLOCKS, len(rest) + held * (k + 1) // spread.BLOCKS)
        for k in range(spread.BLOCKS)
    ]
    texts = [
        Passages(rest, spread.between(len(rest), blocks)).beginnings(COUNTED),
        Passages(rest, blocks).beginnings(PREDICTED),
        passages(ids, *end).beginnings(PREDICTED),
    ]
    edges = np.cumsum([len(text) for text in texts]).tolist()
    spans = [(edges[0], edges[1]), (edges[1], edges[2])]
    on_blocks, on_end = kneser_ney.losses(np.concatenate(texts), spans, vocabulary_size, 2)
    return on_end[-1], on_blocks[-1]
