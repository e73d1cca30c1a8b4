"""A network and n-grams read together what each reads alone."""

import pickle

import numpy as np
import pytest
from small import RECURRENT, noisy_model

from charrnn.generation.mixed_stepper import MixedStepper
from charrnn.generation.recurrent_stepper import RecurrentStepper
from charrnn.network.mixture import ALONE, Weights
from charrnn.text.ngram_model import NGrams, count
from charrnn.text.ngram_reader import NGramReader

V = 7
WEIGHTS = Weights(0.6, 0.5)
TEXT = np.random.default_rng(3).integers(0, V, 400).astype(np.uint8)


def ngrams() -> NGrams:
    return count(TEXT, 4, V, 3)


def stepper(cell: str = "gru", weights: Weights = WEIGHTS) -> MixedStepper:
    return MixedStepper(RecurrentStepper(noisy_model(cell)), NGramReader(ngrams()), weights)


@pytest.mark.parametrize("cell", RECURRENT)
def test_logits_are_the_sum_of_both_voices(cell: str) -> None:
    both, network, reader = (
        stepper(cell),
        RecurrentStepper(noisy_model(cell)),
        NGramReader(ngrams()),
    )
    for character in TEXT[:9]:
        expected = 0.6 * network.logits + 0.5 * np.log(reader.probabilities)
        np.testing.assert_allclose(both.logits, expected, rtol=1e-12)
        for each in (both, network, reader):
            each.step(np.array([character]))


def test_with_no_weight_on_the_ngrams_the_network_is_alone() -> None:
    both, network = stepper(weights=ALONE), RecurrentStepper(noisy_model("gru"))
    for character in TEXT[:9]:
        np.testing.assert_array_equal(both.step(np.array([character])), network.step([character]))


def test_spread_and_pickled_streams_go_on_where_the_one_stood() -> None:
    one = stepper()
    one.read(TEXT[:20])
    several, copy = one.spread(3), pickle.loads(pickle.dumps(one.spread(3)))
    for ids in TEXT[20:40].reshape(-1, 1):
        one.step(ids)
        for streams in (several, copy):
            streams.step(np.repeat(ids, 3))
            np.testing.assert_allclose(streams.logits, np.repeat(one.logits, 3, 1), rtol=1e-9)


def test_ngrams_forget_what_stands_before_a_boundary() -> None:
    reader, fresh = NGramReader(ngrams(), 2, boundary=5), NGramReader(ngrams(), 1, boundary=5)
    for ids in ([1, 5], [2, 3], [5, 1]):
        reader.step(np.array(ids))
    for character in (5, 1, 2):
        fresh.step(np.array([character]))
        if character != 5:
            reader.step(np.array([character, 0]))
        np.testing.assert_allclose(reader.probabilities[:, :1], fresh.probabilities, rtol=1e-12)
