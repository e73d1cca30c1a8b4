"""Gradient norms over the lag: log bars or curves for each state, and one line about each."""

import math
from collections.abc import Iterable, Sequence

from charrnn.inspection import words
from charrnn.inspection.canvas import Canvas, Cell, Chart, How, Part, Series, sparkline
from charrnn.inspection.gradients import Gradients, StateGradients
from charrnn.inspection.words import figure

TITLE = "gradient norms per timestep"
LOWEST = 1e-8  # the scale never reaches further down: what is fainter no longer matters
LAGS = 12
COLUMN = 18  # narrower than this, a bar and its value cannot be read


def show(report: Gradients, canvas: Canvas, how: How) -> None:
    """The default screen, in 24 lines and 80 columns."""
    states = shown_states(report, canvas)
    lags = range(report.steps) if how.every else spread(report.steps)
    scale = range_of(states, lags)
    header(report, scale, canvas)
    if report.seeded_with == "random":
        canvas.prose("The softmax layer is untrained (all zero): a random direction of h instead.")
    if len(states) < len(report.layers):
        hidden = ", ".join(f"{s.layer} {s.state}" for s in report.layers[: -len(states)])
        canvas.prose(f"not shown here: layer {hidden} (--layer, or --json)")
    if canvas.charts:
        charts([name_of(state) for state in states], states, report.steps, report.of, canvas)
    else:
        table(states, lags, scale, canvas)
        if how.every:
            total_table(states, report.of, canvas)
    footer(report, states, canvas)


def name_of(state: StateGradients) -> str:
    return "input" if state.state == "x" else f"layer {state.layer} {state.state}"


def charts(
    names: Sequence[str], states: Sequence[StateGradients], steps: int, of: str, canvas: Canvas
) -> None:
    """Both curves with the range of the middle 80 %."""
    lags, ts = list(range(steps)), list(range(1, steps + 1))
    pairs = list(zip(names, states, strict=True))
    relative = [(name, s.relative) for name, s in pairs]
    total = [(name, s.total) for name, s in pairs]
    lag_curves, total_curves = (
        [Series(n, xs, b.median[:steps], b.p10[:steps], b.p90[:steps]) for n, b in bands]
        for xs, bands in ((lags, relative), (ts, total))
    )
    canvas.chart(
        Chart(
            "lag: loss at one step",
            "k, characters back",
            f"|d loss(T) / d {of}(T - k)|, share of k = 0",
            lag_curves,
            log_y=True,
            lowest=LOWEST,
            marks=[("1 %", 0.01)],
        ),
        Chart(
            "total: loss at every step",
            "t, step of the window",
            f"|d sum of losses / d {of}(t)|",
            total_curves,
        ),
    )


def range_of(states: Sequence[StateGradients], lags: Iterable[int]) -> tuple[float, float]:
    """The powers of ten between which the bars run, the same for every state on the canvas."""
    medians = [float(s.relative.median[lag]) for lag in lags for s in states]
    low = math.floor(math.log10(max(min(medians), LOWEST)))
    high = math.ceil(math.log10(max(1.0, *medians)) - 0.01)
    return 10.0 ** min(low, -2), 10.0**high


def shown_states(report: Gradients, canvas: Canvas) -> tuple[StateGradients, ...]:
    """As many states as fit, the topmost layers first to stay."""
    if canvas.charts:
        return report.layers
    fitting = min(4, max(1, (canvas.width - 5) // COLUMN))
    return report.layers[-fitting:]


def spread(steps: int) -> list[int]:
    """About a dozen lags from 0 to T - 1, evenly on a log scale."""
    last = steps - 1
    ratio = last ** (1 / (LAGS - 2)) if last > 1 else 1.0
    lags = {0, *(round(ratio**i) for i in range(LAGS - 1))}
    lags |= set(range(min(3, steps)))
    return sorted(lag for lag in lags if lag <= last)


def header(report: Gradients, scale: tuple[float, float], canvas: Canvas) -> None:
    canvas.prose(
        (f"|d(loss at the last step) / d({report.of} k characters earlier)|", "bold"),
        ", as a share of k = 0",
    )
    key = f"░ to p90; log bars, {power(scale[0])} … {power(scale[1])}"
    canvas.prose(
        f"median of {report.windows} windows of {report.steps} steps, burn-in {report.burn_in}; "
        + ("shaded: the middle 80 %" if canvas.charts else key)
    )


def table(
    states: Sequence[StateGradients],
    lags: Iterable[int],
    scale: tuple[float, float],
    canvas: Canvas,
    titles: Sequence[str] = (),
    columns: int | None = None,
) -> None:
    """A row for each lag: the relative median as a number and as a bar, for each state. The width
    is that of `columns` states, so that several tables have one scale."""
    width = (canvas.width - 5) // (columns or len(states))
    bar = min(width - 9, 40)
    titles = titles or [name_of(s) for s in states]
    canvas.line(("    k " + "".join(title[: width - 1].ljust(width) for title in titles), "bold"))
    for lag in lags:
        row: list[str | tuple[str, str]] = [f"{lag:>5} "]
        for state in states:
            median, p90 = state.relative.median[lag], state.relative.p90[lag]
            solid = canvas.bar(share(median, scale), bar)
            reach = math.ceil(share(p90, scale) * bar)
            whole = solid + "░" * max(0, reach - len(solid))
            row += [f"{tiny(median):<8}", (whole.ljust(width - 8), "cyan")]
        canvas.line(*row)


def total_table(states: Sequence[StateGradients], of: str, canvas: Canvas) -> None:
    """The other curve at every timestep, on a linear scale: the loss is taken at every step."""
    what = f"{of} {'after' if of == 'state' else 'of'} step t"
    canvas.prose((f"|d(sum of all losses of the window) / d({what})|, in nats", "bold"))
    width = (canvas.width - 9) // len(states)
    titles = "".join(name_of(s).ljust(width) for s in states)
    canvas.line(("   t  T-t " + titles, "bold"))
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


def tiny(value: float) -> str:
    return "<1e-8" if 0 < value < LOWEST else figure(value)


def footer(report: Gradients, states: Sequence[StateGradients], canvas: Canvas) -> None:
    """Gain, half-life and memory of each state, its total curve, and what it means."""
    rows: list[list[Cell]] = []
    for state in states:
        total = state.total.median
        curve: list[Part] = [
            f"{figure(total[0]):<7} ",
            (sparkline(total.tolist(), 13), "cyan"),
            f" {figure(total[-1])}",
        ]
        rows.append([f"{name_of(state):<11}", *decay_cells(state), curve])
    canvas.table(
        "state      gain/char  R²     half-life  1% memory  total, oldest to newest step", rows
    )
    if said := dynamics(report):
        canvas.prose(said)
    canvas.prose(words.gradients(report))


def decay_cells(state: StateGradients) -> list[Cell]:
    """Gain, its fit, half-life and memory."""
    decay = state.decay
    return [
        f"{figure(decay.gain_per_step):<11}",
        f"{figure(decay.r_squared):<7}",
        f"{figure(decay.half_life):<11}",
        f"{words.memory(state):<11}",
    ]


def dynamics(report: Gradients) -> str:
    """The numbers that do not depend on a loss."""
    said = []
    if report.lyapunov is not None:
        said.append(f"top Lyapunov {report.lyapunov:.3f}/char")
    radii = [list(layer.values()) for layer in report.spectral_radius or ()]
    if radii and all(len(layer) == 1 for layer in radii):  # else W_hh is not square
        each = ", ".join(figure(radius) for (radius,) in radii)
        said.append(f"spectral radius of W_hh {each} (alone says little)")
    return "; ".join(said)


def compare(names: list[str], reports: list[Gradients], canvas: Canvas, how: How) -> None:
    """The topmost state that carries memory (c before h) of each model, on one scale."""
    steps = min(report.steps for report in reports)
    lags = range(steps) if how.every else spread(steps)
    states = [report.layers[-1] for report in reports]
    scale = range_of(states, lags)
    header(reports[0], scale, canvas)
    untrained = [n for n, r in zip(names, reports, strict=True) if r.seeded_with == "random"]
    if untrained:
        canvas.prose(f"untrained, so a random direction of h instead: {', '.join(untrained)}")
    titles = [f"{n} {s.state}" if s.state != "x" else n for n, s in zip(names, states, strict=True)]
    fitting = max(1, min(4, (canvas.width - 5) // COLUMN))
    if canvas.charts:
        charts(titles, states, steps, reports[0].of, canvas)
    else:
        for start in range(0, len(states), fitting):
            block = slice(start, start + fitting)
            columns = min(fitting, len(states))
            table(states[block], lags, scale, canvas, titles[block], columns)
    rows: list[list[Cell]] = []
    for title, report, state in zip(titles, reports, states, strict=True):
        exponent = "-" if report.lyapunov is None else f"{report.lyapunov:.3f}"
        rows.append([f"{title[:18]:<19}", *decay_cells(state), exponent])
    canvas.table("model              gain/char  R²     half-life  1% memory  top Lyapunov", rows)
