"""How the gates are used: shut, between and open; the clocks of the cells; idle units."""

import numpy as np

from charrnn.inspection import words
from charrnn.inspection.canvas import Canvas, Cell, How, sparkline
from charrnn.inspection.gates import Clock, Gate, Gates, Idle
from charrnn.inspection.words import figure, plural

TITLE = "how the gates are used"
LONGEST = 5


def show(report: Gates, canvas: Canvas, how: How) -> None:
    canvas.prose(
        ("gates over ", "bold"),
        f"{plural(report.characters, 'character')}; read "
        f"{words.begun(report.readers, report.warm_up)}; shut: < 0.1 (tanh: < -0.9), open: > 0.9",
    )
    canvas.table(
        "layer gate     shut  between  open  always shut/open   shut to open, histogram",
        [gate_row(gate, report.hidden_size) for gate in report.gates],
    )
    for clock in report.clocks:
        clock_lines(clock, canvas)
    for idle in report.idle:
        idle_line(idle, report.hidden_size, canvas)


def gate_row(gate: Gate, hidden_size: int) -> list[Cell]:
    between = 1 - gate.shut - gate.open
    name = f"{gate.gate} {'' if gate.function == 'sigmoid' else gate.function}"
    always = f"{gate.always_shut}/{gate.always_open} of {hidden_size}"
    return [
        f"{gate.layer:>5} {name:<7} ",
        f"{percent(gate.shut)}   ",
        f"{percent(between)} ",
        f"{percent(gate.open)}  ",
        f"{always:<17} ",
        (sparkline(gate.histogram.tolist(), 20), "cyan"),
    ]


def percent(share: float) -> str:
    return f"{100 * share:>4.0f} %"


def clock_lines(clock: Clock, canvas: Canvas) -> None:
    lives = clock.half_lives
    order = np.argsort(-lives, kind="stable")[:LONGEST]
    longest = ", ".join(f"unit {unit}: {figure(float(lives[unit]))}" for unit in order)
    quartiles = " / ".join(figure(float(q)) for q in quantiles(lives))
    canvas.prose(
        f"layer {clock.layer}: half-life of what gate {clock.gate} keeps, in characters: quartiles "
        f"{quartiles}; longest {longest}"
    )


def quantiles(lives: np.ndarray) -> np.ndarray:
    """Quartiles without interpolation, which infinite half-lives would spoil."""
    return np.asarray(np.quantile(lives, [0.25, 0.5, 0.75], method="nearest"))


def idle_line(idle: Idle, hidden_size: int, canvas: Canvas) -> None:
    dead, stuck = len(idle.dead), len(idle.stuck)
    listed = "".join(f" {unit}" for unit in idle.dead[:10]) + (" ..." if dead > 10 else "")
    canvas.prose(
        f"layer {idle.layer}: {dead} of {hidden_size} units never move"
        + (f" ({listed.strip()})" if dead else "")
        + f", {stuck} are nearly always at +-1"
    )
