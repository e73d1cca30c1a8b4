"""Gated recurrent unit (Cho et al. 2014), in the form of PyTorch and cuDNN: the reset gate acts
after the product, and the candidate has a hidden bias b_hn of its own.

    r = sigmoid(xp_r + hp_r)          z = sigmoid(xp_z + hp_z)
    n = tanh(xp_n + r * hp_n)
    h_t = (1 - z) * n + z * h_{t-1}

z is the share that is kept (other texts call that share 1 - z); its bias starts at 1.
"""

import numpy as np

from charrnn.cells.base import Cell, Workspace
from charrnn.ops import Array


class GRU(Cell):
    """Rows of the weights, as in PyTorch: r, z, n."""

    name = "gru"
    gates = ("r", "z", "n")
    initial_bias = {"z": 1.0}  # noqa: RUF012 (declared as a ClassVar in the base)
    apart = 1
    blends = True
    scale = (0.5, 0.5, 1.0)

    def forward(
        self, gates: Array, hp: Array, previous: list[Array], state: list[Array], work: Workspace
    ) -> None:
        (h,) = state
        (h_prev,) = previous
        hp_n = work.apart[0]
        rz, n = gates[:2], gates[2]
        r, z = rz
        rz += hp[:2]
        work.squash(rz, out=rz)
        n += np.multiply(r, hp_n, out=work.a)
        work.tanh(n, out=n)
        # (1 - z) n + z h' = n + z (h' - n)
        blend = np.subtract(h_prev, n, out=work.a)
        blend *= z
        np.add(n, blend, out=h)

    def backward(
        self,
        dstate: list[Array],
        gates: Array,
        previous: list[Array],
        dhp: Array,
        dxp_apart: Array,
        work: Workspace,
    ) -> None:
        (dh,) = dstate
        (h_prev,) = previous
        r, z, n = gates
        dr, dz, dhp_n = dhp
        dn = dxp_apart[0]
        slope = np.subtract(1, gates, out=work.gates)  # sigmoid' = s (1 - s); slope[1] = 1 - z
        np.multiply(dh, slope[1], out=dn)
        np.multiply(n, n, out=slope[2])  # tanh' = 1 - n^2
        np.subtract(1, slope[2], out=slope[2])
        dn *= slope[2]
        slope[:2] *= gates[:2]
        np.multiply(dn, work.apart[0], out=dr)
        np.subtract(h_prev, n, out=dz)
        dz *= dh
        dhp[:2] *= slope[:2]
        np.multiply(dn, r, out=dhp_n)
        dh *= z
