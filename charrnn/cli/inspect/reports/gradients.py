"""Draws gradient norms: log bars over the lag for up to four states, and one line about each."""

import math
from collections.abc import Iterable, Sequence

from charrnn.cli.inspect.screen import Screen, sparkline
from charrnn.inspection import words
from charrnn.inspection.gradients import Gradients, StateGradients
from charrnn.inspection.words import figure

LOWEST = 1e-8  # the scale never reaches further down: what is fainter no longer matters
LAGS = 12
COLUMN = 18  # narrower than this, a bar and its value cannot be read


def draw(report: Gradients, screen: Screen, *, every: bool = False) -> None:
    """The default screen, in 24 lines and 80 columns."""
    states = shown_states(report, screen)
    lags = range(report.steps) if every else spread(report.steps)
    scale = range_of(states, lags)
    header(report, scale, screen)
    if report.seeded_with == "random":
        screen.prose("The softmax layer is untrained (all zero): a random direction of h instead.")
    if len(states) < len(report.layers):
        hidden = ", ".join(f"{s.layer} {s.state}" for s in report.layers[: -len(states)])
        screen.prose(f"not shown here: layer {hidden} (--layer, or --json)")
    table(states, lags, scale, screen)
    if every:
        total_table(states, screen)
    footer(report, states, screen)


def range_of(states: Sequence[StateGradients], lags: Iterable[int]) -> tuple[float, float]:
    """The powers of ten between which the bars run, the same for every state on the screen."""
    medians = [float(s.relative.median[lag]) for lag in lags for s in states]
    low = math.floor(math.log10(max(min(medians), LOWEST)))
    high = math.ceil(math.log10(max(1.0, *medians)) - 0.01)
    return 10.0 ** min(low, -2), 10.0**high


def shown_states(report: Gradients, screen: Screen) -> tuple[StateGradients, ...]:
    """As many states as fit, the topmost layers first to stay."""
    fitting = min(4, max(1, (screen.width - 5) // COLUMN))
    return report.layers[-fitting:]


def spread(steps: int) -> list[int]:
    """About a dozen lags from 0 to T - 1, evenly on a log scale."""
    last = steps - 1
    ratio = last ** (1 / (LAGS - 2)) if last > 1 else 1.0
    lags = {0, *(round(ratio**i) for i in range(LAGS - 1))}
    lags |= set(range(min(3, steps)))
    return sorted(lag for lag in lags if lag <= last)


def header(report: Gradients, scale: tuple[float, float], screen: Screen) -> None:
    screen.line(
        ("|d(loss at the last step) / d(state k characters earlier)|", "bold"),
        ", as a share of k = 0",
    )
    screen.line(
        f"median of {report.windows} windows of {report.steps} steps, burn-in {report.burn_in}; "
        f"░ to p90; log bars, {power(scale[0])} … {power(scale[1])}"
    )


def table(
    states: Sequence[StateGradients],
    lags: Iterable[int],
    scale: tuple[float, float],
    screen: Screen,
    titles: Sequence[str] = (),
    columns: int | None = None,
) -> None:
    """A row for each lag: the relative median as a number and as a bar, for each state. The width
    is that of `columns` states, so that several tables have one scale."""
    width = (screen.width - 5) // (columns or len(states))
    bar = min(width - 9, 40)
    titles = titles or [f"layer {s.layer} {s.state}" for s in states]
    screen.line(("    k " + "".join(title[: width - 1].ljust(width) for title in titles), "bold"))
    for lag in lags:
        row: list[str | tuple[str, str]] = [f"{lag:>5} "]
        for state in states:
            median, p90 = state.relative.median[lag], state.relative.p90[lag]
            solid = screen.bar(share(median, scale), bar)
            reach = math.ceil(share(p90, scale) * bar)
            drawn = solid + "░" * max(0, reach - len(solid))
            row += [f"{tiny(median):<8}", (drawn.ljust(width - 8), "cyan")]
        screen.line(*row)


def total_table(states: Sequence[StateGradients], screen: Screen) -> None:
    """The other curve at every timestep, on a linear scale: the loss is taken at every step."""
    screen.line(("|d(sum of all losses of the window) / d(state after step t)|, in nats", "bold"))
    width = (screen.width - 9) // len(states)
    titles = "".join(f"layer {s.layer} {s.state}".ljust(width) for s in states)
    screen.line(("   t  T-t " + titles, "bold"))
    highest = max(float(s.total.median.max()) for s in states) or 1.0
    steps = len(states[0].total.median)
    for t in range(steps):
        row: list[str | tuple[str, str]] = [f"{t + 1:>4} {steps - t - 1:>4} "]
        for state in states:
            value = float(state.total.median[t])
            bar = screen.bar(value / highest, min(width - 9, 40))
            row += [f"{figure(value):<8}", (bar.ljust(width - 8), "cyan")]
        screen.line(*row)
    screen.prose("The last steps are small by construction: few losses follow them.")


def power(value: float) -> str:
    return "1" if value == 1 else f"1e{math.log10(value):.0f}"


def share(value: float, scale: tuple[float, float]) -> float:
    """Where a value lies between the ends of the log scale (0 and 1)."""
    low, high = scale
    if value <= low:
        return 0.0
    return min(math.log10(value / low) / math.log10(high / low), 1.0)


def tiny(value: float) -> str:
    return "<1e-8" if value < LOWEST else figure(value)


def footer(report: Gradients, states: Sequence[StateGradients], screen: Screen) -> None:
    """Gain, half-life and memory of each state, its total curve, and what it means."""
    wide = screen.width >= 76
    if wide:
        screen.line(
            (
                "state      gain/char  R²     half-life  1% memory  total, oldest to newest step",
                "bold",
            )
        )
    for state in states:
        decay, total = state.decay, state.total.median
        name = f"layer {state.layer} {state.state}"
        gain, fit, life = map(figure, (decay.gain_per_step, decay.r_squared, decay.half_life))
        if wide:
            screen.line(
                f"{name:<11}{gain:<11}{fit:<7}{life:<11}{words.memory(state):<11}"
                f"{figure(total[0]):<7} ",
                (sparkline(total.tolist(), 13), "cyan"),
                f" {figure(total[-1])}",
            )
        else:
            screen.prose(
                f"{name}: gain {gain} (R² {fit}), half-life {life}, 1 % memory "
                f"{words.memory(state)}, total {figure(total[0])} to {figure(total[-1])}"
            )
    screen.prose(dynamics(report))
    screen.prose(words.gradients(report))


def dynamics(report: Gradients) -> str:
    """The numbers that do not depend on a loss."""
    said = []
    if report.lyapunov is not None:
        said.append(f"top Lyapunov {report.lyapunov:.3f}/char")
    if report.spectral_radius:
        radii = report.spectral_radius[-1].values()
        sign = "<=" if len(radii) > 1 else "="
        said.append(f"spectral radius of W_hh {sign} {figure(max(radii))} (alone says little)")
    return "; ".join(said)


def compare(
    names: list[str], reports: list[Gradients], screen: Screen, *, every: bool = False
) -> None:
    """The topmost state that carries memory (c before h) of each model, on one scale."""
    steps = min(report.steps for report in reports)
    lags = range(steps) if every else spread(steps)
    states = [report.layers[-1] for report in reports]
    scale = range_of(states, lags)
    header(reports[0], scale, screen)
    untrained = [n for n, r in zip(names, reports, strict=True) if r.seeded_with == "random"]
    if untrained:
        screen.prose(f"untrained, so a random direction of h instead: {', '.join(untrained)}")
    fitting = max(1, min(4, (screen.width - 5) // COLUMN))
    titles = [f"{n} {s.state}" for n, s in zip(names, states, strict=True)]
    for start in range(0, len(states), fitting):
        block = slice(start, start + fitting)
        table(states[block], lags, scale, screen, titles[block], min(fitting, len(states)))
    screen.line(("model              gain/char  R²     half-life  1% memory  top Lyapunov", "bold"))
    for title, report, state in zip(titles, reports, states, strict=True):
        decay = state.decay
        exponent = "-" if report.lyapunov is None else f"{report.lyapunov:.3f}"
        screen.line(
            f"{title[:18]:<19}{figure(decay.gain_per_step):<11}{figure(decay.r_squared):<7}"
            f"{figure(decay.half_life):<11}{words.memory(state):<11}{exponent}"
        )
