"""Every reader reads the whole text, in order, round and round; nothing is lost at a border."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn.text.batches import Batches, fit

SIZES = st.tuples(st.integers(1, 40), st.integers(1, 7), st.integers(1, 50))


@given(SIZES, st.integers(0, 1000), st.integers(1, 6))
def test_the_chunks_of_a_reader_are_the_text_as_a_circle(
    sizes: tuple[int, int, int], position: int, chunks: int
) -> None:
    N, B, T = sizes
    ids = np.arange(N, dtype=np.uint8)
    batches = Batches(ids, B, T, position)
    inputs, targets = zip(*(batches.next() for _ in range(chunks)), strict=True)
    for b in range(B):
        expected = (b * N // B + position + np.arange(chunks * T + 1)) % N
        np.testing.assert_array_equal(np.concatenate(inputs)[:, b], expected[:-1])
        np.testing.assert_array_equal(np.concatenate(targets)[:, b], expected[1:])


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_chunk_is_time_by_batch_of_plain_integers(dtype: type) -> None:
    inputs, targets = Batches(np.arange(50, dtype=dtype), 3, 4).next()
    assert inputs.shape == targets.shape == (4, 3)
    assert inputs.dtype == targets.dtype == np.intp
    np.testing.assert_array_equal(targets[:-1], inputs[1:])


def test_a_chunk_stays_valid_after_the_next_one() -> None:
    batches = Batches(np.arange(50), 2, 5)
    first, _ = batches.next()
    kept = first.copy()
    batches.next()
    np.testing.assert_array_equal(first, kept)


@given(SIZES, st.integers(0, 5))
def test_position_is_all_that_is_needed_to_continue(sizes: tuple[int, int, int], done: int) -> None:
    N, B, T = sizes
    ids = np.arange(N)
    straight = Batches(ids, B, T)
    for _ in range(done):
        straight.next()
    assert straight.position == done * T
    resumed = Batches(ids, B, T, straight.position)
    np.testing.assert_array_equal(straight.next(), resumed.next())


def test_position_may_be_far_beyond_the_text() -> None:
    far = 10**15
    inputs, _ = Batches(np.arange(7), 1, 3, far).next()
    assert inputs[:, 0].tolist() == [(far + t) % 7 for t in range(3)]


@pytest.mark.parametrize("bad", [(0, 1, 1, 0), (5, 0, 1, 0), (5, 1, 0, 0), (5, 1, 1, -1)])
def test_impossible_batches_are_refused(bad: tuple[int, int, int, int]) -> None:
    N, *rest = bad
    with pytest.raises(ValueError, match="no streams"):
        Batches(np.zeros(N, np.uint8), *rest)


@given(st.integers(1, 2000), st.integers(1, 2000), st.integers(1, 100_000))
def test_fit_makes_one_chunk_no_longer_than_the_text(B: int, T: int, N: int) -> None:
    fitted_B, fitted_T = fit(B, T, N)
    assert fitted_B * fitted_T <= N
    assert 1 <= fitted_B <= B
    assert min(T, N, 8) <= fitted_T <= T
    if N >= B * T:
        assert (fitted_B, fitted_T) == (B, T)


@pytest.mark.parametrize(
    ("characters", "fitted"),
    [(2048, (32, 64)), (1000, (22, 44)), (100, (7, 14)), (18, (2, 8)), (5, (1, 5)), (1, (1, 1))],
)
def test_fit_shrinks_both_and_keeps_eight_steps(characters: int, fitted: tuple[int, int]) -> None:
    assert fit(32, 64, characters) == fitted


def test_fit_of_no_text_is_still_a_shape() -> None:
    assert fit(32, 64, 0) == (1, 1)
