"""Networks side by side are stepped in blocks, which predict what the whole network predicts."""

import numpy as np
import pytest
from small import RECURRENT, noisy_model

from charrnn.arrays import Array
from charrnn.generation import recurrent_stepper as stepping
from charrnn.generation.beginning import stepper_of
from charrnn.generation.recurrent_stepper import RecurrentStepper
from charrnn.generation.stepper import Stepper
from charrnn.library import Model
from charrnn.network.cells import CELLS
from charrnn.network.ensemble import merge
from charrnn.network.model import CharModel
from charrnn.storage.checkpoint import Checkpoint

V, H, T = 12, 7, 6  # H units in each network


def merged(cell: str, layers: int, count: int) -> CharModel:
    sizes = {"layers": layers, "vocabulary_size": V, "hidden_size": H, "noise": 0.4}
    networks = [noisy_model(cell, seed=seed, **sizes) for seed in range(count)]
    whole = merge([network.parameters for network in networks])
    return networks[0].like(whole, members=count)


def predictions(model: CharModel, ids: Array) -> Array:
    """The logits of `forward` after each character of ids (T, B): (T, V, B)."""
    logits, _ = model.forward(ids, model.zero_state(ids.shape[1]), model.tape(*ids.shape))
    return logits.reshape(V, *ids.shape).swapaxes(0, 1)


def blocks(stepper: Stepper) -> set[tuple[int, int]]:
    """How many there are in a layer, and the units of each."""
    assert isinstance(stepper, RecurrentStepper)
    return {(len(stack), stack.shape[2]) for stack in stepper._weights.stacks}


@pytest.mark.parametrize("batch", [1, 5])
@pytest.mark.parametrize("count", [2, 3, 4])
@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize("cell", sorted(CELLS))
def test_merged_networks_are_stepped_as_blocks_and_predict_what_the_whole_predicts(
    cell: str, layers: int, count: int, batch: int
) -> None:
    model, rng = merged(cell, layers, count), np.random.default_rng(1)
    prompt, ids = rng.integers(0, V, 3), rng.integers(0, V, (T, batch))
    one = stepper_of(model)
    one.read(prompt)
    many = one.spread(batch)
    if cell in RECURRENT:
        assert blocks(one) == blocks(many) == {(count, H)}
    actual = np.stack([many.logits.copy(), *(many.step(row).copy() for row in ids)])
    read = np.concatenate([np.repeat(prompt[:, None], batch, axis=1), ids])
    expected = predictions(model, read)[len(prompt) - 1 :]
    np.testing.assert_allclose(actual, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("cell", RECURRENT)
def test_networks_that_read_each_other_are_stepped_as_one(cell: str) -> None:
    """Whatever the file says of its members."""
    parameters, ids = dict(merged(cell, 2, 2).parameters), np.arange(T)
    meta = {"cell": cell, "activation": "tanh", "training": {"members": 2}}
    stored = Checkpoint(meta, np.arange(V, dtype=np.uint32), parameters)
    assert Model(stored).network().members == 2
    parameters["rnn.weight_ih_l1"][0, -1] = 0.5
    model = Model(stored).network(np.float64)
    stepper = stepper_of(model)
    stepper.read(ids)
    assert blocks(stepper) == {(1, 2 * H)}
    expected = predictions(model, ids[:, None])[-1]
    np.testing.assert_allclose(stepper.logits, expected, rtol=1e-12, atol=1e-12)


def test_blocks_of_rows_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether the rows come in blocks depends on the processor (`products.row_blocks`)."""
    monkeypatch.setattr(stepping, "row_blocks", lambda W, columns: np.stack(np.split(W, 4)))
    model, ids = merged("lstm", 2, 3), np.arange(5)
    stepper = stepper_of(model).spread(5)
    actual = np.stack([stepper.step(ids).copy() for _ in range(T)])
    expected = predictions(model, np.repeat(ids[None], T, axis=0))
    np.testing.assert_allclose(actual, expected, rtol=1e-12, atol=1e-12)
