"""The deck under the comparison: what to do, that the still is erased, and what each hand does."""

from __future__ import annotations

from PyQt5.QtCore import QRectF
from PyQt5.QtGui import QPainter

from mirror.ui import buttons, text, theme
from mirror.ui.baking import Baked, bake_plate
from mirror.ui.canvas import Canvas
from mirror.ui.choice_deck import on_deck
from mirror.ui.layout import Layout
from mirror.ui.screens import Intent
from mirror.ui.states import ScreenModel
from mirror.ui.theme import Theme
from mirror.ui.words import Words

PAD, TOP = 44, 44
HEAD, LINE = theme.size("detailTitle"), theme.size("why")
HEAD_LEADING = float(theme.tokens()["type"]["lineHeight"]["headline"])


def buttons_of(width: float, height: float) -> tuple[QRectF, QRectF]:
    """Places of the left and the right button, design pixels."""
    return buttons.pair(PAD, height - TOP + 12 - buttons.HIGH, width - 2 * PAD)


def bake_compare(look: Theme, width: int, height: int, scale: float, words: Words) -> Baked:
    """The deck; its words stand in the middle of the room above the buttons."""
    def draw(painter: QPainter, w: float, h: float) -> None:
        room = w - 2 * PAD
        head = text.fit(words("cmp1"), HEAD, 600, room, 2, HEAD_LEADING)
        line = text.fit(words("cmp2"), LINE, 400, room, 2)
        y = max(TOP, (h - TOP - buttons.HIGH - head.height - 14 - line.height) / 2)
        text.draw(painter, head, PAD, y, look.ink)
        text.draw(painter, line, PAD, y + head.height + 14, look.ink2)
        left, right = buttons_of(w, h)
        buttons.draw_button(painter, look, left, "left", words("done"), words)
        buttons.draw_button(painter, look, right, "right", words("newstill"), words,
                            first=True)

    return bake_plate(width, height, scale, theme.radius("deck"), look.plate, look.line, draw)


class CompareDeck:
    """Paints the deck on a canvas."""

    def __init__(self, canvas: Canvas) -> None:
        self.canvas = canvas

    def paint(self, painter: QPainter, at: Layout, model: ScreenModel) -> None:
        """Blit it and note what a touch on each button means."""
        canvas, place = self.canvas, at.compare
        deck = canvas.kept(("comparing",), lambda: bake_compare(
            canvas.look, place.w, place.h, at.scale, canvas.words))
        x, y = canvas.slide(at, place, model.since)
        canvas.put(painter, deck, x, y)
        spots = buttons_of(place.w / at.scale, place.h / at.scale)
        for spot, intent in zip(spots, (Intent.CLOSE, Intent.CHOOSE), strict=True):
            canvas.targets.append((on_deck(spot, x, y, at.scale), (intent,)))
