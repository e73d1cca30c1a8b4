"""Independent units: before the character that begins one, a network forgets all it has read.

The witness is the network without that rule, which reads each unit alone from a zero state: logits,
losses and gradients are the same.
"""

from itertools import pairwise

import numpy as np
import pytest

from charrnn.generation.beginning import stepper_of
from charrnn.network import numerics as ops
from charrnn.network.cells import CELLS
from charrnn.network.ensemble import Ensemble
from charrnn.network.model import CharModel
from tests.small import V, noisy_model, random_state

BOUNDARY = 2
LENGTHS = (1, 3, 9, 2, 6, 1, 4)  # of units, the boundary that begins each included


@pytest.fixture(params=CELLS)
def model(request: pytest.FixtureRequest) -> CharModel:
    return noisy_model(request.param)


def bounded(model: CharModel) -> CharModel:
    """The same network with the rule."""
    cell = model.cell
    arrays, dtype = model.parameters, model.dtype.type
    return CharModel(
        arrays, cell=cell.name, activation=cell.activation, dtype=dtype, boundary=BOUNDARY
    )


def units(rng: np.random.Generator) -> list[np.ndarray]:
    others = [c for c in range(V) if c != BOUNDARY]
    lengths = rng.permutation(LENGTHS)
    return [np.array([BOUNDARY, *rng.choice(others, n - 1)]) for n in lengths]


def gradients(model, ids, targets, state, count):
    """Logits (V, T, B), the loss, the gradients, and d(loss)/d(input), of one chunk."""
    tape = model.tape(*ids.shape)
    logits, after = model.forward(ids, state, tape)
    kept = logits.reshape(V, *ids.shape).copy()
    loss = ops.cross_entropy(logits, targets.reshape(-1), dlogits=logits, count=count)
    grads = model.gradients()
    dstate = model.backward(logits, tape, grads)
    dx = model.input_gradients(tape).reshape(V, *ids.shape)
    return kept, loss, grads.flat, dx, after, dstate


def test_units_in_a_row_are_read_as_each_alone(model: CharModel) -> None:
    """In one chunk, three streams that begin their units at different steps."""
    rng = np.random.default_rng(1)
    ids = np.stack([np.concatenate(units(rng)) for _ in range(3)], axis=1)
    targets = rng.integers(0, V, ids.shape)
    whole = bounded(model)
    carried = random_state(model, 3, rng)  # of no importance: the first step is a boundary
    logits, loss, flat, dx, _, dstate = gradients(whole, ids, targets, carried, ids.size)
    expected, sum_of_losses, sum_of_gradients = np.empty_like(logits), 0.0, 0.0
    expected_dx = np.empty_like(dx)
    for b in range(3):
        begins = [*np.flatnonzero(ids[:, b] == BOUNDARY), len(ids)]
        for first, last in pairwise(begins):
            part, wanted = (a[first:last, b : b + 1] for a in (ids, targets))
            z, one, grads, dinput, *_ = gradients(
                model, part, wanted, model.zero_state(1), ids.size
            )
            expected[:, first:last, b], expected_dx[:, first:last, b] = z[..., 0], dinput[..., 0]
            sum_of_losses += one
            sum_of_gradients = sum_of_gradients + grads
    np.testing.assert_allclose(logits, expected, rtol=1e-12, atol=1e-12)
    assert loss == pytest.approx(sum_of_losses, rel=1e-12)
    np.testing.assert_allclose(flat, sum_of_gradients, rtol=1e-10, atol=1e-13)
    np.testing.assert_allclose(dx, expected_dx, rtol=1e-10, atol=1e-13)
    assert all(not array.any() for array in dstate.values())


def test_a_state_is_carried_until_the_next_unit_begins(model: CharModel) -> None:
    """Chunks may end anywhere: read at once or in pieces, a text gives the same logits."""
    rng = np.random.default_rng(2)
    network, text = bounded(model), np.concatenate(units(rng))[:, None]
    state = start = random_state(model, 1, rng)
    whole = network.forward(text[1:], start, network.tape(len(text) - 1, 1))[0].copy()
    pieces = []
    for first in range(1, len(text), 5):
        piece = text[first : first + 5]
        logits, state = network.forward(piece, state, network.tape(len(piece), 1))
        pieces.append(logits.copy())
    np.testing.assert_allclose(np.concatenate(pieces, axis=1), whole, rtol=1e-12, atol=1e-12)
    # The unit that was under way depends on what is carried, and the next ones do not.
    other = network.forward(text[1:], model.zero_state(1), network.tape(len(text) - 1, 1))[0]
    begins = int(np.argmax(text[1:] == BOUNDARY))
    assert np.array_equal(other[:, begins:], whole[:, begins:])


@pytest.mark.parametrize("batch", [1, 3])
def test_a_stepper_forgets_where_the_network_does(model: CharModel, batch: int) -> None:
    rng = np.random.default_rng(3)
    network = bounded(model)
    ids = np.stack([rng.permutation(np.concatenate(units(rng))) for _ in range(batch)], axis=1)
    tape = network.tape(*ids.shape)
    logits = network.forward(ids, network.zero_state(batch), tape)[0].reshape(V, *ids.shape)
    stepper = stepper_of(network).spread(batch)
    for t, characters in enumerate(ids):
        np.testing.assert_allclose(stepper.step(characters), logits[:, t], rtol=1e-9, atol=1e-12)


def test_an_ensemble_keeps_the_boundary(model: CharModel) -> None:
    ensemble = Ensemble([bounded(model), bounded(model)])
    merged = ensemble.merged(ensemble.flat)
    assert merged.boundary == BOUNDARY
    members = [*ensemble.members, *ensemble.with_weights(ensemble.flat).members]
    assert {member.boundary for member in members} == {BOUNDARY}
