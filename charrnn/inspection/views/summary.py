"""What a checkpoint is: sizes, alphabet, training, its history as a curve."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

from charrnn.inspection.canvas import Canvas, Cell, Chart, How, Series, sparkline
from charrnn.inspection.summary import Summary, whole
from charrnn.inspection.uncertainty import with_error
from charrnn.inspection.words import figure, plural
from charrnn.network.cells import CELLS

TITLE = "the model"
LN2 = math.log(2)
CHOSEN = "which the kept weights were chosen on"


def show(report: Summary, canvas: Canvas, how: How) -> None:
    network, more = network_of(report)
    canvas.prose((network, "bold"), more)
    canvas.table(
        "parameter          shape              numbers      norm   largest",
        [
            [
                f"{matrix.name:<18} ",
                f"{' x '.join(f'{n:,}' for n in matrix.shape):<14} ",
                f"{matrix.parameters:>11,} ",
                f"{figure(matrix.norm):>9} ",
                f"{figure(matrix.largest):>9}",
            ]
            for matrix in report.matrices
        ],
    )
    canvas.line()
    canvas.prose(f"vocabulary: {plural(len(report.vocabulary), 'character')}")
    alphabet = "".join(canvas.text(c) for c in report.vocabulary)
    for start in range(0, min(len(alphabet), 4 * canvas.width), canvas.width):
        canvas.line((alphabet[start : start + canvas.width], "cyan"))
    named(canvas, "corpus", report.corpus)
    named(canvas, "training", report.training)
    named(canvas, "versions", report.versions)
    canvas.prose(f"seed: {'not recorded' if report.seed is None else report.seed}")
    excerpt = plural(report.excerpt_characters, "character")
    excerpt += f" of held-out text, {CHOSEN}" if report.best is not None else " of the text"
    canvas.prose(f"excerpt: {excerpt if report.excerpt_characters else 'none'}")
    if report.longest_piece:
        canvas.prose(f"n-grams: pieces of up to {report.longest_piece} characters of the text")
    curve(report, canvas)
    results(report, canvas)


def network_of(report: Summary) -> tuple[str, str]:
    """What the network is, and of how many numbers."""
    layers = plural(report.layers, "layer")
    activation = f" ({report.activation})" if len(CELLS[report.cell].learning_rates) > 1 else ""
    network = f"{layers} of {report.hidden_size:,} {report.cell.upper()}{activation} units"
    members = whole(report.training.get("members")) or 1
    zeros = f" ({members} members and zeros between)" if members > 1 else ""
    window = whole(report.training.get("context"))
    network += f" over {window} characters" if window else ""
    return network, f", {plural(report.parameters, 'parameter')}{zeros}"


def named(canvas: Canvas, title: str, about: Mapping[str, Any]) -> None:
    """One paragraph of `key value` pairs; a foreign file may hold anything in them."""
    pairs = (f"{key.replace('_', ' ')} {shown(value)}" for key, value in about.items())
    canvas.prose(f"{title}: {canvas.text(', '.join(pairs)) or 'not recorded'}")


def shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(shown, value[:5])) + (" ..." if len(value) > 5 else "")
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return str(value)[:80]


def curve(report: Summary, canvas: Canvas) -> None:
    """Training and validation loss as two sparklines over the steps."""
    if not report.history:
        canvas.prose("history: not recorded")
        return
    last = report.history[-1]
    took = "" if last.seconds is None else f", {last.seconds:,.0f} s"
    canvas.prose(("history", "bold"), f" to step {last.step:,}{took} (nats per character, from 0)")
    if canvas.charts:
        canvas.chart(history_chart([""], [report]))
        return
    losses = {"training": [p.loss for p in report.history]}
    losses["validation"] = [p.validation for p in report.history]
    for name, values in losses.items():
        known = present(values)
        if known:
            room = max(canvas.width - 30, 10)
            first, final = figure(known[0]), figure(known[-1])
            canvas.line(f"{name:<11}{first:>6} ", (sparkline(known, room), "cyan"), f" {final}")


def history_chart(names: list[str], reports: list[Summary]) -> Chart:
    """Losses over the steps (training dashed), and what counting achieves on the first text."""
    curves = []
    for name, report in zip(names, reports, strict=True):
        for what, dashed in (("validation", False), ("loss", True)):
            points = [(p.step, getattr(p, what)) for p in report.history]
            known = [(step, loss) for step, loss in points if loss is not None]
            if known:
                label = f"{name} {'training' if dashed else 'validation'}".strip()
                steps, losses = ([pair[i] for pair in known] for i in (0, 1))
                curves.append(Series(label, steps, losses, dashed=dashed))
    first = reports[0]
    levels = [("unigram", first.unigram), (f"{first.ngram_order}-gram", first.ngram)]
    marks = [(name, loss) for name, loss in levels if loss is not None]
    return Chart("", "step", "nats per character", curves, marks=marks)


def results(report: Summary, canvas: Canvas) -> None:
    """The best loss beside what counting achieves on the same text."""
    order = report.ngram_order
    lines = {
        "unigram": report.unigram,
        f"{order}-gram" if order else "n-gram": report.ngram,
        "this network" if report.joined else "this model": report.best,
        "with n-grams": report.joined,
    }
    highest = max(present(lines.values()), default=0.0)
    if not highest:
        canvas.prose("held-out loss: not recorded")
        return
    rows: list[list[Cell]] = []
    for name, loss in lines.items():
        if loss is not None:
            error = report.best_error if name == "this model" else None
            figures = (
                with_error(loss / unit, None if error is None else error / unit)
                for unit in (1.0, LN2)
            )
            bar = canvas.bar(loss / highest, min(max(canvas.width - 50, 1), 40))
            rows.append([f"{name:<15}", *(f"{x:<16}" for x in figures), (bar, "cyan")])
    canvas.table("held-out loss  nats/char       bits/char", rows)
    if report.best is not None and report.best_characters:
        canvas.prose(f"this model was measured on {report.best_characters:,} characters, {CHOSEN}")


def present(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None]


def compare(names: list[str], reports: list[Summary], canvas: Canvas, how: How) -> None:
    """A line for each model."""
    if canvas.charts and any(report.history for report in reports):
        canvas.chart(history_chart(names, reports))
    losses = present(report.best for report in reports)
    rows: list[list[Cell]] = []
    for name, report in zip(names, reports, strict=True):
        network = f"{report.cell} {report.layers} x {report.hidden_size}"
        bits = "-" if report.best is None else f"{report.best / LN2:.3f}"
        steps = f"{report.history[-1].step:,}" if report.history else "-"
        bar = canvas.bar((report.best or 0) / max(losses, default=1), 12)
        rows.append(
            [
                f"{name[:24]:<24} ",
                f"{network:<13} ",
                f"{report.parameters:>10,}  ",
                [f"{bits:<6}", (bar.ljust(12), "cyan")],
                f"{steps:>8}",
            ]
        )
    heading = f"{'model':<24} {'network':<13} parameters  held-out bits/char    steps"
    canvas.table(heading, rows)
