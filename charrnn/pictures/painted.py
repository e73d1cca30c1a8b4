"""A text with a colour behind every character: surprisal in bits, or a unit's activation."""

import math
from collections.abc import Callable, Sequence

from charrnn.introspect import words
from charrnn.introspect.colours import diverging, ink_on, on_paper
from charrnn.introspect.neurons import Neurons
from charrnn.introspect.surprisal import Surprisal
from charrnn.pictures.drawing import FAINT, INK, Drawing

COLUMNS, ROWS = 86, 40
CELL, LINE, LEFT, TOP = 8.4, 21.0, 24.0, 84.0
BRIGHTEST = 8.0  # bits
Style = Callable[[float], tuple[str, str]]


def surprisal(name: str, text: str, report: Surprisal) -> Drawing:
    drawing = Drawing(
        LEFT * 2 + COLUMNS * CELL,
        0,
        f"{name}: {report.bits_per_character:.3f} bits per character",
        f"{report.nats:.4f} nats per character over {report.characters:,} characters.",
    )
    scale(
        drawing,
        [(f"{b}", *on_paper(b / BRIGHTEST)) for b in range(int(BRIGHTEST))],
        "surprise of each character in bits, 7 and more at the right",
    )
    bits = [None, *(None if math.isnan(v) else v / math.log(2) for v in report.per_character)]
    end = paint(drawing, text, bits, lambda b: on_paper(b / BRIGHTEST))
    drawing.label(LEFT, end + 26, "worst places", bold=True)
    y = end + 48
    for place in report.worst[:8]:
        before = "".join(map(words.shown, place.before))[-34:]
        drawing.label(LEFT + 34 * CELL * 0.86, y, before, mono=True, anchor="end", colour=FAINT)
        drawing.label(
            LEFT + 34 * CELL * 0.86 + 4,
            y,
            words.shown(place.character),
            mono=True,
            bold=True,
            colour="#d55e00",
        )
        likelier = "   ".join(f"{words.shown(c)} {100 * p:.0f} %" for c, p in place.alternatives)
        drawing.label(LEFT + 300, y, f"{place.nats / math.log(2):.1f} bits", size=12)
        drawing.label(LEFT + 380, y, f"instead of  {likelier}")
        y += 19
    drawing.height = y + 6
    return drawing


def neurons(name: str, report: Neurons) -> Drawing:
    unit = report.painted
    title = "no unit follows anything"
    if unit is not None:
        title = f"{report.quantity} of unit {unit.unit} in layer {unit.layer}"
    drawing = Drawing(LEFT * 2 + COLUMNS * CELL, 0, f"{name}: {title}")
    steps = [i / 4 for i in range(-4, 5)]
    scale(
        drawing, [(f"{v:+.2g}", diverging(v), ink_on(v)) for v in steps], "its value after reading"
    )
    values: list[float | None] = list(report.values.tolist())
    end = TOP
    if unit is not None:
        end = paint(drawing, report.text, values, lambda v: (diverging(v), ink_on(v)), ROWS - 14)
    drawing.label(LEFT, end + 26, "the units that follow a property best", bold=True)
    drawing.label(LEFT + 330, end + 26, "r", colour=FAINT)
    drawing.label(
        LEFT + 400, end + 26, "best |r| by chance (95 % of shifted properties)", colour=FAINT
    )
    y = end + 48
    for finding in report.findings:
        best = finding.matches[0]
        correlation = best.correlation or 0.0
        clear = abs(correlation) > finding.null_p95
        colour = INK if clear else FAINT
        drawing.label(LEFT, y, finding.predicate, colour=colour)
        drawing.label(LEFT + 150, y, f"layer {best.layer} unit {best.unit}", colour=colour)
        drawing.label(LEFT + 330, y, f"{correlation:+.2f}", colour=colour, bold=clear)
        drawing.label(LEFT + 400, y, f"{finding.null_p95:.2f}", colour=colour)
        y += 19
    drawing.height = y + 6
    return drawing


def scale(drawing: Drawing, steps: Sequence[tuple[str, str, str]], what: str) -> None:
    """Title and colour scale."""
    drawing.label(LEFT, 28, drawing.title, size=16, bold=True)
    for i, (text, background, ink) in enumerate(steps):
        drawing.rectangle(LEFT + i * 34, 42, 34, 18, background)
        drawing.label(LEFT + i * 34 + 17, 55, text, anchor="middle", size=11, colour=ink)
    drawing.label(LEFT + len(steps) * 34 + 10, 55, what, colour=FAINT)


def paint(
    drawing: Drawing, text: str, values: Sequence[float | None], style: Style, rows: int = ROWS
) -> float:
    """The beginning of the text, at most `rows` lines; returns where it ends."""
    x, y, used, drawn = 0, TOP, 1, 0
    for character, value in zip(text, values, strict=True):
        shown = words.shown(character)
        if x + len(shown) > COLUMNS:
            x, y, used = 0, y + LINE, used + 1
        if used > rows:
            break
        ink = FAINT
        if value is not None:
            background, ink = style(value)
            drawing.rectangle(LEFT + x * CELL, y - 14, len(shown) * CELL, LINE - 2, background)
        if shown != " ":
            drawing.label(
                LEFT + x * CELL, y, shown, size=13.5, mono=True, colour=ink, fit=len(shown) * CELL
            )
        x, drawn = x + len(shown), drawn + 1
        if character == "\n":
            x, y, used = 0, y + LINE, used + 1
    if drawn < len(text):
        drawing.label(LEFT, y + 2, f"and {len(text) - drawn:,} more characters", colour=FAINT)
    return y + LINE
