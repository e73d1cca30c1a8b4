"""Do the limits of 95 % hold the truth 95 times in 100? On texts of which the truth is known."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from chains import Chain

from charrnn.inspection.context import context
from charrnn.inspection.correlation import influence, standardised
from charrnn.inspection.evidence import error_of
from charrnn.inspection.standard_errors import blocks_for, two_sided

RUNS = 400


def check(held: float, runs: int) -> None:
    slack = 0.02 if runs >= RUNS else 3 * np.sqrt(0.95 * 0.05 / runs)
    assert abs(held - 0.95) <= slack


@pytest.mark.parametrize("sticky", [0.0, 0.6, 0.9])
def test_limits_of_losses_hold_those_of_the_chain(
    sticky: float, scaled: Callable[[int], int], figure: Callable[[str, str], None]
) -> None:
    """Of the loss itself, and of what it costs that one character is visible, from both kinds of
    state. `sticky` texts repeat their characters, so that neighbours are no independent places."""
    chain, runs, length = Chain(sticky), scaled(RUNS), 5000
    model, rng = chain.network(), np.random.default_rng(5)
    truth = np.array([chain.entropy, chain.one_visible, chain.one_true])
    truth[1:] -= chain.entropy
    held = np.zeros(3)
    for _ in range(runs):
        found = context(model, chain.text(length, rng), most=4, windows=512)
        means = np.array([found.full, found.excess[0], found.elsewhere.excess[0]])
        errors = [found.full_error, found.standard_error[0], found.elsewhere.standard_error[0]]
        blocks = [blocks_for(length), found.blocks, found.elsewhere.blocks]
        margins = np.array(errors) * [two_sided(count) for count in blocks]
        held += np.abs(means - truth) < margins
    for share in held / runs:
        check(float(share), runs)
    shares = " / ".join(f"{100 * share:.1f} %" for share in held / runs)
    figure(f"95 % limits of losses on {runs} chains ({sticky:.0%} repeated) hold the truth", shares)


@pytest.mark.parametrize("slowness", [0.0, 0.8])
def test_limits_of_correlations_hold_them(
    slowness: float, scaled: Callable[[int], int], figure: Callable[[str, str], None]
) -> None:
    """Of pairs of autoregressive signals, whose correlation is known."""
    runs, length, rho = scaled(RUNS), 5000, 0.4
    signals = np.random.default_rng(7).normal(size=(length, 2, runs))
    for before, now in pairwise(signals):
        now += slowness * before
    x = signals[:, 0].T
    y = rho * x + np.sqrt(1 - rho**2) * signals[:, 1].T
    margin, held = two_sided(blocks_for(length)), 0
    for pair in zip(x, y, strict=True):
        a, b = standardised(np.array(pair))
        held += abs(a @ b - rho) < margin * error_of(influence(a, b))
    check(held / runs, runs)
    done = f"95 % limits of r of {runs} pairs of signals (slowness {slowness}) hold the truth"
    figure(done, f"{100 * held / runs:.1f} %")
