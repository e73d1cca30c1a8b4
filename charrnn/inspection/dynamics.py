"""How a small change of the whole state grows, whatever is lost or predicted: Lyapunov, spectra.

The top Lyapunov exponent is what the slope of the lag curve approaches: the mean logarithmic growth
per character of a small perturbation, here measured by following two states that differ by a hair
through the same text (Benettin et al. 1980). The spectral radius of W_hh is not that: gates and the
slopes of tanh come between, so a radius above 1 does not mean explosion.
"""

import numpy as np

from charrnn.arrays import Array
from charrnn.inspection.windows import cut, warm_state
from charrnn.network.body import State
from charrnn.network.model import CharModel
from charrnn.network.recurrent import weights

HAIR = 1e-6  # of a state of order 1: the curvature adds about as much, rounding less, per step
ROUNDING = 1e-16  # a shorter perturbation of a state of order 1 cannot be told from none
SETTLING = 0.25  # the share of the steps in which the perturbation turns into the top direction


def lyapunov(model: CharModel, ids: Array, *, steps: int, windows: int, burn_in: int) -> float:
    """The top Lyapunov exponent per character of a float64 model along a text (n,): below 0 the
    network forgets, above 0 it is chaotic. The joint state is that of all layers, h and c.

    Where a perturbation vanishes in rounding, the step counts as ln(1e-16 / 1e-6) = -23, so that
    this is the least that can be found."""
    columns = cut(ids, steps=steps, windows=windows, burn_in=burn_in, boundary=model.boundary)[:-1]
    N = columns.shape[1]
    state = warm_state(model, columns[:burn_in])
    rng = np.random.default_rng(0)
    change = {name: rng.standard_normal(array.shape) for name, array in state.items()}
    rescale(change)
    tape = model.tape(1, 2 * N)
    logs = np.empty((steps, N))
    for t, characters in enumerate(columns[burn_in:]):
        pair = {s: np.concatenate([state[s], state[s] + change[s]], axis=2) for s in state}
        _, pair = model.forward(np.tile(characters, 2)[None], pair, tape)
        state = {s: both[:, :, :N] for s, both in pair.items()}
        change = {s: both[:, :, N:] - both[:, :, :N] for s, both in pair.items()}
        logs[t] = np.log(rescale(change) / HAIR)
    return float(logs[int(SETTLING * steps) :].mean())


def rescale(change: State) -> Array:
    """Bring every window's perturbation to the length `HAIR`, also one that has vanished; returns
    the lengths before, (N,), at least `ROUNDING`."""
    lengths = np.sqrt(np.sum([(array**2).sum(axis=(0, 1)) for array in change.values()], axis=0))
    gone = lengths < ROUNDING
    size = sum(array[:, :, 0].size for array in change.values())
    scale = HAIR / np.where(gone, np.sqrt(size), lengths)
    for array in change.values():
        array[:, :, gone] = 1
        array *= scale
    measured: Array = np.maximum(lengths, ROUNDING)
    return measured


def spectral_radii(model: CharModel, layer: int) -> dict[str, float]:
    """The largest absolute eigenvalue of each gate's block (H, H) of a layer's W_hh, by gate. Of an
    Elman network that is W_hh itself; where there are several, W_hh is not square and has no
    eigenvalues, and the Jacobian of a step is none of the blocks and bounded by none of them."""
    H, cell = model.hidden_size, model.recurrent_cell
    blocks = weights(model.parameters, layer).W_hh.astype(np.float64).reshape(-1, H, H)
    radii = [float(np.abs(np.linalg.eigvals(block)).max()) for block in blocks]
    return dict(zip(cell.gates, radii, strict=True))
