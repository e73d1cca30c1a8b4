"""Gradient norms against mathematics with a known answer, finite differences and PyTorch."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from small import RECURRENT, context_of

from charrnn.errors import CorpusError
from charrnn.inspection import words
from charrnn.inspection.dynamics import exponents, growth, spectral_radii
from charrnn.inspection.gradients import gradient_norms, state_norms, window_norms
from charrnn.inspection.statistics import band, decay, norms, relative_to_lag_0
from charrnn.inspection.views.gradients import dynamics
from charrnn.inspection.windows import cut
from charrnn.network import numerics as ops
from charrnn.network.model import CharModel
from charrnn.network.parameters import parameter_shapes
from charrnn.network.recurrent import weights

GOLDEN = Path(__file__).parent / "golden"
V, H = 7, 5
#: The derivative to fourth order: a step large enough that rounding stays below 1e-12.
FIVE_POINTS = ((-2, 1 / 12), (-1, -8 / 12), (1, 8 / 12), (2, -1 / 12))


def random_model(
    cell: str, layers: int, seed: int, hidden_size: int = H, gain: float = 0.5
) -> CharModel:
    rng = np.random.default_rng(seed)
    shapes = parameter_shapes(cell, layers, hidden_size, V, context_of(cell))
    parameters = {name: rng.normal(0, gain, shape) for name, shape in shapes.items()}
    return CharModel(parameters, cell=cell, dtype=np.float64)


def bare_model(cell: str, hidden_size: int, activation: str = "tanh") -> CharModel:
    """No inputs, no recurrence, no biases: only a random softmax layer."""
    shapes = parameter_shapes(cell, 1, hidden_size, V)
    parameters = {name: np.zeros(shape) for name, shape in shapes.items()}
    parameters["head.weight"] = np.random.default_rng(0).normal(size=(V, hidden_size))
    return CharModel(parameters, cell=cell, activation=activation, dtype=np.float64)


def text(length: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, V, length)


def measured_decay(model: CharModel, state: int = 0, steps: int = 60):  # type: ignore[no-untyped-def]
    report = gradient_norms(model, text(400), steps=steps, windows=16, burn_in=20)
    return report.layers[state].decay


# Networks whose gain is known


def test_a_linear_network_with_gain_09_is_measured_as_such() -> None:
    """With no input a tanh network stays at zero, where its slope is 1: it is linear."""
    model = bare_model("rnn", 32)
    q, _ = np.linalg.qr(np.random.default_rng(1).normal(size=(32, 32)))
    model.parameters["rnn.weight_hh_l0"][...] = 0.9 * q
    found = measured_decay(model)
    assert found.gain_per_step == pytest.approx(0.9, abs=1e-9)
    assert np.log(found.gain_per_step) == pytest.approx(-0.105361, abs=1e-6)
    assert found.half_life == pytest.approx(6.579, abs=1e-3)
    assert found.memory == 44
    assert found.r_squared == pytest.approx(1, abs=1e-9)
    assert spectral_radii(model, 0) == {"h": pytest.approx(0.9)}


def test_an_lstm_that_only_forgets_has_its_forget_gate_as_gain() -> None:
    model = bare_model("lstm", 8)
    model.parameters["rnn.bias_ih_l0"][8:16] = 1
    found = measured_decay(model, state=1)
    assert found.gain_per_step == pytest.approx(1 / (1 + np.exp(-1)), abs=1e-9)
    assert found.gain_per_step == pytest.approx(0.731059, abs=1e-6)


def test_a_gru_that_keeps_95_percent_has_that_gain() -> None:
    """PyTorch's z is the share that is kept."""
    model = bare_model("gru", 8)
    model.parameters["rnn.bias_ih_l0"][8:16] = np.log(0.95 / 0.05)
    found = measured_decay(model)
    assert found.gain_per_step == pytest.approx(0.95, abs=1e-9)
    assert found.half_life == pytest.approx(13.51, abs=5e-3)
    assert found.memory is None  # 1 % is reached after 90 characters, and 60 were measured


@pytest.mark.parametrize("gain", [0.8, 1.2])
def test_vanishing_hides_in_the_total_and_explosion_does_not(gain: float) -> None:
    """The network is linear, W_hh = g Q, so its total is a sum that can be written down: that over
    the later steps j of (g Q^T)^j times the gradient of each loss at its own step."""
    T = 60
    model = bare_model("rnn", 16)
    q, _ = np.linalg.qr(np.random.default_rng(1).normal(size=(16, 16)))
    model.parameters["rnn.weight_hh_l0"][...] = gain * q
    columns = text(T + 1)[:, None]
    total, lag = (norms[0, 0, :, 0] for norms in window_norms(model, columns, burn_in=0))
    head = model.parameters["head.weight"]
    alone = head.T @ (np.full((V, 1), 1 / V) - np.eye(V)[:, columns[1:, 0]])  # h is 0, so p is 1/V
    summed = np.zeros(16)
    for t in reversed(range(T)):
        summed = alone[:, t] + gain * q.T @ summed
        assert total[t] == pytest.approx(np.linalg.norm(summed), rel=1e-9)
    assert lag[-1] / lag[0] == pytest.approx(gain ** (T - 1), rel=1e-9)
    growth = total[0] / total[T // 2]
    assert growth > 100 if gain > 1 else 1 / 3 < growth < 3


def test_a_tanh_network_of_gain_three_explodes_in_the_total() -> None:
    model = random_model("rnn", 1, 0, hidden_size=100, gain=0.3)  # 3 / sqrt(100)
    total = gradient_norms(model, text(2000), steps=90, windows=8, burn_in=50).layers[0].total
    assert total.median[0] > 1e6 * total.median[-1]


@pytest.mark.parametrize("cell", RECURRENT)
def test_a_spectral_radius_is_printed_only_of_a_matrix_that_has_one(cell: str) -> None:
    model = random_model(cell, 2, 0)
    report = gradient_norms(model, text(300), steps=20, windows=4, burn_in=5)
    radii = tuple(spectral_radii(model, layer) for layer in range(2))
    said = dynamics(replace(report, spectral_radius=radii))
    expected = [np.abs(np.linalg.eigvals(weights(model.parameters, i).W_hh)).max() for i in (0, 1)
                ] if cell == "rnn" else []  # fmt: skip
    assert ("spectral" in said) == bool(expected)
    assert all(words.figure(radius) in said for radius in expected)


# The gradients themselves


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("cell", RECURRENT)
def test_lag_equals_central_differences_of_the_last_loss(cell: str, layers: int, seed: int) -> None:
    """A change is injected into one state after one step, while the network runs."""
    T = 22
    model = random_model(cell, layers, seed)
    columns = text(T + 1, seed)[:, None]
    _, lag = window_norms(model, columns, burn_in=0)
    for k in (0, 1, 5, 20):
        for layer in range(layers):
            for s in range(len(model.cell.states)):
                expected = np.linalg.norm(differences(model, columns, k, layer, s))
                assert lag[layer, s, k, 0] == pytest.approx(expected, rel=1e-6)


def differences(model: CharModel, columns: np.ndarray, k: int, layer: int, s: int) -> np.ndarray:
    """d(last loss)/d(state s of the layer, k steps earlier), (H,); every unit and every point of
    the difference formula is a column of one batch."""
    T, size = len(columns) - 1, 1e-3
    changes = size * np.concatenate([factor * np.eye(H) for factor, _ in FIVE_POINTS], axis=1)
    right, calls = type(model.cell).forward, iter(range(T * model.layers))

    def disturbed(step):  # type: ignore[no-untyped-def]
        right(model.cell, step)
        if next(calls) == layer * T + T - 1 - k:
            step.state[s] += changes
            if s == 1:  # downstream of c is also h of the same step
                step.state[0][...] = step.gates[3] * np.tanh(step.state[1])

    model.cell.forward = disturbed  # type: ignore[method-assign]
    batch = np.repeat(columns, changes.shape[1], axis=1)
    logits, _ = model.forward(
        batch[:-1], model.zero_state(batch.shape[1]), model.tape(*batch[:-1].shape)
    )
    del model.cell.forward
    losses = ops.negative_log_likelihood(logits[:, -batch.shape[1] :], batch[-1])
    weights = np.array([weight for _, weight in FIVE_POINTS])
    gradient: np.ndarray = weights @ losses.reshape(len(weights), H) / size
    return gradient


@pytest.mark.parametrize("cell", RECURRENT)
def test_total_is_the_sum_of_the_gradients_of_single_losses(cell: str) -> None:
    """As vectors, before any norm is taken."""
    T, B = 9, 3
    model = random_model(cell, 2, 0)
    columns = np.stack([text(T + 1, seed) for seed in range(B)], axis=1)
    tape = model.tape(T, B)
    logits, _ = model.forward(columns[:-1], model.zero_state(B), tape)
    dlogits = ops.softmax(logits)
    dlogits[columns[1:].reshape(-1), np.arange(T * B)] -= 1

    def traced(seeds: np.ndarray) -> np.ndarray:
        trace = [np.empty((T, len(model.cell.states), H, B)) for _ in range(2)]
        model.backward(seeds, tape, model.gradients(), trace)
        return np.stack(trace)

    total = traced(dlogits)
    summed = np.zeros_like(total)
    for t in range(T):
        alone = np.zeros_like(dlogits)
        alone[:, t * B : (t + 1) * B] = dlogits[:, t * B : (t + 1) * B]
        summed += traced(alone)
    assert np.abs(total - summed).max() < 1e-12
    measured, _ = window_norms(model, columns, burn_in=0)
    np.testing.assert_allclose(measured, np.linalg.norm(summed, axis=3).swapaxes(1, 2), rtol=1e-12)


@pytest.mark.parametrize("name", ["rnn_tanh", "rnn_relu", "lstm", "gru"])
def test_norms_equal_those_of_pytorchs_autograd(name: str) -> None:
    """I6, from recorded runs, so that no test needs PyTorch."""
    golden = np.load(GOLDEN / f"{name}.npz")
    prefix = "parameters."
    parameters = {k.removeprefix(prefix): golden[k] for k in golden if k.startswith(prefix)}
    cell, _, activation = name.partition("_")
    model = CharModel(parameters, cell=cell, activation=activation or "tanh", dtype=np.float64)
    ids, targets = golden["ids"], golden["targets"]
    T, B = ids.shape
    state = {s: golden[f"initial.{s}"].swapaxes(1, 2) for s in model.cell.states}
    tape = model.tape(T, B)
    logits, _ = model.forward(ids, state, tape)
    dlogits = ops.softmax(logits)
    dlogits[targets.reshape(-1), np.arange(T * B)] -= 1
    total = state_norms(model, dlogits, tape)
    dlogits[:, :-B] = 0
    lag = state_norms(model, dlogits, tape)[:, :, ::-1]
    for s, state_name in enumerate(model.cell.states):
        expected = golden[f"inspect.total_{state_name}"]
        np.testing.assert_allclose(total[:, s], expected, rtol=1e-10)
        np.testing.assert_allclose(lag[:, s], golden[f"inspect.lag_{state_name}"], rtol=1e-10)


# Lyapunov exponents


@pytest.mark.parametrize("seed", range(10))
def test_the_later_lags_fall_by_the_lyapunov_exponent(seed: int) -> None:
    """To a few per cent: they begin after 40 characters, and directions that fall nearly as slowly
    as the slowest are still in it."""
    model = random_model("rnn", 1, seed, hidden_size=64, gain=0.08)
    ids = text(5000, seed)
    late = gradient_norms(model, ids, steps=80, windows=64, burn_in=100).layers[0].late
    (found,) = exponents(model, ids, steps=400, windows=8, burn_in=100)
    assert late is not None
    assert late[0] == pytest.approx(found.exponent, rel=0.06)


def linear_stack(seed: int) -> CharModel:
    """Two layers of an Elman network that nothing drives, so that both are linear around 0."""
    model = random_model("rnn", 2, seed, hidden_size=6)
    for name, array in model.parameters.items():
        if name.startswith("rnn.bias") or name == "rnn.weight_ih_l0":
            array[...] = 0
    return model


@pytest.mark.parametrize("seed", range(3))
def test_exponents_of_a_stack_are_those_of_each_layers_matrix(seed: int) -> None:
    """The logarithm of the largest modulus of its eigenvalues; what the layers do to each other is
    above the diagonal of the Jacobian, and changes no eigenvalue."""
    model = linear_stack(seed)
    found = exponents(model, text(2000), steps=400, windows=4, burn_in=0)
    for layer in found:
        W_hh = weights(model.parameters, layer.layer).W_hh
        moduli = np.sort(np.abs(np.linalg.eigvals(W_hh)))
        assert layer.exponent == pytest.approx(np.log(moduli[-1]), abs=0.01)
        assert layer.standard_error < 0.01


@pytest.mark.parametrize("cell", RECURRENT)
def test_an_exponent_is_the_growth_of_a_change_of_that_layer_alone(cell: str) -> None:
    """Against two runs that differ by a hair in one layer, its norm brought back at every step."""
    model, steps, hair = random_model(cell, 2, 1, hidden_size=8), 800, 1e-7
    ids = text(steps + 1, 3)
    for layer in exponents(model, ids, steps=steps, windows=1, burn_in=0):
        rng = np.random.default_rng(5)
        state, tape = model.zero_state(1), model.tape(1, 2)
        change = {s: rng.standard_normal((model.hidden_size, 1)) for s in state}
        logs = []
        for character in ids[:-1]:
            size = np.sqrt(sum((array**2).sum() for array in change.values()))
            logs.append(np.log(size / hair))
            pair = {s: np.repeat(array, 2, axis=2) for s, array in state.items()}
            for s, array in change.items():
                pair[s][layer.layer, :, 1:] += array * hair / size
            _, after = model.forward(np.full((1, 2), character), pair, tape)
            state = {s: both[:, :, :1] for s, both in after.items()}
            change = {s: (b[:, :, 1:] - b[:, :, :1])[layer.layer] for s, b in after.items()}
        assert layer.exponent == pytest.approx(np.mean(logs[100:]), abs=0.03)


def test_a_network_without_memory_has_no_nan() -> None:
    model = bare_model("rnn", 4)
    report = gradient_norms(model, text(300), steps=50, windows=8, burn_in=10)
    assert report.layers[0].decay.memory == 1
    assert report.layers[0].decay.gain_per_step is None
    (found,) = exponents(model, text(300), steps=50, windows=4, burn_in=10)
    assert (found.exponent, found.standard_error) == (-np.inf, None)


@pytest.mark.parametrize("gain", [0.01, 30.0])
def test_exponents_far_from_zero_are_measured_in_long_windows(gain: float) -> None:
    """After 400 steps the gradient would be 1e-800, or 1e590."""
    model = bare_model("rnn", 6)
    model.parameters["rnn.weight_hh_l0"][...] = gain * np.eye(6)
    with np.errstate(over="raise", invalid="raise"):
        (found,) = exponents(model, text(2000), steps=400, windows=4, burn_in=10)
    assert found.exponent == pytest.approx(np.log(gain))


def test_a_length_that_float64_cannot_hold_is_measured_as_far_as_it_can() -> None:
    for gain in (0.01, 0.3, 30.0):
        with np.errstate(over="ignore", under="ignore"):
            lengths = gain ** np.arange(400.0)[::-1, None]
        assert growth(lengths)[0] == pytest.approx(np.log(gain))
    assert growth(np.array([0, 0, 0.1, 1.0])[:, None])[0] == -np.inf


# The statistics


def test_results_do_not_depend_on_how_many_windows_are_measured_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = random_model("lstm", 2, 0)
    at_once = gradient_norms(model, text(500), steps=20, windows=24, burn_in=5)
    monkeypatch.setattr("charrnn.inspection.windows.TAPE_BYTES", 50_000)
    in_rounds = gradient_norms(model, text(500), steps=20, windows=24, burn_in=5)
    for one, other in zip(at_once.layers, in_rounds.layers, strict=True):
        np.testing.assert_allclose(one.lag.median, other.lag.median, rtol=1e-9)
        np.testing.assert_allclose(one.total.p90, other.total.p90, rtol=1e-9)


def test_one_window_without_burn_in_is_the_beginning_of_the_text() -> None:
    ids = text(50)
    assert (cut(ids, steps=20, windows=1, burn_in=0)[:, 0] == ids[:21]).all()


def test_windows_are_spread_over_the_whole_text() -> None:
    columns = cut(np.arange(1000), steps=20, windows=8, burn_in=10)
    assert columns.shape == (31, 8)
    assert columns[0, 0] == 0
    assert columns[-1, -1] == 999


def test_a_text_shorter_than_the_window_is_refused() -> None:
    with pytest.raises(CorpusError, match=r"30 characters.*needs 31"):
        cut(np.arange(30), steps=20, windows=8, burn_in=10)


@pytest.mark.parametrize("scale", [1e-300, 1e-24, 1.0, 1e20, 1e200])
def test_norms_neither_vanish_nor_overflow(scale: float) -> None:
    x = np.full((128, 2), scale)
    np.testing.assert_allclose(norms(x, axis=0), scale * np.sqrt(128), rtol=1e-12)
    assert norms(np.zeros((4, 2)), axis=0).tolist() == [0, 0]


def test_float32_norms_are_taken_in_float64() -> None:
    assert norms(np.full((128, 1), 1e-24, np.float32), axis=0)[0] > 1e-24


def test_silent_windows_are_left_out_and_counted() -> None:
    lag = np.array([[1.0, 0.0, 2.0], [0.5, 0.0, 1.0]])
    np.testing.assert_array_equal(relative_to_lag_0(lag), [[1, 1], [0.5, 0.5]])


def test_a_curve_that_rises_first_is_measured_from_its_maximum() -> None:
    curve = np.concatenate([[1.0, 3.0], 3.0 * 0.5 ** np.arange(1, 30)])[:, None]
    found = decay(curve)
    assert found.peak == 1
    assert found.memory == 8  # 3 * 0.5^7 is the first below 1 % of 3


def test_a_growing_curve_has_no_half_life() -> None:
    found = decay(1.1 ** np.arange(30.0)[:, None])
    assert found.gain_per_step == pytest.approx(1.1)
    assert found.half_life is None
    assert found.memory is None


@pytest.mark.parametrize(("gain", "steps"), [(0.9, 30), (0.9, 100), (1.05, 100), (0.5, 100)])
def test_a_single_exponential_has_a_gain_that_its_halves_agree_on(gain: float, steps: int) -> None:
    found = decay(gain ** np.arange(float(steps))[:, None])
    assert found.single
    assert found.halves == pytest.approx((gain, gain))
    assert found.below_half == (int(np.log(0.5) / np.log(gain)) + 1 if gain < 1 else None)


def test_waves_around_an_exponential_are_not_one() -> None:
    """The halves have the same slope, as where a text repeats a pattern of 13 characters."""
    lags = np.arange(78.0)[:, None]
    found = decay(0.9**lags * np.exp(2 * np.cos(2 * np.pi * lags / 13)))
    assert found.halves == pytest.approx((0.9, 0.9), abs=0.01)
    assert not found.single


def test_two_exponentials_have_no_gain_and_the_same_first_lags_however_long_the_window() -> None:
    """Some of a linear network forgets by 0.5, a little of it by 0.95: R² is high all the same,
    and the half-life of the fit grows with the window."""
    lags = np.arange(400.0)[:, None]
    curve = 0.997 * 0.5**lags + 0.003 * 0.95**lags
    found = [decay(curve[:steps]) for steps in (25, 100, 400)]
    assert not any(d.single for d in found)
    assert found[0].half_life < found[1].half_life / 2 < found[2].half_life / 2.5
    assert found[2].r_squared > 0.9
    assert [(d.below_half, d.memory) for d in found] == [(2, 7)] * 3


def test_bands_are_quantiles_over_windows() -> None:
    found = band(np.arange(11.0)[None])
    assert (found.p10[0], found.median[0], found.p90[0]) == (1, 5, 9)
