"""The picture of gradient norms: the lag curves on a log scale, and beside them the total."""

import math
import textwrap
from collections.abc import Sequence

from charrnn.inspection import words
from charrnn.inspection.gradients import Gradients, StateGradients
from charrnn.inspection.pictures.chart import Axes, Scale, legend
from charrnn.inspection.pictures.drawing import COLOURS, FAINT, Drawing

LOWEST = 1e-8
LEFT, TOP, PANEL, HEIGHT, SPACE = 66.0, 88.0, 420.0, 280.0, 96.0
TOTAL_PANEL = 250.0


def picture(name: str, report: Gradients) -> Drawing:
    """One model: every state's lag and total."""
    states = report.layers
    names = [f"layer {s.layer} {s.state}" for s in states]
    width = LEFT + PANEL + SPACE + TOTAL_PANEL + 24
    drawing = Drawing(width, 0, f"{name}: gradient norms per timestep", words.gradients(report))
    header(drawing, [report])
    lag_panel(drawing, states, report.steps)
    total_panel(drawing, states, report.steps)
    describe(drawing, names, states)
    return drawing


def comparison(names: Sequence[str], reports: Sequence[Gradients]) -> Drawing:
    """The topmost state that carries memory (c before h) of every model, on one scale."""
    states = [report.layers[-1] for report in reports]
    drawing = Drawing(
        LEFT + PANEL + SPACE + TOTAL_PANEL + 24, 0, "gradient norms per timestep, compared"
    )
    header(drawing, reports)
    steps = min(report.steps for report in reports)
    lag_panel(drawing, states, steps)
    total_panel(drawing, states, steps)
    described = [f"{n}, {s.state} of layer {s.layer}" for n, s in zip(names, states, strict=True)]
    describe(drawing, described, states)
    return drawing


def header(drawing: Drawing, reports: Sequence[Gradients]) -> None:
    report = reports[0]
    drawing.label(20, 28, drawing.title, size=16, bold=True)
    untrained = any(r.seeded_with == "random" for r in reports)
    seed = "; lag of an untrained softmax layer: a random direction" if untrained else ""
    drawing.label(
        20,
        48,
        f"median of {report.windows} windows of {report.steps} steps after a burn-in of "
        f"{report.burn_in} characters; shaded: the middle 80 %{seed}",
        colour=FAINT,
    )


def lag_panel(drawing: Drawing, states: Sequence[StateGradients], steps: int) -> None:
    medians = [value for s in states for value in s.relative.median[:steps] if value > LOWEST]
    lowest = 10.0 ** math.floor(math.log10(max(min(medians, default=1e-2), LOWEST)))
    highest = max(1.0, *(float(s.relative.p90[:steps].max()) for s in states))
    top = 1.0 if highest <= 1 else 10.0 ** math.ceil(math.log10(highest) - 0.3)
    x = Scale(0, steps - 1, LEFT, LEFT + PANEL)
    y = Scale(min(lowest, 0.01), top, TOP + HEIGHT, TOP, log=True)
    axes = Axes(drawing, x, y)
    axes.frame(
        "lag: loss at one step",
        "k, characters back",
        "|d loss(T) / d state(T - k)|, share of k = 0",
    )
    lags = list(range(steps))
    for state, colour in banded(states):
        axes.band(lags, state.relative.p10[:steps], state.relative.p90[:steps], colour)
    for state, colour in zip(states, COLOURS * 6, strict=False):
        axes.curve(lags, state.relative.median[:steps], colour)
    y1 = y(0.01)
    drawing.line([(LEFT, y1), (LEFT + PANEL, y1)], FAINT, 1, (3, 3))
    drawing.label(LEFT + PANEL, y1 - 5, "1 %", anchor="end", size=11, colour=FAINT)


def banded(states: Sequence[StateGradients]) -> list[tuple[StateGradients, str]]:
    """The states whose range is shaded: of many, only the last, or nothing could be told apart."""
    pairs = list(zip(states, COLOURS * 6, strict=False))
    return pairs if len(pairs) <= 2 else pairs[-1:]


def total_panel(drawing: Drawing, states: Sequence[StateGradients], steps: int) -> None:
    left = LEFT + PANEL + SPACE
    highest = max(float(s.total.p90[:steps].max()) for s in states) or 1.0
    x = Scale(1, steps, left, left + TOTAL_PANEL)
    axes = Axes(drawing, x, Scale(0, highest * 1.05, TOP + HEIGHT, TOP))
    axes.frame(
        "total: loss at every step", "t, step of the window", "|d sum of losses / d state(t)|"
    )
    ts = list(range(1, steps + 1))
    for state, colour in banded(states):
        axes.band(ts, state.total.p10[:steps], state.total.p90[:steps], colour)
    for state, colour in zip(states, COLOURS * 6, strict=False):
        axes.curve(ts, state.total.median[:steps], colour)


def describe(drawing: Drawing, names: Sequence[str], states: Sequence[StateGradients]) -> None:
    """The legend: a row for each curve with its figures."""
    y = TOP + HEIGHT + 72
    columns = (LEFT + 27, LEFT + 250, LEFT + 360, LEFT + 470, LEFT + 590)
    titles = ("", "gain per step", "R² of the fit", "half-life", "1 % memory")
    for x, title in zip(columns, titles, strict=True):
        drawing.label(x, y, title, colour=FAINT)
    legend(drawing, LEFT, y + 20, list(zip(names, COLOURS * 6, strict=False)), 20)
    for i, state in enumerate(states):
        decay = state.decay
        figures = (
            words.figure(decay.gain_per_step),
            words.figure(decay.r_squared),
            words.figure(decay.half_life),
            words.memory(state),
        )
        for x, value in zip(columns[1:], figures, strict=True):
            drawing.label(x, y + 20 + 20 * i, value)
    bottom = y + 20 + 20 * len(states) + 8
    for line in textwrap.wrap(drawing.caption, 118):
        drawing.label(LEFT, bottom, line)
        bottom += 17
    drawing.height = bottom + 4
