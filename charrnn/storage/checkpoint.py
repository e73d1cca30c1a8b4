"""The file of a trained model: what it holds, how it is written, and a reader that trusts nothing.

Which members it has is in `layout`. Writer and reader apply the same rules, so what was written can
be read, and a model with a value that is not finite never replaces a good one.
"""

import math
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from charrnn.errors import CheckpointError
from charrnn.storage import ngram_members, strict_json
from charrnn.storage.atomic import write_atomically
from charrnn.storage.layout import FORMAT, NewerVersionError, layouts_of, version_of
from charrnn.storage.npz import FILE_BYTES, FormatError, StrictNpz, write_npz
from charrnn.text.ngram_check import check
from charrnn.text.ngram_model import NGrams
from charrnn.visible import visible

EXCERPT = 20_000  # characters of held-out text that a file carries, for `inspect` and `sample`


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A model and, for training, where it stopped.

    meta        the JSON object of the contract; `save` adds `format` and `version`
    vocabulary  (V,) uint32 code points, ascending
    parameters  float32, names and shapes of `parameter_shapes`
    resume      the members `resume.*` without that prefix; None if absent or not asked for
    ngrams      the n-grams of the text, if the network is not alone; `meta` has the weights of both
                under `ngrams`, and `save` adds how large they are
    """

    meta: dict[str, Any]
    vocabulary: np.ndarray
    parameters: dict[str, np.ndarray]
    resume: dict[str, np.ndarray] | None = None
    ngrams: NGrams | None = None


def save(path: Path, checkpoint: Checkpoint) -> None:
    """Write `checkpoint` to exactly `path`, atomically; equal checkpoints give equal files.

    Raises CheckpointError, and leaves an existing file alone, if the system refuses or if `load`
    would not accept the result.
    """
    resume = {f"resume.{key}": array for key, array in (checkpoint.resume or {}).items()}
    ngrams = ngram_members.arrays(checkpoint.ngrams) if checkpoint.ngrams else {}
    meta = stated(checkpoint)
    try:
        arrays = {"meta": np.frombuffer(strict_json.dumps(meta), np.uint8)}
        arrays |= {"vocabulary": checkpoint.vocabulary} | checkpoint.parameters | ngrams | resume
        layouts = layouts_of(_json("meta", arrays["meta"]), arrays)
        for name, (dtype, shape) in layouts.items():
            array = arrays[name]
            shape = shape or (array.size,)
            if array.dtype != dtype or array.shape != shape:
                raise FormatError(f"{name} is {array.dtype} {array.shape}, not {dtype} {shape}")
            _check_values(name, array)
        if checkpoint.ngrams:
            check(checkpoint.ngrams)
        if sum(array.nbytes for array in arrays.values()) > FILE_BYTES - 2**20:
            raise FormatError("it would be larger than 2 GiB")
    except (FormatError, ValueError) as error:
        reason = visible(f"cannot write {path}: {error}", one_line=True)
        raise CheckpointError(reason) from error
    write_atomically(path, lambda file: write_npz(file, {name: arrays[name] for name in layouts}))


def stated(checkpoint: Checkpoint) -> dict[str, Any]:
    """The meta of its file: the format, the version that these members need, and how large the
    n-grams are."""
    resume = [f"resume.{key}" for key in checkpoint.resume or {}]
    own: dict[str, Any] = {"format": FORMAT, "version": version_of(checkpoint.meta, resume)}
    meta = own | {key: value for key, value in checkpoint.meta.items() if key not in own}
    if checkpoint.ngrams:
        meta["ngrams"] = meta.get("ngrams", {}) | ngram_members.sizes(checkpoint.ngrams)
    return meta


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
    except NewerVersionError as error:
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
        layouts = layouts_of(meta, archive.names)
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
    ngrams = ngram_members.taken(meta, arrays) if "ngrams" in meta else None
    del arrays["meta"]
    return Checkpoint(meta, arrays.pop("vocabulary"), arrays, resume or None, ngrams)


def _json(name: str, array: np.ndarray) -> dict[str, Any]:
    try:
        return strict_json.loads(array.tobytes())
    except ValueError as error:
        raise FormatError(f"{name} is no JSON that charrnn reads: {error}") from error


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
