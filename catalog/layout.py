"""The container of an index: named arrays in one file that is sealed with checksums and read by memory
mapping.

Little-endian throughout::

    prefix    magic (8) | version u32 | header length u32 | file length u64 | header CRC-32 u32
    header    JSON: what the index says of itself, and of each section its dtype, shape, offset and CRC-32
    sections  each starts on a page (4096 bytes); offsets count from the page after the header; gaps are zero

The header is written last: a file whose writer died has no magic and is refused. Opening checks the prefix,
the header's checksum (which covers the prefix), small sections' and that every section lies inside the file;
:meth:`Sealed.verify` reads every byte.
"""

from __future__ import annotations

import json
import math
import mmap
import os
import struct
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from mirror.domain import MirrorError

MAGIC = b"\x89MIRCAT\n"
"""First byte above 127 and a line feed, as PNG does, so that text-mode copies are noticed."""

VERSION = 2
"""2 added int8 rows and their scales."""

PAGE = 4096
LONGEST_HEADER = 16 << 20
"""Bytes; a header of a few kilobytes is usual, a larger number is damage."""

CHECKED_ON_OPENING = 1 << 18
"""Bytes; sections up to this long are checked on opening already, at some 100 microseconds each."""

_PREFIX = struct.Struct("<8sIIQI")
_CHECKED = struct.Struct("<8sIIQ")
_DTYPES = frozenset({"<f4", "<f8", "<u2", "<u4", "<u8", "|u1", "|i1"})
_CHUNK = 1 << 20
_MEND = "build it again with `mirror catalog build`"


@dataclass(frozen=True)
class Section:
    """An array to be written: its name and shape, and its rows as C-contiguous chunks in order."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    chunks: Iterable[NDArray[Any]]

    @classmethod
    def of(cls, name: str, values: NDArray[Any], dtype: str) -> Section:
        """A section that is already one array in memory."""
        return cls(name, dtype, values.shape, (values,))


def write_sealed(out: BinaryIO, about: Mapping[str, Any], sections: Iterable[Section]) -> dict[str, str]:
    """Write ``about`` (JSON-able) and the sections to an empty, seekable binary file; the checksum of each. The same
    content gives the same bytes. Raises ValueError when a section's chunks do not fill its shape."""
    sections = list(sections)
    places: dict[str, dict[str, Any]] = {}
    offset = 0
    for section in sections:
        length = _length(section.dtype, section.shape)
        places[section.name] = {
            "dtype": section.dtype, "shape": list(section.shape), "offset": offset, "crc": "0" * 8,
        }
        offset = _page_after(offset + length)
    # Checksums are text of a fixed length, so the header's length is known before the sections are written.
    base = _page_after(_PREFIX.size + len(_header_bytes(about, places)))
    end = base
    for section in sections:
        out.seek(base + places[section.name]["offset"])
        crc = 0
        for chunk in section.chunks:
            data = np.ascontiguousarray(chunk, dtype=section.dtype).data.cast("B")
            crc = zlib.crc32(data, crc)
            out.write(data)
        end = base + places[section.name]["offset"] + _length(section.dtype, section.shape)
        if out.tell() != end:
            raise ValueError(f"section {section.name}: {out.tell() - end:+d} bytes against its shape")
        places[section.name]["crc"] = f"{crc:08x}"
    header = _header_bytes(about, places)
    checked = _CHECKED.pack(MAGIC, VERSION, len(header), end)
    out.seek(0)
    out.write(checked + struct.pack("<I", zlib.crc32(header, zlib.crc32(checked))) + header)
    return {name: place["crc"] for name, place in places.items()}


def rewrite_sealed(
    out: BinaryIO, old: Sealed, about: Mapping[str, Any], sections: Mapping[str, Section] | None = None
) -> None:
    """Write a mapped file again with another ``about`` and some other sections, in the order it has them. Raises
    MirrorError when a section of it does not match its checksum (what replaces one was made from it)."""
    new = sections or {}
    for name in new:
        old._check(name)
    checksums = write_sealed(out, about, [
        new[name] if name in new else Section.of(name, array, array.dtype.str) for name, array in old.arrays.items()
    ])
    for name, crc in checksums.items():
        if name not in new and crc != old.checksum(name):
            raise damaged(old.path, f"section {name} does not match its checksum")


@dataclass(frozen=True, eq=False)
class Sealed:
    """A mapped file: ``about``, read-only ``arrays`` that share its pages, its length, and the (device,
    inode, mtime_ns) it had when it was mapped. Memory is given back when the last array is gone."""

    path: Path
    about: Mapping[str, Any]
    arrays: Mapping[str, NDArray[Any]]
    length: int
    stamp: tuple[int, int, int]
    content: str
    _mapping: mmap.mmap
    _places: Mapping[str, Mapping[str, Any]]
    _base: int

    @classmethod
    def open(cls, path: Path) -> Sealed:
        """Map a file. Raises MirrorError when it is missing, of another kind or version, cut short or damaged
        in its header; damage inside a section is found by :meth:`verify` only."""
        try:
            with open(path, "rb") as file:
                status = os.fstat(file.fileno())
                if status.st_size < _PREFIX.size:
                    raise damaged(path, f"it has {status.st_size} bytes only")
                mapping = mmap.mmap(file.fileno(), status.st_size, access=mmap.ACCESS_READ)
        except FileNotFoundError:
            raise MirrorError(f"{path}: is not there; make it with `mirror catalog build`") from None
        except OSError as error:
            raise MirrorError(f"{path}: cannot be read ({error.strerror}); check the path and rights") from None
        header, base = _read_header(path, mapping, status.st_size)
        try:
            about, places = dict(header["about"]), dict(header["sections"])
            arrays = {
                name: _array(mapping, base, place, status.st_size) for name, place in places.items()
            }
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise damaged(path, f"its header is wrong ({error})") from None
        content = f"{_PREFIX.unpack_from(mapping)[-1]:08x}"
        sealed = cls(path, about, arrays, status.st_size, stamp_of(status), content, mapping, places, base)
        for name, array in arrays.items():
            if array.nbytes <= CHECKED_ON_OPENING:
                sealed._check(name)
        return sealed

    def checksum(self, name: str) -> str:
        """What the header says of a section: its CRC-32, eight hexadecimal digits."""
        return str(self._places[name].get("crc"))

    def same_sections(self, other: Sealed) -> bool:
        """Whether both hold the same sections, by their names and checksums."""
        return [(name, self.checksum(name)) for name in self._places] == [
            (name, other.checksum(name)) for name in other._places
        ]

    def verify(self) -> None:
        """Read every byte. Raises MirrorError that names the first section whose checksum differs."""
        expected = _header_end(self._mapping)
        for name, place in self._places.items():
            start = self._base + place["offset"]
            self._zeros(expected, start)
            expected = start + self.arrays[name].nbytes
            self._check(name)
        if expected != self.length:
            raise damaged(self.path, "it has bytes that belong to nothing")

    def _check(self, name: str) -> None:
        place = self._places[name]
        start = self._base + place["offset"]
        stop = start + self.arrays[name].nbytes
        crc = 0
        for offset in range(start, stop, _CHUNK):
            crc = zlib.crc32(self._mapping[offset : min(offset + _CHUNK, stop)], crc)
        if f"{crc:08x}" != place.get("crc"):
            raise damaged(self.path, f"section {name} does not match its checksum")

    def _zeros(self, start: int, stop: int) -> None:
        if not start <= stop < start + PAGE or self._mapping[start:stop].strip(b"\0"):
            raise damaged(self.path, f"the gap at byte {start} is not empty")


def damaged(path: Path, reason: str) -> MirrorError:
    """The one line for a file that cannot be used: what is wrong and the mend."""
    return MirrorError(f"{path}: is no whole catalogue, {reason}; {_MEND}")


def claimed_length(path: Path) -> int | None:
    """How long an index says it is; None when its beginning is no index's (yet). Raises OSError."""
    with open(path, "rb") as file:
        start = file.read(_PREFIX.size)
    if len(start) < _PREFIX.size or not start.startswith(MAGIC):
        return None
    return int(_PREFIX.unpack(start)[3])


def stamp_of(status: os.stat_result) -> tuple[int, int, int]:
    """What changes when a file is replaced or written to: device, inode and mtime in nanoseconds."""
    return status.st_dev, status.st_ino, status.st_mtime_ns


def _read_header(path: Path, mapping: mmap.mmap, size: int) -> tuple[dict[str, Any], int]:
    magic, version, length, file_length, crc = _PREFIX.unpack_from(mapping)
    if magic != MAGIC:
        unwritten = magic == bytes(len(MAGIC))
        raise damaged(path, "its writing was never finished" if unwritten else "it is a file of another kind")
    if version != VERSION:
        raise MirrorError(f"{path}: is of catalogue version {version}, this mirror reads {VERSION}; {_MEND}")
    if file_length != size:
        raise damaged(path, f"it has {size} of {file_length} bytes")
    if length > min(LONGEST_HEADER, size - _PREFIX.size):
        raise damaged(path, f"its header claims {length} bytes")
    data = mapping[_PREFIX.size : _PREFIX.size + length]
    if zlib.crc32(data, zlib.crc32(mapping[: _CHECKED.size])) != crc:
        raise damaged(path, "its header does not match its checksum")
    try:
        header = json.loads(data)
    except (ValueError, RecursionError):
        header = None
    if not isinstance(header, dict):
        raise damaged(path, "its header is no JSON object")
    return header, _page_after(_header_end(mapping))


def _header_end(mapping: mmap.mmap) -> int:
    return int(_PREFIX.size + _PREFIX.unpack_from(mapping)[2])


def _array(mapping: mmap.mmap, base: int, place: Mapping[str, Any], size: int) -> NDArray[Any]:
    dtype, shape, offset = place["dtype"], tuple(place["shape"]), place["offset"]
    if dtype not in _DTYPES or not all(isinstance(side, int) and side >= 0 for side in (*shape, offset)):
        raise ValueError(f"dtype {dtype}, shape {shape}, offset {offset}")
    if offset % PAGE or base + offset + _length(dtype, shape) > size:
        raise ValueError("a section lies outside the file")
    return np.frombuffer(mapping, np.dtype(dtype), math.prod(shape), base + offset).reshape(shape)


def _length(dtype: str, shape: tuple[int, ...]) -> int:
    return np.dtype(dtype).itemsize * math.prod(shape)


def _page_after(offset: int) -> int:
    return -(-offset // PAGE) * PAGE


def _header_bytes(about: Mapping[str, Any], places: Mapping[str, Any]) -> bytes:
    header = {"about": about, "sections": places}
    return json.dumps(header, separators=(",", ":")).encode("ascii")
