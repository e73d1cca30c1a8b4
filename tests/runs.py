"""Small training runs that the tests share: their settings, how they are saved and resumed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from charrnn.storage import checkpoint
from charrnn.text.corpus import Corpus
from charrnn.training.loop import Event, train
from charrnn.training.resume import resume_session
from charrnn.training.session import Session
from charrnn.training.settings import Settings

STEPS = 40


def settings(cell: str = "lstm", layers: int = 1, dropout: float = 0.0, **more: Any) -> Settings:
    values: dict[str, Any] = {
        "cell": cell,
        "activation": "tanh",
        "layers": layers,
        "hidden_size": 6,
        "dropout": dropout,
        "batch_size": 5,
        "sequence_length": 7,
        "learning_rate": 0.02,
        "weight_decay": 0.1,
        "clip_norm": 1.0,
        "validation": 0.1,
        "seed": 3,
    }
    if cell == "mlp":
        values["context"] = 3
    return Settings(**values | more)


def events(session: Session, stop: Callable[[], bool] = lambda: False) -> Any:
    """The run's events; a timed run has a clock by which every step takes 10 ms."""
    progress = session.run.progress
    return train(
        session.run,
        session.budget,
        session.division.held_out,
        clock=lambda: progress.step * 0.01,
        stop=stop,
    )


def finish(session: Session, path: Path) -> list[Event]:
    found = list(events(session))
    session.save(path)
    return found


def resume(corpus: Corpus, path: Path, **more: Any) -> Session:
    return resume_session(corpus, checkpoint.load(path, with_resume=True), path, **more)
