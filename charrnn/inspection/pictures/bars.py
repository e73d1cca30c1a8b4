"""Bars: what may come next, and how the gates are used."""

from collections.abc import Sequence

import numpy as np

from charrnn.inspection import words
from charrnn.inspection.gates import Clock, Gate, Gates
from charrnn.inspection.pictures.drawing import COLOURS, FAINT, GRID, Drawing
from charrnn.inspection.unfold import Prediction
from charrnn.inspection.words import figure

LEFT, TOP, ROW = 110.0, 90.0, 24.0
PANEL, PANEL_HEIGHT, SPACE = 190.0, 110.0, 40.0


def prediction(names: Sequence[str], reports: Sequence[Prediction]) -> Drawing:
    """The likeliest next characters, a bar for each model."""
    first = reports[0]
    prompt = "".join(map(words.shown, first.prompt))
    prompt = prompt if len(prompt) <= 60 else "…" + prompt[-59:]
    drawing = Drawing(720, 0, f"what comes after {prompt}")
    drawing.label(20, 28, "what comes after ", size=16, bold=True)
    drawing.label(164, 28, prompt, size=15, mono=True)
    entropies = ", ".join(
        f"{name} {report.entropy_bits:.2f}" for name, report in zip(names, reports, strict=True)
    )
    drawing.label(
        20, 48, f"temperature {first.temperature:g}; entropy in bits: {entropies}", colour=FAINT
    )
    shares = [{c.character: c.probability for c in report.candidates} for report in reports]
    characters = sorted(
        {c for s in shares for c in s}, key=lambda c: -max(s.get(c, 0) for s in shares)
    )
    y, thick = TOP, 19.0 if len(reports) == 1 else 12.0
    for character in characters[: 24 // len(reports) + 4]:
        drawing.label(
            LEFT - 14,
            y + thick * len(reports) / 2 + 4,
            words.named(character),
            anchor="end",
            mono=True,
            size=14,
        )
        for share, colour in zip(shares, COLOURS, strict=False):
            p = share.get(character, 0.0)
            drawing.rectangle(LEFT, y, 500, thick - 2, "#f4f4f4")
            drawing.rectangle(LEFT, y, 500 * p, thick - 2, colour)
            drawing.label(
                LEFT + 510, y + thick - 3, f"{100 * p:.2f} %", size=11 if len(reports) == 1 else 10
            )
            y += thick
        y += 6
    if len(reports) > 1:
        for i, (name, colour) in enumerate(zip(names, COLOURS, strict=False)):
            drawing.rectangle(LEFT + 120 * i, y + 8, 14, 10, colour)
            drawing.label(LEFT + 120 * i + 20, y + 17, name[:14])
        y += 26
    drawing.height = y + 12
    return drawing


def gates(name: str, report: Gates) -> Drawing:
    """For each gate of each layer the histogram of its values, and a panel of half-lives."""
    columns = max(
        sum(g.layer == layer for g in report.gates) for layer in {g.layer for g in report.gates}
    )
    columns += bool(report.clocks)
    drawing = Drawing(24 + columns * (PANEL + SPACE), 0, f"{name}: how the gates are used")
    drawing.label(20, 28, drawing.title, size=16, bold=True)
    drawing.label(
        20,
        48,
        f"values over {report.characters:,} characters and {report.hidden_size:,} "
        "units; dark: shut (below 0.1) and open (above 0.9)",
        colour=FAINT,
    )
    y = 84.0
    for layer in sorted({g.layer for g in report.gates}):
        row = [g for g in report.gates if g.layer == layer]
        for column, gate in enumerate(row):
            histogram(drawing, gate, report.hidden_size, 24 + column * (PANEL + SPACE), y)
        for clock in report.clocks:
            if clock.layer == layer:
                half_lives(drawing, clock, 24 + len(row) * (PANEL + SPACE), y)
        y += PANEL_HEIGHT + 92
    y += 14
    for idle in report.idle:
        drawing.label(
            24,
            y - 24,
            f"layer {idle.layer}: {len(idle.dead)} of {report.hidden_size} units "
            f"never move, {len(idle.stuck)} are nearly always at ±1",
        )
        y += 18
    drawing.height = y - 12
    return drawing


def histogram(drawing: Drawing, gate: Gate, hidden_size: int, x: float, y: float) -> None:
    shares = gate.histogram
    width, highest = PANEL / len(shares), float(shares.max()) or 1.0
    low = 0.0 if gate.function == "sigmoid" else -1.0
    for i, share in enumerate(shares.tolist()):
        left = low + (1 - low) * i / len(shares)
        right = low + (1 - low) * (i + 1) / len(shares)
        shut = right <= (0.1 if low == 0 else -0.9) + 1e-9
        saturated = shut or left >= 0.9 - 1e-9
        height = PANEL_HEIGHT * share / highest
        drawing.rectangle(
            x + i * width,
            y + PANEL_HEIGHT - height,
            width - 1,
            height,
            COLOURS[0] if saturated else "#a6cbe3",
        )
    title = f"layer {gate.layer}, {gate.gate}"
    drawing.label(
        x, y - 8, title + ("" if gate.function == "sigmoid" else f" ({gate.function})"), bold=True
    )
    drawing.line([(x, y + PANEL_HEIGHT), (x + PANEL, y + PANEL_HEIGHT)], FAINT)
    for place, text in ((x, f"{low:g}"), (x + PANEL, "1")):
        drawing.label(place, y + PANEL_HEIGHT + 15, text, size=11, anchor="middle", colour=FAINT)
    drawing.label(
        x + 2,
        y + PANEL_HEIGHT + 33,
        f"shut {100 * gate.shut:.0f} %, open {100 * gate.open:.0f} % of the time",
        size=11,
    )
    drawing.label(
        x + 2,
        y + PANEL_HEIGHT + 49,
        f"always shut {gate.always_shut}, always open {gate.always_open} of {hidden_size}",
        size=11,
        colour=FAINT,
    )


def half_lives(drawing: Drawing, clock: Clock, x: float, y: float) -> None:
    """Every unit's half-life, sorted, on a log scale from 0.1 to at least 100 characters."""
    lives = np.sort(clock.half_lives)
    highest = 10.0 ** np.ceil(np.log10(max(100.0, *lives[np.isfinite(lives)].tolist(), 1.0)))
    logs = (np.log10(np.clip(lives, 0.1, highest)) + 1) / (np.log10(highest) + 1)
    drawing.label(x, y - 8, f"half-life of what {clock.gate} keeps", bold=True)
    for decade in range(-1, round(np.log10(highest)) + 1):
        height = y + PANEL_HEIGHT * (1 - (decade + 1) / (np.log10(highest) + 1))
        drawing.line([(x, height), (x + PANEL, height)], GRID)
        drawing.label(x + PANEL + 4, height + 4, f"{10.0**decade:g}", size=10, colour=FAINT)
    points = [
        (x + PANEL * i / max(len(logs) - 1, 1), y + PANEL_HEIGHT * (1 - float(v)))
        for i, v in enumerate(logs)
    ]
    if len(points) > 1:
        drawing.line(points, COLOURS[1], 2)
    drawing.label(x + 2, y + PANEL_HEIGHT + 15, "units, sorted", size=11, colour=FAINT)
    longest = int(clock.half_lives.argmax())
    median = float(np.quantile(lives, 0.5, method="nearest"))
    drawing.label(x + 2, y + PANEL_HEIGHT + 33, f"median {figure(median)} characters", size=11)
    drawing.label(
        x + 2,
        y + PANEL_HEIGHT + 49,
        f"longest {figure(float(lives[-1]))} (unit {longest})",
        size=11,
        colour=FAINT,
    )
