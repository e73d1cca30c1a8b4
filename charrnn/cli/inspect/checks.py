"""What cannot be asked of a model, found before anything is measured, and said in one line."""

from dataclasses import replace

from charrnn.cli.inspect.measured_text import MeasuredText
from charrnn.cli.inspect.options import Request
from charrnn.errors import UsageError
from charrnn.inspection.views import COMPARABLE
from charrnn.library import Model
from charrnn.network.cells import CELLS
from charrnn.visible import visible


def settled(request: Request, models: list[Model]) -> Request:
    """What was left open and has to be the same for all models."""
    if request.of and request.view != "gradients":
        raise UsageError(f"--of {request.of} is for --view gradients", "Leave one of the two out.")
    return replace(request, of=request.of or ("state" if all(map(has_state, models)) else "input"))


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


def check_dynamic(request: Request) -> None:
    """Raise UsageError where dynamic evaluation is asked for and nothing would come of it."""
    if request.dynamic and request.view != "surprisal":
        raise UsageError(
            f"--view {request.view} has no dynamic evaluation", "Ask for --view surprisal --dynamic"
        )
    if request.rate is not None and not request.dynamic:
        raise UsageError("--rate is the learning rate of --dynamic", "Give both, or neither.")


def check_state(model: Model) -> None:
    """Raise UsageError, saying why, if the network has no state to look into."""
    if not has_state(model):
        raise UsageError(
            f"{model.path} has no state: a feed-forward network carries nothing from one character "
            f"to the next, it reads the last {model.meta['context']} anew each time",
            "Look at gradients of the input, surprisal, next, context, unfold or summary.",
        )


def has_state(model: Model) -> bool:
    return bool(CELLS[model.meta["cell"]].states)


def check_layer(model: Model, layer: int | None) -> None:
    layers = model.meta["layers"]
    if layer is not None and layer >= layers:
        raise UsageError(
            f"{model.path} has no layer {layer}",
            f"It has {layers}, counted from 0 at the bottom.",
        )
