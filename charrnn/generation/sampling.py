"""Generating text: read a prompt, then draw, write and read one character after the other.

The seed alone decides the text. Numbers are drawn from PCG64's raw output, whose stream NumPy
guarantees, and turned into characters by inverting the cumulative distribution in float64, so
neither the NumPy version nor the processor matters. Every stream has a seed of its own: a stream in
a batch writes what it would write alone.
"""

from collections.abc import Iterator, Sequence
from itertools import islice, pairwise
from typing import NamedTuple

import numpy as np

from charrnn.arrays import Array
from charrnn.errors import CharRNNError
from charrnn.generation.filters import Filters
from charrnn.generation.stepper import Stepper
from charrnn.generation.stopping import Rules, Stopper
from charrnn.machine.workers import Team, shared
from charrnn.network.model import CharModel
from charrnn.text.vocabulary import Vocabulary

_BLOCK = 32  # steps between two looks at the texts of several streams
_SMALLEST_PART = 8  # streams that are worth a core


#: What one step draws: ids (B,) and, if they were asked for, surprisals in nats (B,).
Drawn = tuple[Array, Array | None]


class Piece(NamedTuple):
    """What was added to the text of stream number `stream`.

    `nats` is the surprisal of each character, -log p under the model itself (temperature 1, no
    filter), where that was asked for. `ended` is the rule that ended the text with this piece.
    """

    stream: int
    text: str
    nats: list[float]
    ended: str | None


class Uniforms:
    """For each seed its own sequence of numbers in [0, 1), 53 bits each."""

    def __init__(self, seeds: Sequence[int]) -> None:
        self._sources = [np.random.PCG64(seed) for seed in seeds]
        self._block: Array = np.empty((0, len(seeds)))
        self._next = 0

    def __call__(self) -> Array:
        """The next number of every sequence, (B,)."""
        if self._next == len(self._block):
            raw = np.stack([source.random_raw(256) for source in self._sources], axis=1)
            self._block, self._next = (raw >> np.uint64(11)) * 2.0**-53, 0
        self._next += 1
        row: Array = self._block[self._next - 1]
        return row


class Streams(NamedTuple):
    """Streams that are stepped together, each with random numbers of its own."""

    stepper: Stepper
    uniforms: Uniforms


def spread(start: Stepper, seeds: Sequence[int], cores: int) -> list[Streams]:
    """A stream for each seed, all standing where `start` stands, in parts for that many cores.

    A single one is `start` itself.
    """
    if len(seeds) == 1:
        return [Streams(start, Uniforms(seeds))]
    parts = max(1, min(cores, len(seeds) // _SMALLEST_PART))
    edges = [part * len(seeds) // parts for part in range(parts + 1)]
    return [Streams(start.spread(b - a), Uniforms(seeds[a:b])) for a, b in pairwise(edges)]


def draw(w: Array, u: Array) -> Array:
    """For each column of weights (V, B) the first index at which their running sum exceeds the
    share u (B,) of the whole: the inverse of the cumulative distribution."""
    running = np.add.accumulate(w)
    target = running[-1] * u
    if not np.isfinite(target[0] if len(target) == 1 else target.sum()):
        raise CharRNNError(
            "the network's output is no longer finite",
            "Its weights are too large; train again, or with a lower learning rate.",
        )
    if len(target) == 1:
        ids: Array = running[:, 0].searchsorted(target, side="right")
    else:
        ids = (running <= target).sum(axis=0)
    return ids


def steps(
    stepper: Stepper, filters: Filters, uniforms: Uniforms, *, measure: bool = False
) -> Iterator[Drawn]:
    """Draw characters without end, with their surprisals if `measure`.

    When a character is given out, `stepper` has already read it.
    """
    while True:
        ids = draw(filters(stepper.logits), uniforms())
        nats = surprisal(stepper.logits, ids) if measure else None
        stepper.step(ids)
        yield ids, nats


def surprisal(logits: Array, ids: Array) -> Array:
    """-log p(ids) in nats (B,) for logits (V, B)."""
    chosen = logits[ids, np.arange(len(ids))]
    top = logits.max(axis=0)
    nats: Array = np.log(np.exp(logits - top).sum(axis=0)) + top - chosen
    return nats


def start(model: CharModel, vocabulary: Vocabulary, prompt: str) -> Stepper:
    """A stepper that has read `prompt`.

    Without a prompt it has read a newline, as if a line had just ended. An alphabet without a
    newline has no such place: then nothing has been read, and the first character is drawn from
    what the network expects of any text, the bias of its softmax layer.

    Raises UnknownCharacter.
    """
    stepper = Stepper(model)
    text = prompt or ("\n" if "\n" in vocabulary.characters else "")
    stepper.read(vocabulary.encode(text))
    return stepper


def pieces(
    streams: Sequence[Streams],
    vocabulary: Vocabulary,
    filters: Filters,
    rules: Rules,
    *,
    measure: bool = False,
) -> Iterator[Piece]:
    """Continue all streams until `rules` end them. Each element of `streams` has a core to itself.

    A single stream is given out character by character. Several are looked at every few steps,
    because looking at 32 texts after each step would take as long as the step.
    """
    generators = [steps(each.stepper, filters, each.uniforms, measure=measure) for each in streams]
    count = sum(each.stepper.batch for each in streams)
    characters = vocabulary.characters
    if count == 1:
        yield from _one(generators[0], characters, rules)
    else:
        yield from _several(generators, characters, rules, count)


def _one(drawn: Iterator[Drawn], characters: str, rules: Rules) -> Iterator[Piece]:
    stopper, waiting = Stopper(rules), []
    for ids, nats in drawn:
        text = stopper.push(characters[ids[0]])
        if nats is not None:
            waiting.append(float(nats[0]))
        if text or stopper.reason:
            yield Piece(0, text, waiting[: len(text)], stopper.reason)
            del waiting[: len(text)]
        if stopper.reason:
            return


def _several(
    drawn: Sequence[Iterator[Drawn]], characters: str, rules: Rules, count: int
) -> Iterator[Piece]:
    every_id, every_nats = shared((_BLOCK, count), np.intp), shared((_BLOCK, count), np.float64)
    edges = [part * count // len(drawn) for part in range(len(drawn) + 1)]

    def advance(part: int) -> None:
        """The job of one core: its streams, a block further."""
        columns = slice(*edges[part : part + 2])
        for row, (ids, nats) in enumerate(islice(drawn[part], _BLOCK)):
            every_id[row, columns] = ids
            every_nats[row, columns] = np.nan if nats is None else nats

    stoppers = [Stopper(rules) for _ in range(count)]
    waiting: list[list[float]] = [[] for _ in range(count)]
    with Team(len(drawn), [advance]) as team:
        while not all(stopper.reason for stopper in stoppers):
            team.do(0)
            for index, (stopper, nats) in enumerate(zip(stoppers, waiting, strict=True)):
                if stopper.reason:
                    continue
                text = stopper.push("".join([characters[i] for i in every_id[:, index]]))
                nats += every_nats[:, index].tolist()
                if text or stopper.reason:
                    yield Piece(index, text, nats[: len(text)], stopper.reason)
                    del nats[: len(text)]


def generate(
    model: CharModel,
    vocabulary: Vocabulary,
    *,
    prompt: str = "",
    seed: int = 0,
    temperature: float = 0.8,
    length: int = 500,
) -> Iterator[str]:
    """Yield the characters that continue `prompt`, `length` of them, or without end if that is 0.

    `library.LoadedModel.stream` is the same with every filter and rule.
    """
    filters, rules = Filters(temperature=temperature), Rules(length=length)
    stepper = start(model, vocabulary, prompt)
    for piece in pieces([Streams(stepper, Uniforms([seed]))], vocabulary, filters, rules):
        yield from piece.text
