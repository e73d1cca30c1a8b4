"""A strict reader and a repeatable writer of .npz files: zips of uncompressed .npy members.

numpy.load trusts such a file too much: it unpacks without limit, takes the last of two members of
one name, ignores bytes after an array and allocates whatever a header asks for. Here the members
must lie end to end, from the first byte to the directory that closes the file, as numpy.savez
writes them: nothing overlaps or hides, and no array is larger than its share of the file. The
caller says what type and shape it expects; a header is compared with that, never evaluated.
"""

import io
import math
import struct
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from charrnn.errors import CheckpointError

MEMBERS = 512
DIRECTORY_BYTES = MEMBERS * 128
FILE_BYTES = 2**31 - 1  # what a zip can say without its 64-bit extensions
HEADER_BYTES = 10_000

# The zip format (APPNOTE.TXT 4.3): a record before each member, one per member in the directory,
# and one that closes the file. Pads skip times, versions and attributes, which decide nothing.
_LOCAL = struct.Struct("<4s 2x HH 4x 12x HH")  # flags, method, lengths of name and extra
_ENTRY = struct.Struct("<4s 4x HH 4x III HHH 8x I")  # ..., CRC, 2 sizes, 3 lengths, offset
_END = struct.Struct("<4s HHHH II H")  # 2 disks, 2 counts, size and offset, length of comment
_NPY_1_0 = b"\x93NUMPY\x01\x00"


class FormatError(CheckpointError):
    """The file breaks a rule; the text says which."""


class _Member(NamedTuple):
    offset: int
    size: int
    crc: int


class StrictNpz:
    """The members of an open file, found and checked before any of them is read."""

    def __init__(self, file: io.BufferedReader) -> None:
        self._file = file
        self._members = _read_directory(file)

    @property
    def names(self) -> list[str]:
        """The arrays' names, without `.npy`, in the order of the file."""
        return list(self._members)

    def check(self, name: str, dtype: str, shape: tuple[int, ...] | None = None) -> tuple[int, ...]:
        """Return the shape; FormatError unless type and shape are these and fill the member.

        Without a shape the array has one dimension, as long as the member.
        """
        return self._header(name, dtype, shape)[1]

    def read(self, name: str, dtype: str, shape: tuple[int, ...] | None = None) -> np.ndarray:
        """Return one array, checked as by `check`, with its CRC verified."""
        header, shape = self._header(name, dtype, shape)
        array = np.empty(shape, dtype)
        data = array.reshape(-1).view(np.uint8).data
        if self._file.readinto(data) != array.nbytes:
            raise FormatError("it became shorter while it was read")
        if zlib.crc32(data, zlib.crc32(header)) != self._members[name].crc:
            raise FormatError(f"{name} is damaged, its checksum differs")
        return array

    def _header(
        self, name: str, dtype: str, shape: tuple[int, ...] | None
    ) -> tuple[bytes, tuple[int, ...]]:
        """Check one .npy header, leaving the file at the data; return it and the shape."""
        member = self._members[name]
        self._file.seek(member.offset)
        start = self._file.read(min(10, member.size))
        if start[:8] != _NPY_1_0:
            raise FormatError(f"{name} is not an array in .npy format 1.0")
        length = int.from_bytes(start[8:], "little")
        if length > min(HEADER_BYTES, member.size - 10):
            raise FormatError(f"the header of {name} claims {length:,} bytes")
        header = self._file.read(length)
        size, itemsize = member.size - 10 - length, np.dtype(dtype).itemsize
        shape = (size // itemsize,) if shape is None else shape
        expected = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}"
        if header.rstrip(b" \n") != expected.encode():
            found = header[:100].decode("ascii", "backslashreplace").rstrip()
            raise FormatError(f"{name} has the header {found}, expected {dtype} {shape}")
        if size != (needed := math.prod(shape) * itemsize):
            raise FormatError(f"{name} has {size:,} bytes of data, expected {needed:,}")
        return start + header, shape


def write_npz(file: BinaryIO, arrays: Mapping[str, np.ndarray]) -> None:
    """Write arrays in this order; the same arrays give the same bytes on any day."""
    with zipfile.ZipFile(file, "w") as archive:
        for name, array in arrays.items():
            info = zipfile.ZipInfo(f"{name}.npy")  # dated 1980, the first day that zip knows
            info.create_system = 3
            with archive.open(info, "w") as member:
                np.lib.format.write_array(
                    member, np.ascontiguousarray(array), version=(1, 0), allow_pickle=False
                )


def _read_directory(file: io.BufferedReader) -> dict[str, _Member]:
    """Return where every member's data lies, having checked that the file is nothing else."""
    size = file.seek(0, io.SEEK_END)
    if size == 0:
        raise FormatError("it is empty")
    if size > FILE_BYTES:
        raise FormatError(f"it has {size:,} bytes, more than {FILE_BYTES:,}")
    file.seek(0)
    if file.read(4) != b"PK\x03\x04":
        raise FormatError("it is not an .npz file")
    file.seek(max(0, size - _END.size))
    end = file.read(_END.size)
    if len(end) < _END.size or end[:4] != b"PK\x05\x06":
        raise FormatError("it is cut short, or something follows its end")
    _, disk, first_disk, count_here, count, length, start, comment = _END.unpack(end)
    if disk or first_disk or comment or count_here != count:
        raise FormatError("it is a zip with a comment or of several volumes")
    if count > MEMBERS or length > DIRECTORY_BYTES:
        raise FormatError(f"it has more than {MEMBERS} members")
    if start + length + _END.size != size:
        raise FormatError("its directory does not end where the file ends")

    file.seek(start)
    directory = io.BytesIO(file.read(length))
    members: dict[str, _Member] = {}
    position = 0
    for _ in range(count):
        name, member, position = _read_entry(directory, file, position)
        if name in members:
            raise FormatError(f"it has two members {name}")
        members[name] = member
    if directory.read(1) or position != start:
        raise FormatError("something hides between its members")
    return members


def _read_entry(directory: BinaryIO, file: BinaryIO, position: int) -> tuple[str, _Member, int]:
    """Check one member that has to begin at `position`; return also where it ends."""
    signature, flags, method, crc, stored, size, *lengths, offset = _unpack(_ENTRY, directory)
    raw_name = directory.read(lengths[0])
    directory.seek(lengths[1] + lengths[2], io.SEEK_CUR)
    name = raw_name.decode("ascii", "backslashreplace")
    if signature != b"PK\x01\x02" or len(raw_name) != lengths[0]:
        raise FormatError("its directory is damaged")
    if flags or method or stored != size:
        raise FormatError(f"{name} is compressed or encrypted, not stored")
    if not name.endswith(".npy"):
        raise FormatError(f"{name} is not an .npy member")
    if offset != position:
        raise FormatError(f"{name} does not begin where the member before it ends")
    file.seek(position)
    local: tuple[Any, ...] = _unpack(_LOCAL, file)
    if local[:4] != (b"PK\x03\x04", flags, method, lengths[0]) or file.read(local[3]) != raw_name:
        raise FormatError(f"{name} and its entry in the directory disagree")
    begin = position + _LOCAL.size + local[3] + local[4]
    return name.removesuffix(".npy"), _Member(begin, size, crc), begin + size


def _unpack(record: struct.Struct, file: BinaryIO) -> tuple[Any, ...]:
    data = file.read(record.size)
    if len(data) < record.size:
        raise FormatError("its directory is damaged")
    return record.unpack(data)
