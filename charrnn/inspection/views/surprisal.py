"""Where a text surprises the model: the text painted by bits, and the worst places."""

import math

from charrnn.inspection import words
from charrnn.inspection.canvas import Canvas, Cell, How
from charrnn.inspection.dynamic_evaluation import DynamicLoss
from charrnn.inspection.paired import Difference, of_losses
from charrnn.inspection.surprisal import Surprisal, WorstPlace
from charrnn.inspection.views import disagreement
from charrnn.inspection.views.painted import paint
from charrnn.inspection.words import figure, plural

BRIGHTEST = 8.0  # bits
WORST = 5
WIDTH = 78  # of a comparison without its bars
SHORTEST = 8  # bar that can be read
TITLE = "where the text surprises the model"


def show(report: Surprisal, canvas: Canvas, how: How) -> None:
    nats, bits = words.nats_and_bits(report.nats, report.standard_error)
    canvas.prose(
        (f"{bits} bits per character", "bold"),
        f" ({nats} nats) over {plural(report.characters, 'character')}{how.of}, "
        f"{100 * report.likeliest:.0f} % guessed{errors(report)}",
    )
    if report.unknown:
        total = sum(report.unknown.values())
        commonest = sorted(report.unknown.items(), key=lambda item: (-item[1], item[0]))[:8]
        named = ", ".join(f"'{canvas.name(c)}' {n}x" for c, n in commonest)
        more = "" if len(report.unknown) <= 8 else f" and {len(report.unknown) - 8} others"
        canvas.prose(f"skipped: {plural(total, 'character')} unknown to the model: {named}{more}")
    canvas.prose(reading(report))
    if report.dynamic:
        canvas.prose(dynamic(report.dynamic, report.nats))
    legend(canvas)
    painted = [None, *(None if math.isnan(v) else v / math.log(2) for v in report.per_character)]
    paint(
        canvas,
        how.text,
        painted,
        lambda b: canvas.sequential(b / BRIGHTEST),
        lambda b: str(min(int(b), 9)),
        None if how.every else canvas.rows,
    )
    canvas.table(
        "worst places                       bits  likelier to the model",
        [worst_row(place, canvas) for place in report.worst[:WORST]],
    )


def errors(report: Surprisal) -> str:
    if math.isfinite(report.standard_error):
        return f"; ± standard error from {report.blocks} blocks of the text"
    return "; the text is too short for a standard error"


def reading(report: Surprisal) -> str:
    begun = words.begun(report.readers, report.warm_up)
    return f"read {begun}" + (f" ({report.precision})" if report.readers > 1 else "")


def dynamic(loss: DynamicLoss, static: float) -> str:
    nats, bits = words.nats_and_bits(loss.nats, loss.standard_error)
    gain, _ = words.nats_and_bits(static - loss.nats, loss.gain_error)
    return (
        f"dynamic evaluation, learning the text while reading it from a zero state: {bits} bits "
        f"per character ({nats} nats, {gain} less) at rate {loss.rate:g}"
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
    """A line for each model, and how far it is from the first."""
    highest = max(report.bits_per_character for report in reports)
    room = canvas.width - WIDTH if canvas.width - WIDTH >= SHORTEST else 0
    apart: list[Difference | None] = [None, *(of_losses(reports[0], r) for r in reports[1:])]
    rows: list[list[Cell]] = []
    for name, report, difference in zip(names, reports, apart, strict=True):
        nats, bits = words.nats_and_bits(report.nats, report.standard_error)
        bar = canvas.bar(report.bits_per_character / highest, room)
        rows.append(
            [
                f"{name[:20]:<21}",
                f"{bits:<15}",
                f"{nats:<16}",
                f"{100 * report.likeliest:>5.1f} %  ",
                "-".ljust(17) if difference is None else f"{against(difference):<17}",
                (bar, "cyan"),
            ]
        )
    heading = f"{'model':<21}bits/char      nats/char       guessed  minus the first"
    canvas.table(heading, rows)
    first = reports[0]
    canvas.prose(
        f"{plural(first.characters, 'character')}{how.of}, {reading(first)}{errors(first)}; "
        "differences in bits, character by character"
    )
    for name, difference in zip(names, apart, strict=True):
        if difference is not None:
            canvas.prose(f"In words: {words.differs(name, names[0], difference)}.")
    for name, report in zip(names, reports, strict=True):
        if report.dynamic:
            canvas.prose(f"{name}: {dynamic(report.dynamic, report.nats)}")
    disagreement.show(names, reports, canvas, how)


def against(difference: Difference) -> str:
    sign = "+" if difference.bits > 0 else ""
    return sign + words.measured(difference.bits, difference.standard_error, most=6)
