"""Reports and models outside the command line: as plain text, and as what a notebook shows.

The views are those of `charrnn inspect`, described once and painted here on lines without colour or
on the sheet of a picture.
"""

from dataclasses import dataclass, field
from typing import Any

from charrnn.inspection.canvas import Canvas, How, Part, cut, plain
from charrnn.inspection.pictures import paint
from charrnn.inspection.pictures.svg import element, quoted
from charrnn.inspection.summary import Summary
from charrnn.inspection.views import VIEWS
from charrnn.inspection.views.summary import LN2
from charrnn.inspection.views.summary import network_of as network_and_size

WIDTH = 80


@dataclass
class Lines(Canvas):
    """Plain text without colour, as a pipe gets it."""

    width = WIDTH
    colour = False
    written: list[str] = field(default_factory=list)

    def line(self, *parts: Part) -> None:
        """Write one line, cut at the width."""
        self.written.append(cut(plain(parts), self.width))


@dataclass(frozen=True)
class Showing:
    """How a report of a view is shown: the name of its model, the text that was read, and what that
    text is, where this has to be said."""

    view: str
    name: str
    read: str = ""
    source: str = ""

    def text(self, report: Any) -> str:
        """As `charrnn inspect` prints it."""
        lines = Lines()
        VIEWS[self.view].show(report, lines, How(self.read, source=self.source))
        return "\n".join(lines.written)

    def svg(self, report: Any) -> str:
        """As `charrnn inspect --save` draws it."""
        return element(paint(self.view, [self.name], [report], self.read, self.source))


def network_of(summary: Summary) -> str:
    """The network in a few words: `1 layer of 48 LSTM units, 11,003 parameters`."""
    return "".join(network_and_size(summary))


def table_of(summary: Summary, name: str) -> str:
    """A model as a small table of HTML."""
    files = summary.corpus.get("files")
    named = ", ".join(map(str, files[:3])) if isinstance(files, list) else ""
    characters = summary.corpus.get("characters")
    learnt = f"{characters:,} characters" if isinstance(characters, int) else ""
    alphabet = f"{len(summary.vocabulary)} different"
    loss = summary.best if summary.joined is None else summary.joined
    rows = {
        "network": network_of(summary),
        "text": ", ".join(filter(None, [named, learnt, alphabet])),
        "held-out loss": f"{loss:.3f} nats ({loss / LN2:.3f} bits) per character"
        if loss is not None
        else "",
        "counting achieves": f"{summary.ngram:.3f} nats" if summary.ngram is not None else "",
        "n-grams": f"of up to {summary.longest_piece} characters" if summary.longest_piece else "",
        "trained": f"{summary.history[-1].step:,} steps" if summary.history else "",
    }
    lines = "".join(
        f'<tr><th style="text-align: left">{label}</th>'
        f'<td style="text-align: left">{quoted(value)}</td></tr>'
        for label, value in rows.items()
        if value
    )
    caption = f'<caption style="text-align: left">{quoted(name)}</caption>'
    return f"<table>{caption}<tbody>{lines}</tbody></table>"
