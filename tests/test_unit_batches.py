"""Readers of independent units read each whole, once a pass, in a new order, and waste no place."""

import json
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn.text.unit_batches import UnitBatches
from tests.unit_texts import UNITS, cut, joined

SIZES = st.tuples(st.integers(1, 6), st.integers(1, 30))


def read(batches: UnitBatches, chunks: int) -> list[np.ndarray]:
    """What each reader read, first the boundary before all."""
    inputs, targets = zip(*(batches.next() for _ in range(chunks)), strict=True)
    whole = np.concatenate([*inputs, targets[-1][-1:]])
    np.testing.assert_array_equal(np.concatenate(targets), whole[1:])
    return list(whole.T)


@given(UNITS, SIZES, st.integers(0, 9), st.integers(1, 8))
def test_every_pass_reads_each_unit_once(
    units: list[list[int]], sizes: tuple[int, int], seed: int, chunks: int
) -> None:
    """Units are handed out pass after pass, so after any number of them nobody has read one unit
    twice more often than another."""
    batches = UnitBatches(joined(units), 0, *sizes, seed)
    texts = read(batches, chunks)
    assert all(text[0] == 0 for text in texts)
    finished = Counter(unit for text in texts for unit in cut(text[1:]))
    expected = Counter(cut(joined(units)))
    passes = batches.place()["pass"]
    for unit, times in expected.items():
        # One that is being read is not finished; one of an earlier pass may still be under way.
        assert finished[unit] <= times * (passes + 1)
        assert finished[unit] >= times * passes - len(texts)
    total = len(texts) * chunks * sizes[1]
    assert sum(len(text) - 1 for text in texts) == total


@given(UNITS, SIZES, st.integers(1, 40), st.integers(0, 6))
def test_how_much_of_a_pass_is_laid_out_at_once_makes_no_difference(
    units: list[list[int]], sizes: tuple[int, int], window: int, done: int
) -> None:
    at_once = UnitBatches(joined(units), 0, *sizes, 7)
    bit_by_bit = UnitBatches(joined(units), 0, *sizes, 7, window)
    for _ in range(done):
        np.testing.assert_array_equal(at_once.next(), bit_by_bit.next())
        assert at_once.place() == bit_by_bit.place()
    resumed = UnitBatches(joined(units), 0, *sizes, 7, window)
    resumed.restore(bit_by_bit.place())
    for _ in range(3):
        np.testing.assert_array_equal(at_once.next(), resumed.next())


def test_orders_differ_from_pass_to_pass_and_seed_to_seed() -> None:
    units = [[1 + i % 5, 1 + i // 5] for i in range(25)]

    def orders(seed: int) -> list[tuple[int, ...]]:
        (text,) = read(UnitBatches(joined(units), 0, 1, 75, seed), 4)
        return [tuple(part) for part in text[1:].reshape(4, 75)]

    passes = orders(0) + orders(1)
    assert len(set(passes)) == 8
    assert all(Counter(cut(np.array(each))) == Counter(cut(joined(units))) for each in passes)
    assert orders(0) == passes[:4]


@given(UNITS, SIZES, st.integers(0, 6))
def test_the_place_is_all_that_is_needed_to_continue(
    units: list[list[int]], sizes: tuple[int, int], done: int
) -> None:
    straight = UnitBatches(joined(units), 0, *sizes, 7)
    for _ in range(done):
        straight.next()
    resumed = UnitBatches(joined(units), 0, *sizes, 7)
    resumed.restore(json.loads(json.dumps(straight.place())))
    for _ in range(3):
        np.testing.assert_array_equal(straight.next(), resumed.next())


@pytest.mark.parametrize(
    "wrong",
    [
        {"pass": "x"},
        {"pass": -1},
        {"taken": 1},
        {"unit": [0]},
        {"unit": [0, 99]},
        {"unit": [0, -1]},
        {"read": [0, 1]},
        {"read": [1, 999]},
        {"read": None},
    ],
)
def test_a_place_where_no_reader_can_stand_is_refused(wrong: dict[str, object]) -> None:
    batches = UnitBatches(joined([[1, 2], [3], [4, 4, 4]]), 0, 2, 3, 0)
    place = batches.place() | wrong
    with pytest.raises((ValueError, TypeError, IndexError)):
        batches.restore(place)


def test_a_chunk_stays_valid_after_the_next_one() -> None:
    batches = UnitBatches(joined([[1, 2], [3], [4, 4, 4]]), 0, 2, 5, 0)
    first, _ = batches.next()
    kept = first.copy()
    batches.next()
    np.testing.assert_array_equal(first, kept)
