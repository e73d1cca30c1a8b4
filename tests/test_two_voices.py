"""The network and the n-grams of its text: in training, in the file, in `sample`, `inspect`."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from commands import SMALL, error_of, run_here
from hypothesis import given
from hypothesis import strategies as st
from small import RECURRENT, noisy_model

import charrnn
from charrnn.errors import CheckpointError
from charrnn.generation.beginning import stepper_of
from charrnn.generation.beside import Beside
from charrnn.generation.sampling import surprisal
from charrnn.inspection.joined import JoinedModel
from charrnn.library import Model
from charrnn.network.mixture import ALONE, Weights, moved, nats
from charrnn.network.model import CharModel
from charrnn.storage import checkpoint
from charrnn.text.corpus import read_corpus
from charrnn.text.ngram_model import count
from charrnn.text.passages import whole
from charrnn.training import counting
from charrnn.training.counting import A_SECOND, FEWEST, most_counted
from charrnn.training.evaluation import Evaluator
from charrnn.training.settings import Budget
from charrnn.training.voices import Voices

CORPORA = Path(__file__).parent.parent / "corpora"
#: The kind of text of which short runs learn less than counting does.
TEXT = (CORPORA / "lighthouse.txt").read_text()[:40_000]
SHORT = (*SMALL, "--steps", "60", "--seed", "3", "--threads", "1")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of one short run: the text, the file, and `alone.npz`, which has no n-grams."""
    folder = tmp_path_factory.mktemp("voices")
    (folder / "text").write_text(TEXT)
    for name, more in (("both", ()), ("alone", ("--no-ngrams",))):
        out = "--out", folder / f"{name}.npz"
        assert run_here("train", folder / "text", *SHORT, *out, "-q", *more) == 0
    return folder


@pytest.fixture
def both(folder: Path) -> Model:
    return charrnn.load(folder / "both.npz")


def sampled(folder: Path, name: str, *arguments: str, capsys: Any) -> str:
    about = "-n", "200", "--seed", "4", "-t", "1"
    assert run_here("sample", folder / name, *about, *arguments) == 0
    return str(capsys.readouterr().out)


# In training


def test_the_loss_of_training_is_that_with_which_sample_draws(folder: Path, both: Model) -> None:
    text = read_corpus([str(folder / "text")]).ids
    about, best = both.meta["ngrams"], both.meta["best"]
    border = len(text) - best["characters"]
    weights = about["network_weight"], about["ngram_weight"]
    expected = {ALONE: best["loss"], (0, 1): about["alone"], weights: about["loss"]}
    for chosen, loss in expected.items():
        assert both.ngrams
        stepper = stepper_of(both.network(), Beside(both.ngrams, Weights(*chosen)))
        stepper.read(text[border - 1 : border])
        total = 0.0
        for place in range(border, len(text)):
            total += float(surprisal(stepper.logits, text[place : place + 1])[0])
            stepper.step(text[place : place + 1])
        assert total / (len(text) - border) == pytest.approx(loss, abs=3e-4)
    assert about["loss"] < min(best["loss"], about["alone"]) - 0.002


def test_the_end_of_training_tells_three_losses(folder: Path, capsys: Any) -> None:
    again = "--out", folder / "again.npz", "--force"
    assert run_here("train", folder / "text", *SHORT, *again, "--json") == 0
    end = json.loads(capsys.readouterr().out.splitlines()[-1])
    meta = charrnn.load(folder / "both.npz").meta
    assert end["best_loss"] == meta["ngrams"]["loss"]
    assert end["bits_per_character"] == pytest.approx(end["best_loss"] / np.log(2))
    assert end["network_loss"] == meta["best"]["loss"] > end["best_loss"]
    assert end["ngram_loss"] == meta["ngrams"]["alone"]
    assert end["ngram_weight"] == meta["ngrams"]["ngram_weight"] > 0
    assert run_here("train", folder / "text", *SHORT, *again) == 0
    said = " ".join(capsys.readouterr().err.split())
    assert f"network alone {end['network_loss']:.3f}, n-grams alone {end['ngram_loss']:.3f}" in said
    assert f"pieces of up to {meta['ngrams']['order']} characters" in said
    assert "--no-ngrams leaves out" in said


def test_without_ngrams_the_network_is_the_same_and_nothing_else_is_there(folder: Path) -> None:
    with np.load(folder / "both.npz") as both, np.load(folder / "alone.npz") as alone:
        assert {name for name in both if name not in alone} == {
            f"ngrams.{name}"
            for name in ("discounts", "characters", "numbers", "counts", "children", "left_out")
        }
        for name in alone:
            if not name.endswith(("meta", "json")):
                np.testing.assert_array_equal(both[name], alone[name])
        assert [json.loads(bytes(z["meta"]))["version"] for z in (both, alone)] == [5, 1]


def test_they_can_be_left_out_of_a_finished_file_and_stay_out(folder: Path) -> None:
    path = folder / "given.npz"
    path.write_bytes((folder / "both.npz").read_bytes())
    about = "train", folder / "text", "--out", path, "--resume", "--threads", "1", "-q"
    assert run_here(*about, "--no-ngrams") == 0
    assert path.read_bytes() == (folder / "alone.npz").read_bytes()
    assert run_here(*about, "--steps", "5") == 0
    assert charrnn.load(path).ngrams is None


def test_another_text_is_counted_anew(folder: Path, both: Model) -> None:
    (folder / "other").write_text(TEXT[:20_000].upper() + TEXT[20_000:30_000].lower())
    out = "--init-from", folder / "both.npz", "--out", folder / "other.npz"
    small = "--steps", "40", "--batch-size", "4", "--sequence-length", "8", "-q"
    assert run_here("train", folder / "other", *out, *small) == 0
    other = charrnn.load(folder / "other.npz")
    assert other.ngrams
    assert both.ngrams
    assert other.ngrams.vocabulary_size == len(other.vocabulary) != both.ngrams.vocabulary_size


def test_a_network_that_has_learnt_nothing_has_nothing_to_be_joined_with(folder: Path) -> None:
    about = "--steps", "0", "--out", folder / "untrained.npz", "-q"
    assert run_here("train", folder / "text", *about) == 0
    assert charrnn.load(folder / "untrained.npz").ngrams is None


@pytest.mark.parametrize("allowed", [10**9, 4_000, 100])
def test_what_an_evaluation_leaves_is_what_it_has_measured(allowed: int) -> None:
    rng = np.random.default_rng(7)
    text = rng.integers(0, 7, 9_000).astype(np.uint8)
    evaluator = Evaluator(noisy_model("gru"), whole(text), readers=5, kept=10**6)
    evaluator.allow(allowed)
    found = evaluator.measure(evaluator.model.flat + rng.normal(size=evaluator.model.flat.shape))
    assert found
    place, targets = evaluator.places()
    z = evaluator.kept.reshape(7, -1)[:, place]
    assert len(targets) == found.characters
    assert nats(z, targets.astype(np.intp)).mean() == pytest.approx(found.plain, rel=1e-5)
    joined = Voices(count(text[:5000], 4, 7, 3), evaluator).joined(1.0)
    assert joined.network == pytest.approx(found.plain, rel=1e-5)


def test_a_short_time_counts_a_part_of_a_large_text() -> None:
    counted = [most_counted(Budget(seconds=s)) for s in (1, 60, 36_000, None)]
    assert counted == [FEWEST, 60 * A_SECOND, 8_000_000, 8_000_000]


def test_more_time_counts_more(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("A_SECOND", "FEWEST"):
        monkeypatch.setattr(counting, name, 5_000)
    about = "train", folder / "text", "--out", tmp_path / "m.npz", "-q", "--threads", "1"
    assert run_here(*about, *SMALL, "--time", "1s", "--seed", "1") == 0
    before = charrnn.load(tmp_path / "m.npz")
    assert run_here(*about, "--resume", "--steps", "5") == 0
    after = charrnn.load(tmp_path / "m.npz")
    assert before.meta["baselines"]["counted"] == 5_000
    assert after.meta["baselines"]["counted"] == 36_000
    assert after.meta["baselines"]["ngram"] < before.meta["baselines"]["ngram"]
    assert after.meta["ngrams"]["alone"] < before.meta["ngrams"]["alone"]
    assert after.meta["ngrams"]["nodes"] > before.meta["ngrams"]["nodes"]


# In `sample`


def test_sample_draws_from_both_and_the_network_can_be_heard_alone(
    folder: Path, both: Model, capsys: Any
) -> None:
    alone = sampled(folder, "alone.npz", capsys=capsys)
    together = sampled(folder, "both.npz", capsys=capsys)
    weight = str(both.meta["ngrams"]["ngram_weight"])
    assert together == sampled(folder, "both.npz", "--ngram-weight", weight, capsys=capsys)
    assert together != alone
    for option in (("--no-ngrams",), ("--ngram-weight", "0")):
        assert sampled(folder, "both.npz", *option, capsys=capsys) == alone
    assert sampled(folder, "both.npz", "--ngram-weight", "1", capsys=capsys) not in (
        alone,
        together,
    )
    assert "".join(both.stream(seed=4, temperature=1, length=200)) == together
    streamed = both.stream(seed=4, temperature=1, length=200, ngram_weight=0)
    assert "".join(streamed) == alone


@pytest.mark.parametrize("cell", [*RECURRENT, "mlp"])
def test_streams_of_a_batch_write_what_each_writes_alone(cell: str) -> None:
    text = np.random.default_rng(5).integers(0, 7, 900).astype(np.uint8)
    beside = Beside(count(text, 5, 7, 4), Weights(0.7, 0.5))
    one, several = stepper_of(noisy_model(cell), beside), stepper_of(noisy_model(cell), beside)
    several = several.spread(3)
    for row in text[:60].reshape(-1, 3):
        several.step(row)
        one.step(row[:1])
        np.testing.assert_allclose(several.logits[:, :1], one.logits, rtol=1e-9)


GOLDEN_HASH = "532b3e6fa318b9cd75b4934a89e7c39436ac9d1a51d441e24f062d7bb21b0c63"


def test_the_text_of_both_voices_is_the_same_on_every_machine() -> None:
    model = charrnn.load(Path(__file__).parent / "golden" / "tiny.npz")
    learnt = "The cat sat on the mat. The dog sat on the log. The hen sat on the pen.\n" * 3
    model.ngrams = count(model.vocabulary.encode(learnt), 6, len(model.vocabulary), 5)
    model.meta["ngrams"] = {"network_weight": 0.6, "ngram_weight": 0.35}
    text = "".join(model.stream("The ", seed=20, temperature=0.9, length=10_000))
    assert hashlib.sha256(text.encode()).hexdigest() == GOLDEN_HASH


@given(st.floats(-2, 2), st.floats(0.01, 3), st.floats(0, 5))
def test_other_weights_are_on_the_line_from_the_network_alone(a: float, b: float, W: float) -> None:
    assert moved(Weights(a, b), b) == pytest.approx((max(a, 0), b))
    assert moved(Weights(a, b), 0) == ALONE
    found = moved(Weights(a, b), W)
    assert found.ngrams == W
    assert found.network >= 0
    if found.network > 0:
        assert (found.network - 1) * b == pytest.approx(W * (a - 1), abs=1e-9)


@pytest.mark.parametrize(
    ("name", "options", "problem"),
    [
        ("both", ("--ngram-weight", "-1"), "-1.0 is not from 0 to 100"),
        ("both", ("--ngram-weight", "nan"), "nan is not from 0 to 100"),
        ("both", ("--ngram-weight", "much"), "'much' is not a number"),
        ("both", ("--ngram-weight", "0.5", "--no-ngrams"), "contradict each other"),
        ("alone", ("--ngram-weight", "0.5"), "is a network alone, with no n-grams"),
    ],
)
def test_weights_that_make_no_sense_are_one_line(
    folder: Path, name: str, options: tuple[str, ...], problem: str, capsys: Any
) -> None:
    assert run_here("sample", folder / f"{name}.npz", *options) == 2
    assert problem in error_of(capsys.readouterr().err)


@pytest.mark.parametrize("text", ["ab", "ab" * 900, "the same line\n" * 200, "abcdefgh" * 2])
def test_strange_texts_are_trained_and_sampled(tmp_path: Path, text: str, capsys: Any) -> None:
    (tmp_path / "text").write_text(text)
    about = "--sequence-length", "4", "--batch-size", "1", "--hidden-size", "8"
    out = "--steps", "20", "--out", tmp_path / "m.npz", "-q", "--validation", "0.2"
    code = run_here("train", tmp_path / "text", *about, *out)
    if code:  # too short to be divided
        assert len(text) < 20
        assert error_of(capsys.readouterr().err)
        return
    sampled(tmp_path, "m.npz", capsys=capsys)


# In `inspect`


@pytest.mark.parametrize("cell", [*RECURRENT, "mlp"])
def test_a_joined_model_says_what_streams_are_drawn_from(cell: str) -> None:
    text = np.random.default_rng(6).integers(0, 7, 300).astype(np.uint8)
    beside = Beside(count(text, 5, 7, 4), Weights(0.7, 0.5))
    network = noisy_model(cell)
    model: CharModel = JoinedModel(network, *beside)
    tape, state = model.tape(10, 2), model.zero_state(2)
    steppers = [stepper_of(network, beside) for _ in range(2)]
    for chunk in text[:80].reshape(-1, 10, 2).astype(np.intp):
        logits, state = model.forward(chunk, state, tape)
        for t, row in enumerate(chunk):
            for stream, stepper in enumerate(steppers):
                said = stepper.step(row[stream : stream + 1])[:, 0]
                np.testing.assert_allclose(
                    logits.reshape(-1, 10, 2)[:, t, stream], said, rtol=1e-4, atol=1e-5
                )


def test_inspect_shows_the_voices_apart_and_together(
    folder: Path, both: Model, capsys: Any
) -> None:
    about = "inspect", folder / "both.npz", "--view"
    assert run_here(*about, "surprisal", "--ngrams", "--json") == 0
    found = json.loads(capsys.readouterr().out)["compare"]
    names = [each["model"]["voice"] for each in found]
    assert names == ["the network", "counting", "both together"]
    meta = both.meta["ngrams"]
    expected = both.meta["best"]["loss"], meta["alone"], meta["loss"]
    assert [each["nats"] for each in found] == pytest.approx(expected, abs=0.01)
    assert run_here(*about, "surprisal", "--ngrams") == 0
    assert "where the network and counting differ" in capsys.readouterr().out
    assert run_here(*about, "summary") == 0
    said = capsys.readouterr().out
    assert f"pieces of up to {meta['order']} characters" in said
    assert f"with n-grams   {meta['loss']:.2f}" in said
    for view in ("next", "context"):
        assert run_here(*about, view, "--ngrams", "--windows", "8", "--steps", "12") == 0
        assert "counting" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "options", "problem"),
    [
        ("both", ("--view", "gates"), "--view gates is about the network"),
        ("both", ("--view", "surprisal", "--dynamic"), "does not go with --dynamic"),
        ("both", ("--view", "next", "--compare", "x.npz"), "does not go with --compare"),
        ("alone", ("--view", "next"), "is a network alone"),
    ],
)
def test_voices_that_cannot_be_shown_are_one_line(
    folder: Path, name: str, options: tuple[str, ...], problem: str, capsys: Any
) -> None:
    assert run_here("inspect", folder / f"{name}.npz", "--ngrams", *options) == 2
    assert problem in error_of(capsys.readouterr().err)


def test_a_weight_that_no_training_chose_is_refused(folder: Path, tmp_path: Path) -> None:
    stored = checkpoint.load(folder / "both.npz", with_resume=True)
    for weight in (float("nan"), 1e9, "1", None):
        ngrams = stored.meta["ngrams"] | {"ngram_weight": weight}
        wrong = replace(stored, meta=stored.meta | {"ngrams": ngrams})
        with pytest.raises(CheckpointError):
            checkpoint.save(tmp_path / "wrong.npz", wrong)
