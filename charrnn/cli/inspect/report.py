"""From a request to a report: load, measure, then write JSON, show it, or save it."""

import signal
from json import dumps
from pathlib import Path
from typing import Any

from charrnn.cli.inspect.checks import check_comparable
from charrnn.cli.inspect.screen import Screen
from charrnn.cli.inspect.voices import Voice, check_voices, voices_of
from charrnn.cli.terminal.signals import handled
from charrnn.cli.terminal.terminal import Terminal
from charrnn.errors import UsageError
from charrnn.inspection.canvas import How
from charrnn.inspection.export import SCHEMA, as_json
from charrnn.inspection.paired import differences
from charrnn.inspection.pictures.save import check_format
from charrnn.inspection.pictures.save import save as save_picture
from charrnn.inspection.request import Request
from charrnn.inspection.views import VIEWS
from charrnn.library import Model, load
from charrnn.library.checks import check_dynamic, settled
from charrnn.library.measure import measured, text_for
from charrnn.library.measured_text import MeasuredText, about
from charrnn.storage.atomic import check_writable

MOST = 6


def report(request: Request, paths: list[Path], terminal: Terminal) -> None:
    """Run one `charrnn inspect`. Raises CharRNNError for everything that a user can get wrong."""
    save = request.save
    if len(paths) > MOST:
        raise UsageError(f"{len(paths)} checkpoints are too many", f"Compare at most {MOST}.")
    if save is not None:
        check_format(save)
        check_writable(save)
    check_dynamic(request)
    check_voices(request, len(paths))
    models = [load(path) for path in paths]
    if request.ngrams:
        models = voices_of(models[0])
    request = settled(request, models)
    text = text_for(request, models[0])
    terminal.stderr.say(*text.notes, *strangers(models, text))
    check_comparable(models, text, request)
    reports = [measured(model, text, request) for model in models]
    if save is not None:
        whole = whole_json(request.view, text, models, reports)
        # An interrupted save removes what it has begun.
        with handled([signal.SIGINT], signal.default_int_handler):
            save_picture(
                save, request.view, file_names(models), reports, text.text, whole, text.named
            )
        terminal.stderr.say(f"saved {save}")
    if request.json:
        terminal.stdout.write(dumps(whole_json(request.view, text, models, reports)) + "\n")
        return
    screen, view = Screen(terminal.stdout), VIEWS[request.view]
    how = How(text.text, request.every, request.top, text.named)
    if len(reports) == 1:
        view.show(reports[0], screen, how)
    else:
        view.compare([screen.text(name) for name in file_names(models)], reports, screen, how)


def strangers(models: list[Model], text: MeasuredText) -> list[str]:
    """Of models measured on the first one's excerpt, those that carry another."""
    first, *others = models
    differing = [m.path for m in others if m.meta.get("excerpt") != first.meta.get("excerpt")]
    if not text.named or not differing:
        return []
    return [f"{path} may have learnt this text: it carries another excerpt" for path in differing]


def whole_json(
    view: str, text: MeasuredText, models: list[Model], reports: list[Any]
) -> dict[str, Any]:
    """One object: of the contract's shape for one model, with a list `compare` for several."""
    objects: list[dict[str, Any]] = [
        as_json(report) | {"model": about(model) | voice(model)}
        for model, report in zip(models, reports, strict=True)
    ]
    for other, difference in zip(objects[1:], differences(reports), strict=True):
        if difference is not None:
            other["minus_first"] = as_json(difference)
    head: dict[str, Any] = {"schema": SCHEMA, "view": view}
    measured_on = {"text": text.about()} if text.text else {}
    if len(objects) == 1:
        return head | objects[0] | measured_on
    return head | measured_on | {"compare": objects}


def voice(model: Model) -> dict[str, str]:
    """What JSON says of a model that is a voice of another."""
    return {"voice": model.name} if isinstance(model, Voice) else {}


def file_names(models: list[Model]) -> list[str]:
    """File names without `.npz`, or whole paths where two names are the same; of the voices of one
    model their names."""
    if voices := [model.name for model in models if isinstance(model, Voice)]:
        return voices
    stems = [model.file_name for model in models]
    unique = len(set(stems)) == len(stems)
    return stems if unique else [model.path for model in models]
