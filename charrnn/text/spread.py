"""Where blocks are held out of a running text, so that together they are like all of it.

The text is cut into stretches, and the middle of each is held out: so blocks are at equal
distances, and neither the first nor the last characters are among them. A file that is large enough
has stretches of its own; smaller files share some with their neighbours.
"""

import math

import numpy as np

from charrnn.arrays import Array
from charrnn.errors import CorpusError

#: How many blocks there are. What stands beside a block is learnt, so that the shorter blocks are
#: the better they are known: in three texts of half a million characters the loss of 5-grams on 5,
#: 10 and 40 blocks was 0.03, 0.11 and 0.18 below that on other, longer parts of the same text, on
#: the end of it 0.23 above; its standard deviation with the choice of the text was 0.07, 0.05 and
#: 0.05, and 0.16. So there are ten, and more only if they are long.
BLOCKS, MOST_BLOCKS = 10, 64
SHORTEST, LONG = 500, 10_000  # characters
LARGEST = 0.5  # share that is advised


def blocks(length: int, held: int, starts: Array | None = None) -> Array:
    """The spans (S, 2) of the blocks, with `held` characters in all, of a text of so many. `starts`
    are the places where its files begin, if there are several.

    Raises CorpusError if there is too little for two blocks.
    """
    count = min(max(held // LONG, min(held // SHORTEST, BLOCKS)), MOST_BLOCKS)
    if count < 2:
        enough = math.ceil(200 * SHORTEST / length) / 100
        larger = f"--validation {enough:g}, " if enough <= LARGEST else ""
        raise CorpusError(
            f"--held-out spread takes blocks of at least {SHORTEST} characters from several places,"
            f" and {held:,} of {length:,} are to be held out",
            f"Give {larger}more text, or --held-out tail.",
        )
    # A file or group of files with at least so much has a block of its own.
    least = max(SHORTEST * length // held, length // MOST_BLOCKS)
    edges = [0]
    for group in np.diff(groups(length, least, starts)).tolist():
        stretches = max(min(round(group * count / length), group // least), 1)
        edges += [edges[-1] + group * (k + 1) // stretches for k in range(stretches)]
    return middles(np.array(edges), held)


def groups(length: int, least: int, starts: Array | None) -> Array:
    """The edges of groups of whole files, each group as long as `least` or longer."""
    edges = [0]
    for start in [] if starts is None else starts.tolist():
        if start - edges[-1] >= least:
            edges.append(start)
    if length - edges[-1] < least and len(edges) > 1:
        edges.pop()
    return np.array([*edges, length])


def middles(edges: Array, held: int) -> Array:
    """The middle of each stretch between two edges, in proportion, with `held` places in all."""
    lengths = np.diff(edges * held // edges[-1])
    begins = edges[:-1] + (np.diff(edges) - lengths) // 2
    return np.stack([begins, begins + lengths], axis=1).astype(np.intp)


def check_room(segments: Array, blocks: Array, sequence_length: int) -> None:
    """Raise CorpusError if a sequence and its successor are longer than what is learnt between two
    blocks, or than a block."""
    for what, spans in (("is learnt between two blocks", segments), ("is held out", blocks)):
        least = int((spans[:, 1] - spans[:, 0]).min())
        if least <= sequence_length:
            raise CorpusError(
                f"with --held-out spread a piece of {least:,} characters {what}, and a sequence"
                f" reads {sequence_length + 1:,}",
                "Give another --validation, a smaller --sequence-length, or --held-out tail.",
            )


def between(length: int, spans: Array) -> Array:
    """The spans of what is not in `spans`."""
    edges = np.concatenate([[0], spans.reshape(-1), [length]]).reshape(-1, 2)
    return edges[edges[:, 1] > edges[:, 0]].astype(np.intp)
