"""Blocks are held out of all of a text, and what is learnt is never read across one."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn.errors import CorpusError
from charrnn.text import spread
from charrnn.text.division import divide
from charrnn.text.passages import passages
from charrnn.text.segment_batches import SegmentBatches
from charrnn.training.readers import Readers

#: Spans of segments with gaps between them, the readers, and the length of a sequence.
SEGMENTS = st.tuples(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 40)), min_size=1, max_size=6),
    st.integers(1, 7),
    st.integers(1, 9),
)
TEXTS = st.tuples(
    st.integers(10_000, 300_000), st.floats(0.1, 0.5), st.lists(st.floats(0, 1), max_size=30)
)


def laid(drawn: list[tuple[int, int]], sequence_length: int) -> np.ndarray:
    """Spans that have room for a sequence each, so far behind one another."""
    edges = np.cumsum([part for gap, more in drawn for part in (gap, sequence_length + 1 + more)])
    return np.array(edges).reshape(-1, 2)


def segment_batches(
    drawn: tuple[list[tuple[int, int]], int, int],
) -> tuple[SegmentBatches, np.ndarray]:
    """Batches on a text whose characters are their own places, and its segments."""
    parts, batch_size, sequence_length = drawn
    spans = laid(parts, sequence_length)
    return SegmentBatches(np.arange(spans[-1, 1] + 5), spans, batch_size, sequence_length), spans


@given(SEGMENTS, st.integers(1, 60))
def test_every_place_and_its_target_lie_in_one_segment(
    drawn: tuple[list[tuple[int, int]], int, int], chunks: int
) -> None:
    batches, spans = segment_batches(drawn)
    for _ in range(chunks):
        inputs, targets = batches.next()
        np.testing.assert_array_equal(targets, inputs + 1)
        np.testing.assert_array_equal(inputs[1:], targets[:-1])
        segment = spans[:, 0].searchsorted(inputs, side="right") - 1
        assert (segment == segment[0]).all()
        assert (targets < spans[segment, 1]).all()


@given(SEGMENTS, st.integers(1, 60))
def test_a_reader_goes_on_where_it_stood_or_begins_anew_in_the_next_segment(
    drawn: tuple[list[tuple[int, int]], int, int], chunks: int
) -> None:
    batches, spans = segment_batches(drawn)
    before = None
    for _ in range(chunks):
        anew = batches.anew
        inputs, targets = batches.next()
        segment = spans[:, 0].searchsorted(inputs[0], side="right") - 1
        # So early that no chunk of its own lies before it.
        assert (inputs[0] - spans[segment, 0] < batches.sequence_length)[anew].all()
        if before is not None:
            np.testing.assert_array_equal(inputs[0][~anew], before[~anew])
        before = targets[-1]


@given(SEGMENTS)
def test_a_pass_reads_each_segment_once_but_for_less_than_a_sequence(
    drawn: tuple[list[tuple[int, int]], int, int],
) -> None:
    parts, _, sequence_length = drawn
    batches, spans = segment_batches((parts, 1, sequence_length))
    chunks = sum((b - a - 1) // sequence_length for a, b in spans.tolist())
    for _ in range(3):  # passes
        read = np.concatenate([batches.next()[1].reshape(-1) for _ in range(chunks)])
        assert len(np.unique(read)) == len(read)
        for a, b in spans.tolist():
            within = (read > a) & (read < b)
            assert 0 <= b - a - 1 - within.sum() < sequence_length


def test_what_a_pass_leaves_out_is_another_part_each_time() -> None:
    """Of 99 places a pass reads 60: in ten passes each is read, and all nearly as often."""
    batches = SegmentBatches(np.arange(100), np.array([[0, 100]]), 1, 60)
    read = np.concatenate([batches.next()[1].reshape(-1) for _ in range(100)])
    times = np.bincount(read, minlength=100)[1:]
    assert times[0] >= 2
    assert times[-1] >= 2
    assert (times[39:60] == 100).all()
    early, late = times[:39].sum(), times[60:].sum()
    assert abs(early - late) < 0.05 * early


def test_readers_stand_at_equal_distances() -> None:
    spans = np.array([[0, 401], [500, 901]])
    inputs, _ = SegmentBatches(np.arange(1000), spans, 4, 10).next()
    assert inputs[0].tolist() == [0, 200, 500, 700]


@given(SEGMENTS, st.integers(0, 30))
def test_the_place_is_all_that_is_needed_to_continue(
    drawn: tuple[list[tuple[int, int]], int, int], done: int
) -> None:
    straight, resumed = (segment_batches(drawn)[0] for _ in range(2))
    for _ in range(done):
        straight.next()
    resumed.restore(straight.place())
    for _ in range(3):
        np.testing.assert_array_equal(straight.anew, resumed.anew)
        np.testing.assert_array_equal(straight.next(), resumed.next())


@pytest.mark.parametrize("position", [-10, 7, 10.0, None, 10**30])
def test_a_place_where_no_reader_can_stand_is_refused(position: object) -> None:
    batches = SegmentBatches(np.arange(100), np.array([[0, 100]]), 2, 10)
    with pytest.raises(ValueError, match=r"stand|count"):
        batches.restore({"position": position})


@given(TEXTS)
def test_what_is_learnt_and_what_is_held_out_are_the_text(
    drawn: tuple[int, float, list[float]],
) -> None:
    length, validation, places = drawn
    ids = np.zeros(length, np.uint8)
    starts = np.unique([0, *(int(place * length) for place in places)])
    found = divide(ids, validation, None, 0, "spread", starts)
    learnt, out = found.training.spans, found.held_out.spans
    both = np.concatenate([learnt, out])
    both = both[both[:, 0].argsort()]
    assert (both[0, 0], both[-1, 1]) == (0, length)
    np.testing.assert_array_equal(both[1:, 0], both[:-1, 1])
    assert found.held_out.characters == length - int(length * (1 - validation))
    assert np.shares_memory(found.training.ids, ids)
    assert np.shares_memory(found.held_out.ids, ids)
    assert 2 <= len(out) <= 2 * spread.MOST_BLOCKS
    assert len(learnt) == len(out) + 1
    assert (out[:, 1] - out[:, 0]).min() >= spread.SHORTEST - 1


@given(TEXTS)
def test_every_file_with_room_for_a_block_gives_its_share(
    drawn: tuple[int, float, list[float]],
) -> None:
    length, validation, places = drawn
    starts = np.unique([0, *(int(place * length) for place in places)])
    found = divide(np.zeros(length, np.uint8), validation, None, 0, "spread", starts)
    held = np.zeros(length, bool)
    for a, b in found.held_out.spans.tolist():
        held[a:b] = True
    ends = [*starts[1:].tolist(), length]
    enough = max(spread.SHORTEST / validation, length / spread.MOST_BLOCKS) + 2
    for before, (start, end) in zip(
        [0, *np.diff(starts)], pairwise([*starts, length]), strict=True
    ):
        # One that stands behind files that are small, too, may share a stretch with them.
        if end - start >= enough and (before >= enough or start == 0) and end in ends:
            own = held[start:end].mean()
            assert own > 0.3 * validation


def test_a_large_text_has_more_blocks_and_longer_ones() -> None:
    def blocks(length: int) -> tuple[int, int]:
        spans = spread.blocks(length, length // 10)
        return len(spans), int((spans[:, 1] - spans[:, 0]).min())

    found = {length: blocks(length) for length in (10_000, 100_000, 1_000_000, 10**9)}
    assert found == {
        10_000: (2, 500),
        100_000: (10, 1_000),
        1_000_000: (10, 10_000),
        10**9: (64, 1_562_500),
    }


def test_blocks_stand_at_equal_distances_and_not_at_an_end() -> None:
    spans = spread.blocks(100_000, 10_000)
    assert spans[:, 0].tolist() == list(range(4_500, 100_000, 10_000))


def test_a_hundred_thousand_files_have_no_more_blocks_than_one() -> None:
    starts = np.arange(100_000) * 10_000
    spans = spread.blocks(10**9, 10**8, starts)
    assert spread.MOST_BLOCKS - 2 <= len(spans) <= spread.MOST_BLOCKS


@pytest.mark.parametrize(("length", "validation"), [(9_000, 0.1), (20_000, 0.01)])
def test_too_little_for_two_blocks_is_refused(length: int, validation: float) -> None:
    with pytest.raises(CorpusError, match="blocks of at least 500"):
        divide(np.zeros(length, np.uint8), validation, held_out="spread")


@given(st.integers(10_000, 60_000), st.integers(1, 9))
def test_every_held_out_place_is_measured_once_each_from_the_one_before(
    length: int, readers: int
) -> None:
    ids = np.arange(length)
    held_out = divide(ids, 0.1, held_out="spread").held_out
    cut = Readers.of(held_out, readers, length, 64, 256)
    targets = [cut.text[cut.warm_up + 1 :, r][:n] for r, n in enumerate(cut.length)]
    measured = np.concatenate(targets)
    expected = np.concatenate([np.arange(a, b) for a, b in held_out.spans.tolist()])
    np.testing.assert_array_equal(np.sort(measured), expected)
    for target, reader in zip(targets, cut.text.T, strict=True):
        np.testing.assert_array_equal(reader[cut.warm_up : cut.warm_up + len(target)], target - 1)


def test_the_last_tenth_of_what_is_counted_comes_from_all_passages() -> None:
    """By it the order of the n-grams is chosen."""
    text = passages(np.arange(1000), (0, 300), (400, 700), (800, 1000))
    assert text.ends(1000)[-80:].tolist() == [
        *range(270, 300),
        *range(670, 700),
        *range(980, 1000),
    ]
    few = text.ends(80)
    assert sorted(few.tolist()) == [*range(270, 300), *range(670, 700), *range(980, 1000)]
    assert text.beginnings(8).tolist() == [0, 1, 2, 400, 401, 402, 800, 801]


def test_of_one_passage_nothing_is_copied() -> None:
    ids = np.arange(100)
    text = passages(ids, (10, 90))
    for found in (text.ends(30), text.beginnings(30)):
        assert np.shares_memory(found, ids)
    assert text.ends(30).tolist() == list(range(60, 90))
