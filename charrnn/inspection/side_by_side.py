"""Reads a text in several shares side by side, for measurements that go over all of it.

One reader would be exact and slow: a product with a single column cannot use the machine. So a long
text is cut into contiguous shares, and every reader but the first warms up its state on the
characters before its share. A state forgets, so little is lost (a test states a bound).
"""

import math
from collections.abc import Iterator

import numpy as np

from charrnn.arrays import Array
from charrnn.network.body import ModelTape
from charrnn.network.model import CharModel

STEPS = 64
LOGITS = 4_000_000  # at a time, so that a large alphabet needs no large memory


def readers_for(length: int, shortest_share: int, most: int) -> int:
    """As many readers as leave each at least `shortest_share` characters, but one at least."""
    return min(max(length // shortest_share, 1), most)


def chunks(
    model: CharModel, ids: Array, readers: int, warm_up: int
) -> Iterator[tuple[ModelTape, Array, Array]]:
    """Yield, chunk by chunk, the tape after `forward`, the positions in the text that were read
    (T, B), and which of them count (T, B): every position of the text (n,) once.

    The warm-up may be a few characters longer than asked for, since it is read in whole chunks.
    """
    share = math.ceil(len(ids) / readers)
    starts = np.arange(readers) * share
    steps = min(STEPS, share, max(1, LOGITS // (readers * model.vocabulary_size)))
    tape = model.tape(steps, readers)
    state = model.zero_state(readers)
    warming = math.ceil(warm_up / steps) if readers > 1 else 0
    reading = side_by_side(starts, share, len(ids), steps, steps * warming)
    for first, places, counted in reading:
        if first == 0:  # nothing precedes the first reader's share
            for array in state.values():
                array[..., 0] = 0
        _, state = model.forward(ids[places], state, tape)
        if first >= 0:
            yield tape, places, counted


def side_by_side(
    starts: Array, share: int, count: int, steps: int, warm_up: int
) -> Iterator[tuple[int, Array, Array]]:
    """The places that readers of one text read, each its contiguous share, in chunks of `steps`.

    Reader b begins `warm_up` places before `starts[b]` (B,), so that its state has forgotten where
    it began when its share comes. Yields for each chunk where it begins, counted from the starts;
    the places (T, B), moved into the text of `count` places; and which of them count (T, B): of all
    chunks every place of the text once.
    """
    for first in range(-warm_up, share, steps):
        offsets = np.arange(first, first + steps)[:, None]  # (T, 1)
        places = offsets + starts
        counted = (offsets >= 0) & (offsets < share) & (places < count)
        yield first, places.clip(0, count - 1), counted
