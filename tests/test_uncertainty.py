"""Errors hold what they promise on data whose truth is known, and decide the digits."""

import numpy as np
import pytest

from charrnn.inspection.uncertainty import mean_of_blocks, median_interval, rounded, with_error

RUNS = 2000


def test_a_95_percent_interval_of_the_median_holds_it_in_95_percent_of_runs() -> None:
    """Of lognormal values, whose median is 1 and whose mean is not."""
    values = np.exp(np.random.default_rng(0).normal(0, 2, (RUNS, 64)))
    low, high = median_interval(values, 64)
    assert 0.93 < np.mean((low <= 1) & (high >= 1)) < 0.97


def test_windows_that_are_no_news_do_not_make_the_interval_narrower() -> None:
    """Every value four times, as windows that overlap would have it."""
    values = np.exp(np.random.default_rng(1).normal(0, 2, (RUNS, 20)))
    low, high = median_interval(np.repeat(values, 4, axis=1), 20)
    assert 0.92 < np.mean((low <= 1) & (high >= 1)) < 0.98
    low, high = median_interval(np.repeat(values, 4, axis=1), 80)
    assert np.mean((low <= 1) & (high >= 1)) < 0.8


def test_an_error_from_blocks_is_right_where_neighbours_are_alike() -> None:
    """An autoregressive series with r = 0.9; 2.13 is Student's 95 % with 15 degrees of freedom."""
    rng = np.random.default_rng(2)
    x = np.zeros((RUNS, 1600))
    noise = rng.normal(size=x.shape)
    x[:, 0] = noise[:, 0] / np.sqrt(1 - 0.9**2)
    for t in range(1, x.shape[1]):
        x[:, t] = 0.9 * x[:, t - 1] + noise[:, t]
    mean, error = mean_of_blocks(x, 1600)
    assert 0.93 < np.mean(np.abs(mean) < 2.13 * error) < 0.97
    naive = x.std(axis=1) / np.sqrt(x.shape[1])
    assert np.mean(np.abs(mean) < 1.96 * naive) < 0.5


@pytest.mark.parametrize("independent", [1, 3, 4])
def test_of_fewer_than_four_blocks_no_error_is_known(independent: int) -> None:
    mean, error = mean_of_blocks(np.arange(8.0), independent)
    assert (mean, np.isnan(error)) == (3.5, independent < 4)


@pytest.mark.parametrize(
    ("value", "error", "expected"),
    [
        (2527, 455, "2,500"),
        (-0.091, 0.019, "-0.091"),
        (0.5876, 0.004, "0.588"),
        (5.3, 0.4, "5.3"),
        (1.3e-4, 4e-5, "1.3e-4"),
        (0.9, None, "0.900"),
        (234567, 2000, "235,000"),
        (1.31e12, 4e10, "1.31e12"),
        (0.9, 0.0, "0.900"),
        (-0.0004, 0.01, "0.000"),
        (0.0, None, "0"),
        (-np.inf, None, "-inf"),
    ],
)
def test_an_error_decides_the_digits(value: float, error: float | None, expected: str) -> None:
    assert rounded(value, error) == expected


@pytest.mark.parametrize(
    ("value", "error", "expected"),
    [
        (-0.0906, 0.0193, "-0.091 ± 0.019"),
        (5.31, 0.34, "5.31 ± 0.34"),
        (5.31, 0.36, "5.3 ± 0.4"),
        (2527, 455, "2,500 ± 500"),
        (3.5e-5, 6.6e-6, "3.5e-5 ± 7e-6"),
        (-0.0004, 0.01, "0.000 ± 0.010"),
        (-0.1053605, 1e-14, "-0.105"),
        (1.5, None, "1.50"),
    ],
)
def test_a_value_is_shown_beside_its_error(
    value: float, error: float | None, expected: str
) -> None:
    assert with_error(value, error) == expected
