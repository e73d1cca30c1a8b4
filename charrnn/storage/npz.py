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
from typing import BinaryIO

import numpy as np

from charrnn.errors import CheckpointError

MEMBERS = 512
DIRECTORY_BYTES = MEMBERS * 128
FILE_BYTES = 2**31 - 1  # what a zip can say without its 64-bit extensions
HEADER_BYTES = 10_000

_ENTRY_BYTES = 46  # what the directory says of a member, beside its name
_END = struct.Struct("<4s I HH II H")  # disks, two counts, size and start of directory, comment
_NPY_1_0 = b"\x93NUMPY\x01\x00"


class FormatError(CheckpointError):
    """The file breaks a rule; the text says which."""


class StrictNpz:
    """The members of an open file, found and checked before any of them is read."""

    def __init__(self, file: io.BufferedReader) -> None:
        self._file = file
        self._members = _find_members(file)

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
        cut = self._file.readinto(data) != array.nbytes
        _refuse_if(cut, "it became shorter while it was read")
        damaged = zlib.crc32(data, zlib.crc32(header)) != self._members[name][1].CRC
        _refuse_if(damaged, f"{name} is damaged, its checksum differs")
        return array

    def _header(
        self, name: str, dtype: str, shape: tuple[int, ...] | None
    ) -> tuple[bytes, tuple[int, ...]]:
        """Check one .npy header, leaving the file at the data; return it and the shape."""
        offset, entry = self._members[name]
        self._file.seek(offset)
        start = self._file.read(min(10, entry.file_size))
        _refuse_if(start[:8] != _NPY_1_0, f"{name} is not an array in .npy format 1.0")
        length = int.from_bytes(start[8:], "little")
        size, itemsize = entry.file_size - 10 - length, np.dtype(dtype).itemsize
        long = length > HEADER_BYTES or size < 0
        _refuse_if(long, f"the header of {name} claims {length:,} bytes")
        header = self._file.read(length)
        shape = (size // itemsize,) if shape is None else shape
        expected = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}"
        found = header[:100].decode("ascii", "backslashreplace").rstrip()
        other = header.rstrip(b" \n") != expected.encode()
        _refuse_if(other, f"{name} has the header {found}, expected {dtype} {shape}")
        needed = math.prod(shape) * itemsize
        _refuse_if(size != needed, f"{name} has {size:,} bytes of data, expected {needed:,}")
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


def _find_members(file: io.BufferedReader) -> dict[str, tuple[int, zipfile.ZipInfo]]:
    """Return where every member's data lies, having checked that the file is nothing else."""
    size = file.seek(0, io.SEEK_END)
    _refuse_if(size == 0, "it is empty")
    _refuse_if(size > FILE_BYTES, f"it has {size:,} bytes, more than {FILE_BYTES:,}")
    file.seek(0)
    _refuse_if(file.read(4) != b"PK\x03\x04", "it is not an .npz file")
    file.seek(max(0, size - _END.size))
    end = file.read(_END.size).rjust(_END.size)
    signature, disks, count_here, count, length, start, comment = _END.unpack(end)
    _refuse_if(signature != b"PK\x05\x06", "it is cut short, or something follows its end")
    several = disks or count_here != count
    _refuse_if(several or comment, "it is a zip with a comment or of several volumes")
    many = count > MEMBERS or length > DIRECTORY_BYTES
    _refuse_if(many, f"it has more than {MEMBERS} members")
    _refuse_if(start + length + _END.size != size, "its directory does not end where the file ends")

    damaged = "its directory is damaged, or something hides between its members"
    file.seek(start)
    directory, place = file.read(length), 0
    for _ in range(count):  # beside the names zipfile would read fields that may warn or hide
        lengths = directory[place + 28 : place + 34].ljust(6, b"\0")
        name_length, *beside = struct.unpack("<HHH", lengths)
        _refuse_if(any(beside), damaged)
        place += _ENTRY_BYTES + name_length
    _refuse_if(place != length, damaged)
    try:  # zipfile is shown the directory alone, and counts offsets from there
        entries = zipfile.ZipFile(io.BytesIO(directory + end)).infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise FormatError(damaged) from error
    members: dict[str, tuple[int, zipfile.ZipInfo]] = {}
    position = 0
    for entry in entries:
        full, name = entry.filename, entry.filename.removesuffix(".npy")
        packed = entry.flag_bits or entry.compress_type or entry.compress_size != entry.file_size
        _refuse_if(packed, f"{full} is compressed or encrypted, not stored")
        _refuse_if(full == name, f"{full} is not an .npy member")
        _refuse_if(name in members, f"it has two members {name}")
        astray = start + entry.header_offset != position or position + entry.file_size > start
        _refuse_if(astray, f"{full} does not begin where the member before it ends, or is cut")
        file.seek(position)
        found = file.read(30 + len(full) + 20)
        header = next(filter(found.startswith, _local_headers(entry)), b"")
        _refuse_if(not header, f"{full} and its entry in the directory disagree")
        members[name] = (position + len(header), entry)
        position += len(header) + entry.file_size
    _refuse_if(len(members) != count or position != start, damaged)
    return members


def _local_headers(entry: zipfile.ZipInfo) -> list[bytes]:
    """What may stand before a member: our header, and numpy's, which has the sizes in 64 bits too.

    Pythons from before 3.11.4 repeat them in their usual place, where newer ones say only that.
    """
    ours = entry.FileHeader(zip64=False)
    sizes = struct.pack("<HHQQ", 1, 16, entry.file_size, entry.file_size)
    older = ours[:28] + struct.pack("<H", len(sizes)) + ours[30:] + sizes
    return [ours, older, older[:18] + b"\xff" * 8 + older[26:]]


def _refuse_if(broken: object, rule: str) -> None:
    if broken:
        raise FormatError(rule)
