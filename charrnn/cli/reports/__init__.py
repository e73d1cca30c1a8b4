"""How each view is drawn on a `Screen`; the measurements come from `charrnn.introspect`."""

from typing import Any

from charrnn.cli.inspect import Request
from charrnn.cli.reports import gradients, summary
from charrnn.cli.screen import Screen
from charrnn.cli.subject import Passage, Subject


def draw(
    request: Request,
    subjects: list[Subject],
    passage: Passage | None,
    reports: list[Any],
    screen: Screen,
) -> None:
    """Draw the reports of one view: one model's, or several side by side."""
    if request.view == "gradients":
        gradients.draw(reports[0], screen, every=request.every)
    else:
        summary.draw(reports[0], screen)
