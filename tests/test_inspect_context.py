"""What context is worth, on texts of which that is known."""

import numpy as np
import pytest
from chains import Chain
from small import noisy_model

from charrnn.errors import CorpusError
from charrnn.inspection.context import context, spread_starts, stays_below

CHAIN = Chain()
TEXT = CHAIN.text(12_000, np.random.default_rng(1))
FOUND = context(CHAIN.network(), TEXT, most=20, windows=4000)


def test_the_order_of_a_markov_chain_is_found() -> None:
    for excess in (FOUND, FOUND.elsewhere):
        assert (excess.stays_below, excess.between) == (2, (2, 2))
        assert np.abs(excess.excess[1:]).max() < 1e-12
        assert not excess.changed[1:].any()
        assert excess.changed[0] > 0.5


def test_the_excess_of_one_visible_character_is_that_of_the_chain() -> None:
    """From a zero state the network falls back to frequencies; from another place it believes
    what it read there. Both losses are known, and the second is the larger one."""
    assert CHAIN.one_true > CHAIN.one_visible > CHAIN.entropy
    expected = CHAIN.one_visible - CHAIN.entropy
    assert FOUND.excess[0] == pytest.approx(expected, abs=3 * FOUND.standard_error[0])
    other = CHAIN.one_true - CHAIN.entropy
    error = FOUND.elsewhere.standard_error[0]
    assert FOUND.elsewhere.excess[0] == pytest.approx(other, abs=3 * error)
    assert FOUND.full == pytest.approx(CHAIN.entropy, abs=3 * FOUND.full_error)
    assert 0 < FOUND.standard_error[0] < 0.1 * expected


def test_the_error_is_that_of_the_differences_between_texts() -> None:
    """Sixty texts tell how far the figure of one is from the mean; each says it of itself."""
    chain, rng = Chain(sticky=0.6), np.random.default_rng(2)
    model = chain.network()
    found = [context(model, chain.text(3000, rng), most=5, windows=300) for _ in range(60)]
    for figures in (found, [f.elsewhere for f in found]):
        spread = np.std([f.excess[0] for f in figures], ddof=1)
        said = np.sqrt(np.mean([f.standard_error[0] ** 2 for f in figures]))
        assert 0.75 < said / spread < 1.3  # the spread of sixty is itself known to 9 %


def test_windows_are_as_many_as_asked_for_and_all_over_the_text() -> None:
    starts = spread_starts(np.zeros(5000, int), 100, 512, None, np.random.default_rng(0))
    assert len(set(starts)) == 512
    assert np.diff(starts).max() < 2 * 4900 / 512 + 1
    assert starts[-1] < 4900
    few = spread_starts(np.zeros(110, int), 100, 512, None, np.random.default_rng(0))
    assert few.tolist() == list(range(10))


def test_windows_of_a_rhythmic_text_begin_at_all_of_its_beats() -> None:
    starts = spread_starts(np.zeros(5220, int), 100, 512, None, np.random.default_rng(0))
    assert np.bincount(starts % 10, minlength=10).min() > 30


def test_a_threshold_is_passed_for_good() -> None:
    excess = np.array([1.0, 0.005, 0.02, 0.005, -0.02])
    assert stays_below(excess) == 4
    assert stays_below(excess + 0.005) == 5
    assert stays_below(excess + 1) is None
    assert stays_below(excess - 2) == 1
    assert stays_below(np.array([np.nan])) is None


def test_a_text_too_short_for_errors_has_none() -> None:
    found = context(noisy_model("gru"), TEXT[:150], most=50, windows=64)
    assert np.isnan(found.standard_error).all()
    assert found.between == (1, None)
    with pytest.raises(CorpusError, match="150 characters"):
        context(noisy_model("gru"), TEXT[:150], most=150, windows=64)
