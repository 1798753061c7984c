"""The large plates, one per screen: attract, consent, guidance, looking and goodbye."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt5.QtCore import QPointF, QRectF, Qt
from PyQt5.QtGui import QImage, QPainter, QPen

from mirror.ui import direction, icons, text, theme
from mirror.ui.baking import Baked, bake_plate, rounded
from mirror.ui.cards import picture_in
from mirror.ui.pills import disc
from mirror.ui.theme import Theme
from mirror.ui.words import Words

PAD = 48
DECK = theme.radius("deck")
BUTTON = theme.radius("button")
HEADLINE, GUIDE, DISPLAY, BODY = (theme.size(n) for n in ("headline", "guide", "display", "body"))
HEAD_LEADING = float(theme.tokens()["type"]["lineHeight"]["headline"])
DISPLAY_LEADING = float(theme.tokens()["type"]["lineHeight"]["display"])
WHY, LABEL = theme.size("why"), theme.size("label")
UNDER_WAY = 0.45
"""How full the bar of the stage now running is drawn: under way, without a promise of how far."""


def bake_sheet(
    look: Theme, width: int, height: int, scale: float, words: Words, pictures: Sequence[QImage | None],
    seen: tuple[int, int],
) -> Baked:
    """Attract: the question, what will happen, and four of the shop's pieces, all in the ``seen`` width and height
    (window pixels) of the plate."""
    def draw(painter: QPainter, w: float, h: float) -> None:
        w, h = seen[0] / scale, seen[1] / scale
        tall = h > w
        x, y = (56.0, 72.0 if tall else 48.0)
        room = w - 2 * x
        head = text.fit(words("attract1"), 88 if tall else DISPLAY, 600, room, 4 if tall else 2, DISPLAY_LEADING)
        text.draw(painter, head, x, y, look.ink)
        y += head.height + 20
        line = text.fit(words("attract2"), BODY, 400, room, 3)
        text.draw(painter, line, x, y, look.ink2)
        y += line.height + 40
        columns = 2 if tall else 4
        rows = 2 if tall else 1
        gap = 16
        side = (room - (columns - 1) * gap) / columns
        bottom = h - 60
        high = min((bottom - y - (rows - 1) * gap) / rows, side * 1.36)
        top = bottom - rows * high - (rows - 1) * gap
        for i, picture in enumerate(pictures[: columns * rows]):
            place = QRectF(x + (i % columns) * (side + gap), top + (i // columns) * (high + gap), side, high)
            picture_in(painter, look, picture, place, theme.radius("picture"))

    return bake_plate(width, height, scale, theme.radius("sheet"), look.plate, look.line, draw,
                      seen=seen[0] / scale)


def consent_buttons(width: float, height: float) -> tuple[QRectF, QRectF]:
    """The places of No and Yes inside the consent deck, design pixels: the same size, as they look the same."""
    pad = PAD if width > height else 40
    side = (width - 2 * pad - 24) / 2
    top = height - 48 - 150 if width > height else height - 36 - 144
    high = 150 if width > height else 144
    return QRectF(pad, top, side, high), QRectF(pad + side + 24, top, side, high)


def bake_consent(look: Theme, width: int, height: int, scale: float, words: Words) -> Baked:
    """Consent: the question, three facts, two equal buttons."""
    facts = (("eye", "c1", "c1b"), ("lock", "c2", "c2b"), ("eye_off", "c3", "c3b"))

    def draw(painter: QPainter, w: float, h: float) -> None:
        wide = w > h
        head = text.fit(words("consent"), HEADLINE, 600, w - 2 * PAD, 2, HEAD_LEADING)
        text.draw(painter, head, PAD, 42, look.ink)
        y = 42 + head.height
        if wide:
            column = (w - 2 * PAD) / 3
            for i, (icon, title, line) in enumerate(facts):
                x = PAD + i * column
                icons.draw(painter, icon, x, y + 38, 40, look.ink)
                bold = text.fit(words(title), WHY, 600, column - 80)
                text.draw(painter, bold, x + 50, y + 58 - bold.height / 2, look.ink)
                thin = text.fit(words(line), LABEL, 400, column - 24, 2)
                text.draw(painter, thin, x, y + 90, look.ink2)
        else:
            for i, (icon, title, line) in enumerate(facts):
                top = y + 40 + i * 96
                icons.draw(painter, icon, PAD + 2, top + 20, 46, look.ink)
                bold = text.fit(words(title), WHY, 600, w - 2 * PAD - 76)
                text.draw(painter, bold, PAD + 76, top, look.ink)
                thin = text.fit(words(line), LABEL, 400, w - 2 * PAD - 76)
                text.draw(painter, thin, PAD + 76, top + 43, look.ink2)
        no, yes = consent_buttons(w, h)
        short = not wide
        _button(painter, look, no, "mirror", words("no2" if short else "no"), words("noS" if short else "noH"))
        _button(painter, look, yes, "check", words("yes2" if short else "yes"), words("yesS" if short else "yesH"))

    return bake_plate(width, height, scale, DECK, look.plate, look.line, draw)


def _button(painter: QPainter, look: Theme, place: QRectF, icon: str, title: str, line: str) -> None:
    place = direction.of_hand(place)
    painter.fillPath(rounded(place.x(), place.y(), place.width(), place.height(), BUTTON), look.sunk)
    r = min(60.0, place.height() / 2 - 15)
    x = place.x() + 15 + r
    disc(painter, look, icon, x, place.center().y(), r)
    left = x + r + 20
    bold = text.fit(title, BODY, 600, place.right() - 16 - left)
    thin = text.fit(line, LABEL, 400, place.right() - 16 - left)
    text.draw(painter, bold, left, place.center().y() - bold.height + 6, look.ink)
    text.draw(painter, thin, left, place.center().y() + 6, look.ink2)


def bake_guide(look: Theme, width: int, height: int, scale: float, icon: str, title: str, reason: str) -> Baked:
    """Guidance: what to do, large, and why."""
    def draw(painter: QPainter, w: float, h: float) -> None:
        wide = h < 300
        side = h - 64 if wide else 176.0
        x = 32 + side + 44 if wide else 36.0
        verb = text.fit(title, GUIDE, 600, w - x - 32, 1, HEAD_LEADING)
        if verb.clipped and not wide:
            verb = text.fit(title, GUIDE, 600, w - x - 32, 2, HEAD_LEADING)
        line = text.fit(reason, BODY, 400, w - x - 32, 1 if wide else 2)
        top = 32.0 if wide else max(32.0, (h - side - 28 - verb.height - 6 - line.height) / 2)
        left = 32.0 if wide else x
        painter.fillPath(rounded(left, top, side, side, BUTTON), look.yours)
        icons.draw(painter, icon, left + side * 0.26, top + side * 0.26, side * 0.48, look.on_yours)
        y = (h - verb.height - line.height - 6) / 2 if wide else top + side + 28
        text.draw(painter, verb, x, y, look.ink)
        text.draw(painter, line, x, y + verb.height + 6, look.ink2)

    return bake_plate(width, height, scale, DECK, look.plate, look.line, draw)


def bake_rail(look: Theme, width: int, height: int, scale: float, near: bool) -> Baked:
    """The distance rail: where she should stand in citron, where she stands now (top is far)."""
    def draw(painter: QPainter, w: float, h: float) -> None:
        painter.fillPath(rounded(w / 2 - 4, 60, 8, h - 120, 4), look.line)
        band = rounded(w / 2 - 13, h * 0.4, 26, h * 0.25, 13)
        painter.fillPath(band, look.yours)
        painter.setPen(QPen(look.on_yours, 2.5))
        painter.setBrush(Qt.NoBrush)
        painter.drawPath(band)
        y = h * 0.84 if near else h * 0.16
        painter.setPen(Qt.NoPen)
        painter.setBrush(look.ink)
        painter.drawEllipse(QPointF(w / 2, y), 26, 26)
        icons.draw(painter, "person", w / 2 - 16, y - 16, 32, look.plate)

    return bake_plate(width, height, scale, 48, look.plate, look.line, draw)


def bake_looking(
    look: Theme, width: int, height: int, scale: float, words: Words, done: Sequence[bool],
) -> Baked:
    """Looking: the four real stages; a bar is full when its stage has given a result."""
    running = next((i for i, yes in enumerate(done) if not yes), len(done))

    def draw(painter: QPainter, w: float, h: float) -> None:
        wide = h < 300
        head = text.fit(words("looking"), HEADLINE, 600, w - 2 * PAD, 1 if wide else 2, HEAD_LEADING)
        text.draw(painter, head, PAD, 36, look.ink)
        labels = words.all("lk")
        room = w - 2 * PAD
        bar = (room - 3 * 12) / 4 if wide else room
        for i, label in enumerate(labels):
            x = PAD + i * (bar + 12) if wide else float(PAD)
            y = 140.0 if wide else 36 + head.height + 32 + i * 92
            part = 1.0 if done[i] else UNDER_WAY if i == running else 0.0
            painter.fillPath(rounded(x, y, bar, 16, 8), look.sunk)
            if part:
                painter.fillPath(rounded(x, y, bar * part, 16, 8), look.ink)
            begun = done[i] or i == running
            name = text.fit(label, WHY, 600 if begun else 400, bar - 44)
            text.draw(painter, name, x, y + 30, look.ink if begun else look.ink2)
            if done[i]:
                icons.draw(painter, "check", x + name.width + 12, y + 36, 32, look.ink, 2.4)

    return bake_plate(width, height, scale, DECK, look.plate, look.line, draw)


def bake_goodbye(look: Theme, width: int, height: int, scale: float, words: Words) -> Baked:
    """Goodbye: it is erased, and it says so."""
    def draw(painter: QPainter, w: float, h: float) -> None:
        painter.setPen(Qt.NoPen)
        painter.setBrush(look.yours)
        painter.drawEllipse(QPointF(PAD + 52, 100), 52, 52)
        icons.draw(painter, "check", PAD + 24, 72, 56, look.on_yours)
        head = text.fit(words("bye"), GUIDE, 600, w - PAD - 104 - 32 - PAD)
        text.draw(painter, head, PAD + 104 + 32, 100 - head.height / 2, look.ink)
        line = text.fit(words("bye2"), BODY, 400, min(w - 2 * PAD, 700), 3)
        text.draw(painter, line, PAD, 184, look.ink2)

    return bake_plate(width, height, scale, DECK, look.plate, look.line, draw)
