"""Reading one still picture, whatever it is, or saying in one line why not."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from mirror.camera.picture_header import Header, read_header
from mirror.domain import ImageArray, MirrorError

PICTURE_SUFFIXES: frozenset[str] = frozenset(
    {".jpg", ".jpeg", ".jpe", ".png", ".webp", ".bmp", ".tif", ".tiff"})
"""Names by which a folder's pictures are told from its other files (lower case)."""

MOST_MEGAPIXELS = 120
"""Large enough for the largest telephones' 12000 x 9000 (108), 324 MB and twice that while decoding; beyond,
it would need more memory than a small board can spare."""

LONGEST_SIDE = 32767
"""cv2 warps pictures of at most this many columns or rows (SHRT_MAX)."""

MOST_BYTES = 1 << 30
KINDS = "JPEG, PNG, WebP, BMP or TIFF"


def read_picture(path: str | Path) -> ImageArray:
    """The picture as it is meant to be seen: BGR uint8 (height, width, 3), C-contiguous, always at full size.

    EXIF orientation is applied, grey becomes three equal channels, 16 bits become 8, transparent pixels are
    laid over white.

    Raises:
        MirrorError: one line naming the file and the mend, for a file that is missing, unreadable, empty, cut
            short, no picture, or larger than ``MOST_MEGAPIXELS``. Nothing is decoded before that is known.
    """
    path = Path(path)
    data = _bytes(path)
    header = read_header(data)
    if header is None:
        raise MirrorError(f"{path}: not a picture that can be read; give a {KINDS} file")
    _check(path, header)
    try:
        image = _decoded(data, header)
    except (cv2.error, MemoryError):
        image = None
    if image is None or image.size == 0:
        raise MirrorError(f"{path}: damaged {header.kind} picture, cannot be decoded; copy or save it again")
    return image


def _bytes(path: Path) -> bytes:
    if path.is_dir():
        raise MirrorError(f"{path}: is a folder, not a picture; give the files in it")
    if not path.exists():
        raise MirrorError(f"{path}: no such file; check the path")
    if not path.is_file():
        raise MirrorError(f"{path}: not a regular file; give a {KINDS} file")
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise MirrorError(f"{path}: {size >> 20} MB is too large for a picture; make it smaller")
        data = path.read_bytes()
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise MirrorError(f"{path}: cannot be read ({reason}); check the file's rights") from error
    if not data:
        raise MirrorError(f"{path}: the file is empty; copy or save the picture again")
    return data


def _check(path: Path, header: Header) -> None:
    width, height = header.width, header.height
    if not header.whole:
        raise MirrorError(f"{path}: truncated {header.kind} picture, its end is missing; copy it again")
    if width < 1 or height < 1:
        raise MirrorError(f"{path}: damaged {header.kind} picture of {width}x{height} pixels; save it again")
    megapixels = width * height / 1e6
    if megapixels > MOST_MEGAPIXELS or max(width, height) > LONGEST_SIDE:
        raise MirrorError(
            f"{path}: {width}x{height} pixels are too many; scale it to at most {MOST_MEGAPIXELS} megapixels "
            f"and {LONGEST_SIDE} pixels a side"
        )


def _decoded(data: bytes, header: Header) -> ImageArray | None:
    raw = np.frombuffer(data, np.uint8)
    if header.alpha:
        loaded = cv2.imdecode(raw, cv2.IMREAD_UNCHANGED)
        if loaded is not None and loaded.ndim == 3 and loaded.shape[2] == 4:
            return _over_white(loaded)
    image = cv2.imdecode(raw, cv2.IMREAD_COLOR)
    return None if image is None else np.ascontiguousarray(image, np.uint8)


def _over_white(bgra: NDArray[np.generic]) -> ImageArray:
    """BGRA of 8 or 16 bits, laid over white, row band by row band to need no float copy of the whole."""
    full = 65535.0 if bgra.dtype == np.uint16 else 255.0
    out = np.empty((*bgra.shape[:2], 3), np.uint8)
    band = max(1, (1 << 20) // max(1, bgra.shape[1]))
    for top in range(0, bgra.shape[0], band):
        part = bgra[top : top + band].astype(np.float32) / np.float32(full)
        alpha = part[:, :, 3:]
        out[top : top + band] = np.rint((part[:, :, :3] * alpha + (1 - alpha)) * 255)
    return out
