"""Arrays that worker processes share with this one, and how they travel there.

The memory behind them has no name in any file system (on Windows a name that ends with its last
user), so that nothing is left behind even if every process is killed. Pickled for a worker, such an
array or a view of it is no more than its place in that memory; all else is pickled as usual.
"""

import io
import math
import mmap
import os
import pickle
import secrets
import sys
import tempfile
import weakref
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from charrnn.arrays import Array


class Memory(mmap.mmap):
    """Memory that workers can be given: by the number of a file, on Windows by a name. Where the
    system refuses a file, `handle` is None and the memory is this process's own."""

    handle: int | str | None = None

    @classmethod
    def new(cls, size: int) -> Self:
        """So many bytes, all zero."""
        if sys.platform == "win32":
            name = f"charrnn-{os.getpid()}-{secrets.token_hex(8)}"
            memory = cls(-1, size, tagname=name)
            memory.handle = name
            return memory
        try:
            file = _unnamed_file(size)
        except OSError:  # larger than a limit on files, or one file too many
            return cls(-1, size)
        memory = cls.attached(file, size)
        weakref.finalize(memory, os.close, file)
        return memory

    @classmethod
    def attached(cls, handle: int | str, size: int) -> Self:
        """The same memory in a worker."""
        if sys.platform == "win32":
            memory = cls(-1, size, tagname=handle)
        else:
            memory = cls(int(handle), size)
        memory.handle = handle
        return memory


def _unnamed_file(size: int) -> int:
    """The number of an open file of so many zeros that no folder has."""
    if hasattr(os, "memfd_create"):
        file = os.memfd_create("charrnn")
    else:
        with tempfile.TemporaryFile() as opened:
            file = os.dup(opened.fileno())
    try:
        os.ftruncate(file, size)
    except OSError:
        os.close(file)
        raise
    return file


def shared(shape: tuple[int, ...], dtype: npt.DTypeLike) -> Array:
    """A zero array that workers see and write too, if a job of theirs refers to it."""
    memory = Memory.new(max(math.prod(shape) * np.dtype(dtype).itemsize, 1))
    return np.ndarray(shape, dtype, memory)


def shared_copy(array: Array) -> Array:
    """A copy of `array` that workers see too."""
    copy = shared(array.shape, array.dtype)
    copy[...] = array
    return copy


def memory_of(array: Array) -> Memory | None:
    """What `shared` made, if `array` is that or a view of it."""
    base: Any = array
    while isinstance(base, np.ndarray):
        base = base.base
    return base if isinstance(base, Memory) else None


class _Pickler(pickle.Pickler):
    """Pickles shared arrays, and views of them, as places in the memory that they are in."""

    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file, pickle.HIGHEST_PROTOCOL)
        self.memories: list[Memory] = []

    def persistent_id(self, value: Any) -> Any:
        memory = memory_of(value) if isinstance(value, np.ndarray) else None
        if memory is None:
            return None
        if not any(memory is known for known in self.memories):
            self.memories.append(memory)
        number = next(i for i, known in enumerate(self.memories) if known is memory)
        offset = _address(value) - _address(np.frombuffer(memory, np.uint8))
        return number, value.shape, value.dtype.str, offset, value.strides


def _address(array: Array) -> int:
    address: int = array.__array_interface__["data"][0]
    return address


class Unpickler(pickle.Unpickler):
    """The reverse, in the worker."""

    def __init__(self, file: Any, memories: list[Memory]) -> None:
        super().__init__(file)
        self.memories = memories

    def persistent_load(self, place: Any) -> Array:
        number, shape, dtype, offset, strides = place
        return np.ndarray(shape, dtype, self.memories[number], offset, strides)


def pickled(value: object) -> tuple[list[Memory], bytes]:
    """`value` for `Unpickler`, and the memory that it refers to."""
    file = io.BytesIO()
    pickler = _Pickler(file)
    pickler.dump(value)
    return pickler.memories, file.getvalue()
