"""The speed that the recipe counts on is that of the steps which training then takes."""

import time
from statistics import median

import numpy as np
import pytest

from charrnn.machine.workers import WorkerPool
from charrnn.network.ensemble import Ensemble
from charrnn.network.initialisation import initialise
from charrnn.text.batches import Batches
from charrnn.training.run import Run
from charrnn.training.settings import Settings
from charrnn.training.trial import columns_each, training_flops

V = 40


def settings(cell: str, **other: int | None) -> Settings:
    return Settings(
        **{
            "cell": cell,
            "activation": "tanh",
            "layers": 1,
            "hidden_size": 96,
            "dropout": 0.0,
            "batch_size": 32,
            "sequence_length": 32,
            "learning_rate": 1e-3,
            "weight_decay": 0.0,
            "clip_norm": 1.0,
            "validation": 0.0,
            "seed": 0,
            "optimizer": "adam",
            **other,
        }
    )


def of(chosen: Settings, workers: int) -> Run:
    """A run over a random text."""
    rng = np.random.default_rng(0)
    sizes = (chosen.layers, chosen.hidden_size // chosen.members, np.ones(V, np.int64), rng)
    context = chosen.context or 0
    models = [
        initialise(chosen.cell, chosen.activation, *sizes, context=context)
        for _ in range(chosen.members)
    ]
    text = rng.integers(0, V, 50_000).astype(np.uint8)
    batches = Batches(text, chosen.batch_size, chosen.sequence_length)
    return Run(Ensemble(models), batches, chosen, workers)


def of_a_run(chosen: Settings) -> float:
    """Operations a second of whole steps on one core."""
    run = of(chosen, 1)
    with WorkerPool(1, run.gradient, run.update) as pool:
        durations = []
        for _ in range(8):
            start = time.perf_counter()
            run.step(1e-3, 0.5, pool)
            durations.append(time.perf_counter() - start)
    characters = chosen.batch_size * chosen.sequence_length
    return 6 * run.model.flat.size * characters / median(durations)


@pytest.mark.parametrize(
    ("cell", "context", "hidden"), [("lstm", None, 96), ("gru", None, 96), ("mlp", 8, 256)]
)
def test_a_trial_finds_the_speed_of_a_run(cell: str, context: int | None, hidden: int) -> None:
    """Once in ten times, because another program may disturb either. Of a much smaller network the
    update, which is not tried, is most of a step."""
    chosen = settings(cell, context=context, hidden_size=hidden)
    assert any(1 / 2 < of_a_run(chosen) / training_flops(chosen, V, 1) < 2 for _ in range(10))


@pytest.mark.parametrize(
    ("members", "workers", "columns"), [(1, 1, 32), (1, 2, 16), (2, 2, 32), (2, 4, 16), (4, 2, 32)]
)
def test_a_trial_has_the_columns_that_a_worker_would_have(
    members: int, workers: int, columns: int
) -> None:
    chosen = settings("lstm", members=members)
    assert columns_each(chosen, workers) == columns
    run = of(chosen, workers)
    assert {each.stop - each.start for each in run.gradient.columns} == {columns}
