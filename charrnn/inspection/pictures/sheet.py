"""A picture as a canvas for reports: lines on a grid of columns, and charts between them.

Bars and backgrounds become rectangles, so that they are smooth at any size and need no font.
"""

import itertools
import re

from charrnn.inspection import colours, words
from charrnn.inspection.canvas import BLOCKS, COLUMNS, Canvas, Chart, Part, cut
from charrnn.inspection.pictures.chart import legend, plot
from charrnn.inspection.pictures.drawing import COLOURS, FAINT, INK, MONO, Drawing

SIZE = 13.0
CELL, LINE = SIZE * MONO, 19.0  # of a column and a row
MARGIN, TITLE = 24.0, 30.0
PANEL, GAP = 270.0, 90.0  # height of a chart, and what its labels need beside it
NAMES = {"cyan": COLOURS[0], "red": COLOURS[1], "green": COLOURS[2]}
PALE = "#d9d9d9"
BARS = frozenset(BLOCKS + COLUMNS + "░") - {" "}


class Sheet(Canvas):
    """The drawing of one report, `columns` wide, which grows downwards."""

    colour, charts, rows = True, True, 36

    def __init__(self, title: str, columns: int = 100) -> None:
        self.width = columns
        self.drawing = Drawing(round(2 * MARGIN + columns * CELL), TITLE + 20, title)
        self.drawing.label(MARGIN, TITLE, title, size=16, bold=True)
        self.top = TITLE + 12  # of the next line

    def line(self, *parts: Part) -> None:
        """Write one line, cut at the width."""
        column = 0
        for part in parts:
            text, style = (part, "") if isinstance(part, str) else part
            text = cut(text, self.width - column)
            ink, background = inks(style)
            x, width = MARGIN + column * CELL, words.columns(text) * CELL
            if background:
                self.drawing.rectangle(x, self.top, width, LINE, background)
            for is_bar, run in itertools.groupby(text, BARS.__contains__):
                characters = "".join(run)
                if is_bar:
                    self.bars(x, characters, ink)
                else:
                    self.letters(x, characters, ink, bold="bold" in style)
                x += words.columns(characters) * CELL
            column += words.columns(text)
        self.advance(LINE)

    def letters(self, x: float, text: str, ink: str, *, bold: bool) -> None:
        """Text that is stretched to its columns, whatever font there is."""
        written = text.lstrip(" ")
        x += (len(text) - len(written)) * CELL
        written = written.rstrip(" ")
        if written:
            fit = words.columns(written) * CELL
            about = {"size": SIZE, "mono": True, "colour": ink, "bold": bold, "fit": fit}
            self.drawing.label(x, self.top + LINE - 5, written, **about)

    def bars(self, x: float, characters: str, ink: str) -> None:
        """The characters that bars, their tips and sparklines are made of; equal neighbours are one
        rectangle, so that no seam is seen between them."""
        for character, run in itertools.groupby(characters):
            across, up = CELL * len(list(run)), 1.0
            width = across
            if character in BLOCKS:
                width = across * BLOCKS.index(character) / 8
            elif character in COLUMNS:
                up = COLUMNS.index(character) / 8
            colour = PALE if character == "░" else ink
            height = (LINE - 5) * up
            self.drawing.rectangle(x, self.top + LINE - 3 - height, width, height, colour)
            x += across

    def chart(self, *charts: Chart) -> None:
        """Charts beside each other: of two, the first is the wider one."""
        left, room = MARGIN + 56, self.drawing.width - 2 * MARGIN - 56 - GAP * (len(charts) - 1)
        shares = (1.0,) if len(charts) == 1 else (0.6, 0.4)
        top = self.top + 32
        for chart, share in zip(charts, shares, strict=True):
            if chart.series:
                plot(self.drawing, chart, left, top, room * share, PANEL)
            left += room * share + GAP
        self.advance(PANEL + 84)
        if any(series.name for series in charts[0].series):
            legend(self.drawing, MARGIN + 56, self.top + 8, charts[0])
            self.advance(18.0 * len(charts[0].series) + 8)

    def advance(self, height: float) -> None:
        self.top += height
        self.drawing.height = self.top + 14

    def sequential(self, share: float) -> str:
        """On paper from white to dark red."""
        background, ink = colours.on_paper(share)
        return f"{ink} on {background}"


def inks(style: str) -> tuple[str, str | None]:
    """The colours of letters and of what is behind them, as `#rrggbb`."""
    match = re.search(r"on (#[0-9a-f]{6})", style)
    ink = re.match(r"#[0-9a-f]{6}", style)
    named = next((colour for name, colour in NAMES.items() if name in style.split()), INK)
    if "dim" in style:
        named = FAINT
    return (ink[0] if ink else named), (match[1] if match else None)
