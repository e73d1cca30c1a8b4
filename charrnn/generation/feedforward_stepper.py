"""The multi-layer perceptron, one character at a time: a window of the text that moves on.

Every place of the window has a table of its own, whose rows are its weights for each character; row
0 is for no character, and zero. The equations are those of `network.feedforward`.
"""

from typing import Any, NamedTuple

import numpy as np

from charrnn.arrays import Array
from charrnn.generation.stepper import Stepper
from charrnn.network.model import CharModel


class Weights(NamedTuple):
    """Float64: tables (N, V+1, H), and W and b as a column for every layer; the first has no W."""

    tables: Array
    matrices: list[Array]
    biases: list[Array]
    boundary: int | None  # the character before which the window becomes empty


class FeedForwardStepper(Stepper):
    """Before anything is read the window is empty, and h follows from the biases alone."""

    def __init__(self, model: CharModel | Weights, window: Array) -> None:
        """`window` (N, B): characters as index + 1, the oldest first, 0 where there is none."""
        self._weights = w = arranged(model) if isinstance(model, CharModel) else model
        self._window, self.batch = window.copy(), window.shape[1]
        self._places = np.arange(len(w.tables))[:, None]
        self.logits = np.empty((w.tables.shape[1] - 1, self.batch))
        self._predict()

    def step(self, ids: Array) -> Array:
        self._window[:-1] = self._window[1:]
        self._window[:, ids == self._weights.boundary] = 0
        self._window[-1] = ids + 1
        self._predict()
        return self.logits

    def _predict(self) -> None:
        tables, matrices, (first, *biases), _ = self._weights
        z = tables[self._places, self._window].sum(axis=0).T + first  # W_1 x_{t-N+1} + ... + b
        for W, b in zip(matrices, biases, strict=True):
            z = W @ np.tanh(z) + b
        self.logits[...] = z

    def spread(self, batch: int) -> "FeedForwardStepper":
        return FeedForwardStepper(self._weights, np.repeat(self._window, batch, axis=1))

    def __reduce__(self) -> tuple[Any, ...]:
        return FeedForwardStepper, (self._weights, self._window)


def arranged(model: CharModel) -> Weights:
    """The weights of `model` for its steppers."""
    N, H, V = model.context, model.hidden_size, model.vocabulary_size
    p = {name: array.astype(np.float64) for name, array in model.parameters.items()}
    tables = np.zeros((N, V + 1, H))
    tables[:, 1:] = p["mlp.0.weight"].reshape(H, N, V).transpose(1, 2, 0)
    layers = [*(f"mlp.{2 * layer}" for layer in range(model.layers)), "head"]
    matrices = [p[f"{layer}.weight"] for layer in layers[1:]]
    biases = [p[f"{layer}.bias"][:, None] for layer in layers]
    return Weights(tables, matrices, biases, model.boundary)
