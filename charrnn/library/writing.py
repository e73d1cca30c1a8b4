"""How a model writes: where a text begins and ends, what is filtered, and the texts of a batch."""

import os
from collections.abc import Iterator, Sequence
from typing import TypedDict

from charrnn.errors import UsageError
from charrnn.generation import beginning
from charrnn.generation.beginning import Start
from charrnn.generation.beside import beside
from charrnn.generation.filters import Filters, allowed_characters
from charrnn.generation.repetition import NoRepeat
from charrnn.generation.sampling import Piece, Uniforms, continued, continued_often, worth
from charrnn.generation.stopping import Rules, Unit
from charrnn.library.stored import Stored

LARGEST_SEED = 2**63 - 1
LENGTH = 500  # characters of a text


def seed_for(seed: int | None, *temperatures: float) -> int:
    """`seed`, or else one nobody chose: 32 bits, short enough to type again. But 0 where all
    temperatures are, for then only the beginning is drawn, and every run is to write the same."""
    if seed is None:
        return int.from_bytes(os.urandom(4), "big") if any(temperatures) else 0
    return seed


class Filtering(TypedDict, total=False):
    """What `Writer.filters` takes, which is what `charrnn sample` filters by."""

    temperature: float
    top_k: int | None
    top_p: float | None
    min_p: float | None
    only: str | None
    ban: str | None
    no_repeat: int | None


class Writer(Stored):
    """A model that writes: the parts that `charrnn sample` and `Model.stream` are made of."""

    def rules(
        self,
        *,
        length: int | None = None,
        lines: int | None = None,
        texts: Sequence[str] = (),
        until: Unit | None = None,
        prompt: str = "",
    ) -> Rules:
        """Where a text ends. Without a length, after 500 characters, for each line if there are
        `lines`. But a model that learnt units writes one, unless there is a length or `lines` or
        `until` name another unit."""
        units = self.units
        one = units is not None and length is lines is None and until in (None, units.kind)
        if length is None:
            length = LENGTH * (lines or 1)
            if one:  # twice the longest, in case that a text finds no end
                about = self.meta.get("units")
                longest = about.get("longest") if isinstance(about, dict) else None
                length = max(length, 2 * longest if isinstance(longest, int) else 0)
        return Rules(
            length=length,
            lines=lines,
            texts=tuple(texts),
            until=None if one else until,
            prompt=prompt,
            boundary=units.boundary if units else "",
            between=units.between if units and not one else "",
        )

    def filters(
        self,
        temperature: float = 0.8,
        top_k: int | None = None,
        top_p: float | None = None,
        min_p: float | None = None,
        only: str | None = None,
        ban: str | None = None,
        no_repeat: int | None = None,
    ) -> Filters:
        """The filters for this alphabet; `only` and `ban` are sets such as "a-z "."""
        alphabet = self.vocabulary.characters
        allowed = allowed_characters(self.vocabulary, only, ban, self.boundary)
        return Filters(
            temperature=temperature,
            top_k=top_k,
            top_p=top_p,
            min_p=min_p,
            allowed=allowed,
            no_repeat=None if no_repeat is None else NoRepeat(no_repeat, alphabet),
        )

    def start(
        self,
        prompt: str = "",
        seeds: Sequence[int] = (0,),
        *,
        cold: bool = False,
        ngram_weight: float | None = None,
    ) -> Start:
        """A stream for each seed that has read a passage of text and then `prompt`; see
        `beginning`. Not the passage if it is `cold`, nor where a unit begins, which in training
        began with a zero state. The weight of the n-grams is the file's, or as `beside` says."""
        for seed in seeds:
            if not 0 <= seed <= LARGEST_SEED:
                raise UsageError(f"{seed} is no seed", f"Give a number from 0 to {LARGEST_SEED}.")
        excerpt = "" if cold or self.boundary is not None else self.excerpt
        voice = beside(self.ngrams, self.meta, ngram_weight, self.path)
        about = self.vocabulary, self.begun(prompt), seeds, excerpt, voice
        return beginning.start(self.network(), *about)

    def pieces(
        self, start: Start, filters: Filters, rules: Rules, *, measure: bool = False
    ) -> Iterator[Piece]:
        """The texts of all streams of `start`, written as one batch; see `sampling`."""
        rules.check(filters.writable(self.vocabulary.characters))
        streams = len(start.seeds)
        if streams == 1:
            stepper, uniforms = start.streams(), Uniforms(start.seeds)
            return continued(stepper, uniforms, self.vocabulary, filters, rules, measure=measure)
        size = sum(array.size for array in self.parameters.values())
        workers = worth(streams, size, rules.length)
        return continued_often(
            start, self.vocabulary, filters, rules, measure=measure, workers=workers
        )
