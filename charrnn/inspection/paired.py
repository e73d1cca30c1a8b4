"""How far two models differ on one text, which is known better than how good either of them is.

A place that is hard is hard for both. So differences are taken place by place (losses) or block by
block (what context is worth), and their standard error is that of these differences. A model is
said to be better only where the difference is beyond its limit of 95 %.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from charrnn.inspection.context import Context
from charrnn.inspection.standard_errors import blocks_for, standard_error, two_sided
from charrnn.inspection.surprisal import Surprisal


@dataclass(frozen=True)
class Difference:
    """A loss minus that of the first model, in bits per character, with its standard error, and
    "better", "worse", or "as good" where the limits of 95 % hold 0."""

    bits: float
    standard_error: float
    verdict: str


@dataclass(frozen=True)
class ContextDifference:
    """The excess for each k of `visible` that both have, minus that of the first model; the limits
    hold for all k at the same time."""

    visible: tuple[int, ...]
    excess: tuple[Difference, ...]


def differences(reports: Sequence[Any]) -> list[Difference | ContextDifference | None]:
    """Of each report but the first to the first, of views that have places in common."""
    first, *others = reports
    return [difference(first, other) for other in others]


def difference(first: Any, other: Any) -> Difference | ContextDifference | None:
    match first, other:
        case Surprisal(), Surprisal():
            return of_losses(first, other)
        case Context(), Context() if first.block_excess.shape[0] == other.block_excess.shape[0]:
            return of_context(first, other)
    return None


def of_losses(first: Surprisal, other: Surprisal) -> Difference:
    bits = (other.per_character - first.per_character) / math.log(2)
    bits = bits[np.isfinite(bits)]
    blocks = blocks_for(len(bits))
    error = float(standard_error(bits, blocks))
    return judged(float(bits.mean()), error, two_sided(blocks))


def of_context(first: Context, other: Context) -> ContextDifference:
    """From the means of the same blocks, or of as many."""
    common = [k for k in first.visible if k in other.visible]
    at, at_first = ([r.visible.index(k) for k in common] for r in (other, first))
    means = other.excess[at] - first.excess[at_first]
    apart = other.block_excess[:, at] - first.block_excess[:, at_first]  # (B, k)
    errors = standard_error(apart.T, first.blocks)
    pairs = zip(means.tolist(), errors.tolist(), strict=True)
    limits = two_sided(first.blocks, len(common))
    return ContextDifference(tuple(common), tuple(judged(m, e, limits) for m, e in pairs))


def judged(bits: float, error: float, limits: float) -> Difference:
    """`limits` are those of 95 %, in standard errors."""
    if not abs(bits) > limits * error:  # nor where the text is too short to have an error
        return Difference(bits, error, "as good")
    return Difference(bits, error, "better" if bits < 0 else "worse")
