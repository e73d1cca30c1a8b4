"""n-grams that a file can carry: they say what the textbook says, and take little room."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charrnn.text import plain_kneser_ney as plain
from charrnn.text.corpus import read_corpus
from charrnn.text.kneser_ney import losses
from charrnn.text.ngram_model import BYTES_PER_CHARACTER, count, fitting
from charrnn.text.ngram_reader import NGramReader
from charrnn.text.numbering import numbered, occurrences

CORPORA = Path(__file__).parent.parent / "corpora"


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[int], list[int], int, int, int]:
    """A text, another one to read, V, the order, and up to which length all n-grams are kept."""
    V = draw(st.sampled_from([1, 2, 3, 7, 300]))
    few = st.integers(0, draw(st.integers(0, V - 1)))
    text = draw(st.lists(few, min_size=1, max_size=80))
    other = draw(st.lists(few | st.just(V - 1), max_size=12))
    order = draw(st.integers(1, 6))
    return text, other, V, order, draw(st.integers(1, order))


def ids(characters: list[int], V: int) -> np.ndarray:
    return np.array(characters, np.uint8 if V <= 256 else np.uint16)


def fit(text: np.ndarray, order: int, V: int) -> tuple[int, int]:
    """What `fitting` says of a text."""
    counts = [occurrences(grams, len(text)) for grams in numbered(text, order)]
    return fitting([(len(n), int((n > 1).sum())) for n in counts], len(text), V)


def pruned_probability(
    c: int, context: list[int], text: list[int], V: int, order: int, whole: int
) -> float:
    """The textbook's, where n-grams of more than `whole` characters that occur once are missing."""
    p = 1 / V
    for length, table in enumerate(plain.count(text, order)[: len(context) + 1]):
        h = tuple(context[len(context) - length :])
        grams = Counter(tuple(text[i : i + length + 1]) for i in range(len(text) - length))
        after = {c: n for c, n in table.get(h, {}).items() if length < whole or grams[(*h, c)] > 1}
        if after:
            D, total = plain.discounts(table), sum(table[h].values())
            kept = {c: (n - D[min(n, 3)]) / total for c, n in after.items()}
            p = kept.get(c, 0) + (1 - sum(kept.values())) * p
    return p


@given(cases())
@settings(max_examples=150)
def test_probabilities_are_those_of_the_textbook(case) -> None:
    text, other, V, order, whole = case
    reader = NGramReader(count(ids(text, V), order, V, whole))
    for place in range(len(other) + 1):
        some = range(V) if V < 10 else other
        expected = [pruned_probability(c, other[:place], text, V, order, whole) for c in some]
        np.testing.assert_allclose(reader.probabilities[some, 0], expected, rtol=1e-12)
        np.testing.assert_allclose(reader.probabilities.sum(), 1, rtol=1e-12)
        assert reader.probabilities.min() > 0
        if place < len(other):
            reader.step(np.array(other[place : place + 1]))


@given(cases(), st.integers(2, 5))
@settings(max_examples=60)
def test_streams_side_by_side_say_what_each_says_alone(case, batch: int) -> None:
    text, other, V, order, whole = case
    ngrams = count(ids(text, V), order, V, whole)
    together = NGramReader(ngrams, batch)
    alone = [NGramReader(ngrams) for _ in range(batch)]
    for place in range(len(other)):
        read = np.roll(other, place)[np.arange(batch) % len(other)]
        together.step(read)
        for stream, reader in enumerate(alone):
            one = reader.step(read[stream : stream + 1])[:, 0]
            np.testing.assert_allclose(together.probabilities[:, stream], one, rtol=1e-12)


def test_a_model_of_which_all_is_kept_has_the_loss_of_its_order() -> None:
    text = read_corpus([str(CORPORA / "tunes.abc")])
    V, border = len(text.vocabulary), len(text.ids) * 9 // 10
    reader, nats = NGramReader(count(text.ids[:border], 6, V, 6)), 0.0
    for place in range(border - 5, border):
        reader.step(text.ids[place : place + 1])
    for place in range(border, border + 1000):
        nats -= np.log(reader.probabilities[text.ids[place], 0])
        reader.step(text.ids[place : place + 1])
    expected = losses(text.ids, [(border, border + 1000)], V, 6)[0][-1]
    assert nats / 1000 == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("name", ["lighthouse.txt", "faergen.txt", "museum.txt", "tunes.abc"])
def test_four_bytes_a_character_are_enough_and_hold_all_but_the_longest(name: str) -> None:
    text = read_corpus([str(CORPORA / name)])
    order, whole = fit(text.ids, 8, len(text.vocabulary))
    ngrams = count(text.ids, order, len(text.vocabulary), whole)
    assert (order, whole >= 5) == (8, True)
    assert 0.5 < ngrams.nbytes / len(text.ids) / BYTES_PER_CHARACTER <= 1


@pytest.mark.parametrize("text", [list(range(100)) * 2, [0, 1] * 500, [*range(200)] * 9, [0]])
def test_strange_texts_take_no_more_room_than_they_may(text: list[int]) -> None:
    order, whole = fit(ids(text, 200), 8, 200)
    ngrams = count(ids(text, 200), order, 200, whole)
    assert ngrams.nbytes <= max(BYTES_PER_CHARACTER * len(text), 200 + 24 * 8)


def test_large_counts_and_families_are_whole_numbers() -> None:
    rng = np.random.default_rng(5)
    text = rng.integers(0, 300, 40_000).astype(np.uint16)
    text[1::3] = 7  # anything may come before and after it
    n, children = count(text, 2, 300, 2).unpacked()
    before = [len(set(text[:-1][text[1:] == c])) for c in range(300)]
    before[text[0]] += 1  # the beginning
    np.testing.assert_array_equal(n[:300], before)
    assert children[7] == len(set(text[1:][text[:-1] == 7])) > 255
    assert len(n) == 300 + children.sum()


def test_the_same_text_gives_the_same_arrays() -> None:
    text = np.random.default_rng(6).integers(0, 5, 3000).astype(np.uint8)
    once, again = (count(text.copy(), 6, 5, 4) for _ in range(2))
    for name, array in vars(once).items():
        np.testing.assert_array_equal(array, getattr(again, name))


def test_one_character_over_and_over_is_certain() -> None:
    reader = NGramReader(count(np.zeros(1000, np.uint8), 8, 2, 7))
    for _ in range(8):
        reader.step(np.array([0]))
    assert reader.probabilities[0, 0] > 0.999
