"""The deck of one piece seen closer: large picture, price, sizes in stock, and one sentence why it is offered."""

from __future__ import annotations

from PyQt5.QtCore import QRectF
from PyQt5.QtGui import QImage, QPainter

from mirror.domain import LETTER_SIZES
from mirror.ui import buttons, cards, pills, text, theme
from mirror.ui.baking import Baked, bake_plate
from mirror.ui.canvas import Canvas
from mirror.ui.choice_deck import on_deck
from mirror.ui.direction import across
from mirror.ui.layout import Layout
from mirror.ui.look_deck import content_of
from mirror.ui.screens import Act, Intent, Pick
from mirror.ui.states import ScreenModel
from mirror.ui.theme import Theme
from mirror.ui.words import Words

INSET, FOOT = 22, 24
PICTURE = 272
"""Portrait: width of the picture; landscape: its height."""
CODE = 268
"""What a QR code beside the words takes (mirror/ui/handoff.py), with its gap."""
CODE_HIGH = 330
"""How tall the code and its caption are (the same)."""
TITLE, PRICE, WHY, SMALL = 44, theme.size("price"), theme.size("why"), theme.size("min")
HEAD_LEADING = float(theme.tokens()["type"]["lineHeight"]["headline"])


def picture_place(width: float, height: float, code: bool) -> QRectF:
    """Where the picture stands on the deck, design pixels."""
    if width > height:
        return QRectF(INSET, INSET, PICTURE, height - INSET - FOOT - buttons.HIGH - 16)
    return QRectF(INSET, INSET, width - 2 * INSET - (CODE if code else 0), _upper(code))


def words_place(width: float, height: float, code: bool) -> tuple[float, float, float]:
    """Left, top and width of the words, design pixels."""
    if width > height:
        left = INSET + PICTURE + 24
        return left, 26.0, width - left - 28 - (CODE if code else 0)
    return 32.0, INSET + _upper(code) + (8.0 if code else 14.0), width - 64


def _upper(code: bool) -> float:
    """Landscape: height of the picture, as tall as the code beside it."""
    return CODE_HIGH if code else PICTURE + 20


def buttons_of(width: float, height: float) -> tuple[QRectF, QRectF]:
    """Places of the left and the right button, design pixels."""
    return buttons.pair(INSET, height - FOOT - buttons.HIGH, width - 2 * INSET)


def chips_top(height: float) -> float:
    """Where the sizes stand, above the buttons."""
    return height - FOOT - buttons.HIGH - 16 - cards.CHIP_HEIGHT


def bake_detail(
    look: Theme, width: int, height: int, scale: float, words: Words, content: cards.CardContent,
    picture: QImage | None, *, code: bool,
) -> Baked:
    """The deck; ``code``: a QR code is laid beside the words, which leave it room."""
    def draw(painter: QPainter, w: float, h: float) -> None:
        place = picture_place(w, h, code)
        cards.picture_in(painter, look, picture, place, theme.radius("picture"))
        if content.chosen:
            pills.disc(painter, look, "check", place.x() + 40, place.y() + 40, 28)
        x, y, room = words_place(w, h, code)
        title = text.fit(content.item.title, TITLE, 600, room, 2, HEAD_LEADING)
        text.draw(painter, title, x, y, look.ink)
        y += title.height + 2
        price = text.fit(content.price, PRICE, 600, room)
        cards.draw_price(painter, look, content, price, x, y)
        y += price.height + 4
        if content.why:
            head = text.fit(words("why"), SMALL, 600, room)
            text.draw(painter, head, x, y, look.ink)
            y += head.height
            why = text.fit(content.why, WHY, 400, room, 3)
            text.draw(painter, why, x, y, look.ink2)
        if content.stale:
            ask = text.fit(words("prices_ask"), SMALL, 500, room, 2)
            text.draw(painter, ask, x, chips_top(h) + cards.CHIP_HEIGHT - ask.height, look.ink)
        cards.draw_chips(painter, look, content, x, chips_top(h), room)
        left, right = buttons_of(w, h)
        buttons.draw_button(painter, look, left, "left", words("bck"), words)
        buttons.draw_button(painter, look, right, "right", words("cmp"), words, first=True)

    return bake_plate(width, height, scale, theme.radius("deck"), look.plate, look.line, draw)


class DetailDeck:
    """Paints the deck on a canvas."""

    def __init__(self, canvas: Canvas) -> None:
        self.canvas = canvas

    def paint(self, painter: QPainter, at: Layout, model: ScreenModel, *, code: bool) -> None:
        """Blit it and note what a touch means: the buttons, each size, and the picture (marks it or no longer)."""
        offer, canvas, place = model.opened, self.canvas, at.detail
        if offer is None:
            return
        content = content_of(canvas, model, offer)
        picture = canvas.pictures(offer.item)
        deck = canvas.kept(("detail", content, picture is not None, code), lambda: bake_detail(
            canvas.look, place.w, place.h, at.scale, canvas.words, content, picture, code=code))
        x, y = canvas.slide(at, place, model.since)
        canvas.put(painter, deck, x, y)
        for spot, act in _acts(place.w / at.scale, place.h / at.scale, content, code, rtl=canvas.words.rtl):
            canvas.targets.append((on_deck(spot, x, y, at.scale), (act,)))


def _acts(w: float, h: float, content: cards.CardContent, code: bool, *, rtl: bool) -> list[tuple[QRectF, Act]]:
    left, right = buttons_of(w, h)
    found: list[tuple[QRectF, Act]] = [(picture_place(w, h, code), Intent.KEEP)]
    x, _, room = words_place(w, h, code)
    side = cards.chip_side(room)
    for label, _ in () if content.stale else cards.size_chips(content.item, content.likely):
        if label in LETTER_SIZES:
            # a little taller than it looks: a finger needs 68
            found.append((QRectF(x, chips_top(h) - 4, side, cards.CHIP_HEIGHT + 8), Pick("size", label)))
        x += side + cards.CHIP_GAP
    if rtl:
        found = [(across(spot, w), act) for spot, act in found]
    return [(left, Intent.CLOSE), (right, Intent.CHOOSE), *found]
