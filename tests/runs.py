"""Small training runs that the tests share: their settings, how they are saved and resumed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from charrnn.storage import checkpoint
from charrnn.text.corpus import Corpus
from charrnn.training.events import Event, Step
from charrnn.training.loop import train
from charrnn.training.resume import resume_session
from charrnn.training.session import Session, new_session
from charrnn.training.settings import Budget, Settings

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
        session.ngrams,
        clock=lambda: progress.step * 0.01,
        stop=stop,
    )


def finish(session: Session, path: Path) -> list[Event]:
    found = list(events(session))
    session.save(path)
    return found


def resume(corpus: Corpus, path: Path, **more: Any) -> Session:
    return resume_session(corpus, checkpoint.load(path, with_resume=True), path, **more)


def assert_resumed_bit_for_bit(
    corpus: Corpus, chosen: Settings, folder: Path, stops: tuple[int, ...], **more: Any
) -> None:
    """A run that is stopped after so many steps, saved and resumed leaves the file that it leaves
    without a pause."""
    budget, straight, path = Budget(steps=STEPS), folder / "straight", folder / "resumed"
    finish(new_session(corpus, chosen, budget, **more), straight)
    for stop in stops:
        session, steps = new_session(corpus, chosen, budget, **more), 0
        for event in events(session):
            steps += isinstance(event, Step)
            if steps == stop:
                break
        session.save(path)
        finish(resume(corpus, path), path)
        assert path.read_bytes() == straight.read_bytes()
