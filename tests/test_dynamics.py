"""Lyapunov spectra and time scales of networks whose answer is known."""

import numpy as np
import pytest
from small import RECURRENT, noisy_model

from charrnn.inspection.dynamics import exponents
from charrnn.inspection.spectrum import affordable, spectra
from charrnn.inspection.timescales import beyond, inverse_gamma, time_scales
from charrnn.network.model import CharModel
from charrnn.network.parameters import parameter_shapes
from charrnn.network.recurrent import weights

V, H = 7, 5


def text(length: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, V, length)


def step_jacobian(model: CharModel, character: int, state: dict[str, np.ndarray]) -> np.ndarray:
    """d(state after)/d(state before) of one layer, h and c one below the other, by differences."""
    names, hair = model.cell.states, 1e-5
    size = len(names) * model.hidden_size
    stacked = np.concatenate([state[s][0, :, 0] for s in names])
    changed = stacked[:, None] + hair * np.concatenate([np.eye(size), -np.eye(size)], axis=1)
    parts = np.split(changed, len(names))
    batch = {s: np.ascontiguousarray(part)[None] for s, part in zip(names, parts, strict=True)}
    ids = np.full((1, 2 * size), character)
    _, after = model.forward(ids, batch, model.tape(1, 2 * size))
    found = np.concatenate([after[s][0] for s in names])
    return (found[:, :size] - found[:, size:]) / (2 * hair)


@pytest.mark.parametrize("cell", RECURRENT)
def test_exponents_add_up_to_the_growth_of_volumes(cell: str) -> None:
    """The mean of ln |det J|, in the same steps; and the first is the top exponent."""
    model = noisy_model(cell, layers=1, noise=0.4)
    P, T = 20, 240
    ids = text(P + T + 1)
    (found,) = spectra(model, ids, steps=T, burn_in=P)
    state, tape = model.zero_state(1), model.tape(1, 1)
    volumes = []
    for character in ids[:-1]:
        volumes.append(np.linalg.slogdet(step_jacobian(model, character, state))[1])
        _, state = model.forward(np.array([[character]]), state, tape)
    assert len(found.exponents) == len(model.cell.states) * H
    # The frame goes back, so the settling is at the end; the first step of a window is not in it.
    counted = volumes[P + 1 : P + T - int(0.25 * T)]
    assert found.exponents.sum() == pytest.approx(np.mean(counted), rel=0.02)
    (top,) = exponents(model, ids, steps=T, windows=1, burn_in=P)
    assert found.exponents[0] == pytest.approx(top.exponent, abs=0.03)
    assert (np.diff(found.exponents) <= 0).all()


@pytest.mark.parametrize("seed", range(3))
def test_the_spectrum_of_a_linear_stack_is_that_of_each_layers_matrix(seed: int) -> None:
    """Nothing drives it, so it stays at 0, where tanh has the slope 1: logarithms of the moduli of
    the eigenvalues."""
    model = noisy_model("rnn", layers=2, seed=seed)
    for name, array in model.parameters.items():
        if name.startswith("rnn.bias") or name == "rnn.weight_ih_l0":
            array[...] = 0
    for layer in spectra(model, text(700), steps=600, burn_in=0):
        moduli = np.abs(np.linalg.eigvals(weights(model.parameters, layer.layer).W_hh))
        expected = np.log(np.sort(moduli)[::-1])
        assert layer.exponents == pytest.approx(expected, abs=0.03)
        assert layer.exponents.sum() == pytest.approx(expected.sum(), abs=1e-3)


def forgetting(kept: list[float]) -> CharModel:
    """An LSTM whose units keep these shares of c at every step, and that has no way around."""
    shapes = parameter_shapes("lstm", 1, len(kept), V)
    parameters = {name: np.zeros(shape) for name, shape in shapes.items()}
    shares = np.array(kept)
    parameters["rnn.bias_ih_l0"][len(kept) : 2 * len(kept)] = np.log(shares / (1 - shares))
    return CharModel(parameters, cell="lstm", dtype=np.float64)


def test_directions_and_units_of_an_lstm_that_only_forgets_are_its_gates() -> None:
    kept = [0.5, 0.99, 0.9, 0.2]
    model = forgetting(kept)
    (found,) = spectra(model, text(300), steps=200, burn_in=10)
    assert found.exponents[:4] == pytest.approx(np.log(sorted(kept, reverse=True)), abs=1e-6)
    assert (found.exponents[4:] < -100).all()  # nothing depends on h
    (units,) = time_scales(model, text(300))
    assert units.gate == "f"
    assert units.scales == pytest.approx(-1 / np.log(kept))


def test_a_gate_that_opens_and_shuts_has_the_time_scale_of_its_mean() -> None:
    """It is 0.9 at three characters and 0.5 at four, and the text has all equally often."""
    model = forgetting([0.5])
    W_ih = model.parameters["rnn.weight_ih_l0"]
    W_ih[1, :3] = np.log(9)
    (units,) = time_scales(model, np.tile(np.arange(V), 500))
    assert units.scales == pytest.approx(-1 / np.log((3 * 0.9 + 4 * 0.5) / V))


def test_a_cell_without_a_gate_that_keeps_has_no_time_scales() -> None:
    assert time_scales(noisy_model("rnn"), text(100)) == ()


def test_units_that_lose_nothing_have_endless_time_scales_and_no_fit() -> None:
    model = forgetting([0.5, 0.5])
    model.parameters["rnn.bias_ih_l0"][2:4] = 1e4
    (units,) = time_scales(model, text(100))
    assert np.isinf(units.scales).all()
    assert (units.shape, units.scale) == (None, None)
    (alike,) = time_scales(forgetting([0.5, 0.5]), text(100))
    assert alike.shape is None


@pytest.mark.parametrize("shape", [0.56, 2.0, 9.0])
def test_an_inverse_gamma_distribution_is_found_again(shape: float) -> None:
    scales = 1.5 / np.random.default_rng(0).gamma(shape, size=50_000)
    a, b = inverse_gamma(scales)
    assert a == pytest.approx(shape, rel=0.03)
    assert b == pytest.approx(1.5, rel=0.03)
    for time in np.quantile(scales, [0.1, 0.5, 0.9, 0.99]):
        assert beyond(time, shape, 1.5) == pytest.approx((scales > time).mean(), abs=0.01)


def test_a_large_network_is_measured_in_fewer_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the third power of its state's size, in all layers."""
    model = noisy_model("lstm", layers=2)
    assert affordable(model, 10_000) == 500
    assert affordable(model, 80) == 80
    monkeypatch.setattr("charrnn.inspection.spectrum.ALL", 200 * 2 * (2 * H) ** 3)
    assert affordable(model, 10_000) == 200
    monkeypatch.setattr("charrnn.inspection.spectrum.ALL", 1)
    assert affordable(model, 10_000) == 50
