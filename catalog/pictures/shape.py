"""What a picture's bytes say it is: no name and no header of a server is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from catalog.pictures.rules import MEGABYTE, PictureError, PictureRules

SUFFIXES: Mapping[str, str] = {"JPEG": ".jpg", "PNG": ".png", "WebP": ".webp", "BMP": ".bmp", "TIFF": ".tif"}
"""Kind -> the end of its file's name."""

LONGEST_MAGIC = 12
_MAGIC = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"BM", b"II*\0", b"MM\0*")


class Shape(NamedTuple):
    """A key of SUFFIXES, width and height in pixels, and whether the bytes end as they must."""

    kind: str
    width: int
    height: int
    whole: bool


Inspect = Callable[[bytes], "Shape | None"]
"""The bytes of a file -> what they say they are; None for anything but a picture. Nothing is decoded."""


def may_be_picture(start: bytes) -> bool:
    """Whether the first LONGEST_MAGIC bytes are a picture's."""
    return start.startswith(_MAGIC) or (start[:4] == b"RIFF" and start[8:12] == b"WEBP")


def checked(data: bytes, rules: PictureRules, inspect: Inspect) -> Shape:
    """The shape of a picture that may be kept. Raises PictureError."""
    check_size(len(data), rules)
    shape = inspect(data)
    if shape is None or shape.kind not in SUFFIXES:
        raise PictureError("is no picture; JPEG, PNG, WebP, BMP and TIFF are taken")
    if not shape.whole:
        raise PictureError(f"is a {shape.kind} picture whose end is missing", again=True)
    megapixels = shape.width * shape.height / 1e6
    if megapixels > rules.max_megapixels:
        raise PictureError(f"has {megapixels:.1f} megapixels; at most {rules.max_megapixels:g} are taken")
    return shape


def check_size(size: int, rules: PictureRules) -> None:
    """Raise PictureError for more bytes than a picture may have."""
    if size > rules.max_mb * MEGABYTE:
        raise PictureError(f"is larger than {rules.max_mb:g} MB")
