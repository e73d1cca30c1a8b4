"""Gate activations: the logistic function and tanh of several gates in one pass over memory.

    sigmoid(z) = 1 / (1 + exp(-z)) = (1 + tanh(z / 2)) / 2

so that one formula serves both, with a scale s of 1 for tanh and 1/2 for the logistic function:

    1 - s + s tanh(s z)  =  1 - 2 s / (1 + exp(2 s z))

Which side is faster depends on the processor. Either is exact to the precision of the dtype.
"""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from charrnn.arrays import Array
from charrnn.machine.vectors import vectors

SCALE = {"sigmoid": 0.5, "tanh": 1.0}


class Activation(Protocol):
    """Writes the activations of the pre-activations z into `out`, which may be z."""

    def __call__(self, z: Array, /, *, out: Array) -> Any: ...


def gate_activations(functions: Sequence[str], ones: Array) -> Activation:
    """The activation of gates (G, ...) whose `functions` are "sigmoid" or "tanh", or all "relu".

    `ones` has the dtype of the gates and a shape that one gate broadcasts with; full arrays are the
    faster constants where the gates are small.
    """
    if set(functions) == {"relu"}:
        return relu
    return scaled(np.stack([ones.dtype.type(SCALE[name]) * ones for name in functions]))


def scaled(scale: Array) -> Activation:
    """1 - s + s tanh(s z) for an array of scales s that z broadcasts with; tanh where s is 1."""
    if scale.dtype == np.float64 or vectors() == "AVX2":
        return _ThroughExp(scale)
    return np.tanh if (scale == 1).all() else _ThroughTanh(scale)


def relu(z: Array, /, *, out: Array) -> Any:
    """max(z, 0)."""
    return np.maximum(z, 0, out=out)


class _ThroughExp:
    """1 - 2 s / (1 + exp(2 s z)). exp may overflow, which is harmless: mind `np.errstate`.

    Nanoseconds per element of exp and tanh: with AVX2 3.7 and 7.1, in float64 7.6 and 35; but in
    float32 with AVX-512 0.5 and 0.2.
    """

    def __init__(self, scale: Array) -> None:
        # Constants as arrays: turning a Python number into one takes longer than a short row.
        self.one, self.twice = np.ones_like(scale), 2 * scale

    def __call__(self, z: Array, /, *, out: Array) -> None:
        np.multiply(z, self.twice, out=out)  # 2 s z
        np.exp(out, out=out)
        out += self.one  # 1 + exp(2 s z)
        np.divide(self.twice, out, out=out)
        np.subtract(self.one, out, out=out)  # 1 - 2 s / (1 + exp(2 s z))


class _ThroughTanh:
    """1 - s + s tanh(s z)."""

    def __init__(self, scale: Array) -> None:
        self.scale, self.shift = scale, 1 - scale

    def __call__(self, z: Array, /, *, out: Array) -> None:
        np.multiply(z, self.scale, out=out)  # s z
        np.tanh(out, out=out)
        out *= self.scale
        out += self.shift  # 1 - s + s tanh(s z)
