"""What the model is, in the words of `charrnn inspect --view summary`, for readers of a page.

A page is passed on, so that of the files of the training text only the names are told, not where on
somebody's computer they were.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Any

from charrnn.inspection.summary import Summary
from charrnn.inspection.views.summary import network_of, shown
from charrnn.inspection.words import figure, plural

LN2 = 0.6931471805599453


def facts(report: Summary, written: float | None) -> list[tuple[str, str]]:
    """Titles and what is to be said; `written` is when the file was, in seconds of Unix time."""
    network, more = network_of(report)
    told = [
        ("network", network + more),
        ("alphabet", plural(len(report.vocabulary), "character")),
        ("text", pairs(without_folders(report.corpus))),
        ("held-out loss", losses(report)),
        ("training", pairs(report.training)),
        ("seed", "not recorded" if report.seed is None else str(report.seed)),
        ("versions", pairs(report.versions)),
    ]
    if written is not None:
        told.append(("file", f"of {datetime.fromtimestamp(written, UTC):%Y-%m-%d}"))
    return told


def without_folders(corpus: Mapping[str, Any]) -> dict[str, Any]:
    files = corpus.get("files")
    if not isinstance(files, list):
        return dict(corpus)
    return {**corpus, "files": [PurePath(file).name for file in files if isinstance(file, str)]}


def pairs(about: Mapping[str, Any]) -> str:
    words = (f"{key.replace('_', ' ')} {shown(value)}" for key, value in about.items())
    return ", ".join(words) or "not recorded"


def losses(report: Summary) -> str:
    """That of the model, and what counting achieves on the same text."""
    of = {
        "this network": report.best,
        f"{report.ngram_order}-gram": report.ngram,
        "unigram": report.unigram,
    }
    said = [
        f"{name} {figure(loss)} nats ({figure(loss / LN2)} bits) a character"
        for name, loss in of.items()
        if loss is not None
    ]
    return "; ".join(said) or "not recorded"
