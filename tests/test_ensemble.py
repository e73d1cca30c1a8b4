"""Networks side by side: what they become is one network, and exactly their mean."""

import numpy as np
import pytest
from small import noisy_model, random_state

from charrnn.network.cells import CELLS
from charrnn.network.ensemble import Ensemble, is_merger, merge, unmerge
from charrnn.network.model import CharModel

V, H, T, B, LAYERS = 20, 5, 11, 3, 2  # V can be mistaken for units: it is a multiple of K H


def noisy(cell: str, seed: int) -> CharModel:
    return noisy_model(cell, seed=seed, layers=LAYERS, vocabulary_size=V, hidden_size=H)


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("cell", sorted(CELLS))
def test_the_merged_network_predicts_the_mean_of_the_logits(cell: str, count: int) -> None:
    ensemble = Ensemble([noisy(cell, seed) for seed in range(count)])
    merged = ensemble.merged(ensemble.flat)
    rng = np.random.default_rng(9)
    ids = rng.integers(0, V, (T, B))
    state = own = random_state(merged, B, rng)
    if merged.context:  # every member has the window for itself
        own = {name: np.tile(window, (1, count, 1)) for name, window in state.items()}
    logits, after = merged.forward(ids, state, merged.tape(T, B))
    mean, states = ensemble.forward(ids, own, ensemble.tape(T, B))
    np.testing.assert_allclose(logits, mean, rtol=1e-12, atol=1e-12)
    for name, array in after.items():
        copies = states[name].shape[1] // array.shape[1]
        expected = np.tile(array, (1, copies, 1))
        np.testing.assert_allclose(states[name], expected, rtol=1e-12, atol=1e-12)
    alone = [
        member.forward(ids, ensemble.part(own, k), member.tape(T, B))[0]
        for k, member in enumerate(ensemble.members)
    ]
    np.testing.assert_allclose(np.mean(alone, axis=0), mean, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("count", [1, 2, 4])
@pytest.mark.parametrize("cell", sorted(CELLS))
def test_a_merged_network_comes_apart_into_networks_that_merge_to_it(cell: str, count: int) -> None:
    networks = [noisy(cell, seed).parameters for seed in range(count)]
    merged = merge(networks)
    parts = unmerge(merged, count)
    for name in networks[0].keys() - {"head.bias"}:
        for part, network in zip(parts, networks, strict=True):
            np.testing.assert_array_equal(part[name], network[name])
    again = merge(parts)
    for name, array in merged.items():
        np.testing.assert_array_equal(again[name], array)
    assert is_merger(merged, count)
    assert not is_merger(merged, 2 * count + 1)


def test_one_weight_between_two_members_makes_it_one_network() -> None:
    merged = merge([noisy("gru", seed).parameters for seed in range(2)])
    assert is_merger(merged, 2)
    merged["rnn.weight_ih_l1"][0, -1] = 1e-3
    assert not is_merger(merged, 2)
    assert is_merger(merged, 1)


def test_members_share_one_vector() -> None:
    ensemble = Ensemble([noisy("rnn", seed) for seed in range(2)])
    ensemble.flat[:] *= 2
    one, other = ensemble.members
    np.testing.assert_array_equal(one.flat, 2 * noisy("rnn", 0).flat)
    np.testing.assert_array_equal(other.flat, 2 * noisy("rnn", 1).flat)
    names = list(ensemble.parameters)
    assert names[0] == "0.rnn.weight_ih_l0"
    assert len(names) == 2 * len(one.parameters)
    held = np.zeros(ensemble.flat.size, bool)
    for where, kind in ensemble.parameters.groups():
        held[where] = kind != "bias"
    for name, view in ensemble.parameters.over(held).items():
        assert view.all() == view.any() == (view.ndim == 2), name
