"""Runs the measurement of each view on a subject, with defaults that fit the text."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from charrnn.cli.inspect import Request
from charrnn.cli.subject import Passage, Subject, passage
from charrnn.errors import UsageError
from charrnn.introspect.dynamics import lyapunov, spectral_radii
from charrnn.introspect.gradients import Gradients, gradient_norms
from charrnn.introspect.summary import Summary, summarise

STEPS, WINDOWS, BURN_IN = 100, 64, 100
LYAPUNOV_WINDOWS = 16


def text_for(request: Request, subject: Subject) -> Passage | None:
    """The text that every model of the comparison is measured on; `summary` needs none."""
    if request.view == "summary":
        return None
    return passage(subject, request.text, request.prompt)


def gradients(subject: Subject, text: Passage | None, request: Request) -> Gradients:
    """Gradient norms; on a text too short for the default window, the window shrinks."""
    assert text is not None
    ids, model = subject.encode(text.text), subject.model()
    check_layer(subject, request.layer)
    burn_in = request.burn_in
    if burn_in is None:
        wanted = request.steps or STEPS
        burn_in = min(BURN_IN, max(0, len(ids) - 1 - wanted), max(0, len(ids) // 3))
    steps = request.steps or min(STEPS, max(2, (len(ids) - 1 - burn_in) * 2 // 3))
    windows = request.windows or WINDOWS
    report = gradient_norms(model, ids, steps=steps, windows=windows, burn_in=burn_in)
    exponent = lyapunov(
        model, ids, steps=steps, windows=min(windows, LYAPUNOV_WINDOWS), burn_in=burn_in
    )
    radii = [spectral_radii(model, layer) for layer in range(model.layers)]
    report = replace(report, lyapunov=exponent, spectral_radius=tuple(radii))
    if request.layer is not None:
        report = replace(report, layers=tuple(s for s in report.layers if s.layer == request.layer))
    return report


def summary(subject: Subject, text: Passage | None, request: Request) -> Summary:
    return summarise(
        subject.checkpoint.meta, subject.vocabulary.characters, subject.checkpoint.parameters
    )


def check_layer(subject: Subject, layer: int | None) -> None:
    layers = subject.checkpoint.meta["layers"]
    if layer is not None and layer >= layers:
        raise UsageError(
            f"{subject.path} has no layer {layer}",
            f"It has {layers}, counted from 0 at the bottom.",
        )


Measure = Callable[[Subject, Passage | None, Request], Any]
VIEWS: dict[str, Measure] = {"gradients": gradients, "summary": summary}
