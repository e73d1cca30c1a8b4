"""What the recipe chooses: laws that hold for every text and budget, and the measured cases."""

import math
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn.errors import UsageError
from charrnn.network.cells import CELLS
from charrnn.training.recipe import (
    MOST,
    PASSES,
    STEPS,
    WIDTHS,
    choose,
    decay_for,
    most_steps,
    parameter_count,
    rate_for,
    steps_for,
)
from charrnn.training.settings import Choices, Settings
from charrnn.training.situation import Situation

#: The arithmetic that a minute is worth on two cores with AVX-512, in TFLOP.
MINUTE = 9.0


def chosen(tera: float, characters: int = 1_000_000, **fixed: object) -> Settings:
    situation = Situation(characters, vocabulary_size=65, operations=tera * 1e12)
    return choose(Choices(**fixed), situation, validation=0.1, seed=1)[0]


def parameters(network: Settings) -> int:
    """Of one member."""
    width = network.hidden_size // network.members
    return parameter_count(network.cell, network.layers, width, 65)


@pytest.mark.parametrize(
    ("minutes", "least", "most"),
    [(1, 0.3e6, 0.5e6), (3, 0.6e6, 1.2e6), (15, 1.5e6, 3e6), (60, 2.5e6, 4e6)],
)
def test_a_megabyte_gets_the_sizes_that_measured_best(
    minutes: float, least: float, most: float
) -> None:
    assert least <= parameters(chosen(minutes * MINUTE, members=1)) <= most


@given(st.floats(0.01, 1e4), st.floats(1.0, 100.0), st.integers(1_000, 10**8))
def test_a_larger_budget_never_gets_a_smaller_network_or_less_dropout(
    tera: float, factor: float, characters: int
) -> None:
    small, large = (chosen(t, characters, members=1) for t in (tera, tera * factor))
    assert parameters(large) >= 0.8 * parameters(small)  # widths are steps
    epochs = [1e12 * t / parameters(s) for t, s in ((tera, small), (tera * factor, large))]
    if epochs[1] >= epochs[0]:
        assert large.dropout >= small.dropout


@given(st.floats(1e-3, 1e5), st.integers(100, 10**8), st.sampled_from(sorted(CELLS)))
def test_every_choice_is_one_that_can_be_trained(tera: float, characters: int, cell: str) -> None:
    network = chosen(tera, characters, cell=cell)
    assert network.hidden_size / network.members in WIDTHS
    assert parameters(network) <= max(1.6 * MOST * characters, parameter_count(cell, 1, 64, 65))
    assert 0 <= network.dropout <= 0.5
    assert 1e-3 < network.learning_rate < 0.1
    assert network.batch_size * network.sequence_length <= characters


@given(st.floats(1e-3, 1e5), st.integers(100, 10**8))
def test_what_the_user_fixes_stays_fixed(tera: float, characters: int) -> None:
    fixed = {"cell": "gru", "layers": 3, "hidden_size": 77, "dropout": 0.45, "learning_rate": 0.5}
    fixed |= {"weight_decay": 0.0, "clip_norm": 7.0, "batch_size": 5, "sequence_length": 9}
    fixed |= {"optimizer": "adam"}
    network = chosen(tera, characters, **fixed)
    assert {name: getattr(network, name) for name in fixed} == fixed


@given(st.floats(0.01, 1e4), st.integers(1_000, 10**8))
def test_muon_is_for_a_text_that_is_new(tera: float, characters: int) -> None:
    network = chosen(tera, characters)
    # Dropout grows from 5 passes on, and tells how many were expected: 0.06 at 7.7 to 8.3.
    if network.dropout != 0.06:
        assert network.optimizer == ("muon" if network.dropout < 0.06 else "adam")


@given(st.floats(0.01, 1e4), st.floats(1.0, 100.0), st.integers(1_000, 10**8))
def test_more_members_come_with_more_work_for_each_character(
    tera: float, factor: float, characters: int
) -> None:
    small, large = chosen(tera, characters), chosen(tera * factor, characters)
    assert small.members <= large.members
    assert chosen(tera, 100 * characters).members <= small.members


def test_one_network_for_three_minutes_and_more_for_an_hour() -> None:
    assert [chosen(minutes * MINUTE).members for minutes in (1, 3, 15, 60)] == [1, 1, 2, 2]
    assert [chosen(MINUTE, 1_000 * kilobytes).members for kilobytes in (5, 100, 400)] == [4, 2, 1]
    assert chosen(100 * MINUTE, hidden_size=256).members == 1  # what was asked for


def test_idle_cores_train_members_of_the_size_that_one_network_would_have() -> None:
    each = {"characters": 10**8, "vocabulary_size": 65, "operations": MINUTE * 1e12 / 2}
    choose_for = partial(choose, Choices(), validation=0.1, seed=1)
    two, eight = (choose_for(Situation(**each, workers=workers))[0] for workers in (2, 8))
    assert (two.members, eight.members) == (1, 4)
    assert eight.hidden_size == 4 * two.hidden_size


def test_ranks_that_a_slow_network_would_hold_up_have_members_of_their_own() -> None:
    each = {"characters": 10**8, "vocabulary_size": 65, "operations": MINUTE * 1e12 / 2}
    choose_for = partial(choose, Choices(), validation=0.1, seed=1)
    # Two ranks of one core of 50 GFLOP/s each. A number of the gradient is four bytes of traffic:
    # at 10 Gbit/s a worker could do 160 operations meanwhile, at 0.15 Gbit/s 11,000.
    members = [
        choose_for(Situation(**each, workers=2, ranks=2, traffic=traffic))[0].members
        for traffic in (0, 160, 11_000)
    ]
    assert members == [1, 1, 2]


def test_members_share_the_units_that_were_asked_for() -> None:
    network = chosen(MINUTE, hidden_size=96, members=3)
    assert (network.hidden_size, network.members) == (96, 3)
    with pytest.raises(UsageError, match="100 cannot be shared by 3 members"):
        chosen(MINUTE, hidden_size=100, members=3)


@given(st.integers(1, 100_000))
def test_steps_and_the_time_that_they_take_choose_about_the_same_network(steps: int) -> None:
    """A budget in steps is worth the arithmetic of those steps."""
    situation = Situation(10**7, 65, steps=steps)
    by_steps = choose(Choices(), situation, validation=0.1, seed=1)[0]
    tera = 6 * parameters(by_steps) * steps * 32 * 64 / 1e12
    ratio = parameters(chosen(tera, 10**7, members=1)) / parameters(by_steps)
    assert math.isclose(ratio, 1, rel_tol=0.8)


def test_decay_grows_with_the_passes_over_a_text_up_to_a_limit() -> None:
    decays = [decay_for(epochs) for epochs in (0.1, 1, 3.3, 9, 22, 100, 10_000)]
    assert decays == [0.1, 0.1, 0.1, 0.16, 0.23, 0.25, 0.25]
    assert chosen(30, 150_000, weight_decay=0.0).weight_decay == 0


@pytest.mark.parametrize("cell", sorted(CELLS))
@pytest.mark.parametrize("layers", [1, 2, 4])
def test_wider_networks_learn_at_a_lower_rate(cell: str, layers: int) -> None:
    rates = [rate_for(cell, "tanh", layers, width) for width in WIDTHS]
    assert rates == sorted(rates, reverse=True)
    assert rates[0] > rates[-1]


def test_a_short_text_is_not_read_without_end() -> None:
    """However long the time, the schedule ends with the passes that are of use."""
    short, long = chosen(1e4, 20_000), chosen(30, 10**7)
    assert most_steps(short, 20_000) == steps_for(PASSES, short, 20_000)
    assert most_steps(chosen(1e4, 900), 900) == STEPS
    assert most_steps(long, 10**7) > 100_000
    assert short.dropout < 0.5


def test_passes_that_were_asked_for_are_not_cut_short() -> None:
    asked = Situation(20_000, 65, epochs=500)
    reason = choose(Choices(), asked, validation=0.1, seed=1)[1]
    assert reason.endswith("about 500 times")
