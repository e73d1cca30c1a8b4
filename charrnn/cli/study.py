"""From a request to a report: load, measure, then write JSON, draw, or save."""

import sys
from json import dumps
from pathlib import Path
from typing import Any

from charrnn.cli import measure
from charrnn.cli.inspect import Request
from charrnn.cli.reports import draw
from charrnn.cli.screen import Screen
from charrnn.cli.subject import Subject
from charrnn.errors import UsageError
from charrnn.introspect.export import SCHEMA, as_json

MOST = 6


def study(request: Request, paths: list[Path], *, save: Path | None, json: bool) -> None:
    """Run one `charrnn inspect`. Raises CharRNNError for everything that a user can get wrong."""
    if len(paths) > MOST:
        raise UsageError(f"{len(paths)} checkpoints are too many", f"Compare at most {MOST}.")
    subjects = [Subject.load(path) for path in paths]
    passage = measure.text_for(request, subjects[0])
    reports = [measure.VIEWS[request.view](subject, passage, request) for subject in subjects]
    if json:
        about = {} if passage is None else {"text": passage.about()}
        write_json(request.view, about, subjects, reports)
    else:
        draw(request, subjects, passage, reports, Screen())
    sys.stdout.flush()


def write_json(view: str, about: Any, subjects: list[Subject], reports: list[Any]) -> None:
    """One object: of the contract's shape for one model, with a list `compare` for several."""
    objects = [
        as_json(report) | {"model": subject.about()}
        for subject, report in zip(subjects, reports, strict=True)
    ]
    head = {"schema": SCHEMA, "view": view}
    whole = head | objects[0] | about if len(objects) == 1 else head | about | {"compare": objects}
    sys.stdout.write(dumps(whole) + "\n")
