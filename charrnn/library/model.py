"""The model as other programs have it: it writes, is looked into, is saved, and shows itself."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Unpack, overload

from charrnn.errors import CheckpointError, UsageError
from charrnn.generation.prompts import Unknown
from charrnn.generation.sampling import Piece
from charrnn.generation.stopping import Unit
from charrnn.inspection.showing import network_of, table_of
from charrnn.library.looking import Looker
from charrnn.library.wording import in_python
from charrnn.library.writing import Filtering, Writer, seed_for
from charrnn.storage import checkpoint
from charrnn.visible import visible


class Writing(Filtering, total=False):
    """The arguments of `Model.stream` and `Model.sample`, which are those of `charrnn sample`."""

    length: int | None
    stop: Sequence[str]
    lines: int | None
    until: Unit | None
    unknown: Unknown
    cold: bool
    ngram_weight: float | None


class Model(Writer, Looker):
    """A trained model. It keeps nothing between calls, so threads may share it.

    `path` is what its file was called, `meta` what the checkpoint says of it, `vocabulary` its
    alphabet, `parameters` its arrays under PyTorch's names, `ngrams` those of its text, if it has
    any. `charrnn.train` makes one and `charrnn.load` reads one. In a notebook it shows itself.
    """

    @in_python()
    def stream(
        self, prompt: str = "", *, seed: int | None = None, **how: Unpack[Writing]
    ) -> Iterator[str]:
        """Yield the characters that continue `prompt`, one by one, without the prompt itself.

        temperature   0.8 unless given; 0 takes the likeliest character
        length        characters; 0 goes on for ever, and without any the text ends as `rules` says
        top_k, top_p, min_p, only, ban, no_repeat    filters, as of `charrnn sample`
        stop, lines, until    where a text ends: at one of these texts, after so many lines, or
                      with a "line", "paragraph" or "sentence"
        unknown       of a prompt: "error", "skip", "nearest"
        cold          begin with a zero state, without having read a passage
        ngram_weight  another weight of the n-grams; 0 is the network alone

        Without a seed every call writes another text. Raises UsageError for settings that make no
        sense and UnknownCharacter for a prompt that the model cannot read, at once and not when
        iterated.
        """
        pieces = self._written(prompt, [seed_for(seed, how.get("temperature", 0.8))], **how)
        return (character for piece in pieces for character in piece.text)

    @overload
    def sample(
        self,
        prompt: str = "",
        *,
        seed: int | None = None,
        count: None = None,
        **how: Unpack[Writing],
    ) -> str: ...

    @overload
    def sample(
        self, prompt: str = "", *, seed: int | None = None, count: int, **how: Unpack[Writing]
    ) -> list[str]: ...

    @in_python()
    def sample(
        self,
        prompt: str = "",
        *,
        seed: int | None = None,
        count: int | None = None,
        **how: Unpack[Writing],
    ) -> str | list[str]:
        """A text that continues `prompt`, without the prompt itself; with a `count` a list of so
        many, of the seeds `seed`, `seed` + 1 and so on, written as one batch.

        The arguments and errors are those of `stream`, with which one may also write for ever.
        """
        if count is not None and count < 1:
            raise UsageError(f"count={count} asks for no text", "Give 1 or more.")
        if how.get("length") == 0:
            raise UsageError("length=0 never ends", "Give a length, or iterate over stream().")
        first = seed_for(seed, how.get("temperature", 0.8))
        seeds = [first + number for number in range(count or 1)]
        texts: list[list[str]] = [[] for _ in seeds]
        for piece in self._written(prompt, seeds, **how):
            texts[piece.stream].append(piece.text)
        joined = ["".join(parts) for parts in texts]
        return joined[0] if count is None else joined

    def _written(
        self,
        prompt: str,
        seeds: Sequence[int],
        *,
        length: int | None = None,
        stop: Sequence[str] = (),
        lines: int | None = None,
        until: Unit | None = None,
        unknown: Unknown = "error",
        cold: bool = False,
        ngram_weight: float | None = None,
        **filtering: Unpack[Filtering],
    ) -> Iterator[Piece]:
        filters = self.filters(**filtering)
        text, _ = self.fit(prompt, unknown)
        stops = (stop,) if isinstance(stop, str) else stop
        texts = tuple(map(self.spelled, stops))
        rules = self.rules(length=length, lines=lines, texts=texts, until=until, prompt=text)
        start = self.start(text, seeds, cold=cold, ngram_weight=ngram_weight)
        return self.pieces(start, filters, rules)

    @in_python()
    def save(self, path: str | os.PathLike[str], *, force: bool = False) -> None:
        """Write the model to exactly `path`: whole, or not at all.

        What `charrnn.train` returned is saved with all that `resume` needs; what was loaded is
        saved without. Raises CheckpointError if there is a file and not `force`, or if nothing can
        be written there, as to a folder.
        """
        target = Path(path)
        if not force and target.exists() and not target.is_dir():
            name = visible(str(target), one_line=True)
            hint = "Overwrite it with --force, or give another path."
            raise CheckpointError(f"{name} exists already", hint)
        checkpoint.save(target, self.stored)

    def __repr__(self) -> str:
        return f"<charrnn.Model {visible(self.path, one_line=True)}: {network_of(self.summary())}>"

    def _repr_html_(self) -> str:
        """What a notebook shows: a small table."""
        return table_of(self.summary(), self.path)


@in_python()
def load(path: str | os.PathLike[str]) -> Model:
    """Read a checkpoint. Raises CheckpointError if it is missing, damaged or no checkpoint."""
    return Model(checkpoint.load(Path(path)), str(path))
