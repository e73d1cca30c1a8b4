"""The trial that the recipe counts on: what it tries is what a worker of a run would do."""

import numpy as np
import pytest

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


@pytest.mark.parametrize(("cell", "context"), [("lstm", None), ("mlp", 8)])
def test_a_trial_finds_that_a_small_network_gets_less_done(cell: str, context: int | None) -> None:
    """Calls cost the same whatever they do. Once in ten times, because another program may disturb
    either."""
    small, large = (settings(cell, context=context, hidden_size=H) for H in (8, 256))
    assert any(training_flops(small, V, 1) < training_flops(large, V, 1) / 2 for _ in range(10))


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
