"""A picture as a list of shapes, in units of one pixel at 96 dpi; SVG and PNG are written from it.

Colours are `#rrggbb`. The origin is the upper left corner, as in both formats.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

Point = tuple[float, float]

INK, FAINT, GRID, PAPER = "#1a1a1a", "#6b6b6b", "#e4e4e4", "#ffffff"
#: Okabe and Ito's colours, which people with any colour vision can tell apart.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
TEXT_SIZE = 12.0
#: The width of a character as a share of the font size: sans-serif on average, monospace exactly.
SANS, MONO = 0.53, 0.6


@dataclass(frozen=True)
class Rectangle:
    x: float
    y: float
    width: float
    height: float
    fill: str
    stroke: str | None = None


@dataclass(frozen=True)
class Polyline:
    points: tuple[Point, ...]
    stroke: str
    width: float = 1.0
    dash: tuple[float, float] | None = None


@dataclass(frozen=True)
class Polygon:
    points: tuple[Point, ...]
    fill: str
    opacity: float = 1.0


@dataclass(frozen=True)
class Label:
    """Text whose baseline begins, is centred, or ends at (x, y); turned by 90 degrees to read
    upwards if `upright`. `fit` stretches it to that width, so that letters meet their cells."""

    x: float
    y: float
    text: str
    size: float = TEXT_SIZE
    anchor: str = "start"
    colour: str = INK
    bold: bool = False
    mono: bool = False
    upright: bool = False
    fit: float | None = None


Shape = Rectangle | Polyline | Polygon | Label


@dataclass
class Drawing:
    """Shapes in painting order on white paper; `title` is also for those who cannot see it."""

    width: float
    height: float
    title: str
    shapes: list[Shape] = field(default_factory=list)

    def rectangle(
        self, x: float, y: float, width: float, height: float, fill: str, stroke: str | None = None
    ) -> None:
        self.shapes.append(Rectangle(x, y, width, height, fill, stroke))

    def line(
        self,
        points: Sequence[Point],
        stroke: str,
        width: float = 1.0,
        dash: tuple[float, float] | None = None,
    ) -> None:
        self.shapes.append(Polyline(tuple(points), stroke, width, dash))

    def polygon(self, points: Sequence[Point], fill: str, opacity: float = 1.0) -> None:
        self.shapes.append(Polygon(tuple(points), fill, opacity))

    def label(self, x: float, y: float, text: str, **about: object) -> None:
        """Draw text; `about` are the further fields of `Label`."""
        self.shapes.append(Label(x, y, text, **about))  # type: ignore[arg-type]

    def arrow(self, start: Point, end: Point, colour: str, head: float = 6.0) -> None:
        """A horizontal or vertical arrow."""
        (x0, y0), (x1, y1) = start, end
        length = abs(x1 - x0) + abs(y1 - y0)
        ux, uy = (x1 - x0) / length, (y1 - y0) / length
        base = (x1 - head * ux, y1 - head * uy)
        self.line([start, base], colour, 1.4)
        half = head * 0.45
        corners = [(base[0] - half * uy, base[1] + half * ux)]
        corners += [end, (base[0] + half * uy, base[1] - half * ux)]
        self.polygon(corners, colour)
