"""`--no-repeat`: no loops, in one text as in a batch, and never an end where nothing may follow."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import charrnn
from charrnn.errors import UsageError
from charrnn.generation import repetition
from charrnn.generation.novelty import find_loop
from charrnn.generation.repetition import NoRepeat, Repetition, followers
from charrnn.generation.stopping import Rules

TINY = Path(__file__).parent / "golden" / "tiny.npz"


@pytest.fixture(scope="module")
def tiny():
    return charrnn.load(TINY)


@given(st.text("ab", max_size=30), st.integers(1, 4))
def test_followers_are_what_came_after_the_same_characters(past, n):
    ends = range(n, len(past))
    expected = {past[end] for end in ends if past[end - n : end] == past[-n:]}
    assert set(followers(past, n)) == expected


@given(st.lists(st.sampled_from("abc "), min_size=1, max_size=60), st.integers(1, 3))
def test_only_what_would_go_on_as_before_is_forbidden(past, n):
    """The rule once more, straight from its definition."""
    characters = " abc"
    filter = Repetition(NoRepeat(n, characters), None, 1)
    for character in past:
        filter.add(np.array([characters.index(character)]))
    logits = np.arange(4.0)[:, None]
    kept = np.isfinite(filter(logits)[:, 0])
    text = "".join(past)
    forbidden = set(followers(text, 2 * n)) | (
        set(followers(text, n)) if text[-1] == " " else set()
    )
    expected = [c not in forbidden for c in characters]
    assert kept.tolist() == (expected if any(expected) else [True] * 4)


def test_the_greedy_text_is_a_loop_without_and_none_with_it(tiny):
    assert find_loop("".join(tiny.stream(temperature=0, length=600)))
    text = "".join(tiny.stream(temperature=0, length=600, no_repeat=6))
    assert not find_loop(text)
    runs = [text[i : i + 13] for i in range(len(text) - 12)]
    assert len(set(runs)) == len(runs)
    words = [text[i : i + 7] for i in range(len(text) - 6) if text[i + 5].isspace()]
    assert len(set(words)) == len(words)


def test_a_text_that_repeats_nothing_stays_as_it_is(tiny):
    free = "".join(tiny.stream(seed=1, length=300, temperature=1))
    assert "".join(tiny.stream(seed=1, length=300, temperature=1, no_repeat=40)) == free


def test_a_stream_in_a_batch_has_its_own_past(tiny):
    filters, texts = tiny.filters(0.3, no_repeat=5), {}
    for piece in tiny.pieces(tiny.start(seeds=[1, 2, 3]), filters, Rules(length=200)):
        texts[piece.stream] = texts.get(piece.stream, "") + piece.text
    for stream, seed in enumerate((1, 2, 3)):
        alone = tiny.stream(seed=seed, temperature=0.3, length=200, no_repeat=5)
        assert texts[stream] == "".join(alone)


def test_where_everything_is_forbidden_everything_is_allowed(tiny):
    assert "".join(tiny.stream(only="a", no_repeat=1, length=50)) == "a" * 50
    text = "".join(tiny.stream(only="ab", no_repeat=1, length=200, seed=1, top_k=1))
    assert set(text) == {"a", "b"}


def test_an_endless_text_remembers_its_last_characters_only(monkeypatch):
    monkeypatch.setattr(repetition, "REMEMBERED", 10)
    filter = Repetition(NoRepeat(1, "abc"), None, 1)
    logits = np.zeros((3, 1))
    for index in [0, 1, 2, *[2] * 30, 0, 1]:  # abccc...: ab was long ago
        filter.add(np.array([index]))
    assert np.isfinite(filter(logits)).all()


def test_a_length_of_nothing_is_refused(tiny):
    with pytest.raises(UsageError, match="no-repeat 0"):
        tiny.filters(no_repeat=0)
