"""The budget of a run: time that is kept on a machine that changes its speed, and early stops.

The runs are real; only the clock is ours.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from commands import charrnn

from charrnn.network.initialisation import initialise
from charrnn.text.batches import Batches
from charrnn.text.passages import whole
from charrnn.training.evaluation import Evaluator
from charrnn.training.events import Evaluation, Event, Finished, Step
from charrnn.training.loop import train
from charrnn.training.run import Run
from charrnn.training.settings import Budget, Settings

HELD_OUT = 400


def small_run(ids: np.ndarray, threads: int = 1, **more: float) -> Run:
    values = {
        "cell": "gru",
        "activation": "tanh",
        "layers": 1,
        "hidden_size": 24,
        "dropout": 0.0,
        "batch_size": 8,
        "sequence_length": 16,
        "learning_rate": 0.02,
        "weight_decay": 0.0,
        "clip_norm": 1.0,
        "validation": 0.1,
        "seed": 1,
    }
    settings = Settings(**values | more)
    counts = np.bincount(ids)
    model = initialise("gru", "tanh", 1, settings.hidden_size, counts, np.random.default_rng(1))
    return Run(
        model, Batches(ids, settings.batch_size, settings.sequence_length), settings, threads
    )


class Machine:
    """A clock by which a step takes `step(now)` seconds and an evaluation eight times as long."""

    def __init__(self, run: Run, step: Callable[[float], float]) -> None:
        self.progress, self.step, self.now, self.done = run.progress, step, 0.0, 0

    def clock(self) -> float:
        while self.done < self.progress.step:
            self.done += 1
            self.now += self.step(self.now)
        return self.now

    def evaluation_passes(self) -> bool:
        """Asked once in every chunk of an evaluation, as `stop`; there is one for each 16 of a
        reader's characters."""
        self.now += 8 * self.step(self.now) / (HELD_OUT // 16)
        return False


def events_of(run: Run, budget: Budget, held_out: np.ndarray, machine: Machine) -> list[Event]:
    stop = machine.evaluation_passes
    return list(train(run, budget, whole(held_out), clock=machine.clock, stop=stop))


@pytest.mark.parametrize("slowed", [0.25, 1.0, 4.0])
@pytest.mark.parametrize("middle", [0.3, 0.5, 0.8])
def test_a_run_keeps_its_time_also_on_a_machine_that_changes_its_speed(
    slowed: float, middle: float
) -> None:
    """The whole run, evaluations included, ends within 5 percent, with the schedule at its end."""
    ids = np.random.default_rng(0).integers(0, 5, 4000).astype(np.uint8)
    run, seconds = small_run(ids, hidden_size=8, batch_size=4), 40.0
    machine = Machine(run, lambda now: 0.1 if now < middle * seconds else 0.1 * slowed)
    events = events_of(run, Budget(seconds=seconds), ids[: HELD_OUT + 1], machine)
    assert machine.now == pytest.approx(seconds, rel=0.05)
    steps = [event for event in events if isinstance(event, Step)]
    assert steps[-1].learning_rate < 0.015 * run.settings.learning_rate
    shares = [event.share for event in steps]
    assert shares == sorted(shares)
    assert sum(isinstance(event, Evaluation) for event in events) >= 3


def test_a_text_that_is_known_by_heart_ends_a_run_of_time_early() -> None:
    ids = np.tile(np.array([0, 1, 2, 2, 3], np.uint8), 200)
    run = small_run(ids)
    machine = Machine(run, lambda now: 0.01)
    events = events_of(run, Budget(seconds=100.0), ids[: HELD_OUT + 1], machine)
    finished = events[-1]
    assert isinstance(finished, Finished)
    assert finished.early
    assert finished.best_loss is not None
    assert finished.best_loss < 0.001
    assert machine.now < 50


def test_weights_that_only_get_worse_end_a_run_of_time_early_and_the_best_are_kept() -> None:
    """Noise, which can only be learnt by heart."""
    ids = np.random.default_rng(0).integers(0, 5, 600).astype(np.uint8)
    run = small_run(ids, hidden_size=48)
    machine = Machine(run, lambda now: 0.01)
    unseen = np.random.default_rng(1).integers(0, 5, HELD_OUT + 1).astype(np.uint8)
    events = events_of(run, Budget(seconds=20.0), unseen, machine)
    assert isinstance(events[-1], Finished)
    assert events[-1].early
    assert machine.now < 15
    evaluations = [event for event in events if isinstance(event, Evaluation)]
    losses = [event.loss for event in evaluations]
    assert events[-1].best_loss == min(losses) < losses[-1] - 0.05
    assert len({event.step for event in evaluations}) == len(evaluations)  # none is told twice


def test_steps_are_counted_and_never_cut_short() -> None:
    ids = np.tile(np.array([0, 1, 2, 2, 3], np.uint8), 200)
    run = small_run(ids)
    events = list(train(run, Budget(steps=600), whole(ids[: HELD_OUT + 1])))
    assert isinstance(events[-1], Finished)
    assert not events[-1].early
    assert run.progress.step == 600
    assert run.progress.best_loss is not None
    assert run.progress.best_loss < 0.001


def test_what_early_means_is_said(tmp_path: Path) -> None:
    (tmp_path / "hello.txt").write_text("hello\n" * 300)
    network = ("--cell", "gru", "--hidden-size", "16")
    done = charrnn("train", "hello.txt", "--time", "30s", "--seed", "1", *network, cwd=tmp_path)
    assert done.returncode == 0
    assert b"more time would gain nothing" in done.stderr


def test_what_is_kept_has_the_loss_that_was_found_for_it() -> None:
    """The text is noise, which the network learns by heart and must not be sure of."""
    ids = np.random.default_rng(0).integers(0, 5, 1500).astype(np.uint8)
    run, held_out = small_run(ids[:600]), ids[600:]
    found = [
        e
        for e in train(run, Budget(steps=300), whole(held_out))
        if isinstance(e, Evaluation) and e.best
    ]
    kept = Evaluator(run.model, whole(held_out)).measure(run.best.flat)
    assert kept is not None
    assert kept.plain == pytest.approx(run.progress.best_loss, abs=1e-5)
    assert found[-1].loss == run.progress.best_loss
    assert run.progress.best_scale < 1
    assert run.result() is run.best


@pytest.mark.parametrize(("seconds", "steps", "ends"), [(1e6, 30, 30), (4.0, 10_000, None)])
def test_of_two_budgets_the_one_that_is_spent_first_counts(
    seconds: float, steps: int, ends: int | None
) -> None:
    ids = np.random.default_rng(0).integers(0, 5, 1000).astype(np.uint8)
    run = small_run(ids)
    machine = Machine(run, lambda now: 0.1)
    events = events_of(run, Budget(seconds, steps), ids[:HELD_OUT], machine)
    finished, last = events[-1], next(e for e in reversed(events) if isinstance(e, Step))
    assert isinstance(finished, Finished)
    assert last.learning_rate < 0.05 * run.settings.learning_rate  # decayed with either
    assert finished.early is (ends is not None)
    if ends:
        assert finished.step == ends
    else:
        assert finished.seconds == pytest.approx(seconds, rel=0.05)


@pytest.mark.parametrize("workers", [1, 2])
def test_training_that_is_taken_up_again_is_training_that_never_paused(workers: int) -> None:
    """In the same process, with new workers: the second call goes on and does not begin again."""
    ids = np.random.default_rng(0).integers(0, 5, 1500).astype(np.uint8)
    straight, paused = small_run(ids, threads=workers), small_run(ids, threads=workers)
    held_out, budget = ids[:HELD_OUT], Budget(steps=40)
    for _ in train(straight, budget, whole(held_out)):
        pass
    for event in train(paused, budget, whole(held_out)):
        if event.step == 20:
            break
    for _ in train(paused, budget, whole(held_out)):
        pass
    np.testing.assert_array_equal(paused.model.flat, straight.model.flat)
    np.testing.assert_array_equal(paused.average, straight.average)
