"""The textbook and the fast code are the same functions, and the textbook learns."""

import numpy as np
import pytest
from small import noisy_model, random_state

from charrnn.network import plain, plain_mlp
from charrnn.network.numerics import cross_entropy


def problem(cell: str, layers: int, V: int, H: int, T: int, B: int):
    """A random model in float64 with random characters and a random carried state."""
    rng = np.random.default_rng(0)
    model = noisy_model(cell, layers=layers, vocabulary_size=V, hidden_size=H)
    return model, *rng.integers(0, V, (2, T, B)), random_state(model, B, rng)


def by_layer(state: dict[str, np.ndarray]) -> list[tuple[np.ndarray, ...]]:
    return list(zip(*state.values(), strict=True))


@pytest.mark.parametrize("shape", [(7, 5, 6, 3), (13, 4, 1, 1), (3, 9, 17, 2), (2, 1, 5, 4)])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("cell", plain.CELLS)
def test_the_fast_code_agrees_with_the_textbook(
    cell: str, layers: int, shape: tuple[int, int, int, int]
) -> None:
    model, ids, targets, state = problem(cell, layers, *shape)
    tape = model.tape(*ids.shape)
    logits, after = model.forward(ids, state, tape)
    same_logits, same_after, seen = plain.forward(model.parameters, cell, ids, by_layer(state))
    close = {"rtol": 1e-12, "atol": 1e-12}
    np.testing.assert_allclose(logits, np.concatenate(same_logits, axis=1), **close)
    np.testing.assert_allclose(list(after.values()), list(zip(*same_after, strict=True)), **close)
    loss = cross_entropy(logits, targets.reshape(-1), dlogits=logits)
    same_loss, dlogits = plain.cross_entropy(same_logits, targets)
    assert loss == pytest.approx(same_loss, rel=1e-12)
    grads = model.gradients()
    model.backward(logits, tape, grads)
    for name, gradient in plain.backward(model.parameters, cell, dlogits, seen).items():
        np.testing.assert_allclose(grads[name], gradient, err_msg=name, **close)


@pytest.mark.parametrize("cell", plain.CELLS)
def test_the_textbook_learns_a_short_text_by_heart(cell: str) -> None:
    model, *_ = problem(cell, 2, V=4, H=8, T=1, B=1)
    ids = np.array([0, 1, 2, 2, 3] * 4)[:, None]  # h, e, l, l, o
    losses, p = [], dict(model.parameters)
    for _ in range(250):
        zero = by_layer(model.zero_state(1))
        logits, _, tape = plain.forward(p, cell, ids[:-1], zero)
        loss, dlogits = plain.cross_entropy(logits, ids[1:])
        for name, gradient in plain.backward(p, cell, dlogits, tape).items():
            p[name] = p[name] - 0.5 * gradient
        losses.append(loss)
    assert losses[0] > 1
    assert losses[-1] < 0.1


@pytest.mark.parametrize("shape", [(7, 5, 6, 3), (13, 4, 1, 1), (3, 9, 17, 2), (2, 1, 5, 4)])
@pytest.mark.parametrize("layers", [1, 2, 3])
def test_the_fast_perceptron_agrees_with_the_textbook(
    layers: int, shape: tuple[int, int, int, int]
) -> None:
    model, ids, targets, state = problem("mlp", layers, *shape)
    before = [[int(c) - 1 if c else None for c in row] for row in state["x"][0]]
    tape = model.tape(*ids.shape)
    logits, _ = model.forward(ids, state, tape)
    same_logits, seen = plain_mlp.forward(model.parameters, ids, before)
    close = {"rtol": 1e-12, "atol": 1e-12}
    np.testing.assert_allclose(logits, np.concatenate(same_logits, axis=1), **close)
    cross_entropy(logits, targets.reshape(-1), dlogits=logits)
    _, dlogits = plain.cross_entropy(same_logits, targets)
    grads = model.gradients()
    model.backward(logits, tape, grads)
    for name, gradient in plain_mlp.backward(model.parameters, dlogits, seen).items():
        np.testing.assert_allclose(grads[name], gradient, err_msg=name, **close)
