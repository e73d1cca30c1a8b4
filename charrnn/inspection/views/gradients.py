"""Gradient norms over the lag: log bars or curves for each state, and one line about each."""

import math
from collections.abc import Sequence

from charrnn.inspection import words
from charrnn.inspection.canvas import Canvas, Cell, How, Part, sparkline
from charrnn.inspection.dynamics import Exponent
from charrnn.inspection.exchange import spread
from charrnn.inspection.gradients import Gradients, StateGradients
from charrnn.inspection.uncertainty import rounded, with_error
from charrnn.inspection.views.lag_chart import charts
from charrnn.inspection.views.lag_table import (
    SWAP,
    exchange_table,
    power,
    range_of,
    table,
    total_table,
)
from charrnn.inspection.words import figure

TITLE = "gradient norms per timestep"
COLUMN = 16  # narrower than this, a bar and its value cannot be read


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
    names = [name_of(state) for state in states]
    if canvas.charts:
        canvas.chart(*charts(names, states, [report.exchange], report.steps, report.of))
    else:
        swap = report.exchange if canvas.width >= 6 + COLUMN + SWAP else None
        table(states, lags, scale, canvas, names, len(states), swap)
        if how.every:
            total_table(states, names, report.of, canvas)
    footer(report, states, canvas)


def name_of(state: StateGradients) -> str:
    return "input" if state.state == "x" else f"layer {state.layer} {state.state}"


def shown_states(report: Gradients, canvas: Canvas) -> tuple[StateGradients, ...]:
    """As many states as fit, the topmost layers first to stay."""
    if canvas.charts:
        return report.layers
    swap = SWAP + 1 if report.exchange is not None else 0
    fitting = min(4, max(1, (canvas.width - 5 - swap) // COLUMN))
    return report.layers[-fitting:]


def header(report: Gradients, scale: tuple[float, float], canvas: Canvas) -> None:
    canvas.prose(
        (f"|d(loss at the last step) / d({report.of} k characters earlier)|", "bold"),
        ", as a share of k = 0",
    )
    key = f"░ to p90; log bars, {power(scale[0])} … {power(scale[1])}"
    overlap = ""
    if report.independent_windows < report.windows:
        overlap = f" (overlapping, about {report.independent_windows} independent)"
    canvas.prose(
        f"median of {report.windows} windows{overlap} of {report.steps} steps, burn-in "
        f"{report.burn_in}; " + ("shaded: the middle 80 %" if canvas.charts else key)
    )


def footer(report: Gradients, states: Sequence[StateGradients], canvas: Canvas) -> None:
    """Gain, half-life and memory of each state, its total curve, and what it means."""
    rows: list[list[Cell]] = []
    for state in states:
        total = state.total.median
        low, high = state.total_interval
        first, last = (rounded(float(total[t]), float(high[t] - low[t]) / 4) for t in (0, -1))
        curve: list[Part] = [f"{first:<7} ", (sparkline(total.tolist(), 9), "cyan"), f" {last}"]
        rows.append([f"{name_of(state):<11}", *decay_cells(state), curve])
    canvas.table(
        "state      below 1/2  below 1 %  gain/char, half-life  total, oldest to newest", rows
    )
    if said := dynamics(report):
        canvas.prose(said)
    canvas.prose(words.gradients(report))


def decay_cells(state: StateGradients) -> list[Cell]:
    """The lags from which the curve stays low, and gain and half-life if it has one of each."""
    decay = state.decay
    last = len(state.lag.median) - 1
    below = (f"> {last}" if k is None else str(k) for k in (decay.below_half, decay.memory))
    return [*(f"{lag:<11}" for lag in below), f"{exponential(state):<22}"]


def exponential(state: StateGradients) -> str:
    """Gain and half-life of a curve whose two halves have the same, with their digits."""
    decay = state.decay
    if decay.gain_per_step is None:
        return "-"
    if decay.halves is None or not decay.single:
        return "not one exponential" if decay.halves else "too few lags"
    early, late = decay.halves
    gain = rounded(decay.gain_per_step, abs(early - late) / 2)
    if decay.half_life is None or max(early, late) >= 1:
        return gain
    lives = [math.log(0.5) / math.log(half) for half in (early, late)]
    return f"{gain}, {rounded(decay.half_life, abs(lives[0] - lives[1]) / 2)}"


def dynamics(report: Gradients) -> str:
    """The numbers that do not depend on a loss."""
    said = []
    if report.lyapunov_exponents:
        each = (f"layer {e.layer} {exponent(e)}" for e in report.lyapunov_exponents)
        said.append(f"Lyapunov exponents/char: {', '.join(each)}")
        top = report.layers[-1]
        if top.late and top.state != "x" and top.layer == report.lyapunov_exponents[-1].layer:
            said[-1] += f" (later lags of {top.state}: {with_error(*top.late)})"
    radii = [list(layer.values()) for layer in report.spectral_radius or ()]
    if radii and all(len(layer) == 1 for layer in radii):  # else W_hh is not square
        listed = ", ".join(figure(radius) for (radius,) in radii)
        said.append(f"spectral radius of W_hh {listed} (alone says little)")
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
    swaps = [report.exchange for report in reports]
    if canvas.charts:
        canvas.chart(*charts(titles, states, swaps, steps, reports[0].of))
    else:
        blocks = [slice(i, i + fitting) for i in range(0, len(states), fitting)]
        columns = min(fitting, len(states))
        for block in blocks:
            table(states[block], lags, scale, canvas, titles[block], columns)
        if any(swaps):
            what = "that state" if reports[0].of == "state" else "that character"
            canvas.prose(
                (f"mean |change of the loss| if {what} is another place's", "bold"), ", in nats"
            )
            for block in blocks:
                exchange_table(swaps[block], titles[block], canvas, columns)
    rows: list[list[Cell]] = []
    for title, report, state in zip(titles, reports, states, strict=True):
        found = max(report.lyapunov_exponents or (), key=lambda e: e.exponent, default=None)
        rows.append([f"{title[:18]:<19}", *decay_cells(state), exponent(found)])
    canvas.table(
        "model              below 1/2  below 1 %  gain/char, half-life  top Lyapunov", rows
    )


def exponent(found: Exponent | None) -> str:
    return "-" if found is None else with_error(found.exponent, found.standard_error)
