"""Dynamic evaluation: scored first, learnt afterwards, and never in the way of the static loss."""

import numpy as np
import pytest
from small import context_of

from charrnn.inspection.dynamic_evaluation import SEGMENT, Learner, dynamic_losses
from charrnn.inspection.surprisal import read
from charrnn.network.cells import CELLS
from charrnn.network.initialisation import initialise
from charrnn.network.model import CharModel
from charrnn.network.parameters import parameter_shapes
from charrnn.text.batches import Batches
from charrnn.training.run import Run
from charrnn.training.settings import Settings

V, H = 7, 6
FAST = 0.01


def random_model(cell: str, layers: int = 2) -> CharModel:
    rng = np.random.default_rng(3)
    shapes = parameter_shapes(cell, layers, H, V, context_of(cell))
    parameters = {name: rng.normal(0, 0.4, shape) for name, shape in shapes.items()}
    return CharModel(parameters, cell=cell, dtype=np.float64)


def source(order: list[int], length: int, seed: int, noise: float = 0.1) -> np.ndarray:
    """After a character comes its successor in the cycle `order`, and with probability `noise` any
    character instead."""
    rng = np.random.default_rng(seed)
    successor = dict(zip(order, [*order[1:], order[0]], strict=True))
    ids = [order[0]]
    for astray, stranger in zip(rng.random(length), rng.integers(0, V, length), strict=False):
        ids.append(int(stranger) if astray < noise else successor[ids[-1]])
    return np.array(ids[:length])


def entropy(noise: float = 0.1) -> float:
    """Of that source, in nats per character."""
    p = np.full(V, noise / V)
    p[0] += 1 - noise
    return float(-(p * np.log(p)).sum())


@pytest.fixture(scope="module")
def trained() -> CharModel:
    """A network that has learnt one source down to its entropy."""
    ids = source([0, 1, 2, 3, 4, 5, 6], 20_000, seed=0)
    settings = Settings(
        cell="gru", activation="tanh", layers=1, hidden_size=16, dropout=0.0, batch_size=16,
        sequence_length=20, learning_rate=0.02, weight_decay=0.0, clip_norm=1.0, validation=0.0,
        seed=0,
    )  # fmt: skip
    counts = np.bincount(ids, minlength=V)
    model = initialise("gru", "tanh", 1, 16, counts, np.random.default_rng(0))
    run = Run(model, Batches(ids, 16, 20), settings, 1)
    for _ in range(300):
        run.step(0.02, 0.5)
    return model


@pytest.mark.parametrize("length", [2, SEGMENT, SEGMENT + 1, SEGMENT + 2, 5 * SEGMENT + 8])
@pytest.mark.parametrize("cell", CELLS)
def test_without_learning_it_is_the_static_loss(cell: str, length: int) -> None:
    model, ids = random_model(cell), np.random.default_rng(0).integers(0, V, length)
    static = read(model, ids, readers=1).nats
    np.testing.assert_allclose(dynamic_losses(model, ids, rate=0), static, rtol=0, atol=1e-12)
    if length > SEGMENT + 1:
        moved = dynamic_losses(model, ids, rate=FAST) - static
        assert not moved[:SEGMENT].any()
        assert np.abs(moved[SEGMENT:]).min() > 1e-12


@pytest.mark.parametrize("changed", [1, SEGMENT, SEGMENT + 1, 70, 107])
def test_a_later_character_never_changes_an_earlier_loss(changed: int) -> None:
    """The loss of character i is element i - 1; what comes after it differs, or nothing is read."""
    model, ids = random_model("lstm"), np.random.default_rng(0).integers(0, V, 108)
    other = ids.copy()
    other[changed] = (ids[changed] + 1) % V
    before, after = (dynamic_losses(model, text, rate=FAST) for text in (ids, other))
    np.testing.assert_array_equal(before[: changed - 1], after[: changed - 1])
    assert (before[changed - 1 :] != after[changed - 1 :]).all()


def test_the_model_is_left_alone() -> None:
    model, ids = random_model("gru"), np.random.default_rng(0).integers(0, V, 100)
    weights = model.flat.copy()
    dynamic_losses(model, ids, rate=FAST)
    np.testing.assert_array_equal(model.flat, weights)


def test_another_source_is_learnt_down_to_its_entropy(trained: CharModel) -> None:
    """The same alphabet in another order, where the static loss stays high to the end; decay holds
    back near the stored weights."""
    ids = source([3, 1, 6, 0, 5, 2, 4], 5000, seed=1)
    static = read(trained, ids).nats
    learning = dynamic_losses(trained, ids, rate=FAST, decay=0)
    assert static[-1000:].mean() > 3
    assert learning[:500].mean() > 2
    assert learning[-1000:].mean() == pytest.approx(entropy(), abs=0.05)
    held_back = dynamic_losses(trained, ids, rate=FAST)
    assert entropy() + 0.05 < held_back[-1000:].mean() < 1


def test_on_the_source_it_knows_nothing_is_gained_and_little_lost(trained: CharModel) -> None:
    ids = source([0, 1, 2, 3, 4, 5, 6], 5000, seed=2)
    static, learning = read(trained, ids).nats.mean(), dynamic_losses(trained, ids).mean()
    assert static < entropy() + 0.05
    assert static - 0.01 < learning < static + 0.03


def test_the_update_is_the_formula() -> None:
    """Two segments by hand; the second weight's RMS is so far above the mean that it is pulled all
    the way back before it moves."""
    theta_0, decay, rate = np.array([1.0, -2.0, 0.5]), 0.6, 0.1
    learner = Learner(theta_0.copy(), rate, decay)
    gradients = np.array([[0.1, 3.0, 0.0], [-0.2, 1.0, 0.3]])
    theta = theta_0
    for count, g in enumerate(gradients, 1):
        rms = np.sqrt((gradients[:count] ** 2).mean(axis=0))
        pull = np.minimum(decay * rms / rms.mean(), 1)
        assert pull[1] == 1
        theta = theta - rate * g / (rms + rms.mean()) + pull * (theta_0 - theta)
        learner.update(g)
        np.testing.assert_allclose(learner.weights, theta, rtol=1e-12)


def test_no_gradient_changes_nothing() -> None:
    learner = Learner(np.ones(3), 0.1, 0.5)
    learner.update(np.zeros(3))
    np.testing.assert_array_equal(learner.weights, np.ones(3))


def test_a_rate_that_is_too_large_is_told() -> None:
    model, ids = random_model("rnn"), np.random.default_rng(0).integers(0, V, 500)
    with np.errstate(all="ignore"), pytest.raises(FloatingPointError):
        dynamic_losses(model, ids, rate=1e300, decay=0)
