"""The same numbers as PyTorch, from files that PyTorch wrote (see tests/golden/README.md)."""

from pathlib import Path

import numpy as np
import pytest
from small import RECURRENT

from charrnn.network.model import CharModel
from charrnn.network.numerics import cross_entropy
from charrnn.training.optimisers import Adam, clip

GOLDEN = Path(__file__).parent / "golden"
CELLS = {
    "rnn_tanh": ("rnn", "tanh"),
    "rnn_relu": ("rnn", "relu"),
    "lstm": ("lstm", "tanh"),
    "gru": ("gru", "tanh"),
    "mlp": ("mlp", "tanh"),
}


class Golden:
    """One golden file, and a model with its weights."""

    def __init__(self, name: str, dtype: type[np.floating]) -> None:
        with np.load(GOLDEN / f"{name}.npz", allow_pickle=False) as file:
            self.arrays = {key: file[key] for key in file.files}
        cell, activation = CELLS[name]
        self.model = CharModel(
            self.group("parameters."), cell=cell, activation=activation, dtype=dtype
        )
        self.T, self.B = self["ids"].shape
        self.tape = self.model.tape(self.T, self.B)
        self.gradients = self.model.gradients()

    def __getitem__(self, key: str) -> np.ndarray:
        return self.arrays[key]

    def group(self, prefix: str) -> dict[str, np.ndarray]:
        return {k[len(prefix) :]: v for k, v in self.arrays.items() if k.startswith(prefix)}

    def initial(self) -> dict[str, np.ndarray]:
        """(L, B, H) as PyTorch has it, to our (L, H, B)."""
        dtype = self.model.dtype
        return {
            name: array.transpose(0, 2, 1).astype(dtype)
            for name, array in self.group("initial.").items()
        }

    def step(
        self, ids: np.ndarray, targets: np.ndarray, state: dict[str, np.ndarray]
    ) -> tuple[float, np.ndarray, dict[str, np.ndarray], dict[str, np.ndarray]]:
        """Loss, logits (T, B, V), the last state and d(loss)/d(initial state) of one chunk."""
        logits, last = self.model.forward(ids, state, self.tape)
        shown = logits.reshape(-1, self.T, self.B).transpose(1, 2, 0).copy()
        loss = cross_entropy(logits, targets.reshape(-1), dlogits=logits)
        dinitial = self.model.backward(logits, self.tape, self.gradients)
        return loss, shown, last, dinitial


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 1e-5), (np.float64, 1e-11)])
@pytest.mark.parametrize("name", CELLS)
def test_outputs_and_gradients_equal_pytorch(
    name: str, dtype: type[np.floating], tolerance: float
) -> None:
    golden = Golden(name, dtype)
    loss, logits, last, dinitial = golden.step(golden["ids"], golden["targets"], golden.initial())
    close = {"rtol": tolerance, "atol": tolerance}
    np.testing.assert_allclose(loss, golden["loss"], **close)
    np.testing.assert_allclose(logits, golden["logits"], **close)
    for state, array in last.items():
        np.testing.assert_allclose(array.transpose(0, 2, 1), golden[f"final.{state}"], **close)
    for parameter, gradient in golden.gradients.items():
        np.testing.assert_allclose(gradient, golden[f"gradients.{parameter}"], **close)
    for state, array in dinitial.items():
        expected = golden[f"gradients.initial.{state}"]
        np.testing.assert_allclose(array.transpose(0, 2, 1), expected, **close)


@pytest.mark.parametrize(
    ("dtype", "losses", "tolerance"),
    [(np.float32, "adam.losses", 1e-5), (np.float64, "adam.losses64", 1e-10)],
)
@pytest.mark.parametrize("name", CELLS)
def test_ten_adam_steps_with_clipping_equal_pytorch(
    name: str, dtype: type[np.floating], losses: str, tolerance: float
) -> None:
    golden = Golden(name, dtype)
    model, state = golden.model, golden.initial()
    adam = Adam(*np.zeros((3, model.flat.size), model.dtype))
    for step in range(10):
        loss, _, state, _ = golden.step(
            golden["adam.ids"][step], golden["adam.targets"][step], state
        )
        np.testing.assert_allclose(loss, golden[losses][step], rtol=tolerance)
        norm = clip(golden.gradients.flat, 1.0)
        np.testing.assert_allclose(norm, golden["adam.gradient_norms64"][step], rtol=1e-4)
        adam.update(model.flat, golden.gradients.flat, step + 1, 1e-2)
    if dtype is np.float64:
        for parameter, array in model.parameters.items():
            np.testing.assert_allclose(array, golden[f"adam.parameters.{parameter}"], rtol=1e-8)


def test_gradient_norms_of_the_input_equal_autograd_and_are_zero_beyond_the_window() -> None:
    golden = Golden("mlp", np.float64)
    model, tape = golden.model, golden.tape
    for which in ("total", "lag"):
        logits, _ = model.forward(golden["ids"], golden.initial(), tape)
        cross_entropy(logits, golden["targets"].reshape(-1), dlogits=logits)
        logits *= golden.T * golden.B
        if which == "lag":
            logits.reshape(-1, golden.T, golden.B)[:, :-1] = 0
        model.backward(logits, tape, None)
        dx = model.input_gradients(tape).reshape(-1, golden.T, golden.B)
        norms = np.linalg.norm(dx, axis=0)
        if which == "lag":
            norms = norms[::-1]
            assert norms[: model.context].all()
            assert not norms[model.context :].any()
        np.testing.assert_allclose(norms, golden[f"inspect.{which}_x"], rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize("name", [name for name in CELLS if CELLS[name][0] in RECURRENT])
def test_gradient_norms_of_every_state_equal_autograd(name: str) -> None:
    golden = Golden(name, np.float64)
    model, tape = golden.model, golden.tape
    S, L, H = len(model.cell.states), model.layers, model.hidden_size
    for which in ("total", "lag"):
        logits, _ = model.forward(golden["ids"], golden.initial(), tape)
        cross_entropy(logits, golden["targets"].reshape(-1), dlogits=logits)
        logits *= golden.T * golden.B  # the sum over a window, not the mean
        if which == "lag":
            logits.reshape(-1, golden.T, golden.B)[:, :-1] = 0
        trace = [np.empty((golden.T, S, H, golden.B)) for _ in range(L)]
        model.backward(logits, tape, golden.gradients, trace)
        norms = np.linalg.norm(np.stack(trace), axis=3)  # (L, T, S, B)
        if which == "lag":
            norms = norms[:, ::-1]
        for s, state in enumerate(model.cell.states):
            expected = golden[f"inspect.{which}_{state}"]
            np.testing.assert_allclose(norms[:, :, s], expected, rtol=1e-9, atol=1e-14)
