"""What a budget will come to on this machine: a rehearsal of a few steps that learn nothing.

The recipe has to guess a speed before there is a network; here is the network, so it is timed. An
estimate all the same: another program may want the processor then, or leave it.
"""

import math
import time
from dataclasses import dataclass

from charrnn.machine.workers import WorkerPool
from charrnn.training.pace import LAST_EVALUATIONS, SPEED_UP, Pace
from charrnn.training.run import Run
from charrnn.training.settings import Budget

REHEARSAL = 0.5  # seconds, and at least
FEWEST = 2  # steps, because the first one is slow


@dataclass(frozen=True)
class Forecast:
    """What is left of a budget, in every unit; an epoch is one pass over the training text."""

    characters_per_second: float
    seconds: float
    steps: int
    epochs: float


def forecast(run: Run, budget: Budget, held_out: int) -> Forecast:
    """Time a few steps of `run`, which is of no further use, and work out the rest.

    Of `held_out` characters every evaluation reads as many as the budget allows.
    """
    left = 1 - run.progress.share
    pace = Pace(run, budget, time.perf_counter)
    rehearse(run, pace)
    step = pace.step_seconds()
    speed = pace.step_characters / step
    run.progress.evaluated = max(run.progress.evaluated, pace.allowance(held_out))
    pace.evaluation_took(run.progress.evaluated / SPEED_UP / speed)
    each = pace.evaluation_seconds()
    evaluations = each * (left / pace.spacing() + LAST_EVALUATIONS)
    seconds = math.inf if budget.seconds is None else left * budget.seconds
    steps = math.inf if budget.steps is None else left * budget.steps
    possible = max((seconds - evaluations) / step, 0)
    if steps < possible:
        seconds = steps * step + evaluations
    steps = min(steps, possible)
    epochs = steps * pace.step_characters / run.batches.characters
    return Forecast(speed, seconds, round(steps), epochs)


def rehearse(run: Run, pace: Pace) -> None:
    """Do what training does, with a learning rate of zero."""
    end = pace.clock() + REHEARSAL
    with WorkerPool(run.workers, run.gradient, run.update) as pool:
        while pace.clock() < end or len(pace.durations) < FEWEST:
            before = pace.clock()
            run.step(0.0, run.progress.share, pool)
            pace.step_took(pace.clock() - before)
