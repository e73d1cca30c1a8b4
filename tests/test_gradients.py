"""Backpropagation through time against central differences in float64, for every cell."""

import numpy as np
import pytest
from small import RECURRENT, VARIANTS, V, noisy_model, random_state

from charrnn.network import numerics as ops
from charrnn.network.cells import CELLS
from charrnn.network.dropout import Dropout

# All different, so that no transposed shape can pass by accident.
T, B = 6, 3
STEP = 6e-6  # about the optimum for central differences in float64


class Problem:
    """A tiny random model in float64 with a random text and a random carried state."""

    def __init__(self, cell: str, activation: str, layers: int, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        self.model = noisy_model(cell, activation, layers, seed=seed)
        self.ids = rng.integers(0, V, (T, B))
        self.targets = rng.integers(0, V, T * B)
        self.state = random_state(self.model, B, rng)
        self.tape = self.model.tape(T, B)

    def loss(self) -> float:
        logits, _ = self.model.forward(self.ids, self.state, self.tape)
        return ops.cross_entropy(logits, self.targets, np.empty_like(logits))

    def gradients(self) -> dict[str, np.ndarray]:
        logits, _ = self.model.forward(self.ids, self.state, self.tape)
        dlogits = np.empty_like(logits)
        ops.cross_entropy(logits, self.targets, dlogits)
        grads = self.model.gradients()
        initial = self.model.backward(dlogits, self.tape, grads)
        return grads | {f"initial.{name}": array for name, array in initial.items()}

    def arrays(self) -> dict[str, np.ndarray]:
        if self.model.context:  # what is carried is characters, which nothing derives by
            return dict(self.model.parameters)
        initial = {f"initial.{name}": array for name, array in self.state.items()}
        return self.model.parameters | initial

    def worst_error(self) -> float:
        """The largest error of any entry, relative to the largest entry of its array."""
        grads = self.gradients()
        errors = []
        for name, array in self.arrays().items():
            numeric = np.empty(array.shape)
            for index in np.ndindex(array.shape):
                kept = array[index]
                array[index] = kept + STEP
                above = self.loss()
                array[index] = kept - STEP
                numeric[index] = (above - self.loss()) / (2 * STEP)
                array[index] = kept
            errors.append(np.abs(numeric - grads[name]).max() / np.abs(numeric).max())
        return max(errors)


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize(("cell", "activation"), VARIANTS)
def test_gradients_equal_central_differences(cell: str, activation: str, layers: int) -> None:
    assert Problem(cell, activation, layers).worst_error() < 1e-6


@pytest.mark.parametrize("cell", RECURRENT)
def test_the_check_notices_a_wrong_sign(cell: str, monkeypatch: pytest.MonkeyPatch) -> None:
    right = CELLS[cell].backward

    def wrong(self, step, dstate, dhp, dxp_separate):  # type: ignore[no-untyped-def]
        right(self, step, dstate, dhp, dxp_separate)
        np.negative(dhp[0], out=dhp[0])

    monkeypatch.setattr(CELLS[cell], "backward", wrong)
    assert Problem(cell, "tanh", 1).worst_error() > 0.1


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize(("cell", "activation"), VARIANTS)
def test_dropout_gradients_equal_central_differences(
    cell: str, activation: str, layers: int
) -> None:
    """The masks are drawn anew from the same seed at each call, so they are one fixed function."""

    class Dropped(Problem):
        def loss(self) -> float:
            dropout = Dropout(0.5, (1,), B, slice(0, B))
            logits, _ = self.model.forward(self.ids, self.state, self.tape, dropout)
            return ops.cross_entropy(logits, self.targets, np.empty_like(logits))

        def gradients(self) -> dict[str, np.ndarray]:
            self.loss()
            logits = self.tape.logits
            dlogits = np.empty_like(logits)
            ops.cross_entropy(logits, self.targets, dlogits)
            grads = self.model.gradients()
            initial = self.model.backward(dlogits, self.tape, grads)
            return grads | {f"initial.{name}": array for name, array in initial.items()}

    assert Dropped(cell, activation, layers).worst_error() < 1e-6
