"""The law of each filter, over random distributions; columns never influence each other."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from charrnn.errors import UsageError
from charrnn.generation.filters import (
    Filters,
    allow,
    allowed_characters,
    character_set,
    min_p,
    temper,
    top_k,
    top_p,
)
from charrnn.text.vocabulary import Vocabulary

LOGITS = st.integers(1, 9).flatmap(
    lambda size: arrays(np.float64, size, elements=st.floats(-30, 30, width=16))
)
WEIGHTS = LOGITS.map(lambda logits: temper(logits, 1.0))
SHARES = st.floats(0.01, 1)


@given(LOGITS, st.data())
def test_characters_that_are_not_allowed_have_no_weight_and_the_others_keep_their_ratios(
    logits, data
):
    allowed = np.array(
        data.draw(st.lists(st.booleans(), min_size=len(logits), max_size=len(logits)))
    )
    allowed[data.draw(st.integers(0, len(logits) - 1))] = True
    w = temper(allow(logits, allowed), 1.0)
    assert (w[~allowed] == 0).all()
    expected = np.exp(logits[allowed] - logits[allowed].max())
    np.testing.assert_allclose(w[allowed], expected, rtol=1e-12)


@given(LOGITS, st.floats(0.05, 20))
def test_temperature_divides_the_log_odds(logits, temperature):
    w = temper(logits, temperature)
    expected = np.maximum((logits - logits.max()) / temperature, -700)
    np.testing.assert_allclose(np.log(np.maximum(w, math.exp(-700))), expected, atol=1e-9)
    assert w.max() == 1


@given(LOGITS)
def test_temperature_zero_leaves_the_likeliest_the_first_of_equals(logits):
    w = temper(logits, 0)
    assert w.tolist() == [float(i == np.argmax(logits)) for i in range(len(logits))]


@given(LOGITS, st.sampled_from([5e-324, 1e-300, 1e-200, 1e-3, 1.0, 1e3, 1e300]))
def test_extreme_temperatures_give_finite_weights_without_a_warning(logits, temperature):
    w = temper(logits, temperature)
    assert np.isfinite(w).all()
    assert w.max() == 1


@given(WEIGHTS, st.integers(1, 12))
def test_top_k_keeps_the_k_largest_and_changes_none(w, k):
    kept = top_k(w, k)
    chosen = set(np.argsort(-w, kind="stable")[:k].tolist())
    assert all(kept[i] == (w[i] if i in chosen else 0) for i in range(len(w)))


@given(WEIGHTS, SHARES)
def test_top_p_keeps_the_fewest_that_hold_the_share(w, share):
    kept = top_p(w, share)
    chosen = kept > 0
    assert (kept[chosen] == w[chosen]).all()
    total, mass = w.sum(), kept.sum()
    assert mass >= share * total * (1 - 1e-12)
    assert mass - kept[chosen].min() < share * total * (1 + 1e-12)
    if not chosen.all():
        assert kept[chosen].min() >= w[~chosen].max()


@given(WEIGHTS, st.floats(0, 1))
def test_min_p_keeps_exactly_those_near_enough_to_the_likeliest(w, share):
    kept = min_p(w, share)
    assert kept.tolist() == [x if x >= share * w.max() else 0 for x in w]


FILTERS = st.builds(
    Filters,
    temperature=st.sampled_from([0, 0.3, 1, 4]),
    top_k=st.none() | st.integers(1, 9),
    top_p=st.none() | SHARES,
    min_p=st.none() | st.floats(0, 1),
)


@given(LOGITS, FILTERS)
def test_no_combination_empties_a_distribution_or_loses_the_likeliest(logits, filters):
    w = filters(logits)
    assert np.isfinite(w).all()
    assert (w >= 0).all()
    assert w[np.argmax(logits)] > 0


@given(st.data(), FILTERS)
def test_every_column_is_shaped_as_if_it_were_alone(data, filters):
    logits = data.draw(arrays(np.float64, (6, 4), elements=st.floats(-30, 30, width=16)))
    w = filters(logits)
    for column in range(4):
        np.testing.assert_array_equal(
            w[:, column], filters(np.ascontiguousarray(logits[:, column]))
        )


def test_filters_are_applied_in_the_documented_order():
    """Temperature comes before top-p: at 0.5 the first of these holds 0.9 of the weight."""
    logits = np.log([3.0, 1.0])
    assert (Filters(temperature=1.0, top_p=0.8)(logits) > 0).tolist() == [True, True]
    assert (Filters(temperature=0.5, top_p=0.8)(logits) > 0).tolist() == [True, False]
    # Top-k comes before top-p: the share is one of what is left.
    logits = np.log([4.0, 3.0, 3.0])
    assert (Filters(temperature=1.0, top_p=0.5)(logits) > 0).tolist() == [True, True, False]
    assert (Filters(temperature=1.0, top_k=2, top_p=0.5)(logits) > 0).sum() == 1


@pytest.mark.parametrize(
    "settings",
    [
        {"temperature": -1.0},
        {"temperature": math.nan},
        {"temperature": math.inf},
        {"top_k": 0},
        {"top_p": 0.0},
        {"top_p": 1.5},
        {"top_p": math.nan},
        {"min_p": -0.1},
        {"min_p": math.nan},
        {"allowed": np.zeros(3, np.bool_)},
    ],
)
def test_impossible_settings_are_refused(settings):
    with pytest.raises(UsageError):
        Filters(**settings)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("abc", "abc"),
        ("a-e", "abcde"),
        ("a-cx-z", "abcxyz"),
        ("-a", "-a"),
        ("a-", "a-"),
        ("-", "-"),
        (r"a\-c", "a-c"),
        (r"\n\t\\", "\n\t\\"),
        ("\\", "\\"),
        ("a-a", "a"),
        ("à-ã", "àáâã"),
        (r"\--0", "-./0"),
    ],
)
def test_sets_are_characters_and_ranges(text, expected):
    assert character_set(text) == set(map(ord, expected))


def test_a_backward_range_is_refused():
    with pytest.raises(UsageError, match="z-a"):
        character_set("z-a")


def test_a_ban_wins_over_only_and_leaving_nothing_is_an_error():
    vocabulary = Vocabulary(np.array([ord(c) for c in "abcde"], np.uint32))
    assert allowed_characters(vocabulary) is None
    assert allowed_characters(vocabulary, "a-d", "b").tolist() == [True, False, True, True, False]
    for only, ban in (("", None), ("x", None), (None, "a-z"), ("a", "a")):
        with pytest.raises(UsageError, match="leave no character"):
            allowed_characters(vocabulary, only, ban)
