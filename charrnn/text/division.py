"""What of a text is learnt, and what is held out to measure by.

Of a running text the end is held out, as it stands, or blocks from all of it (see `spread`).
Independent units are held out whole and at random, for the end of a list is often unlike the rest.
"""

from dataclasses import dataclass

import numpy as np

from charrnn.arrays import Array
from charrnn.errors import CorpusError, UsageError
from charrnn.text import spread
from charrnn.text.passages import Passages, passages, whole

MINIMUM_TRAINING = 10  # characters that are left to learn
#: A text of fewer characters is learnt whole. To hold a tenth out of 4,000 stops training after a
#: quarter of the passes and flattens the distribution: right for new text, but of the letters of
#: samples at temperature 0.8 only 0.21 to 0.33 are in words of the language, and 0.39 to 0.51 with
#: nothing held out. At 8,000 and 16,000 the two are level (docs/sampling.md).
FEW = 8_000
#: So is a short list of fewer units. Of 100 names with a tenth held out 0.90 of samples look like
#: names, and 0.99 with nothing, nearly all of them copies; of 200 and 395 it is 0.97 and 0.98, few
#: of them copies, and nothing is gained by learning all.
FEW_UNITS = 200
_TOGETHER = 1 << 20  # characters whose places are computed at once


@dataclass(frozen=True, eq=False)
class Division:
    """training  what is learnt; of units in an order drawn at random, each with its boundary
    held_out  what is measured, each character from what stands before it in its text; it may be
              nothing
    units     how many units are learnt and how many are held out, if there are any

    Of a running text nothing is copied.
    """

    training: Passages
    held_out: Passages
    units: tuple[int, int] | None = None


def is_short(characters: int, units: int | None = None) -> bool:
    """Is a text, of so many units if it is made of any, so short that it is learnt whole?"""
    return characters < FEW and (units is None or units < FEW_UNITS)


def usual_share(short: bool) -> float:
    """The share of a text that is held out, if the user has not said it."""
    return 0.0 if short else 0.1


def divide(
    ids: Array,
    validation: float,
    boundary: int | None = None,
    seed: int = 0,
    held_out: str = "tail",
    starts: Array | None = None,
) -> Division:
    """Hold out the share `validation` of a text (N,); zero holds nothing out. Of a running text
    int(N * (1 - validation)) characters are learnt: the first ones, or if `held_out` is "spread"
    those between the blocks, of which every file that begins at one of the `starts` has its share.
    Of units, which end with the character `boundary`, the `seed` decides which are.

    Raises UsageError for a share outside 0 <= validation < 1 and CorpusError if either part would
    be too short.
    """
    if not 0 <= validation < 1:
        raise UsageError(
            f"a validation share of {validation} is impossible",
            "Give a share from 0 to below 1, such as --validation 0.1",
        )
    if boundary is None:
        return _running(ids, validation, held_out == "spread", starts)
    return _of_units(ids, boundary, validation, seed)


def _running(ids: Array, validation: float, spread_out: bool, starts: Array | None) -> Division:
    n = int(len(ids) * (1 - validation))
    if n < MINIMUM_TRAINING:
        raise _too_little(validation, n, len(ids))
    if validation and n == len(ids):
        raise CorpusError(
            f"a validation share of {validation} of {len(ids):,} characters holds none out",
            "Give a larger --validation, or 0 to hold nothing out on purpose.",
        )
    if validation and spread_out:
        blocks = spread.blocks(len(ids), len(ids) - n, starts)
        return Division(Passages(ids, spread.between(len(ids), blocks)), Passages(ids, blocks))
    return Division(passages(ids, (0, n)), whole(ids[n - 1 :]))


def _of_units(ids: Array, boundary: int, validation: float, seed: int) -> Division:
    starts, lengths = spans(ids, boundary)
    order = np.random.default_rng((seed, 0)).permutation(len(starts))
    most = validation * len(ids)
    # As many as fit into the share, one at least if any is wanted.
    count = int((lengths[order].cumsum() <= most).sum()) or bool(validation)
    learnt = arranged(ids, starts, lengths, order[count:])
    if len(learnt) < MINIMUM_TRAINING:
        raise _too_little(validation, len(learnt), len(ids))
    out = arranged(ids, starts, lengths, order[:count])
    begun = np.concatenate([np.array([boundary], ids.dtype), out])
    learning = passages(learnt, (0, len(learnt)))
    return Division(learning, whole(begun), (len(starts) - count, count))


def spans(ids: Array, boundary: int) -> tuple[Array, Array]:
    """Where each unit of `ids` (N,) starts, and how long it is with the boundary that ends it."""
    ends = np.flatnonzero(ids == boundary) + 1
    starts = np.concatenate([[0], ends])[: len(ends)]
    return starts, ends - starts


def arranged(ids: Array, starts: Array, lengths: Array, order: Array) -> Array:
    """The units of `ids` in this order, one after the other."""
    starts, lengths = starts[order], lengths[order]
    ends = lengths.cumsum()
    result = np.empty(int(ends[-1]) if len(ends) else 0, ids.dtype)
    first, done = 0, 0
    while first < len(order):  # some units at a time, for their places need eight bytes each
        last = max(int(np.searchsorted(ends, done + _TOGETHER, side="right")), first + 1)
        shift = starts[first:last] - (ends[first:last] - lengths[first:last])
        places = np.arange(done, ends[last - 1]) + np.repeat(shift, lengths[first:last])
        result[done : ends[last - 1]] = ids[places]
        first, done = last, int(ends[last - 1])
    return result


def _too_little(validation: float, left: int, whole: int) -> CorpusError:
    return CorpusError(
        f"a validation share of {validation} leaves {left:,} of {whole:,} characters to learn"
        f" from, and {MINIMUM_TRAINING} are needed",
        "Give a smaller --validation, or more text.",
    )
