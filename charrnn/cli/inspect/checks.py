"""Which models can stand side by side, found before anything is measured."""

from charrnn.errors import UsageError
from charrnn.inspection.request import Request
from charrnn.inspection.views import COMPARABLE
from charrnn.library import Model
from charrnn.library.measured_text import MeasuredText
from charrnn.visible import visible


def check_comparable(models: list[Model], text: MeasuredText, request: Request) -> None:
    """Raise UsageError, saying why, if these models cannot stand side by side."""
    if len(models) == 1:
        return
    if request.view not in COMPARABLE:
        raise UsageError(
            f"--view {request.view} shows one model, and {len(models)} were given",
            f"--compare works with {', '.join(COMPARABLE)}.",
        )
    first, *others = models
    unknown = {character for _, character in first.vocabulary.unknown(text.text)}
    for other in others:
        differs = unknown ^ {character for _, character in other.vocabulary.unknown(text.text)}
        if differs:
            shown = " ".join(f"'{visible(c, one_line=True)}'" for c in sorted(differs)[:10])
            raise UsageError(
                f"{first.path} and {other.path} cannot be compared on this text: only one of them "
                f"knows {shown}",
                "Give a --text of characters that both know.",
            )
