"""What every unit of a network is at every character of a text."""

from dataclasses import dataclass

import numpy as np

from charrnn.arrays import Array
from charrnn.inspection.side_by_side import chunks
from charrnn.network.model import CharModel

WARM_UP = 128


@dataclass(frozen=True, eq=False)
class Units:
    """The signal (L, H, n) of every unit at every character: h, or tanh(c) where there is a c; and
    the mean (L, H) of h."""

    quantity: str
    signals: Array
    mean_h: Array

    @property
    def hidden_size(self) -> int:
        return int(self.signals.shape[1])

    def rows(self, layer: int | None = None) -> Array:
        """The signals of one layer or of all, (units, n)."""
        chosen = self.signals if layer is None else self.signals[layer : layer + 1]
        return chosen.reshape(-1, chosen.shape[2])


def units(model: CharModel, ids: Array, readers: int = 1) -> Units:
    """Run a text (n,) through the network; float32, because there are many values."""
    signals = np.empty((model.layers, model.hidden_size, len(ids)), np.float32)
    mean_h = np.zeros(signals.shape[:2])
    has_c = "c" in model.cell.states
    for tape, places, counted in chunks(model, ids, readers, WARM_UP):
        for layer, memory in enumerate(tape.layers):
            h, *c = np.stack(memory.states[1:], axis=2)  # (S, H, T, B)
            signals[layer][:, places[counted]] = (c[0] if has_c else h)[:, counted]
            mean_h[layer] += h[:, counted].sum(axis=1, dtype=np.float64) / len(ids)
    if has_c:
        np.tanh(signals, out=signals)
    return Units("tanh(c)" if has_c else "h", signals, mean_h)
