"""QR codes: their modules, and the plate that one stands on with two lines under it."""

from __future__ import annotations

import importlib
from typing import Any

from PyQt5.QtCore import QRectF, Qt
from PyQt5.QtGui import QColor, QPainter

from mirror.domain import UsageError
from mirror.ui import direction, text
from mirror.ui.baking import Baked, bake_plate
from mirror.ui.theme import Theme

QUIET = 4
"""Modules of white around a code (ISO/IEC 18004)."""
MODULE_LEAST = 3
"""Window pixels of a module, at least: 1.5 mm on a 43 inch panel, which a telephone reads from a metre."""
PLATE = (244, 330)
"""Design pixels: as wide as her right lane; the code and two lines of caption."""
SIDE = 216
CAPTION, SMALL, PAD = 32, 28, 14
"""A code is read from a metre: there 28 is well over the size rule of docs/design.md."""
CORNER = 24.0

Modules = tuple[tuple[bool, ...], ...]
"""Row by row, True is dark, without the white around them."""


def code_of(link: str, setting: str = "[handoff] url") -> Modules:
    """The modules of a QR code, error correction M. ``setting``: what asks for it, told in an error.

    Raises:
        UsageError: the package segno is missing, or the link is too long for any code.
    """
    try:
        segno: Any = importlib.import_module("segno")
    except ModuleNotFoundError:
        raise UsageError(
            f"{setting} needs the package segno: pip install 'smart-mirror[qr]', or leave that out") from None
    try:
        code = segno.make(link, error="m", micro=False, boost_error=False)
    except segno.DataOverflowError:
        raise UsageError(f"{setting} makes a link of {len(link)} characters: too long for a code") from None
    return tuple(tuple(bool(module) for module in row) for row in code.matrix)


def bake_code(look: Theme, scale: float, modules: Modules, caption: str, small: str) -> Baked:
    """The plate of a code: dark on white in every theme, for many readers take no other."""
    count = len(modules) + 2 * QUIET
    # whole window pixels a module: half ones are what a reader stumbles over
    pixels = max(MODULE_LEAST, int(SIDE * scale) // count)
    room = PLATE[0] - 2 * PAD
    lines = text.fit(caption, CAPTION, 600, room), text.fit(small, SMALL, 500, room)

    def content(painter: QPainter, w: float, h: float) -> None:
        side = pixels * count
        left, top = round((w * scale - side) / 2), round(PAD * scale + (SIDE * scale - side) / 2)
        with direction.upright(painter, left / scale, side / scale):
            painter.save()
            painter.setRenderHint(QPainter.Antialiasing, False)
            painter.scale(1 / scale, 1 / scale)
            painter.fillRect(QRectF(left, top, side, side), QColor("white"))
            for row, line in enumerate(modules):
                for column, dark in enumerate(line):
                    if dark:
                        painter.fillRect(left + (QUIET + column) * pixels, top + (QUIET + row) * pixels, pixels,
                                         pixels, Qt.black)
            painter.restore()
        y = PAD + SIDE + 10.0
        for told, ink in zip(lines, (look.ink, look.ink2), strict=True):
            text.draw(painter, told, PAD, y, ink, align=0.5, within=room)
            y += told.height

    return bake_plate(round(PLATE[0] * scale), round(PLATE[1] * scale), scale, CORNER, look.plate, look.line, content)
