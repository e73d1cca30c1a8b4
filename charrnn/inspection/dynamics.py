"""How a tiny change of a layer's state grows or shrinks, whatever is lost or predicted.

The Lyapunov exponents of a layer are the mean logarithmic growths per character of such a change,
in the direction that grows most, the next one, and so on (Benettin et al. 1980; of recurrent
networks: Vogt et al., arXiv 2006.14123). In a stack each layer drives the one above and is driven
by none: the Jacobian of the whole is block triangular, and its exponents are those of all layers
together, each with the layers below as they are. So every layer is measured alone.

What is multiplied are the transposed Jacobians, from the last step back, because `layer.backward`
holds them exactly. Products and their transposes stretch by the same factors.
"""

import math
from dataclasses import dataclass

import numpy as np

from charrnn.arrays import Array
from charrnn.inspection.report import Report
from charrnn.inspection.spectrum import Spectrum
from charrnn.inspection.statistics import norms
from charrnn.inspection.timescales import TimeScales
from charrnn.inspection.uncertainty import mean_of_blocks
from charrnn.inspection.windows import batches, cut, independent, run
from charrnn.network import layer as recurrent
from charrnn.network.body import ModelTape
from charrnn.network.model import CharModel
from charrnn.network.recurrent import weights

SETTLING = 1 / 3  # of the steps, in which a change turns into the direction that grows most
SMALLEST, LARGEST = 1e-280, 1e280  # lengths that float64 holds with all digits


@dataclass(frozen=True, eq=False, repr=False)
class Dynamics(Report):
    """The whole spectrum of every layer, from `steps` characters after a burn-in, and the time
    scales of its units over a text of so many `characters`, if its cell has a gate that keeps."""

    steps: int
    burn_in: int
    characters: int
    spectra: tuple[Spectrum, ...]
    time_scales: tuple[TimeScales, ...]


@dataclass(frozen=True)
class Exponent:
    """The top Lyapunov exponent of one layer per character, the layers below as they are: below 0
    the layer forgets, above 0 it is chaotic, and -inf if a change is gone after a few steps. The
    standard error is that over windows; None of fewer than 4."""

    layer: int
    exponent: float
    standard_error: float | None


def exponents(
    model: CharModel, ids: Array, *, steps: int, windows: int, burn_in: int
) -> tuple[Exponent, ...]:
    """Measure each layer of a float64 model along a text (n,), from a random direction in each
    window. Raises CorpusError if the text is too short."""
    columns = cut(ids, steps=steps, windows=windows, burn_in=burn_in, boundary=model.boundary)
    rng = np.random.default_rng(0)
    rounds = []
    for each in batches(model, columns, steps):
        tape, _ = run(model, each, burn_in)
        rounds.append([growth(lengths(model, i, tape, rng)) for i in range(model.layers)])
    apart = independent(ids, columns, model.boundary)
    found = []
    for layer, per_window in enumerate(np.concatenate(rounds, axis=1)):
        known = bool(np.isfinite(per_window).all())
        mean, error = mean_of_blocks(per_window, apart) if known else (-math.inf, math.nan)
        found.append(Exponent(layer, float(mean), None if math.isnan(error) else float(error)))
    return tuple(found)


def lengths(model: CharModel, index: int, tape: ModelTape, rng: np.random.Generator) -> Array:
    """The lengths (T, N) of a random vector that the layer's transposed Jacobians have taken back
    from the last step to each one."""
    cell, layer = model.recurrent_cell, tape.layers[index]
    shape = (len(cell.states), model.hidden_size, tape.batch)
    trace = np.empty((tape.steps, *shape), model.dtype)
    layer.dout[...] = 0  # the layer alone: nothing comes from above
    w, direction = weights(model.parameters, index), list(rng.standard_normal(shape))
    with np.errstate(over="ignore", invalid="ignore"):  # `growth` looks no further
        recurrent.backward(cell, w, layer, trace, direction)
        return norms(trace.reshape(tape.steps, -1, tape.batch), axis=1)


def growth(lengths: Array) -> Array:
    """The mean logarithmic growth per step (N,) of lengths (T, N), against the order of time and
    without the first steps of it, as far as float64 holds them."""
    T, N = lengths.shape
    rates = np.full(N, -math.inf)
    for n, length in enumerate(lengths.T):
        lost = np.flatnonzero(~((length >= SMALLEST) & (length <= LARGEST)))
        end = int(lost[-1]) + 1 if len(lost) else 0
        if end and length[end - 1] == 0 and length[min(end, T - 1)] > math.sqrt(SMALLEST):
            continue  # that was no underflow
        start = T - 1 - int(SETTLING * (T - 1 - end))
        if start > end:
            rates[n] = math.log(length[end] / length[start]) / (start - end)
    return rates


def spectral_radii(model: CharModel, layer: int) -> dict[str, float]:
    """The largest absolute eigenvalue of each gate's block (H, H) of a layer's W_hh, by gate. Of an
    Elman network that is W_hh itself; where there are several, W_hh is not square and has no
    eigenvalues, and the Jacobian of a step is none of the blocks and bounded by none of them."""
    H, cell = model.hidden_size, model.recurrent_cell
    blocks = weights(model.parameters, layer).W_hh.astype(np.float64).reshape(-1, H, H)
    radii = [float(np.abs(np.linalg.eigvals(block)).max()) for block in blocks]
    return dict(zip(cell.gates, radii, strict=True))
