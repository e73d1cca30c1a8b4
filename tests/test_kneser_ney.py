"""Kneser-Ney in arrays: it says what the textbook in dictionaries says, and sums to one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charrnn.text import kneser_ney, numbering
from charrnn.text import plain_kneser_ney as plain
from charrnn.text.kneser_ney import discounts, losses
from charrnn.text.numbering import Ids

#: A training text, a held-out one, and how many characters the alphabet has.
Case = tuple[list[int], list[int], int]


@st.composite
def texts(draw: st.DrawFn) -> Case:
    """Texts of few characters repeat; the alphabet may have others, up to one that needs uint16."""
    V = draw(st.sampled_from([1, 2, 3, 7, 300]))
    few = st.integers(0, draw(st.integers(0, V - 1)))
    train = draw(st.lists(few, min_size=1, max_size=60))
    held_out = draw(st.lists(few | st.just(V - 1), min_size=1, max_size=12))
    return train, held_out, V


def ids(characters: list[int], V: int) -> Ids:
    return np.array(characters, np.uint8 if V <= 256 else np.uint16)


@given(texts())
@settings(max_examples=150)
def test_losses_of_all_orders_are_those_of_the_textbook(case: Case) -> None:
    train, held_out, V = case
    text, border = train + held_out, len(train)
    expected = []
    for order in range(1, 9):
        tables = plain.count(train, order)
        p = [plain.probability(text[i], text[:i], tables, V) for i in range(border, len(text))]
        expected.append(-np.log(p).mean())
    found = losses(ids(text, V), [(border, len(text))], V, 8)[0]
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-14)


def test_blocks_do_not_change_what_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    text = np.random.default_rng(2).integers(0, 3, 1000).astype(np.uint8)
    spans = [(600, 800), (800, 1000)]
    expected = losses(text, spans, 3, 8)
    for block in (1, 7, 600):
        for module in (numbering, kneser_ney):
            monkeypatch.setattr(module, "_BLOCK", block)
        assert losses(text, spans, 3, 8) == expected


@given(texts(), st.integers(1, 5))
@settings(max_examples=60)
def test_probabilities_after_any_context_sum_to_one_and_none_is_zero(
    case: Case, order: int
) -> None:
    train, context, V = case
    tables = plain.count(train, order)
    p = [plain.probability(c, context, tables, V) for c in range(V)]
    assert min(p) > 0
    assert sum(p) == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_so_do_those_of_which_the_losses_are_made(order: int) -> None:
    train = [0, 1, 0, 2, 0, 1, 1, 2, 2, 0, 0, 1, 1, 0, 2]  # of the four characters, 3 never occurs

    def nats(held_out: list[int]) -> float:
        text = ids(train + held_out, 4)
        return losses(text, [(len(train), len(text))], 4, order)[0][-1] * len(held_out)

    for context in np.ndindex(4, 4, 4):
        known = nats([*context])
        assert sum(np.exp(known - nats([*context, c])) for c in range(4)) == pytest.approx(1)


def test_one_held_out_character_is_enough() -> None:
    # Three a and one b. Of the counts 1, 2, 3 and 4 there are 1, 0, 1 and 0, and the doubt: 2, 1/2,
    # 4/3 and 1/4. So Y = 2/3 and D3 = 3 - 1/2; D2 = 2 - 16/3 is none, and D1 takes its place.
    D = discounts(np.array([3, 1]))
    np.testing.assert_allclose(D, [0, 2 / 3, 2 / 3, 5 / 3])
    p = (3 - D[3] + (D[1] + D[3]) / 2) / 4
    assert losses(ids([0, 0, 1, 0, 0], 2), [(4, 5)], 2, 1) == [[pytest.approx(-np.log(p))]]


def test_discounts_are_those_of_the_paper_where_there_is_enough_to_estimate_them_from() -> None:
    counts = np.repeat([1, 2, 3, 4, 9], [60_000, 20_000, 9_000, 5_000, 7_000])
    Y = 60 / (60 + 2 * 20)
    expected = [0, Y, 2 - 3 * Y * 9 / 20, 3 - 4 * Y * 5 / 9]
    np.testing.assert_allclose(discounts(counts), expected, atol=1e-3)
    np.testing.assert_allclose(discounts(np.array([], np.int32)), [0, 0.5, 1, 1.5])


@given(st.lists(st.integers(0, 6), max_size=200))
def test_a_larger_count_is_discounted_by_no_less_and_keeps_no_less(counts: list[int]) -> None:
    D = discounts(np.array(counts, np.int32))
    assert 0 < D[1] < 1
    assert (np.diff(D) >= 0).all()
    assert (np.diff(np.arange(4) - D) > -1e-12).all()


def test_a_word_that_follows_one_word_only_is_not_expected_elsewhere() -> None:
    # What Kneser and Ney saw: "Francisco" is common, and stands after "San" alone.
    train = [0, 1] * 30 + [2, 3, 4, 3, 5, 3, 6, 3, 2, 4, 5, 6]
    tables = plain.count(train, 2)
    after_unseen = [plain.probability(c, [7], tables, 8) for c in range(8)]
    assert after_unseen[3] > 2 * after_unseen[1]
