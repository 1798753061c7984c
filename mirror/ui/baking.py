"""Overlay elements drawn once and blitted ever after.

An element is drawn again only when its own content, the language, the theme or the scale changes: all of that is its
key. Painting is at whole window pixels.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from PyQt5.QtCore import QRectF, Qt
from PyQt5.QtGui import QColor, QImage, QPainter, QPainterPath, QPen

from mirror.ui import direction, theme

PAD = 8
"""Design pixels around a plate that its shadow may use (elevation grows by 5)."""
PAD_BELOW = 20
CACHE_BYTES = 24 * 2**20
"""Room for a screen's elements at 1080x1920 (about 7 MiB) and the neighbours just left; times scale squared."""


@dataclass(frozen=True)
class Baked:
    """An element's pixels (premultiplied) with the offset of its plate inside them."""

    image: QImage
    left: int
    top: int
    width: int
    height: int
    """Width and height of the plate itself, window pixels, without its shadow."""

    def paint(self, painter: QPainter, x: int, y: int) -> None:
        """Blit with the plate's top left corner at window pixel (x, y)."""
        # one call: copying the opaque middle apart from its edges took five, and twice as long
        painter.drawImage(x - self.left, y - self.top, self.image)


Draw = Callable[[QPainter, float, float], None]
"""Draws an element's content in design pixels, the origin at its plate's corner; is told width and height."""


def bake_plate(
    width: int, height: int, scale: float, corner: float, fill: QColor, line: QColor, draw: Draw, *,
    raised: bool = True, seen: float = 0.0,
) -> Baked:
    """A plate of ``width`` x ``height`` window pixels: shadow, rounded ground, hairline, then ``draw``. ``seen``: how
    much of its width is, design pixels, where that is not all."""
    left, below = math.ceil(PAD * scale), math.ceil(PAD_BELOW * scale)
    image = QImage(width + 2 * left, height + left + below, QImage.Format_ARGB32_Premultiplied)
    image.fill(Qt.transparent)
    painter = pen(image)
    try:
        painter.translate(left, left)
        painter.scale(scale, scale)
        _plate(painter, width / scale, height / scale, corner, fill, line, raised)
        with direction.plate(painter, seen or width / scale):
            draw(painter, width / scale, height / scale)
    finally:
        painter.end()  # a picture that is still painted on must not be freed: Qt would crash
    return Baked(_bare(image), left, left, width, height)


def _plate(
    painter: QPainter, w: float, h: float, corner: float, fill: QColor, line: QColor, raised: bool,
) -> None:
    if raised:
        for step in theme.tokens()["elevation"]:
            grow = step["grow"]
            rounded = _rounded(-grow, step["dy"] - grow, w + 2 * grow, h + 2 * grow, corner + grow)
            painter.fillPath(rounded, QColor(0, 0, 0, step["alpha"]))
    # the plate replaces the shadow under it, so that a see-through tag stays clean
    painter.setCompositionMode(QPainter.CompositionMode_Source)
    painter.fillPath(_rounded(0, 0, w, h, corner), fill)
    painter.setCompositionMode(QPainter.CompositionMode_SourceOver)
    hair = float(theme.tokens()["stroke"]["hairline"])
    painter.setPen(QPen(line, hair))
    painter.drawPath(_rounded(hair / 2, hair / 2, w - hair, h - hair, corner - hair / 2))


def bake_free(width: int, height: int, scale: float, draw: Draw) -> Baked:
    """An element without a plate (a disc, a ring) of ``width`` x ``height`` window pixels."""
    image = QImage(max(1, width), max(1, height), QImage.Format_ARGB32_Premultiplied)
    image.fill(Qt.transparent)
    painter = pen(image)
    try:
        painter.scale(scale, scale)
        draw(painter, width / scale, height / scale)
    finally:
        painter.end()
    return Baked(_bare(image), 0, 0, width, height)


def _bare(image: QImage) -> QImage:
    """Its pixels alone: an image that was painted on keeps its engine for as long as it lives, some 8 kB of paths and
    spans beside each of the hundred and more elements that are kept."""
    return image.copy()


def pen(image: QImage) -> QPainter:
    """A painter with smooth edges and pictures."""
    painter = QPainter(image)
    painter.setRenderHints(QPainter.Antialiasing | QPainter.TextAntialiasing | QPainter.SmoothPixmapTransform)
    return painter


def rounded(x: float, y: float, w: float, h: float, r: float) -> QPainterPath:
    """A rounded rectangle as a path."""
    return _rounded(x, y, w, h, r)


def _rounded(x: float, y: float, w: float, h: float, r: float) -> QPainterPath:
    path = QPainterPath()
    path.addRoundedRect(QRectF(x, y, w, h), r, r)
    return path


class BakeCache:
    """Baked elements by key, the longest unused thrown out beyond ``limit`` bytes."""

    def __init__(self, limit: int = CACHE_BYTES) -> None:
        self.limit = limit
        self.bytes = 0
        self.bakes = 0
        self._kept: OrderedDict[Hashable, Baked] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], Baked]) -> Baked:
        """The element of this key, drawn by ``make`` when it is not there."""
        baked = self._kept.get(key)
        if baked is not None:
            self._kept.move_to_end(key)
            return baked
        baked = make()
        self.bakes += 1
        self._kept[key] = baked
        self.bytes += baked.image.sizeInBytes()
        while self.bytes > self.limit and len(self._kept) > 1:
            _, old = self._kept.popitem(last=False)
            self.bytes -= old.image.sizeInBytes()
        return baked

    def held(self, key: Hashable) -> Baked | None:
        """The element of this key, None when it is not there."""
        baked = self._kept.get(key)
        if baked is not None:
            self._kept.move_to_end(key)
        return baked

    def clear(self) -> None:
        """Throw all away: another scale or theme, or a shopper who is forgotten."""
        self._kept.clear()
        self.bytes = 0
