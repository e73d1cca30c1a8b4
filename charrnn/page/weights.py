"""The weights as a page carries them: those of each network side by side, one array after another.

Of K merged networks a file has zeros between them, which nobody needs to send: the page has K sets
of arrays, each under PyTorch's names, and last the one bias of the softmax layer.
"""

import base64
import math

import numpy as np

from charrnn.arrays import Array
from charrnn.errors import UsageError
from charrnn.library import Model
from charrnn.network.ensemble import blocks
from charrnn.visible import visible

TYPES = {32: "<f4", 16: "<f2"}
BIAS = "head.bias"  # of all networks together


def shapes(model: Model) -> list[tuple[str, list[int]]]:
    """Name and shape of the arrays of one network, in the order of the page."""
    first = blocks(model.parameters, model.members)[0]
    return [(name, list(array.shape)) for name, array in first.items() if name != BIAS]


def size(model: Model, precision: int) -> int:
    """Bytes of `packed`, without packing anything."""
    each = sum(math.prod(shape) for _, shape in shapes(model))
    numbers = each * model.members + len(model.vocabulary)
    return 4 * math.ceil(numbers * precision // 8 / 3)


def packed(model: Model, precision: int) -> str:
    """All weights in base64, as float32 or, with half the bytes, float16.

    Raises UsageError for a finite weight that float16 cannot hold.
    """
    networks = blocks(model.parameters, model.members)
    arrays = [a for network in networks for name, a in network.items() if name != BIAS]
    flat: Array = np.concatenate([a.ravel() for a in [*arrays, model.parameters[BIAS]]])
    with np.errstate(over="ignore"):
        rounded = flat.astype(TYPES[precision])
    if not np.array_equal(np.isfinite(rounded), np.isfinite(flat)):
        largest = np.abs(flat[np.isfinite(flat)]).max()
        raise UsageError(
            f"{visible(model.path, one_line=True)} has a weight of {largest:.3g}, and 16 bits reach"
            " to 65,504",
            "Leave --page-precision out.",
        )
    return base64.b64encode(rounded.tobytes()).decode("ascii")
