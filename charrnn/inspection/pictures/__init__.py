"""Pictures and tables of the reports of `charrnn.introspect`, drawn from the same dataclasses.

draw     the picture of a view, for one model or several
svg, html, png    that picture in a format; nothing is loaded from anywhere, no script
table    the figures as CSV
"""

from collections.abc import Sequence
from typing import Any

from charrnn.inspection.pictures import bars, curves, gradients, painted, unfold
from charrnn.inspection.pictures.drawing import Drawing

__all__ = ["draw"]


def draw(view: str, names: Sequence[str], reports: Sequence[Any], text: str) -> Drawing:
    """The picture of one view. `text` is what was read; only the first model's report is drawn by
    views that do not compare."""
    first, one = reports[0], len(reports) == 1
    match view:
        case "gradients":
            return (
                gradients.picture(names[0], first) if one else gradients.comparison(names, reports)
            )
        case "summary":
            return curves.history(names, reports)
        case "unfold":
            return unfold.picture(names[0], first)
        case "surprisal":
            return painted.surprisal(names[0], text, first)
        case "next":
            return bars.prediction(names, reports)
        case "neurons":
            return painted.neurons(names[0], first)
        case "gates":
            return bars.gates(names[0], first)
        case "context":
            return curves.context(names, reports)
    raise ValueError(f"there is no view {view!r}")
