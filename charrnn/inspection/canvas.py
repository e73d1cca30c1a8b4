"""What a report is written on: lines of styled text, and charts where there is room for curves.

Every view is described once, on a `Canvas`. `cli.inspect.screen` makes one of a terminal, and
`pictures.sheet` one of a picture. A line is made of strings and of (string, style) pairs; a style
is made of Rich's words: bold, dim, a colour, `on` a colour.
"""

import itertools
import re
import textwrap
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from charrnn.arrays import Array
from charrnn.inspection import colours, words

Part = str | tuple[str, str]
Cell = Part | list[Part]

BLOCKS = " ▏▎▍▌▋▊▉█"
COLUMNS = " ▁▂▃▄▅▆▇█"


@dataclass(frozen=True, eq=False)
class Series:
    """A curve with its name, and the band from `low` to `high` around it if there is one. `like` is
    the number of the curve in the chart whose colour it has, instead of one of its own."""

    name: str
    xs: Sequence[float] | Array
    ys: Sequence[float] | Array
    low: Array | None = None
    high: Array | None = None
    dashed: bool = False
    like: int | None = None


@dataclass(frozen=True, eq=False)
class Chart:
    """Curves over one x axis. `marks` are levels to be compared with, by name. On a logarithmic
    scale nothing below `lowest` is shown."""

    title: str
    x_label: str
    y_label: str
    series: Sequence[Series]
    log_x: bool = False
    log_y: bool = False
    lowest: float = 0.0
    marks: Sequence[tuple[str, float]] = ()


@dataclass(frozen=True)
class How:
    """What is shown of a report: `text` is what was read, `every` wants all of it, and of what may
    come next the `top` candidates. `source` names the text where that has to be said."""

    text: str = ""
    every: bool = False
    top: int = 12
    source: str = ""

    @property
    def of(self) -> str:
        """The end of a phrase such as "512 windows"."""
        return f" of {self.source}" if self.source else ""


class Canvas(ABC):
    """`width` is in columns; `colour` says whether styles are seen; `charts` whether curves are,
    in place of bars; `rows` is how many lines of a painted text are enough."""

    width: int
    colour: bool
    charts = False
    rows = 10

    @abstractmethod
    def line(self, *parts: Part) -> None:
        """Write one line, cut at the width."""

    def chart(self, *charts: Chart) -> None:
        """Paint charts beside each other, with one legend: the first one's."""
        raise TypeError("this canvas has no charts")

    def prose(self, *parts: Part, indent: str = "") -> None:
        """Write sentences, wrapped at the width; `indent` stands before all rows but the first."""
        letters = [(c, style) for text, style in map(styled, parts) for c in self.drawable(text)]
        text, place = "".join(c for c, _ in letters), 0
        rows = textwrap.wrap(text, max(self.width, 20), subsequent_indent=indent) or [""]
        for before, row in zip(["", *[indent] * len(rows)], rows, strict=False):
            place = text.index(row.removeprefix(before), place)
            end = place + len(row) - len(before)
            self.line(before, *runs(letters[place:end]))
            place = end

    def table(self, heading: str, rows: Sequence[Sequence[Cell]]) -> None:
        """Write rows below a heading whose titles are at least two spaces apart.

        Cells come padded. Where the rows do not fit each becomes a paragraph of titles and values;
        a cell without a title, such as a bar, is left out of it.
        """
        lines = [runs(styled(part) for cell in row for part in parts_of(cell)) for row in rows]
        if max(map(words.columns, [heading, *map(plain, lines)])) <= self.width:
            self.line((heading, "bold"))
            for line in lines:
                self.line(*line)
            return
        first, *titles = re.split("  +", heading)
        for row in rows:
            name, *values = (plain(parts_of(cell)).strip() for cell in row)
            pairs = zip(titles, values, strict=False)
            about = "; ".join(f"{title} {value}" for title, value in pairs)
            self.prose((f"{first} {name}", "bold"), f": {about}", indent="  ")

    def drawable(self, text: str) -> str:
        """`text` with what the output lacks replaced."""
        return text

    def text(self, text: str) -> str:
        """Text of a stranger on one line: controls and invisible characters become escapes."""
        return self.drawable("".join(map(words.shown, text)))

    def name(self, character: str) -> str:
        """A character that stands alone, as in a list: a space has to be seen."""
        return self.drawable(words.named(character))

    def pad(self, text: str, width: int) -> str:
        """`text` in exactly so many columns."""
        return cut(text, width) + " " * max(width - words.columns(text), 0)

    def bar(self, share: float, width: int) -> str:
        """A bar of `share` (0 to 1) of the width, in eighths of a character."""
        eighths = round(min(max(share, 0.0), 1.0) * width * 8)
        full, rest = divmod(eighths, 8)
        return "█" * full + (BLOCKS[rest] if rest else "")

    def sequential(self, share: float) -> str:
        """A style for a value from 0 to 1."""
        background, ink = colours.sequential(share)
        return f"{ink} on {background}"

    def diverging(self, value: float) -> str:
        """A style for a value from -1 (blue) over 0 (white) to 1 (orange)."""
        return f"{colours.ink_on(value)} on {colours.diverging(value)}"


def parts_of(cell: Cell) -> list[Part]:
    return cell if isinstance(cell, list) else [cell]


def styled(part: Part) -> tuple[str, str]:
    return (part, "") if isinstance(part, str) else part


def plain(parts: Iterable[Part]) -> str:
    """The text of a line without its styles."""
    return "".join(text for text, _ in map(styled, parts)).rstrip()


def runs(cells: Iterable[tuple[str, str]]) -> list[Part]:
    """Join neighbours of one style, so that the output stays small."""
    groups = itertools.groupby(cells, key=lambda cell: cell[1])
    return [("".join(text for text, _ in group), style) for style, group in groups]


def cut(text: str, width: int) -> str:
    """The longest beginning of a text that fits into `width` columns."""
    while words.columns(text) > width:
        text = text[:-1]
    return text


def sparkline(values: list[float], width: int) -> str:
    """Values on a linear scale from 0 to their maximum, averaged into at most `width` columns."""
    count = min(width, len(values))
    edges = [round(i * len(values) / count) for i in range(count + 1)]
    means = [sum(values[a:b]) / (b - a) for a, b in itertools.pairwise(edges)]
    highest = max(means) or 1.0
    return "".join(COLUMNS[max(1, round(8 * mean / highest))] for mean in means)
