"""Generating text: read a prompt, then draw, write and read one character after the other.

The seed alone decides the text. Numbers are drawn from PCG64's raw output, whose stream NumPy
guarantees, and turned into characters by inverting the cumulative distribution in float64, so
neither the NumPy version nor the processor matters. Every stream has a seed of its own: a stream in
a batch writes what it would write alone.
"""

import math
from collections.abc import Iterator, Sequence
from contextvars import copy_context
from itertools import islice
from typing import NamedTuple

import numpy as np

from charrnn.arrays import Array
from charrnn.errors import CharRNNError
from charrnn.generation.beginning import Start, start
from charrnn.generation.filters import Filters, allowed_characters
from charrnn.generation.repetition import Repetition
from charrnn.generation.stepper import Stepper
from charrnn.generation.stopping import Rules, Stopper, spread
from charrnn.machine.cores import cores
from charrnn.machine.shared import shared
from charrnn.machine.workers import Job, WorkerPool
from charrnn.network.model import CharModel
from charrnn.text.vocabulary import Vocabulary

BLOCK = 32  # steps between two looks at the texts of several streams
SMALLEST_SHARE = 8  # streams that are worth a worker
WORTH_A_WORKER = 2e10  # operations: two seconds or so, and a worker takes a tenth to start

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

    rule = filters.no_repeat
    repetition = rule and Repetition(rule, filters.allowed, stepper.batch)

    def step() -> Drawn:
        logits = repetition(stepper.logits) if repetition else stepper.logits
        ids = draw(filters(logits), uniforms())
        nats = surprisal(stepper.logits, ids) if measure else None
        if repetition:
            repetition.add(ids)
        stepper.step(ids)
        return ids, nats

    # What is not finite is found where characters are drawn. The host, which has its turn at every
    # `yield`, keeps its own handling of overflow: that belongs to the context.
    quiet = copy_context()
    quiet.run(np.seterr, all="ignore")
    while True:
        yield quiet.run(step)


def surprisal(logits: Array, ids: Array) -> Array:
    """-log p(ids) in nats (B,) for logits (V, B)."""
    chosen = logits[ids, np.arange(len(ids))]
    top = logits.max(axis=0)
    nats: Array = np.log(np.exp(logits - top).sum(axis=0)) + top - chosen
    return nats


def continued(
    stepper: Stepper,
    uniforms: Uniforms,
    vocabulary: Vocabulary,
    filters: Filters,
    rules: Rules,
    *,
    measure: bool = False,
) -> Iterator[Piece]:
    """Continue one stream, which moves on, character by character until `rules` end it."""
    characters = rules.spelled(vocabulary.characters)
    stopper, waiting = Stopper(rules), list[float]()
    for ids, nats in steps(stepper, filters, uniforms, measure=measure):
        written = characters[ids[0]]
        text = stopper.push(written)
        if nats is not None:
            waiting += spread([float(nats[0])], [written])
        if text or stopper.reason:
            yield Piece(0, text, waiting[: len(text)], stopper.reason)
            del waiting[: len(text)]
        if stopper.reason:
            return


class Batch(Job):
    """A stream for each seed; each run is a block of steps.

    A run leaves the characters and their surprisals in `ids` and `nats`, (BLOCK, streams).
    """

    def __init__(self, start: Start, filters: Filters, measure: bool, workers: int) -> None:
        super().__init__(workers)
        self.start, self.filters, self.measure = start, filters, measure
        self.ids = shared((BLOCK, len(start.seeds)), np.intp)
        self.nats = shared((BLOCK, len(start.seeds)), np.float64)

    def __call__(self, worker: int) -> None:
        seeds = self.start.seeds
        first, last = (w * len(seeds) // self.workers for w in (worker, worker + 1))
        if worker not in self.private:
            stepper, uniforms = self.start.streams(first, last), Uniforms(seeds[first:last])
            self.private[worker] = steps(stepper, self.filters, uniforms, measure=self.measure)
        for row, (ids, nats) in enumerate(islice(self.private[worker], BLOCK)):
            self.ids[row, first:last] = ids
            self.nats[row, first:last] = np.nan if nats is None else nats


def continued_often(
    start: Start,
    vocabulary: Vocabulary,
    filters: Filters,
    rules: Rules,
    *,
    measure: bool = False,
    workers: int = 1,
) -> Iterator[Piece]:
    """Write the texts of all seeds, as one batch.

    The texts are looked at every few steps: looking at 32 of them takes as long as a step.
    """
    batch = Batch(start, filters, measure, workers)
    characters = rules.spelled(vocabulary.characters)
    stoppers = [Stopper(rules) for _ in start.seeds]
    waiting: list[list[float]] = [[] for _ in start.seeds]
    with WorkerPool(workers, batch) as pool:
        while not all(stopper.reason for stopper in stoppers):
            pool.run(batch)
            for index, (stopper, nats) in enumerate(zip(stoppers, waiting, strict=True)):
                if stopper.reason:
                    continue
                written = [characters[i] for i in batch.ids[:, index]]
                text = stopper.push("".join(written))
                nats += spread(batch.nats[:, index].tolist(), written)
                if text or stopper.reason:
                    yield Piece(index, text, nats[: len(text)], stopper.reason)
                    del nats[: len(text)]


def worth(streams: int, parameters: int, length: int) -> int:
    """How many workers write so many texts of `length` characters (0: without end) the fastest."""
    operations = 2.0 * parameters * streams * (length or math.inf)
    return 1 if operations < WORTH_A_WORKER else max(1, min(cores(), streams // SMALLEST_SHARE))


def generate(
    model: CharModel,
    vocabulary: Vocabulary,
    *,
    prompt: str = "",
    excerpt: str = "",
    seed: int = 0,
    temperature: float = 0.8,
    length: int = 500,
) -> Iterator[str]:
    """Yield the characters that continue `prompt`, `length` of them, or without end if that is 0.

    `library.Model.stream` is the same with every filter and rule.
    """
    filters = Filters(temperature=temperature, allowed=allowed_characters(vocabulary))
    rules = Rules(length=length)
    stepper = start(model, vocabulary, prompt, [seed], excerpt).streams()
    for piece in continued(stepper, Uniforms([seed]), vocabulary, filters, rules):
        yield from piece.text
