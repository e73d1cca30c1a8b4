"""The Elman network (Elman, Finding structure in time, Cognitive Science 14, 1990).

    h_t = act(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh)        act: tanh or ReLU

With ReLU, W_hh starts as the identity (Le, Jaitly, Hinton, arXiv 1504.00941).
"""

import numpy as np

from charrnn.arrays import Array
from charrnn.network.cells.base import Cell, Workspace


class RNN(Cell):
    """h_t = act(xp_t + hp_t)."""

    name = "rnn"
    gates = {"h": "activation"}
    learning_rates = {"tanh": (0.013, 0.011), "relu": (0.005, 0.005)}

    def forward(
        self, gates: Array, hp: Array, previous: list[Array], state: list[Array], work: Workspace
    ) -> None:
        (h,) = state
        gates += hp
        work.activate(gates, out=gates)
        h[...] = gates[0]  # h = act(xp + hp)

    def backward(
        self,
        dstate: list[Array],
        gates: Array,
        previous: list[Array],
        dhp: Array,
        dxp_separate: Array,
        work: Workspace,
    ) -> None:
        (dh,) = dstate
        h = gates[0]
        if self.activation == "tanh":
            np.multiply(h, h, out=dhp[0])
            np.subtract(1, dhp[0], out=dhp[0])  # act' = 1 - h^2
        else:
            np.sign(h, out=dhp[0])  # act' = 1 where h > 0, else 0
        dhp[0] *= dh  # dhp = act' dh
