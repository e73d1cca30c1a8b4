"""What evaluations may cost: a share of the budget, however much text is held out."""

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_training import Machine, events_of, small_run

from charrnn.text.passages import whole
from charrnn.training.evaluation import Evaluator
from charrnn.training.events import Evaluation, Finished, Step
from charrnn.training.loop import train
from charrnn.training.pace import CHEAP, DEAREST, ENOUGH, SPEED_UP, Pace
from charrnn.training.settings import Budget

IDS = np.random.default_rng(0).integers(0, 5, 4000).astype(np.uint8)


@given(st.integers(1, 10**7), st.integers(1, 10**9))
def test_a_budget_of_steps_allows_the_whole_text_or_a_share_that_it_can_pay_for(
    steps: int, held_out: int
) -> None:
    run = small_run(IDS)
    pace = Pace(run, Budget(steps=steps), time.perf_counter)
    allowed = pace.allowance(held_out)
    readable = SPEED_UP * steps * pace.step_characters
    assert allowed <= held_out
    assert allowed <= max(DEAREST * readable, CHEAP)
    if allowed < held_out:
        assert allowed >= min(ENOUGH, int(DEAREST * readable))
    run.progress.evaluated = allowed
    if allowed > CHEAP:  # those on the way and the two at the end
        count = 1 / pace.spacing() + 3
        assert count * allowed <= 0.1 * readable


def test_a_time_allows_what_the_present_speed_can_read() -> None:
    pace = Pace(small_run(IDS), Budget(seconds=100), time.perf_counter)
    pace.step_took(50)  # the first one
    for _ in range(5):
        pace.step_took(0.001)
    readable = SPEED_UP * 100_000 * pace.step_characters
    assert pace.allowance(int(DEAREST * readable)) == int(DEAREST * readable)
    assert ENOUGH <= pace.allowance(int(DEAREST * readable) + 1) < DEAREST * readable


def test_a_run_ends_in_time_with_millions_of_characters_held_out() -> None:
    """To read them once would take ten times as long as the run, whose clock is that of its
    process, so that it does not matter what else the machine does."""
    held_out = np.random.default_rng(1).integers(0, 5, 20_000_000).astype(np.uint8)
    ids = np.random.default_rng(0).integers(0, 5, 400_000).astype(np.uint8)
    run = small_run(ids, hidden_size=48)
    begin = time.process_time()
    events = list(train(run, Budget(seconds=2.0), whole(held_out), clock=time.process_time))
    assert time.process_time() - begin < 3
    finished, steps = events[-1], [event for event in events if isinstance(event, Step)]
    assert isinstance(finished, Finished)
    assert steps[-1].learning_rate < 0.9 * max(event.learning_rate for event in steps)
    evaluations = [event for event in events if isinstance(event, Evaluation)]
    assert len(evaluations) >= 2
    assert len({event.characters for event in evaluations}) == 1
    assert 1_000 < evaluations[0].characters < 2_000_000
    assert evaluations[-1].loss == pytest.approx(np.log(5), abs=0.05)


def test_a_larger_budget_measures_on_more_text_and_the_best_weights_once_more() -> None:
    ids = np.random.default_rng(0).integers(0, 5, 400_000).astype(np.uint8)
    held_out = np.random.default_rng(1).integers(0, 5, 300_000).astype(np.uint8)
    run = small_run(ids)
    machine = Machine(run, lambda now: 0.1)
    *_, first = events_of(run, Budget(seconds=4.0), held_out, machine)
    assert isinstance(first, Finished)
    few, before = run.progress.best_characters, run.best.flat.copy()
    run.begin_budget()
    budget = Budget(seconds=1200.0)  # of which only the beginning is needed
    events = train(run, budget, whole(held_out), clock=machine.clock)
    evaluation = next(event for event in events if isinstance(event, Evaluation))
    many = evaluation.characters
    assert many > 2 * few
    evaluator = Evaluator(run.model, whole(held_out))
    evaluator.allow(run.progress.evaluated)
    again = evaluator.measure(before)
    assert again is not None
    assert again.characters == run.progress.best_characters == many
    best = evaluation.loss if evaluation.best else again.plain
    assert run.progress.best_loss == best
    assert best <= again.plain
    next(event for event in events if isinstance(event, Evaluation))
    assert run.progress.best_characters == many
