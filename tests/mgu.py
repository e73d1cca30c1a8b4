"""A minimal gated unit (Zhou et al., arXiv 1603.09420), with its gate after the product.

f = sigmoid(xp_f + hp_f)          n = tanh(xp_n + f * hp_n)
h_t = h_{t-1} + f * (n - h_{t-1})
"""

import numpy as np

from charrnn.network.cells.base import Cell


class MGU(Cell):
    name = "mgu"
    gates = {"f": "sigmoid", "n": "tanh"}  # noqa: RUF012
    separate = 1
    direct_path = True

    def forward(self, step):
        (h,), (h_prev,), (f, n), (hp_n,) = step.state, step.previous, step.gates, step.separate
        f += step.hp[0]
        step.activate(step.gates[:1], out=step.gates[:1])
        n += f * hp_n
        step.tanh(n, out=n)
        np.add(h_prev, f * (n - h_prev), out=h)

    def backward(self, step, dstate, dhp, dxp_separate):
        (dh,), (h_prev,), (f, n), (hp_n,) = dstate, step.previous, step.gates, step.separate
        dn = dxp_separate[0]
        dn[...] = dh * f * (1 - n * n)
        dhp[0] = (dh * (n - h_prev) + dn * hp_n) * f * (1 - f)
        dhp[1] = dn * f
        dh *= 1 - f
