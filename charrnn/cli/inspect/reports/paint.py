"""Paints a text: one colour for each character's value, or a second line of digits without colour.

The value always has a form that needs no colour.
"""

from collections.abc import Callable, Sequence
from itertools import groupby

from rich.cells import cell_len

from charrnn.cli.inspect.screen import Part, Screen
from charrnn.inspection import colours


def sequential(share: float) -> str:
    """A style for a value from 0 to 1, dark to light."""
    background, ink = colours.sequential(share)
    return f"{ink} on {background}"


def diverging(value: float) -> str:
    """A style for a value from -1 (blue) over 0 (white) to 1 (orange)."""
    return f"{colours.ink_on(value)} on {colours.diverging(value)}"


def paint(
    screen: Screen,
    text: str,
    values: Sequence[float | None],
    style: Callable[[float], str],
    digit: Callable[[float], str],
    rows: int | None = None,
) -> int:
    """Draw `text` with a value for each character (None: no value) on at most `rows` lines of the
    screen; returns how many characters were drawn."""
    drawn = 0
    for start, end in line_breaks(screen, text):
        needed = 1 if screen.colour else 2
        if rows is not None and (rows := rows - needed) < 0:
            break
        cells = [(screen.text(text[i]), values[i]) for i in range(start, end)]
        if screen.colour:
            screen.line(*runs((shown, "" if v is None else style(v)) for shown, v in cells))
        else:
            screen.line("".join(shown for shown, _ in cells))
            digits = (("?" if v is None else digit(v)).ljust(cell_len(s)) for s, v in cells)
            screen.line("".join(digits))
        drawn = end
    return drawn


def runs(cells: object) -> list[Part]:
    """Join neighbours of one style, so that the output stays small."""
    groups = groupby(cells, key=lambda cell: cell[1])  # type: ignore[call-overload]
    return [("".join(shown for shown, _ in group), style) for style, group in groups]


def line_breaks(screen: Screen, text: str) -> list[tuple[int, int]]:
    """Where the drawn lines begin and end: after a newline, or when the width is full."""
    lines, start, used = [], 0, 0
    for i, character in enumerate(text):
        width = cell_len(screen.text(character))
        if used + width > screen.width:
            lines.append((start, i))
            start, used = i, 0
        used += width
        if character == "\n":
            lines.append((start, i + 1))
            start, used = i + 1, 0
    if start < len(text):
        lines.append((start, len(text)))
    return lines
