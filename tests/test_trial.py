"""The trial that the recipe counts on: what it tries is what a worker of a run would do."""

import itertools
from types import SimpleNamespace

import numpy as np
import pytest

from charrnn.network.ensemble import Ensemble
from charrnn.network.initialisation import initialise
from charrnn.network.model import CharModel
from charrnn.text.batches import Batches
from charrnn.training import trial
from charrnn.training.run import Run
from charrnn.training.settings import Settings
from charrnn.training.trial import columns_each

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


def models(chosen: Settings) -> list[CharModel]:
    sizes = (chosen.layers, chosen.hidden_size // chosen.members, np.ones(V, np.int64))
    context = chosen.context or 0
    rng = np.random.default_rng(0)
    return [
        initialise(chosen.cell, chosen.activation, *sizes, rng, context=context)
        for _ in range(chosen.members)
    ]


def of(chosen: Settings, workers: int) -> Run:
    """A run over a random text."""
    text = np.random.default_rng(0).integers(0, V, 50_000).astype(np.uint8)
    batches = Batches(text, chosen.batch_size, chosen.sequence_length)
    return Run(Ensemble(models(chosen)), batches, chosen, workers)


@pytest.mark.parametrize(("cell", "context"), [("lstm", None), ("mlp", 8)])
@pytest.mark.parametrize("workers", [1, 2])
def test_a_trial_divides_the_operations_of_a_chunk_by_its_time(
    cell: str, context: int | None, workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a clock on which every chunk takes a hundredth of a second: what a real one says of two
    networks depends on what else the machine does."""
    ticks = itertools.count()
    monkeypatch.setattr(trial, "time", SimpleNamespace(perf_counter=lambda: next(ticks) / 100))
    chosen = settings(cell, context=context, sequence_length=8)
    parameters = models(chosen)[0].flat.size
    expected = 6 * parameters * 8 * (32 // workers) / 0.01
    assert trial.training_flops(chosen, V, workers) == pytest.approx(expected)
    assert next(ticks) / 100 > trial.SECONDS


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
