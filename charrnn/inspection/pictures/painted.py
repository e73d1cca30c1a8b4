"""A text with a colour behind every character: surprisal in bits, or a unit's activation."""

import math
from collections.abc import Callable, Sequence

from charrnn.inspection import words
from charrnn.inspection.colours import diverging, ink_on, on_paper
from charrnn.inspection.neurons import Neurons
from charrnn.inspection.pictures.drawing import FAINT, INK, MONO, TEXT_SIZE, Drawing
from charrnn.inspection.surprisal import Surprisal, WorstPlace

COLUMNS, ROWS = 86, 40
CELL, LINE, LEFT, TOP = 8.4, 21.0, 24.0, 84.0
WIDTH = round(2 * LEFT + COLUMNS * CELL)
BRIGHTEST = 8.0  # bits
BEFORE = 34  # characters shown before a place
Style = Callable[[float], tuple[str, str]]


def surprisal(name: str, text: str, report: Surprisal) -> Drawing:
    drawing = Drawing(
        WIDTH,
        0,
        f"{name}: {words.loss(report.bits_per_character)} bits per character",
        f"{report.nats:.4f} nats per character over {report.characters:,} characters.",
    )
    scale(
        drawing,
        [(f"{b}", *on_paper(b / BRIGHTEST)) for b in range(int(BRIGHTEST))],
        "surprise of each character in bits, 7 and more at the right",
    )
    bits = [None, *(None if math.isnan(v) else v / math.log(2) for v in report.per_character)]
    end = paint(drawing, text, bits, lambda b: on_paper(b / BRIGHTEST))
    drawing.height = worst_places(drawing, report.worst[:8], end + 26) + 6
    return drawing


def worst_places(drawing: Drawing, places: Sequence[WorstPlace], y: float) -> float:
    """A line for each: what stood before, what came, and what was likelier; returns the end."""
    drawing.label(LEFT, y, "worst places", bold=True)
    y += 22
    middle = LEFT + BEFORE * MONO * TEXT_SIZE
    for place in places:
        before = words.ending("".join(map(words.shown, place.before)), BEFORE)
        came = words.named(place.character)
        drawing.label(middle, y, before, mono=True, anchor="end", colour=FAINT)
        drawing.label(middle + 4, y, came, mono=True, bold=True, colour="#d55e00")
        drawing.label(LEFT + 310, y, f"{place.nats / math.log(2):.1f} bits")
        likelier = "instead of"
        for character, p in place.alternatives:
            further = f"{likelier}   {words.named(character)} {100 * p:.0f} %"
            likelier = further if len(further) < 52 else likelier
        drawing.label(LEFT + 380, y, likelier)
        y += 19
    return y


def neurons(name: str, report: Neurons) -> Drawing:
    unit = report.painted
    title = "no unit follows anything"
    if unit is not None:
        title = f"{report.quantity} of unit {unit.unit} in layer {unit.layer}"
    drawing = Drawing(WIDTH, 0, f"{name}: {title}")
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
        width = words.columns(shown)
        if x + width > COLUMNS:
            x, y, used = 0, y + LINE, used + 1
        if used > rows:
            break
        ink = FAINT
        if value is not None:
            background, ink = style(value)
            drawing.rectangle(LEFT + x * CELL, y - 14, width * CELL, LINE - 2, background)
        if shown != " ":
            drawing.label(
                LEFT + x * CELL, y, shown, size=13.5, mono=True, colour=ink, fit=width * CELL
            )
        x, drawn = x + width, drawn + 1
        if character == "\n":
            x, y, used = 0, y + LINE, used + 1
    if drawn < len(text):
        drawing.label(LEFT, y + 2, f"and {len(text) - drawn:,} more characters", colour=FAINT)
    return y + LINE
