"""Charts: curves with their bands, in a frame with ticks and a faint grid."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from charrnn.arrays import Array
from charrnn.inspection.canvas import Chart
from charrnn.inspection.pictures.drawing import COLOURS, FAINT, GRID, INK, Drawing, Point

SMALL = 11.0
DASHES = (5.0, 3.0)


@dataclass(frozen=True)
class Scale:
    """From data to pixels, linear or logarithmic; values outside are moved to the nearer end."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        low, high, value = self.low, self.high, min(max(value, self.low), self.high)
        if self.log:
            low, high, value = math.log10(low), math.log10(high), math.log10(value)
        return self.start + (value - low) / (high - low) * (self.end - self.start)

    def ticks(self) -> list[tuple[float, str]]:
        """Round values with their labels, at most eight or so."""
        if self.log:
            return log_ticks(self.low, self.high)
        return linear_ticks(self.low, self.high)


def linear_ticks(low: float, high: float) -> list[tuple[float, str]]:
    """Multiples of 1, 2 or 5 times a power of ten."""
    rough = (high - low) / 5
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= rough * 0.999)
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    first = math.ceil(low / step - 1e-9)
    count = math.floor(high / step + 1e-9) - first + 1
    return [((first + i) * step, f"{(first + i) * step:,.{decimals}f}") for i in range(count)]


def log_ticks(low: float, high: float) -> list[tuple[float, str]]:
    """Powers of ten, or 1, 2 and 5 times them within two decades."""
    first, last = math.floor(math.log10(low) + 1e-9), math.ceil(math.log10(high) - 1e-9)
    if last - first <= 2:
        values = [m * 10.0**p for p in range(first, last + 1) for m in (1, 2, 5)]
        return [(v, f"{v:g}") for v in values if low * 0.999 <= v <= high * 1.001]
    stride = -(-(last - first) // 8)
    powers = [p for p in range(last, first - 1, -stride) if low * 0.999 <= 10.0**p <= high * 1.001]
    return [(10.0**p, power_of_ten(p)) for p in powers]


def power_of_ten(exponent: int) -> str:
    return "1" if exponent == 0 else "10" + raised(exponent)


def raised(number: int) -> str:
    """A number in superscript."""
    return str(number).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


@dataclass(frozen=True)
class Axes:
    """A panel of a drawing: its scales and its frame."""

    drawing: Drawing
    x: Scale
    y: Scale

    def frame(self, title: str, x_label: str, y_label: str) -> None:
        """Grid, ticks, labels; the data is drawn afterwards, on top."""
        left, right, top, bottom = self.x.start, self.x.end, self.y.end, self.y.start
        d = self.drawing
        for value, words in self.y.ticks():
            y = self.y(value)
            d.line([(left, y), (right, y)], GRID)
            d.label(left - 7, y + 4, words, size=SMALL, anchor="end", colour=FAINT)
        for value, words in self.x.ticks():
            x = self.x(value)
            d.line([(x, bottom), (x, bottom + 4)], FAINT)
            d.label(x, bottom + 18, words, size=SMALL, anchor="middle", colour=FAINT)
        d.line([(left, bottom), (right, bottom)], FAINT)
        d.label(left, top - 12, title, size=13, bold=True)
        d.label((left + right) / 2, bottom + 38, x_label, anchor="middle", colour=INK)
        d.label(left - 46, (top + bottom) / 2, y_label, anchor="middle", upright=True)

    def curve(
        self,
        xs: Sequence[float] | Array,
        ys: Sequence[float] | Array,
        colour: str,
        width: float = 2.0,
        dash: tuple[float, float] | None = None,
    ) -> None:
        """A line through the values; on a log scale it ends where they leave the panel for good,
        instead of running along the bottom."""
        points = [self.place(x, y) for x, y in zip(xs, ys, strict=True)]
        if self.y.log:
            inside = [i for i, y in enumerate(ys) if y > self.y.low]
            points = points[: inside[-1] + 2] if inside else []
        if len(points) > 1:
            self.drawing.line(points, colour, width, dash)

    def band(
        self, xs: Sequence[float] | Array, lows: Array, highs: Array, colour: str, opacity: float
    ) -> None:
        """The area between two curves, pale."""
        there = [self.place(x, y) for x, y in zip(xs, highs, strict=True)]
        back = [self.place(x, y) for x, y in zip(xs, lows, strict=True)]
        self.drawing.polygon(there + back[::-1], colour, opacity)

    def place(self, x: float, y: float) -> Point:
        return self.x(x), self.y(y)


def plot(
    drawing: Drawing, chart: Chart, left: float, top: float, width: float, height: float
) -> None:
    """Paint a chart into the panel at (left, top); its labels stand outside."""
    xs = [float(x) for series in chart.series for x in (series.xs[0], series.xs[-1])]
    low, high = span(chart)
    axes = Axes(
        drawing,
        Scale(min(xs), max(*xs, min(xs) + 1), left, left + width, chart.log_x),
        Scale(low, high, top + height, top, chart.log_y),
    )
    axes.frame(chart.title, chart.x_label, chart.y_label)
    for name, level in chart.marks:
        y = axes.y(level)
        drawing.line([(left, y), (left + width, y)], FAINT, 1, (3, 3))
        drawing.label(left + width, y - 5, name, anchor="end", size=SMALL, colour=FAINT)
    pairs = list(zip(chart.series, colours_of(chart), strict=True))
    for series, colour in pairs:
        if series.low is not None and series.high is not None:
            axes.band(series.xs, series.low, series.high, colour, 0.26 / (len(pairs) + 1))
    for series, colour in pairs:
        axes.curve(series.xs, series.ys, colour, dash=DASHES if series.dashed else None)


def colours_of(chart: Chart) -> list[str]:
    """The colour of each curve, its own or that of another one."""
    numbers = [i if series.like is None else series.like for i, series in enumerate(chart.series)]
    return [COLOURS[number % len(COLOURS)] for number in numbers]


def span(chart: Chart) -> tuple[float, float]:
    """From the lowest to the highest of curves, bands and marks; between powers of ten on a
    logarithmic scale."""
    marks = [level for _, level in chart.marks]
    curves = [float(y) for series in chart.series for y in series.ys]
    tops = [float(v) for s in chart.series for v in (s.ys if s.high is None else s.high)]
    highest = max([*tops, *marks]) or 1.0
    if not chart.log_y:
        lows = [float(v) for s in chart.series for v in (s.ys if s.low is None else s.low)]
        return min(0.0, *lows), highest * 1.05
    seen = [y for y in [*curves, *marks] if y > chart.lowest]
    low = 10.0 ** math.floor(math.log10(max(min(seen, default=0.01), chart.lowest)))
    return low, 1.0 if highest <= 1 else 10.0 ** math.ceil(math.log10(highest) - 0.3)


def legend(drawing: Drawing, x: float, y: float, chart: Chart, spacing: float = 18) -> None:
    """A short line as each curve is drawn, with its name, one below the other."""
    for i, (series, colour) in enumerate(zip(chart.series, colours_of(chart), strict=True)):
        top = y + i * spacing
        dash = DASHES if series.dashed else None
        drawing.line([(x, top - 4), (x + 20, top - 4)], colour, 3, dash)
        drawing.label(x + 27, top, series.name)
