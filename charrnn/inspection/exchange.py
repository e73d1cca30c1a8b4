"""What a state is worth: the change of a loss when the state is exchanged for another place's.

A gradient tells of an infinitesimal change. Here the topmost state that carries memory (c before
h), as it was k steps earlier in one window, is replaced by what it is at the same step of another
window, half of all windows away; everything downstream of it is computed anew, and nothing else is
touched. What the loss at the last step changes by is what that state, at that lag, decides. Of the
input it is the character read k steps earlier that is replaced.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from charrnn.arrays import Array
from charrnn.inspection.uncertainty import mean_of_blocks
from charrnn.inspection.windows import warm_state
from charrnn.network import numerics as ops
from charrnn.network.body import ModelTape, State
from charrnn.network.model import CharModel


@dataclass(frozen=True, eq=False)
class Exchange:
    """Of one state of one layer, or of the input ("x"), at some of the lags: the mean over windows
    of |change of the loss at the last step|, in nats, and its standard error (NaN of fewer than 8
    independent windows)."""

    layer: int
    state: str
    lags: tuple[int, ...]
    effect: Array
    standard_error: Array


def spread(steps: int) -> list[int]:
    """Lags from 0 to T - 1: 0, 1, 2, 5, 10, 20, 50, ..., and the last."""
    last = steps - 1
    series = (m * 10**p for p in range(len(str(steps))) for m in (1, 2, 5))
    return [0, *(lag for lag in series if lag < last), last]


def exchanged_at(steps: int) -> list[int]:
    """The lags of `spread` up to half of a window: all together as long as reading it once."""
    return [lag for lag in spread(steps) if lag <= steps // 2]


def condensed(
    model: CharModel, rounds: Sequence[Array], steps: int, of: str, independent: int
) -> Exchange | None:
    """From the changes (K, N) of the windows of each round to what is reported; None if a round has
    but one window, with which nothing could be exchanged."""
    if min(each.shape[1] for each in rounds) < 2:
        return None
    sizes = [np.abs(each) for each in rounds]
    mean = np.concatenate(sizes, axis=1).mean(axis=1)
    # Two windows that are exchanged with each other are no two: where both states are alike, both
    # changes are small. So the error is that of pairs.
    pairs = [of_pairs(each) for each in sizes]
    _, error = mean_of_blocks(np.concatenate(pairs, axis=1), independent // 2)
    layer, state = (0, "x") if of == "input" else (model.layers - 1, model.cell.states[-1])
    return Exchange(layer, state, tuple(exchanged_at(steps)), mean, error)


def of_pairs(values: Array) -> Array:
    """Means (K, N // 2) of each window and the one that it is exchanged with; of an odd number of
    windows the last belongs to no pair."""
    half = values.shape[1] // 2
    means: Array = (values[:, :half] + values[:, half : 2 * half]) / 2
    return means


def changes(model: CharModel, columns: Array, burn_in: int, of: str, tape: ModelTape) -> Array:
    """The changes of the loss at the last step of windows (P + T + 1, N), at each of the K lags of
    `exchanged_at`, (K, N). `tape` is that of their T steps."""
    N, last = tape.batch, columns[-1]
    donors = (np.arange(N) + N // 2) % N
    one = model.tape(1, N)
    losses = []
    for lag in exchanged_at(tape.steps):
        t = tape.steps - 1 - lag  # the step after which the state is exchanged
        later, state = (
            columns[burn_in + t : -1].copy(),
            state_before(model, columns, burn_in, t, tape),
        )
        if lag == 0:
            unchanged = ops.negative_log_likelihood(read(model, later, state, one), last)
        if of == "input":
            later[0] = later[0, donors]
            logits = read(model, later, state, one)
        else:
            logits = with_exchanged_state(model, later, state, donors, one)
        losses.append(ops.negative_log_likelihood(logits, last))
    result: Array = np.stack(losses) - unchanged
    return result


def state_before(
    model: CharModel, columns: Array, burn_in: int, step: int, tape: ModelTape
) -> State:
    """What the windows carried before a step; a feed-forward network the N characters before it."""
    if not model.cell.states:
        end = burn_in + step
        return warm_state(model, columns[max(end - model.context, 0) : end])
    return {
        name: np.stack([layer.memory[step, s] for layer in tape.layers])
        for s, name in enumerate(model.cell.states)
    }


def with_exchanged_state(
    model: CharModel, later: Array, state: State, donors: Array, tape: ModelTape
) -> Array:
    """The logits (V, N) of the last step of `later` (K, N), after the first of which the state is
    exchanged."""
    _, after = model.forward(later[:1], state, tape)
    step = tape.layers[-1].at[0]
    step.state[-1][...] = step.state[-1][:, donors]
    model.recurrent_cell.output(step)
    for name, array in zip(model.cell.states, step.state, strict=True):
        after[name][-1] = array
    if len(later) > 1:
        return read(model, later[1:], after, tape)
    p = model.parameters
    logits: Array = p["head.weight"] @ after["h"][-1] + p["head.bias"][:, None]
    return logits


def read(model: CharModel, ids: Array, state: State, tape: ModelTape) -> Array:
    """The logits (V, N) after reading `ids` (K, N) from a state."""
    logits, _ = model.forward(ids[-1:], warm_state(model, ids[:-1], state), tape)
    return logits
