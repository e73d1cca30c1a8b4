"""A network and n-grams together: the sum of logits, and which weights are found for it."""

import numpy as np
import pytest

from charrnn.arrays import Array
from charrnn.network import mixture
from charrnn.network.mixture import ALONE, PRIOR, Weights, fit, joined, mixed, nats

V = 7


def log_softmax(z: Array) -> Array:
    return z - np.log(np.exp(z).sum(axis=0))


def voices(N: int, seed: int = 1) -> tuple[Array, Array, Array]:
    """Two experts who see different halves of the truth, the first too sure of itself."""
    rng = np.random.default_rng(seed)
    half, other = rng.normal(size=(2, V, N))
    p = np.exp(log_softmax(half + other))
    targets = (p.cumsum(axis=0) < rng.random(N)).sum(axis=0)
    return 2 * half, log_softmax(other), np.minimum(targets, V - 1)


def total(z: Array, q: Array, targets: Array, weights: Weights) -> float:
    """What `fit` makes as small as it can."""
    drawn = PRIOR / 2 * np.square(np.subtract(weights, ALONE)).sum()
    return float(nats(mixed(z, q, weights), targets).sum() + drawn)


def test_together_is_the_product_of_powers_made_to_sum_to_one() -> None:
    z, q, targets = voices(5)
    p = np.exp(log_softmax(z)) ** 0.7 * np.exp(q) ** 0.3
    p /= p.sum(axis=0)
    logits = mixed(z, q, Weights(0.7, 0.3))
    np.testing.assert_allclose(np.exp(log_softmax(logits)), p, rtol=1e-12)
    np.testing.assert_allclose(nats(logits, targets), -np.log(p[targets, range(5)]), rtol=1e-12)


def test_the_network_alone_is_itself() -> None:
    z, q, _ = voices(5)
    np.testing.assert_array_equal(mixed(z, q, ALONE), z)


@pytest.mark.parametrize("N", [200, 5000])
def test_no_weights_near_by_are_better(N: int) -> None:
    z, q, targets = voices(N)
    found = fit([z, q], targets)
    least = total(z, q, targets, Weights(*found))
    for aside in ((1e-2, 0), (-1e-2, 0), (0, 1e-2), (0, -1e-2)):
        assert total(z, q, targets, Weights(*(found + aside))) > least


def test_weights_of_two_experts_are_those_with_which_the_text_was_made() -> None:
    np.testing.assert_allclose(fit(voices(50_000)[:2], voices(50_000)[2]), (0.5, 1.0), atol=0.03)


def test_little_text_leaves_the_network_almost_alone() -> None:
    distances = []
    for N in (60, 600, 6000):
        z, q, targets = voices(N)
        distances.append(np.hypot(*np.subtract(fit([z, q], targets), ALONE)))
    assert distances[0] < 0.5 * distances[2]
    assert distances == sorted(distances)


def test_voices_that_help_are_chosen_and_others_are_not() -> None:
    z, q, targets = voices(5000)
    found = joined(z, q, np.arange(5000), targets)
    assert found.weights == pytest.approx(fit([z, q], targets))
    assert found.network == pytest.approx(nats(z, targets).mean())
    assert found.ngrams == pytest.approx(nats(q, targets).mean())
    assert found.together == pytest.approx(nats(mixed(z, q, found.weights), targets).mean())
    noise = log_softmax(np.random.default_rng(2).normal(size=q.shape))
    for useless in (noise, np.full_like(q, -np.log(V)), log_softmax(z), log_softmax(-z)):
        found = joined(z, useless, np.arange(5000), targets)
        assert found.weights == ALONE
        assert found.together == found.network


def test_too_little_text_to_be_sure_is_no_text() -> None:
    z, q, targets = voices(3)
    assert joined(z, q, np.arange(3), targets).weights == ALONE


def test_of_much_text_a_part_chooses_and_all_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    z, q, targets = voices(60_000)
    every = joined(z, q, np.arange(60_000), targets)
    monkeypatch.setattr(mixture, "_FITTED", 10_000 * V)
    found = joined(z, q, np.arange(60_000), targets)
    np.testing.assert_allclose(found.weights, every.weights, atol=0.03)
    assert found.weights != every.weights
    assert found[1:3] == every[1:3]
    assert every.together <= found.together < every.together + 1e-3


def test_places_and_a_scale_say_which_logits_are_meant() -> None:
    z, q, targets = voices(2000)
    places = np.random.default_rng(4).permutation(5000)[:2000]
    spread = np.full((2, V, 5000), np.nan)
    spread[:, :, places] = 2 * z, q
    found = joined(*spread, places, targets, 0.5)
    for one, other in zip(found, joined(z, q, np.arange(2000), targets), strict=True):
        assert one == pytest.approx(other)
