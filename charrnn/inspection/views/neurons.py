"""Which units follow which property of the text, and one unit painted over it."""

from charrnn.inspection import words
from charrnn.inspection.canvas import Canvas, Cell, How
from charrnn.inspection.neurons import Finding, Neurons
from charrnn.inspection.views.painted import paint

TITLE = "units that follow a property"


def show(report: Neurons, canvas: Canvas, how: How) -> None:
    canvas.prose(
        ("units that follow a property", "bold"),
        f" (r of {report.quantity}; null: best |r| of 100 shifts); read "
        f"{words.begun(report.readers, report.warm_up)}",
    )
    canvas.table(
        "property         best unit        r     null, 95 %  next best",
        [finding_row(finding) for finding in report.findings],
    )
    if report.painted is None:
        canvas.prose("No property changes on this text, so no unit is painted (--unit N).")
        return
    unit = f"layer {report.painted.layer} unit {report.painted.unit}"
    canvas.prose((f"{report.quantity} of {unit} over the text", "bold"), legend(canvas))
    rows = None if how.every else canvas.rows - 2
    paint(canvas, report.text, report.values.tolist(), canvas.diverging, digit, rows)


def finding_row(finding: Finding) -> list[Cell]:
    best, *others = finding.matches
    clear = abs(best.correlation or 0) > finding.null_p95
    following = "  ".join(f"{m.layer}:{m.unit} {m.correlation:+.2f}" for m in others[:2])
    return [
        f"{finding.predicate:<17}",
        (f"{best.layer}:{best.unit}".ljust(12), "bold"),
        f"{best.correlation:+.2f}      ",
        f"{finding.null_p95:.2f}       ",
        following if clear else "no better than chance",
    ]


def legend(canvas: Canvas) -> str:
    return ": blue -1, white 0, orange +1" if canvas.colour else ": a-i negative, 1-9 positive"


def digit(value: float) -> str:
    """Nine steps each way without colour: a to i below zero, 1 to 9 above, a point near zero."""
    step = min(round(abs(value) * 9), 9)
    if step == 0:
        return "."
    return str(step) if value > 0 else "abcdefghi"[step - 1]
