"""What is held out: the end of a running text, whole units of a list."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn.errors import CorpusError, UsageError
from charrnn.text import division
from charrnn.text.division import arranged, divide, spans
from charrnn.text.passages import Passages
from tests.unit_texts import UNITS, cut, joined


def text(passages: Passages) -> np.ndarray:
    """All their characters, one after the other."""
    return passages.beginnings(passages.characters)


def test_of_a_running_text_the_end_is_held_out_as_nanogpt_does() -> None:
    ids = np.zeros(1_115_394, np.uint8)
    found = divide(ids, 0.1)
    assert (found.training.characters, found.held_out.characters) == (1_003_854, 111_540)


def test_ten_characters_are_enough_to_learn_from() -> None:
    assert divide(np.zeros(20, np.uint8), 0.5).training.characters == division.MINIMUM_TRAINING


@given(st.integers(20, 5000), st.floats(0, 0.5))
def test_a_running_text_is_two_views_one_after_the_other(length: int, validation: float) -> None:
    ids = np.arange(length, dtype=np.uint16)
    try:
        found = divide(ids, validation)
    except CorpusError:
        assert 0 < validation < 1e-12
        return
    pieces = found.training.pieces() + found.held_out.pieces()
    assert all(np.shares_memory(piece, ids) for piece in pieces)
    np.testing.assert_array_equal(np.concatenate(pieces), ids)
    learnt = found.training.characters
    assert learnt == int(length * (1 - validation))
    assert (found.held_out.characters == 0) == (validation == 0)
    # What is learnt warms no state for what is held out, but for its last character.
    np.testing.assert_array_equal(found.held_out.ids, ids[learnt - 1 :])


@given(UNITS, st.floats(0, 0.5), st.integers(0, 99))
def test_units_are_learnt_or_held_out_whole_and_each_once(
    units: list[list[int]], validation: float, seed: int
) -> None:
    ids = joined(units)
    try:
        found = divide(ids, validation, 0, seed)
    except CorpusError:
        assert len(ids) * (1 - validation) < 30  # ten are needed, and a unit may have ten
        return
    learnt, out = cut(text(found.training)), cut(text(found.held_out))
    assert Counter(learnt + out) == Counter(cut(ids))
    assert found.units == (len(learnt), len(out))
    assert bool(out) == bool(validation)
    # No more than the share, unless a single unit is.
    assert found.held_out.characters <= validation * len(ids) or len(out) == 1
    assert found.held_out.ids[0] == 0  # the first one is predicted from a boundary


def test_what_is_held_out_of_a_sorted_list_comes_from_all_of_it() -> None:
    """Of 1,000 units in order 100 are held out; where they are is uniform, by Kolmogorov."""
    ids = joined([[1 + i % 5] * 9 for i in range(1000)])
    where = ids.copy().reshape(1000, 10)
    where[:, 0] = np.arange(1000) // 4  # a number in place of the first character
    where[where == 0] = 255
    where[:, 9] = 0
    held = text(divide(where.reshape(-1), 0.1, 0, 5).held_out).reshape(-1, 10)[:, 0].astype(int)
    held[held == 255] = 0
    places = np.sort(held) / 250
    assert len(places) == 100
    assert np.abs(places - np.arange(100) / 100).max() < 1.63 / 10  # a chance of 1 in 100


@given(UNITS, st.randoms(use_true_random=False))
def test_arranged_units_are_the_units_in_that_order(units: list[list[int]], random: object) -> None:
    ids = joined(units)
    order = np.random.default_rng(len(units)).permutation(len(units))
    expected = joined([units[i] for i in order])
    np.testing.assert_array_equal(arranged(ids, *spans(ids, 0), order), expected)


def test_arranging_a_piece_at_a_time_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    ids = joined([[1] * (i % 7) for i in range(200)])
    order = np.random.default_rng(0).permutation(200)
    whole = arranged(ids, *spans(ids, 0), order)
    for together in (1, 5, 64):
        monkeypatch.setattr(division, "_TOGETHER", together)
        np.testing.assert_array_equal(arranged(ids, *spans(ids, 0), order), whole)


@pytest.mark.parametrize(
    ("length", "validation", "said"),
    [
        (20, 0.6, "leaves 8 of 20 characters to learn from, and 10 are needed"),
        (9, 0.0, "leaves 9 of 9"),
        (1000, 1e-17, "holds none out"),
    ],
)
def test_a_share_that_leaves_too_little_is_refused(
    length: int, validation: float, said: str
) -> None:
    with pytest.raises(CorpusError, match=said):
        divide(np.zeros(length, np.uint8), validation)


@pytest.mark.parametrize("validation", [-0.1, 1.0, 2.0, float("nan")])
def test_a_share_outside_zero_to_one_is_refused(validation: float) -> None:
    with pytest.raises(UsageError):
        divide(np.zeros(1000, np.uint8), validation)
