"""Line charts: the loss against visible context, and the history of a training."""

import math
import textwrap
from collections.abc import Sequence

from charrnn.inspection import words
from charrnn.inspection.context import Context
from charrnn.inspection.pictures.chart import Axes, Scale, legend
from charrnn.inspection.pictures.drawing import COLOURS, FAINT, Drawing
from charrnn.inspection.summary import Summary

LEFT, TOP, WIDTH, HEIGHT = 70.0, 84.0, 560.0, 300.0


def context(names: Sequence[str], reports: Sequence[Context]) -> Drawing:
    """Bits above the full context for each model, over k on a log scale."""
    one = len(reports) == 1
    title = f"{names[0]}: what context is worth" if one else "what context is worth"
    drawing = Drawing(LEFT + WIDTH + 30, 0, title, words.context(reports[0]) if one else "")
    drawing.label(20, 28, title, size=16, bold=True)
    drawing.label(
        20, 48, "the state is reset k characters back; shaded: 2 standard errors", colour=FAINT
    )
    most = max(report.visible[-1] for report in reports)
    highest = max(float((r.excess + 2 * r.standard_error).max()) for r in reports) or 1.0
    axes = Axes(
        drawing,
        Scale(1, most, LEFT, LEFT + WIDTH, log=True),
        Scale(min(0.0, *(float(r.excess.min()) for r in reports)), highest, TOP + HEIGHT, TOP),
    )
    axes.frame("", "k, visible characters", "bits per character above full context")
    for report, colour in zip(reports, COLOURS, strict=False):
        error = 2 * report.standard_error
        axes.band(report.visible, report.excess - error, report.excess + error, colour)
        axes.curve(report.visible, report.excess, colour)
        for k, bits in zip(report.visible, report.excess, strict=True):
            x, y = axes.place(k, float(bits))
            drawing.rectangle(x - 2.5, y - 2.5, 5, 5, colour)
    entries = []
    for name, report in zip(names, reports, strict=True):
        useful = f"> {report.visible[-1]}" if report.useful is None else str(report.useful)
        entries.append(f"{name}: {report.full:.3f} bits with all; {useful} characters are useful")
    finish(drawing, list(zip(entries, COLOURS, strict=False)))
    return drawing


def history(names: Sequence[str], reports: Sequence[Summary]) -> Drawing:
    """Training (dashed) and validation losses over the steps, with the baselines of the first."""
    one = len(reports) == 1
    title = f"{names[0]}: training" if one else "training, compared"
    drawing = Drawing(LEFT + WIDTH + 30, 0, title)
    first = reports[0]
    drawing.label(20, 28, title, size=16, bold=True)
    about = f"{first.layers} x {first.hidden_size} {first.cell}, {first.parameters:,} parameters"
    drawing.label(
        20, 48, about if one else "dashed: training loss; solid: validation", colour=FAINT
    )
    curves = [(points(r, "loss"), points(r, "validation")) for r in reports]
    levels = {"unigram": first.unigram, f"{first.ngram_order}-gram": first.ngram}
    known = [(name, loss) for name, loss in levels.items() if loss is not None]
    every = [p for pair in curves for curve in pair for p in curve]
    losses = [loss for _, loss in every] + [loss for _, loss in known]
    if not losses:
        drawing.label(LEFT, TOP, "The checkpoint has no training history.")
        drawing.height = TOP + 30
        return drawing
    steps = max((step for step, _ in every), default=1)
    axes = Axes(
        drawing,
        Scale(0, max(steps, 1), LEFT, LEFT + WIDTH),
        Scale(0, max(losses) * 1.05, TOP + HEIGHT, TOP),
    )
    axes.frame("", "step", "nats per character")
    for name, loss in known:
        y = axes.y(loss)
        drawing.line([(LEFT, y), (LEFT + WIDTH, y)], FAINT, 1, (2, 3))
        drawing.label(LEFT + WIDTH - 4, y - 5, name, anchor="end", size=11, colour=FAINT)
    for (training, validation), colour in zip(curves, COLOURS, strict=False):
        for curve, dash in ((training, (5.0, 3.0)), (validation, None)):
            if len(curve) > 1:
                steps_of, losses_of = [s for s, _ in curve], [loss for _, loss in curve]
                axes.curve(steps_of, losses_of, colour, 1.8, dash)
            elif curve:
                x, y = axes.place(*curve[0])
                drawing.rectangle(x - 3, y - 3, 6, 6, colour)
    entries = []
    for name, report in zip(names, reports, strict=True):
        best = "no validation loss"
        if report.best is not None:
            best = (
                f"best {report.best:.3f} nats, {report.best / math.log(2):.3f} bits per character"
            )
        entries.append(f"{name}: {best}")
    finish(drawing, list(zip(entries, COLOURS, strict=False)))
    return drawing


def points(report: Summary, what: str) -> list[tuple[int, float]]:
    pairs = ((point.step, getattr(point, what)) for point in report.history)
    return [(step, loss) for step, loss in pairs if loss is not None]


def finish(drawing: Drawing, entries: list[tuple[str, str]]) -> None:
    """Legend and caption below the panel, and the height that they need."""
    y = TOP + HEIGHT + 70
    legend(drawing, LEFT, y, entries, 20)
    y += 20 * len(entries) + 6
    for line in textwrap.wrap(drawing.caption, 85):
        drawing.label(LEFT, y, line)
        y += 18
    drawing.height = y
