"""The same network folded up: which block of weights reads which place of the text.

A recurrent network has one block for all places, with an arrow back to itself; a perceptron has a
block for each of its N places. That is all the difference, and what `docs/sharing.md` is about.
"""

from charrnn.inspection.canvas import Canvas
from charrnn.inspection.unfold import Sharing, Unfolding
from charrnn.inspection.words import plural

PLACES = 16  # of a window, the latest, that are drawn one by one


def draw(report: Unfolding, canvas: Canvas) -> None:
    """Below the unrolled network, after an empty line."""
    canvas.line()
    if report.sharing.context:
        separate(report, canvas)
    else:
        shared(report.sharing, len(report.vocabulary), canvas)


def separate(report: Unfolding, canvas: Canvas) -> None:
    """N blocks side by side, with the characters that they read at the last step."""
    about, V = report.sharing, len(report.vocabulary)
    N, H = about.context, about.hidden_size
    canvas.prose(
        (f"{plural(N, 'block')} of weights, one for each place", "bold"),
        f" ({N} x {H} x {V} = {N * H * V:,} weights)",
    )
    text = report.prompt[-N:].rjust(N, "\0")
    first = max(0, N - PLACES)
    if first:
        canvas.line(f"   ... {first} older places")
    for place in range(first, N):
        name = "none" if text[place] == "\0" else canvas.name(text[place])
        row = f"   {canvas.pad(name, 5)} → {f'W_{place + 1}':<5} {H} x {V} ─"
        canvas.line(row + ("┐" if place == first else "┤"))
    layers = len(about.shapes)
    above = f"{plural(layers - 1, 'more layer')}, " if layers > 1 else ""
    canvas.line(f"   sum, tanh, {above}softmax ←".rjust(len(row)) + "┘")


def shared(about: Sharing, vocabulary_size: int, canvas: Canvas) -> None:
    """One block for each layer, from the top down, with its arrow back to itself."""
    count = sum(rows * columns for layer in about.shapes for rows, columns in layer)
    canvas.prose(
        ("one block of weights for every place", "bold"), f" ({count:,} weights, used at each step)"
    )
    insides = [inside(about, layer) for layer in range(len(about.shapes))]
    width = max(len(line) for lines in insides for line in lines)
    up = " " * (3 + width // 2) + "↑"
    canvas.line("   " + "next character".center(width + 4).rstrip())
    for lines in reversed(insides):
        loop = ("", "─┐ " + ", ".join(about.states), "←┘")
        canvas.line(up)
        canvas.line("   ┌" + "─" * (width + 2) + "┐")
        for line, back in zip(lines, loop, strict=True):
            canvas.line(f"   │ {line.ljust(width)} │{back}")
        canvas.line("   └" + "─" * (width + 2) + "┘")
    canvas.line(up)
    canvas.line("   " + f"one of {vocabulary_size:,} characters".center(width + 4).rstrip())


def inside(about: Sharing, layer: int) -> tuple[str, str, str]:
    """The lines of a block."""
    (rows, inputs), (_, units) = about.shapes[layer]
    name = f"layer {layer}, {about.cell}, {about.hidden_size:,} units"
    return name, f"W_ih {rows:,} x {inputs:,}", f"W_hh {rows:,} x {units:,}"
