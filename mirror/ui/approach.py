"""The plate for somebody who comes nearer: where to stand, and that until she says yes this is only a mirror."""

from __future__ import annotations

from PyQt5.QtGui import QPainter

from mirror.ui import text, theme
from mirror.ui.baking import Baked, bake_plate
from mirror.ui.theme import Theme
from mirror.ui.words import Words

PAD = 48
GUIDE, BODY = theme.size("guide"), theme.size("body")
LEADING = float(theme.tokens()["type"]["lineHeight"]["headline"])


def bake_approach(look: Theme, width: int, height: int, scale: float, words: Words) -> Baked:
    """The plate of ``width`` x ``height`` window pixels: the request large, the promise under it, both centred in
    its height."""
    def draw(painter: QPainter, w: float, h: float) -> None:
        verb = text.fit(words("approach"), GUIDE, 600, w - 2 * PAD, 1 if h < 300 else 2, LEADING)
        line = text.fit(words("approach2"), BODY, 400, w - 2 * PAD, 2 if h < 300 else 4)
        y = (h - verb.height - 10 - line.height) / 2
        text.draw(painter, verb, PAD, y, look.ink)
        text.draw(painter, line, PAD, y + verb.height + 10, look.ink2)

    return bake_plate(width, height, scale, theme.radius("deck"), look.plate, look.line, draw)
