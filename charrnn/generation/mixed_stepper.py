"""A network and n-grams that read the same streams, and predict together."""

import numpy as np

from charrnn.arrays import Array
from charrnn.generation.stepper import Stepper
from charrnn.network.mixture import Weights, mixed
from charrnn.text.ngram_reader import NGramReader


class MixedStepper(Stepper):
    """Its `logits` are the sum of both, as `network.mixture` says."""

    def __init__(self, network: Stepper, reader: NGramReader, weights: Weights) -> None:
        self.network, self.reader, self.weights = network, reader, weights
        self.batch = network.batch
        self._mix()

    def step(self, ids: Array) -> Array:
        self.network.step(ids)
        self.reader.step(ids)
        return self._mix()

    def spread(self, batch: int) -> "MixedStepper":
        return MixedStepper(self.network.spread(batch), self.reader.spread(batch), self.weights)

    def _mix(self) -> Array:
        self.logits = mixed(self.network.logits, np.log(self.reader.probabilities), self.weights)
        return self.logits
