"""How a checkpoint becomes a session again, exactly where it stopped.

A file that loads is a model, but need not be one that can be trained further: its settings and
counters are JSON, and are checked here, before anything is computed with them.
"""

from dataclasses import fields, replace
from pathlib import Path
from shlex import quote
from typing import Any

import numpy as np

from charrnn import __version__
from charrnn.errors import CharRNNError, CheckpointError
from charrnn.machine import mkl
from charrnn.network.ensemble import Ensemble
from charrnn.network.model import CharModel
from charrnn.storage import strict_json
from charrnn.storage.checkpoint import Checkpoint
from charrnn.text import HELD_OUT
from charrnn.text.corpus import Corpus
from charrnn.text.division import Division
from charrnn.text.ngrams import COUNTED, Baselines
from charrnn.training.counting import counted
from charrnn.training.run import Run
from charrnn.training.session import Session, batches_of, blocks_of, division_of
from charrnn.training.settings import Budget, Choices, Settings
from charrnn.visible import visible


def resume_session(
    corpus: Corpus,
    stored: Checkpoint,
    path: Path,
    *,
    threads: int | None = None,
    ranks: int = 1,
    ngrams: bool = True,
) -> Session:
    """The run that `stored`, read from `path`, holds; on as many threads as before by default, if
    there are as many ranks as before. Without `ngrams` it goes on without any.

    Raises CheckpointError if it cannot be continued, or belongs to another text. What may make the
    continuation differ in its last bits is in the session's `warnings`.
    """
    name = visible(str(path), one_line=True)
    if not stored.resume:
        raise CheckpointError(
            f"{name} holds no state to resume from",
            f"Start a new run from its weights: --init-from {name}, with another --out.",
        )
    meta = stored.meta
    try:
        settings, budget, baselines = _settings(meta)
        settings = replace(settings, ngrams=settings.ngrams and ngrams)
        _check_text(corpus, meta["corpus"], name)
        best = CharModel(
            stored.parameters,
            cell=settings.cell,
            activation=settings.activation,
            members=settings.members,
            boundary=corpus.boundary,
        )
        division = division_of(corpus, settings)
        _check_blocks(division, meta, name)
        batches = batches_of(division, corpus.boundary, settings)
        model = Ensemble.unmerged(best, settings.members)
        before = meta.get("threads")
        if meta.get("ranks", 1) == ranks:
            threads = threads or _threads(before)
        run = Run(model, batches, settings, threads)
        run.best = best
        run.restore(stored.resume)
    except CharRNNError:
        raise
    except (KeyError, IndexError, TypeError, ValueError, OverflowError, AttributeError) as error:
        reason = visible(f"{type(error).__name__}: {error}"[:200], one_line=True)
        raise CheckpointError(
            f"{name} cannot be resumed: {reason}",
            f"Start a new run from its weights: --init-from {name}, with another --out.",
        ) from error
    session = Session(corpus, division, settings, budget, run, baselines)
    if not settings.ngrams:
        run.progress.without_ngrams()
    elif stored.ngrams or baselines is None:
        session.ngrams = stored.ngrams
    else:  # they have gained nothing yet, or this is an older file
        size, most = len(corpus.vocabulary), baselines.counted or COUNTED
        _, session.ngrams = counted(division, size, most)
    session.threads = threads
    session.warnings += _differences(meta, before, run, ranks)
    return session


def _settings(meta: dict[str, Any]) -> tuple[Settings, Budget, Baselines | None]:
    """What the file says of the run, with every type and range checked."""
    training = dict(meta["training"])
    budget = strict_json.fill(Budget, training.pop("budget"))
    if budget.seconds is None and budget.steps is None:
        raise ValueError("it has no budget")
    settings = strict_json.fill(Settings, training)
    for field in fields(Choices):
        value, about = getattr(settings, field.name), field.metadata
        if value is None:  # which only `context` may be
            continue
        if "choices" in about and value not in about["choices"]:
            raise ValueError(f"{field.name} is {value!r}")
        if not about.get("minimum", value) <= value <= about.get("maximum", value):
            raise ValueError(f"{field.name} is {value}")
    if settings.held_out not in HELD_OUT:
        raise ValueError(f"held_out is {settings.held_out!r}")
    for name in ("cell", "activation", "layers", "hidden_size", "context"):
        if getattr(settings, name) != meta.get(name):
            raise ValueError(f"it has two values of {name}")
    known = meta["baselines"]
    return settings, budget, None if known is None else strict_json.fill(Baselines, known)


def _check_text(corpus: Corpus, stored: dict[str, Any], name: str) -> None:
    if corpus.sha256 != stored["sha256"]:
        raise CheckpointError(
            f"{name} was trained on another text: {stored['characters']:,} characters with SHA-256 "
            f"{str(stored['sha256'])[:12]}, and this one has {len(corpus.ids):,} with "
            f"{corpus.sha256[:12]}",
            f"Give the same corpus, or start anew from its weights: --init-from {name}, "
            "with another --out.",
        )


def _check_blocks(division: Division, meta: dict[str, Any], name: str) -> None:
    if blocks_of(division).get("blocks") != meta.get("blocks"):
        files = visible(" ".join(map(quote, meta["corpus"]["files"])), one_line=True)
        raise CheckpointError(
            f"{name} held other blocks out of this text, which was in other files",
            f"Give the files as they were: {files}",
        )


def _threads(before: Any) -> int | None:
    return before if type(before) is int and 1 <= before <= 256 else None


def _differences(meta: dict[str, Any], threads: Any, run: Run, ranks: int) -> list[str]:
    """What is not as it was, and can change the last bits of every product."""
    versions = meta.get("versions")
    versions = versions if isinstance(versions, dict) else {}
    pairs = {
        "NumPy": (versions.get("numpy"), np.__version__),
        "charrnn": (versions.get("charrnn"), __version__),
        "MKL": (versions.get("mkl", "none"), mkl.version() or "none"),
        "ranks": (meta.get("ranks", 1), ranks),
    }
    if ranks == 1:
        pairs["threads"] = threads, run.workers
    changed = [
        f"{name} {str(old)[:20]} then, {new} now"
        for name, (old, new) in pairs.items()
        if old != new
    ]
    if not changed:
        return []
    return [f"the result may differ in its last digits from an unbroken run: {'; '.join(changed)}"]
