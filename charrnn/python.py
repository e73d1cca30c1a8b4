"""`charrnn.train`: the command `charrnn train` as a function, with its bar.

The work is in `library.training`; the bar, which needs Rich, is in `cli.train.bar`.
"""

from collections.abc import Callable, Iterable
from dataclasses import fields
from pathlib import Path
from typing import Any, Literal

from charrnn.library import Model
from charrnn.library.sources import PathLike, source_of
from charrnn.library.training import Order, Watcher, trained
from charrnn.library.wording import in_python
from charrnn.training.events import Event
from charrnn.training.settings import Choices, Request


@in_python()
def train(
    text_or_paths: PathLike | Iterable[PathLike],
    time: str | float | None = None,
    *,
    steps: int | None = None,
    epochs: float | None = None,
    out: PathLike | None = None,
    resume: bool = False,
    force: bool = False,
    init_from: PathLike | None = None,
    seed: int | None = None,
    threads: int | None = None,
    cell: Literal["rnn", "lstm", "gru", "mlp"] | None = None,
    activation: str | None = None,
    layers: int | None = None,
    hidden_size: int | None = None,
    context: int | None = None,
    members: int | None = None,
    dropout: float | None = None,
    batch_size: int | None = None,
    sequence_length: int | None = None,
    learning_rate: float | None = None,
    weight_decay: float | None = None,
    optimizer: Literal["muon", "adam"] | None = None,
    clip_norm: float | None = None,
    validation: float | None = None,
    held_out: Literal["tail", "spread"] | None = None,
    unit: Literal["text", "line", "paragraph", "file"] | None = None,
    separator: str | None = None,
    encoding: str | None = None,
    newlines: Literal["unix", "keep"] | None = None,
    normalize: Literal["nfc", "nfd"] | None = None,
    min_count: int | None = None,
    no_ngrams: bool = False,
    on_event: Callable[[Event], object] | None = None,
    progress: bool = True,
) -> Model:
    """Learn a text, character by character, and return the model.

    `text_or_paths` is the path of a file or folder, several of them, or the text itself: a string
    with line ends, or one that is longer than a file's name can be. The budget is one of `time`
    (seconds, or "90s", "3m", "1h30m"; three minutes if there is none), `steps` and `epochs`. The
    other options are those of `charrnn train`; None leaves the choice to it.

    Only with `out` a file is written, at every evaluation and at the end; `resume` goes on with it.
    `on_event` is called with each event of `charrnn.training.events`, between two steps; what it
    raises ends the run, and is raised here. `progress` shows a bar on a terminal and in a notebook.

    Ctrl-C ends the run after its step with KeyboardInterrupt, once `out` is saved if there is one.
    In a thread other than the main one it does not come, and `on_event` is how to stop. Raises
    UsageError, CorpusError, CheckpointError and TrainingDiverged, all of them CharRNNError.
    """
    given: dict[str, Any] = dict(locals())
    if isinstance(time, int | float) and not isinstance(time, bool):
        given["time"] = f"{time:.15g}"
    given["out"] = Request().out if out is None else Path(out)
    given["init_from"] = None if init_from is None else Path(init_from)
    request = Request(**{f.name: given[f.name] for f in fields(Request) if f.name in given})
    choices = Choices(**{f.name: given[f.name] for f in fields(Choices)})
    order = Order(source_of(text_or_paths), request, choices, saves=out is not None)
    return trained(order, _watcher() if progress else Watcher(), on_event)


def _watcher() -> Watcher:
    """What shows progress here, if anything can."""
    from charrnn.cli.train.bar import bar

    return bar()
