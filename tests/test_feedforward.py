"""The feed-forward network: what it can know, what it cannot, and what it says of both."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from commands import TEXT, error_of, run_here
from small import VARIANTS, N, V, noisy_model, random_state

from charrnn.network import numerics as ops
from charrnn.network.cells import CELLS
from charrnn.network.initialisation import initialise
from charrnn.storage import checkpoint

T, B = 9, 3
MLP = ("--cell", "mlp", "--context", "5", "--hidden-size", "8", "--batch-size", "4")
QUICK = (*MLP, "--sequence-length", "8", "--steps", "4", "--seed", "1", "-q")


def trained_loss(context: int, text: str, steps: int = 300) -> float:
    """The mean loss that plain gradient descent reaches on a text that is read again and again."""
    alphabet = sorted(set(text))
    ids = np.array([alphabet.index(c) for c in text])[:, None]
    rng = np.random.default_rng(0)
    model = initialise("mlp", "tanh", 1, 12, np.bincount(ids[:, 0]), rng, context)
    tape, grads, losses = model.tape(len(ids) - 1, 1), model.gradients(), [0.0]
    for _ in range(steps):
        logits, _ = model.forward(ids[:-1], model.zero_state(1), tape)
        losses.append(ops.cross_entropy(logits, ids[1:, 0], dlogits=logits))
        model.backward(logits, tape, grads)
        model.flat[:] -= model.dtype.type(2) * grads.flat
    return losses[-1]


def test_one_place_leaves_hello_the_bit_of_its_two_l_and_two_places_leave_nothing() -> None:
    """Two characters in five are an l, after which l and o are equally likely."""
    assert trained_loss(1, "hello" * 20) == pytest.approx(0.4 * math.log(2), abs=0.01)
    assert trained_loss(2, "hello" * 20) < 0.02


@pytest.mark.parametrize("layers", [1, 2])
def test_what_is_older_than_the_window_changes_nothing_and_the_rest_does(layers: int) -> None:
    model, rng = noisy_model("mlp", layers=layers), np.random.default_rng(0)
    ids, tape = rng.integers(0, V, (T, B)), model.tape(T, B)
    state = random_state(model, B, rng)
    before = model.forward(ids, state, tape)[0].reshape(V, T, B).copy()
    for read in range(T):
        other = ids.copy()
        other[read] = (other[read] + 1) % V
        after = model.forward(other, state, tape)[0].reshape(V, T, B)
        changed = (after != before).any(axis=(0, 2))
        assert changed.tolist() == [read <= t < read + N for t in range(T)]


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize(("cell", "activation"), VARIANTS)
def test_gradients_of_input_and_weights_agree_about_the_size_of_what_is_read(
    cell: str, activation: str, layers: int
) -> None:
    """Twice the input is twice the weights that read it: sum x dx = sum W dW. (A window from before
    the chunk has inputs of its own, so here there is none.)"""
    model, rng = noisy_model(cell, activation, layers), np.random.default_rng(1)
    ids, targets = rng.integers(0, V, (2, T, B))
    tape, grads = model.tape(T, B), model.gradients()
    logits, _ = model.forward(ids, model.zero_state(B), tape)
    ops.cross_entropy(logits, targets.reshape(-1), dlogits=logits)
    model.backward(logits, tape, grads)
    dx = model.input_gradients(tape)
    assert dx.shape == (V, T * B)
    first = "mlp.0.weight" if cell == "mlp" else "rnn.weight_ih_l0"
    through_weights = (model.parameters[first] * grads[first]).sum()
    through_input = dx[ids.reshape(-1), np.arange(T * B)].sum()
    assert through_input == pytest.approx(through_weights, rel=1e-12)


def test_a_window_that_no_text_can_have_does_no_harm() -> None:
    """It comes from a file, which may say anything."""
    model, tape = noisy_model("mlp"), None
    tape = model.tape(T, B)
    for value in (-3.0, 1e30, 0.5, V + 1.0):
        state = {"x": np.full((1, N, B), value)}
        logits, after = model.forward(np.zeros((T, B), int), state, tape)
        assert np.isfinite(logits).all()
        assert set(after["x"].ravel()) <= {0.0, 1.0}


# The program


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mlp")
    (folder / "text").write_text(TEXT)
    small = ("--cell", "rnn", "--hidden-size", "8", "--steps", "4", "-q", "--seed", "1")
    assert run_here("train", folder / "text", "-o", folder / "rnn.npz", *small) == 0
    assert run_here("train", folder / "text", "-o", folder / "m.npz", *QUICK) == 0
    return folder / "m.npz"


def test_the_file_names_its_context_and_needs_the_third_version(model: Path) -> None:
    meta = checkpoint.load(model).meta
    assert (meta["version"], meta["cell"], meta["context"]) == (3, "mlp", 5)
    assert meta["training"]["context"] == 5


def test_another_model_lends_its_window_and_its_weights_by_place_and_character(
    model: Path, tmp_path: Path
) -> None:
    (tmp_path / "text").write_text(TEXT.replace("q", "ß"))
    out = tmp_path / "m.npz"
    arguments = ("--init-from", model, "-o", out, "--steps", "0", "-q")
    assert run_here("train", tmp_path / "text", *arguments) == 0
    old, new = checkpoint.load(model), checkpoint.load(out)
    assert new.meta["context"] == 5
    here, there = (list(map(chr, m.vocabulary)).index("b") for m in (new, old))
    by_place = [m.parameters["mlp.0.weight"].reshape(8, 5, -1) for m in (new, old)]
    np.testing.assert_array_equal(by_place[0][:, :, here], by_place[1][:, :, there])


@pytest.mark.parametrize("view", ["summary", "surprisal", "next", "context", "unfold"])
def test_views_that_need_no_state_work_as_they_are(
    view: str, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_here("inspect", model, "--view", view, "-p", TEXT[:40]) == 0
    assert run_here("inspect", model, "--view", view, "-p", TEXT[:40], "--json") == 0
    *_, line = capsys.readouterr().out.splitlines()
    assert json.loads(line)["model"]["cell"] == "mlp"


@pytest.mark.parametrize("asked", [["--view", "gates"], ["--view", "neurons"], ["--of", "state"]])
def test_views_of_a_state_say_why_there_is_none(
    asked: list[str], model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_here("inspect", model, *asked) == 2
    said = error_of(capsys.readouterr().err)
    assert "no state" in said
    assert "the last 5" in said


def test_gradients_are_those_of_the_input_and_the_words_say_where_they_end(
    model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    measured = ("inspect", model, "-p", TEXT, "--steps", "20", "--windows", "4")
    assert run_here(*measured, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    (layer,) = found["layers"]
    assert (found["of"], layer["state"], layer["zero_from"]) == ("input", "x", 5)
    assert all(layer["lag"]["median"][:5])
    assert not any(layer["lag"]["p90"][5:])
    assert run_here(*measured) == 0
    words = " ".join(capsys.readouterr().out.split())
    assert "From 5 characters back on it is exactly 0" in words


def test_a_comparison_with_a_recurrent_network_is_of_the_input_of_both(
    model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recurrent = model.parent / "rnn.npz"
    measured = ("--steps", "20", "--windows", "4", "-p", TEXT, "--json")
    assert run_here("inspect", model, "--compare", recurrent, *measured) == 0
    one, other = json.loads(capsys.readouterr().out)["compare"]
    assert [one["of"], other["of"]] == ["input", "input"]
    assert [one["layers"][0]["zero_from"], other["layers"][0]["zero_from"]] == [5, None]


def test_unfolding_draws_a_block_for_each_place_or_one_with_an_arrow_back_to_itself(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_here("inspect", model, "--view", "unfold", "-p", "the") == 0
    separate = capsys.readouterr().out
    size = f"8 x {len(checkpoint.load(model).vocabulary)}"
    read = [line.split()[:3] for line in separate.splitlines() if f"{size} ─" in line]
    places = ["none", "none", "t", "h", "e"]
    assert read == [[name, "→", f"W_{n}"] for n, name in enumerate(places, 1)]
    recurrent = tmp_path / "lstm.npz"
    small = ("--cell", "lstm", "--layers", "2", "--hidden-size", "8", "--steps", "0", "-q")
    assert run_here("train", model.parent / "text", "-o", recurrent, *small) == 0
    assert run_here("inspect", recurrent, "--view", "unfold", "-p", "the") == 0
    shared = capsys.readouterr().out
    assert shared.count("W_hh 32 x 8") == shared.count("│←┘") == 2
    assert shared.count("│─┐ h, c") == 2


WRONG = {
    "--cell mlp --context 0": "0 is not from 1 to 256",
    "--context 5": "--context 5 is for --cell mlp",
    "--cell gru --context 5": "gru reads one character at a time",
    "--cell mlp --context 250": "--context 250 is too long for this text",
    "--cell mlp --context 300": "300 is not from 1 to 256",
    "--cell mlp --activation relu": "the mlp cell has no activation 'relu'",
    "--cell mlp --context 7 --init-from m.npz": "the other model has context 5, this one 7",
    "--cell lstm --init-from m.npz": "the other model has cell mlp, this one lstm",
    "--resume -o m.npz --context 7": "--context 7 contradicts m.npz, which has 5",
    "--context 7 --init-from rnn.npz": "rnn reads one character at a time",
    "--resume -o rnn.npz --context 7": "--context 7 contradicts rnn.npz, which has none",
}


@pytest.mark.parametrize("options", WRONG)
def test_what_makes_no_sense_is_one_clear_line(
    options: str, model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(model.parent)
    Path("short").write_text(TEXT[:243])
    text = "short" if "250" in options else "text"
    out = () if "-o" in options else ("-o", "x.npz")
    assert run_here("train", text, *options.split(), *out, "--steps", "1", "-q") == 2
    assert WRONG[options] in error_of(capsys.readouterr().err)
    assert not Path("x.npz").exists()


def test_layers_of_the_input_and_other_views_of_it_are_refused(
    model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for wrong in (["--layer", "0"], ["--of", "input", "--view", "next"]):
        assert run_here("inspect", model, *wrong) == 2
        assert error_of(capsys.readouterr().err)


def test_it_is_the_only_one_that_reads_places() -> None:
    assert [cell for cell, kind in CELLS.items() if kind.default_context] == ["mlp"]
