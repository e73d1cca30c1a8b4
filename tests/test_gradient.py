"""One chunk of training in parts: whoever computes them, it is the gradient of the whole."""

import numpy as np
import pytest
from small import V, noisy_model

from charrnn.machine.workers import WorkerPool
from charrnn.network.cells import CELLS
from charrnn.network.dropout import Dropout
from charrnn.network.ensemble import Ensemble
from charrnn.text.passages import whole
from charrnn.training.evaluation import Evaluator
from charrnn.training.gradient import Gradient

T, B = 12, 4


def one_chunk(
    gradient: Gradient, size: int, dropout: float = 0.0
) -> tuple[float, np.ndarray, dict[str, np.ndarray]]:
    rng = np.random.default_rng(1)
    inputs, targets = rng.integers(0, V, (2, T, B))
    state = {n: rng.normal(0, 0.5, s.shape) for n, s in gradient.model.zero_state(B).items()}
    with WorkerPool(size, gradient) as pool:
        loss, after = gradient.compute(pool, inputs, targets, state, dropout, step=11)
    return loss, gradient.flat.copy(), after


@pytest.mark.parametrize("dropout", [0.0, 0.3])
@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("parts", [2, 3, 4])
def test_any_number_of_workers_finds_the_same_gradient(
    cell: str, parts: int, dropout: float
) -> None:
    found = []
    for workers in (1, parts):
        gradient = Gradient(Ensemble.of(noisy_model(cell)), T, B, workers, seed=5)
        found.append(one_chunk(gradient, 1, dropout))
    (loss, flat, state), (same_loss, same_flat, same_state) = found
    assert same_loss == pytest.approx(loss, rel=1e-12)
    np.testing.assert_allclose(same_flat, flat, rtol=1e-9, atol=1e-15)
    for name, array in state.items():
        np.testing.assert_allclose(same_state[name], array, rtol=1e-12)


@pytest.mark.parametrize("cell", CELLS)
def test_who_does_the_parts_changes_no_bit(cell: str) -> None:
    """Two processes, or one after the other: the parts are the same, dropout and all."""
    together, in_turn = (
        one_chunk(Gradient(Ensemble.of(noisy_model(cell)), T, B, 2, seed=5), size, dropout=0.3)
        for size in (2, 1)
    )
    assert together[0] == in_turn[0]
    np.testing.assert_array_equal(together[1], in_turn[1])


def test_dropout_drops_its_share_and_depends_on_seed_step_member_layer_and_place() -> None:
    whole = Dropout(0.3, (1, 2, 0), 8, slice(0, 8)).mask(0, 50, 40, np.dtype(np.float64))
    assert whole.shape == (50, 40 * 8)
    dropped = round(256 * 0.3) / 256
    assert set(np.unique(whole)) == {0, 1 / (1 - dropped)}
    assert (whole == 0).mean() == pytest.approx(dropped, abs=0.01)
    assert whole.mean() == pytest.approx(1, abs=0.02)
    part = Dropout(0.3, (1, 2, 0), 8, slice(3, 5)).mask(0, 50, 40, np.dtype(np.float64))
    np.testing.assert_array_equal(part.reshape(50, 40, 2), whole.reshape(50, 40, 8)[..., 3:5])
    for seed, layer in (((2, 2, 0), 0), ((1, 3, 0), 0), ((1, 2, 1), 0), ((1, 2, 0), 1)):
        other = Dropout(0.3, seed, 8, slice(0, 8)).mask(layer, 50, 40, np.dtype(np.float64))
        assert not np.array_equal(other, whole)


def test_a_batch_has_no_more_parts_than_columns() -> None:
    assert len(Gradient(Ensemble.of(noisy_model("rnn")), T, 2, 5).parts) == 2


@pytest.mark.parametrize("workers", [1, 2, 3, 4, 7])
def test_every_member_gets_the_gradient_it_would_get_alone(workers: int) -> None:
    networks = [noisy_model("gru", seed=seed) for seed in (3, 4)]
    gradient = Gradient(Ensemble(networks), T, B, workers)
    loss, flat, after = one_chunk(gradient, 1)
    rng = np.random.default_rng(1)
    inputs, targets = rng.integers(0, V, (2, T, B))
    state = {n: rng.normal(0, 0.5, a.shape) for n, a in after.items()}
    losses = []
    for number, alone in enumerate(networks):
        single = Gradient(Ensemble.of(noisy_model("gru", seed=3 + number)), T, B, 1)
        its_state = gradient.model.part(state, number)
        with WorkerPool(1, single) as pool:
            its_loss, its_after = single.compute(pool, inputs, targets, its_state)
        losses.append(its_loss)
        row = gradient.model.parameters.over(flat).rows()[number]
        np.testing.assert_allclose(row, single.flat, rtol=1e-9, atol=1e-15)
        for name, array in its_after.items():
            np.testing.assert_allclose(gradient.model.part(after, number)[name], array, rtol=1e-12)
        assert np.shares_memory(alone.flat, gradient.model.flat)
    assert loss == pytest.approx(np.mean(losses), rel=1e-12)


@pytest.mark.parametrize("workers", [2, 3])
def test_a_divided_evaluation_is_the_whole_one(workers: int) -> None:
    model = noisy_model("gru")
    ids = np.random.default_rng(0).integers(0, V, 5001).astype(np.uint8)
    found = []
    for count in (1, workers):
        evaluator = Evaluator(model, whole(ids), readers=4, workers=count)
        with WorkerPool(count, evaluator) as pool:
            found.append(evaluator.measure(model.flat, pool))
    (*figures, sums), (*expected, expected_sums) = found[1], found[0]
    assert figures == pytest.approx(expected, rel=1e-12)
    np.testing.assert_allclose(sums, expected_sums, rtol=1e-12)


def test_a_stopped_evaluation_has_no_result() -> None:
    model = noisy_model("gru")
    ids = np.random.default_rng(0).integers(0, V, 5001).astype(np.uint8)
    evaluator = Evaluator(model, whole(ids), workers=2)
    with WorkerPool(2, evaluator) as pool:
        assert evaluator.measure(model.flat, pool, stop=lambda: True) is None
        assert evaluator.measure(model.flat, pool) is not None
