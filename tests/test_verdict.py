"""What the last line of a run says."""

from dataclasses import replace

import numpy as np
import pytest

from charrnn.text.ngrams import Baselines
from charrnn.text.passages import passages
from charrnn.training.figures import Progress
from charrnn.training.readers import shares
from charrnn.training.verdict import difference_error, verdict, without_validation

BASELINES = Baselines(unigram=3.3, ngram=1.6, order=5)


@pytest.mark.parametrize(
    ("losses", "expected"),
    [
        ([3.0, 2.5, 2.2, 2.1, 2.1, 2.1], "above the n-gram"),
        ([2.0, 1.5, 1.4, 1.5, 1.6, 1.7], "overfitting"),
        ([3.0, 2.0, 1.8, 1.7, 1.6, 1.55], "still improving"),
        ([2.0, 1.6, 1.5, 1.45, 1.445, 1.44], "better than counting 5-grams (1.600)"),
        ([1.61, 1.60, 1.60, 1.60], "as good as counting"),
    ],
)
def test_a_verdict_names_what_happened(losses: list[float], expected: str) -> None:
    history = [{"step": n, "loss": loss, "validation": loss} for n, loss in enumerate(losses)]
    assert expected in verdict(history, min(losses), BASELINES, 100_000, 0.002)


@pytest.mark.parametrize(
    ("best", "error", "expected"),
    [
        (1.55, 0.02, "better than counting 5-grams (1.600) by 0.050, give or take 0.020"),
        (1.55, 0.03, "as good as counting"),
        (1.65, 0.03, "as good as counting"),
        (1.65, 0.02, "not yet as good as counting"),
        (1.597, 0.0001, "as good as counting"),
        (1.55, None, "1.550 beside counting 5-grams (1.600): too little text to say which"),
        (1.65, None, "1.650 beside counting"),
    ],
)
def test_a_loss_is_better_or_worse_only_beyond_two_standard_errors(
    best: float, error: float | None, expected: str
) -> None:
    said = verdict([], best, BASELINES, 100_000, error)
    assert expected in said
    assert ("better than" in said) == expected.startswith("better than")


def test_the_error_of_a_difference_is_that_of_the_same_pieces_of_text() -> None:
    """Both losses are high where the text is hard; their difference is much surer than they are."""
    rng = np.random.default_rng(0)
    held_out = passages(np.zeros(20_000, np.uint8), (1, 12_001), (13_000, 20_000))
    starts, ends = shares(held_out)
    lengths = ends - starts
    hard = lengths * rng.normal(1.6, 0.2, len(lengths))
    differences = lengths * rng.normal(-0.1, 0.02, len(lengths))
    progress = Progress(best_error=0.05, best_sums=(hard + differences).tolist())
    counted = replace(BASELINES, sums=hard.tolist())
    error = difference_error(progress, counted, held_out)
    assert error == pytest.approx(0.02 / np.sqrt(len(lengths)), rel=0.5)
    assert difference_error(replace(progress, best_sums=[]), counted, held_out) == pytest.approx(
        0.05 * np.sqrt(2)
    )
    assert difference_error(Progress(), counted, held_out) is None


def test_little_held_out_text_makes_it_uncertain() -> None:
    assert "uncertain" in verdict([], 1.0, BASELINES, 90)
    assert "uncertain" not in verdict([], 1.0, BASELINES, 90_000, 0.01)


@pytest.mark.parametrize("losses", [[3.0, 2.2, 2.1, 2.05, 2.0], [3.0, 2.0, 1.7, 1.6, 1.5, 1.45]])
def test_where_more_time_would_gain_nothing_it_is_not_advised(losses: list[float]) -> None:
    history = [{"step": n, "loss": loss, "validation": loss} for n, loss in enumerate(losses)]
    for early in (False, True):
        said = verdict(history, min(losses), BASELINES, 100_000, 0.002, early=early)
        assert ("longer" in said) == (not early)


def test_of_a_short_text_it_says_how_samples_read_better() -> None:
    short, long = (verdict([], 1.0, BASELINES, 90, short=short) for short in (True, False))
    assert "--validation 0" in short
    assert "--validation" not in long
    assert "uncertain" in long


def test_where_nothing_was_held_out_nothing_is_claimed_of_new_text() -> None:
    for short in (True, False):
        said = without_validation(short)
        assert "not known" in said
        assert ("by heart" in said) == short
        assert not any(word in said for word in ("better", "overfitting", "longer"))


def test_an_empty_history_is_no_problem() -> None:
    assert verdict([], 1.0, BASELINES, 90_000, 0.01).startswith("better than")
