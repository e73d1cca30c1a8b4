"""The reader accepts what the writer wrote, and nothing else; the file outlives every accident."""

import functools
import io
import json
import os
import pickle
import random
import struct
import subprocess
import sys
import textwrap
import threading
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small import RECURRENT, context_of

from charrnn.errors import CheckpointError
from charrnn.network import cells
from charrnn.network.parameters import parameter_shapes
from charrnn.storage import strict_json
from charrnn.storage.checkpoint import Checkpoint, load, save
from charrnn.storage.npz import StrictNpz

LAYERS, HIDDEN, VOCABULARY, BATCH = 2, 5, 7, 3
CELLS = sorted(cells.CELLS)


def example(cell: str = "lstm", layers: int = LAYERS, seed: int = 0) -> Checkpoint:
    """A checkpoint with every member that there can be."""
    rng = np.random.default_rng(seed)
    context = context_of(cell)
    shapes = parameter_shapes(cell, layers, HIDDEN, VOCABULARY, context)

    def draw(shape: tuple[int, ...]) -> np.ndarray:
        return rng.standard_normal(shape, np.float32)

    resume = {"json": np.frombuffer(b'{"step": 12, "history": [1.5, null]}', np.uint8)}
    for group in ("last", "adam.m", "adam.v", "average"):
        resume |= {f"{group}.{name}": draw(shape) for name, shape in shapes.items()}
    for state, shape in cells.CELLS[cell].carried_shapes(layers, HIDDEN, context).items():
        resume[f"state.{state}"] = draw((*shape, BATCH))
    meta = {
        "format": "charrnn",
        "version": 3 if context else 1,
        "cell": cell,
        "activation": "relu" if cell == "rnn" else "tanh",
        "layers": layers,
        "hidden_size": HIDDEN,
        "vocabulary_size": VOCABULARY,
        **({"context": context} if context else {}),
        "training": {"batch_size": BATCH, "corpus": "nämé\x1b\udc80"},
        "history": [{"step": 1, "loss": 1e-300}, {"step": 2, "loss": -0.1}],
    }
    vocabulary = np.array([0, 10, 65, 0xD7FF, 0xE000, 0x1F600, 0x10FFFF], np.uint32)
    return Checkpoint(meta, vocabulary, {name: draw(s) for name, s in shapes.items()}, resume)


def same(first: Checkpoint, second: Checkpoint) -> bool:
    """Compare bit for bit."""

    def arrays(checkpoint: Checkpoint) -> dict[str, tuple[np.dtype, Any, bytes]]:
        parts = {"vocabulary": checkpoint.vocabulary} | checkpoint.parameters
        parts |= {f"resume.{name}": array for name, array in (checkpoint.resume or {}).items()}
        return {name: (a.dtype, a.shape, a.tobytes()) for name, a in parts.items()}

    return first.meta == second.meta and arrays(first) == arrays(second)


# What the writer wrote


@pytest.mark.parametrize("layers", [1, 2, 16])
@pytest.mark.parametrize("cell", CELLS)
def test_a_reader_accepts_what_the_writer_wrote(tmp_path: Path, cell: str, layers: int) -> None:
    written = example(cell, layers)
    save(tmp_path / "model.npz", written)
    assert same(load(tmp_path / "model.npz", with_resume=True), written)
    assert same(load(tmp_path / "model.npz"), replace(written, resume=None))


def test_a_feed_forward_network_has_the_names_of_linear_layers_in_a_sequence(
    tmp_path: Path,
) -> None:
    save(tmp_path / "model.npz", example("mlp"))
    loaded = load(tmp_path / "model.npz")
    assert loaded.meta["version"] == 3  # which an older program does not take for damage
    assert {name: array.shape for name, array in loaded.parameters.items()} == {
        "mlp.0.weight": (HIDDEN, loaded.meta["context"] * VOCABULARY),
        "mlp.0.bias": (HIDDEN,),
        "mlp.2.weight": (HIDDEN, HIDDEN),
        "mlp.2.bias": (HIDDEN,),
        "head.weight": (VOCABULARY, HIDDEN),
        "head.bias": (VOCABULARY,),
    }


@pytest.mark.parametrize("context", [None, 0, -1, 257, True, "4", 3, 4.0])
def test_a_context_that_the_weights_do_not_have_is_refused(tmp_path: Path, context: Any) -> None:
    file = example("mlp")
    meta = {name: value for name, value in file.meta.items() if name != "context"}
    with pytest.raises(CheckpointError, match=r"context|weight"):
        save(tmp_path / "m", replace(file, meta=meta | ({"context": context} if context else {})))


def test_the_weights_of_members_have_numbers_and_need_the_second_version(tmp_path: Path) -> None:
    joined, path = example("gru"), tmp_path / "model.npz"
    assert joined.resume is not None
    del joined.meta["version"]
    shapes = parameter_shapes("gru", LAYERS, 1, VOCABULARY)
    alone = {name: array for name, array in joined.resume.items() if name[0] in "js"}
    numbered = {
        f"{group}.{number}.{name}": np.full(shape, number, np.float32)
        for group in ("last", "adam.m", "adam.v", "average")
        for number in range(HIDDEN)
        for name, shape in shapes.items()
    }
    save(path, joined)
    assert load(path).meta["version"] == 1
    save(path, replace(joined, resume=alone | numbered))
    loaded = load(path, with_resume=True)
    assert loaded.meta["version"] == 2
    assert loaded.resume is not None
    np.testing.assert_array_equal(loaded.resume["average.4.head.bias"], 4)
    for number in range(HIDDEN):
        del numbered[f"adam.v.{number}.head.bias"]
        with pytest.raises(CheckpointError, match=f"resume.adam.v.{number}.head.bias is missing"):
            save(path, replace(joined, resume=alone | numbered))
        numbered[f"adam.v.{number}.head.bias"] = np.ones(VOCABULARY, np.float32)
    four = {name: array for name, array in numbered.items() if ".4." not in name}
    with pytest.raises(CheckpointError, match="4 members do not share its hidden_size 5"):
        save(path, replace(joined, resume=alone | four))


@pytest.mark.parametrize("group", ["last", "adam.m", "adam.v", "average", "state"])
def test_each_group_for_resuming_may_be_absent_but_not_incomplete(
    tmp_path: Path, group: str
) -> None:
    full = example()
    assert full.resume is not None
    members = [name for name in full.resume if name.startswith(group)]
    without = {name: array for name, array in full.resume.items() if name not in members}
    save(tmp_path / "model.npz", replace(full, resume=without))
    loaded = load(tmp_path / "model.npz", with_resume=True)
    assert loaded.resume is not None
    assert loaded.resume.keys() == without.keys()
    del full.resume[members[-1]]
    with pytest.raises(CheckpointError, match=f"resume.{members[-1]} is missing"):
        save(tmp_path / "model.npz", full)


@pytest.mark.parametrize("resume", [None, {}])
def test_a_model_without_resume_loads_with_none(tmp_path: Path, resume: Any) -> None:
    save(tmp_path / "model.npz", replace(example(), resume=resume))
    assert load(tmp_path / "model.npz", with_resume=True).resume is None


def test_equal_checkpoints_give_equal_files_whatever_the_order_of_their_parts(
    tmp_path: Path,
) -> None:
    one, other = example(), example()
    assert other.resume is not None
    other = Checkpoint(
        dict(reversed(other.meta.items())),
        other.vocabulary,
        {name: np.asfortranarray(a) for name, a in reversed(other.parameters.items())},
        dict(reversed(other.resume.items())),
    )
    save(tmp_path / "one.npz", one)
    save(tmp_path / "other", other)
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "other").read_bytes()
    with zipfile.ZipFile(tmp_path / "other") as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        names = archive.namelist()
    parameters = parameter_shapes("lstm", LAYERS, HIDDEN, VOCABULARY)
    expected = ["meta", "vocabulary", *parameters]
    expected += sorted(f"resume.{name}" for name in one.resume or {})
    assert names == [f"{name}.npy" for name in expected]


@pytest.mark.parametrize("cell", RECURRENT)
def test_plain_numpy_reads_the_file_and_the_names_are_those_of_torch(
    tmp_path: Path, cell: str
) -> None:
    written = example(cell)
    save(tmp_path / "model.npz", written)
    with np.load(tmp_path / "model.npz", allow_pickle=False) as arrays:
        meta = json.loads(bytes(arrays["meta"]))
        assert meta == written.meta
        rows = len(cells.CELLS[cell].gates) * HIDDEN
        assert {k: arrays[k].shape for k in arrays if not k.startswith("resume.")} == {
            "meta": arrays["meta"].shape,
            "vocabulary": (VOCABULARY,),
            "rnn.weight_ih_l0": (rows, VOCABULARY),
            "rnn.weight_hh_l0": (rows, HIDDEN),
            "rnn.bias_ih_l0": (rows,),
            "rnn.bias_hh_l0": (rows,),
            "rnn.weight_ih_l1": (rows, HIDDEN),
            "rnn.weight_hh_l1": (rows, HIDDEN),
            "rnn.bias_ih_l1": (rows,),
            "rnn.bias_hh_l1": (rows,),
            "head.weight": (VOCABULARY, HIDDEN),
            "head.bias": (VOCABULARY,),
        }
        for name, array in written.parameters.items():
            np.testing.assert_array_equal(arrays[name], array)


def test_a_checkpoint_that_numpy_wrote_is_accepted(tmp_path: Path) -> None:
    written = example()
    np.savez(tmp_path / "model.npz", **parts(written))  # type: ignore[arg-type]
    assert same(load(tmp_path / "model.npz", with_resume=True), written)


@pytest.mark.parametrize("older", [False, True])
def test_a_checkpoint_that_numpy_wrote_is_accepted_whatever_python_wrote_it(
    tmp_path: Path, older: bool
) -> None:
    """Before a member, Pythons from before 3.11.4 repeat its sizes, newer ones write all ones."""
    path, written = tmp_path / "model.npz", example()
    np.savez(path, **parts(written))  # type: ignore[arg-type]
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            sizes = (info.file_size, info.file_size) if older else (2**32 - 1, 2**32 - 1)
            data[info.header_offset + 18 : info.header_offset + 26] = struct.pack("<II", *sizes)
    path.write_bytes(data)
    assert same(load(path, with_resume=True), written)


def test_save_adds_format_and_version(tmp_path: Path) -> None:
    meta = {k: v for k, v in example().meta.items() if k not in ("format", "version")}
    save(tmp_path / "model.npz", replace(example(), meta=meta))
    assert load(tmp_path / "model.npz").meta == example().meta


# What the writer refuses


def spoil(place: str, value: float) -> Checkpoint:
    checkpoint = example()
    assert checkpoint.resume is not None
    (checkpoint.parameters | checkpoint.resume)[place].flat[3] = value
    return checkpoint


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", ["rnn.weight_hh_l1", "head.bias", "adam.v.head.bias", "state.c"])
def test_a_number_that_is_not_finite_never_replaces_a_good_model(
    tmp_path: Path, place: str, value: float
) -> None:
    path = tmp_path / "model.npz"
    save(path, example())
    good = path.read_bytes()
    with pytest.raises(CheckpointError, match=rf"{place} has values that are not finite"):
        save(path, spoil(place, value))
    assert path.read_bytes() == good


@pytest.mark.parametrize(
    "history",
    [float("nan"), float("inf"), {1, 2}, np.float32(1.0), "x" * 2**24, [0] * 400_000, "deep"],
)
def test_meta_that_is_not_strict_json_is_not_written(tmp_path: Path, history: Any) -> None:
    if history == "deep":
        history = []
        for _ in range(100_000):
            history = [history]
    checkpoint = replace(example(), meta=example().meta | {"history": history})
    with pytest.raises(CheckpointError, match="cannot write"):
        save(tmp_path / "model.npz", checkpoint)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("value", [{"a": float("nan")}, {"a": 1e400}, {"a": b""}])
def test_strict_json_writes_only_what_it_reads(value: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="JSON"):
        strict_json.dumps(value)


def test_arrays_of_another_type_or_shape_are_not_written(tmp_path: Path) -> None:
    good = example()
    bias = good.parameters["head.bias"]
    spoilt = [
        replace(good, parameters=good.parameters | {"head.bias": bias.astype(np.float64)}),
        replace(good, parameters=good.parameters | {"head.bias": bias[:, None]}),
        replace(good, parameters=good.parameters | {"extra": bias}),
        replace(good, vocabulary=good.vocabulary.astype(np.int64)),
        replace(good, vocabulary=good.vocabulary[::-1]),
        replace(good, resume=good.resume | {"json": np.zeros((2, 2), np.uint8)}),  # type: ignore
    ]
    for checkpoint in spoilt:
        with pytest.raises(CheckpointError, match="cannot write"):
            save(tmp_path / "model.npz", checkpoint)
    assert os.listdir(tmp_path) == []


# What the reader refuses. Files are built by hand, each breaking one rule.


def parts(checkpoint: Checkpoint) -> dict[str, np.ndarray]:
    arrays = {"meta": np.frombuffer(json.dumps(checkpoint.meta).encode(), np.uint8)}
    arrays |= {"vocabulary": checkpoint.vocabulary} | checkpoint.parameters
    return arrays | {f"resume.{k}": array for k, array in (checkpoint.resume or {}).items()}


def npy(array: np.ndarray, version: tuple[int, int] = (1, 0)) -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, array, version)
    return buffer.getvalue()


def npy_claiming(header: str, data: bytes = b"") -> bytes:
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + data


@functools.cache
def good_members() -> dict[str, bytes]:
    return {f"{name}.npy": npy(array) for name, array in parts(example()).items()}


def members(changes: dict[str, Any] | None = None, **meta: Any) -> dict[str, bytes]:
    """The members of a good file, with changes of meta and of whole members (None: removed)."""
    changed_meta = {"meta": npy(as_json(json.dumps(example().meta | meta)))}
    raw = dict(good_members())
    raw |= {f"{name}.npy": content for name, content in (changed_meta | (changes or {})).items()}
    return {name: content for name, content in raw.items() if content is not None}


def packed(
    content: dict[str, bytes], method: int = 0, spoilt: str = "", also: str = "", end: bytes = b""
) -> bytes:
    """Zip the members; `spoilt` is stored by `method`, `also` is added a second time."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data, method if name == spoilt else 0)
        if also:
            with pytest.warns(UserWarning, match="Duplicate name"):
                archive.writestr(also, content[also])
        archive.comment = end
    return buffer.getvalue()


def directory_of(data: bytes) -> int:
    return int(struct.unpack("<I", data[-6:-2])[0])


def patched(data: bytes, position: int, value: bytes) -> bytes:
    return data[:position] + value + data[position + len(value) :]


def entry_of(data: bytes, name: str) -> int:
    """Where a member's entry in the directory begins."""
    return data.index(name.encode(), directory_of(data)) - 46


def overlapping() -> bytes:
    """The last member's entry points at the data of the first."""
    data = packed(members())
    return patched(data, entry_of(data, "resume.state.h.npy") + 42, bytes(4))


def with_entry(offset: int, form: str, *values: int) -> bytes:
    """A field in the directory's entry of `head.bias` says something else."""
    data = packed(members())
    return patched(data, entry_of(data, "head.bias.npy") + offset, struct.pack(form, *values))


def with_padded_directory() -> bytes:
    data = packed(members())
    (length,) = struct.unpack("<I", data[-10:-6])
    return data[:-22] + b"pad" + patched(data[-22:], 12, struct.pack("<I", length + 3))


def with_another_local_name() -> bytes:
    data = packed(members())
    return patched(data, data.index(b"head.bias.npy"), b"head.Bias.npy")


def with_hidden_bytes() -> bytes:
    """Something lies between the members and the directory, which is moved accordingly."""
    data = packed(members())
    start = directory_of(data)
    return data[:start] + b"hidden" + data[start:-6] + struct.pack("<IH", start + 6, 0)


def with_undecodable_name() -> bytes:
    data = with_entry(8, "<H", 0x800)  # the flag of UTF-8
    return patched(data, entry_of(data, "head.bias.npy") + 46, b"\xff")


def with_another_local_size() -> bytes:
    """A reader that goes from member to member, not by the directory, sees another file."""
    data = packed(members())
    return patched(data, data.index(b"head.bias.npy") - 8, struct.pack("<I", 0))


def with_a_name_that_ends_early() -> bytes:
    """A zero in a name, where some readers end it and others do not."""
    content = members({"head.bias": None}) | {"head.bias.npy.py": good_members()["head.bias.npy"]}
    return packed(content).replace(b"head.bias.npy.py", b"head.bias.npy\0py")


def with_an_appended_entry(comment: bytes = b"", extra: bytes = b"") -> bytes:
    """The directory's last entry has a comment or fields that the writer does not make."""
    data = packed(members())
    entry, more = data.rindex(b"PK\x01\x02"), len(comment) + len(extra)
    lengths = struct.pack("<HH", len(extra), len(comment))
    size = struct.pack("<I", len(data) - 22 - directory_of(data) + more)
    return (
        patched(data[:-22], entry + 30, lengths) + extra + comment + patched(data[-22:], 12, size)
    )


def with_64_bit_directory() -> bytes:
    """64-bit records, in a comment, claim a directory of 2 GiB that lies somewhere else."""
    sizes = (44, 45, 45, 0, 0, 2**31, 2**31, 2**31, 0)
    records = struct.pack("<4sQHHIIQQQQ", b"PK\x06\x06", *sizes)
    return with_an_appended_entry(records + struct.pack("<4sIQI", b"PK\x06\x07", 0, 0, 1))


def with_another_name_in_a_field() -> bytes:
    """An empty Unicode name, of which newer versions of zipfile warn."""
    crc = zlib.crc32(list(good_members())[-1].encode())
    return with_an_appended_entry(extra=struct.pack("<HHBI", 0x7075, 5, 1, crc))


class Malicious:
    def __reduce__(self) -> Any:
        return (os.mkdir, ("pwned",))


def object_array() -> bytes:
    array = np.array([Malicious()] * VOCABULARY, object)
    return npy(array)


def values(name: str, change: Callable[[np.ndarray], Any]) -> bytes:
    array = parts(example())[name].copy()
    change(array)
    return packed(members({name: npy(array)}))


def bias(**changes: Any) -> np.ndarray:
    return example().parameters["head.bias"].astype(changes.pop("dtype", np.float32))


def as_json(text: str) -> np.ndarray:
    return np.frombuffer(text.encode(), np.uint8)


def meta_text(text: str) -> bytes:
    return packed(members({"meta": npy(as_json(text))}))


def meta_with(**changes: Any) -> bytes:
    return packed(members(**changes))


def huge(shape: str) -> bytes:
    claim = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}\n"
    return packed(members({"head.bias": npy_claiming(claim)}))


def set_item(index: Any, value: Any) -> Callable[[np.ndarray], None]:
    return lambda array: array.__setitem__(index, value)


NUMPY_HEADER = "{'descr': '<f4', 'fortran_order': False, 'shape': (7,), }"
HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    # the file
    "empty": (lambda: b"", "it is empty"),
    "one byte": (lambda: b"P", "it is not an .npz file"),
    "text": (lambda: b"hello\n" * 100, "it is not an .npz file"),
    "a bare .npy": (lambda: npy(bias()), "it is not an .npz file"),
    "a pickle": (lambda: pickle.dumps({"a": 1}), "it is not an .npz file"),
    "an object array": (object_array, "it is not an .npz file"),
    "zip of nothing": (lambda: packed({}), "it is not an .npz file"),
    "truncated": (lambda: packed(members())[:-1], "it is cut short"),
    "half": (lambda: packed(members())[:5000], "it is cut short"),
    "only a start": (lambda: b"PK\x03\x04", "it is cut short"),
    "appended to": (lambda: packed(members()) + b"\n", "something follows its end"),
    "comment": (lambda: packed(members(), end=b"!"), "something follows its end"),
    "cut comment": (lambda: packed(members())[:-2] + b"\x09\x00", "zip with a comment"),
    "prefixed": (lambda: b"#!/bin/sh\n" + packed(members()), "it is not an .npz file"),
    "prefixed zip": (lambda: packed({}) * 2 + packed(members()), "it is not an .npz file"),
    "two files": (lambda: packed(members()) * 2, "its directory does not end where"),
    # its members
    "deflate": (lambda: packed(members(), 8, "head.bias.npy"), "head.bias.npy is compressed"),
    "bz2": (lambda: packed(members(), 12, "head.bias.npy"), "head.bias.npy is compressed"),
    "lzma": (lambda: packed(members(), 14, "head.bias.npy"), "head.bias.npy is compressed"),
    "encrypted": (lambda: with_entry(8, "<H", 1), "head.bias.npy is compressed or encrypted"),
    "strongly encrypted": (lambda: with_entry(8, "<H", 0x40), "compressed or encrypted"),
    "unknown method": (lambda: with_entry(10, "<H", 97), "head.bias.npy is compressed"),
    "two sizes": (lambda: with_entry(20, "<I", 1), "head.bias.npy is compressed"),
    "two names": (with_another_local_name, "head.bias.npy and its entry in the directory disagree"),
    "padded directory": (with_padded_directory, "something hides between its members"),
    "duplicate": (lambda: packed(members(), also="head.bias.npy"), "two members head.bias"),
    "folder": (lambda: packed(members() | {"a/": b""}), "a/ is not an .npy member"),
    "not an array": (lambda: packed(members() | {"run.py": b"x"}), "run.py is not an .npy"),
    "unknown": (lambda: packed(members({"extra": npy(bias())})), "an unknown member extra"),
    "path": (lambda: packed(members({"../../x": npy(bias())})), "unknown member ../../x"),
    "hostile name": (lambda: packed(members({"\x1b[2J\n": npy(bias())})), r"member \\x1b\[2J\\n"),
    "too many": (lambda: packed({f"{n}.npy": b"" for n in range(600)}), "more than 512 members"),
    "overlap": (overlapping, "resume.state.h.npy does not begin where"),
    "hidden bytes": (with_hidden_bytes, "something hides between its members"),
    "other local size": (
        with_another_local_size,
        "head.bias.npy and its entry in the directory disagree",
    ),
    "zero in a name": (with_a_name_that_ends_early, "head.bias.npy and its entry in the directory"),
    "64-bit directory": (with_64_bit_directory, "its directory is damaged"),
    "name in a field": (
        with_another_name_in_a_field,
        "its directory is damaged|directory disagree",
    ),
    "note on a member": (lambda: with_an_appended_entry(b"note"), "something hides between"),
    "huge member": (
        lambda: with_entry(20, "<II", 2**32 - 2, 2**32 - 2),
        "head.bias.npy does not begin where",
    ),
    "name that is not UTF-8": (with_undecodable_name, "its directory is damaged"),
    "later zip": (lambda: with_entry(6, "<H", 99), "its directory is damaged"),
    "no meta": (lambda: packed(members({"meta": None})), "meta is missing"),
    "no head": (lambda: packed(members({"head.bias": None})), "head.bias is missing"),
    "half a group": (
        lambda: packed(members({"resume.adam.m.head.bias": None})),
        "resume.adam.m.head.bias is missing",
    ),
    "no resume.json": (lambda: packed(members({"resume.json": None})), "resume.json is missing"),
    # its arrays
    "empty member": (lambda: packed(members({"head.bias": b""})), "head.bias is not an array"),
    "no .npy": (lambda: packed(members({"head.bias": b"#" * 90})), "head.bias is not an array"),
    "only magic": (
        lambda: packed(members({"head.bias": b"\x93NUMPY\x01\x00"})),
        "the header of head.bias claims 0 bytes",
    ),
    "version 2": (lambda: packed(members({"head.bias": npy(bias(), (2, 0))})), "is not an array"),
    "long header": (
        lambda: packed(members({"head.bias": npy_claiming(NUMPY_HEADER + " " * 12_000)})),
        "the header of head.bias claims 12,057 bytes",
    ),
    "header beyond the member": (
        lambda: packed(members({"head.bias": npy_claiming(NUMPY_HEADER)[:-9]})),
        "the header of head.bias claims 57 bytes",
    ),
    "code in a header": (
        lambda: packed(members({"head.bias": npy_claiming("__import__('os').mkdir('pwned')")})),
        "head.bias has the header __import__",
    ),
    "nested header": (
        lambda: packed(members({"head.bias": npy_claiming("(" * 9000)})),
        "head.bias has the header",
    ),
    "objects": (lambda: packed(members({"head.bias": object_array()})), "head.bias has the header"),
    "structured": (
        lambda: packed(members({"head.bias": npy(np.zeros(7, [("a", "<f4")]))})),
        "head.bias has the header",
    ),
    "float64": (
        lambda: packed(members({"head.bias": npy(bias(dtype=np.float64))})),
        "expected <f4",
    ),
    "big endian": (lambda: packed(members({"head.bias": npy(bias(dtype=">f4"))})), "expected <f4"),
    "strings": (
        lambda: packed(members({"vocabulary": npy(np.array(list("abcdefg")))})),
        "vocabulary has the header .* expected <u4",
    ),
    "Fortran order": (
        lambda: packed(
            members({"head.weight": npy(np.asfortranarray(example().parameters["head.weight"]))})
        ),
        "head.weight has the header",
    ),
    "another shape": (lambda: packed(members({"head.bias": npy(bias()[1:])})), r"expected <f4 \(7"),
    "huge shape": (lambda: huge("(10000000000000,)"), "head.bias has the header"),
    "wrapping shape": (lambda: huge("(4294967296, 4294967296)"), "head.bias has the header"),
    "negative shape": (lambda: huge("(-7,)"), "head.bias has the header"),
    "shape of bools": (lambda: huge("(True, 7)"), "head.bias has the header"),
    "trailing data": (
        lambda: packed(members({"head.bias": npy(bias()) + b"more"})),
        "head.bias has 32 bytes of data, expected 28",
    ),
    "missing data": (
        lambda: packed(members({"head.bias": npy(bias())[:-1]})),
        "head.bias has 27 bytes of data, expected 28",
    ),
    "flipped bit": (
        lambda: (lambda d: patched(d, d.index(b"head.bias.npy") + 150, b"\x7e"))(packed(members())),
        "head.bias is damaged, its checksum differs",
    ),
    # its values
    "NaN": (lambda: values("head.weight", set_item((1, 2), np.nan)), "head.weight has values that"),
    "signalling NaN": (
        lambda: values("head.bias", lambda a: set_item(2, 0x7F800001)(a.view(np.uint32))),
        "head.bias has values that are not finite",
    ),
    "infinity": (lambda: values("head.bias", set_item(0, -np.inf)), "head.bias has values that"),
    "NaN in a moment": (
        lambda: values("resume.adam.v.head.bias", set_item(0, np.nan)),
        "resume.adam.v.head.bias has values that",
    ),
    "twice a character": (lambda: values("vocabulary", set_item(1, 0)), "not in ascending order"),
    "surrogate": (lambda: values("vocabulary", set_item(3, 0xD800)), "that is no character"),
    "beyond Unicode": (lambda: values("vocabulary", set_item(6, 0x110000)), "is no character"),
    # its meta
    "no JSON": (lambda: meta_text("{"), "meta is no JSON"),
    "no bytes": (lambda: meta_text(""), "meta is no JSON"),
    "no UTF-8": (lambda: packed(members({"meta": npy(np.full(9, 255, np.uint8))})), "is no JSON"),
    "no object": (lambda: meta_text("[1]"), "it is not an object"),
    "deep JSON": (lambda: meta_text("[" * 100_000), "nested too deeply"),
    "long JSON": (lambda: meta_text(" " * (2**24 + 1)), "has 16,777,217 bytes, more than"),
    "dense JSON": (lambda: meta_text("[" + "[]," * 300_000), "more than 400,000 values"),
    "long resume.json": (
        lambda: packed(members({"resume.json": npy(as_json(" " * (2**24 + 1)))})),
        "resume.json has 16,777,217 bytes",
    ),
    "bad resume.json": (
        lambda: packed(members({"resume.json": npy(as_json("[NaN]"))})),
        "resume.json is no JSON",
    ),
    "NaN in JSON": (lambda: meta_with(history=[float("nan")]), "NaN is not a number"),
    "infinity in JSON": (lambda: meta_text('{"a": 1e999}'), "1e999 is not finite"),
    "endless number": (lambda: meta_text('{"a": ' + "9" * 10_000 + "}"), "meta is no JSON"),
    "another format": (lambda: meta_with(format="lua"), "its format is 'lua'"),
    "version 0": (lambda: meta_with(version=0), "its version is 0"),
    "true version": (lambda: meta_with(version=True), "its version is True"),
    "unknown cell": (lambda: meta_with(cell="mgu"), "its cell is 'mgu'"),
    "list of cells": (lambda: meta_with(cell=["lstm"]), r"its cell is \['lstm'\]"),
    "activation": (lambda: meta_with(activation="relu"), "its activation is 'relu'"),
    "no layers": (lambda: meta_with(layers=0), "its layers is 0, not a number from 1 to 16"),
    "true layers": (lambda: meta_with(layers=True), "its layers is True"),
    "many layers": (lambda: meta_with(layers=17), "its layers is 17"),
    "fractional size": (lambda: meta_with(hidden_size=5.0), "its hidden_size is 5.0"),
    "huge size": (lambda: meta_with(hidden_size=8193), "its hidden_size is 8193"),
    "textual size": (lambda: meta_with(vocabulary_size="7"), "its vocabulary_size is '7'"),
    "other size": (lambda: meta_with(hidden_size=6), "has the header"),
    "other depth": (lambda: meta_with(layers=3), "l2 is missing"),
    "other cell": (lambda: meta_with(cell="gru"), "unknown member resume.state.c"),
    "no batch": (lambda: meta_with(training=None), "its training.batch_size is None"),
    "other batch": (lambda: meta_with(training={"batch_size": 4}), "resume.state.. has the header"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_file_that_breaks_a_rule_is_refused_in_one_line_that_names_it(
    tmp_path: Path, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    build, reason = HOSTILE[case]
    path = tmp_path / "model.npz"
    path.write_bytes(build())
    size = path.stat().st_size
    tracemalloc.start()
    try:
        with pytest.raises(CheckpointError, match=reason) as refusal:
            load(path, with_resume=True)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    error = refusal.value
    assert error.message.startswith(f"{path} is not a charrnn checkpoint: ")
    assert error.message.isprintable()
    assert len(error.message) < 400 + len(str(path))
    assert "pickle" not in error.message
    assert error.hint
    assert peak < 4 * size + 2**20
    assert os.listdir(tmp_path) == ["model.npz"]


DATA_OF_RESUME = {"NaN in a moment", "bad resume.json"}


@pytest.mark.parametrize("case", [case for case in HOSTILE if "resume" in HOSTILE[case][1]])
def test_members_for_resuming_are_checked_in_structure_even_when_not_read(
    tmp_path: Path, case: str
) -> None:
    (tmp_path / "model.npz").write_bytes(HOSTILE[case][0]())
    if case in DATA_OF_RESUME:
        assert load(tmp_path / "model.npz").resume is None
    else:
        with pytest.raises(CheckpointError, match=HOSTILE[case][1]):
            load(tmp_path / "model.npz")


def test_a_file_of_2_gib_is_neither_read_nor_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "model.npz"
    path.touch()
    os.truncate(path, 2**31)  # a hole, no data
    with pytest.raises(CheckpointError, match="it has 2,147,483,648 bytes, more than"):
        load(path)
    monkeypatch.setattr("charrnn.storage.checkpoint.FILE_BYTES", 2**20 + 1000)
    with pytest.raises(CheckpointError, match="larger than 2 GiB"):
        save(tmp_path / "large.npz", example())


def test_a_file_that_shrinks_while_it_is_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.npz"
    save(path, example())
    with path.open("rb") as file:
        archive = StrictNpz(file)
        os.truncate(path, path.read_bytes().index(b"vocabulary") + 150)
        with pytest.raises(CheckpointError, match="shorter while it was read"):
            archive.read("vocabulary", "<u4", (VOCABULARY,))


def test_a_later_version_asks_for_a_newer_charrnn_whatever_else_it_holds(tmp_path: Path) -> None:
    later = packed(members({"novelty": b"?", "head.bias": None}, version=6, cell="mamba"))
    (tmp_path / "model.npz").write_bytes(later)
    with pytest.raises(CheckpointError, match=r"model.npz needs a newer charrnn: .* version 6"):
        load(tmp_path / "model.npz")


def test_what_is_no_file_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path, reason in [
        (tmp_path, "is not a charrnn checkpoint: it is a folder"),
        (tmp_path / "pipe", "is not a charrnn checkpoint: it is not a regular file"),
        (Path(os.devnull), "is not a charrnn checkpoint: it is not a regular file"),
        (tmp_path / ("x" * 300), "cannot read .*: File name too long"),
        (tmp_path / "\x1b[2J\n.npz", r"no checkpoint at .*\\x1b\[2J\\n.npz"),
    ]:
        with pytest.raises(CheckpointError, match=reason) as refusal:
            load(path)
        assert refusal.value.message.isprintable()


def test_a_missing_file_is_answered_with_the_command_that_makes_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CheckpointError) as refusal:
        load(Path("model.npz"))
    assert refusal.value.message == "no checkpoint at model.npz"
    assert refusal.value.hint == "Train one first: charrnn train corpus.txt -o model.npz"


def mutate(data: bytes, other: bytes, rng: random.Random) -> bytes:
    """Do to a file what disks, networks and editors do."""
    start = rng.randrange(len(data))
    length = rng.choice([1, 2, 16, 512])
    match rng.choice(["flip", "cut", "overwrite", "delete", "insert", "splice"]):
        case "flip":
            return patched(data, start, bytes([data[start] ^ 1 << rng.randrange(8)]))
        case "cut":
            return data[:start]
        case "overwrite":
            return patched(data, start, rng.randbytes(min(length, len(data) - start)))
        case "delete":
            return data[:start] + data[start + length :]
        case "insert":
            return data[:start] + rng.randbytes(length) + data[start:]
        case _:
            return data[:start] + other[start:]


def test_a_damaged_file_is_refused_or_means_the_same(tmp_path: Path) -> None:
    path = tmp_path / "model.npz"
    written = example("gru", layers=1)
    save(path, example("gru", layers=1, seed=1))
    other = path.read_bytes()
    save(path, written)
    good = path.read_bytes()
    rng = random.Random(0)
    refused = 0
    for _ in range(600):
        path.write_bytes(mutate(good, other, rng))
        try:
            loaded = load(path, with_resume=True)
        except CheckpointError as error:
            refused += error.message.isprintable()
        else:
            refused += same(loaded, written) or same(loaded, example("gru", layers=1, seed=1))
    assert refused == 600


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)


@settings(max_examples=150)
@given(key=st.sampled_from(sorted(example().meta)), value=JSON)
def test_no_value_in_meta_breaks_the_reader(
    tmp_path_factory: pytest.TempPathFactory, key: str, value: Any
) -> None:
    path = tmp_path_factory.mktemp("meta") / "model.npz"
    path.write_bytes(packed(members(**{key: value})))
    try:
        loaded = load(path, with_resume=True)
    except CheckpointError:
        return
    assert loaded.meta == example().meta | {key: value}


# Accidents


def run(script: str, folder: Path) -> str:
    """Run Python in a process of its own, single-threaded so that it may fork."""
    environment = os.environ | {
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(script), str(folder)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.stderr == ""
    assert result.returncode == 0
    return result.stdout


def test_kill_at_any_moment_leaves_the_old_or_the_new_file_and_orphans_are_cleared(
    tmp_path: Path,
) -> None:
    script = """
        import os, random, signal, sys, time
        from pathlib import Path
        import numpy as np
        from charrnn.storage.atomic import remove_orphans
        from charrnn.storage.checkpoint import Checkpoint, load, save
        from charrnn.network.parameters import parameter_shapes

        path = Path(sys.argv[1]) / "model.npz"
        meta = dict(cell="lstm", activation="tanh", layers=1, hidden_size=256, vocabulary_size=65)
        shapes = parameter_shapes("lstm", 1, 256, 65)
        states = [
            Checkpoint(meta | {"step": step}, np.arange(65, dtype=np.uint32),
                       {name: np.full(s, step, np.float32) for name, s in shapes.items()})
            for step in range(2)
        ]
        save(path, states[0])
        rng, orphans = random.Random(0), 0
        for _ in range(25):
            child = os.fork()
            if child == 0:
                while True:
                    for state in states:
                        save(path, state)
            time.sleep(rng.uniform(0.005, 0.05))
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            loaded = load(path)
            step = loaded.meta["step"]
            assert step in (0, 1)
            assert all((array == step).all() for array in loaded.parameters.values())
            orphans += len(os.listdir(path.parent)) - 1
            remove_orphans(path)
            assert os.listdir(path.parent) == ["model.npz"]
        print(orphans)
    """
    assert int(run(script, tmp_path)) > 0  # some kills did hit a file being written


def test_loading_runs_nothing_and_reaches_for_nothing(tmp_path: Path) -> None:
    save(tmp_path / "good.npz", example())
    for case in ("code in a header", "objects", "a pickle", "hostile name"):
        (tmp_path / f"{case}.npz").write_bytes(HOSTILE[case][0]())
    script = """
        import sys
        from pathlib import Path
        from charrnn.storage.checkpoint import load
        from charrnn.errors import CheckpointError

        def load_all():
            for path in sorted(Path(sys.argv[1]).iterdir()):
                try:
                    load(path, with_resume=True)
                except CheckpointError:
                    pass

        load_all()  # imports what Python imports late
        seen = set()
        sys.addaudithook(lambda event, _: seen.add(event))
        load_all()
        print(*sorted(seen))
    """
    assert set(run(script, tmp_path).split()) <= {"open", "os.listdir", "os.scandir"}


def test_a_reader_beside_a_saving_loop_sees_one_complete_state(tmp_path: Path) -> None:
    path = tmp_path / "model.npz"
    states = [example(seed=seed) for seed in range(3)]
    save(path, states[0])

    def save_all() -> None:
        for state in states * 20:
            save(path, state)

    saving = threading.Thread(target=save_all)
    saving.start()
    while saving.is_alive():
        loaded = load(path, with_resume=True)
        assert any(same(loaded, state) for state in states)
    assert same(load(path, with_resume=True), states[-1])
