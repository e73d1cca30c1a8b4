"""Long short-term memory (Hochreiter & Schmidhuber 1997; forget gate: Gers et al. 2000).

    i = sigmoid(xp_i + hp_i)          f = sigmoid(xp_f + hp_f)
    g = tanh(xp_g + hp_g)             o = sigmoid(xp_o + hp_o)
    c_t = f * c_{t-1} + i * g
    h_t = o * tanh(c_t)

The forget gate starts open (bias 1 in total, not 1 in each of the two biases).
"""

import numpy as np

from charrnn.arrays import Array
from charrnn.network.cells.base import Cell, Step


class LSTM(Cell):
    """Rows of the weights, as in PyTorch: i, f, g, o."""

    name = "lstm"
    gates = {"i": "sigmoid", "f": "sigmoid", "g": "tanh", "o": "sigmoid"}
    states = ("h", "c")
    saved = ("tanh_c",)
    keep_gate = "f"
    initial_bias = {"f": 1.0}
    learning_rates = {"tanh": (0.029, 0.024)}

    def forward(self, step: Step) -> None:
        (_, c), (_, c_prev), a, gates = step.state, step.previous, step.a, step.gates
        gates += step.hp
        step.activate(gates, out=gates)
        i, f, g, _ = gates
        np.multiply(f, c_prev, out=c)
        np.multiply(i, g, out=a)
        c += a  # c = f c' + i g
        self.output(step)

    def output(self, step: Step) -> None:
        (h, c), (tanh_c,), o = step.state, step.saved, step.gates[3]
        step.tanh(c, out=tanh_c)  # kept: the way back needs it twice
        np.multiply(o, tanh_c, out=h)  # h = o tanh(c)

    def through_output(self, step: Step, dstate: list[Array]) -> None:
        (dh, dc), (tanh_c,), o = dstate, step.saved, step.gates[3]
        slope = np.multiply(tanh_c, tanh_c, out=step.a)
        np.subtract(1, slope, out=slope)  # d tanh(c) / dc = 1 - tanh(c)^2
        slope *= o
        slope *= dh
        dc += slope  # dc += dh o (1 - tanh(c)^2)

    def backward(self, step: Step, dstate: list[Array], dhp: Array, dxp_separate: Array) -> None:
        (dh, dc), (_, c_prev), (tanh_c,) = dstate, step.previous, step.saved
        gates = step.gates
        i, f, g, _ = gates
        di, df, dg, do = dhp
        np.multiply(dc, g, out=di)  # di = dc g
        np.multiply(dc, c_prev, out=df)  # df = dc c'
        np.multiply(dc, i, out=dg)  # dg = dc i
        np.multiply(dh, tanh_c, out=do)  # do = dh tanh(c)
        # The slopes of all gates in one pass, then that of tanh over the one that is not sigmoid.
        slope = np.subtract(1, gates, out=step.scratch)
        slope *= gates  # sigmoid' = s (1 - s)
        np.multiply(g, g, out=slope[2])
        np.subtract(1, slope[2], out=slope[2])  # tanh' = 1 - g^2
        dhp *= slope  # from gates to pre-activations, which are xp + hp
        dc *= f  # dc' = dc f
