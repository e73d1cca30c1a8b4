"""What a training run needs of memory and of its file.

An estimate from sizes alone, made before anything is allocated: Linux grants memory that it does
not have, and ends the process when it is used.
"""

import math
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from charrnn.errors import UsageError
from charrnn.machine.memory import free_memory, gigabytes
from charrnn.network.cells import CELLS
from charrnn.storage.npz import FILE_BYTES
from charrnn.text.ngram_model import BYTES_PER_CHARACTER, MOST_BYTES
from charrnn.text.ngrams import COUNTED, PREDICTED
from charrnn.training.evaluation import KEPT
from charrnn.training.recipe import parameter_count
from charrnn.training.settings import Settings

#: Copies of the parameters in float32: weights, gradient, Adam's two, average, the evaluator, four
#: to go back to, four that are being saved. And of those of the members' merger: the best, and the
#: one that it is made from.
COPIES, COPIES_MERGED = 14, 2
#: And in a checkpoint: last, average, Adam's two; and once the merger. Bytes for all that is not an
#: array of the network: the excerpt, the history, the heads of the arrays.
SAVED_COPIES = 4
SAVED_BESIDES = 2**17
#: What a worker has of its own: Python and NumPy, a gradient, and what its products pack.
WORKER_COPIES = 2
WORKER = 25 * 2**20
#: Bytes while the baselines of so many characters are counted.
PER_COUNTED_CHARACTER = 40
#: Copies of the n-grams: those of the file, and the tables of their reader. And of the logits that
#: an evaluation leaves: the network's, and as much of the n-grams.
NGRAM_COPIES, KEPT_COPIES = 4, 2
PROGRAM = 60 * 2**20  # what Python takes


@dataclass(frozen=True)
class Need:
    """Bytes of memory, and bytes of the checkpoint."""

    memory: int
    file: int


def need(
    settings: Settings,
    vocabulary_size: int,
    characters: int,
    processes: int = 1,
    copies: int = 1,
) -> Need:
    """What a run with these settings takes, to within a third or so; `copies` of the text are in
    memory, none if its indices are in a file."""
    s, M, V = settings, settings.members, vocabulary_size
    B, T, L, H = s.batch_size, s.sequence_length, s.layers, s.hidden_size
    merged = parameter_count(s.cell, L, H, V, s.context)
    P = M * parameter_count(s.cell, L, H // M, V, s.context)
    # At each place: the tape of each layer with its dropout, the logits (three times in the loss),
    # the one-hot input.
    place = L * H * CELLS[s.cell].kept_rows() + M * (3 * V + min(V, B * T))
    floats = COPIES * P + COPIES_MERGED * merged + B * T * place
    others = (processes - 1) * (4 * WORKER_COPIES * P + WORKER)
    counted = min(characters, COUNTED + PREDICTED)
    text = copies * (1 + (V > 256)) * characters + PER_COUNTED_CHARACTER * counted
    state = CELLS[s.cell].carried_shapes(L, H, s.context or 0)
    saved = SAVED_COPIES * P + merged + B * sum(map(math.prod, state.values())) + V
    ngrams = voices = 0
    if s.ngrams and s.validation:
        ngrams = min(BYTES_PER_CHARACTER * counted, MOST_BYTES)
        kept = min(V * int(s.validation * characters), KEPT)
        voices = NGRAM_COPIES * ngrams + 4 * KEPT_COPIES * kept
    memory = 4 * floats + others + text + voices + PROGRAM
    return Need(memory, 4 * saved + ngrams + SAVED_BESIDES)


def check_fits(
    settings: Settings,
    vocabulary_size: int,
    characters: int,
    processes: int = 1,
    free: int | None = None,
    copies: int = 1,
) -> None:
    """Raise UsageError, saying what would fit, if memory or the checkpoint's format is too small.

    `free` is `free_memory()` unless given.
    """
    free = free_memory() if free is None else free

    def problem(candidate: Settings) -> str:
        wanted = need(candidate, vocabulary_size, characters, processes, copies)
        name = candidate.network
        file, memory = gigabytes(wanted.file), gigabytes(wanted.memory)
        if wanted.file > FILE_BYTES:
            return f"the checkpoint of {name} would have {file}, more than 2 GB"
        if free is not None and wanted.memory > free:
            return f"{name} needs about {memory} of memory, and {gigabytes(free)} are free"
        return ""

    if found := problem(settings):
        raise UsageError(found, suggestion(settings, problem))


def suggestion(settings: Settings, problem: Callable[[Settings], str]) -> str:
    """The largest hidden size of one network that fits with everything else unchanged; else the
    batch size."""
    one: Any = replace(settings, members=1)  # which a given size means
    for name in ("hidden_size", "batch_size"):
        smaller = [replace(one, **{name: size}) for size in range(1, getattr(one, name))]
        if fitting := bisect_left(smaller, True, key=lambda each: bool(problem(each))):
            return f"--{name.replace('_', '-')} {fitting} would fit."
    return "Try fewer --layers, a smaller --hidden-size and a smaller --batch-size."
