"""Pictures of reports: a sheet that views are shown on, as SVG, HTML or PNG.

Nothing is loaded from anywhere, and there is no script.
"""

from collections.abc import Sequence
from typing import Any

from charrnn.inspection.canvas import How
from charrnn.inspection.pictures.drawing import Drawing
from charrnn.inspection.pictures.sheet import Sheet
from charrnn.inspection.views import VIEWS
from charrnn.visible import visible

COLUMNS = 100  # of a view that does not say how many it needs


def paint(
    view: str, names: Sequence[str], reports: Sequence[Any], text: str, source: str = ""
) -> Drawing:
    """The picture of one view. `text` is what was read, and `source` what it is; a view that does
    not compare shows the first model."""
    about, how = VIEWS[view], How(text, source=source)
    shown = [visible(name, one_line=True) for name in names]
    several = len(reports) > 1 and hasattr(about, "compare")
    title = f"{about.TITLE}, compared" if several else f"{shown[0]}: {about.TITLE}"
    sheet = Sheet(title, about.columns(reports[0]) if hasattr(about, "columns") else COLUMNS)
    if several:
        about.compare(shown, reports, sheet, how)
    else:
        about.show(reports[0], sheet, how)
    return sheet.drawing
