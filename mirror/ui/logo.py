"""The shop's logo on the attract screen: a picture file, refused where it could not be seen."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PyQt5.QtCore import QRectF, Qt
from PyQt5.QtGui import QColor, QImage, QImageReader, QPainter

from mirror.domain import UsageError
from mirror.ui import theme
from mirror.ui.baking import Baked, bake_plate
from mirror.ui.theme import Theme

LEAST_HIGH, LONGEST = 88, 4096
"""Pixels of the file: 88 is its height on a 2160x3840 screen."""
WIDEST = 6.0
"""Width over height: wider ones would be too low to be read in their place."""
HIGH, MOST_WIDE, PAD = 44, 232, 28
"""Design pixels of the logo on its pill."""
CONTRAST_LEAST = 3.0
"""Of what is no word on its ground (EN 301 549, 9.1.4.11)."""
SHARE_LEAST = 0.5
"""So much of what is seen of the logo must have that contrast."""


def load_logo(path: Path, looks: Sequence[Theme]) -> QImage:
    """The logo as premultiplied ARGB32.

    Args:
        path: a PNG, JPEG or WebP.
        looks: every theme on whose plates it will stand.

    Raises:
        UsageError: it cannot be read, is too small, too large or too wide, or hardly seen on a plate.
    """
    reader = QImageReader(str(path))
    reader.setAutoTransform(True)
    reader.setDecideFormatFromContent(True)
    size = reader.size()
    if size.isValid() and max(size.width(), size.height()) > LONGEST:
        raise UsageError(f"config: [ui] logo {path}: is {size.width()}x{size.height()}; give one of at most {LONGEST} "
                         "pixels a side")
    image = reader.read()
    if image.isNull():
        why = "cannot be found" if not path.is_file() else f"is no picture that can be read ({reader.errorString()})"
        raise UsageError(f"config: [ui] logo {path}: {why}; give a PNG file")
    width, height = image.width(), image.height()
    if height < LEAST_HIGH or width > WIDEST * height:
        raise UsageError(f"config: [ui] logo {path}: is {width}x{height}; it must be at least {LEAST_HIGH} pixels high "
                         f"and at most {WIDEST:g} times as wide as high")
    image = image.convertToFormat(QImage.Format_ARGB32)
    for look in looks:
        share = seen_share(image, look.plate)
        if share < SHARE_LEAST:
            raise UsageError(f"config: [ui] logo {path}: only {share:.0%} of it is seen on the plates of theme "
                             f"{look.name} (contrast {CONTRAST_LEAST:g} to 1); give one in other colours")
    return image.convertToFormat(QImage.Format_ARGB32_Premultiplied)


def seen_share(image: QImage, plate: QColor) -> float:
    """Share 0..1 of the logo that has enough contrast. With a see-through ground: to the plate; without one: to its own
    ground, the colour in its corner."""
    small = image.scaled(96, 96, Qt.IgnoreAspectRatio, Qt.SmoothTransformation).convertToFormat(QImage.Format_RGBA8888)
    memory: Any = small.constBits()
    memory.setsize(small.sizeInBytes())
    pixels = np.frombuffer(memory, np.uint8).reshape(-1, 4).astype(np.float64) / 255
    seen = pixels[:, 3] > 0.5
    if not seen.any():
        return 0.0
    opaque = bool(seen.mean() > 0.99)
    ground = QColor.fromRgbF(*pixels[0, :3]) if opaque else plate
    linear = np.where(pixels[:, :3] <= 0.03928, pixels[:, :3] / 12.92, ((pixels[:, :3] + 0.055) / 1.055) ** 2.4)
    light = linear @ (0.2126, 0.7152, 0.0722)
    under = theme.luminance(ground)
    contrast = (np.maximum(light, under) + 0.05) / (np.minimum(light, under) + 0.05)
    marked = contrast[seen] >= CONTRAST_LEAST
    # on a ground of its own a logo is what stands out; a twentieth of the picture is a thin wordmark
    return min(1.0, float(marked.mean()) * (SHARE_LEAST / 0.05)) if opaque else float(marked.mean())


def bake_logo(look: Theme, scale: float, logo: QImage, high: float) -> Baked:
    """The logo on a pill ``high`` design pixels high."""
    wide = min(float(MOST_WIDE), HIGH * logo.width() / logo.height())
    tall = wide * logo.height() / logo.width()

    def content(painter: QPainter, w: float, h: float) -> None:
        painter.drawImage(QRectF((w - wide) / 2, (h - tall) / 2, wide, tall), logo)

    return bake_plate(round((wide + 2 * PAD) * scale), round(high * scale), scale, high / 2, look.plate, look.line,
                      content)
