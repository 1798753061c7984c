"""Reading from right to left: what stands on a plate is drawn mirrored, and what is no order turns itself round again.

Words, pictures, codes and most icons stay as they are and only change sides. What her hands fetch stays on the side of
the hand. GUI thread only.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from PyQt5.QtCore import QRectF
from PyQt5.QtGui import QPainter

MARK = "\u200f"
"""Right-to-left mark: a line that begins with a brand's Latin letters is still read from the right."""


class _Drawing:
    """What is drawn now. ``rtl``: its language; ``width``: of the plate, None where it is not mirrored."""

    rtl = False
    width: float | None = None


@contextmanager
def reading(rtl: bool) -> Iterator[None]:
    """Elements that are drawn in here are read from right to left, or not."""
    before, _Drawing.rtl = _Drawing.rtl, rtl
    try:
        yield
    finally:
        _Drawing.rtl = before


@contextmanager
def plate(painter: QPainter, width: float) -> Iterator[None]:
    """Draw on a plate of this width, mirrored where the language wants it."""
    if not _Drawing.rtl:
        yield
        return
    with _turned(painter, width, width):
        yield


@contextmanager
def upright(painter: QPainter, left: float, width: float) -> Iterator[None]:
    """What is drawn from ``left`` on, so wide, is not mirrored itself."""
    if _Drawing.width is None:
        yield
        return
    with _turned(painter, 2 * left + width, None):
        yield


@contextmanager
def _turned(painter: QPainter, across: float, width: float | None) -> Iterator[None]:
    """Left and right change places: 0 is drawn at ``across``, and ``across`` at 0."""
    kept = _Drawing.width
    painter.save()
    painter.translate(across, 0)
    painter.scale(-1, 1)
    _Drawing.width = width
    try:
        yield
    finally:
        _Drawing.width = kept
        painter.restore()


def mirrored() -> bool:
    """Whether what is drawn now is mirrored."""
    return _Drawing.width is not None


def of_hand(place: QRectF) -> QRectF:
    """Where to draw what belongs to a hand, so that it stands at ``place`` on the plate."""
    return place if _Drawing.width is None else across(place, _Drawing.width)


def across(place: QRectF, width: float) -> QRectF:
    """A place on a plate of this width, seen in a mirror."""
    return QRectF(width - place.x() - place.width(), place.y(), place.width(), place.height())
