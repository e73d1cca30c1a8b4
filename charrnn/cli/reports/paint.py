"""Paints a text: one colour for each character's value, or a second line of digits without colour.

The scales are viridis (Smith & van der Walt, 2015), cut so that letters stay legible, for values
from 0, and blue - white - orange for signed ones. The value always has a form that needs no colour.
"""

from collections.abc import Callable, Sequence
from itertools import groupby

from rich.cells import cell_len

from charrnn.cli.screen import Part, Screen

VIRIDIS = ("#482878", "#3e4989", "#31688e", "#26828e", "#1f9e89", "#35b779", "#6ece58", "#b5de2b")
COLD, WARM = (33, 102, 172), (230, 97, 1)


def sequential(share: float) -> str:
    """A style for a value from 0 to 1, dark to light."""
    index = min(int(share * len(VIRIDIS)), len(VIRIDIS) - 1)
    ink = "white" if index < 5 else "black"
    return f"{ink} on {VIRIDIS[max(index, 0)]}"


def diverging(value: float) -> str:
    """A style for a value from -1 (blue) over 0 (white) to 1 (orange); eight shades each way."""
    end = WARM if value > 0 else COLD
    strength = min(round(abs(value) * 8) / 8, 1.0)
    rgb = (round(255 + (c - 255) * strength) for c in end)
    ink = "white" if strength > 0.8 else "black"
    return f"{ink} on #{''.join(f'{c:02x}' for c in rgb)}"


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
