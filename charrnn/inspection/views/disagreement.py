"""Where two models differ in what surprises them: the text painted, and the places of the most."""

import math
from collections.abc import Sequence

import numpy as np

from charrnn.arrays import Array
from charrnn.inspection import words
from charrnn.inspection.canvas import Canvas, Cell, How
from charrnn.inspection.surprisal import Surprisal
from charrnn.inspection.views.neurons import digit
from charrnn.inspection.views.painted import paint
from charrnn.inspection.words import figure

STRONGEST = 9.0  # bits
PLACES = 4


def show(names: Sequence[str], reports: Sequence[Surprisal], canvas: Canvas, how: How) -> None:
    """Of the first two of these models."""
    one, other = names[:2]
    bits = [report.per_character / math.log(2) for report in reports[:2]]
    gains = bits[1] - bits[0]
    means = f"orange: {one} knew better, blue: {other} did"
    if not canvas.colour:
        means = f"1-9: {one} knew better by so many bits, a-i: {other} did"
    canvas.prose((f"where {one} and {other} differ", "bold"), f" ({means})")
    values = [None, *(None if math.isnan(gain) else gain / STRONGEST for gain in gains)]
    paint(canvas, how.text, values, canvas.diverging, digit, None if how.every else canvas.rows)
    for name, best in ((one, gains), (other, -gains)):
        canvas.table(
            f"{name + ' knew better':<34} bits  the other's",
            [place_row(place, bits, name == one, how.text, canvas) for place in largest(best)],
        )


def largest(gains: Array) -> list[int]:
    """The places of the largest gains."""
    order = np.argsort(-np.nan_to_num(gains, nan=-np.inf), kind="stable")[:PLACES].tolist()
    return [place for place in order if gains[place] > 0]


def place_row(place: int, bits: list[Array], first: bool, text: str, canvas: Canvas) -> list[Cell]:
    """The character that both predict at a place, behind what stands before it."""
    mine, others = bits if first else bits[::-1]
    before = words.ending(canvas.text(text[max(0, place - 29) : place + 1]), 24)
    shown = canvas.pad(f"[{canvas.name(text[place + 1])}]", 9)
    return [
        [" " * (25 - words.columns(before)) + before, (shown, "bold")],
        f"{figure(mine[place]):>5}  ",
        f"{figure(others[place]):>5}",
    ]
