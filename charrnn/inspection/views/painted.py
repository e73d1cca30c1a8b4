"""Paints a text: one colour for each character's value, or a second line of digits without colour.

The value always has a form that needs no colour.
"""

from collections.abc import Callable, Sequence

from charrnn.inspection.canvas import Canvas, runs
from charrnn.inspection.words import columns, plural
from charrnn.text.units import END


def paint(
    canvas: Canvas,
    text: str,
    values: Sequence[float | None],
    style: Callable[[float], str],
    digit: Callable[[float], str],
    rows: int | None,
) -> None:
    """Write `text` with a value for each character (None: no value) on at most `rows` lines of the
    canvas, and say how much is left."""
    per_line = 1 if canvas.colour else 2
    room = per_line * len(text) if rows is None else rows
    painted, part = 0, text[: room * canvas.width]
    for start, end in line_breaks(canvas, part):
        if (room := room - per_line) < 0:
            break
        cells = [(canvas.text(text[i]), values[i]) for i in range(start, end)]
        if canvas.colour:
            canvas.line(*runs((shown, "" if v is None else style(v)) for shown, v in cells))
        else:
            canvas.line("".join(shown for shown, _ in cells))
            digits = (("?" if v is None else digit(v)).ljust(columns(s)) for s, v in cells)
            canvas.line("".join(digits))
        painted = end
    if painted < len(text):
        left = plural(len(text) - painted, "more character")
        hint = "" if canvas.charts else " (--every shows all)"
        canvas.prose((f"... {left}{hint}", "dim"))


def line_breaks(canvas: Canvas, text: str) -> list[tuple[int, int]]:
    """Where the painted lines begin and end: after a newline, a unit, or when the width is full."""
    lines, start, used = [], 0, 0
    for i, character in enumerate(text):
        width = columns(canvas.text(character))
        if used + width > canvas.width:
            lines.append((start, i))
            start, used = i, 0
        used += width
        if character in ("\n", END):
            lines.append((start, i + 1))
            start, used = i + 1, 0
    if start < len(text):
        lines.append((start, len(text)))
    return lines
