"""Gated recurrent unit (Cho et al. 2014), in the form of PyTorch and cuDNN: the reset gate acts
after the product, and the candidate has a hidden bias b_hn of its own.

    r = sigmoid(xp_r + hp_r)          z = sigmoid(xp_z + hp_z)
    n = tanh(xp_n + r * hp_n)
    h_t = (1 - z) * n + z * h_{t-1}

z is the share that is kept (other texts call that share 1 - z); its bias starts at 1.
"""

import numpy as np

from charrnn.arrays import Array
from charrnn.network.cells.base import Cell, Step


class GRU(Cell):
    """Rows of the weights, as in PyTorch: r, z, n."""

    name = "gru"
    gates = {"r": "sigmoid", "z": "sigmoid", "n": "tanh"}
    separate = 1  # n reads r * hp_n
    direct_path = True  # h_t has z * h_{t-1}
    keep_gate = "z"
    initial_bias = {"z": 1.0}
    learning_rates = {"tanh": (0.032, 0.018)}

    def forward(self, step: Step) -> None:
        (h,), (h_prev,), (hp_n,), a = step.state, step.previous, step.separate, step.a
        rz, n = step.gates[:2], step.gates[2]
        r, z = rz
        rz += step.hp[:2]
        step.activate(rz, out=rz)
        n += np.multiply(r, hp_n, out=a)
        step.tanh(n, out=n)  # n = tanh(xp_n + r hp_n)
        np.subtract(h_prev, n, out=a)
        a *= z
        np.add(n, a, out=h)  # h = n + z (h' - n) = (1 - z) n + z h'

    def backward(self, step: Step, dstate: list[Array], dhp: Array, dxp_separate: Array) -> None:
        (dh,), (h_prev,), (hp_n,), gates = dstate, step.previous, step.separate, step.gates
        r, z, n = gates
        dr, dz, dhp_n = dhp
        dn = dxp_separate[0]  # of the pre-activation of n
        # 1 - gates serves twice: as 1 - z for dn, and in the slope of both sigmoids.
        slope = np.subtract(1, gates, out=step.scratch)
        np.multiply(dh, slope[1], out=dn)  # dn = dh (1 - z)
        np.multiply(n, n, out=slope[2])
        np.subtract(1, slope[2], out=slope[2])  # tanh' = 1 - n^2
        dn *= slope[2]
        slope[:2] *= gates[:2]  # sigmoid' = s (1 - s)
        np.multiply(dn, hp_n, out=dr)  # dr = dn hp_n
        np.subtract(h_prev, n, out=dz)
        dz *= dh  # dz = dh (h' - n)
        dhp[:2] *= slope[:2]
        np.multiply(dn, r, out=dhp_n)  # dhp_n = dn r
        dh *= z  # dh' = dh z, and the loop adds what comes through W_hh
