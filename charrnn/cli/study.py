"""From a request to a report: load, measure, then write JSON, draw, or save."""

import sys
from json import dumps
from pathlib import Path
from typing import Any

from charrnn.cli import measure
from charrnn.cli.inspect import Request
from charrnn.cli.reports import compare, draw, short_names
from charrnn.cli.screen import Screen
from charrnn.cli.subject import Passage, Subject
from charrnn.errors import UsageError
from charrnn.introspect.export import SCHEMA, as_json

MOST = 6


def study(request: Request, paths: list[Path], *, save: Path | None, json: bool) -> None:
    """Run one `charrnn inspect`. Raises CharRNNError for everything that a user can get wrong."""
    if len(paths) > MOST:
        raise UsageError(f"{len(paths)} checkpoints are too many", f"Compare at most {MOST}.")
    subjects = [Subject.load(path) for path in paths]
    text = measure.text_for(request, subjects[0])
    measure.check_comparable(subjects, text, request)
    reports = [measure.VIEWS[request.view](subject, text, request) for subject in subjects]
    if json:
        sys.stdout.write(dumps(whole_json(request.view, text, subjects, reports)) + "\n")
    elif len(reports) == 1:
        draw(request, text, reports[0], Screen())
    else:
        screen = Screen()
        compare(request, short_names(subjects, screen), reports, screen)
    sys.stdout.flush()


def whole_json(
    view: str, text: Passage, subjects: list[Subject], reports: list[Any]
) -> dict[str, Any]:
    """One object: of the contract's shape for one model, with a list `compare` for several."""
    objects = [
        as_json(report) | {"model": subject.about()}
        for subject, report in zip(subjects, reports, strict=True)
    ]
    head = {"schema": SCHEMA, "view": view}
    about = {"text": text.about()} if text.text else {}
    return head | objects[0] | about if len(objects) == 1 else head | about | {"compare": objects}
