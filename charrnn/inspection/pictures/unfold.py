"""The textbook figure of a recurrent network, unrolled over a prompt, from the user's own model.

A column for each timestep, from the bottom up: the one-hot input, the states as strips of cells,
the distribution of the next character. Arrows to the right carry the states on.
"""

import textwrap

import numpy as np

from charrnn.arrays import Array
from charrnn.inspection import words
from charrnn.inspection.colours import diverging
from charrnn.inspection.pictures.drawing import FAINT, GRID, INK, Drawing
from charrnn.inspection.unfold import Moment, Unfolding

COLUMN, GAP, LEFT, TOP = 132.0, 44.0, 108.0, 92.0
LIKELIEST, BAR = 5, 18.0
CELL_ROWS, CELL_COLUMNS = 4, 16
SMALL_ALPHABET = 12
PER_ROW = 6
RIGHT, WRONG, CERTAIN = "#009e73", "#d55e00", "#9ecae1"


def picture(name: str, report: Unfolding) -> Drawing:
    """Up to six timesteps beside each other, further ones below."""
    steps, first = len(report.moments), report.moments[0]
    H = len(first.strips[0].values)
    shown = min(H, CELL_ROWS * CELL_COLUMNS)
    width = max(LEFT + min(steps, PER_ROW) * (COLUMN + GAP) + 10, 620)
    drawing = Drawing(width, 0, f"{name}: the network, unrolled", words.unfolding(report))
    drawing.label(20, 28, drawing.title, size=16, bold=True)
    cells = f"all {H} units" if shown == H else f"the {shown} liveliest of {H} units"
    temperature = "" if report.temperature == 1 else f", temperature {report.temperature:g}"
    drawing.label(
        20,
        48,
        f"read from a zero state; cells: {cells}, blue -1, orange +1{temperature}",
        colour=FAINT,
    )
    units = [
        lively(np.stack([m.strips[i].values for m in report.moments]), shown)
        for i in range(len(first.strips))
    ]
    top = TOP
    for start in range(0, steps, PER_ROW):
        top = row(drawing, report, range(start, min(start + PER_ROW, steps)), units, top) + 40
    top -= 12
    for line in textwrap.wrap(drawing.caption, int(width / 6.2)):
        drawing.label(20, top, line)
        top += 17
    drawing.height = top
    return drawing


def lively(values: Array, count: int) -> Array:
    """The units, in their own order, whose activation (T, H) moves most over the prompt."""
    spread = values.max(axis=0) - values.min(axis=0) + np.abs(values).max(axis=0) * 1e-3
    return np.sort(np.argsort(-spread, kind="stable")[:count])


def row(drawing: Drawing, report: Unfolding, steps: range, units: list[Array], top: float) -> float:
    """Draw some timesteps side by side; returns where the row ends."""
    strips = report.moments[0].strips
    heights = -(-len(units[0]) // CELL_COLUMNS) * cell_size(len(units[0]))
    order = sorted(range(len(strips)), key=lambda i: (-strips[i].layer, i))  # h above its c
    outputs = min(LIKELIEST, len(report.vocabulary)) * BAR
    places, y = {}, top + outputs
    for i in order:
        y += 40 if strips[i].state == "h" else 14
        places[i] = y
        y += heights
    bottom = y + 40
    for n, t in enumerate(steps):
        moment = report.moments[t]
        x = LEFT + n * (COLUMN + GAP)
        drawing.label(x + COLUMN / 2, top - 10, f"t = {t + 1}", anchor="middle", colour=FAINT)
        output(drawing, report, moment, x, top)
        for i in order:
            cells(drawing, moment.strips[i].values[units[i]], x, places[i])
            middle = places[i] + heights / 2
            drawing.arrow((x + COLUMN + 4, middle), (x + COLUMN + GAP - 4, middle), INK)
            if strips[i].state == "h":
                drawing.arrow(
                    (x + COLUMN / 2, places[i] - 4), (x + COLUMN / 2, places[i] - 36), INK
                )
        drawing.arrow((x + COLUMN / 2, bottom - 4), (x + COLUMN / 2, bottom - 36), INK)
        one_hot(drawing, report, moment, x, bottom)
    labels(drawing, report, places, heights, top, bottom, order)
    return bottom + (44 if len(report.vocabulary) <= SMALL_ALPHABET else 34)


def labels(
    drawing: Drawing,
    report: Unfolding,
    places: dict[int, float],
    heights: float,
    top: float,
    bottom: float,
    order: list[int],
) -> None:
    """What each row is, at the left."""

    def at(y: float, text: str) -> None:
        drawing.label(LEFT - 14, y + 4, text, anchor="end", size=11, colour=FAINT)

    at(top + min(LIKELIEST, len(report.vocabulary)) * BAR / 2, "next character")
    for i in order:
        strip = report.moments[0].strips[i]
        at(places[i] + heights / 2, f"{strip.state} of layer {strip.layer}")
    at(bottom + 12, "input")


def output(drawing: Drawing, report: Unfolding, moment: Moment, x: float, top: float) -> None:
    """The likeliest next characters as bars; the right one is green, or red below the others."""
    ranked = np.argsort(-moment.probabilities, kind="stable")[:LIKELIEST].tolist()
    if moment.target is not None:
        place = report.vocabulary.index(moment.target)
        if place not in ranked:
            ranked[-1] = place
    for n, index in enumerate(ranked):
        y = top + n * BAR
        p = float(moment.probabilities[index])
        character = report.vocabulary[index]
        right = character == moment.target
        colour = (RIGHT if n == 0 else WRONG) if right else CERTAIN
        drawing.rectangle(x + 24, y + 1, COLUMN - 64, BAR - 5, "#f4f4f4")
        drawing.rectangle(x + 24, y + 1, (COLUMN - 64) * p, BAR - 5, colour)
        drawing.label(x + 18, y + 12, words.named(character), anchor="end", mono=True, bold=right)
        drawing.label(x + COLUMN - 36, y + 12, share(p), size=11, bold=right)


def share(p: float) -> str:
    return "<0.001" if p < 0.001 else f"{p:.3f}"


def cell_size(units: int) -> float:
    """Sixteen cells fill the column; fewer are larger, up to a limit."""
    return min(COLUMN / min(units, CELL_COLUMNS), 14.0)


def cells(drawing: Drawing, values: Array, x: float, y: float) -> None:
    """A strip of cells, sixteen in a row."""
    size = cell_size(len(values))
    columns = min(len(values), CELL_COLUMNS)
    left = x + (COLUMN - columns * size) / 2
    for i, value in enumerate(values.tolist()):
        column, line = i % CELL_COLUMNS, i // CELL_COLUMNS
        squashed = float(np.tanh(value)) if abs(value) > 1 else value
        drawing.rectangle(
            left + column * size, y + line * size, size, size, diverging(squashed), "#b0b0b0"
        )


def one_hot(drawing: Drawing, report: Unfolding, moment: Moment, x: float, y: float) -> None:
    """The input: a cell for every character of a small alphabet, else a box with its number."""
    size = len(report.vocabulary)
    if size > SMALL_ALPHABET:
        drawing.rectangle(x + COLUMN / 2 - 14, y, 28, 22, INK)
        drawing.label(
            x + COLUMN / 2,
            y + 16,
            words.named(moment.character),
            anchor="middle",
            colour="#ffffff",
            mono=True,
            bold=True,
        )
        place = report.vocabulary.index(moment.character)
        drawing.label(
            x + COLUMN / 2,
            y + 36,
            f"1 at {place} of {size}",
            anchor="middle",
            size=10,
            colour=FAINT,
        )
        return
    cell = min(22.0, COLUMN / size)
    left = x + (COLUMN - size * cell) / 2
    for i, character in enumerate(report.vocabulary):
        on = character == moment.character
        drawing.rectangle(left + i * cell, y, cell, 22, INK if on else "#ffffff", GRID)
        drawing.label(
            left + (i + 0.5) * cell,
            y + 16,
            "1" if on else "0",
            anchor="middle",
            size=11,
            colour="#ffffff" if on else FAINT,
        )
        drawing.label(
            left + (i + 0.5) * cell,
            y + 37,
            words.named(character),
            anchor="middle",
            mono=True,
            bold=on,
            colour=INK if on else FAINT,
        )
