"""The behavioural twin of the gradients: how well the model predicts from the last k characters.

What is older is taken away: the state k characters back is zero, or that of another place of the
text. Gradients may reach far and be of no use; a loss that still falls when more is visible is
memory that is used. Losses are compared with those of the full context at the same places, which
removes most of the noise, and the places are spread over the text.

After Khandelwal et al. (2018), Sharp nearby, fuzzy far away, arXiv 1805.04623.
"""

import math
from dataclasses import dataclass

import numpy as np

from charrnn.arrays import Array
from charrnn.inspection.report import Report
from charrnn.inspection.standard_errors import (
    block_means,
    blocks_for,
    number_of,
    standard_error,
    two_sided,
)
from charrnn.inspection.surprisal import read
from charrnn.inspection.windows import batches, cut, warm_state
from charrnn.network import numerics as ops
from charrnn.network.model import CharModel

USEFUL_BITS = 0.01
CHANGED_BITS = 0.1
POINTS = 14
WARM_UP = 128  # characters that a state of another place has read


@dataclass(frozen=True, eq=False)
class Excess:
    """What it costs, in bits per character, that only the last k characters are true: a value for
    each of `Context.visible`, from one kind of state k characters back.

    excess          loss with k visible minus loss with all, at the same places, on average
    standard_error  of the excess, from `blocks` of the text
    changed         share of the places whose loss changes by more than 0.1 bit
    stays_below     the smallest k from which on the excess is below 0.01 bit, of all k and not
                    only of those in `visible`; None if there is none
    between         that k with the limits of 95 % in place of the excess, lower and upper
    block_excess    means (B, len(visible)) of the blocks; those of `Context.elsewhere` are of pairs
                    of blocks that lend each other their states
    """

    excess: Array
    standard_error: Array
    changed: Array
    stays_below: int | None
    between: tuple[int | None, int | None]
    blocks: int
    block_excess: Array


@dataclass(frozen=True, eq=False, repr=False)
class Context(Report, Excess):
    """The excess from a zero state, and around it:

    bits        the loss with all characters visible plus the excess
    full        the loss with all characters visible, over the whole text, with its error
    useful      the smallest k whose excess is below 0.01 bit, of all k; noise makes it too small
    elsewhere   the excess from the states of other places, which have read `warm_up` characters
    """

    windows: int
    visible: tuple[int, ...]
    bits: Array
    full: float
    full_error: float
    useful: int | None
    elsewhere: Excess
    warm_up: int
    burn_in: int = 0  # what is older than the visible characters is forgotten: a zero state


def context(model: CharModel, ids: Array, *, most: int, windows: int) -> Context:
    """Measure on a text (n,) with up to `most` visible characters. Raises CorpusError if the text
    is too short."""
    cut(ids, steps=most, windows=1, burn_in=0, boundary=model.boundary)  # is it long enough?
    rng = np.random.default_rng(0)
    starts = spread_starts(ids, most, windows, model.boundary, rng)
    full = read(model, ids).nats
    here = full[np.arange(most)[:, None] + starts]
    burn_in = min(WARM_UP, len(ids) // 4)
    pairs, visible = blocks_for(len(ids), len(starts)) // 2, spread(most)
    block = number_of(len(starts), max(2 * pairs, 1))
    donors = burn_in + opposite(block, len(ids) - burn_in, rng)
    own, before = places(starts, 0, most + 1), places(donors, -burn_in, 0)
    zero = visible_losses(model, ids[own], most) - here
    other = visible_losses(model, ids[np.concatenate([before, own])], most) - here
    found = excess_of(zero / math.log(2), visible, 2 * pairs)
    paired = np.argsort(block % max(pairs, 1), kind="stable")
    whole = float(full.mean()) / math.log(2)
    below = np.flatnonzero(zero.mean(axis=1) < USEFUL_BITS * math.log(2))
    return Context(
        **vars(found),
        windows=len(starts),
        visible=tuple(visible),
        bits=whole + found.excess,
        full=whole,
        full_error=float(standard_error(full, blocks_for(len(ids)))) / math.log(2),
        useful=int(below[0]) + 1 if len(below) else None,
        elsewhere=excess_of(other[:, paired] / math.log(2), visible, pairs),
        warm_up=burn_in,
    )


def excess_of(bits: Array, visible: list[int], blocks: int) -> Excess:
    """Condense the excesses (K, W) of windows in the order of their blocks."""
    mean, error = bits.mean(axis=1), standard_error(bits, blocks)
    rows = np.array(visible) - 1
    margin = np.nan_to_num(two_sided(blocks) * error, nan=np.inf)  # no error: anything may be so
    return Excess(
        excess=mean[rows],
        standard_error=error[rows],
        changed=(np.abs(bits[rows]) > CHANGED_BITS).mean(axis=1),
        stays_below=stays_below(mean),
        between=(stays_below(mean - margin), stays_below(mean + margin)),
        blocks=blocks,
        block_excess=block_means(bits[rows], max(blocks, 1)).T,
    )


def stays_below(excess: Array) -> int | None:
    """The smallest k from which on `excess` (K,), of k = 1, 2, ..., is below 0.01 bit."""
    above = np.flatnonzero(~(excess < USEFUL_BITS))
    last = int(above[-1]) + 1 if len(above) else 0
    return last + 1 if last < len(excess) else None


def spread_starts(
    ids: Array, most: int, windows: int, boundary: int | None, rng: np.random.Generator
) -> Array:
    """First characters of windows of `most` steps, in order: one at random in each of equal parts
    of the text, so that no rhythm of it can coincide with theirs; where the text is made of units,
    of those of its places from which so many characters are of one unit."""
    possible = np.arange(len(ids) - most)
    if boundary is not None:
        ends = np.append(np.flatnonzero(ids == boundary), len(ids) - 1)
        possible = possible[ends[np.searchsorted(ends, possible, side="right")] - possible >= most]
    count = min(windows, len(possible))
    edges = np.arange(count + 1) * len(possible) // count
    chosen = edges[:-1] + (rng.random(count) * np.diff(edges)).astype(np.intp)
    starts: Array = possible[chosen]
    return starts


def opposite(block: Array, length: int, rng: np.random.Generator) -> Array:
    """A random place below `length` for each window, within the part of the text that is half the
    text away from its `block` (W,). So two blocks lend each other their states, and what is special
    about either is in the differences between such pairs, from which the error is taken."""
    parts = int(block[-1]) + 1
    part = (block + parts // 2) % parts
    drawn: Array = ((part + rng.random(len(block))) * length / parts).astype(np.intp)
    return drawn


def places(starts: Array, first: int, end: int) -> Array:
    """The places from `first` up to `end` around each start, (end - first, W)."""
    around: Array = np.arange(first, end)[:, None] + starts
    return around


def visible_losses(model: CharModel, columns: Array, most: int) -> Array:
    """Losses (K, W) of the last K + 1 characters of columns: row k - 1 has k visible. Those above
    them are read first, from a zero state."""
    parts = [losses(model, part, len(columns) - most - 1) for part in batches(model, columns, most)]
    return np.concatenate(parts, axis=1)


def losses(model: CharModel, columns: Array, burn_in: int) -> Array:
    state, columns = warm_state(model, columns[:burn_in]), columns[burn_in:]
    tape = model.tape(len(columns) - 1, columns.shape[1])
    logits, _ = model.forward(columns[:-1], state, tape)
    return ops.negative_log_likelihood(logits, columns[1:].reshape(-1)).reshape(tape.steps, -1)


def spread(most: int) -> list[int]:
    """About `POINTS` values of k from 1 to `most`, evenly on a log scale."""
    return sorted({round(most ** (i / (POINTS - 1))) for i in range(POINTS)})
