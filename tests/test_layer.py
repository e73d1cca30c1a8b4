"""Laws of the forward pass that hold for every cell: chunks, columns, closed forms."""

import numpy as np
import pytest
from small import RECURRENT, VARIANTS, H, V, context_of, noisy_model

from charrnn.network.cells import CELLS
from charrnn.network.initialisation import initialise

T, B = 12, 4


@pytest.mark.parametrize("chunk", [1, 3, 4, 6])
@pytest.mark.parametrize(("cell", "activation"), VARIANTS)
def test_chunks_with_carried_state_equal_the_whole_sequence(
    cell: str, activation: str, chunk: int
) -> None:
    model = noisy_model(cell, activation)
    ids = np.random.default_rng(0).integers(0, V, (T, B))
    whole, last = model.forward(ids, model.zero_state(B), model.tape(T, B))
    state, tape, pieces = model.zero_state(B), model.tape(chunk, B), []
    for t in range(0, T, chunk):
        logits, state = model.forward(ids[t : t + chunk], state, tape)
        pieces.append(logits.copy())
    np.testing.assert_allclose(np.concatenate(pieces, axis=1), whole, rtol=1e-12)
    for name, array in last.items():
        np.testing.assert_allclose(state[name], array, rtol=1e-12)


@pytest.mark.parametrize("cell", CELLS)
def test_streams_of_a_batch_do_not_see_each_other(cell: str) -> None:
    model = noisy_model(cell)
    ids = np.random.default_rng(0).integers(0, V, (T, B))
    together, _ = model.forward(ids, model.zero_state(B), model.tape(T, B))
    together = together.reshape(V, T, B).copy()
    for b in range(B):
        alone, _ = model.forward(ids[:, b : b + 1], model.zero_state(1), model.tape(T, 1))
        np.testing.assert_allclose(together[:, :, b], alone, rtol=1e-12)


def test_an_lstm_equals_its_equations_written_out_gate_by_gate() -> None:
    model = noisy_model("lstm", layers=1)
    p = model.parameters
    ids = np.random.default_rng(0).integers(0, V, (T, 1))
    logits, _ = model.forward(ids, model.zero_state(1), model.tape(T, 1))

    def sigmoid(z: np.ndarray) -> np.ndarray:
        return 1 / (1 + np.exp(-z))

    h, c = np.zeros(H), np.zeros(H)
    W, U = (p[f"rnn.weight_{which}_l0"].reshape(4, H, -1) for which in ("ih", "hh"))
    b = (p["rnn.bias_ih_l0"] + p["rnn.bias_hh_l0"]).reshape(4, H)
    for t in range(T):
        x = np.eye(V)[ids[t, 0]]
        i, f, g, o = (W[k] @ x + U[k] @ h + b[k] for k in range(4))
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        expected = p["head.weight"] @ h + p["head.bias"]
        np.testing.assert_allclose(logits[:, t], expected, rtol=1e-12, atol=1e-14)


def test_a_gru_equals_its_equations_written_out_gate_by_gate() -> None:
    model = noisy_model("gru", layers=1)
    p = model.parameters
    ids = np.random.default_rng(0).integers(0, V, (T, 1))
    logits, _ = model.forward(ids, model.zero_state(1), model.tape(T, 1))
    h = np.zeros(H)
    W, U = (p[f"rnn.weight_{which}_l0"].reshape(3, H, -1) for which in ("ih", "hh"))
    b_x, b_h = (p[f"rnn.bias_{which}_l0"].reshape(3, H) for which in ("ih", "hh"))
    for t in range(T):
        x = np.eye(V)[ids[t, 0]]
        xp = [W[k] @ x + b_x[k] for k in range(3)]
        hp = [U[k] @ h + b_h[k] for k in range(3)]
        r, z = (1 / (1 + np.exp(-xp[k] - hp[k])) for k in range(2))
        n = np.tanh(xp[2] + r * hp[2])
        h = (1 - z) * n + z * h
        expected = p["head.weight"] @ h + p["head.bias"]
        np.testing.assert_allclose(logits[:, t], expected, rtol=1e-12, atol=1e-14)


def test_a_new_lstm_starts_with_a_forget_bias_of_one_in_total() -> None:
    counts = np.array([5, 3, 2])
    p = initialise("lstm", "tanh", 2, H, counts, np.random.default_rng(0)).parameters
    for layer in range(2):
        total = (p[f"rnn.bias_ih_l{layer}"] + p[f"rnn.bias_hh_l{layer}"]).reshape(4, H)
        np.testing.assert_array_equal(total[[0, 2, 3]], 0)
        np.testing.assert_array_equal(total[1], 1)


def test_a_new_model_predicts_the_frequencies_of_its_text() -> None:
    counts = np.array([600, 300, 100])
    model = initialise("gru", "tanh", 1, H, counts, np.random.default_rng(0))
    logits, _ = model.forward(np.zeros((1, 1), int), model.zero_state(1), model.tape(1, 1))
    p = np.exp(logits[:, 0]) / np.exp(logits[:, 0]).sum()
    np.testing.assert_allclose(p, [0.6, 0.3, 0.1], atol=1e-3)


@pytest.mark.parametrize("cell", CELLS)
def test_what_is_read_reaches_the_highest_layer_of_a_new_network(cell: str) -> None:
    """How much h depends on the text must not fade from layer to layer: then nothing is learnt."""
    rng = np.random.default_rng(0)
    model = initialise(cell, "tanh", 4, 64, np.ones(30, int), rng, context_of(cell))
    tape = model.tape(20, 50)
    model.forward(rng.integers(0, 30, (20, 50)), model.zero_state(50), tape)
    last = [h[-1] for (_, name), h in model.body.activations(tape).items() if name == "h"]
    spread = [float(h.std(axis=1).mean()) for h in last]
    assert min(spread) > 0.3 * spread[0]
    assert spread[0] > 0.1


@pytest.mark.parametrize(("cell", "activation"), [v for v in VARIANTS if v[0] in RECURRENT])
def test_recurrent_weights_start_orthogonal_and_for_relu_as_the_identity(
    cell: str, activation: str
) -> None:
    model = initialise(cell, activation, 1, H, np.ones(V, int), np.random.default_rng(0))
    for block in model.parameters["rnn.weight_hh_l0"].reshape(-1, H, H):
        np.testing.assert_allclose(block @ block.T, np.eye(H), atol=1e-6)
        if activation == "relu":
            np.testing.assert_array_equal(block, np.eye(H))
