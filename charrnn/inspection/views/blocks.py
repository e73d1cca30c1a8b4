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
    middle = (first + N) // 2
    for place in range(first, N):
        name = "none" if text[place] == "\0" else canvas.name(text[place])
        matrix = f"W_{place + 1}".ljust(5)
        corner = "──" if N == 1 else "─┐" if place == first else "─┘" if place == N - 1 else "─┤"
        then = f"→ sum, tanh → {upper(about)}" if place == middle else ""
        canvas.line(f"   {canvas.pad(name, 5)} → {matrix}{H} x {V} {corner}{then}")


def upper(about: Sharing) -> str:
    """What comes after the first layer of a perceptron."""
    layers = len(about.shapes)
    return "softmax" if layers == 1 else f"{plural(layers - 1, 'more layer')}, softmax"


def shared(about: Sharing, vocabulary_size: int, canvas: Canvas) -> None:
    """One block for each layer, from the top down, with its arrow back to itself."""
    count = sum(rows * columns for layer in about.shapes for rows, columns in layer)
    canvas.prose(
        ("one block of weights for every place", "bold"), f" ({count:,} weights, used at each step)"
    )
    width = max(len(line) for layer in range(len(about.shapes)) for line in inside(about, layer))
    up = " " * (3 + width // 2) + "↑"
    states = " and ".join(about.states)
    canvas.line("   " + "next character".center(width + 4).rstrip())
    for layer in reversed(range(len(about.shapes))):
        canvas.line(up)
        name, matrices = (line.ljust(width) for line in inside(about, layer))
        canvas.line("   ┌" + "─" * (width + 2) + "┐")
        canvas.line(f"   │ {name} │─┐ {states}")
        canvas.line(f"   │ {matrices} │←┘ of the step before")
        canvas.line("   └" + "─" * (width + 2) + "┘")
    canvas.line(up)
    canvas.line("   " + f"one of {vocabulary_size:,} characters".center(width + 4).rstrip())


def inside(about: Sharing, layer: int) -> tuple[str, str]:
    """The two lines of a block."""
    (rows, inputs), (_, units) = about.shapes[layer]
    name = f"layer {layer}, {about.cell}, {about.hidden_size:,} units"
    return name, f"W_ih {rows:,} x {inputs:,}, W_hh {rows:,} x {units:,}"
