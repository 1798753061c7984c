"""The two buttons at the foot of a deck: what the left hand does and what the right hand does; touch does the same."""

from __future__ import annotations

from typing import Literal

from PyQt5.QtCore import QRectF
from PyQt5.QtGui import QPainter

from mirror.ui import direction, icons, pills, text, theme
from mirror.ui.baking import Baked, bake_plate, rounded
from mirror.ui.pills import disc
from mirror.ui.theme import Theme
from mirror.ui.words import Words

HIGH = 104
GAP = 24
PALM = 32
NARROW = 300
"""Under this width the disc is smaller and the hand is named in one word."""
BODY, HAND = theme.size("body"), theme.size("min")
Hand = Literal["left", "right"]


def pair(x: float, y: float, width: float) -> tuple[QRectF, QRectF]:
    """Places of the left and the right button in a row from (x, y), design pixels."""
    side = (width - GAP) / 2
    return QRectF(x, y, side, HIGH), QRectF(x + side + GAP, y, side, HIGH)


def draw_button(
    painter: QPainter, look: Theme, place: QRectF, hand: Hand, title: str, words: Words, *, first: bool = False,
) -> None:
    """A button with its hand in a disc, what it does (``title``), and which hand it is. ``first``: the one that goes
    on, inked."""
    place = direction.of_hand(place)
    ground, ink, faint = (look.ink, look.plate, look.plate) if first else (look.sunk, look.ink, look.ink2)
    painter.fillPath(rounded(place.x(), place.y(), place.width(), place.height(), theme.radius("button")), ground)
    r = 40.0 if place.width() >= NARROW else 30.0
    x = place.x() + 12 + r
    painter.save()
    if hand == "right":  # the thumb points to the middle of her body
        painter.translate(2 * x, 0)
        painter.scale(-1, 1)
    disc(painter, look, "palm", x, place.center().y(), r)
    painter.restore()
    left = x + r + (18 if place.width() >= NARROW else 12)
    room = place.right() - 12 - left
    bold = text.fit(title, BODY, 600, room)
    told = words({"left": "noH", "right": "yesH"}[hand] if place.width() >= NARROW else hand)
    line = text.fit(told, HAND, 400, room)
    top = place.center().y() - (bold.height + line.height) / 2
    text.draw(painter, bold, left, top, ink)
    text.draw(painter, line, left, top + bold.height, faint)


def bake_stop(look: Theme, scale: float, label: str, widest: float) -> Baked:
    """The pill that stops: both hands, and the word."""
    lead = pills.PILL_PAD + 2 * PALM + 14
    fitted = text.fit(label, pills.LABEL, 500, widest - lead - pills.PILL_PAD)

    def content(painter: QPainter, w: float, h: float) -> None:
        top = (h - PALM) / 2
        icons.draw(painter, "palm", pills.PILL_PAD - 4, top, PALM, look.ink)
        painter.save()
        painter.translate(2 * (pills.PILL_PAD - 4 + PALM), 0)
        painter.scale(-1, 1)
        icons.draw(painter, "palm", pills.PILL_PAD - 4, top, PALM, look.ink)
        painter.restore()
        text.draw(painter, fitted, lead, (h - fitted.height) / 2, look.ink)

    width = lead + fitted.width + pills.PILL_PAD
    return bake_plate(round(width * scale), round(pills.PILL * scale), scale, pills.PILL / 2, look.plate, look.line,
                      content)
