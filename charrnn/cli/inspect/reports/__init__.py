"""How each view is drawn on a `Screen`; the measurements come from `charrnn.introspect`."""

from typing import Any

from charrnn.cli.inspect.options import Request
from charrnn.cli.inspect.reports import (
    context,
    gates,
    gradients,
    neurons,
    prediction,
    summary,
    surprisal,
    unfold,
)
from charrnn.cli.inspect.screen import Screen
from charrnn.cli.inspect.subject import Passage


def draw(request: Request, text: Passage, report: Any, screen: Screen) -> None:
    """Draw one model's report."""
    match request.view:
        case "gradients":
            gradients.draw(report, screen, every=request.every)
        case "summary":
            summary.draw(report, screen)
        case "unfold":
            unfold.draw(report, screen)
        case "surprisal":
            surprisal.draw(report, text, screen, every=request.every)
        case "next":
            prediction.draw(report, screen, top=request.top)
        case "neurons":
            neurons.draw(report, screen, every=request.every)
        case "gates":
            gates.draw(report, screen)
        case "context":
            context.draw(report, screen)


def compare(request: Request, names: list[str], reports: list[Any], screen: Screen) -> None:
    """Draw several models' reports of one view side by side."""
    match request.view:
        case "gradients":
            gradients.compare(names, reports, screen, every=request.every)
        case "summary":
            summary.compare(names, reports, screen)
        case "surprisal":
            surprisal.compare(names, reports, screen)
        case "next":
            prediction.compare(names, reports, screen, top=request.top)
        case "context":
            context.compare(names, reports, screen)
