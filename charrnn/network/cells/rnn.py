"""The Elman network (Elman, Finding structure in time, Cognitive Science 14, 1990).

    h_t = act(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh)        act: tanh or ReLU

With ReLU, W_hh starts as the identity (Le, Jaitly, Hinton, arXiv 1504.00941).
"""

import numpy as np

from charrnn.arrays import Array
from charrnn.network.cells.base import Cell, Step


class RNN(Cell):
    """h_t = act(xp_t + hp_t)."""

    name = "rnn"
    gates = {"h": "activation"}
    learning_rates = {"tanh": (0.013, 0.011), "relu": (0.005, 0.005)}

    def forward(self, step: Step) -> None:
        z, (h,) = step.gates, step.state
        z += step.hp
        step.activate(z, out=z)
        h[...] = z[0]  # h = act(xp + hp)

    def backward(self, step: Step, dstate: list[Array], dhp: Array, dxp_separate: Array) -> None:
        (dh,), (h,), (dz,) = dstate, step.gates, dhp
        if self.activation == "tanh":
            np.multiply(h, h, out=dz)
            np.subtract(1, dz, out=dz)  # act' = 1 - h^2
        else:
            np.sign(h, out=dz)  # act' = 1 where h > 0, else 0
        dz *= dh  # dhp = act' dh
