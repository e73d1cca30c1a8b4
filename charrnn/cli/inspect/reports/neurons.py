"""Draws which units follow which property of the text, and one unit painted over it."""

from charrnn.cli.inspect.reports.paint import diverging, paint
from charrnn.cli.inspect.screen import Screen
from charrnn.inspection.neurons import Finding, Neurons

ROWS = 8


def draw(report: Neurons, screen: Screen, *, every: bool = False) -> None:
    screen.line(
        ("units that follow a property", "bold"),
        f" (r of {report.quantity}; null: best |r| of 100 shifts)",
    )
    screen.line(("property         best unit        r     null, 95 %  next best", "bold"))
    for finding in report.findings:
        finding_line(finding, screen)
    if report.painted is None:
        screen.prose("No property changes on this text, so no unit is painted (--unit N).")
        return
    unit = f"layer {report.painted.layer} unit {report.painted.unit}"
    screen.line((f"{report.quantity} of {unit} over the text", "bold"), legend(screen))
    limit = len(report.text) if every else ROWS * screen.width
    drawn = paint(
        screen,
        report.text[:limit],
        report.values.tolist(),
        diverging,
        digit,
        None if every else ROWS,
    )
    if drawn < len(report.text):
        left = len(report.text) - drawn
        screen.line((f"... {left:,} more characters (--every shows all)", "dim"))


def finding_line(finding: Finding, screen: Screen) -> None:
    best, *others = finding.matches
    clear = abs(best.correlation or 0) > finding.null_p95
    following = "  ".join(f"{m.layer}:{m.unit} {m.correlation:+.2f}" for m in others[:2])
    screen.line(
        f"{finding.predicate:<17}",
        (f"{best.layer}:{best.unit}".ljust(12), "bold"),
        f"{best.correlation:+.2f}      {finding.null_p95:.2f}       ",
        following if clear else "no better than chance",
    )


def legend(screen: Screen) -> str:
    return ": blue -1, white 0, orange +1" if screen.colour else ": a-i negative, 1-9 positive"


def digit(value: float) -> str:
    """Nine steps each way without colour: a to i below zero, 1 to 9 above, a point near zero."""
    step = min(round(abs(value) * 9), 9)
    if step == 0:
        return "."
    return str(step) if value > 0 else "abcdefghi"[step - 1]
