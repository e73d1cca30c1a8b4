"""The losses of a run as a curve made of characters: pure text, for the live view.

The picture is as wide as the budget, so that it fills from the left while the run goes on. A
character holds 2 x 4 dots of braille, or where there is no Unicode one dot, a star.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from operator import itemgetter

from rich.text import Text

Point = tuple[float, float]  # the share of the budget, 0 to 1, and a loss
Mark = tuple[str, float]  # a name and a loss

BINS = 400
MARGIN = 13  # columns for `unigram 3.236`
NARROWEST = 40
#: Bits of a braille character, by row and column of the dot.
BRAILLE = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
LINE, VALIDATION, MARK = "not dim cyan", "not dim bold green", "dim"


@dataclass
class Losses:
    """The points of a curve: however long a run, they are few."""

    validation: list[Point] = field(default_factory=list)
    sums: list[float] = field(default_factory=lambda: [0.0] * BINS)
    counts: list[int] = field(default_factory=lambda: [0] * BINS)

    def add(self, share: float, loss: float) -> None:
        """A loss of training; those of one bin are averaged. One that is not finite is left out."""
        if math.isfinite(loss):
            bin = min(int(share * BINS), BINS - 1)
            self.sums[bin] += loss
            self.counts[bin] += 1

    @property
    def training(self) -> list[Point]:
        """The mean of each bin that has any losses, at its middle."""
        bins = enumerate(zip(self.sums, self.counts, strict=True))
        return [((bin + 0.5) / BINS, total / count) for bin, (total, count) in bins if count]


@dataclass(frozen=True)
class Frame:
    """From points to dots: so many columns and rows of cells, each of `across` x `down` dots."""

    columns: int
    rows: int
    across: int
    down: int
    low: float
    high: float

    def dot(self, point: Point) -> tuple[int, int]:
        """Column and row of a dot, from the upper left; what lies outside goes to the edge."""
        share, loss = point
        right, bottom = self.columns * self.across - 1, self.rows * self.down - 1
        x = int(share * (right + 1))
        y = round((self.high - loss) / (self.high - self.low) * bottom)
        return min(max(x, 0), right), min(max(y, 0), bottom)

    @property
    def xs(self) -> range:
        """The columns of cells."""
        return range(self.columns)

    def cell(self, point: Point) -> tuple[int, int]:
        """Column and row of the cell that holds a point."""
        x, y = self.dot(point)
        return x // self.across, y // self.down


def frame(
    training: Sequence[Point],
    validation: Sequence[Point],
    marks: Sequence[Mark],
    columns: int,
    rows: int,
    unicode: bool,
) -> Frame:
    """Room for the lowest loss, and for the highest mark or where the run began: a loss that
    explodes later must not flatten everything else."""
    levels = [loss for _, loss in marks]
    begun = [points[0][1] for points in (training, validation) if points]
    low = min([*levels, *(loss for _, loss in [*training, *validation])])
    high = max([*levels, *begun, low + 0.1, low * 1.1])
    return Frame(columns, rows, *((2, 4) if unicode else (1, 1)), low, high)


def paint(
    losses: Losses, marks: Sequence[Mark], width: int, height: int, unicode: bool
) -> list[Text]:
    """Rows of text: training as a line, validation as points, marks as horizontal lines."""
    training, validation = losses.training, losses.validation
    if width < NARROWEST or height < 3 or not (training or validation or marks):
        return []
    window = frame(training, validation, marks, width - MARGIN - 2, height, unicode)
    dots = line(training, window)
    points = {window.cell(point) for point in validation}
    labels, rules = margin(marks, window)
    point, axis, tick = "●│┤" if unicode else "o||"
    picture = []
    for y in range(height):
        words = labels.get(y, "")
        row = Text(f"{words:>{MARGIN}} {tick if words else axis}", style=MARK)
        styles = [
            VALIDATION if (x, y) in points else LINE if (x, y) in dots else "" for x in window.xs
        ]
        for style, run in groupby(window.xs, styles.__getitem__):
            if style == LINE:
                words = "".join(chr(0x2800 + dots[x, y]) if unicode else "*" for x in run)
            else:
                words = (point if style else rules.get(y, " ")) * len(list(run))
            row.append(words, style)
        picture.append(row)
    return picture


def line(points: Sequence[Point], window: Frame) -> dict[tuple[int, int], int]:
    """The cells through which the line through `points` goes, and the bits of their dots."""
    columns: dict[int, list[int]] = {}
    for x, y in map(window.dot, points):
        columns.setdefault(x, []).append(y)
    corners = [(x, round(sum(ys) / len(ys))) for x, ys in columns.items()]
    cells: dict[tuple[int, int], int] = {}
    for (x, y), (to_x, to_y) in pairwise([*corners[:1], *corners]):
        count = max(to_x - x, abs(to_y - y), 1)
        for i in range(count + 1):
            at_x, at_y = x + round((to_x - x) * i / count), y + round((to_y - y) * i / count)
            cell = at_x // window.across, at_y // window.down
            bit = BRAILLE[at_y % window.down][at_x % window.across]
            cells[cell] = cells.get(cell, 0) | bit
    return cells


def margin(marks: Sequence[Mark], window: Frame) -> tuple[dict[int, str], dict[int, str]]:
    """By row, the words before it and the character of its rule. Where two marks meet the lower
    one is shown: it is the one to beat."""
    labels = {0: short(window.high), window.rows - 1: short(window.low)}
    rules = {}
    for name, loss in sorted(marks, key=itemgetter(1), reverse=True):
        row, dot = divmod(window.dot((0, loss))[1], window.down)
        labels[row] = f"{name} {short(loss)}"
        rules[row] = chr(0x2800 + BRAILLE[dot][0]) if window.across == 2 else "-"
    return labels, rules


def short(loss: float) -> str:
    """Never wider than the margin, not even for losses that exploded."""
    return f"{loss:.3f}" if loss < 10 else f"{loss:.4g}"
