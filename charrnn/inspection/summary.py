"""What a checkpoint is: sizes, matrices, alphabet, how it was trained. Measures nothing.

The metadata may come from another program: anything beyond what the reader of checkpoints checks
may be missing or of another type, and is then None.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from charrnn.arrays import Array
from charrnn.inspection.report import Report


@dataclass(frozen=True)
class Matrix:
    """One parameter by its name in the file; `norm` is Frobenius', `largest` of the absolute."""

    name: str
    shape: tuple[int, ...]
    parameters: int
    norm: float
    largest: float


@dataclass(frozen=True)
class Point:
    """An entry of the training history; losses in nats per character, None where not measured."""

    step: int
    seconds: float | None
    loss: float | None
    validation: float | None


@dataclass(frozen=True, repr=False)
class Summary(Report):
    """The checkpoint in numbers; losses in nats per character, all on held-out text."""

    cell: str
    activation: str
    layers: int
    hidden_size: int
    vocabulary: str
    parameters: int
    matrices: tuple[Matrix, ...]
    corpus: Mapping[str, Any]
    training: Mapping[str, Any]
    versions: Mapping[str, Any]
    seed: int | None
    excerpt_characters: int
    best: float | None  # of the network alone
    joined: float | None  # of the network and the n-grams in its file
    longest_piece: int | None  # characters of the text that stand there, with all n-grams
    best_step: int | None
    best_characters: int | None  # that it was measured on
    best_error: float | None  # its standard error
    unigram: float | None
    ngram: float | None
    ngram_order: int | None
    history: tuple[Point, ...]


def summarise(meta: Mapping[str, Any], vocabulary: str, parameters: Mapping[str, Array]) -> Summary:
    """Read metadata that may lack anything but the architecture; `vocabulary` in index order."""
    matrices = tuple(
        Matrix(
            name,
            p.shape,
            p.size,
            float(np.linalg.norm(p.astype(np.float64))),
            float(np.abs(p).max()),
        )
        for name, p in parameters.items()
    )
    best, baselines = mapping(meta.get("best")), mapping(meta.get("baselines"))
    ngrams = mapping(meta.get("ngrams"))
    excerpt = meta.get("excerpt")
    return Summary(
        cell=meta["cell"],
        activation=meta["activation"],
        layers=meta["layers"],
        hidden_size=meta["hidden_size"],
        vocabulary=vocabulary,
        parameters=sum(matrix.parameters for matrix in matrices),
        matrices=matrices,
        corpus=mapping(meta.get("corpus")),
        training=mapping(meta.get("training")),
        versions=mapping(meta.get("versions")),
        seed=whole(meta.get("seed")),
        excerpt_characters=len(excerpt) if isinstance(excerpt, str) else 0,
        best=number(best.get("loss")),
        joined=number(ngrams.get("loss")),
        longest_piece=whole(ngrams.get("order")),
        best_step=whole(best.get("step")),
        best_characters=whole(best.get("characters")),
        best_error=number(best.get("standard_error")),
        unigram=number(baselines.get("unigram")),
        ngram=number(baselines.get("ngram")),
        ngram_order=whole(baselines.get("order")),
        history=tuple(history(meta.get("history"))),
    )


def history(entries: Any) -> list[Point]:
    """The entries that have at least a step."""
    points = []
    for entry in entries if isinstance(entries, list) else []:
        about = mapping(entry)
        step = whole(about.get("step"))
        if step is not None:
            values = (number(about.get(key)) for key in ("seconds", "loss", "validation"))
            points.append(Point(step, *values))
    return points


def mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def number(value: Any) -> float | None:
    """A finite number as a float, anything else as None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        converted = float(value)
    except OverflowError:
        return None
    return converted if math.isfinite(converted) else None


def whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
