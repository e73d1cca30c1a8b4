"""What the last line of a run says."""

import pytest

from charrnn.text.ngrams import Baselines
from charrnn.training.verdict import verdict, without_validation

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
    assert expected in verdict(history, min(losses), BASELINES, 100_000)


def test_little_held_out_text_makes_it_uncertain() -> None:
    assert "uncertain" in verdict([], 1.0, BASELINES, 90)
    assert "uncertain" not in verdict([], 1.0, BASELINES, 90_000)


@pytest.mark.parametrize("losses", [[3.0, 2.2, 2.1, 2.05, 2.0], [3.0, 2.0, 1.7, 1.6, 1.5, 1.45]])
def test_where_more_time_would_gain_nothing_it_is_not_advised(losses: list[float]) -> None:
    history = [{"step": n, "loss": loss, "validation": loss} for n, loss in enumerate(losses)]
    for early in (False, True):
        said = verdict(history, min(losses), BASELINES, 100_000, early=early)
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
    assert verdict([], 1.0, BASELINES, 90_000).startswith("better than")
