"""The counting models: checked against a dictionary, against sums to one, and on known sources."""

import sys
import tracemalloc
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charrnn.text import ngrams
from charrnn.text.ngrams import Baselines, Ids, baselines, unigram_counts


def ids(characters: list[int] | str) -> Ids:
    numbers = [ord(c) - ord("a") for c in characters] if isinstance(characters, str) else characters
    return np.array(numbers, np.uint8 if max(numbers) < 256 else np.uint16)


def ngram_losses(
    train: Ids, held_out: Ids, vocabulary_size: int, max_order: int = 8
) -> list[float]:
    """The losses by order on the held-out text, counted on the training text."""
    text = np.concatenate([train, held_out])
    return ngrams.ngram_losses(text, [(len(train), len(text))], vocabulary_size, max_order)[0]


def slow_loss(train: Ids, held_out: Ids, vocabulary_size: int, order: int) -> float:
    """The definition, one character and one context at a time."""
    text = [*train.tolist(), *held_out.tolist()]
    border = len(train)
    counts: dict[tuple[int, ...], Counter[int]] = {}
    for i in range(border):
        for length in range(min(order - 1, i) + 1):
            counts.setdefault(tuple(text[i - length : i]), Counter())[text[i]] += 1

    def probability(c: int, h: tuple[int, ...]) -> float:
        below = probability(c, h[1:]) if h else 1 / vocabulary_size
        after = counts.get(h)
        if after is None:
            return below
        return (after[c] + len(after) * below) / (sum(after.values()) + len(after))

    nats = [
        -np.log(probability(text[i], tuple(text[max(i - order + 1, 0) : i])))
        for i in range(border, len(text))
    ]
    return float(np.mean(nats))


@st.composite
def texts(draw: st.DrawFn) -> tuple[Ids, Ids, int]:
    vocabulary_size = draw(st.integers(1, 300))
    alphabet = st.integers(0, min(vocabulary_size - 1, draw(st.sampled_from([1, 3, 299]))))
    dtype = np.uint8 if vocabulary_size <= 256 else np.uint16
    train = draw(st.lists(alphabet, min_size=1, max_size=40))
    held_out = draw(st.lists(alphabet | st.just(vocabulary_size - 1), min_size=1, max_size=15))
    return np.array(train, dtype), np.array(held_out, dtype), vocabulary_size


@given(texts())
@settings(max_examples=150, deadline=None)
def test_losses_equal_a_dictionary_of_counts(case: tuple[Ids, Ids, int]) -> None:
    train, held_out, vocabulary_size = case
    expected = [slow_loss(train, held_out, vocabulary_size, order) for order in range(1, 9)]
    np.testing.assert_allclose(ngram_losses(*case), expected, rtol=1e-12, atol=1e-15)


@given(texts())
@settings(max_examples=50, deadline=None)
def test_baselines_are_two_of_the_ngram_losses(case: tuple[Ids, Ids, int]) -> None:
    losses = ngram_losses(*case)
    result = baselines(*case)
    assert result.unigram == losses[0]
    assert result.ngram == losses[result.order - 1]


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_probabilities_of_every_context_sum_to_one(order: int) -> None:
    train = ids("abacabbcaabbac")  # of the four characters, d never occurs
    for context in np.ndindex(4, 4, 4):
        known = ngram_losses(train, ids([*context]), 4, order)[-1] * 3
        total = 0.0
        for c in range(4):
            total += np.exp(known - ngram_losses(train, ids([*context, c]), 4, order)[-1] * 4)
        assert total == pytest.approx(1, abs=1e-12)


def test_first_held_out_character_has_the_end_of_the_training_text_as_context() -> None:
    expected, surprising = (ngram_losses(ids("abc" * 9 + "ab"), ids(c), 3)[2] for c in "cb")
    assert expected < 0.1 < 3 < surprising


def test_loss_approaches_the_entropy_of_independent_characters() -> None:
    shares = np.array([0.4, 0.3, 0.2, 0.1])
    text = np.random.default_rng(1).choice(4, 200_000, p=shares).astype(np.uint8)
    result = baselines(text[:160_000], text[160_000:], 4)
    entropy = -np.sum(shares * np.log(shares))
    assert result.unigram == pytest.approx(entropy, abs=0.01)
    assert result.ngram == pytest.approx(entropy, abs=0.01)


def test_loss_approaches_zero_on_a_text_that_repeats() -> None:
    text = ids("hello" * 4000)
    result = baselines(text[:18_000], text[18_000:], 26)
    assert result.unigram == pytest.approx(np.log(5) - 0.4 * np.log(2), abs=0.01)
    assert result.ngram < 0.001
    assert result.order > 2  # after an l comes l or o


def test_characters_never_seen_in_training_have_a_finite_loss() -> None:
    assert all(np.isfinite(ngram_losses(ids("aaaa"), ids("zzzz"), 26)))


def test_one_held_out_character_is_enough() -> None:
    # Three a, one b, two types: (3 + 2/2) / (4 + 2).
    assert ngram_losses(ids("aaba"), ids("a"), 2, 1) == [pytest.approx(np.log(6 / 4))]


def test_one_possible_character_costs_nothing() -> None:
    assert baselines(ids("a"), ids("a"), 1) == Baselines(0.0, 0.0, 1, 1, 1)


@pytest.mark.parametrize(("train", "held_out"), [([], [0]), ([0], [])])
def test_an_empty_text_is_refused(train: list[int], held_out: list[int]) -> None:
    with pytest.raises(ValueError, match="at least one character"):
        baselines(np.array(train, np.uint8), np.array(held_out, np.uint8), 4)


def test_order_is_chosen_without_looking_at_the_held_out_text() -> None:
    rng = np.random.default_rng(2)
    train = rng.choice(3, 2000, p=[0.5, 0.3, 0.2]).astype(np.uint8)
    train[2::3] = train[1::3][: len(train[2::3])]  # each third character copies the one before
    trial = ngram_losses(train[:-200], train[-200:], 3)
    chosen = int(np.argmin(trial)) + 1
    # The training text itself, held out, is better predicted by longer contexts.
    assert int(np.argmin(ngram_losses(train, train, 3))) + 1 > chosen
    for held_out in (train, rng.integers(0, 3, 500).astype(np.uint8), ids("c")):
        assert baselines(train, held_out, 3).order == chosen


def test_only_the_nearest_characters_of_a_long_corpus_are_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = np.random.default_rng(3).integers(0, 4, 400).astype(np.uint8)
    expected = baselines(text[100:200], text[200:300], 4)
    for name in ("COUNTED", "PREDICTED"):
        monkeypatch.setattr(sys.modules[baselines.__module__], name, 100)
    assert baselines(text[:200], text[200:], 4) == expected


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
    baselines(text[:900_000], text[900_000:], 65, 6)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 70e6
