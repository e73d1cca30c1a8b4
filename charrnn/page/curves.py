"""The gradient norms that `inspect` measured, as pictures and words of a page.

Two pictures in place of the one of `inspect --save`, so that they stand side by side on a wide
screen and one above the other on a telephone. No word in them is a stranger's.
"""

from dataclasses import replace

from charrnn.inspection.gradients import Gradients
from charrnn.inspection.pictures.sheet import Sheet
from charrnn.inspection.pictures.svg import element
from charrnn.inspection.views.gradients import name_of
from charrnn.inspection.views.lag_chart import charts
from charrnn.inspection.words import gradients as in_words

COLUMNS = 48  # of each picture


def pictures(report: Gradients) -> str:
    """Two `<svg>` elements."""
    names = [name_of(state) for state in report.layers]
    drawn = []
    for chart in charts(names, report.layers, [report.exchange], report.steps, report.of):
        sheet = Sheet(chart.title, COLUMNS)
        sheet.chart(replace(chart, title=""))
        drawn.append(element(sheet.drawing))
    return "\n".join(drawn)


def words(report: Gradients) -> str:
    """What was measured, and what it means."""
    return (
        f"Median of {report.windows} windows of {report.steps} characters, after {report.burn_in} "
        f"that warm the state; shaded: the middle 80 %. {in_words(report)}"
    )
