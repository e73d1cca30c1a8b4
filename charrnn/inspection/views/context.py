"""How the loss falls as more of the context becomes visible."""

import math

from charrnn.inspection import words
from charrnn.inspection.canvas import Canvas, Cell, Chart, How, Series
from charrnn.inspection.context import CHANGED_BITS, Context, Excess
from charrnn.inspection.paired import ContextDifference, difference
from charrnn.inspection.standard_errors import two_sided

TITLE = "what context is worth"
COLUMN = 18  # narrower than this, a figure with its error and its bar do not fit
BAR = 17


def show(report: Context, canvas: Canvas, how: How) -> None:
    canvas.prose(
        ("bits per character above the full context, only the last k characters true", "bold"),
        f": {report.windows:,} windows{how.of}{from_blocks(report)}; what is older "
        "is gone (each window from a zero state) or is that of another place; changed: by > "
        f"{CHANGED_BITS} bit",
    )
    if canvas.charts:
        curves = [
            series(name, report, excess)
            for name, excess in (("zero state", report), ("another place", report.elsewhere))
        ]
        chart(curves, canvas)
    highest = float(max(report.excess.max(), 1e-9))
    canvas.table(
        "k    bits   zero state      changed  another place   changed",
        [row(report, i, highest, canvas) for i in range(len(report.visible))],
    )
    canvas.line(f"all  {words.measured(report.full, report.full_error)}")
    canvas.prose(words.context(report))


def row(report: Context, i: int, highest: float, canvas: Canvas) -> list[Cell]:
    error = max(float(report.standard_error[i]), report.full_error)
    cells: list[Cell] = [
        f"{report.visible[i]:<5}",
        f"{words.digits(float(report.bits[i]), error):<7}",
    ]
    for excess in (report, report.elsewhere):
        figure = words.measured(float(excess.excess[i]), float(excess.standard_error[i]))
        cells += [f"{figure:<16}", f"{100 * float(excess.changed[i]):>4.0f} %   "]
    return [*cells, (canvas.bar(float(report.excess[i]) / highest, BAR), "cyan")]


def from_blocks(report: Context) -> str:
    if math.isfinite(two_sided(report.blocks)):
        return f", ± standard error from {report.blocks} blocks"
    return ", too few for standard errors"


def series(name: str, report: Context, excess: Excess) -> Series:
    """The excess with its limits of 95 %."""
    limits = two_sided(excess.blocks)
    margin, known = limits * excess.standard_error, math.isfinite(limits)
    low, high = excess.excess - margin, excess.excess + margin
    return Series(
        name, report.visible, excess.excess, low if known else None, high if known else None
    )


def chart(curves: list[Series], canvas: Canvas) -> None:
    canvas.chart(
        Chart("", "k, visible characters", "bits above the full context", curves, log_x=True)
    )


def compare(names: list[str], reports: list[Context], canvas: Canvas, how: How) -> None:
    """The excess of each model over its own full context, on one scale, and how far those of the
    others are from the first one's."""
    canvas.prose(
        ("bits per character above the full context, k characters visible", "bold"),
        f", {reports[0].windows:,} windows{how.of}, each from a zero state, ± standard error",
    )
    if canvas.charts:
        chart([series(name, r, r) for name, r in zip(names, reports, strict=True)], canvas)
    highest = max(float(report.excess.max()) for report in reports)
    common = sorted(set.intersection(*(set(report.visible) for report in reports)))
    fitting = min(max((canvas.width - 6) // COLUMN, 1), len(reports))
    width = (canvas.width - 6) // fitting
    for start in range(0, len(reports), fitting):
        side = slice(start, start + fitting)
        block(names[side], reports[side], common, highest, width, canvas)
    for name, other in zip(names[1:], reports[1:], strict=True):
        apart = difference(reports[0], other)
        if isinstance(apart, ContextDifference):
            canvas.prose(f"In words: {words.context_differs(name, names[0], apart)}")


def block(
    names: list[str],
    reports: list[Context],
    common: list[int],
    highest: float,
    width: int,
    canvas: Canvas,
) -> None:
    """The excesses of as many models as fit side by side, each in `width` columns."""
    canvas.line("    k ", *((name[: width - 1].ljust(width), "bold") for name in names))
    for k in common:
        cells: list[str | tuple[str, str]] = [f"{k:>5} "]
        for report in reports:
            i = report.visible.index(k)
            excess, error = float(report.excess[i]), float(report.standard_error[i])
            bar = canvas.bar(excess / highest, max(width - 17, 1))
            cells += [f"{words.measured(excess, error):<16}", (bar.ljust(width - 16), "cyan")]
        canvas.line(*cells)
    cells = ["below ".ljust(6)]
    for report in reports:
        found = (report.stays_below, *report.between)
        below, low, high = (f"> {report.visible[-1]}" if n is None else str(n) for n in found)
        cells.append(f"{below} ({low} to {high})".ljust(width))
    canvas.line(*cells)
