"""Standard errors, the digits that they leave, and what is said of a difference."""

from pathlib import Path

import numpy as np
import pytest
from chains import Chain

from charrnn.inspection import words
from charrnn.inspection.context import context
from charrnn.inspection.paired import ContextDifference, Difference, difference
from charrnn.inspection.standard_errors import block_means, blocks_for, standard_error, two_sided
from charrnn.inspection.surprisal import Surprisal, surprisal
from charrnn.library import Model
from charrnn.library.measured_text import STORED, text_of
from charrnn.network.model import CharModel
from charrnn.storage.checkpoint import Checkpoint

CHAIN, ALPHABET = Chain(sticky=0.5), "abcd"
TEXT = CHAIN.text(9_600, np.random.default_rng(1))


# Standard errors


@pytest.mark.parametrize(
    ("blocks", "table"),
    [(4, 3.182), (5, 2.776), (6, 2.571), (9, 2.306), (16, 2.131), (32, 2.040)],
)
def test_limits_are_students(blocks: int, table: float) -> None:
    assert two_sided(blocks) == pytest.approx(table, abs=0.0006)
    assert two_sided(blocks, statements=5) > table


def test_with_too_few_blocks_there_are_no_limits() -> None:
    assert two_sided(3) == np.inf
    assert np.isnan(standard_error(np.arange(350.0), blocks_for(350)))
    assert np.isfinite(standard_error(np.arange(400.0), blocks_for(400)))


def test_the_error_of_equal_blocks_is_that_of_their_means() -> None:
    values = np.random.default_rng(0).normal(size=(3, 640))
    means = values.reshape(3, 32, 20).mean(axis=2)
    np.testing.assert_allclose(block_means(values, 32), means)
    expected = means.std(axis=1, ddof=1) / np.sqrt(32)
    np.testing.assert_allclose(standard_error(values, 32), expected)


def test_slow_values_have_a_larger_error() -> None:
    """Of an autoregressive signal with a = 0.8 the mean varies (1 + a) / (1 - a) = 9 times as much
    as one of independent values with the same variance."""
    noise, n = np.random.default_rng(0).normal(size=40_000), 40_000
    slow = noise.copy()
    for t in range(1, n):
        slow[t] += 0.8 * slow[t - 1]
    assert standard_error(noise, 32) == pytest.approx(noise.std() / np.sqrt(n), rel=0.3)
    assert standard_error(slow, 32) == pytest.approx(3 * slow.std() / np.sqrt(n), rel=0.3)


def test_weights_choose_places() -> None:
    """The places that count may be few in one block and many in another."""
    rng = np.random.default_rng(0)
    errors, means = [], []
    for _ in range(300):
        chosen = (rng.random(3200) < np.repeat(rng.uniform(0.05, 0.6, 32), 100)).astype(float)
        values = rng.normal(size=3200) + np.repeat(rng.normal(size=32), 100)
        means.append((values * chosen).sum() / chosen.sum())
        errors.append(float(standard_error(values, 32, chosen)))
    assert np.sqrt(np.mean(np.square(errors))) == pytest.approx(np.std(means), rel=0.15)


# Digits


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (1.87707, 0.0405, "1.88 ± 0.04"),
        (1.87707, 0.0284, "1.877 ± 0.028"),
        (1.87707, 0.0096, "1.877 ± 0.010"),
        (-0.0004, 0.0284, "0.000 ± 0.028"),
        (-0.00001, 0.0, "0.000"),
        (-0.00001, float("nan"), "-1.0e-5"),
        (0.00001, 0.00002, "0.0000 ± 0.0001"),
        (12.3456, 3.4, "12.3 ± 3.4"),
        (123456.0, 3.4, "1.2e5"),
    ],
)
def test_an_error_decides_the_digits(value: float, error: float, text: str) -> None:
    assert words.measured(value, error) == text


# Surprisal


def read(model: CharModel, ids: np.ndarray = TEXT) -> Surprisal:
    known = np.ones(len(ids), np.bool_)
    return surprisal(model, "".join(ALPHABET[i] for i in ids), ids, known, ALPHABET)


def surer(model: CharModel, k: float) -> CharModel:
    """The same network with logits k z."""
    changed = model.with_weights(model.flat)
    for name in ("head.weight", "head.bias"):
        changed.parameters[name][...] *= k
    return changed


def test_the_loss_of_a_chains_network_is_the_chains_entropy() -> None:
    report = read(CHAIN.network())
    error = report.standard_error / np.log(2)
    assert report.bits_per_character == pytest.approx(CHAIN.entropy, abs=3 * error)
    assert report.blocks == 32
    single = report.per_character.std() / np.sqrt(report.characters)
    assert report.standard_error > single / 2


def test_differences_are_known_better_than_losses() -> None:
    model = CHAIN.network()
    first, worse, same = (read(m) for m in (model, surer(model, 1.2), surer(model, 1.0)))
    apart = difference(first, worse)
    assert isinstance(apart, Difference)
    assert apart.verdict == "worse"
    expected = worse.bits_per_character - first.bits_per_character
    assert apart.bits == pytest.approx(expected)
    assert apart.standard_error < first.standard_error / np.log(2) / 4
    back, none = difference(worse, first), difference(first, same)
    assert isinstance(back, Difference)
    assert isinstance(none, Difference)
    assert (back.verdict, none.verdict) == ("better", "as good")
    assert "as far as this text tells" in words.differs("b", "a", none)
    short = difference(*(read(m, TEXT[:200]) for m in (model, surer(model, 3))))
    assert isinstance(short, Difference)
    assert short.verdict == "as good"  # there are too few blocks for an error


def test_a_difference_in_what_context_is_worth_is_found_where_it_is() -> None:
    """Surer logits cost more where the context is cut off, and nothing where it is all there."""
    model = CHAIN.network()
    reports = [context(m, TEXT, most=5, windows=2000) for m in (model, surer(model, 1.5))]
    apart = difference(*reports)
    assert isinstance(apart, ContextDifference)
    means = [d.bits for d in apart.excess]
    np.testing.assert_allclose(means, reports[1].excess - reports[0].excess)
    assert [d.verdict for d in apart.excess] == [apart.excess[0].verdict] + ["as good"] * 4
    assert apart.excess[0].verdict != "as good"
    said = words.context_differs("b", "a", apart)
    assert "at k = 1 (" in said


# The text


@pytest.mark.parametrize(
    ("best", "source"),
    [({"loss": 1.2}, 0), ({"loss": None}, 1), (None, 2)],
)
def test_a_stored_excerpt_is_called_what_it_is(best: object, source: int) -> None:
    model, vocabulary = CHAIN.network(), np.array([ord(c) for c in ALPHABET], np.uint32)
    meta = {"cell": "rnn", "activation": "relu", "layers": 1, "hidden_size": 20, "excerpt": "abcd"}
    stored = Checkpoint(meta | {"best": best}, vocabulary, dict(model.parameters))
    text = text_of(Model(stored), None, None)
    assert text.source == list(STORED)[source]
    assert text.about()["chosen_on"] is (source == 0)
    assert ("which the kept weights were chosen on" in text.named) is (source == 0)
    assert text_of(Model(stored), None, "ab").named == ""


def test_a_model_that_may_have_learnt_the_text_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from commands import run_here

    from charrnn.storage import checkpoint

    model, vocabulary = CHAIN.network(), np.array([ord(c) for c in ALPHABET], np.uint32)
    meta = {
        "cell": "rnn", "activation": "relu", "layers": 1, "hidden_size": 20,
        "vocabulary_size": 4, "best": {"loss": 1.2}, "excerpt": "abcd" * 200,
    }  # fmt: skip
    for name, excerpt in (("a", "abcd"), ("b", "abcd"), ("c", "dcba")):
        about = meta | {"excerpt": excerpt * 200}
        parameters = {n: p.astype(np.float32) for n, p in model.parameters.items()}
        checkpoint.save(tmp_path / f"{name}.npz", Checkpoint(about, vocabulary, parameters))
    files = [tmp_path / f"{name}.npz" for name in "abc"]
    view = ("--view", "surprisal")
    assert run_here("inspect", files[0], "--compare", files[1], "--compare", files[2], *view) == 0
    err = capsys.readouterr().err
    assert f"{files[2]} may have learnt this text" in err
    assert str(files[1]) not in err
