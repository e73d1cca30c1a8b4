"""What the model expects after a prompt, as bars with cumulative shares."""

from charrnn.inspection import words
from charrnn.inspection.canvas import Canvas, How
from charrnn.inspection.unfold import Prediction
from charrnn.inspection.words import figure

TITLE = "what comes next"
COLUMN = 11  # narrower than this, a share and its bar do not fit


def show(report: Prediction, canvas: Canvas, how: How) -> None:
    prompt = canvas.text(report.prompt)
    room = canvas.width - 10
    shown = prompt if words.columns(prompt) <= room else "…" + words.ending(prompt, room - 1)
    canvas.line("after ", (shown, "bold"))
    canvas.prose(
        f"temperature {report.temperature:g}, entropy {report.entropy_bits:.2f} bits "
        f"(as open as {figure(2**report.entropy_bits)} equally likely characters), read from a "
        "zero state"
    )
    canvas.line(("character     share   cumulative", "bold"))
    for candidate in report.candidates[: how.top]:
        row(canvas, canvas.name(candidate.character), candidate.probability, candidate.cumulative)
    others = report.candidates[how.top :]
    if others:
        row(canvas, f"{len(others)} others", sum(c.probability for c in others), 1.0)


def row(canvas: Canvas, name: str, probability: float, cumulative: float) -> None:
    bar = canvas.bar(probability, max(canvas.width - 36, 4))
    numbers = f"{percent(probability):>8} {percent(cumulative):>10}   "
    canvas.line(canvas.pad(name, 12), numbers, (bar, "cyan"))


def percent(share: float) -> str:
    return f"{100 * share:.2f} %" if share >= 5e-5 or share == 0 else "<0.01 %"


def compare(names: list[str], reports: list[Prediction], canvas: Canvas, how: How) -> None:
    """The union of the models' likeliest characters, a column of shares for each model."""
    likeliest: dict[str, float] = {}
    for report in reports:
        for candidate in report.candidates:
            best = likeliest.get(candidate.character, 0.0)
            likeliest[candidate.character] = max(best, candidate.probability)
    characters = sorted(likeliest, key=lambda c: -likeliest[c])[: how.top]
    canvas.prose("after the prompt, read from a zero state")
    fitting = min(max((canvas.width - 10) // COLUMN, 1), len(reports))
    width = (canvas.width - 10) // fitting
    for start in range(0, len(reports), fitting):
        side = slice(start, start + fitting)
        block(names[side], reports[side], characters, width, canvas)


def block(
    names: list[str], reports: list[Prediction], characters: list[str], width: int, canvas: Canvas
) -> None:
    """The shares of as many models as fit side by side, each in `width` columns."""
    canvas.line(
        ("character ", "bold"), *((name[: width - 1].ljust(width), "bold") for name in names)
    )
    for character in characters:
        cells: list[str | tuple[str, str]] = [canvas.pad(canvas.name(character), 10)]
        for report in reports:
            shares = {c.character: c.probability for c in report.candidates}
            p = shares.get(character)
            bar = "" if p is None else canvas.bar(p, max(width - 9, 1))
            cells += [f"{'-' if p is None else percent(p):<8}", (bar.ljust(width - 8), "cyan")]
        canvas.line(*cells)
