"""The opaque screens: no camera, and the mirror at rest. Nobody's picture is behind them."""

from __future__ import annotations

from PyQt5.QtCore import QPointF, QRectF, Qt
from PyQt5.QtGui import QPainter, QPen

from mirror.ui import icons, text, theme
from mirror.ui.baking import rounded
from mirror.ui.words import Words

GUIDE, BODY = theme.size("guide"), theme.size("body")
HEAD_LEADING = float(theme.tokens()["type"]["lineHeight"]["headline"])


def draw_dark(
    painter: QPainter, width: float, height: float, words: Words, key: str, icon: str, staff: str = "",
    button: str = "",
) -> None:
    """An opaque screen in design pixels: the words of ``key`` (and of ``key`` + "2" under them), a ``button`` to touch,
    and at its foot ``staff``, a line for whom it concerns."""
    off = theme.tokens()["color"]["off"]
    ink, ink2 = theme.colour(off["ink"]), theme.colour(off["ink2"])
    painter.fillRect(QRectF(0, 0, width, height), theme.colour(off["ground"]))
    tall = height > width
    middle = QPointF(width / 2, height * 0.364 if tall else height * 0.34)
    reach = 1.0 if tall else 0.6
    painter.setBrush(Qt.NoBrush)
    for radius, alpha in ((420, 0.10), (329, 0.14), (240, 0.18)):
        ring = theme.colour(off["ink"])
        ring.setAlphaF(alpha)
        painter.setPen(QPen(ring, 2.5))
        painter.drawEllipse(middle, radius * reach, radius * reach)
    painter.setPen(QPen(theme.colour(off["ink"] + "@0.4"), 3))
    painter.setBrush(theme.colour("#17191C"))
    painter.drawEllipse(middle, 150 * reach, 150 * reach)
    side = 128 * reach
    icons.draw(painter, icon, middle.x() - side / 2, middle.y() - side / 2, side, ink)
    room = min(width - 112, 1300)
    head = text.fit(words(key), GUIDE, 600, room, 2, HEAD_LEADING)
    top = height * 0.62 if tall else height * 0.64
    text.draw(painter, head, (width - room) / 2, top, ink, align=0.5, within=room)
    line = text.fit(words(f"{key}2"), BODY, 400, room, 2)
    text.draw(painter, line, (width - room) / 2, top + head.height + 20, ink2, align=0.5, within=room)
    if staff:
        code = text.fit(staff, 32, 400, width - 112, 2)
        text.draw(painter, code, 56, height - 64 - code.height, ink2, align=0.5, within=width - 112)
    if button:
        bold = text.fit(button, BODY, 600, room)
        wide, y = bold.width + 112, top + head.height + 20 + line.height + 56
        painter.fillPath(rounded((width - wide) / 2, y, wide, 104, 52), theme.colour(theme.tokens()["color"]["light"]
                                                                                    ["yours"]))
        text.draw(painter, bold, (width - wide) / 2, y + 52 - bold.height / 2,
                  theme.colour(theme.tokens()["color"]["light"]["onYours"]), align=0.5, within=wide)
