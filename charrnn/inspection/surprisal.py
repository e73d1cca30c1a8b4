"""How much every character of a text surprises the model: -log p, in nats, and bits in total.

A long text is read by several readers side by side, each warmed up on the `WARM_UP` characters
before its share; the report says how many there were.
"""

import heapq
import math
from dataclasses import dataclass

import numpy as np

from charrnn.arrays import Array
from charrnn.errors import CorpusError
from charrnn.inspection.dynamic_evaluation import DynamicLoss
from charrnn.inspection.report import Report
from charrnn.inspection.side_by_side import chunks, readers_for
from charrnn.inspection.standard_errors import blocks_for, standard_error
from charrnn.network import numerics as ops
from charrnn.network.model import CharModel

WARM_UP = 512
SHORTEST_SHARE = 1024
MOST_READERS = 64
WORST = 10
ALTERNATIVES = 5


@dataclass(frozen=True)
class Surprise:
    """A place where the model was wrong: what came, and what it held for likelier."""

    position: int
    nats: float
    alternatives: tuple[tuple[int, float], ...]  # character index, probability


@dataclass(frozen=True, eq=False)
class Reading:
    """The losses of a text (n,): nats[i] is that of character i + 1, which all before it predict.

    likeliest  share of characters that were the model's first choice
    readers    1 is exact; more were warmed up on `warm_up` characters each
    """

    nats: Array
    likeliest: float
    worst: tuple[Surprise, ...]
    readers: int
    warm_up: int


def read(model: CharModel, ids: Array, readers: int | None = None) -> Reading:
    """Read a text of at least two characters (CorpusError otherwise); any dtype of model. Raises
    FloatingPointError if a loss is not finite."""
    count = len(ids) - 1
    if count < 1:
        raise CorpusError(
            f"the text has {len(ids)} characters that the model knows, too few to predict any",
            "Give a longer --text.",
        )
    readers = readers or readers_for(count, SHORTEST_SHARE, MOST_READERS)
    nats, likeliest = np.empty(count), np.empty(count, np.bool_)
    worst: list[Surprise] = []
    for tape, places, counted in chunks(model, ids[:-1], readers, WARM_UP):
        columns = np.flatnonzero(counted)
        where = places.reshape(-1)[columns]
        targets = ids[where + 1]
        logp = ops.log_softmax(tape.logits)
        nats[where] = -logp[targets, columns]
        likeliest[where] = logp.argmax(axis=0)[columns] == targets
        worst = merge(worst, nats[where], where, logp, columns)
    if not np.isfinite(nats).all():  # a flag that is raised in a thread of the BLAS can get lost
        raise FloatingPointError("a loss is not finite")
    warm_up = WARM_UP if readers > 1 else 0
    return Reading(nats, float(likeliest.mean()), tuple(worst), readers, warm_up)


def merge(
    worst: list[Surprise], nats: Array, where: Array, logp: Array, columns: Array
) -> list[Surprise]:
    """The worst of those found before and those of this chunk, the very worst first."""
    candidates = list(worst)
    for i in np.argsort(-nats, kind="stable")[:WORST]:
        if len(worst) == WORST and nats[i] <= worst[-1].nats:
            break
        column = logp[:, columns[i]]
        best = np.argsort(-column, kind="stable")[:ALTERNATIVES]
        alternatives = tuple((int(v), float(np.exp(column[v]))) for v in best)
        candidates.append(Surprise(int(where[i]) + 1, float(nats[i]), alternatives))
    return heapq.nsmallest(WORST, candidates, key=lambda s: (-s.nats, s.position))


@dataclass(frozen=True)
class WorstPlace:
    """A surprise in characters: position in the text from 0, and what stood before."""

    position: int
    character: str
    nats: float
    before: str
    alternatives: tuple[tuple[str, float], ...]


@dataclass(frozen=True, eq=False, repr=False)
class Surprisal(Report):
    """The contract's figures, then how they came about.

    characters          that were predicted: all known ones but the first
    nats                mean per character
    standard_error      of `nats`, from `blocks` of the text; NaN if it is too short
    per_character       in nats, one per character of the text after the first; NaN where the
                        character is unknown to the model, which skips it
    dynamic             apart from all of these, the loss of dynamic evaluation; None if not asked
    unknown             how often each unknown character occurs
    """

    characters: int
    nats: float
    bits_per_character: float
    per_character: Array
    likeliest: float
    unknown: dict[str, int]
    worst: tuple[WorstPlace, ...]
    readers: int
    warm_up: int
    precision: str
    standard_error: float
    blocks: int
    dynamic: DynamicLoss | None = None


def surprisal(model: CharModel, text: str, ids: Array, known: Array, alphabet: str) -> Surprisal:
    """`ids` are those of the known characters, `known` (n,) tells which of the text they are."""
    reading = read(model, ids)
    places = np.flatnonzero(known)
    per_character = np.full(len(text), np.nan)
    per_character[places[1:]] = reading.nats
    unknown: dict[str, int] = {}
    for position in np.flatnonzero(~known).tolist():
        unknown[text[position]] = unknown.get(text[position], 0) + 1
    worst = [
        WorstPlace(
            position=int(places[surprise.position]),
            character=text[places[surprise.position]],
            nats=surprise.nats,
            before=text[max(0, places[surprise.position] - 30) : places[surprise.position]],
            alternatives=tuple((alphabet[v], p) for v, p in surprise.alternatives),
        )
        for surprise in reading.worst
    ]
    mean, blocks = float(reading.nats.mean()), blocks_for(len(reading.nats))
    return Surprisal(
        characters=len(reading.nats),
        nats=mean,
        bits_per_character=mean / math.log(2),
        per_character=per_character[1:],
        likeliest=reading.likeliest,
        unknown=unknown,
        worst=tuple(worst),
        readers=reading.readers,
        warm_up=reading.warm_up,
        precision=str(model.dtype),
        standard_error=float(standard_error(reading.nats, blocks)),
        blocks=blocks,
    )
