"""Curves over the lag as tables of numbers and log bars, on one scale for all that is compared."""

import math
from collections.abc import Iterable, Sequence

from charrnn.inspection.canvas import Canvas
from charrnn.inspection.exchange import Exchange
from charrnn.inspection.gradients import StateGradients
from charrnn.inspection.uncertainty import rounded, with_error
from charrnn.inspection.words import figure

LOWEST = 1e-8  # the scale never reaches further down: what is fainter no longer matters
SWAP = 10  # columns of the exchange


def range_of(states: Sequence[StateGradients], lags: Iterable[int]) -> tuple[float, float]:
    """The powers of ten between which the bars run, the same for every state on the canvas."""
    medians = [float(s.relative.median[lag]) for lag in lags for s in states]
    low = math.floor(math.log10(max(min(medians), LOWEST)))
    high = math.ceil(math.log10(max(1.0, *medians)) - 0.01)
    return 10.0 ** min(low, -2), 10.0**high


def table(
    states: Sequence[StateGradients],
    lags: Iterable[int],
    scale: tuple[float, float],
    canvas: Canvas,
    titles: Sequence[str],
    columns: int,
    swap: Exchange | None = None,
) -> None:
    """A row for each lag: the relative median as a number and as a bar, for each state, and behind
    them what an exchange does. The width is that of `columns` states, so that several tables have
    one scale."""
    effects = {} if swap is None else effects_of(swap)
    width = (canvas.width - (6 + SWAP if effects else 5)) // columns
    bar = min(width - 9, 40)
    heading = "".join(title[: width - 1].ljust(width) for title in titles)
    canvas.line((f"    k {heading}{'swap, nats' if effects else ''}", "bold"))
    for lag in lags:
        row: list[str | tuple[str, str]] = [f"{lag:>5} "]
        for state in states:
            median, p90 = state.relative.median[lag], state.relative.p90[lag]
            solid = canvas.bar(share(median, scale), bar)
            reach = math.ceil(share(p90, scale) * bar)
            whole = solid + "░" * max(0, reach - len(solid))
            row += [f"{known(state, lag):<8}", (whole.ljust(width - 8), "cyan")]
        canvas.line(*row, rounded(*effects[lag]) if lag in effects else "")


def effects_of(swap: Exchange) -> dict[int, tuple[float, float]]:
    """By lag, the mean and its standard error."""
    pairs = zip(swap.effect.tolist(), swap.standard_error.tolist(), strict=True)
    return dict(zip(swap.lags, pairs, strict=True))


def exchange_table(
    swaps: Sequence[Exchange | None], titles: Sequence[str], canvas: Canvas, columns: int
) -> None:
    """What exchanges of the same states do, as numbers alone."""
    effects = [{} if swap is None else effects_of(swap) for swap in swaps]
    width = (canvas.width - 5) // columns
    heading = "".join(title[: width - 1].ljust(width) for title in titles)
    canvas.line(("    k " + heading, "bold"))
    for lag in sorted(set().union(*effects)):
        cells = (with_error(*found[lag]) if lag in found else "-" for found in effects)
        canvas.line(f"{lag:>5} ", "".join(cell.ljust(width) for cell in cells))


def total_table(
    states: Sequence[StateGradients], titles: Sequence[str], of: str, canvas: Canvas
) -> None:
    """The other curve at every timestep, on a linear scale: the loss is taken at every step."""
    what = f"{of} {'after' if of == 'state' else 'of'} step t"
    canvas.prose((f"|d(sum of all losses of the window) / d({what})|, in nats", "bold"))
    width = (canvas.width - 9) // len(states)
    heading = "".join(title.ljust(width) for title in titles)
    canvas.line(("   t  T-t " + heading, "bold"))
    highest = max(float(s.total.median.max()) for s in states) or 1.0
    steps = len(states[0].total.median)
    for t in range(steps):
        row: list[str | tuple[str, str]] = [f"{t + 1:>4} {steps - t - 1:>4} "]
        for state in states:
            value = float(state.total.median[t])
            bar = canvas.bar(value / highest, min(width - 9, 40))
            row += [f"{figure(value):<8}", (bar.ljust(width - 8), "cyan")]
        canvas.line(*row)
    canvas.prose("The last steps are small by construction: few losses follow them.")


def power(value: float) -> str:
    return "1" if value == 1 else f"1e{math.log10(value):.0f}"


def share(value: float, scale: tuple[float, float]) -> float:
    """Where a value lies between the ends of the log scale (0 and 1)."""
    low, high = scale
    if value <= low:
        return 0.0
    return min(math.log10(value / low) / math.log10(high / low), 1.0)


def known(state: StateGradients, lag: int) -> str:
    """The relative median with the digits that its interval, of four standard errors, leaves."""
    median, low, high = (float(a[lag]) for a in (state.relative.median, *state.interval))
    return "<1e-8" if 0 < median < LOWEST else rounded(median, (high - low) / 4)
