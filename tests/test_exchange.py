"""What exchanging a state does to a loss, where it is known, and against running it by hand."""

import numpy as np
import pytest
from small import RECURRENT, N, noisy_model

from charrnn.inspection.exchange import changes, exchanged_at, spread
from charrnn.inspection.gradients import gradient_norms
from charrnn.inspection.windows import cut, run
from charrnn.network import numerics as ops
from charrnn.network.cells import CELLS
from charrnn.network.model import CharModel

V = 7


def text(length: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, V, length)


def measured(model: CharModel, columns: np.ndarray, burn_in: int, of: str) -> np.ndarray:
    tape, _ = run(model, columns, burn_in)
    return changes(model, columns, burn_in, of, tape)


def last_losses(model: CharModel, columns: np.ndarray) -> np.ndarray:
    T, B = columns[:-1].shape
    logits, _ = model.forward(columns[:-1], model.zero_state(B), model.tape(T, B))
    return ops.negative_log_likelihood(logits[:, -B:], columns[-1])


@pytest.mark.parametrize("cell", RECURRENT)
def test_an_exchange_is_a_run_in_which_the_state_is_replaced(cell: str) -> None:
    """In the cell itself, after the step in question, while the whole network runs."""
    model, T, B = noisy_model(cell, layers=2), 12, 6
    columns = cut(text(300), steps=T, windows=B, burn_in=0)
    donors = (np.arange(B) + B // 2) % B
    plain = last_losses(model, columns)
    found = measured(model, columns, 0, "state")
    right = type(model.cell).forward
    for lag, change in zip(exchanged_at(T), found, strict=True):
        calls = iter(range(2 * T))

        def exchanging(step, at=2 * T - 1 - lag, calls=calls):  # type: ignore[no-untyped-def]
            right(model.cell, step)
            if next(calls) == at:  # the layers run one after the other: the last T are the top's
                step.state[-1][...] = step.state[-1][:, donors]
                if cell == "lstm":  # h of the same step is downstream of c
                    step.state[0][...] = step.gates[3] * np.tanh(step.state[1])

        model.cell.forward = exchanging  # type: ignore[method-assign]
        expected = last_losses(model, columns) - plain
        del model.cell.forward
        np.testing.assert_allclose(change, expected, atol=1e-12)
        assert np.abs(change).min() > 0


@pytest.mark.parametrize("cell", CELLS)
def test_an_exchanged_input_is_a_text_with_another_character(cell: str) -> None:
    model, T, B, P = noisy_model(cell, layers=2), 12, 6, 5
    columns = cut(text(300), steps=T, windows=B, burn_in=P)
    plain = last_losses(model, columns)
    found = measured(model, columns, P, "input")
    for lag, change in zip(exchanged_at(T), found, strict=True):
        changed = columns.copy()
        changed[P + T - 1 - lag] = np.roll(columns[P + T - 1 - lag], -(B // 2))
        np.testing.assert_allclose(change, last_losses(model, changed) - plain, atol=1e-12)
    if cell == "mlp":
        beyond = [lag >= N for lag in exchanged_at(T)]
        assert (found[beyond] == 0).all()
        assert any(beyond)


def test_a_register_is_worth_its_content_until_it_is_shifted_out() -> None:
    """A linear network that stores the last characters and says the one `delay` back with a logit
    of 8: the change is 8 nats where exactly one of the two contents is what comes next."""
    delay, rng = 4, np.random.default_rng(0)
    ids = list(rng.integers(0, V, delay + 1))
    while len(ids) < 3000:
        ids.append(ids[-delay - 1] if rng.random() < 0.8 else int(rng.integers(0, V)))
    size = (delay + 1) * V
    parameters = {
        "rnn.weight_ih_l0": np.eye(size, V),
        "rnn.weight_hh_l0": np.eye(size, k=-V),
        "rnn.bias_ih_l0": np.zeros(size),
        "rnn.bias_hh_l0": np.zeros(size),
        "head.weight": 8 * np.eye(V, size, k=size - V),
        "head.bias": np.zeros(V),
    }
    model = CharModel(parameters, cell="rnn", activation="relu", dtype=np.float64)
    P, T, B = 10, 40, 64
    columns = cut(np.array(ids), steps=T, windows=B, burn_in=P)
    stored = columns[P + T - 1 - delay] == columns[-1]
    others = np.roll(columns[P + T - 1 - delay], -(B // 2)) == columns[-1]
    expected = 8 * np.abs(stored.astype(float) - others).mean()
    report = gradient_norms(model, np.array(ids), steps=T, windows=B, burn_in=P)
    assert report.exchange is not None
    for lag, effect in zip(report.exchange.lags, report.exchange.effect, strict=True):
        assert effect == pytest.approx(expected if lag <= delay else 0, abs=1e-9)
    assert 3 < expected < 8


def latch(reset: float = 9.0) -> CharModel:
    """A ReLU network that solves the recall task: a unit for each key, which is on from the key to
    the newline. Characters are A, B, the noise a and b, and the newline."""
    W_ih = np.zeros((2, 5))
    W_ih[0, 0] = W_ih[1, 1] = 1
    W_ih[:, 4] = -reset
    parameters = {
        "rnn.weight_ih_l0": W_ih,
        "rnn.weight_hh_l0": np.eye(2),
        "rnn.bias_ih_l0": np.zeros(2),
        "rnn.bias_hh_l0": np.zeros(2),
        "head.weight": 8 * np.eye(5, 2),
        "head.bias": np.zeros(5),
    }
    return CharModel(parameters, cell="rnn", activation="relu", dtype=np.float64)


@pytest.mark.parametrize("L", [4, 9, 10, 19])
def test_in_the_recall_task_a_state_is_worth_the_key_since_the_key(L: int) -> None:
    """All windows end at a second key. Another place's state has another key or the same one: 8
    nats or nothing, from the key on; before the key no state is worth anything."""
    rng = np.random.default_rng(L)
    lines = [[k, *rng.integers(2, 4, L), k, 4] for k in rng.integers(0, 2, 200)]
    ids, line = np.concatenate(lines), L + 3
    T, N = 3 * line, 32
    P = line + L + 2 - T - 1 + 3 * line  # the window's last character is the second key
    length = P + T + 1
    ids = ids[: length + (len(ids) - length) // line // (N - 1) * line * (N - 1)]
    columns = cut(ids, steps=T, windows=N, burn_in=P)
    assert (columns[-1] < 2).all()
    expected = 8 * np.mean(columns[-1] != np.roll(columns[-1], -(N // 2)))
    report = gradient_norms(latch(), ids, steps=T, windows=N, burn_in=P)
    assert report.exchange is not None
    for lag, effect in zip(report.exchange.lags, report.exchange.effect, strict=True):
        assert effect == pytest.approx(expected if lag <= L else 0, abs=0.02)
    # A tiny change of the empty state before the key would last as long as the key does.
    assert report.layers[0].decay.memory == L + 2
    assert report.layers[0].zero_from == L + 2


def test_what_nothing_can_be_exchanged_with_or_no_loss_depends_on_is_left_out() -> None:
    model, ids = noisy_model("gru"), text(200)
    sizes = {"steps": 20, "burn_in": 5}
    assert gradient_norms(model, ids, windows=1, **sizes).exchange is None
    assert gradient_norms(model, ids, windows=2, **sizes).exchange is not None
    model.parameters["head.weight"][...] = 0
    assert gradient_norms(model, ids, windows=8, **sizes).exchange is None


def test_lags_are_round_and_end_with_the_last() -> None:
    assert spread(100) == [0, 1, 2, 5, 10, 20, 50, 99]
    assert spread(2) == [0, 1]
    assert spread(11) == [0, 1, 2, 5, 10]
    assert exchanged_at(100) == [0, 1, 2, 5, 10, 20, 50]
    assert exchanged_at(2) == [0, 1]
