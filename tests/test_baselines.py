"""What counting achieves: on sources whose entropy is known, and on no more text than it should."""

import sys
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charrnn.text.kneser_ney import losses
from charrnn.text.ngrams import Baselines, baselines, unigram_counts
from charrnn.text.numbering import Ids


def ids(characters: list[int] | str) -> Ids:
    numbers = [ord(c) - ord("a") for c in characters] if isinstance(characters, str) else characters
    return np.array(numbers, np.uint8 if max(numbers) < 256 else np.uint16)


def ngram_losses(
    train: Ids, held_out: Ids, vocabulary_size: int, max_order: int = 8
) -> list[float]:
    """The losses by order on the held-out text, counted on the training text."""
    text = np.concatenate([train, held_out])
    return losses(text, [(len(train), len(text))], vocabulary_size, max_order)[0]


@st.composite
def texts(draw: st.DrawFn) -> tuple[Ids, Ids, int]:
    vocabulary_size = draw(st.integers(1, 300))
    alphabet = st.integers(0, min(vocabulary_size - 1, draw(st.sampled_from([1, 3, 299]))))
    dtype = np.uint8 if vocabulary_size <= 256 else np.uint16
    train = draw(st.lists(alphabet, min_size=1, max_size=40))
    held_out = draw(st.lists(alphabet | st.just(vocabulary_size - 1), min_size=1, max_size=15))
    return np.array(train, dtype), np.array(held_out, dtype), vocabulary_size


@given(texts())
@settings(max_examples=50)
def test_baselines_are_two_of_the_ngram_losses(case: tuple[Ids, Ids, int]) -> None:
    losses = ngram_losses(*case)
    result = baselines(*case)[0]
    assert result.unigram == losses[0]
    assert result.ngram == losses[result.order - 1]


def test_blocks_have_the_sums_of_the_losses_of_their_characters() -> None:
    text = ids("abracadabrashesaidandabracadabra" * 24)
    train, held_out, lengths = text[:600], text[600:], [50, 1, 75, len(text) - 600 - 126]
    V = int(text.max()) + 1
    each = np.array(baselines(train, held_out, V, blocks=[1] * len(held_out))[0].sums)
    found = baselines(train, held_out, V, blocks=lengths)[0]
    pieces = np.split(each, np.cumsum(lengths[:-1]))
    assert found.sums == pytest.approx([piece.sum() for piece in pieces])
    assert sum(found.sums) == pytest.approx(found.ngram * len(held_out))
    for blocks in ([], [9]):
        assert baselines(train, held_out, V, blocks=blocks)[0].sums == []


def test_loss_approaches_the_entropy_of_independent_characters() -> None:
    shares = np.array([0.4, 0.3, 0.2, 0.1])
    text = np.random.default_rng(1).choice(4, 200_000, p=shares).astype(np.uint8)
    result = baselines(text[:160_000], text[160_000:], 4)[0]
    entropy = -np.sum(shares * np.log(shares))
    assert result.unigram == pytest.approx(entropy, abs=0.01)
    assert result.ngram == pytest.approx(entropy, abs=0.01)


def test_loss_approaches_zero_on_a_text_that_repeats() -> None:
    text = ids("hello" * 4000)
    result = baselines(text[:18_000], text[18_000:], 26)[0]
    assert result.unigram == pytest.approx(np.log(5) - 0.4 * np.log(2), abs=0.01)
    assert result.ngram < 0.001
    assert result.order > 2  # after an l comes l or o


def test_one_possible_character_costs_nothing() -> None:
    assert baselines(ids("a"), ids("a"), 1)[0] == Baselines(0.0, 0.0, 1, 1, 1)


@pytest.mark.parametrize(("train", "held_out"), [([], [0]), ([0], [])])
def test_an_empty_text_is_refused(train: list[int], held_out: list[int]) -> None:
    with pytest.raises(ValueError, match="at least one character"):
        baselines(np.array(train, np.uint8), np.array(held_out, np.uint8), 4)[0]


def test_order_is_chosen_without_looking_at_the_held_out_text() -> None:
    rng = np.random.default_rng(2)
    train = rng.choice(3, 2000, p=[0.5, 0.3, 0.2]).astype(np.uint8)
    train[2::3] = train[1::3][: len(train[2::3])]  # each third character copies the one before
    trial = ngram_losses(train[:-200], train[-200:], 3)
    chosen = int(np.argmin(trial)) + 1
    # The training text itself, held out, is better predicted by longer contexts.
    assert int(np.argmin(ngram_losses(train, train, 3))) + 1 > chosen
    for held_out in (train, rng.integers(0, 3, 500).astype(np.uint8), ids("c")):
        assert baselines(train, held_out, 3)[0].order == chosen


def test_only_the_nearest_characters_of_a_long_corpus_are_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = np.random.default_rng(3).integers(0, 4, 400).astype(np.uint8)
    expected = baselines(text[100:200], text[200:300], 4)[0]
    monkeypatch.setattr(sys.modules[baselines.__module__], "PREDICTED", 100)
    assert baselines(text[:200], text[200:], 4, most=100)[0] == expected


def test_unigram_counts_every_block_and_the_absent_characters() -> None:
    text = np.zeros(2_500_000, np.uint8)
    text[-3:] = 2
    counts = unigram_counts(text, 4)
    assert counts.dtype == np.int64
    assert counts.tolist() == [2_499_997, 0, 3, 0]


def test_a_megabyte_needs_less_than_seventy_more() -> None:
    # Noise is the worst case: nearly every n-gram is a new one.
    text = np.random.default_rng(4).integers(0, 65, 1_000_000).astype(np.uint8)
    tracemalloc.start()
    baselines(text[:900_000], text[900_000:], 65, 6)[0]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 70e6
