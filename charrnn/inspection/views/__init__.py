"""Every view, described once: how a report is shown, also beside others, and its figures as rows.

A view is a module with a `TITLE`, `show(report, canvas, how)` and, if several models fit on one
scale, `compare(names, reports, canvas, how)`. What is measured comes from the modules above.
"""

from types import ModuleType

from charrnn.inspection.views import (
    context,
    dynamics,
    gates,
    gradients,
    neurons,
    prediction,
    summary,
    surprisal,
    unfold,
)

VIEWS: dict[str, ModuleType] = {
    "gradients": gradients,
    "summary": summary,
    "unfold": unfold,
    "surprisal": surprisal,
    "next": prediction,
    "neurons": neurons,
    "gates": gates,
    "context": context,
    "dynamics": dynamics,
}
#: Views of which several models fit on one scale.
COMPARABLE = [name for name, view in VIEWS.items() if hasattr(view, "compare")]
