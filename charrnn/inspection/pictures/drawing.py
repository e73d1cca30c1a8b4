"""A picture as a list of shapes, in units of one pixel at 96 dpi, from which SVG is written.

Colours are `#rrggbb`. The origin is the upper left corner, as in SVG.
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

    def rectangle(self, x: float, y: float, width: float, height: float, fill: str) -> None:
        self.shapes.append(Rectangle(x, y, width, height, fill))

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
