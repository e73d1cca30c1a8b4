"""Equal windows of a text, spread evenly over it, each measured after a burn-in.

A window of T steps after a burn-in of P has P + T + 1 characters: P that only warm the state, T
that are read, and each of these T has its successor as target. The positions depend on nothing
random: one window with no burn-in is the beginning of the text. Of a text that is made of units a
window is the beginning of one, the boundary before it included, so that it is within it.
"""

from collections.abc import Iterator

import numpy as np

from charrnn.arrays import Array
from charrnn.errors import CorpusError
from charrnn.network.body import ModelTape, State
from charrnn.network.model import CharModel

TAPE_BYTES = 150_000_000  # of activations at a time; more windows are measured in several rounds
BURN_IN_STEPS = 32


def cut(
    ids: Array, *, steps: int, windows: int, burn_in: int, boundary: int | None = None
) -> Array:
    """Windows of the text (n,) as columns, (P + T + 1, N); fewer than asked for if the text is so
    short that two would be the same. Raises CorpusError if nothing is as long as one window."""
    length = burn_in + steps + 1
    longest = len(ids) if boundary is None else int(lengths_of_units(ids, boundary).max())
    if longest < length:
        longest_part = "text" if boundary is None else "longest unit of the text"
        raise CorpusError(
            f"the {longest_part} has {longest:,} characters, but a window of {steps:,} steps after"
            f" a burn-in of {burn_in:,} needs {length:,}",
            "Give a longer --text, or smaller --steps and --burn-in.",
        )
    places = np.arange(len(ids) - length + 1)
    if boundary is not None:
        places = np.flatnonzero(ids == boundary)[lengths_of_units(ids, boundary) >= length]
    starts = places[np.unique(np.linspace(0, len(places) - 1, windows).astype(np.intp))]
    columns: Array = ids[np.arange(length)[:, None] + starts]
    return columns


def independent(ids: Array, columns: Array, boundary: int | None = None) -> int:
    """How many of these windows (P + T + 1, N) of the text (n,) count as independent: as many as
    fit into it side by side. Windows of different units never overlap."""
    length, windows = map(int, columns.shape)
    return windows if boundary is not None else min(windows, max(len(ids) // length, 1))


def lengths_of_units(ids: Array, boundary: int) -> Array:
    """The characters of each unit of `ids`, from the boundary before it to the one that ends it, as
    far as they are there."""
    begins = np.flatnonzero(ids == boundary)
    lengths: Array = np.minimum(np.diff(begins, append=len(ids)) + 1, len(ids) - begins)
    return lengths if len(lengths) else np.zeros(1, np.intp)


def usual_length(ids: Array, boundary: int | None) -> int:
    """The length of the text, or of units such that half of the text is in longer ones."""
    if boundary is None:
        return len(ids)
    lengths = np.sort(lengths_of_units(ids, boundary))
    return int(lengths[np.searchsorted(lengths.cumsum(), lengths.sum() / 2)])


def batches(model: CharModel, columns: Array, steps: int) -> Iterator[Array]:
    """Groups of windows whose tapes for `steps` fit into memory, as equal in size as possible."""
    units = model.layers * model.hidden_size * model.cell.kept_rows()
    elements = steps * (units + 3 * model.vocabulary_size)
    fitting = max(1, TAPE_BYTES // (elements * model.dtype.itemsize))
    rounds = -(-columns.shape[1] // fitting)
    yield from np.array_split(columns, rounds, axis=1)


def warm_state(model: CharModel, ids: Array, state: State | None = None) -> State:
    """The state after reading `ids` (P, B) from `state`, or from zero."""
    state = model.zero_state(ids.shape[1]) if state is None else state
    tape: ModelTape | None = None
    for start in range(0, len(ids), BURN_IN_STEPS):
        piece = ids[start : start + BURN_IN_STEPS]
        if tape is None or tape.steps != len(piece):
            tape = model.tape(*piece.shape)
        _, state = model.forward(piece, state, tape)
    return state


def run(model: CharModel, columns: Array, burn_in: int) -> tuple[ModelTape, Array]:
    """Read windows (P + T + 1, N); the tape of their T steps and the logits, flat (V, T*N)."""
    inputs = columns[burn_in:-1]
    tape = model.tape(*inputs.shape)
    logits, _ = model.forward(inputs, warm_state(model, columns[:burn_in]), tape)
    return tape, logits
