"""Draws where a text surprises the model: the text painted by bits, and the worst places."""

import math

from charrnn.cli.inspect.reports.paint import paint, sequential
from charrnn.cli.inspect.screen import Screen, plural
from charrnn.cli.inspect.subject import Passage
from charrnn.inspection import words
from charrnn.inspection.dynamic_evaluation import DynamicLoss
from charrnn.inspection.surprisal import Surprisal, WorstPlace
from charrnn.inspection.words import figure

BRIGHTEST = 8.0  # bits
ROWS = 10
WORST = 5


def draw(report: Surprisal, passage: Passage, screen: Screen, *, every: bool = False) -> None:
    screen.line(
        (f"{words.loss(report.bits_per_character)} bits per character", "bold"),
        f" ({words.loss(report.nats, 4)} nats) over {plural(report.characters, 'character')}, "
        f"{100 * report.likeliest:.0f} % guessed",
    )
    if report.unknown:
        total = sum(report.unknown.values())
        commonest = sorted(report.unknown.items(), key=lambda item: (-item[1], item[0]))[:8]
        named = ", ".join(f"'{screen.name(c)}' {n}x" for c, n in commonest)
        more = "" if len(report.unknown) <= 8 else f" and {len(report.unknown) - 8} others"
        screen.prose(f"skipped: {plural(total, 'character')} unknown to the model: {named}{more}")
    if report.readers > 1:
        screen.prose(
            f"read in {report.readers} parts side by side ({report.precision}), each warmed up on "
            f"the {report.warm_up} characters before it"
        )
    if report.dynamic:
        screen.prose(dynamic(report.dynamic))
    legend(screen)
    bits = [None, *(None if math.isnan(v) else v / math.log(2) for v in report.per_character)]
    rows = None if every else ROWS
    limit = len(passage.text) if every else ROWS * screen.width
    drawn = paint(
        screen,
        passage.text[:limit],
        bits,
        lambda b: sequential(b / BRIGHTEST),
        lambda b: str(min(int(b), 9)),
        rows,
    )
    if drawn < len(passage.text):
        left = plural(len(passage.text) - drawn, "more character")
        screen.line((f"... {left} (--every shows all)", "dim"))
    screen.line(("worst places                       bits  likelier to the model", "bold"))
    for place in report.worst[:WORST]:
        worst_line(place, screen)


def dynamic(loss: DynamicLoss) -> str:
    return (
        f"dynamic evaluation, learning the text while reading it: "
        f"{words.loss(loss.bits_per_character)} bits per character ({words.loss(loss.nats, 4)} "
        f"nats) at rate {loss.rate:g}"
    )


def legend(screen: Screen) -> None:
    if screen.colour:
        steps = [(f" {b} ", sequential(b / BRIGHTEST)) for b in range(int(BRIGHTEST))]
        screen.line("bits: ", *steps, " and more")
    else:
        screen.line("below each line: bits, rounded down, 9 for 9 and more, ? not predicted")


def worst_line(place: WorstPlace, screen: Screen) -> None:
    before = words.ending(screen.text(place.before), 24)
    character = screen.name(place.character)
    alternatives = "  ".join(f"{screen.name(c)} {100 * p:.0f} %" for c, p in place.alternatives)
    screen.line(
        " " * (25 - words.columns(before)) + before,
        (screen.pad(f"[{character}]", 9), "bold red"),
        f"{figure(place.nats / math.log(2)):>5}  ",
        alternatives,
    )


def compare(names: list[str], reports: list[Surprisal], screen: Screen) -> None:
    """A line for each model, on one scale."""
    screen.line((f"{'model':<28} bits/char  nats/char  first choice", "bold"))
    highest = max(report.bits_per_character for report in reports)
    for name, report in zip(names, reports, strict=True):
        bar = screen.bar(report.bits_per_character / highest, max(screen.width - 64, 4))
        screen.line(
            f"{name[:28]:<28} {words.loss(report.bits_per_character, 4):<10} "
            f"{words.loss(report.nats, 4):<10} "
            f"{100 * report.likeliest:>5.1f} %  ",
            (bar, "cyan"),
        )
    for name, report in zip(names, reports, strict=True):
        if report.dynamic:
            screen.prose(f"{name}: {dynamic(report.dynamic)}")
