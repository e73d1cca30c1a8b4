"""Writes a drawing as SVG, by hand: the same drawing gives the same bytes, and nothing is loaded.

XML forbids most control characters even as references, and a browser obeys bidirectional marks, so
all text goes through `visible` before it is escaped.
"""

from html import escape

from charrnn.inspection.pictures.drawing import (
    PAPER,
    Drawing,
    Label,
    Polygon,
    Polyline,
    Rectangle,
    Shape,
)
from charrnn.visible import visible

#: resvg knows no generic families, so that one font of each system is named.
SANS_FAMILY = "Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', 'Noto Sans', sans-serif"
MONO_FAMILY = "Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', 'Noto Sans Mono', monospace"


def svg(drawing: Drawing) -> str:
    """A complete SVG 1.1 document."""
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{element(drawing)}\n'


def element(drawing: Drawing) -> str:
    """The `<svg>` element alone, which HTML takes inline."""
    w, h = number(drawing.width), number(drawing.height)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{w}" height="{h}" '
        f'viewBox="0 0 {w} {h}" role="img" font-family="{SANS_FAMILY}">',
        f"<title>{quoted(drawing.title)}</title>",
        f'<rect width="{w}" height="{h}" fill="{PAPER}"/>',
        *map(shape, drawing.shapes),
        "</svg>",
    ]
    return "\n".join(lines)


def shape(item: Shape) -> str:
    match item:
        case Rectangle():
            return (
                f'<rect x="{number(item.x)}" y="{number(item.y)}" width="{number(item.width)}" '
                f'height="{number(item.height)}" fill="{item.fill}"/>'
            )
        case Polyline():
            dash = ""
            if item.dash:
                dash = f' stroke-dasharray="{number(item.dash[0])} {number(item.dash[1])}"'
            return (
                f'<polyline points="{points(item.points)}" fill="none" stroke="{item.stroke}" '
                f'stroke-width="{number(item.width)}" stroke-linejoin="round"{dash}/>'
            )
        case Polygon():
            opacity = "" if item.opacity == 1 else f' fill-opacity="{number(item.opacity)}"'
            return f'<polygon points="{points(item.points)}" fill="{item.fill}"{opacity}/>'
        case Label():
            return text(item)


def text(label: Label) -> str:
    """Spaces are kept: a text that is painted character by character needs them."""
    about = [f'x="{number(label.x)}" y="{number(label.y)}" font-size="{number(label.size)}"']
    about += [f'fill="{label.colour}" xml:space="preserve"']
    if label.anchor != "start":
        about.append(f'text-anchor="{label.anchor}"')
    if label.bold:
        about.append('font-weight="bold"')
    if label.mono:
        about.append(f'font-family="{MONO_FAMILY}"')
    if label.upright:
        about.append(f'transform="rotate(-90 {number(label.x)} {number(label.y)})"')
    if label.fit is not None:
        about.append(f'textLength="{number(label.fit)}" lengthAdjust="spacingAndGlyphs"')
    return f"<text {' '.join(about)}>{quoted(label.text)}</text>"


def quoted(words: str) -> str:
    """Text for XML and HTML: nothing invisible, nothing that is markup."""
    return escape(visible(words, one_line=True))


def points(pairs: tuple[tuple[float, float], ...]) -> str:
    return " ".join(f"{number(x)},{number(y)}" for x, y in pairs)


def number(value: float) -> str:
    """At most two decimals, without trailing zeros or a negative zero."""
    return f"{round(value, 2) + 0.0:.2f}".rstrip("0").rstrip(".")
