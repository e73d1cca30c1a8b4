"""Gradient norms per timestep: how strongly a loss depends on the state some steps earlier.

Two curves that must not be confused, both from `model.backward`, which holds the true derivatives
(all paths downstream of a state; for c also the one through h of the same step):

    total[t]  norm of d(sum of the losses of one window) / d(state after step t)
    lag[k]    norm of d(loss at the last step) / d(state k steps earlier)

The same for the input: d(loss)/d(one-hot vector x) of the character read at that step. It exists
for every network; of one that is feed-forward over N places it is exactly 0 from lag N on.

Losses are in nats, per window, never divided by windows or steps. Vanishing shows in `lag` alone:
in `total` every later step adds a loss of its own, which hides it. Explosion shows in both.
"""

from dataclasses import dataclass, replace

import numpy as np

from charrnn.arrays import Array
from charrnn.inspection.dynamics import Exponent
from charrnn.inspection.exchange import Exchange, changes, condensed
from charrnn.inspection.report import Report
from charrnn.inspection.statistics import (
    Band,
    Decay,
    band,
    decay,
    late_slope,
    norms,
    relative_to_lag_0,
)
from charrnn.inspection.uncertainty import median_interval
from charrnn.inspection.windows import batches, cut, independent, run
from charrnn.network import numerics as ops
from charrnn.network.body import ModelTape
from charrnn.network.model import CharModel
from charrnn.network.tape import by_step


@dataclass(frozen=True, eq=False)
class StateGradients:
    """One state ("h" or "c") of one layer, from 0 at the bottom, or the input ("x") of layer 0.
    Bands have T values.

    total     over steps, oldest first; the last steps are small, since few losses follow them
    lag       over lags 0, 1, ..., T - 1
    relative  lag with every window divided by its own lag 0; what `decay` describes
    silent    windows left out of `relative` because their lag 0 is zero
    zero_from the first lag from which on every window's norm is exactly 0; None if there is none
    interval  95 % of the median of `relative`, from and to; `total_interval` of that of `total`
    late      the slope of the mean logarithm per lag over the later half of the lags that `decay`
              fits, and its standard error: of the top layer it approaches its Lyapunov exponent;
              None if too few windows reach so far
    """

    layer: int
    state: str
    total: Band
    lag: Band
    relative: Band
    decay: Decay
    silent: int
    zero_from: int | None
    interval: tuple[Array, Array]
    late: tuple[float, float] | None
    total_interval: tuple[Array, Array]


@dataclass(frozen=True, eq=False, repr=False)
class Gradients(Report):
    """The measurement and how it was made, of "state" or of "input"; `layers` goes from the bottom
    up, h before c. `context` is N for a network that reads N places at once. `windows` may overlap:
    `independent_windows` is as many as fit into the text side by side.

    `seeded_with` is "loss", or "random" if the softmax layer is zero, as before training: then no
    loss depends on the state, `total` and `lag` are 0, and `relative` follows a random direction of
    the top layer's last h back instead, which is dynamics alone.
    `exchange` is of the topmost state, or of the input; None where there is no other window, and
    where no loss depends on the state.
    `lyapunov` is the largest of `lyapunov_exponents`, which has one for each layer; these and
    `spectral_radius` (per layer, per gate) are of `dynamics`, None if not measured.
    """

    windows: int
    burn_in: int
    steps: int
    layers: tuple[StateGradients, ...]
    of: str = "state"
    context: int = 0
    seeded_with: str = "loss"
    lyapunov: float | None = None
    spectral_radius: tuple[dict[str, float], ...] | None = None
    independent_windows: int = 1
    exchange: Exchange | None = None
    lyapunov_exponents: tuple[Exponent, ...] | None = None


def gradient_norms(
    model: CharModel, ids: Array, *, steps: int, windows: int, burn_in: int, of: str = "state"
) -> Gradients:
    """Measure a float64 model on a text (n,). Raises CorpusError if the text is too short."""
    if not model.parameters["head.weight"].any():
        return without_softmax(model, ids, steps=steps, windows=windows, burn_in=burn_in, of=of)
    columns = cut(ids, steps=steps, windows=windows, burn_in=burn_in, boundary=model.boundary)
    measured, swapped = [], []
    for windows_of_round in batches(model, columns, steps):
        tape, logits = run(model, windows_of_round, burn_in)
        measured.append(norms_on(model, tape, logits, windows_of_round[-tape.steps :], of))
        swapped.append(changes(model, windows_of_round, burn_in, of, tape))
    total, lag = (np.concatenate(parts, axis=-1) for parts in zip(*measured, strict=True))
    apart = independent(ids, columns, model.boundary)
    names = model.cell.states if of == "state" else ("x",)
    layers = [
        describe(layer, name, total[layer, s], lag[layer, s], apart)
        for layer in range(len(total))
        for s, name in enumerate(names)
    ]
    return Gradients(
        windows=columns.shape[1],
        burn_in=burn_in,
        steps=steps,
        layers=tuple(layers),
        of=of,
        context=model.context,
        independent_windows=apart,
        exchange=condensed(model, swapped, steps, of, apart),
    )


def without_softmax(
    model: CharModel, ids: Array, *, steps: int, windows: int, burn_in: int, of: str
) -> Gradients:
    """Measure through a random softmax layer, of whose curves only the shape is kept."""
    rng = np.random.default_rng(0)
    head = {"head.weight": rng.standard_normal(model.parameters["head.weight"].shape)}
    dressed = model.like(model.parameters | head)
    report = gradient_norms(dressed, ids, steps=steps, windows=windows, burn_in=burn_in, of=of)
    zero = band(np.zeros((steps, 1)))
    layers = tuple(replace(state, total=zero, lag=zero) for state in report.layers)
    return replace(report, layers=layers, seeded_with="random", exchange=None)


def window_norms(
    model: CharModel, columns: Array, burn_in: int, of: str = "state"
) -> tuple[Array, Array]:
    """Norms (L, S, T, N) of `total` and `lag` of windows (P + T + 1, N); of the input L = S = 1."""
    tape, logits = run(model, columns, burn_in)
    return norms_on(model, tape, logits, columns[-tape.steps :], of)


def norms_on(
    model: CharModel, tape: ModelTape, logits: Array, targets: Array, of: str
) -> tuple[Array, Array]:
    """`window_norms` of what has been read; overwrites the logits."""
    measured = state_norms if of == "state" else input_norms
    T, N = targets.shape
    dlogits = ops.softmax(logits, out=logits)  # d(sum of losses)/dz = softmax(z) - onehot(y)
    dlogits[targets.reshape(-1), np.arange(T * N)] -= 1
    total = measured(model, dlogits, tape)
    dlogits[:, :-N] = 0  # the last step's loss alone
    return total, measured(model, dlogits, tape)[:, :, ::-1]


def input_norms(model: CharModel, dlogits: Array, tape: ModelTape) -> Array:
    """Norms (1, 1, T, N) of d(loss)/d(one-hot vector read at each step), oldest first."""
    model.backward(dlogits, tape, None)
    dx = by_step(model.input_gradients(tape), tape.batch)
    return norms(dx, axis=1)[None, None]


def state_norms(model: CharModel, dlogits: Array, tape: ModelTape) -> Array:
    """Norms (L, S, T, N) of d(loss)/d(state after each step), oldest first."""
    shape = (tape.steps, len(model.cell.states), model.hidden_size, tape.batch)
    trace = [np.empty(shape, model.dtype) for _ in range(model.layers)]
    model.backward(dlogits, tape, None, trace)
    return np.stack([norms(layer, axis=2).swapaxes(0, 1) for layer in trace])


def describe(layer: int, state: str, total: Array, lag: Array, apart: int) -> StateGradients:
    """Condense the norms (T, N) of one state, of which so many windows are independent."""
    relative = relative_to_lag_0(lag)
    silent = lag.shape[1] - relative.shape[1]
    shown = band(relative if relative.size else np.zeros((len(lag), 1)))
    heard = np.flatnonzero(lag.any(axis=1))
    last = int(heard[-1]) if len(heard) else -1
    zero_from = last + 1 if last + 1 < len(lag) else None
    fit = decay(relative)
    between = median_interval(relative, apart) if relative.size else (shown.median, shown.median)
    late = late_slope(relative, fit, apart)
    bands = band(total), band(lag), shown, fit, silent, zero_from
    return StateGradients(layer, state, *bands, between, late, median_interval(total, apart))
