"""The file of a trained model: what it holds, how it is written, and a reader that trusts nothing.

An .npz of `meta` (JSON), `vocabulary` (code points in index order), the parameters under PyTorch's
names, and under `resume.*` what is needed to continue training:

    resume.json             position, step, random state, ...       JSON
    resume.last.P           the last weights, beside the best       float32, the shape of P
    resume.adam.m.P         first moments; of Muon the momentum     "
    resume.adam.v.P         second moments; of Muon zero            "
    resume.average.P        the averaged weights                    "
    resume.state.h, .c      carried state (layers, hidden, batch)   float32; c for lstm only
    resume.state.x          of mlp the window (1, context, batch)   float32

Each of these groups is complete or absent. Writer and reader apply the same rules, so what was
written can be read, and a model with a value that is not finite never replaces a good one.
"""

import math
import os
import reprlib
import stat
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from charrnn.errors import CheckpointError
from charrnn.network import MOST_CONTEXT, MOST_MEMBERS
from charrnn.network.cells import CELLS
from charrnn.network.parameters import parameter_shapes
from charrnn.storage import strict_json
from charrnn.storage.atomic import write_atomically
from charrnn.storage.npz import FILE_BYTES, FormatError, StrictNpz, write_npz
from charrnn.visible import visible

FORMAT = "charrnn"
VERSION = 4
_RANGES = {"layers": 16, "hidden_size": 8192, "vocabulary_size": 65_536}


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A model and, for training, where it stopped.

    meta        the JSON object of the contract; `save` adds `format` and `version`
    vocabulary  (V,) uint32 code points, ascending
    parameters  float32, names and shapes of `parameter_shapes`
    resume      the members `resume.*` without that prefix; None if absent or not asked for
    """

    meta: dict[str, Any]
    vocabulary: np.ndarray
    parameters: dict[str, np.ndarray]
    resume: dict[str, np.ndarray] | None = None


class _Layout(NamedTuple):
    """Type and shape of one member; JSON is bytes of any length."""

    dtype: str
    shape: tuple[int, ...] | None = None


class _NewerVersionError(FormatError):
    """A later version of the format."""


def save(path: Path, checkpoint: Checkpoint) -> None:
    """Write `checkpoint` to exactly `path`, atomically; equal checkpoints give equal files.

    Raises CheckpointError, and leaves an existing file alone, if the system refuses or if `load`
    would not accept the result.
    """
    resume = {f"resume.{key}": array for key, array in (checkpoint.resume or {}).items()}
    meta = {"format": FORMAT, "version": _version(checkpoint.meta, resume)} | checkpoint.meta
    try:
        arrays = {"meta": np.frombuffer(strict_json.dumps(meta), np.uint8)}
        arrays |= {"vocabulary": checkpoint.vocabulary} | checkpoint.parameters | resume
        layouts = _layouts(_json("meta", arrays["meta"]), arrays)
        for name, (dtype, shape) in layouts.items():
            array = arrays[name]
            shape = shape or (array.size,)
            if array.dtype != dtype or array.shape != shape:
                raise FormatError(f"{name} is {array.dtype} {array.shape}, not {dtype} {shape}")
            _check_values(name, array)
        if sum(array.nbytes for array in arrays.values()) > FILE_BYTES - 2**20:
            raise FormatError("it would be larger than 2 GiB")
    except (FormatError, ValueError) as error:
        reason = visible(f"cannot write {path}: {error}", one_line=True)
        raise CheckpointError(reason) from error
    write_atomically(path, lambda file: write_npz(file, {name: arrays[name] for name in layouts}))


def _version(meta: dict[str, Any], names: Collection[str]) -> int:
    """The first version that can say it: members, feed-forward networks, independent units."""
    if "units" in meta:
        return 4
    return 3 if "context" in meta else 2 if _members(names) else 1


def load(path: Path, *, with_resume: bool = False) -> Checkpoint:
    """Read a checkpoint, having checked every rule of the format.

    Without `with_resume` the members for resuming are checked for place, type and size, but not
    read. Never runs code from the file or needs more memory than the file has bytes, JSON aside.
    Raises CheckpointError, in one line.
    """
    name = visible(str(path), one_line=True)
    try:
        return _load(path, with_resume)
    except (FileNotFoundError, NotADirectoryError) as error:
        hint = f"Train one first: charrnn train corpus.txt -o {name}"
        raise CheckpointError(f"no checkpoint at {name}", hint) from error
    except OSError as error:
        raise CheckpointError(f"cannot read {name}: {error.strerror or error}") from error
    except MemoryError as error:
        raise CheckpointError(f"cannot read {name}: not enough memory") from error
    except _NewerVersionError as error:
        raise CheckpointError(
            f"{name} needs a newer charrnn: {error}", "Update charrnn."
        ) from error
    except FormatError as error:
        reason = visible(str(error)[:300], one_line=True)
        hint = "The file is damaged, or another program wrote it."
        raise CheckpointError(f"{name} is not a charrnn checkpoint: {reason}", hint) from error


def _load(path: Path, with_resume: bool) -> Checkpoint:
    mode = os.stat(path).st_mode  # before opening, which would wait for the writer of a pipe
    if not stat.S_ISREG(mode):
        raise FormatError("it is a folder" if stat.S_ISDIR(mode) else "it is not a regular file")
    with open(path, "rb") as file:
        archive = StrictNpz(file)
        if "meta" not in archive.names:
            raise FormatError("meta is missing")
        meta = _json("meta", archive.read("meta", "|u1"))
        layouts = _layouts(meta, archive.names)
        for name, layout in layouts.items():
            (length, *_) = archive.check(name, *layout)
            if layout.shape is None and length > strict_json.BYTES:
                raise FormatError(f"{name} has {length:,} bytes, allowed are {strict_json.BYTES:,}")
        arrays = {}
        for name, layout in layouts.items():
            if with_resume or not name.startswith("resume."):
                arrays[name] = archive.read(name, *layout)
                _check_values(name, arrays[name])
    resume = {name[7:]: arrays.pop(name) for name in list(arrays) if name.startswith("resume.")}
    del arrays["meta"]
    return Checkpoint(meta, arrays.pop("vocabulary"), arrays, resume or None)


def _layouts(meta: dict[str, Any], names: Collection[str]) -> dict[str, _Layout]:
    """Return the layout of every member, in the order of the file, if `names` are just these."""
    _check_meta(meta)
    shapes = _shapes(meta, meta["hidden_size"])
    layouts = {"meta": _Layout("|u1"), "vocabulary": _Layout("<u4", (meta["vocabulary_size"],))}
    layouts |= {name: _Layout("<f4", shape) for name, shape in shapes.items()}
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


def _resume_layouts(meta: dict[str, Any], present: set[str]) -> dict[str, _Layout]:
    """Return the members of each group of which at least one is present, and `resume.json`."""
    count = _members(present) or 1
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
    layouts = {"resume.json": _Layout("|u1")}
    for group in groups:
        if not present.isdisjoint(group):
            layouts |= {name: _Layout("<f4", shape) for name, shape in group.items()}
    return layouts


def _members(names: Collection[str]) -> int:
    """How many networks were trained side by side, if several: their weights are numbered."""
    return sum(f"resume.last.{number}.head.bias" in names for number in range(MOST_MEMBERS))


def _json(name: str, array: np.ndarray) -> dict[str, Any]:
    try:
        return strict_json.loads(array.tobytes())
    except ValueError as error:
        raise FormatError(f"{name} is no JSON that charrnn reads: {error}") from error


def _check_meta(meta: dict[str, Any]) -> None:
    """Check what the reader itself relies on: the format, its version, the sizes."""
    if meta.get("format") != FORMAT:
        raise FormatError(f"its format is {reprlib.repr(meta.get('format'))}, not {FORMAT!r}")
    version = _number("version", meta.get("version"), math.inf)
    if version > VERSION:
        raise _NewerVersionError(
            f"the file has version {version}, this one reads version {VERSION}"
        )
    cell, activation = meta.get("cell"), meta.get("activation")
    if cell not in list(CELLS):
        raise FormatError(f"its cell is {reprlib.repr(cell)}")
    if activation not in list(CELLS[cell].learning_rates):
        raise FormatError(f"its activation is {reprlib.repr(activation)}")
    for key, largest in _RANGES.items():
        _number(key, meta.get(key), largest)
    if CELLS[cell].default_context or "context" in meta:
        _number("context", meta.get("context"), MOST_CONTEXT)


def _number(key: str, value: Any, largest: float) -> int:
    if type(value) is not int or not 1 <= value <= largest:  # a bool is an int to isinstance
        raise FormatError(f"its {key} is {reprlib.repr(value)}, not a number from 1 to {largest:,}")
    return value


def _check_values(name: str, array: np.ndarray) -> None:
    """Check what an array of the right type and shape says."""
    if name == "resume.json":
        _json(name, array)
    elif name == "vocabulary":
        if (array[1:] <= array[:-1]).any():
            raise FormatError("its vocabulary is not in ascending order")
        if array[-1] > 0x10FFFF or ((array >= 0xD800) & (array <= 0xDFFF)).any():
            raise FormatError("its vocabulary has a number that is no character")
    elif array.dtype == np.float32:
        with np.errstate(invalid="ignore"):  # NaN and infinity reach the least or the greatest
            extremes = (float(array.min()), float(array.max()))
        if not all(map(math.isfinite, extremes)):
            raise FormatError(f"{name} has values that are not finite")
