"""The behavioural twin of the gradients: how well the model predicts from the last k characters.

The state is reset k characters back, so nothing older can help. Gradients may reach far and be of
no use; a loss that still falls when more is visible is memory that is used. The difference to the
full context is taken at the same places, which removes most of the noise. The windows begin at
neighbouring characters, in a few blocks, so that all k are measured at nearly the same places.

After Khandelwal et al. (2018), Sharp nearby, fuzzy far away, arXiv 1805.04623.
"""

import math
from dataclasses import dataclass

import numpy as np

from charrnn.arrays import Array
from charrnn.inspection.surprisal import read
from charrnn.inspection.windows import batches, cut
from charrnn.network import numerics as ops
from charrnn.network.model import CharModel

USEFUL_BITS = 0.01
POINTS = 14
BLOCKS = 4


@dataclass(frozen=True, eq=False)
class Context:
    """One value for each of `visible` = k characters, in bits per character.

    excess          loss with k visible minus loss with all, at the same places
    standard_error  of the excess, from its spread over the places
    bits            the loss with all characters visible plus the excess
    full            the loss with all characters visible, over the whole text
    useful          the smallest k whose excess is below 0.01 bit, of all k and not only of those
                    in `visible`; None if there is none
    """

    windows: int
    visible: tuple[int, ...]
    bits: Array
    excess: Array
    standard_error: Array
    full: float
    useful: int | None
    burn_in: int = 0  # what is older than the visible characters is forgotten: a zero state


def context(model: CharModel, ids: Array, *, most: int, windows: int) -> Context:
    """Measure on a text (n,) with up to `most` visible characters. Raises CorpusError if the text
    is too short."""
    starts = block_starts(ids, most, windows, model.boundary)
    columns = ids[np.arange(most + 1)[:, None] + starts]
    full = read(model, ids).nats
    rounds = [reset_losses(model, part) for part in batches(model, columns, most)]
    excess = np.concatenate(rounds, axis=1) - full[np.arange(most)[:, None] + starts]
    excess /= math.log(2)
    visible = spread(most)
    bits = np.array([excess[k - 1].mean() for k in visible])
    errors = [excess[k - 1].std() / math.sqrt(len(starts)) for k in visible]
    whole = float(full.mean()) / math.log(2)
    enough = np.flatnonzero(excess.mean(axis=1) < USEFUL_BITS)
    return Context(
        windows=columns.shape[1],
        visible=tuple(visible),
        bits=whole + bits,
        excess=bits,
        standard_error=np.array(errors),
        full=whole,
        useful=int(enough[0]) + 1 if len(enough) else None,
    )


def block_starts(ids: Array, most: int, windows: int, boundary: int | None) -> Array:
    """First characters of windows of `most` steps: `BLOCKS` runs of neighbours over the text, or
    over those places of it from which so many characters are of one unit."""
    places = np.arange(len(ids) - most)
    if boundary is not None:
        ends = np.append(np.flatnonzero(ids == boundary), len(ids) - 1)
        places = places[ends[np.searchsorted(ends, places, side="right")] - places >= most]
    size = -(-windows // BLOCKS)
    block = cut(np.arange(len(places) + most), steps=most, windows=BLOCKS, burn_in=0)[0]
    starts: Array = np.unique(block[:, None] + np.arange(size))
    starts = starts[starts < len(places)]
    return starts


def reset_losses(model: CharModel, columns: Array) -> Array:
    """Losses (K, N) of windows (K + 1, N) read from a zero state: row k - 1 has k visible."""
    tape = model.tape(len(columns) - 1, columns.shape[1])
    logits, _ = model.forward(columns[:-1], model.zero_state(columns.shape[1]), tape)
    return ops.negative_log_likelihood(logits, columns[1:].reshape(-1)).reshape(tape.steps, -1)


def spread(most: int) -> list[int]:
    """About `POINTS` values of k from 1 to `most`, evenly on a log scale."""
    return sorted({round(most ** (i / (POINTS - 1))) for i in range(POINTS)})
