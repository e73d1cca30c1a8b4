"""Draws what the model expects after a prompt, as bars with cumulative shares."""

from charrnn.cli.inspect.screen import Screen
from charrnn.inspection.unfold import Prediction
from charrnn.inspection.words import figure


def draw(report: Prediction, screen: Screen, *, top: int) -> None:
    prompt = screen.text(report.prompt)
    room = screen.width - 10
    shown = prompt if len(prompt) <= room else "…" + prompt[-room + 1 :]
    screen.line("after ", (shown, "bold"))
    screen.line(
        f"temperature {report.temperature:g}, entropy {report.entropy_bits:.2f} bits "
        f"(as open as {figure(2**report.entropy_bits)} equally likely characters)"
    )
    screen.line(("character     share   cumulative", "bold"))
    for candidate in report.candidates[:top]:
        row(screen, screen.name(candidate.character), candidate.probability, candidate.cumulative)
    others = report.candidates[top:]
    if others:
        row(screen, f"{len(others)} others", sum(c.probability for c in others), 1.0)


def row(screen: Screen, name: str, probability: float, cumulative: float) -> None:
    bar = screen.bar(probability, max(screen.width - 36, 4))
    numbers = f"{percent(probability):>8} {percent(cumulative):>10}   "
    screen.line(screen.pad(name, 12), numbers, (bar, "cyan"))


def percent(share: float) -> str:
    return f"{100 * share:.2f} %" if share >= 5e-5 or share == 0 else "<0.01 %"


def compare(names: list[str], reports: list[Prediction], screen: Screen, *, top: int) -> None:
    """The union of the models' likeliest characters, a column of shares for each model."""
    likeliest: dict[str, float] = {}
    for report in reports:
        for candidate in report.candidates:
            best = likeliest.get(candidate.character, 0.0)
            likeliest[candidate.character] = max(best, candidate.probability)
    width = (screen.width - 10) // len(reports)
    screen.line(
        ("character ", "bold"), *((name[: width - 1].ljust(width), "bold") for name in names)
    )
    for character in sorted(likeliest, key=lambda c: -likeliest[c])[:top]:
        cells: list[str | tuple[str, str]] = [screen.pad(screen.name(character), 10)]
        for report in reports:
            shares = {c.character: c.probability for c in report.candidates}
            p = shares.get(character)
            bar = "" if p is None else screen.bar(p, max(width - 9, 1))
            cells += [f"{'-' if p is None else percent(p):<8}", (bar.ljust(width - 8), "cyan")]
        screen.line(*cells)
