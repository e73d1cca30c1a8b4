"""From logits to the distribution that the next character is drawn from.

The filters, in the order in which they are applied, and the law of each:

    only, ban     what is not allowed has weight zero
    no-repeat     so has what would go on for long as the text went on before; see `repetition`
    temperature   w_i / w_j = exp((z_i - z_j) / T); at T = 0 the likeliest alone has any
    top-k         the k likeliest keep their weights, the others have none
    top-p         so do the fewest likeliest that together hold a share p of the sum
    min-p         so do those with at least min-p times the weight of the likeliest

Weights are proportional to probabilities; only `sampling.draw` needs their sum. Each filter takes
and returns weights (V,) or (V, B), one distribution a column, and leaves at least one. Of equally
likely characters the first counts as likelier.
"""

import math
import re
from dataclasses import dataclass

import numpy as np

from charrnn.arrays import Array
from charrnn.errors import UsageError
from charrnn.generation.repetition import NoRepeat
from charrnn.text.vocabulary import Vocabulary
from charrnn.visible import unescape, visible

#: Below this a temperature is 0: dividing logits by it could overflow, and nothing else is left.
_COLD = 1e-200


@dataclass(frozen=True, eq=False, kw_only=True)
class Filters:
    """The settings of all filters; None is off. Calling it shapes logits.

    temperature  0 or more          top_k  1 or more          allowed  (V,) bool
    top_p        above 0, up to 1   min_p  from 0 to 1
    no_repeat    needs the text: `sampling.steps` applies it, before this is called

    Raises UsageError for anything else.
    """

    temperature: float = 0.8
    top_k: int | None = None
    top_p: float | None = None
    min_p: float | None = None
    allowed: Array | None = None
    no_repeat: NoRepeat | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.temperature < math.inf:
            raise UsageError(
                f"a temperature of {self.temperature} is impossible",
                "Give 0 for the likeliest character, or a number such as 0.8.",
            )
        if self.top_k is not None and self.top_k < 1:
            raise UsageError(f"top-k {self.top_k} leaves nothing", "Give 1 or more.")
        if self.top_p is not None and not 0 < self.top_p <= 1:
            raise UsageError(f"top-p {self.top_p} is impossible", "Give a share such as 0.9.")
        if self.min_p is not None and not 0 <= self.min_p <= 1:
            raise UsageError(f"min-p {self.min_p} is impossible", "Give a share such as 0.05.")
        if self.allowed is not None and not self.allowed.any():
            raise UsageError(
                "the characters allowed leave nothing to choose from",
                "Allow at least one character that the model knows.",
            )

    def __call__(self, logits: Array) -> Array:
        """The weights (V, ...) to draw with, for logits (V, ...)."""
        if self.allowed is not None:
            logits = allow(logits, self.allowed)
        w = temper(logits, self.temperature)
        if self.top_k is not None:
            w = top_k(w, self.top_k)
        if self.top_p is not None:
            w = top_p(w, self.top_p)
        if self.min_p is not None:
            w = min_p(w, self.min_p)
        return w

    def writable(self, characters: str) -> str:
        """Those of the model's `characters` that are allowed."""
        if self.allowed is None:
            return characters
        return "".join(c for c, allowed in zip(characters, self.allowed, strict=True) if allowed)


def allow(logits: Array, allowed: Array) -> Array:
    """Logits (V, ...), minus infinity where `allowed` (V,) is False."""
    mask = allowed.reshape(-1, *[1] * (logits.ndim - 1))
    shaped: Array = np.where(mask, logits, -np.inf)
    return shaped


def temper(logits: Array, temperature: float) -> Array:
    """exp(z / T), scaled so that the likeliest has weight 1; at T = 0 it alone has any."""
    if temperature < _COLD:
        certain = np.zeros_like(logits)
        np.put_along_axis(certain, logits.argmax(axis=0)[None], 1.0, axis=0)
        return certain
    w: Array = logits - np.maximum.reduce(logits)
    w /= temperature
    return np.exp(w, out=w)


def top_k(w: Array, k: int) -> Array:
    """The k largest weights."""
    return _only(w, _descending(w)[:k])


def top_p(w: Array, share: float) -> Array:
    """The fewest of the largest weights whose sum is at least `share` of the whole."""
    order = _descending(w)
    weight = np.take_along_axis(w, order, axis=0)
    larger = np.cumsum(weight, axis=0) - weight  # the sum of all that come before
    enough = larger >= share * weight.sum(axis=0)
    enough[0] = False
    weight[enough] = 0
    result = np.empty_like(w)
    np.put_along_axis(result, order, weight, axis=0)
    return result


def min_p(w: Array, share: float) -> Array:
    """The weights of at least `share` times the largest."""
    return np.where(w >= share * w.max(axis=0), w, 0.0)


def _descending(w: Array) -> Array:
    """The order of the weights from the largest, the first of equals first."""
    return np.argsort(-w, axis=0, kind="stable")


def _only(w: Array, indices: Array) -> Array:
    """`w` with zeros outside the `indices` (K, ...) of each column."""
    result = np.zeros_like(w)
    np.put_along_axis(result, indices, np.take_along_axis(w, indices, axis=0), axis=0)
    return result


def allowed_characters(
    vocabulary: Vocabulary,
    only: str | None = None,
    ban: str | None = None,
    boundary: int | None = None,
) -> Array | None:
    """Which characters may be drawn, as bool (V,); None if all of them.

    `only` and `ban` are sets as `character_set` reads them; `boundary` is the index of one that is
    always allowed, for it ends a unit; the stand-in of rare characters never is. Raises UsageError
    if none is left.
    """
    if only is ban is None and vocabulary.stand_in is None:
        return None
    code_points = vocabulary.code_points
    allowed = np.ones(len(code_points), np.bool_)
    if vocabulary.stand_in is not None:
        allowed[vocabulary.stand_in] = False
    if only is not None:
        allowed &= np.isin(code_points, list(character_set(only)))
    if ban is not None:
        allowed &= ~np.isin(code_points, list(character_set(ban)))
    if boundary is not None:
        others = allowed.any() and (allowed.sum() > 1 or not allowed[boundary])
        allowed[boundary] = others
    if not allowed.any():
        raise UsageError(
            "--only and --ban leave no character that the model knows",
            "charrnn inspect --view summary shows its alphabet.",
        )
    return allowed


def character_set(text: str) -> set[int]:
    r"""The code points that `text` names: characters and ranges such as a-z, both ends included.

    `\n`, `\t` and `\\` are understood; a minus at either end, or as `\-`, is a minus.
    Raises UsageError for a range that runs backwards.
    """
    units = re.findall(r"\\.|.", text, re.DOTALL)
    members: set[int] = set()
    while units:
        first = last = unescape(units.pop(0))[-1]
        if len(units) > 1 and units[0] == "-":
            last = unescape(units[1])[-1]
            del units[:2]
        if last < first:
            shown = visible(f"{first}-{last}", one_line=True)
            raise UsageError(f"the range {shown} runs backwards", "Give its lower end first.")
        members.update(range(ord(first), ord(last) + 1))
    return members
