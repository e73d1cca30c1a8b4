"""What a unit is for, by experiment: hold it at its mean, and see where the loss changes.

A correlation tells what a unit follows, not whether anything depends on it. Holding the h of a unit
at its mean takes away all that it tells to the other units, to the layer above and to the softmax
layer, and leaves everything else as it is. (An LSTM's c acts through h alone.)
"""

import math
from dataclasses import dataclass

import numpy as np

from charrnn.arrays import Array
from charrnn.inspection.standard_errors import blocks_for, standard_error
from charrnn.inspection.surprisal import read
from charrnn.network.model import CharModel


@dataclass(frozen=True)
class Effect:
    """By how much the loss of the next character rises, in bits, on average over the places where a
    property holds (is above its mean) and over those where it does not, with standard errors."""

    there: float
    there_error: float
    elsewhere: float
    elsewhere_error: float


def clamped(model: CharModel, layer: int, unit: int, value: float) -> CharModel:
    """The network in which nobody reads another h of this unit than `value`.

    What reads it are columns of matrices: W h = W' h' + w h_i, and with h_i constant w h_i is a
    bias, where W' and h' are without column and unit i.
    """
    copy = model.with_weights(model.flat)
    p = copy.parameters
    readers = [(f"rnn.weight_hh_l{layer}", f"rnn.bias_hh_l{layer}")]
    if layer + 1 < model.layers:
        readers.append((f"rnn.weight_ih_l{layer + 1}", f"rnn.bias_ih_l{layer + 1}"))
    else:
        readers.append(("head.weight", "head.bias"))
    for weight, bias in readers:
        p[bias] += p[weight][:, unit] * value
        p[weight][:, unit] = 0
    return copy


def effect(usual: Array, held: Array, values: Array) -> Effect:
    """From the losses (n - 1,) in nats of a text (n,), as they are and with the unit held, and the
    values of a property at its characters (n,)."""
    rise = (held - usual) / math.log(2)
    holds = values[:-1] > values.mean()
    figures = []
    for where in (holds, ~holds):
        mean = float(rise[where].mean()) if where.any() else math.nan
        error = standard_error(rise, blocks_for(len(rise)), where.astype(np.float64))
        figures += [mean, float(error)]
    return Effect(*figures)


class Effects:
    """What the loss does on a text when a unit is held at its mean; each unit is tried once."""

    def __init__(self, model: CharModel, ids: Array, mean_h: Array) -> None:
        self.model, self.ids, self.mean_h = model, ids, mean_h
        self.usual: Array | None = None
        self.held: dict[tuple[int, int], Array] = {}

    def of(self, layer: int, unit: int, values: Array) -> Effect:
        """`values` of the property at the characters of a text that ends as this one does."""
        if self.usual is None:
            self.usual = read(self.model, self.ids).nats
        at = layer, unit
        if at not in self.held:
            self.held[at] = read(clamped(self.model, *at, float(self.mean_h[at])), self.ids).nats
        return effect(self.usual, self.held[at], values[-len(self.ids) :])
