"""A forecast is arithmetic on one measured speed, and a rehearsal teaches nothing."""

import numpy as np
import pytest

from charrnn.network.initialisation import initialise
from charrnn.text.batches import Batches
from charrnn.training import forecast as room
from charrnn.training.forecast import forecast
from charrnn.training.pace import SPEED_UP
from charrnn.training.run import Run
from charrnn.training.settings import Budget, Settings

CHARACTERS, B, T = 600, 3, 10


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setattr(room, "REHEARSAL", 0.01)
    rng = np.random.default_rng(1)
    settings = Settings(
        cell="gru",
        activation="tanh",
        layers=1,
        hidden_size=7,
        dropout=0.2,
        batch_size=B,
        sequence_length=T,
        learning_rate=0.1,
        weight_decay=0.1,
        clip_norm=1.0,
        validation=0.1,
        seed=1,
    )
    model = initialise("gru", "tanh", 1, 7, np.ones(5), rng)
    ids = rng.integers(0, 5, CHARACTERS).astype(np.uint8)
    return Run(model, Batches(ids, B, T), settings)


def test_steps_are_given_and_the_time_follows(run: Run) -> None:
    found = forecast(run, Budget(steps=400), held_out=0)
    assert found.steps == 400
    assert found.epochs == pytest.approx(400 * B * T / CHARACTERS)
    assert found.seconds == pytest.approx(400 * B * T / found.characters_per_second)


def test_a_time_is_given_and_the_steps_follow(run: Run) -> None:
    found = forecast(run, Budget(seconds=60), held_out=0)
    assert found.seconds == 60
    assert found.steps == pytest.approx(60 * found.characters_per_second / (B * T), abs=1)


@pytest.mark.parametrize("budget", [Budget(steps=400), Budget(seconds=3600)])
def test_evaluations_take_their_time(run: Run, budget: Budget) -> None:
    found = forecast(run, budget, held_out=30 * B * T)
    training = found.steps * B * T / found.characters_per_second
    evaluation = 30 * B * T / (SPEED_UP * found.characters_per_second)
    assert found.seconds - training == pytest.approx(22 * evaluation, abs=evaluation)


def test_what_is_spent_is_not_promised_again(run: Run) -> None:
    run.progress.share = 0.75
    assert forecast(run, Budget(steps=400), held_out=0).steps == 100
    assert forecast(run, Budget(seconds=60), held_out=0).seconds == 15
    run.progress.share = 1.0
    assert forecast(run, Budget(seconds=60), held_out=0).steps == 0


def test_a_rehearsal_learns_nothing(run: Run) -> None:
    before = run.model.flat.copy()
    forecast(run, Budget(steps=400), held_out=0)
    assert run.progress.step >= room.FEWEST
    np.testing.assert_array_equal(run.model.flat, before)
