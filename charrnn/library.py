"""charrnn in another program: `charrnn.load("charrnn.npz").stream(prompt="Once ")`.

The command line uses the same calls. Nothing here prints.
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from charrnn.errors import UsageError
from charrnn.generation import beginning
from charrnn.generation.beginning import Start
from charrnn.generation.beside import beside
from charrnn.generation.filters import Filters, allowed_characters
from charrnn.generation.prompts import Unknown, fit
from charrnn.generation.repetition import NoRepeat
from charrnn.generation.sampling import Piece, Uniforms, continued, continued_often, worth
from charrnn.generation.stopping import Rules, Unit
from charrnn.network import MOST_MEMBERS
from charrnn.network.ensemble import is_merger
from charrnn.network.model import CharModel
from charrnn.storage import checkpoint
from charrnn.text.forms import spelled
from charrnn.text.reading import Reading
from charrnn.text.vocabulary import Vocabulary

LARGEST_SEED = 2**63 - 1
LENGTH = 500  # characters of a text


def load(path: str | os.PathLike[str]) -> "Model":
    """Read a checkpoint. Raises CheckpointError if it is missing, damaged or no checkpoint."""
    return Model(checkpoint.load(Path(path)), str(path))


def seed_for(seed: int | None, *temperatures: float) -> int:
    """`seed`, or else one nobody chose: 32 bits, short enough to type again. But 0 where all
    temperatures are, for then only the beginning is drawn, and every run is to write the same."""
    if seed is None:
        return int.from_bytes(os.urandom(4), "big") if any(temperatures) else 0
    return seed


class Model:
    """A trained model that writes. It keeps nothing between calls, so threads may share it.

    `path` is what its file was called, `meta` what the checkpoint says of it, `vocabulary` its
    alphabet, `parameters` its arrays under PyTorch's names, `ngrams` those of its text, if it has
    any; `reading` is how the training text was read, as far as the checkpoint says it, and `units`
    how it is made of units, if it is.
    """

    def __init__(self, stored: checkpoint.Checkpoint, path: str = "the model") -> None:
        self.path = path
        self.meta: dict[str, Any] = stored.meta
        self.parameters, self.ngrams = stored.parameters, stored.ngrams
        self.reading = Reading.of(self.meta.get("corpus"))
        rare = self.reading.min_count is not None
        self.vocabulary = Vocabulary(stored.vocabulary, rare=rare)
        units = self.reading.units
        known = units is not None and units.boundary in self.vocabulary.characters
        self.units = units if known else None

    def network(self, dtype: type[np.floating] = np.float32) -> CharModel:
        """The network itself, a copy of the weights in the precision asked for."""
        return CharModel(
            self.parameters,
            cell=self.meta["cell"],
            activation=self.meta["activation"],
            dtype=dtype,
            members=self.members,
            boundary=self.boundary,
        )

    @property
    def boundary(self) -> int | None:
        """The index of the character that ends every unit, before which the network forgets."""
        return self.vocabulary.characters.index(self.units.boundary) if self.units else None

    @property
    def members(self) -> int:
        """Of how many networks this one is the merger, if what the file says of it is true."""
        training = self.meta.get("training")
        count = training.get("members") if isinstance(training, dict) else None
        if not isinstance(count, int) or not 1 <= count <= MOST_MEMBERS:
            return 1
        return count if is_merger(self.parameters, count) else 1

    @property
    def excerpt(self) -> str:
        """The text that streams are warmed on: what the checkpoint carries, or nothing where the
        model does not know all of it."""
        text = self.meta.get("excerpt")
        text = text[: checkpoint.EXCERPT] if isinstance(text, str) else ""
        return "" if self.vocabulary.unknown(text) else text

    def spelled(self, text: str) -> str:
        """`text` as the training text is written: its line ends, é as one character or two."""
        return spelled(text, self.vocabulary, self.reading.normalize)

    def marked(self, text: str) -> str:
        """`text` with the boundaries of a text that is made of units, if it is."""
        return self.units.within(text) if self.units else text

    def begun(self, text: str) -> str:
        """`text` with the boundary before it too, from which a unit is read."""
        boundary, text = self.units.boundary if self.units else "", self.marked(text)
        return text if text[:1] == boundary else boundary + text

    def fit(self, text: str, unknown: Unknown) -> tuple[str, list[str]]:
        """A prompt in characters that the model knows; see `prompts.fit`."""
        text, notes = fit(self.marked(self.spelled(text)), self.vocabulary, unknown)
        return self.units.shown(text) if self.units else text, notes

    def stream(
        self,
        prompt: str = "",
        *,
        temperature: float = 0.8,
        length: int | None = None,
        seed: int | None = None,
        top_k: int | None = None,
        top_p: float | None = None,
        min_p: float | None = None,
        only: str | None = None,
        ban: str | None = None,
        no_repeat: int | None = None,
        stop: Sequence[str] = (),
        lines: int | None = None,
        until: Unit | None = None,
        unknown: Unknown = "error",
        cold: bool = False,
        ngram_weight: float | None = None,
    ) -> Iterator[str]:
        """Yield the characters that continue `prompt`, one by one, without the prompt itself.

        The arguments are those of `charrnn sample`; `length` 0 goes on for ever, and without any
        the text ends where `rules` says; `ngram_weight` 0 is the network alone. Without a seed
        every call writes another text. Raises UsageError for settings that make no sense and
        UnknownCharacter for a prompt that the model cannot read, at once and not when iterated.
        """
        filters = self.filters(temperature, top_k, top_p, min_p, only, ban, no_repeat)
        text, _ = self.fit(prompt, unknown)
        texts = tuple(map(self.spelled, stop))
        rules = self.rules(length=length, lines=lines, texts=texts, until=until, prompt=text)
        seeds = [seed_for(seed, temperature)]
        start = self.start(text, seeds, cold=cold, ngram_weight=ngram_weight)
        pieces = self.pieces(start, filters, rules)
        return (character for piece in pieces for character in piece.text)

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
