"""Held-out loss: every character once, state carried, many readers as good as one."""

import numpy as np
import pytest
from small import noisy_model

from charrnn.network.cells import CELLS
from charrnn.network.initialisation import initialise
from charrnn.network.model import CharModel
from charrnn.network.numerics import negative_log_likelihood
from charrnn.text.passages import Passages, passages, whole
from charrnn.training.evaluation import SCALES, STEPS, WARM_UP, Evaluator
from charrnn.training.readers import shares

V = 6


def model_and_text(cell: str, length: int) -> tuple[CharModel, np.ndarray]:
    model = noisy_model(cell, seed=5, vocabulary_size=V, hidden_size=9, noise=0.4)
    return model, np.random.default_rng(5).integers(0, V, length).astype(np.uint8)


def plain_losses(model: CharModel, ids: np.ndarray) -> np.ndarray:
    """One reader, one long sequence: the definition."""
    T = len(ids) - 1
    logits, _ = model.forward(ids[:-1, None].astype(int), model.zero_state(1), model.tape(T, 1))
    return np.asarray(negative_log_likelihood(logits, ids[1:]))


def plain_loss(model: CharModel, ids: np.ndarray) -> float:
    return float(plain_losses(model, ids).mean())


@pytest.mark.parametrize("length", [2, 3, STEPS, STEPS + 1, STEPS + 2, 1000])
@pytest.mark.parametrize("cell", CELLS)
def test_one_reader_is_the_definition(cell: str, length: int) -> None:
    model, ids = model_and_text(cell, length)
    assert Evaluator(model, whole(ids), readers=1).measure(model.flat).plain == pytest.approx(
        plain_loss(model, ids), rel=1e-12
    )


@pytest.mark.parametrize("readers", [2, 5, 8])
@pytest.mark.parametrize("cell", CELLS)
def test_warmed_readers_agree_with_one(cell: str, readers: int) -> None:
    model, ids = model_and_text(cell, 5003)
    exact = Evaluator(model, whole(ids), readers=1).measure(model.flat).plain
    assert Evaluator(model, whole(ids), readers).measure(model.flat).plain == pytest.approx(
        exact, abs=1e-6
    )


def test_every_character_counts_once_however_many_read() -> None:
    """A model that predicts fixed frequencies has a loss that only counts characters."""
    counts = np.array([50, 30, 10, 5, 4, 1])
    model = initialise("rnn", "tanh", 1, 4, counts, np.random.default_rng(0))
    ids = np.random.default_rng(1).choice(V, 4001, p=counts / 100).astype(np.uint8)
    p = (counts + 1) / (counts.sum() + V)
    expected = -np.log(p[ids[1:]]).mean()
    for readers in (1, 2, 3, 7, None):
        loss = Evaluator(model, whole(ids), readers).measure(model.flat).plain
        assert loss == pytest.approx(expected, rel=1e-5)


SPANS = [(1, 300), (301, 302), (900, 1700), (4000, 5003)]


@pytest.mark.parametrize("readers", [1, 4, 9])
@pytest.mark.parametrize("cell", CELLS)
def test_passages_are_predicted_from_what_stands_before_them_in_the_text(
    cell: str, readers: int
) -> None:
    model, ids = model_and_text(cell, 5003)
    every = plain_losses(model, ids)
    expected = np.concatenate([every[a - 1 : b - 1] for a, b in SPANS])
    passages = Passages(ids, np.array(SPANS))
    found = Evaluator(model, passages, readers).measure(model.flat)
    assert found.characters == passages.characters == len(expected)
    assert found.plain == pytest.approx(expected.mean(), abs=1e-5)


@pytest.mark.parametrize("allowed", [0, 5_000, 12_000, 40_000])
def test_a_part_of_a_text_is_as_much_as_was_allowed_and_from_all_over_it(allowed: int) -> None:
    model, ids = model_and_text("gru", 20_001)
    every, counted = plain_losses(model, ids), np.zeros(20_000, bool)
    evaluator = Evaluator(model, whole(ids))
    evaluator.allow(allowed)
    found = evaluator.measure(model.flat)
    chosen, lengths = evaluator.chosen()
    for reader, length in zip(chosen, lengths, strict=True):
        first = reader * -(-20_000 // len(evaluator.readers.length))
        counted[first : first + length] = True
    assert found.characters == counted.sum()
    assert found.plain == pytest.approx(every[counted].mean(), abs=1e-5)
    read = found.characters + len(chosen) * WARM_UP
    assert 0.8 * min(allowed, 20_000) <= read <= max(allowed, WARM_UP + 2 * STEPS) + 60 * STEPS
    assert counted.all() == (allowed == 40_000)
    assert evaluator.measure(model.flat) == found  # always the same one


@pytest.mark.parametrize("cell", ["gru", "mlp"])
def test_sums_are_those_of_each_share_where_all_of_it_was_read(cell: str) -> None:
    model, ids = model_and_text(cell, 6000)
    held_out = passages(ids, (1, 2500), (3000, 6000))
    evaluator = Evaluator(model, held_out, readers=4)
    found = evaluator.measure(model.flat)
    assert found is not None
    starts, ends = shares(held_out, 4)
    for sums, loss in zip(found.sums, (found.loss, found.plain), strict=True):
        assert sum(sums) / held_out.characters == pytest.approx(loss)
    plain = plain_losses(model, ids)
    expected = [plain[a - 1 : b - 1].sum() for a, b in zip(starts, ends, strict=True)]
    assert found.sums[1] == pytest.approx(expected, rel=1e-5)
    evaluator.allow(evaluator.whole // 2)
    part = evaluator.measure(model.flat)
    assert part is not None
    assert part.sums == ([], [])


def test_of_a_huge_text_only_the_beginnings_of_shares_are_kept() -> None:
    model, ids = model_and_text("rnn", 70_001)
    evaluator = Evaluator(model, whole(ids), most=7_000)
    assert evaluator.text.size < 35_000  # warming up included
    found = evaluator.measure(model.flat)
    assert 6_900 <= found.characters <= 7_200
    assert found.plain == pytest.approx(plain_loss(model, ids), abs=5 * found.error)


def test_the_standard_error_is_that_of_independent_characters_where_they_are_independent() -> None:
    """The model predicts fixed frequencies, so the losses of a random text are independent."""
    counts = np.array([50, 30, 10, 5, 4, 1])
    model = initialise("rnn", "tanh", 1, 4, counts * 1000, np.random.default_rng(0))
    errors = []
    for seed in range(8):
        ids = np.random.default_rng(seed).choice(V, 70_001, p=counts / 100).astype(np.uint8)
        errors.append(Evaluator(model, whole(ids)).measure(model.flat).error)
    p = counts / 100
    deviation = np.sqrt((p * np.log(p) ** 2).sum() - (p * np.log(p)).sum() ** 2)
    assert np.mean(errors) == pytest.approx(deviation / np.sqrt(70_000), rel=0.15)


def test_characters_that_go_together_make_the_standard_error_larger() -> None:
    """Every character stands a hundred times in a row, so that a hundred tell as much as one."""
    counts = np.array([50, 30, 10, 5, 4, 1])
    model = initialise("rnn", "tanh", 1, 4, counts * 1000, np.random.default_rng(0))
    drawn = np.random.default_rng(1).choice(V, 700, p=counts / 100).astype(np.uint8)
    together, apart = np.repeat(drawn, 100), np.tile(drawn, 100)
    np.random.default_rng(2).shuffle(apart)
    one, other = (
        Evaluator(model, whole(ids)).measure(model.flat).error for ids in (together, apart)
    )
    assert 7 < one / other < 14


def test_evaluation_leaves_the_model_alone() -> None:
    model, ids = model_and_text("lstm", 300)
    before = model.flat.copy()
    Evaluator(model, whole(ids)).measure(np.zeros_like(model.flat))
    np.testing.assert_array_equal(model.flat, before)


def test_the_scale_is_the_one_of_least_loss_and_each_loss_is_the_definition() -> None:
    model, ids = model_and_text("lstm", 2000)
    found = Evaluator(model, whole(ids), readers=1).measure(model.flat)
    losses = {}
    for k in SCALES:
        scaled = model.with_weights(model.flat)
        for name in ("head.weight", "head.bias"):
            scaled.parameters[name][...] *= k
        losses[k] = plain_loss(scaled, ids)
    assert found.scale == min(losses, key=losses.__getitem__) < 1  # noise can only be overrated
    assert found.loss == pytest.approx(losses[found.scale], rel=1e-12)


def test_frequencies_that_are_right_need_no_scale() -> None:
    counts = np.array([50, 30, 10, 5, 4, 1])
    model = initialise("rnn", "tanh", 1, 4, counts * 1000, np.random.default_rng(0))
    ids = np.random.default_rng(1).choice(V, 20001, p=counts / 100).astype(np.uint8)
    found = Evaluator(model, whole(ids)).measure(model.flat)
    assert found.scale == 1
    assert found.loss == found.plain


@pytest.mark.parametrize("cell", ["gru", "mlp"])
def test_a_scale_is_chosen_only_where_its_gain_exceeds_its_standard_error(cell: str) -> None:
    chosen = set()
    for length in (5, 8, 12, 20, 30, 60, 2000):
        model, ids = model_and_text(cell, length)
        model.parameters["head.weight"][...] *= 0.5  # less sure, and so nearer to right
        per_character = {}
        for k in SCALES:
            scaled = model.with_weights(model.flat)
            for name in ("head.weight", "head.bias"):
                scaled.parameters[name][...] *= k
            per_character[k] = plain_losses(scaled, ids)
        best = min(SCALES, key=lambda k: per_character[k].mean())
        gains = per_character[1.0] - per_character[best]
        significant = gains.mean() > gains.std() / np.sqrt(len(gains))
        found = Evaluator(model, whole(ids), readers=1).measure(model.flat)
        assert found.scale == (best if significant else 1)
        assert found.loss == pytest.approx(per_character[found.scale].mean(), rel=1e-12)
        chosen.add((best != 1, bool(significant)))
    assert {(True, False), (True, True)} <= chosen  # the test has seen both


def test_what_is_not_a_number_stays_visible() -> None:
    model, ids = model_and_text("gru", 300)
    found = Evaluator(model, whole(ids)).measure(np.full_like(model.flat, np.nan))
    assert np.isnan(found.loss)
