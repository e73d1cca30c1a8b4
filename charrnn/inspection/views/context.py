"""How the loss falls as more of the context becomes visible."""

from charrnn.inspection import words
from charrnn.inspection.canvas import Canvas, Chart, How, Series
from charrnn.inspection.context import Context

TITLE = "what context is worth"
COLUMN = 11  # narrower than this, a figure and its bar do not fit


def show(report: Context, canvas: Canvas, how: How) -> None:
    canvas.prose(
        ("bits per character when only the last k characters are visible", "bold"),
        f"   {report.windows} windows, each from a zero state",
    )
    if canvas.charts:
        chart([""], [report], canvas)
    canvas.line((f"{'k':>5}  bits     excess   ± s.e.", "bold"))
    highest = float(max(report.excess.max(), 1e-9))
    rows = zip(report.visible, report.bits, report.excess, report.standard_error, strict=True)
    for k, bits, excess, error in rows:
        bar = canvas.bar(excess / highest, max(canvas.width - 34, 4))
        canvas.line(
            f"{k:>5}  {bits_of(bits):<8} {bits_of(excess):<8} {bits_of(error):<8} ",
            (bar, "cyan"),
        )
    canvas.line(f"{'all':>5}  {bits_of(report.full)}")
    canvas.prose(words.context(report))


def chart(names: list[str], reports: list[Context], canvas: Canvas) -> None:
    """The excess with two standard errors on both sides."""
    curves = []
    for name, r in zip(names, reports, strict=True):
        error = 2 * r.standard_error
        curves.append(Series(name, r.visible, r.excess, r.excess - error, r.excess + error))
    canvas.chart(
        Chart("", "k, visible characters", "bits above the full context", curves, log_x=True)
    )


def bits_of(value: float) -> str:
    """Three decimals, or three digits if it is absurdly large."""
    return f"{value:.3f}" if abs(value) < 100 else words.figure(value)


def compare(names: list[str], reports: list[Context], canvas: Canvas, how: How) -> None:
    """The excess of each model over its own full context, on one scale."""
    canvas.prose(
        ("bits per character above the full context, k characters visible", "bold"),
        ", each window from a zero state",
    )
    if canvas.charts:
        chart(names, reports, canvas)
    highest = max(float(report.excess.max()) for report in reports)
    common = sorted(set.intersection(*(set(report.visible) for report in reports)))
    fitting = min(max((canvas.width - 6) // COLUMN, 1), len(reports))
    width = (canvas.width - 6) // fitting
    for start in range(0, len(reports), fitting):
        side = slice(start, start + fitting)
        block(names[side], reports[side], common, highest, width, canvas)


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
            excess = float(report.excess[report.visible.index(k)])
            bar = canvas.bar(excess / highest, max(width - 8, 1))
            cells += [f"{bits_of(excess):<7}", (bar.ljust(width - 7), "cyan")]
        canvas.line(*cells)
    cells = ["useful ".ljust(6)]
    for report in reports:
        useful = f"> {report.visible[-1]}" if report.useful is None else str(report.useful)
        cells.append(useful.ljust(width))
    canvas.line(*cells)
