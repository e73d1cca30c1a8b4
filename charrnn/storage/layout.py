"""Which members the file of a model has, each with its type and shape, as its `meta` says.

An .npz of `meta` (JSON), `vocabulary` (code points in index order), the parameters under PyTorch's
names, the n-grams of the training text, if any, and what is needed to continue training:

    ngrams.discounts        (order, 3)                              float64, of `text.ngram_model`,
    ngrams.characters       one for each node but V                 uint8, uint16 above V = 256
    ngrams.numbers          one for each node                       uint8
    ngrams.counts           where a node's n is 15 or more          uint32
    ngrams.children         where it has 15 children or more        uint8, uint16 above V = 255
    ngrams.left_out         where children were left out            "
    resume.json             position, step, random state, ...       JSON
    resume.last.P           the last weights, beside the best       float32, the shape of P
    resume.adam.m.P         first moments; of Muon the momentum     "
    resume.adam.v.P         second moments; of Muon zero            "
    resume.average.P        the averaged weights                    "
    resume.state.h, .c      carried state (layers, hidden, batch)   float32; c for lstm only
    resume.state.x          of mlp the window (1, context, batch)   float32

Each of these groups is complete or absent; how long the arrays `ngrams.*` are is in `meta`, under
`ngrams`. Nothing here opens a file.
"""

import math
import reprlib
from collections.abc import Collection
from typing import Any, NamedTuple

from charrnn.network import MOST_CONTEXT, MOST_MEMBERS, MOST_WEIGHT
from charrnn.network.cells import CELLS
from charrnn.network.parameters import parameter_shapes
from charrnn.storage.npz import FormatError

FORMAT = "charrnn"
VERSION = 5
MOST_ORDER = 16  # of n-grams
_RANGES = {"layers": 16, "hidden_size": 8192, "vocabulary_size": 65_536}


class Layout(NamedTuple):
    """Type and shape of one member; JSON is bytes of any length."""

    dtype: str
    shape: tuple[int, ...] | None = None


class NewerVersionError(FormatError):
    """A later version of the format."""


def version_of(meta: dict[str, Any], names: Collection[str]) -> int:
    """The first version that can say it: members, feed-forward networks, units, n-grams."""
    if "ngrams" in meta:
        return 5
    if "units" in meta:
        return 4
    return 3 if "context" in meta else 2 if members(names) else 1


def layouts_of(meta: dict[str, Any], names: Collection[str]) -> dict[str, Layout]:
    """Return the layout of every member, in the order of the file, if `names` are just these."""
    _check_meta(meta)
    shapes = _shapes(meta, meta["hidden_size"])
    layouts = {"meta": Layout("|u1"), "vocabulary": Layout("<u4", (meta["vocabulary_size"],))}
    layouts |= {name: Layout("<f4", shape) for name, shape in shapes.items()}
    if "ngrams" in meta:
        layouts |= _ngram_layouts(meta["ngrams"], meta["vocabulary_size"])
    resume = {name for name in names if name.startswith("resume.")}
    if resume:
        layouts |= sorted(_resume_layouts(meta, resume).items())
    if missing := layouts.keys() - names:
        raise FormatError(f"{min(missing)} is missing")
    if unknown := set(names) - layouts.keys():
        raise FormatError(f"it has an unknown member {min(unknown)}")
    return layouts


def _shapes(meta: dict[str, Any], hidden_size: int) -> dict[str, tuple[int, ...]]:
    """The parameters of a network like this one with so many units."""
    sizes = (meta["layers"], hidden_size, meta["vocabulary_size"], meta.get("context", 0))
    return parameter_shapes(meta["cell"], *sizes)


def _ngram_layouts(about: Any, V: int) -> dict[str, Layout]:
    """The members of n-grams of which `meta` says how large they are."""
    about = about if isinstance(about, dict) else {}
    order = _number("ngrams.order", about.get("order"), MOST_ORDER)
    _number("ngrams.whole", about.get("whole"), order)
    nodes = _number("ngrams.nodes", about.get("nodes"), 2**31)
    if nodes < V:
        raise FormatError(f"its ngrams.nodes is {nodes}, less than its {V} characters")
    for voice in ("network_weight", "ngram_weight"):
        weight = about.get(voice)
        if type(weight) is not float or not abs(weight) <= MOST_WEIGHT:
            raise FormatError(f"its ngrams.{voice} is {reprlib.repr(weight)}, not a usual number")
    lists = {"counts": "<u4"} | dict.fromkeys(("children", "left_out"), _unsigned(V))
    layouts = {
        "discounts": Layout("<f8", (order, 3)),
        "characters": Layout(_unsigned(V - 1), (nodes - V,)),
        "numbers": Layout("|u1", (nodes,)),
    }
    for name, dtype in lists.items():
        layouts[name] = Layout(dtype, (_number(f"ngrams.{name}", about.get(name), nodes, 0),))
    return {f"ngrams.{name}": layout for name, layout in layouts.items()}


def _unsigned(largest: int) -> str:
    """The smallest type that has this number."""
    return "|u1" if largest < 2**8 else "<u2" if largest < 2**16 else "<u4"


def _resume_layouts(meta: dict[str, Any], present: set[str]) -> dict[str, Layout]:
    """Return the members of each group of which at least one is present, and `resume.json`."""
    count = members(present) or 1
    width, left = divmod(meta["hidden_size"], count)
    if left:
        raise FormatError(f"{count} members do not share its hidden_size {meta['hidden_size']}")
    shapes = _shapes(meta, width)
    numbers = [f"{number}." for number in range(count)] if count > 1 else [""]
    groups = [
        {f"resume.{prefix}.{n}{name}": shape for n in numbers for name, shape in shapes.items()}
        for prefix in ("last", "adam.m", "adam.v", "average")
    ]
    if any(name.startswith("resume.state.") for name in present):
        training = meta.get("training")
        batch_size = training.get("batch_size") if isinstance(training, dict) else None
        batch_size = _number("training.batch_size", batch_size, 2**31)
        sizes = (meta["layers"], width, meta.get("context", 0))
        carried = CELLS[meta["cell"]].carried_shapes(*sizes)
        state = {s: (layers, count * rows, batch_size) for s, (layers, rows) in carried.items()}
        groups.append({f"resume.state.{s}": shape for s, shape in state.items()})
    layouts = {"resume.json": Layout("|u1")}
    for group in groups:
        if not present.isdisjoint(group):
            layouts |= {name: Layout("<f4", shape) for name, shape in group.items()}
    return layouts


def members(names: Collection[str]) -> int:
    """How many networks were trained side by side, if several: their weights are numbered."""
    return sum(f"resume.last.{number}.head.bias" in names for number in range(MOST_MEMBERS))


def _check_meta(meta: dict[str, Any]) -> None:
    """Check what the reader itself relies on: the format, its version, the sizes."""
    if meta.get("format") != FORMAT:
        raise FormatError(f"its format is {reprlib.repr(meta.get('format'))}, not {FORMAT!r}")
    version = _number("version", meta.get("version"), math.inf)
    if version > VERSION:
        raise NewerVersionError(f"the file has version {version}, this one reads version {VERSION}")
    cell, activation = meta.get("cell"), meta.get("activation")
    if cell not in list(CELLS):
        raise FormatError(f"its cell is {reprlib.repr(cell)}")
    if activation not in list(CELLS[cell].learning_rates):
        raise FormatError(f"its activation is {reprlib.repr(activation)}")
    for key, largest in _RANGES.items():
        _number(key, meta.get(key), largest)
    if CELLS[cell].default_context or "context" in meta:
        _number("context", meta.get("context"), MOST_CONTEXT)


def _number(key: str, value: Any, largest: float, least: int = 1) -> int:
    if type(value) is not int or not least <= value <= largest:  # a bool is an int to isinstance
        shown = reprlib.repr(value)
        raise FormatError(f"its {key} is {shown}, not a number from {least} to {largest:,}")
    return value
