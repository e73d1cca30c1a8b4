"""The update in pieces: no bit depends on who does which, and every weight gets what is its due."""

import numpy as np
import pytest
from small import noisy_model

from charrnn.machine.shared import shared
from charrnn.machine.workers import WorkerPool
from charrnn.network.ensemble import Ensemble
from charrnn.network.parameters import Parameters, kind_of
from charrnn.training.optimisers import Adam, Muon
from charrnn.training.update import Update


def shared_weights(members: int = 1, hidden_size: int = 40, layers: int = 2) -> Parameters:
    models = [
        noisy_model("gru", layers=layers, seed=k, hidden_size=hidden_size, dtype=np.float32)
        for k in range(members)
    ]
    ensemble = Ensemble(models)
    ensemble.move_to(shared(ensemble.flat.shape, ensemble.dtype))
    return ensemble.parameters


def updated(weights: Parameters, workers: int, size: int, optimizer: str, steps: int) -> Update:
    gradient = shared(weights.flat.shape, weights.flat.dtype)
    update = Update(weights, gradient, workers, optimizer=optimizer)
    rng = np.random.default_rng(0)
    with WorkerPool(size, update) as pool:
        for step in range(steps):
            gradient[:] = rng.normal(size=gradient.size)
            update.apply(pool, 0.01, 0.2, share=0.1 * (step + 1), dp=0.1)
    return update


@pytest.mark.parametrize("optimizer", ["adam", "muon"])
@pytest.mark.parametrize(("workers", "size"), [(2, 2), (3, 1), (3, 2)])
def test_an_update_in_parts_changes_no_bit(workers: int, size: int, optimizer: str) -> None:
    one = updated(shared_weights(members=2), 1, 1, optimizer, 5)
    several = updated(shared_weights(members=2), workers, size, optimizer, 5)
    assert one.updates == several.updates == 5
    for name in ("m", "v", "average"):
        np.testing.assert_array_equal(getattr(several, name), getattr(one, name))
    np.testing.assert_array_equal(several.weights.flat, one.weights.flat)
    assert not np.array_equal(one.weights.flat, one.average)


def test_a_second_pool_goes_on_where_the_first_stopped() -> None:
    """Workers of a new pool must not count the updates from one again."""
    whole = updated(shared_weights(), 2, 2, "adam", 6)
    halves = shared_weights()
    gradient = shared(halves.flat.shape, halves.flat.dtype)
    update = Update(halves, gradient, 2)
    rng = np.random.default_rng(0)
    for half in range(2):
        with WorkerPool(2, update) as pool:
            for step in range(3 * half, 3 * half + 3):
                gradient[:] = rng.normal(size=gradient.size)
                update.apply(pool, 0.01, 0.2, share=0.1 * (step + 1), dp=0.1)
    np.testing.assert_array_equal(halves.flat, whole.weights.flat)
    np.testing.assert_array_equal(update.average, whole.average)


@pytest.mark.parametrize("members", [1, 3])
def test_muon_is_for_the_hidden_matrices_adam_for_all_else_and_biases_do_not_decay(
    members: int,
) -> None:
    H, rate, decay = 40, 0.01, 0.2
    weights = shared_weights(members)
    before = {name: array.copy() for name, array in weights.items()}
    update = updated(weights, 1, 1, "muon", 1)
    gradient = weights.over(np.random.default_rng(0).normal(size=weights.flat.size))
    for name, theta in before.items():
        g = gradient[name].astype(np.float32).reshape(-1)
        kind, theta = kind_of(name.partition(".")[2] if members > 1 else name), theta.reshape(-1)
        if kind == "hidden":
            rows = H * (H // 2)  # two blocks of twenty rows
            for at in range(0, theta.size, rows):
                here = slice(at, at + rows)
                muon = Muon(np.zeros(rows, np.float32), H)
                muon.update(theta[here], g[here], 1, rate, decay)
        else:
            adam = Adam(*np.zeros((3, theta.size), np.float32))
            adam.update(theta, g, 1, rate, 0 if kind == "bias" else decay)
        np.testing.assert_array_equal(weights[name].reshape(-1), theta, err_msg=name)
        v = weights.over(update.v)[name]
        assert v.any() == (kind != "hidden"), name


def test_groups_cover_the_vector_in_order_and_blocks_are_rows_of_one_gate() -> None:
    weights = shared_weights(members=2)
    groups = weights.groups()
    edges = [edge for group in groups for edge in (group.where.start, group.where.stop)]
    assert edges[0] == 0
    assert edges[-1] == weights.flat.size
    assert edges[1:-1:2] == edges[2:-1:2]
    marked = weights.over(np.zeros(weights.flat.size))
    for number, (where, kind) in enumerate(groups, 1):
        marked.flat[where] = number
        assert kind == ("hidden", "matrix", "bias")[(number - 1) % 3]
    for name, view in marked.items():
        member, _, own = name.partition(".")
        kind = ("hidden", "matrix", "bias").index(kind_of(own))
        assert set(np.unique(view)) == {3 * int(member) + kind + 1}, name
