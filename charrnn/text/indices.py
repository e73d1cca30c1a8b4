"""Where the indices of a text grow while it is read: in memory, or in a file where that is short.

A text of a gigabyte is as many bytes here, and nothing about it may need as many again. An array
grows where it stands, as far as the system can; a file has no name, so that it is gone when the
process is, however that ends.
"""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np

from charrnn.arrays import Array
from charrnn.errors import CorpusError
from charrnn.machine.memory import free_memory, gigabytes
from charrnn.visible import visible

FIRST = 1 << 20  # indices that there is room for at first
GROWTH = 1.25  # and how much more each time; what is never touched takes no memory
BLOCK = 1 << 20  # indices that are changed at once
#: Bytes that are to stay free for the network and what is counted; `memory.need` knows better, but
#: only when the text is read.
SPARE = 400 << 20


class Indices:
    """A sequence of small numbers that grows at its end: `uint8`, until `widen` makes it `uint16`.

    With a `folder` it moves into a file there as soon as `free` memory would get short.
    """

    def __init__(
        self,
        folder: Path | None = None,
        free: Callable[[], int | None] = free_memory,
        spare: int = SPARE,
    ) -> None:
        self.folder, self.free, self.spare = folder, free, spare
        self.count = 0
        self._array: Array = np.empty(FIRST, np.uint8)
        self._file: BinaryIO | None = None

    @property
    def dtype(self) -> np.dtype:
        return self._array.dtype

    @property
    def in_file(self) -> bool:
        return self._file is not None

    def append(self, numbers: Array) -> None:
        """Add numbers (n,) that fit the type. Raises CorpusError if there is no room for them."""
        end = self.count + len(numbers)
        if self._file is None and end > len(self._array):
            self._grow(end)
        if self._file is not None:
            self._write(numbers.astype(self.dtype))
        else:
            self._array[self.count : end] = numbers
        self.count = end

    def widen(self) -> None:
        """Make room for numbers above 255."""
        before = self._blocks()
        wider = Indices(self.folder, self.free, self.spare)
        wider._array = np.empty(max(FIRST, self.count), np.uint16)
        if self._file is not None:
            wider._begin_file()
        for block in before:
            wider.append(block)
        if self._file is not None:
            self._file.close()
        self._array, self._file = wider._array, wider._file

    def renumbered(self, table: Array) -> Array:
        """All of them as table[number], of the table's type: in memory, or read from the file. This
        is their end."""
        if self._file is None:
            self._array.resize(self.count, refcheck=False)
            ids = self._array if self.dtype == table.dtype else self._array.astype(table.dtype)
            for start in range(0, self.count, BLOCK):
                block = ids[start : start + BLOCK]
                table.take(self._array[start : start + BLOCK], out=block, mode="clip")
            return ids
        size = self.dtype.itemsize
        for start, block in zip(range(0, self.count, BLOCK), self._blocks(), strict=True):
            self._file.seek(start * size)
            self._write(table.take(block).astype(self.dtype))
        # Not through the map, where a full disk would be the end of the process.
        with self._file:
            return np.memmap(self._file, self.dtype, mode="r", shape=(self.count,))

    def _grow(self, least: int) -> None:
        size = self.dtype.itemsize
        more = max(int(GROWTH * len(self._array)), least)
        free = self.free() if self.folder else None
        # What is free is what is not touched yet: the part to come counts, not the whole.
        if free is not None and (more - self.count) * size > free - self.spare:
            self._begin_file()
            return
        try:
            self._array.resize(more, refcheck=False)
        except MemoryError:
            if self.folder is None:
                raise
            self._begin_file()

    def _begin_file(self) -> None:
        assert self.folder
        blocks = self._blocks()
        try:
            self._file = cast(BinaryIO, tempfile.TemporaryFile(dir=self.folder))  # noqa: SIM115
        except OSError as error:
            raise self._no_room(error) from error
        for block in blocks:
            self._write(block)
        self._array = np.empty(0, self.dtype)

    def _blocks(self) -> Iterator[Array]:
        """What is there, block by block; not while anything is added."""
        if self._file is None:
            array, count = self._array, self.count
            return (array[start : min(start + BLOCK, count)] for start in range(0, count, BLOCK))
        return self._read(self._file)

    def _read(self, file: BinaryIO) -> Iterator[Array]:
        size = self.dtype.itemsize
        for start in range(0, self.count, BLOCK):
            file.seek(start * size)
            yield np.frombuffer(file.read(min(BLOCK, self.count - start) * size), self.dtype)

    def _write(self, numbers: Array) -> None:
        assert self._file
        try:
            self._file.write(numbers.tobytes())
            self._file.flush()
        except OSError as error:
            with suppress(OSError):  # which tries it once more
                self._file.close()
            raise self._no_room(error) from error

    def _no_room(self, error: OSError) -> CorpusError:
        where = visible(str(self.folder), one_line=True)
        free = self.free() or 0
        return CorpusError(
            f"memory is short ({gigabytes(free)} free), and the text cannot be kept in a file in"
            f" {where}: {error.strerror or error}",
            "Free some memory, give less text, or name an --out on another disk.",
        )
