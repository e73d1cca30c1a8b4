"""A training session: a corpus, a configuration and a run, and how they become a checkpoint.

It opens new runs, also such that start from another model (`resume.py` continues one), and knows
which facts a checkpoint states. When to save, and what to show, is the caller's business.
"""

import platform
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from charrnn import __version__
from charrnn.errors import UsageError
from charrnn.machine import mkl
from charrnn.network.ensemble import Ensemble, is_merger
from charrnn.network.initialisation import initialise
from charrnn.progress import Progress, silent
from charrnn.storage import checkpoint
from charrnn.storage.checkpoint import Checkpoint
from charrnn.text.batches import Batches
from charrnn.text.corpus import Corpus
from charrnn.text.division import Division, divide, spans
from charrnn.text.ngram_model import NGrams
from charrnn.text.ngrams import Baselines
from charrnn.text.segment_batches import SegmentBatches
from charrnn.text.spread import check_room
from charrnn.text.unit_batches import UnitBatches
from charrnn.training.counting import counted, most_counted
from charrnn.training.excerpt import excerpt
from charrnn.training.inheriting import inherit
from charrnn.training.run import Run
from charrnn.training.settings import Budget, Settings


@dataclass
class Session:
    """Everything that `charrnn train` works with once the options are settled."""

    corpus: Corpus
    division: Division
    settings: Settings
    budget: Budget
    run: Run
    baselines: Baselines | None
    ngrams: NGrams | None = None  # of the training text
    inherited: dict[str, str] | None = None  # by `inherit`, from another model
    warnings: list[str] = field(default_factory=list)
    threads: int | None = None  # of each rank, as it was asked for or was before

    def begin_budget(self, budget: Budget, progress: Progress = silent) -> None:
        """Go on from here with a new budget, and so with a new schedule of the learning rate. More
        n-grams are counted if it allows that."""
        self.budget = budget
        self.run.begin_budget()
        beat, most = self.baselines, most_counted(budget)
        if beat and 0 < beat.counted < min(most, self.division.training.characters):
            about = self.division, len(self.corpus.vocabulary), most
            self.baselines, self.ngrams = counted(
                *about, ngrams=self.settings.ngrams, progress=progress
            )
            self.run.progress.evaluated = 0  # so that the best weights are measured with them

    def save(self, path: Path) -> None:
        """Write the best weights so far, and all that is needed to continue, to `path`."""
        checkpoint.save(path, self.checkpoint())

    def checkpoint(self) -> Checkpoint:
        """The best weights so far, and all that is needed to continue."""
        run, vocabulary = self.run, self.corpus.vocabulary
        parameters, arrays = run.result().parameters, run.arrays(timed=self.timed)
        ngrams = self.ngrams if run.progress.ngram_weight else None
        return Checkpoint(self._meta(), vocabulary.code_points, parameters, arrays, ngrams)

    @property
    def timed(self) -> bool:
        """Does the clock decide how far the run goes? If not, a file holds no time, so that equal
        runs give equal files."""
        return self.budget.seconds is not None

    def _meta(self) -> dict[str, Any]:
        run, settings, progress = self.run, self.settings, self.run.progress
        ranks = run.gradient.share.ranks.size
        loss = progress.best_loss
        return {
            "cell": settings.cell,
            "activation": settings.activation,
            "layers": settings.layers,
            "hidden_size": settings.hidden_size,
            "vocabulary_size": len(self.corpus.vocabulary),
            **({"context": settings.context} if settings.context else {}),
            "parameters": int(run.model.flat.size),
            "characters": len(self.corpus.ids),
            "seed": settings.seed,
            "threads": run.workers,
            **({"ranks": ranks} if ranks > 1 else {}),
            "training": asdict(settings) | {"budget": asdict(self.budget)},
            "best": {
                "step": progress.best_step,
                "loss": loss,
                "bits_per_character": None if loss is None else loss / np.log(2),
                "characters": progress.best_characters,
                "standard_error": progress.best_error,
                "logit_scale": progress.best_scale,
            },
            **self._voices,
            "baselines": asdict(self.baselines) if self.baselines else None,
            "history": progress.history,
            "corpus": {
                "files": list(self.corpus.files),
                "sha256": self.corpus.sha256,
                "characters": len(self.corpus.ids),
                **self.corpus.reading.stated(),
                **({"encodings": self.corpus.encodings} if self.corpus.encodings else {}),
            },
            **self._units,
            **blocks_of(self.division),
            "excerpt": self.excerpt(),
            "versions": {
                "charrnn": __version__,
                "numpy": np.__version__,
                "python": platform.python_version(),
                **({"mkl": version} if (version := mkl.version()) else {}),
            },
        }

    @property
    def _voices(self) -> dict[str, Any]:
        """With which weights the n-grams are joined, and what that achieves, if they are."""
        progress = self.run.progress
        if not (self.ngrams and progress.ngram_weight):
            return {}
        weights = {"network_weight": progress.network_weight, "ngram_weight": progress.ngram_weight}
        return {"ngrams": weights | {"loss": progress.joined_loss, "alone": progress.ngram_loss}}

    @cached_property
    def _units(self) -> dict[str, Any]:
        if self.corpus.boundary is None:
            return {}
        _, lengths = spans(self.corpus.ids, self.corpus.boundary)
        return {"units": {"count": len(lengths), "longest": int(lengths.max()) - 1}}

    def excerpt(self) -> str:
        """Text that the model carries."""
        return excerpt(self.corpus, self.division)


def new_session(
    corpus: Corpus,
    settings: Settings,
    budget: Budget,
    *,
    division: Division | None = None,
    start_from: Path | None = None,
    threads: int | None = None,
    progress: Progress = silent,
) -> Session:
    """A run from the beginning, or from the weights of another model."""
    size = len(corpus.vocabulary)
    division = division or division_of(corpus, settings)
    rng = np.random.default_rng(settings.seed)
    counts = corpus.counts - division.held_out.counts(size)
    width = settings.hidden_size // settings.members
    model = Ensemble(
        [
            initialise(
                settings.cell,
                settings.activation,
                settings.layers,
                width,
                counts,
                rng,
                settings.context or 0,
                corpus.boundary,
            )
            for _ in range(settings.members)
        ]
    )
    inherited = None
    if start_from:
        merged = model.merged(model.flat)
        inherited = inherit(merged, corpus.vocabulary, checkpoint.load(start_from))
        if not is_merger(merged.parameters, settings.members):
            problem = f"the other model is not made of {settings.members} members"
            raise UsageError(problem, "Leave --members out.")
        model = Ensemble.unmerged(merged, settings.members)
    most = most_counted(budget)
    beat, ngrams = counted(division, size, most, ngrams=settings.ngrams, progress=progress)
    run = Run(model, batches_of(division, corpus.boundary, settings), settings, threads)
    return Session(corpus, division, settings, budget, run, beat, ngrams, inherited)


def division_of(corpus: Corpus, settings: Settings) -> Division:
    """What is learnt of a corpus, and what is held out."""
    about = settings.validation, corpus.boundary, settings.seed, settings.held_out
    return divide(corpus.ids, *about, corpus.starts)


def blocks_of(division: Division) -> dict[str, Any]:
    """What a checkpoint says of blocks, if there are any: where files begin decides it too, and of
    that the text's hash knows nothing."""
    spans = division.held_out.spans
    return {"blocks": spans.tolist()} if len(spans) > 1 else {}


def batches_of(
    division: Division, boundary: int | None, settings: Settings
) -> Batches | UnitBatches | SegmentBatches:
    """The batches of a run."""
    sizes, training = (settings.batch_size, settings.sequence_length), division.training
    if len(training.spans) > 1:
        check_room(training.spans, division.held_out.spans, settings.sequence_length)
        return SegmentBatches(training.ids, training.spans, *sizes)
    (text,) = training.pieces()
    if boundary is None:
        return Batches(text, *sizes)
    return UnitBatches(text, boundary, *sizes, settings.seed)
