"""The network unrolled over a prompt: the textbook figure, a column for each timestep.

From the bottom up, as in the figure: the one-hot input, the states as strips of cells, the
distribution of the next character. Arrows to the right carry the states on. Below it `blocks`.
"""

import numpy as np

from charrnn.arrays import Array
from charrnn.inspection import words
from charrnn.inspection.canvas import Canvas, How, Part
from charrnn.inspection.colours import diverging
from charrnn.inspection.unfold import Moment, Strip, Unfolding
from charrnn.inspection.views import blocks

TITLE = "the network unrolled"
COLUMN, GAP = 17, 3
LIKELIEST = 4
SMALL_ALPHABET = 12
HEIGHTS = "▁▂▃▄▅▆▇█"


def show(report: Unfolding, canvas: Canvas, how: How) -> None:
    moments, strips = report.moments, report.moments[0].strips
    H = len(strips[0].values)
    shown = min(H, COLUMN)
    which = f"all {H} units" if shown == H else f"{shown} liveliest of {H} units"
    low, high = ("blue", "orange") if canvas.colour else ("▁", "█")
    title = "the network at every step" if report.sharing.context else "the network unrolled"
    squashed = next((s.state for s in strips if not s.bounded), None)
    drawn = f"; {squashed} drawn as tanh {squashed}" if squashed else ""
    canvas.prose((title, "bold"), f" from a zero state; {which}, {low} -1, {high} +1{drawn}")
    liveliest = [
        lively(np.stack([m.strips[i].values for m in moments]), shown) for i in range(len(strips))
    ]
    per_row = max(1, (canvas.width + GAP) // (COLUMN + GAP))
    for start in range(0, len(moments), per_row):
        if start:
            canvas.line()
        block(report, range(start, min(start + per_row, len(moments))), liveliest, canvas)
    blocks.draw(report, canvas)
    canvas.prose(words.unfolding(report))


def columns(report: Unfolding) -> int:
    """What a picture of it needs: up to seven timesteps side by side."""
    return max(min(len(report.moments), 7) * (COLUMN + GAP), 4 * (COLUMN + GAP))


def lively(values: Array, count: int) -> Array:
    """The units, in their own order, whose activation (T, H) moves most over the prompt."""
    spread = values.max(axis=0) - values.min(axis=0) + np.abs(values).max(axis=0) * 1e-3
    return np.sort(np.argsort(-spread, kind="stable")[:count])


def block(report: Unfolding, steps: range, liveliest: list[Array], canvas: Canvas) -> None:
    """As many timesteps as fit side by side."""
    moments = [report.moments[t] for t in steps]
    order = [np.argsort(-m.probabilities, kind="stable")[:LIKELIEST] for m in moments]
    row(canvas, [[(f"t = {t + 1}".ljust(COLUMN), "bold")] for t in steps])
    for rank in range(min(LIKELIEST, len(report.vocabulary))):
        row(
            canvas,
            [output(report, m, o[rank], canvas) for m, o in zip(moments, order, strict=True)],
        )
    missing = [target_line(report, m, o, canvas) for m, o in zip(moments, order, strict=True)]
    if any(missing):
        row(canvas, [parts or [" " * COLUMN] for parts in missing])
    up: list[Part] = ["↑".center(COLUMN)]
    strips = moments[0].strips
    for i in sorted(range(len(strips)), key=lambda i: (-strips[i].layer, i)):  # h above its c
        if strips[i].state == "h":
            row(canvas, [up for _ in moments])
        arrow = " → " if report.sharing.states else "   "
        row(canvas, [cells(m.strips[i], liveliest[i], canvas) for m in moments], arrow)
        row(
            canvas, [[f"layer {strips[i].layer} {strips[i].state}".center(COLUMN)] for _ in moments]
        )
    row(canvas, [up for _ in moments])
    row(canvas, [one_hot(report, m, canvas) for m in moments])


def row(canvas: Canvas, columns: list[list[Part]], arrow: str = "   ") -> None:
    parts: list[Part] = []
    for column in columns:
        parts += [*column, arrow]
    canvas.line(*(parts if arrow.strip() else parts[:-1]))


def output(report: Unfolding, moment: Moment, index: int, canvas: Canvas) -> list[Part]:
    """One likely next character: its bar, its share, and a tick if it is the right one."""
    p = float(moment.probabilities[index])
    character = report.vocabulary[index]
    right = character == moment.target
    bar = canvas.bar(p, COLUMN - 12).ljust(COLUMN - 11)
    name = canvas.pad(canvas.name(character), 5)
    return [
        (name, "bold" if right else ""),
        (bar, "green" if right else "cyan"),
        f"{p:.2f}",
        (" ✓" if right else "  ", "bold green"),
    ]


def target_line(report: Unfolding, moment: Moment, order: Array, canvas: Canvas) -> list[Part]:
    """The right character where it is not among the likeliest."""
    if moment.target is None or moment.target in {report.vocabulary[i] for i in order}:
        return []
    p = float(moment.probabilities[report.vocabulary.index(moment.target)])
    shown = canvas.pad(canvas.name(moment.target), 5) + f"{p:.4f} ✓"
    return [(canvas.pad(shown, COLUMN), "red")]


def cells(strip: Strip, units: Array, canvas: Canvas) -> list[Part]:
    """The units of a strip: the colour of each cell is the activation, or without colour its
    height. All values of an unbounded state go through tanh, so that more is never drawn as less.
    """
    values = strip.values[units]
    parts: list[Part] = []
    for value in (values if strip.bounded else np.tanh(values)).tolist():
        if canvas.colour:
            parts.append((" ", f"on {diverging(value)}"))
        else:
            parts.append(HEIGHTS[min(int(value * 4 + 4), 7)])
    return [*parts, " " * (COLUMN - len(values))]


def one_hot(report: Unfolding, moment: Moment, canvas: Canvas) -> list[Part]:
    """The input: for a small alphabet its zeros and its one, else which one of how many."""
    name = canvas.name(moment.character)
    size = len(report.vocabulary)
    if size <= SMALL_ALPHABET:
        ones = "".join("1" if c == moment.character else "0" for c in report.vocabulary)
        return [(f"{name} {ones}".center(COLUMN), "bold")]
    place = report.vocabulary.index(moment.character)
    shown = f"{name} (1 at {place})"
    left = max(0, (COLUMN - words.columns(shown)) // 2)
    return [(canvas.pad(" " * left + shown, COLUMN), "bold")]
