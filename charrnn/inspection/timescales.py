"""How long each unit keeps what it has, by its own gate, and how these times are distributed.

A unit that keeps the share f of its content at every step loses it as e^(-t/T) with the time scale
T = -1 / ln f. Here f is the mean of the unit's keep gate over a text (the LSTM's f, the GRU's z).
Where dependencies in a text fall as a power of the distance, time scales should be distributed as
an inverse gamma distribution (Mahto et al., arXiv 2009.12727),

    p(T) = b^a / Gamma(a) T^(-a-1) e^(-b/T),        P(T > t) ~ t^(-a) for large t

It is fitted by maximum likelihood, 1/T being gamma distributed, with a from ln E[1/T] - E[ln 1/T]
by the approximation of Minka (2002), which is good to 1.5 %.
"""

import math
from dataclasses import dataclass

import numpy as np

from charrnn.arrays import Array
from charrnn.inspection.side_by_side import chunks, readers_for
from charrnn.network.model import CharModel

READERS, SHORTEST_SHARE, WARM_UP = 16, 512, 128


@dataclass(frozen=True, eq=False)
class TimeScales:
    """Of the units of one layer (H,), in characters, in their order, infinite where nothing is
    lost; and the shape a and the scale b of the inverse gamma distribution nearest to them, None
    where they are all alike."""

    layer: int
    gate: str
    scales: Array
    shape: float | None
    scale: float | None


def time_scales(model: CharModel, ids: Array) -> tuple[TimeScales, ...]:
    """Run a text (n,) through the network; nothing for a cell without a gate that keeps."""
    cell, gate = model.recurrent_cell, model.recurrent_cell.keep_gate
    if gate is None:
        return ()
    index, sums = list(cell.gates).index(gate), np.zeros((model.layers, model.hidden_size))
    for tape, _, counted in chunks(
        model, ids, readers_for(len(ids), SHORTEST_SHARE, READERS), WARM_UP
    ):
        for layer, total in zip(tape.layers, sums, strict=True):
            total += layer.gates[:, index].transpose(1, 0, 2)[:, counted].sum(axis=1)
    found = []
    for number, kept in enumerate(sums / len(ids)):
        with np.errstate(divide="ignore"):
            scales = -1 / np.log(np.minimum(kept, 1))
        found.append(TimeScales(number, gate, np.abs(scales), *inverse_gamma(np.abs(scales))))
    return tuple(found)


def inverse_gamma(scales: Array) -> tuple[float | None, float | None]:
    """Shape and scale of the inverse gamma distribution of largest likelihood."""
    rates = 1 / scales[np.isfinite(scales) & (scales > 0)]
    if not len(rates):
        return None, None
    s = math.log(rates.mean()) - float(np.log(rates).mean())
    if s < 1e-9:
        return None, None
    shape = (3 - s + math.sqrt((s - 3) ** 2 + 24 * s)) / (12 * s)
    return shape, shape / float(rates.mean())


def beyond(time: float, shape: float, scale: float) -> float:
    """P(T > time) of the inverse gamma distribution: that 1/T is below 1/time, the regularised
    incomplete gamma function of scale/time, by its power series."""
    x = scale / time
    term = total = math.exp(shape * math.log(x) - x - math.lgamma(shape + 1))
    n = 1
    while term > 1e-12 * total:
        term *= x / (shape + n)
        total += term
        n += 1
    return min(total, 1.0)
