"""Gate activations: the logistic function and tanh of several gates in few passes over memory.

    sigmoid(z) = 1 / (1 + exp(-z)) = (1 + tanh(z / 2)) / 2

so that one formula serves both, with a scale s of 1 for tanh and 1/2 for the logistic function:

    1 - s + s tanh(s z)  =  1 - 2 s / (1 + exp(2 s z))

Which side is faster depends on the processor. Either is exact to the precision of the dtype.

The multiplication of z by s or 2 s is not done here, but before, in the weights that make z: a row
for each unit, in place of a pass over memory at every step. The factors are powers of two, and so
not a bit of the result depends on where they are applied.
"""

from collections.abc import Sequence
from itertools import groupby
from typing import Any, Protocol

import numpy as np

from charrnn.arrays import Array
from charrnn.machine.vectors import vectors

SCALE = {"sigmoid": 0.5, "tanh": 1.0}


class Activation(Protocol):
    """Writes the activations of the pre-activations z into `out`, which may be z."""

    def __call__(self, z: Array, /, *, out: Array) -> Any: ...


def gate_activations(functions: Sequence[str], dtype: np.dtype) -> tuple[Activation, Array]:
    """The activation of gates (G, ...) whose `functions` are "sigmoid" or "tanh", or all "relu",
    and the factors (G,) by which their pre-activations have to be multiplied before."""
    if set(functions) <= {"relu"}:
        return relu, np.ones(len(functions), dtype)
    scales = [SCALE[name] for name in functions]
    if _through_exp(dtype):
        return _ThroughExp(scales, dtype), 2 * np.array(scales, dtype)
    return _ThroughTanh(scales, dtype), np.array(scales, dtype)


def hyperbolic_tangent(dtype: np.dtype) -> Activation:
    """tanh(z), for a z that nothing was done to before."""
    if not _through_exp(dtype):
        return np.tanh
    gate, two = _ThroughExp([SCALE["tanh"]], dtype), dtype.type(2)

    def tanh(z: Array, /, *, out: Array) -> None:
        np.multiply(z, two, out=out)
        gate(out[None], out=out[None])

    return tanh


def relu(z: Array, /, *, out: Array) -> Any:
    """max(z, 0)."""
    return np.maximum(z, 0, out=out)


def _through_exp(dtype: np.dtype) -> bool:
    """Nanoseconds per element of exp and tanh: with AVX2 3.7 and 7.1, in float64 7.6 and 35; but in
    float32 with AVX-512 0.5 and 0.2."""
    return dtype == np.float64 or vectors() == "AVX2"


def _runs(scales: Sequence[float]) -> list[tuple[slice, float]]:
    """Neighbours with the same scale, which one pass serves."""
    runs, first = [], 0
    for scale, same in groupby(scales):
        last = first + len(list(same))
        runs.append((slice(first, last), scale))
        first = last
    return runs


class _ThroughExp:
    """1 - 2 s / (1 + exp(z)) for z multiplied by 2 s. exp may overflow, which is harmless: mind
    `np.errstate`."""

    def __init__(self, scales: Sequence[float], dtype: np.dtype) -> None:
        # Constants of no dimension: an array costs a pass over memory more, a Python number its
        # conversion.
        self.one = np.array(1, dtype)
        self.runs = [(run, np.array(2 * scale, dtype)) for run, scale in _runs(scales)]

    def __call__(self, z: Array, /, *, out: Array) -> None:
        np.exp(z, out=out)
        out += self.one  # 1 + exp(2 s z)
        for run, twice in self.runs:
            np.divide(twice, out[run], out=out[run])
        np.subtract(self.one, out, out=out)  # 1 - 2 s / (1 + exp(2 s z))


class _ThroughTanh:
    """1 - s + s tanh(z) for z multiplied by s."""

    def __init__(self, scales: Sequence[float], dtype: np.dtype) -> None:
        constants = ((run, np.array(s, dtype), np.array(1 - s, dtype)) for run, s in _runs(scales))
        self.runs = [(run, scale, shift) for run, scale, shift in constants if shift]

    def __call__(self, z: Array, /, *, out: Array) -> None:
        np.tanh(z, out=out)
        for run, scale, shift in self.runs:
            part = out[run]
            part *= scale
            part += shift  # 1 - s + s tanh(s z)
