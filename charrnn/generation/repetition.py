"""No loops: a text may not go on for long as it went on before.

Let x_1 ... x_t be what a stream has written. What may not come next is

    F(n) = {x_(j+1) : j < t, x_(j-n+1) ... x_j = x_(t-n+1) ... x_t},

whatever followed the last n characters where they stood before. After whitespace F(N) is forbidden,
so that where N characters are written again the next word is another one; anywhere F(2N), for texts
with few spaces or none. Hence no 2N + 1 characters in a row come twice, and loops end, those of
many words too, between words. Where all characters would be forbidden none is.
"""

from dataclasses import dataclass

import numpy as np

from charrnn.arrays import Array
from charrnn.errors import UsageError

REMEMBERED = 5000  # characters at least; what a stream wrote before them may come again


@dataclass(frozen=True)
class NoRepeat:
    """The rule with its N, `length`, for a model of these `characters`."""

    length: int
    characters: str

    def __post_init__(self) -> None:
        if self.length < 1:
            raise UsageError(f"no-repeat {self.length} is impossible", "Give a number such as 12.")


class Repetition:
    """Applies the rule to several streams, each with a past of its own."""

    def __init__(self, rule: NoRepeat, allowed: Array | None, streams: int) -> None:
        self._rule, self._allowed = rule, allowed
        self._pasts = [""] * streams

    def add(self, ids: Array) -> None:
        """The streams have written ids (B,)."""
        for stream, index in enumerate(ids.tolist()):
            past = self._pasts[stream]
            if len(past) >= 2 * REMEMBERED:
                past = past[-REMEMBERED:]
            self._pasts[stream] = past + self._rule.characters[index]

    def __call__(self, logits: Array) -> Array:
        """Logits (V, B), minus infinity for what may not come next."""
        shaped = logits
        for stream, past in enumerate(self._pasts):
            if forbidden := self._forbidden(past):
                if shaped is logits:
                    shaped = logits.copy()
                shaped[forbidden, stream] = -np.inf
                left = shaped[:, stream] if self._allowed is None else shaped[self._allowed, stream]
                if left.max() == -np.inf:
                    shaped[:, stream] = logits[:, stream]
        return shaped

    def _forbidden(self, past: str) -> list[int]:
        found = followers(past, 2 * self._rule.length)
        if past[-1:].isspace():
            found += followers(past, self._rule.length)
        return list(map(self._rule.characters.index, found))


def followers(past: str, n: int) -> str:
    """F(n): what followed the last n characters of `past` where they stood in it before."""
    found, end = "", past[-n:]
    if len(end) == n:
        at = past.find(end)
        while at < len(past) - n:
            found += past[at + n]
            at = past.find(end, at + 1)
    return found
