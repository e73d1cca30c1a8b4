"""The Lyapunov spectrum of every layer: how fast changes in all directions grow, not only in one.

A layer's whole state, h and c, has S H directions. A frame of all of them is taken back through the
transposed Jacobian of every step, and made orthonormal again: by what each of its vectors had
become shorter than the ones before allow, (1/T) sum of ln |R_ii|, is an exponent (Benettin et al.
1980; of recurrent networks Vogt et al., arXiv 2006.14123). The layers below are as they are, so the
spectrum of a stack is that of its layers together; see `dynamics`.
"""

from dataclasses import dataclass

import numpy as np

from charrnn.arrays import Array
from charrnn.inspection.uncertainty import BLOCKS, mean_of_blocks
from charrnn.inspection.windows import cut, run
from charrnn.network import layer as recurrent
from charrnn.network.cells.base import Cell
from charrnn.network.layer import Weights
from charrnn.network.model import CharModel
from charrnn.network.recurrent import weights
from charrnn.network.tape import Tape

SETTLING = 0.25  # the share of the steps in which the frame turns into the directions' order
TOGETHER = 3  # steps between which the frame is made orthonormal again
#: Steps of a spectrum, of which each costs the third power of the state's size, and all together.
FEWEST, MOST, ALL = 50, 500, 1.2e10
GONE = 1e-300  # what is shorter is no direction any more: ln 1e-300 / TOGETHER = -230 a step


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Of one layer, the exponents per character (S H,), largest first, and their standard errors
    from blocks of characters."""

    layer: int
    exponents: Array
    standard_error: Array


def affordable(model: CharModel, most: int) -> int:
    """So many steps, at most, are a matter of seconds."""
    size = len(model.cell.states) * model.hidden_size
    return max(min(max(int(ALL / (model.layers * size**3)), FEWEST), MOST, most), 2)


def spectra(model: CharModel, ids: Array, *, steps: int, burn_in: int) -> tuple[Spectrum, ...]:
    """Measure a float64 model on the first `steps` characters of a text (n,) after a burn-in, or on
    those of a unit. Raises CorpusError if the text is too short."""
    columns = cut(ids, steps=steps, windows=1, burn_in=burn_in, boundary=model.boundary)
    tape, _ = run(model, columns, burn_in)
    found = []
    for index in range(model.layers):
        w = weights(model.parameters, index)
        growth = growths(model.recurrent_cell, w, tape.layers[index], model.dtype)
        settled = growth[:, int(SETTLING * growth.shape[1]) :]
        mean, error = mean_of_blocks(settled, BLOCKS)
        order = np.argsort(-mean, kind="stable")
        found.append(Spectrum(index, mean[order], error[order]))
    return tuple(found)


def growths(cell: Cell, w: Weights, tape: Tape, dtype: np.dtype) -> Array:
    """ln |R_ii| per step (S H, turns) of a frame that goes back over a tape of one stream, from its
    last step to its first."""
    S, H, steps = len(cell.states), tape.hidden_size, tape.steps
    one = Tape(cell, H, 1, S * H, dtype)
    one.dout[...] = 0  # the layer alone: nothing comes from above
    frame, found = np.eye(S * H, dtype=dtype), []
    since = 0
    for t in reversed(range(1, steps)):
        spread_out(tape, t, one)
        dlast = [np.ascontiguousarray(part) for part in frame.reshape(S, H, S * H)]
        frame = np.concatenate(recurrent.backward(cell, w, one, None, dlast))
        since += 1
        if since == TOGETHER or t == 1:
            frame, r = np.linalg.qr(frame)
            found.append(np.log(np.maximum(np.abs(np.diag(r)), GONE)) / since)
            since = 0
    result: Array = np.stack(found, axis=1)
    return result


def spread_out(tape: Tape, t: int, one: Tape) -> None:
    """What step t of one stream left, for as many streams as a tape of one step has."""
    source, copy = tape.at[t], one.at[0]
    for name in ("gates", "separate", "saved"):
        getattr(copy, name)[...] = getattr(source, name)
    for there, here in zip(source.previous + source.state, copy.previous + copy.state, strict=True):
        here[...] = there
