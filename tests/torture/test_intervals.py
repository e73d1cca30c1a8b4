"""Do the limits of 95 % hold the truth 95 times in 100? On texts of which the truth is known."""

from collections.abc import Callable

import numpy as np
import pytest
from chains import Chain

from charrnn.inspection.context import context
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
        blocks = [blocks_for(length), found.blocks, found.blocks]
        margins = np.array(errors) * [two_sided(count) for count in blocks]
        held += np.abs(means - truth) < margins
    for share in held / runs:
        check(float(share), runs)
    shares = " / ".join(f"{100 * share:.1f} %" for share in held / runs)
    figure(f"95 % limits of losses on {runs} chains ({sticky:.0%} repeated) hold the truth", shares)
