"""A training session: a corpus, a configuration and a run, and how they become a checkpoint.

It opens new runs, resumed runs and runs that start from another model, and knows which facts a
checkpoint states. When to save, and what to show, is the caller's business.
"""

import platform
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from charrnn import __version__, checkpoint
from charrnn.baselines import Baselines, baselines, unigram_counts
from charrnn.checkpoint import Checkpoint
from charrnn.config import Budget, Settings
from charrnn.corpus import Corpus, split
from charrnn.errors import CheckpointError
from charrnn.initialisation import initialise
from charrnn.model import CharModel
from charrnn.ops import Array
from charrnn.run import Run
from charrnn.streams import Streams
from charrnn.vocabulary import Vocabulary

#: Characters of held-out text that a checkpoint carries, so that `inspect` needs no corpus.
EXCERPT = 20_000


@dataclass
class Session:
    """Everything that `charrnn train` works with once the options are settled."""

    corpus: Corpus
    settings: Settings
    budget: Budget
    run: Run
    baselines: Baselines | None

    @property
    def held_out(self) -> Array:
        """The validation text with one character before it, for `training.train`."""
        training, held_out = split(self.corpus.ids, self.settings.validation)
        return self.corpus.ids[len(training) - 1 :] if len(held_out) else held_out

    def begin_budget(self, budget: Budget) -> None:
        """Go on from here with a new budget, and so with a new schedule of the learning rate."""
        self.budget = budget
        self.run.begin_budget()

    def save(self, path: Path) -> None:
        """Write the best weights so far, and all that is needed to continue, to `path`."""
        run, vocabulary = self.run, self.corpus.vocabulary
        parameters = run.model.named(run.best_weights())
        meta = self._meta()
        checkpoint.save(
            path, Checkpoint(meta, vocabulary.code_points, parameters, run.arrays(timed=self.timed))
        )

    @property
    def timed(self) -> bool:
        """Does the clock decide how far the run goes? If not, a file holds no time, so that equal
        runs give equal files."""
        return self.budget.seconds is not None

    def _meta(self) -> dict[str, Any]:
        run, settings, progress = self.run, self.settings, self.run.progress
        loss = progress.best_loss
        return {
            "cell": settings.cell,
            "activation": settings.activation,
            "layers": settings.layers,
            "hidden_size": settings.hidden_size,
            "vocabulary_size": len(self.corpus.vocabulary),
            "parameters": int(run.model.flat.size),
            "characters": len(self.corpus.ids),
            "seed": settings.seed,
            "training": asdict(settings) | {"budget": asdict(self.budget)},
            "best": {
                "step": progress.best_step,
                "loss": loss,
                "bits_per_character": None if loss is None else loss / np.log(2),
            },
            "baselines": asdict(self.baselines) if self.baselines else None,
            "history": progress.history,
            "corpus": {
                "files": list(self.corpus.files),
                "sha256": self.corpus.sha256,
                "characters": len(self.corpus.ids),
                "encoding": self.corpus.encoding,
            },
            "excerpt": self._excerpt(),
            "versions": {
                "charrnn": __version__,
                "numpy": np.__version__,
                "python": platform.python_version(),
            },
        }

    def _excerpt(self) -> str:
        training, held_out = split(self.corpus.ids, self.settings.validation)
        ids = held_out[:EXCERPT] if len(held_out) else training[-EXCERPT:]
        return self.corpus.vocabulary.decode(ids)


def new_session(
    corpus: Corpus,
    settings: Settings,
    budget: Budget,
    *,
    start_from: Path | None = None,
    threads: int | None = None,
) -> Session:
    """A run from the beginning, or from the weights of another model."""
    rng = np.random.default_rng(settings.seed)
    training, _ = split(corpus.ids, settings.validation)
    counts = unigram_counts(training, len(corpus.vocabulary))
    model = initialise(
        settings.cell, settings.activation, settings.layers, settings.hidden_size, counts, rng
    )
    if start_from:
        inherit(model, corpus.vocabulary, checkpoint.load(start_from))
    return _session(corpus, settings, budget, model, threads)


def resume_session(corpus: Corpus, path: Path, *, threads: int | None = None) -> Session:
    """The run that `path` holds, exactly where it stopped.

    Raises CheckpointError if the file cannot be continued, or belongs to another text.
    """
    stored = checkpoint.load(path, with_resume=True)
    if not stored.resume or "json" not in stored.resume:
        raise CheckpointError(
            f"{path} holds no state to resume from",
            f"Start a new run from its weights: --init-from {path}, with another --out.",
        )
    if corpus.sha256 != stored.meta["corpus"]["sha256"]:
        raise CheckpointError(
            f"{path} was trained on another text (SHA-256 {stored.meta['corpus']['sha256'][:12]}, "
            f"this one {corpus.sha256[:12]})",
            f"Give the same corpus, or start anew from its weights: --init-from {path}.",
        )
    training = dict(stored.meta["training"])
    budget = Budget(**training.pop("budget"))
    settings = Settings(**training)
    model = CharModel(stored.parameters, cell=settings.cell, activation=settings.activation)
    session = _session(corpus, settings, budget, model, threads)
    session.run.restore(stored.resume)
    return session


def _session(
    corpus: Corpus,
    settings: Settings,
    budget: Budget,
    model: CharModel,
    threads: int | None,
) -> Session:
    training, held_out = split(corpus.ids, settings.validation)
    streams = Streams(training, settings.batch_size, settings.sequence_length)
    beat = baselines(training, held_out, len(corpus.vocabulary)) if len(held_out) else None
    return Session(corpus, settings, budget, Run(model, streams, settings, threads), beat)


def inherit(model: CharModel, vocabulary: Vocabulary, other: Checkpoint) -> dict[str, str]:
    """Copy the weights of `other` into `model`, rows and columns matched by character.

    Returns the characters that were `kept`, are `new` and were `dropped`, each as one string.
    Raises CheckpointError if the networks differ in cell, layers or hidden size.
    """
    for name in ("cell", "activation", "layers", "hidden_size"):
        mine = {
            "cell": model.cell.name,
            "activation": model.cell.activation,
            "layers": model.layers,
            "hidden_size": model.hidden_size,
        }[name]
        if mine != other.meta[name]:
            option = name.replace("_", "-")
            raise CheckpointError(
                f"the other model has {option} {other.meta[name]}, this one {mine}",
                f"Give --{option} {other.meta[name]}, or leave the option out.",
            )
    _, here, there = np.intersect1d(
        vocabulary.code_points, other.vocabulary, assume_unique=True, return_indices=True
    )
    for name, array in model.parameters.items():
        source = other.parameters[name]
        if name == "rnn.weight_ih_l0":
            array[:, here] = source[:, there]
        elif name.startswith("head."):
            array[here] = source[there]
        else:
            array[...] = source
    old = Vocabulary(other.vocabulary).characters
    return {
        "kept": "".join(c for c in vocabulary.characters if c in old),
        "new": "".join(c for c in vocabulary.characters if c not in old),
        "dropped": "".join(c for c in old if c not in vocabulary.characters),
    }
