"""Long short-term memory (Hochreiter & Schmidhuber 1997; forget gate: Gers et al. 2000).

    i = sigmoid(xp_i + hp_i)          f = sigmoid(xp_f + hp_f)
    g = tanh(xp_g + hp_g)             o = sigmoid(xp_o + hp_o)
    c_t = f * c_{t-1} + i * g
    h_t = o * tanh(c_t)

The forget gate starts open (bias 1 in total, not 1 in each of the two biases).
"""

import numpy as np

from charrnn.cells.base import Cell, Workspace
from charrnn.ops import Array


class LSTM(Cell):
    """Rows of the weights, as in PyTorch: i, f, g, o."""

    name = "lstm"
    gates = ("i", "f", "g", "o")
    states = ("h", "c")
    saved = ("tanh_c",)
    initial_bias = {"f": 1.0}  # noqa: RUF012 (declared as a ClassVar in the base)
    scale = (0.5, 0.5, 1.0, 0.5)

    def forward(
        self, gates: Array, hp: Array, previous: list[Array], state: list[Array], work: Workspace
    ) -> None:
        h, c = state
        c_prev = previous[1]
        tanh_c = work.saved[0]
        gates += hp
        work.squash(gates, out=gates)
        i, f, g, o = gates
        np.multiply(f, c_prev, out=c)
        np.multiply(i, g, out=work.a)
        c += work.a
        work.tanh(c, out=tanh_c)
        np.multiply(o, tanh_c, out=h)

    def through_output(self, dstate: list[Array], gates: Array, work: Workspace) -> None:
        dh, dc = dstate
        o = gates[3]
        tanh_c = work.saved[0]
        slope = np.multiply(tanh_c, tanh_c, out=work.a)  # d tanh(c) / dc = 1 - tanh(c)^2
        np.subtract(1, slope, out=slope)
        slope *= o
        slope *= dh
        dc += slope

    def backward(
        self,
        dstate: list[Array],
        gates: Array,
        previous: list[Array],
        dhp: Array,
        dxp_apart: Array,
        work: Workspace,
    ) -> None:
        dh, dc = dstate
        i, f, g, _ = gates
        c_prev = previous[1]
        di, df, dg, do = dhp
        np.multiply(dc, g, out=di)
        np.multiply(dc, c_prev, out=df)
        np.multiply(dc, i, out=dg)
        np.multiply(dh, work.saved[0], out=do)
        slope = np.subtract(1, gates, out=work.gates)  # sigmoid' = s (1 - s)
        slope *= gates
        np.multiply(g, g, out=slope[2])  # tanh' = 1 - g^2
        np.subtract(1, slope[2], out=slope[2])
        dhp *= slope
        dc *= f
