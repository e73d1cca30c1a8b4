"""Where a text surprises the model: the text painted by bits, and the worst places."""

import math

from charrnn.inspection import words
from charrnn.inspection.canvas import Canvas, Cell, How
from charrnn.inspection.dynamic_evaluation import DynamicLoss
from charrnn.inspection.surprisal import Surprisal, WorstPlace
from charrnn.inspection.views import disagreement
from charrnn.inspection.views.painted import paint
from charrnn.inspection.words import figure, plural

BRIGHTEST = 8.0  # bits
WORST = 5
TITLE = "where the text surprises the model"


def show(report: Surprisal, canvas: Canvas, how: How) -> None:
    canvas.prose(
        (f"{words.loss(report.bits_per_character)} bits per character", "bold"),
        f" ({words.loss(report.nats, 4)} nats) over {plural(report.characters, 'character')}, "
        f"{100 * report.likeliest:.0f} % guessed",
    )
    if report.unknown:
        total = sum(report.unknown.values())
        commonest = sorted(report.unknown.items(), key=lambda item: (-item[1], item[0]))[:8]
        named = ", ".join(f"'{canvas.name(c)}' {n}x" for c, n in commonest)
        more = "" if len(report.unknown) <= 8 else f" and {len(report.unknown) - 8} others"
        canvas.prose(f"skipped: {plural(total, 'character')} unknown to the model: {named}{more}")
    canvas.prose(reading(report))
    if report.dynamic:
        canvas.prose(dynamic(report.dynamic))
    legend(canvas)
    bits = [None, *(None if math.isnan(v) else v / math.log(2) for v in report.per_character)]
    paint(
        canvas,
        how.text,
        bits,
        lambda b: canvas.sequential(b / BRIGHTEST),
        lambda b: str(min(int(b), 9)),
        None if how.every else canvas.rows,
    )
    canvas.table(
        "worst places                       bits  likelier to the model",
        [worst_row(place, canvas) for place in report.worst[:WORST]],
    )


def reading(report: Surprisal) -> str:
    begun = words.begun(report.readers, report.warm_up)
    return f"read {begun}" + (f" ({report.precision})" if report.readers > 1 else "")


def dynamic(loss: DynamicLoss) -> str:
    return (
        f"dynamic evaluation, learning the text while reading it from a zero state: "
        f"{words.loss(loss.bits_per_character)} bits per character ({words.loss(loss.nats, 4)} "
        f"nats) at rate {loss.rate:g}"
    )


def legend(canvas: Canvas) -> None:
    if canvas.colour:
        steps = [(f" {b} ", canvas.sequential(b / BRIGHTEST)) for b in range(int(BRIGHTEST))]
        canvas.line("bits: ", *steps, " and more")
    else:
        canvas.prose("below each line: bits, rounded down, 9 for 9 and more, ? not predicted")


def worst_row(place: WorstPlace, canvas: Canvas) -> list[Cell]:
    before = words.ending(canvas.text(place.before), 24)
    character = canvas.name(place.character)
    alternatives = "  ".join(f"{canvas.name(c)} {100 * p:.0f} %" for c, p in place.alternatives)
    return [
        [
            " " * (25 - words.columns(before)) + before,
            (canvas.pad(f"[{character}]", 9), "bold red"),
        ],
        f"{figure(place.nats / math.log(2)):>5}  ",
        alternatives,
    ]


def compare(names: list[str], reports: list[Surprisal], canvas: Canvas, how: How) -> None:
    """A line for each model, on one scale."""
    highest = max(report.bits_per_character for report in reports)
    rows: list[list[Cell]] = []
    for name, report in zip(names, reports, strict=True):
        bar = canvas.bar(report.bits_per_character / highest, max(canvas.width - 64, 4))
        rows.append(
            [
                f"{name[:28]:<28} ",
                f"{words.loss(report.bits_per_character, 4):<10} ",
                f"{words.loss(report.nats, 4):<10} ",
                f"{100 * report.likeliest:>5.1f} %  ",
                (bar, "cyan"),
            ]
        )
    canvas.table(f"{'model':<28} bits/char  nats/char  first choice", rows)
    canvas.prose(reading(reports[0]))
    for name, report in zip(names, reports, strict=True):
        if report.dynamic:
            canvas.prose(f"{name}: {dynamic(report.dynamic)}")
    disagreement.show(names, reports, canvas, how)
