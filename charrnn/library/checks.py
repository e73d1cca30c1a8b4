"""What cannot be asked of one model, found before anything is measured, and said in one line."""

from collections.abc import Sequence
from dataclasses import replace

from charrnn.errors import UsageError
from charrnn.inspection.request import Request
from charrnn.library.stored import Stored
from charrnn.network.cells import CELLS


def settled(request: Request, models: Sequence[Stored]) -> Request:
    """What was left open and has to be the same for all models."""
    if request.of and request.view != "gradients":
        raise UsageError(f"--of {request.of} is for --view gradients", "Leave one of the two out.")
    return replace(request, of=request.of or ("state" if all(map(has_state, models)) else "input"))


def check_dynamic(request: Request) -> None:
    """Raise UsageError where dynamic evaluation is asked for and nothing would come of it."""
    if request.dynamic and request.view != "surprisal":
        raise UsageError(
            f"--view {request.view} has no dynamic evaluation", "Ask for --view surprisal --dynamic"
        )
    if request.rate is not None and not request.dynamic:
        raise UsageError("--rate is the learning rate of --dynamic", "Give both, or neither.")


def check_state(model: Stored) -> None:
    """Raise UsageError, saying why, if the network has no state to look into."""
    if not has_state(model):
        raise UsageError(
            f"{model.path} has no state: a feed-forward network carries nothing from one character "
            f"to the next, it reads the last {model.meta['context']} anew each time",
            "Look at gradients of the input, surprisal, next, context, unfold or summary.",
        )


def has_state(model: Stored) -> bool:
    return bool(CELLS[model.meta["cell"]].states)


def check_layer(model: Stored, layer: int | None) -> None:
    layers = model.meta["layers"]
    if layer is not None and layer >= layers:
        raise UsageError(
            f"{model.path} has no layer {layer}",
            f"It has {layers}, counted from 0 at the bottom.",
        )
