"""Draws what a checkpoint is: sizes, alphabet, training, its history as a curve."""

from collections.abc import Iterable, Mapping
from typing import Any

from charrnn.cli.inspect.screen import Screen, plural, sparkline
from charrnn.inspection.summary import Summary, whole
from charrnn.inspection.words import figure

LN2 = 0.6931471805599453


def draw(report: Summary, screen: Screen) -> None:
    layers = plural(report.layers, "layer")
    activation = f" ({report.activation})" if report.cell == "rnn" else ""
    network = f"{layers} of {report.hidden_size:,} {report.cell.upper()}{activation} units"
    members = whole(report.training.get("members")) or 1
    zeros = f" ({members} members and zeros between)" if members > 1 else ""
    screen.line((network, "bold"), f", {plural(report.parameters, 'parameter')}{zeros}")
    screen.line(("parameter          shape              numbers      norm   largest", "bold"))
    for matrix in report.matrices:
        shape = " x ".join(f"{n:,}" for n in matrix.shape)
        screen.line(
            f"{matrix.name:<18} {shape:<14} {matrix.parameters:>11,} "
            f"{figure(matrix.norm):>9} {figure(matrix.largest):>9}"
        )
    screen.line()
    screen.prose(f"vocabulary: {plural(len(report.vocabulary), 'character')}")
    alphabet = "".join(screen.text(c) for c in report.vocabulary)
    for start in range(0, min(len(alphabet), 4 * screen.width), screen.width):
        screen.line((alphabet[start : start + screen.width], "cyan"))
    named(screen, "corpus", report.corpus)
    named(screen, "training", report.training)
    named(screen, "versions", report.versions)
    screen.prose(f"seed: {'not recorded' if report.seed is None else report.seed}")
    excerpt = plural(report.excerpt_characters, "character") + " of held-out text"
    screen.prose(f"excerpt: {excerpt if report.excerpt_characters else 'none'}")
    curve(report, screen)
    results(report, screen)


def named(screen: Screen, title: str, about: Mapping[str, Any]) -> None:
    """One paragraph of `key value` pairs; a foreign file may hold anything in them."""
    pairs = (f"{key.replace('_', ' ')} {shown(value)}" for key, value in about.items())
    screen.prose(f"{title}: {screen.text(', '.join(pairs)) or 'not recorded'}")


def shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(shown, value[:5])) + (" ..." if len(value) > 5 else "")
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return str(value)[:80]


def curve(report: Summary, screen: Screen) -> None:
    """Training and validation loss as two sparklines over the steps."""
    if not report.history:
        screen.prose("history: not recorded")
        return
    last = report.history[-1]
    took = "" if last.seconds is None else f", {last.seconds:,.0f} s"
    screen.line(("history", "bold"), f" to step {last.step:,}{took} (nats per character, from 0)")
    losses = {"training": [p.loss for p in report.history]}
    losses["validation"] = [p.validation for p in report.history]
    for name, values in losses.items():
        known = present(values)
        if known:
            room = max(screen.width - 30, 10)
            first, final = figure(known[0]), figure(known[-1])
            screen.line(f"{name:<11}{first:>6} ", (sparkline(known, room), "cyan"), f" {final}")


def results(report: Summary, screen: Screen) -> None:
    """The best loss beside what counting achieves on the same text."""
    order = report.ngram_order
    lines = {
        "unigram": report.unigram,
        f"{order}-gram" if order else "n-gram": report.ngram,
        "this model": report.best,
    }
    highest = max(present(lines.values()), default=0.0)
    if not highest:
        screen.prose("held-out loss: not recorded")
        return
    screen.line(("held-out loss  nats/char  bits/char", "bold"))
    for name, loss in lines.items():
        if loss is not None:
            bits = f"{figure(loss):<11}{figure(loss / LN2):<11}"
            bar = screen.bar(loss / highest, min(screen.width - 40, 40))
            screen.line(f"{name:<15}{bits}", (bar, "cyan"))


def present(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None]


def compare(names: list[str], reports: list[Summary], screen: Screen) -> None:
    """A line for each model."""
    screen.line((f"{'model':<24} {'network':<13} parameters  held-out bits/char    steps", "bold"))
    losses = present(report.best for report in reports)
    for name, report in zip(names, reports, strict=True):
        network = f"{report.cell} {report.layers} x {report.hidden_size}"
        bits = "-" if report.best is None else f"{report.best / LN2:.3f}"
        steps = f"{report.history[-1].step:,}" if report.history else "-"
        bar = screen.bar((report.best or 0) / max(losses, default=1), 12)
        screen.line(
            f"{name[:24]:<24} {network:<13} {report.parameters:>10,}  {bits:<6}",
            (bar.ljust(12), "cyan"),
            f"{steps:>8}",
        )
