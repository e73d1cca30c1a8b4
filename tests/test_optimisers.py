"""The schedule, clipping and averaging, apart from what PyTorch's golden losses already show."""

import math

import numpy as np
import pytest
from small import noisy_model

from charrnn.machine.workers import WorkerPool
from charrnn.training.optimisers import BLOCK, Adam, Average, clip, schedule
from charrnn.training.update import Update


def test_the_learning_rate_peaks_after_warm_up_and_ends_at_one_percent() -> None:
    rates = [schedule(step / 4000, step, peak=1.0) for step in range(4001)]
    assert rates[0] == pytest.approx(0.01)
    assert max(rates) == pytest.approx(1.0, abs=0.01)
    assert np.argmax(rates) == pytest.approx(100, abs=1)
    assert rates[-1] == pytest.approx(0.01)
    assert np.all(np.diff(rates[101:]) < 0)


def test_a_run_of_few_steps_warms_up_by_its_share() -> None:
    assert schedule(0.05, 1, peak=1.0) > 0.9


def test_the_schedule_stays_defined_outside_the_budget() -> None:
    assert schedule(1.5, 10**6, peak=1.0) == pytest.approx(0.01)
    assert schedule(0.0, 0, peak=0.0) == 0


@pytest.mark.parametrize("size", [3, BLOCK, BLOCK + 1, 3 * BLOCK - 1])
def test_clipping_scales_to_the_norm_and_returns_the_norm_before(size: int) -> None:
    gradient = np.random.default_rng(0).normal(size=size).astype(np.float32)
    direction = gradient / np.linalg.norm(gradient)
    norm = clip(gradient, 0.5)
    assert norm > 0.5
    assert np.linalg.norm(gradient) == pytest.approx(0.5, rel=1e-4)
    np.testing.assert_allclose(gradient / np.linalg.norm(gradient), direction, rtol=1e-4)
    before = gradient.copy()
    clip(gradient, 1.0)
    np.testing.assert_array_equal(gradient, before)


def test_a_norm_of_zero_never_clips_and_a_norm_that_is_not_finite_is_left_to_be_seen() -> None:
    gradient = np.array([3.0, 4.0])
    assert clip(gradient, 0) == 5.0
    np.testing.assert_array_equal(gradient, [3.0, 4.0])
    gradient = np.array([np.inf, 1.0])
    assert not math.isfinite(clip(gradient, 1.0))
    np.testing.assert_array_equal(gradient, [np.inf, 1.0])


def test_weight_decay_shrinks_the_matrices_and_nothing_else() -> None:
    weights = noisy_model("lstm", dtype=np.float32).parameters
    weights.flat[:] = 1
    update = Update(weights, np.zeros_like(weights.flat), 1)
    update.apply(WorkerPool(1, update), 0.1, 0.5, share=0.1, dp=0.1)
    for name, array in weights.items():
        if array.ndim == 2:
            np.testing.assert_allclose(array, 0.95, err_msg=name)
        else:
            np.testing.assert_array_equal(array, 1.0, err_msg=name)


def test_adam_steps_by_about_the_learning_rate_whatever_the_scale() -> None:
    for scale in (1e-6, 1.0, 1e6):
        weights = np.zeros(2)
        Adam(*np.zeros((3, 2))).update(weights, np.array([scale, -scale]), 1, 0.1)
        np.testing.assert_allclose(weights, [-0.1, 0.1], rtol=0.02)


def test_the_average_of_constant_weights_is_that_constant() -> None:
    average = Average(np.zeros(3), 0.02, np.empty(3))
    for step in range(1, 1000):
        average.update(np.full(3, 7.0), step / 1000, 1 / 1000)
    np.testing.assert_allclose(average.weights, 7.0, rtol=1e-6)


def test_the_average_means_the_same_in_many_small_steps_as_in_few() -> None:
    ends = []
    for steps in (500, 5000):
        average = Average(np.zeros(1), 0.05, np.empty(1))
        for step in range(1, steps + 1):
            average.update(np.array([step / steps]), step / steps, 1 / steps)
        ends.append(average.weights[0])
    assert ends[0] == pytest.approx(ends[1], abs=2e-3)
    assert ends[1] == pytest.approx(0.95, abs=5e-3)  # lags by the window
