"""Draws how the loss falls as more of the context becomes visible."""

from charrnn.cli.inspect.screen import Screen
from charrnn.inspection import words
from charrnn.inspection.context import Context


def draw(report: Context, screen: Screen) -> None:
    screen.line(
        ("bits per character when only the last k characters are visible", "bold"),
        f"   {report.windows} windows",
    )
    screen.line((f"{'k':>5}  bits     excess   ± s.e.", "bold"))
    highest = float(max(report.excess.max(), 1e-9))
    rows = zip(report.visible, report.bits, report.excess, report.standard_error, strict=True)
    for k, bits, excess, error in rows:
        bar = screen.bar(excess / highest, max(screen.width - 34, 4))
        screen.line(
            f"{k:>5}  {bits_of(bits):<8} {bits_of(excess):<8} {bits_of(error):<8} ",
            (bar, "cyan"),
        )
    screen.line(f"{'all':>5}  {bits_of(report.full)}")
    screen.prose(words.context(report))


def bits_of(value: float) -> str:
    """Three decimals, or three digits if it is absurdly large."""
    return f"{value:.3f}" if abs(value) < 100 else words.figure(value)


def compare(names: list[str], reports: list[Context], screen: Screen) -> None:
    """The excess of each model over its own full context, on one scale."""
    screen.line(("bits per character above the full context, k characters visible", "bold"))
    width = (screen.width - 6) // len(reports)
    screen.line("    k ", *((name[: width - 1].ljust(width), "bold") for name in names))
    highest = max(float(report.excess.max()) for report in reports)
    common = sorted(set.intersection(*(set(report.visible) for report in reports)))
    for k in common:
        cells: list[str | tuple[str, str]] = [f"{k:>5} "]
        for report in reports:
            excess = float(report.excess[report.visible.index(k)])
            bar = screen.bar(excess / highest, max(width - 8, 1))
            cells += [f"{bits_of(excess):<7}", (bar.ljust(width - 7), "cyan")]
        screen.line(*cells)
    cells = ["useful ".ljust(6)]
    for report in reports:
        useful = f"> {report.visible[-1]}" if report.useful is None else str(report.useful)
        cells.append(useful.ljust(width))
    screen.line(*cells)
