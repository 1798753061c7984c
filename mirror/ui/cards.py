"""The cards: one large with picture, price, reason and sizes; its neighbours as pictures only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PyQt5.QtCore import QPointF, QRectF, Qt
from PyQt5.QtGui import QColor, QImage, QLinearGradient, QPainter, QPainterPath, QPen

from mirror.domain import LETTER_SIZES, SIZE_FREE, Item
from mirror.ui import direction, icons, text, theme
from mirror.ui.baking import Baked, bake_plate, rounded
from mirror.ui.theme import Theme

TITLE, PRICE, WHY = theme.size("title"), theme.size("price"), theme.size("why")
TITLE_LEADING = 1.15
INSET = 16
CHIP_HEIGHT = 60
CHIP_GAP = 8
CHIPS_MOST = 5
PARTNER = 80
COVER_MOST = 1.18
"""A picture whose shape differs from its place by more than this is shown whole, on its own ground."""


@dataclass(frozen=True)
class CardContent:
    """What a large card says. ``likely`` are her sizes of this kind, likeliest first."""

    item: Item
    price: str
    why: str
    likely: tuple[str, ...] = ()
    chosen: bool = False
    stale: bool = False
    """The price may be an old one: it stands back, with a clock, and what is in stock is not said."""


def size_chips(item: Item, likely: Sequence[str]) -> tuple[tuple[str, bool], ...]:
    """Labels and whether they are in stock, at most five; none for a category without sizes.

    Letters show the whole run so that a missing one is seen to be missing; numbers only what is there, nearest hers.
    """
    if item.category in SIZE_FREE or not item.sizes:
        return ()
    if all(size in LETTER_SIZES for size in item.sizes):
        needed = [LETTER_SIZES.index(s) for s in (*item.sizes, *likely) if s in LETTER_SIZES]
        start = 1 if max(needed) == len(LETTER_SIZES) - 1 and min(needed) > 0 else 0
        return tuple((size, size in item.sizes) for size in LETTER_SIZES[start : start + CHIPS_MOST])
    held = [i for i, size in enumerate(item.sizes) if size in likely]
    start = max(0, min((held[0] if held else 0) - CHIPS_MOST // 2, len(item.sizes) - CHIPS_MOST))
    return tuple((size, True) for size in item.sizes[start : start + CHIPS_MOST])


def bake_card(
    look: Theme, width: int, height: int, scale: float, content: CardContent, picture: QImage | None,
    partners: Sequence[QImage | None] = (),
) -> Baked:
    """The large card: beside the picture in portrait (800x388), under it in landscape (600x628)."""
    def draw(painter: QPainter, w: float, h: float) -> None:
        if w > h:
            place = QRectF(INSET, INSET, 288, h - 2 * INSET)
            picture_in(painter, look, picture, place, theme.radius("picture"))
            _words_beside(painter, look, content, partners, 332, w - 28 - 332, h)
        else:
            room = w - 64 - text.fit(content.price, PRICE, 600, (w - 64) * 0.45).width - 24
            title = text.fit(content.item.title, TITLE, 600, room, 2, TITLE_LEADING)
            place = QRectF(INSET, INSET, w - 2 * INSET, 330 - _extra(title))
            picture_in(painter, look, picture, place, theme.radius("picture"))
            _words_under(painter, look, content, partners, w, title)
        if content.chosen:
            painter.setPen(QPen(look.on_yours, 2.5))
            painter.setBrush(look.yours)
            painter.drawEllipse(QPointF(INSET + 12 + 28, INSET + 12 + 28), 27, 27)
            icons.draw(painter, "check", INSET + 12 + 12, INSET + 12 + 12, 32, look.on_yours)

    return bake_plate(width, height, scale, theme.radius("card"), look.plate, look.line, draw)


def bake_neighbour(look: Theme, width: int, height: int, scale: float, picture: QImage | None) -> Baked:
    """A neighbour that peeks in: its picture in a small card."""
    def draw(painter: QPainter, w: float, h: float) -> None:
        picture_in(painter, look, picture, QRectF(9, 9, w - 18, h - 18), 18)

    return bake_plate(width, height, scale, 26, look.plate, look.line, draw)


def bake_empty(look: Theme, width: int, height: int, scale: float, words: str) -> Baked:
    """The card when the shop has nothing to offer in this tab."""
    def draw(painter: QPainter, w: float, h: float) -> None:
        fitted = text.fit(words, TITLE, 500, w - 120, 3)
        text.draw(painter, fitted, 60, (h - fitted.height) / 2, look.ink2, align=0.5, within=w - 120)

    return bake_plate(width, height, scale, theme.radius("card"), look.plate, look.line, draw)


def _words_beside(
    painter: QPainter, look: Theme, content: CardContent, partners: Sequence[QImage | None], x: float, w: float,
    h: float,
) -> None:
    title = text.fit(content.item.title, TITLE, 600, w, 2, TITLE_LEADING)
    y = 26.0 if len(title.lines) == 1 else 20.0
    text.draw(painter, title, x, y, look.ink)
    y += title.height + (4 if len(title.lines) == 1 else -2)
    price = text.fit(content.price, PRICE, 600, w - (2 * PARTNER + 60 if partners else 0))
    draw_price(painter, look, content, price, x, y)
    if partners:
        _partners(painter, look, partners, x + w, y + price.height / 2 - PARTNER / 2 + 6)
    y += max(price.height + 10, PARTNER - 4 if partners else 0)
    why = text.fit(content.why, WHY, 400, w, 2)
    text.draw(painter, why, x, y, look.ink2)
    draw_chips(painter, look, content, x, h - INSET - 2 - CHIP_HEIGHT, w)


def _words_under(
    painter: QPainter, look: Theme, content: CardContent, partners: Sequence[QImage | None], width: float,
    title: text.Fitted,
) -> None:
    x, w = 32.0, width - 64
    price = text.fit(content.price, PRICE, 600, w * 0.45)
    text.draw(painter, title, x, 393 - TITLE * TITLE_LEADING / 2 - _extra(title), look.ink)
    # no clock here: the title needs the room, and the line below says to ask
    text.draw(painter, price, x + w - price.width, 390 - price.height / 2 - _extra(title),
              look.ink2 if content.stale else look.ink)
    why = text.fit(content.why, WHY, 400, w, 2)
    text.draw(painter, why, x, 432, look.ink2)
    # beside the garment the wide picture is empty: there the rest of the outfit stands
    for i, partner in enumerate(partners):
        place = QRectF(width - INSET - 20 - PARTNER, INSET + 24 + i * (PARTNER + 14), PARTNER, PARTNER)
        painter.fillPath(rounded(place.x() - 5, place.y() - 5, PARTNER + 10, PARTNER + 10, 23), look.plate)
        picture_in(painter, look, partner, place, 18)
    if partners:
        icons.draw(painter, "plus", width - INSET - 20 - PARTNER - 54, INSET + 24 + PARTNER - 9, 32, QColor("#555A60"))
    draw_chips(painter, look, content, x, 536, w)


def draw_price(
    painter: QPainter, look: Theme, content: CardContent, price: text.Fitted, x: float, y: float,
) -> None:
    """The price; one that may be old in the second ink and with a clock."""
    text.draw(painter, price, x, y, look.ink2 if content.stale else look.ink)
    if content.stale:
        icons.draw(painter, "clock", x + price.width + 12, y + price.height / 2 - 17, 34, look.ink2)


def _extra(title: text.Fitted) -> float:
    """What a second line of the title takes from the picture above it."""
    return title.leading * (len(title.lines) - 1)


def _partners(painter: QPainter, look: Theme, partners: Sequence[QImage | None], right: float, y: float) -> None:
    """What else completes the outfit: a plus and small pictures, right-aligned."""
    if not partners:
        return
    x = right - len(partners) * (PARTNER + CHIP_GAP) + CHIP_GAP
    icons.draw(painter, "plus", x - 44, y + PARTNER / 2 - 16, 32, look.ink2)
    for partner in partners:
        picture_in(painter, look, partner, QRectF(x, y, PARTNER, PARTNER), 18)
        x += PARTNER + CHIP_GAP


def chip_side(width: float) -> float:
    """Width of a size's chip in a row of this width, design pixels."""
    return min(120.0, (width - (CHIPS_MOST - 1) * CHIP_GAP) / CHIPS_MOST)


def draw_chips(painter: QPainter, look: Theme, content: CardContent, x: float, y: float, w: float) -> None:
    """The sizes: hers citron with an outline, maybe outlined with a citron bar, out of stock struck."""
    chips = size_chips(content.item, content.likely)
    if not chips or content.stale:
        return
    side = chip_side(w)
    for label, there in chips:
        mine, maybe = there and label in content.likely[:1], there and label in content.likely[1:]
        ground = look.yours if mine else look.plate if maybe else look.sunk
        shape = rounded(x + 1.5, y + 1.5, side - 3, CHIP_HEIGHT - 3, 16)
        painter.fillPath(shape, ground)
        if mine or maybe:
            painter.setPen(QPen(look.on_yours if mine and look.name == "light" else look.ink, 2.5))
            painter.setBrush(Qt.NoBrush)
            painter.drawPath(shape)
        fitted = text.fit(label, LABEL_PX if side >= NARROW_CHIP else SMALL_PX, 700 if mine else 500, side - 12)
        faint = QColor(look.ink2)
        faint.setAlphaF(0.55)
        ink = look.on_yours if mine else look.ink if maybe else look.ink2 if there else faint
        lift = 5 if maybe else 0
        text.draw(painter, fitted, x, y + (CHIP_HEIGHT - fitted.height) / 2 - lift, ink, align=0.5, within=side)
        if maybe:
            painter.fillPath(rounded(x + side / 2 - 18, y + CHIP_HEIGHT - 14, 36, 6, 3), look.yours)
        if not there:
            painter.setPen(QPen(look.ink2, 2.5, Qt.SolidLine, Qt.RoundCap))
            middle, reach = QPointF(x + side / 2, y + CHIP_HEIGHT / 2), QPointF(24, -17)
            painter.drawLine(middle - reach, middle + reach)
        x += side + CHIP_GAP


LABEL_PX = theme.size("label")
NARROW_CHIP, SMALL_PX = 84, 28
"""Three capitals on a narrow chip: capitals are read from 2.5 m at 28 (docs/accessibility.md)."""


def picture_in(painter: QPainter, look: Theme, picture: QImage | None, place: QRectF, corner: float) -> None:
    """A catalogue picture in its rounded place: filling it when the shapes are near, else whole on its ground."""
    shape = rounded(place.x(), place.y(), place.width(), place.height(), corner)
    if picture is None:
        painter.fillPath(shape, look.sunk)
        return
    with direction.upright(painter, place.x(), place.width()):
        _picture(painter, picture, place, shape)


def _picture(painter: QPainter, picture: QImage, place: QRectF, shape: QPainterPath) -> None:
    painter.save()
    wide = (picture.width() / picture.height()) / (place.width() / place.height())
    painter.setClipPath(shape)
    if max(wide, 1 / wide) > COVER_MOST:
        ground = QLinearGradient(place.topLeft(), place.bottomLeft())
        ground.setColorAt(0, picture.pixelColor(1, 1))
        ground.setColorAt(1, picture.pixelColor(1, picture.height() - 2))
        painter.fillRect(place, ground)
        scale = min(place.width() / picture.width(), place.height() / picture.height())
    else:
        scale = max(place.width() / picture.width(), place.height() / picture.height())
    w, h = picture.width() * scale, picture.height() * scale
    target = QRectF(place.center().x() - w / 2, place.center().y() - h / 2, w, h)
    painter.drawImage(target, picture)
    painter.restore()
