"""What a picture file says of itself before it is decoded: its kind, its size, whether it is all there.

Read from the bytes alone, so that a picture too large for memory, or half copied, is refused before a decoder
allocates anything or fills the missing part with grey. Layouts: JPEG ITU-T T.81 annex B, PNG (W3C 3rd
edition) section 11, WebP RFC 9649, BMP (BITMAPINFOHEADER), TIFF 6.0 section 2.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Literal

Kind = Literal["JPEG", "PNG", "WebP", "BMP", "TIFF"]

_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Start-of-frame markers: C0..CF but DHT, JPG and DAC."""
_TIFF_WIDTH, _TIFF_HEIGHT = 256, 257


@dataclass(frozen=True)
class Header:
    """Kind, stored width and height in pixels (before any EXIF rotation), and whether the bytes end as they
    must. ``alpha``: the pixels may carry transparency."""

    kind: Kind
    width: int
    height: int
    whole: bool
    alpha: bool = False


def read_header(data: bytes) -> Header | None:
    """The header of a JPEG, PNG, WebP, BMP or TIFF picture; None for anything else, or a broken header."""
    try:
        if data[:3] == b"\xff\xd8\xff":
            return _jpeg(data)
        if data[:8] == b"\x89PNG\r\n\x1a\n":
            return _png(data)
        if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            return _webp(data)
        if data[:2] == b"BM":
            return _bmp(data)
        if data[:4] in (b"II*\0", b"MM\0*"):
            return _tiff(data)
    except (struct.error, IndexError):
        return None
    return None


def _jpeg(data: bytes) -> Header | None:
    at, size = 2, None
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            return None
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        (length,) = struct.unpack_from(">H", data, at + 2)
        if marker in _JPEG_FRAMES:
            height, width = struct.unpack_from(">HH", data, at + 5)
            size = (width, height)
        if marker == 0xDA:
            break
        at += 2 + length
    if size is None:
        return None
    # the end marker cannot occur in the coded pixels; thumbnails, which have one too, lie before the scan
    return Header("JPEG", *size, whole=data.find(b"\xff\xd9", at) >= 0)


def _png(data: bytes) -> Header | None:
    if data[12:16] != b"IHDR":
        return None
    width, height, _, colour = struct.unpack_from(">IIBB", data, 16)
    at, alpha, whole = 8, colour in (4, 6), False
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        name = data[at + 4 : at + 8]
        alpha = alpha or name == b"tRNS"
        at += 12 + length
        if name == b"IEND":
            whole = at <= len(data)
            break
    return Header("PNG", width, height, whole, alpha)


def _webp(data: bytes) -> Header | None:
    (length,) = struct.unpack_from("<I", data, 4)
    whole, chunk = 8 + length <= len(data) + 1, data[12:16]
    if chunk == b"VP8X":
        width = 1 + int.from_bytes(data[24:27], "little")
        height = 1 + int.from_bytes(data[27:30], "little")
        return Header("WebP", width, height, whole, alpha=bool(data[20] & 0x10))
    if chunk == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        width, height = 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
        return Header("WebP", width, height, whole, alpha=bool(bits >> 28 & 1))
    if chunk == b"VP8 ":
        width, height = struct.unpack_from("<HH", data, 26)
        return Header("WebP", width & 0x3FFF, height & 0x3FFF, whole)
    return None


def _bmp(data: bytes) -> Header | None:
    (length,) = struct.unpack_from("<I", data, 2)
    (width, height) = struct.unpack_from("<ii", data, 18)
    return Header("BMP", abs(width), abs(height), whole=length <= len(data))


def _tiff(data: bytes) -> Header | None:
    order = "<" if data[:2] == b"II" else ">"
    (at,) = struct.unpack_from(order + "I", data, 4)
    if at + 2 > len(data):
        # the directory is often written last: without it nothing is known but that the file is cut
        return Header("TIFF", 1, 1, whole=False)
    (entries,) = struct.unpack_from(order + "H", data, at)
    sides: dict[int, int] = {}
    for i in range(entries):
        tag, kind = struct.unpack_from(order + "HH", data, at + 2 + 12 * i)
        if tag in (_TIFF_WIDTH, _TIFF_HEIGHT):
            (sides[tag],) = struct.unpack_from(order + ("H" if kind == 3 else "I"), data, at + 10 + 12 * i)
    if len(sides) < 2:
        return None
    return Header("TIFF", sides[_TIFF_WIDTH], sides[_TIFF_HEIGHT], whole=True)
