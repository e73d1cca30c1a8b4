"""How the gates are used: shut, between and open; the clocks of the cells; idle units."""

import itertools

import numpy as np

from charrnn.inspection import words
from charrnn.inspection.canvas import Canvas, Cell, How, sparkline
from charrnn.inspection.gates import Clock, Gate, Gates, Idle
from charrnn.inspection.words import plural

TITLE = "how the gates are used"
LONGEST = 5
EDGES = (0, 1, 2, 4, 8, 16, 32, 64)


def show(report: Gates, canvas: Canvas, how: How) -> None:
    canvas.prose(
        ("gates over ", "bold"),
        f"{plural(report.characters, 'character')}{how.of}; read "
        f"{words.begun(report.readers, report.warm_up)}; shut: < 0.1 (tanh: < -0.9), open: > 0.9",
    )
    canvas.table(
        "layer gate     shut  between  open  always shut/open   shut to open, histogram",
        [gate_row(gate, report.hidden_size) for gate in report.gates],
    )
    if report.clocks:
        clocks(report.clocks, canvas)
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


def clocks(all_clocks: tuple[Clock, ...], canvas: Canvas) -> None:
    """The distribution of the units' time scales."""
    canvas.prose(
        ("half-lives", "bold"),
        " of what a unit holds by its own gate: characters after which half of it is there still, "
        f"median over the first {all_clocks[0].characters:,}; how many units have which",
    )
    edges = [edge for edge in EDGES if edge < max(all_clocks[0].limit, 1)]
    titles = [f"{a}-{b - 1}" if b - a > 1 else str(a) for a, b in itertools.pairwise(edges)]
    heading = "layer gate " + "".join(f"{title:>7}" for title in [*titles, f"{edges[-1]}+"])
    canvas.table(heading, [clock_row(clock, edges) for clock in all_clocks])
    for clock in all_clocks:
        longest(clock, canvas)


def clock_row(clock: Clock, edges: list[int]) -> list[Cell]:
    """How many units have a half-life from one edge up to the next."""
    counts = np.histogram(clock.median_half_lives, [*edges, np.inf])[0]
    return [f"{clock.layer:>5} {clock.gate:<5}", *(f"{count:>7}" for count in counts.tolist())]


def longest(clock: Clock, canvas: Canvas) -> None:
    lives = clock.median_half_lives
    order = np.argsort(-lives, kind="stable")[:LONGEST]
    named = ", ".join(f"unit {u}: {whole(float(lives[u]), clock.limit)}" for u in order.tolist())
    canvas.prose(f"layer {clock.layer}: longest {named}")


def whole(half_life: float, limit: int) -> str:
    return f"{half_life:.0f}" if half_life < limit else f"{limit:,} or more"


def idle_line(idle: Idle, hidden_size: int, canvas: Canvas) -> None:
    dead, stuck = len(idle.dead), len(idle.stuck)
    listed = "".join(f" {unit}" for unit in idle.dead[:10]) + (" ..." if dead > 10 else "")
    canvas.prose(
        f"layer {idle.layer}: {dead} of {hidden_size} units never move"
        + (f" ({listed.strip()})" if dead else "")
        + f", {stuck} are nearly always at +-1"
    )
