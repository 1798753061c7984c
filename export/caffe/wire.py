"""The protobuf wire format: a message's fields, one after the other."""

from __future__ import annotations

from collections.abc import Iterator

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
_SIZES = {FIXED64: 8, FIXED32: 4}
LONGEST_VARINT = 10


class WireError(ValueError):
    """The bytes are no protobuf message, or end too early."""


def fields(data: memoryview) -> Iterator[tuple[int, int, int, memoryview]]:
    """(field number, wire type, varint, bytes) of every field; the varint is 0 for the other wire types.

    Raises WireError.
    """
    position, end = 0, len(data)
    while position < end:
        key, position = _varint(data, position)
        number, kind = key >> 3, key & 7
        if number == 0:
            raise WireError(f"byte {position} is no field")
        if kind == VARINT:
            value, position = _varint(data, position)
            yield number, kind, value, data[:0]
            continue
        if kind == BYTES:
            size, position = _varint(data, position)
        elif kind in _SIZES:
            size = _SIZES[kind]
        else:
            raise WireError(f"byte {position} has wire type {kind}")
        if position + size > end:
            raise WireError(f"ends {position + size - end} bytes too early")
        yield number, kind, 0, data[position:position + size]
        position += size


def varints(data: memoryview) -> Iterator[int]:
    """The numbers of a packed field."""
    position = 0
    while position < len(data):
        value, position = _varint(data, position)
        yield value


def _varint(data: memoryview, position: int) -> tuple[int, int]:
    value = 0
    for i in range(LONGEST_VARINT):
        if position + i >= len(data):
            raise WireError("ends inside a number")
        byte = data[position + i]
        value |= (byte & 0x7F) << (7 * i)
        if byte < 0x80:
            return value, position + i + 1
    raise WireError(f"byte {position} starts a number that does not end")
