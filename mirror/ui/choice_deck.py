"""The deck of her choices: a row for each, its chips, and where its value came from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PyQt5.QtCore import QRectF, Qt
from PyQt5.QtGui import QPainter, QPen

from mirror.ui import buttons, direction, icons, text, theme
from mirror.ui.baking import Baked, bake_plate, rounded
from mirror.ui.canvas import Canvas
from mirror.ui.choices import CHIPS, Choices, PriceBands, Row
from mirror.ui.layout import Layout, Rect
from mirror.ui.screens import Act, Intent, Pick
from mirror.ui.states import ScreenModel
from mirror.ui.theme import Theme
from mirror.ui.words import Words

PAD, PAD_TALL = 44, 36
TITLE, NAME, SMALL = theme.size("detailTitle"), theme.size("label"), theme.size("min")
CHIP, GAP = 68, 8
COLUMN = 296
"""Portrait: where the chips begin; before them stand the row's icon, name and origin."""
CHIP_PAD, LEAST_PAD = 12, 4
ICONS: dict[Row, str] = {"size": "ruler", "department": "sign", "style": "hanger", "age": "people", "price": "label"}


@dataclass(frozen=True)
class Place:
    """Where a row stands on the deck, design pixels: its chips in order, and the foot of its name."""

    row: Row
    top: float
    high: float
    chips: tuple[QRectF, ...]


def labels_of(words: Words, row: Row, bands: PriceBands | None) -> tuple[str, ...]:
    """The words on a row's chips."""
    if row == "size":
        return CHIPS["size"]
    if row == "price":
        told = words.all("prices")
        if bands is None:
            return ("", "", "", told[3])
        low, high = (words.price(amount, bands.currency) for amount in (bands.low, bands.high))
        # the cheapest band ends where the middle one begins
        return (told[0].format(high=low), told[1].format(span=words.price_span(bands.low, bands.high)),
                told[2].format(low=high), told[3])
    return words.all({"department": "departments", "style": "styles", "age": "ages"}[row])


def buttons_of(width: float, height: float) -> tuple[QRectF, QRectF]:
    """Places of the left and the right button, design pixels."""
    pad, foot = (PAD, 32) if width > height else (PAD_TALL, 20)
    return buttons.pair(pad, height - foot - buttons.HIGH, width - 2 * pad)


def places(
    rows: Sequence[Row], labels: Sequence[Sequence[str]], width: float, height: float,
) -> tuple[Place, ...]:
    """Where every row and chip stands on a deck of this size, design pixels. A chip is as wide as its word needs, and
    the rest of the row is shared evenly."""
    wide = width > height
    top = 108.0 if wide else 138.0
    foot = buttons_of(width, height)[0].y() - (18 if wide else 10)
    high = min(104.0 if wide else 140.0, (foot - top) / max(1, len(rows)))
    left = float(COLUMN if wide else PAD_TALL)
    room = width - left - (PAD if wide else PAD_TALL)
    made: list[Place] = []
    for i, (row, words) in enumerate(zip(rows, labels, strict=True)):
        y = top + i * high
        chips_y = y + (high - CHIP) / 2 if wide else y + high - CHIP - 4
        bare = [text.width_of(word, NAME, 600) for word in words]
        needed = [word + 2 * CHIP_PAD for word in bare]
        free = room - GAP * (len(words) - 1)
        even = free / len(words)
        if max(needed) <= even:
            widths = [even] * len(words)
        elif sum(needed) <= free:
            widths = [need + (free - sum(needed)) / len(words) for need in needed]
        else:
            # every word shrinks alike
            shrunk = (free - 2 * LEAST_PAD * len(words)) / sum(bare)
            widths = [word * shrunk + 2 * LEAST_PAD for word in bare]
        x, chips = left, list[QRectF]()
        for share in widths:
            chips.append(QRectF(x, chips_y, share, CHIP))
            x += share + GAP
        made.append(Place(row, y, high, tuple(chips)))
    return tuple(made)


def bake_choices(
    look: Theme, width: int, height: int, scale: float, words: Words, choices: Choices, active: int,
    bands: PriceBands | None,
) -> Baked:
    """The deck: title, rows, and what each hand does. ``active``: the row that a gesture changes."""
    labels = [labels_of(words, row, bands) for row in choices.rows]

    def draw(painter: QPainter, w: float, h: float) -> None:
        wide = w > h
        pad, top = (PAD, 32) if wide else (PAD_TALL, 26)
        head = text.fit(words("corr"), TITLE, 600, (w - 2 * pad) * (0.5 if wide else 1.0))
        text.draw(painter, head, pad, top, look.ink)
        note = text.fit(words("cnote"), SMALL, 400, w - 2 * pad - (head.width + 24 if wide else 0))
        if wide:
            text.draw(painter, note, w - pad - note.width, top + (head.height - note.height) / 2, look.ink2)
        else:
            text.draw(painter, note, pad, top + head.height, look.ink2)
        for i, (place, told) in enumerate(zip(places(choices.rows, labels, w, h), labels, strict=True)):
            _name(painter, look, words, choices, place, wide, pad, w)
            if i == active:
                bar = rounded(12, place.chips[0].y(), 8, CHIP, 4)
                painter.fillPath(bar, look.ink)
            for chip, at, label in zip(CHIPS[place.row], place.chips, told, strict=True):
                _chip(painter, look, at, label, chip == choices.chip(place.row), choices.origin(place.row) == "yours")
        left, right = buttons_of(w, h)
        buttons.draw_button(painter, look, left, "left", words("done"), words)
        buttons.draw_button(painter, look, right, "right", words("next_row"), words,
                            first=True)

    return bake_plate(width, height, scale, theme.radius("deck"), look.plate, look.line, draw)


def _name(
    painter: QPainter, look: Theme, words: Words, choices: Choices, place: Place, wide: bool, pad: float, w: float,
) -> None:
    """A row's icon, name and where its value came from."""
    origin = choices.origin(place.row)
    told = words({"yours": "yours", "estimated": "estimated"}[origin]) if origin else ""
    middle = place.chips[0].center().y() if wide else place.chips[0].y() - 24
    left = pad + 52
    room = COLUMN - 12 - left if wide else (w - left - pad) * 0.6
    name = text.fit(words(f"c_{place.row}"), NAME, 600, room)
    small = text.fit(told, SMALL, 400, room if wide else (w - left - pad) * 0.4) if told else None
    icons.draw(painter, ICONS[place.row], pad, middle - 20, 40, look.ink)
    if wide:
        y = middle - (name.height + (small.height if small else 0)) / 2
        text.draw(painter, name, left, y, look.ink)
        if small:
            text.draw(painter, small, left, y + name.height, look.ink2)
        return
    text.draw(painter, name, left, middle - name.height / 2, look.ink)
    if small:
        text.draw(painter, small, w - pad - small.width, middle - small.height / 2, look.ink2)


def _chip(painter: QPainter, look: Theme, place: QRectF, label: str, marked: bool, hers: bool) -> None:
    """Hers: filled, outlined and bold; believed: outlined with a bar under the word; the others plain."""
    shape = rounded(place.x() + 1.5, place.y() + 1.5, place.width() - 3, place.height() - 3, theme.radius("chip"))
    painter.fillPath(shape, look.sunk if not marked else look.yours if hers else look.plate)
    if marked:
        painter.setPen(QPen(look.on_yours if hers and look.name == "light" else look.ink, 2.5))
        painter.setBrush(Qt.NoBrush)
        painter.drawPath(shape)
    word = text.fit(label, NAME, 600 if marked else 500, place.width() - 2 * LEAST_PAD + 0.5)
    lift = 5 if marked and not hers else 0
    ink = look.on_yours if marked and hers else look.ink
    text.draw(painter, word, place.x(), place.center().y() - word.height / 2 - lift, ink, align=0.5,
              within=place.width())
    if marked and not hers:
        painter.fillPath(rounded(place.center().x() - 18, place.bottom() - 14, 36, 6, 3), look.ink)


class ChoiceDeck:
    """Paints the deck on a canvas. ``bands``: the shop's price bands, None where prices are not a choice."""

    def __init__(self, canvas: Canvas) -> None:
        self.canvas = canvas
        self.bands: PriceBands | None = None
        self._spots: tuple[object, list[tuple[QRectF, Act]]] = (None, [])

    def paint(self, painter: QPainter, at: Layout, model: ScreenModel) -> None:
        """Blit it and note what a touch on each chip and button means."""
        place, canvas, choices = at.choices, self.canvas, model.choices
        key = ("choices", model.row, self.bands, choices.rows, *(
            (choices.chip(row), choices.origin(row)) for row in choices.rows))
        deck = canvas.kept(key, lambda: bake_choices(
            canvas.look, place.w, place.h, at.scale, canvas.words, choices, model.row, self.bands))
        x, y = canvas.slide(at, place, model.since)
        canvas.put(painter, deck, x, y)
        for spot, act in self._acts(at, choices):
            canvas.targets.append((on_deck(spot, x, y, at.scale), (act,)))

    def _acts(self, at: Layout, choices: Choices) -> list[tuple[QRectF, Act]]:
        """What a touch means and where, design pixels on the deck; measured anew only when words or size change."""
        key = (self.canvas.words.language, at.choices, at.scale, choices.rows, self.bands)
        if self._spots[0] != key:
            w, h = at.choices.w / at.scale, at.choices.h / at.scale
            labels = [labels_of(self.canvas.words, row, self.bands) for row in choices.rows]
            found: list[tuple[QRectF, Act]] = [
                (spot, Pick(place.row, chip)) for place in places(choices.rows, labels, w, h)
                for chip, spot in zip(CHIPS[place.row], place.chips, strict=True)]
            if self.canvas.words.rtl:
                found = [(direction.across(spot, w), act) for spot, act in found]
            left, right = buttons_of(w, h)
            self._spots = key, [*found, (left, Intent.CLOSE), (right, Intent.CHOOSE)]
        return self._spots[1]


def on_deck(spot: QRectF, x: int, y: int, scale: float) -> Rect:
    """A place on a deck whose corner stands at window pixel (x, y), in window pixels."""
    left, top = x + round(spot.x() * scale), y + round(spot.y() * scale)
    return Rect(left, top, x + round(spot.right() * scale) - left, y + round(spot.bottom() * scale) - top)
