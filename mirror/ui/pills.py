"""The small plates: pills at the edges, the two tabs, the tags beside her body, the discs to page by."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt5.QtCore import QPointF, Qt
from PyQt5.QtGui import QColor, QPainter, QPen

from mirror.ui import icons, text, theme
from mirror.ui.baking import Baked, bake_free, bake_plate, rounded
from mirror.ui.theme import Theme

PILL = 72
PILL_PAD = 28
ICON = 34
LABEL = theme.size("label")
TAB_HEIGHT = 68
TAB_PAD, TAB_PAD_CLOSE = 32, 16
"""Beside a label, design pixels; closer where there are three."""
TAB_LEAST = 29
"""Text gives way by 16 % at most."""
TAB_INSET = 5
DISC = 76
SWATCH_RIM = 1.5
"""Contrast of a swatch to its plate under which its rim is drawn in ink."""
CHOSEN = float(theme.tokens()["stroke"]["chosen"])


def bake_pill(
    look: Theme, scale: float, icon: str, label: str, widest: float, weight: int = 500, height: int = PILL,
) -> Baked:
    """A pill of an icon and a label (either may be empty), as wide as they are, at most ``widest`` design px."""
    lead = PILL_PAD + (ICON + 14 if icon and label else ICON if icon else 0)
    if icon and not label:
        return bake_plate(round(height * scale), round(height * scale), scale, height / 2, look.plate, look.line,
                          lambda p, w, h: icons.draw(p, icon, (w - ICON) / 2, (h - ICON) / 2, ICON, look.ink))
    fitted = text.fit(label, LABEL, weight, widest - lead - PILL_PAD)
    width = min(widest, lead + fitted.width + PILL_PAD)

    def content(painter: QPainter, w: float, h: float) -> None:
        if icon:
            icons.draw(painter, icon, PILL_PAD, (h - ICON) / 2, ICON, look.ink)
        text.draw(painter, fitted, lead, (h - fitted.height) / 2, look.ink)

    return bake_plate(round(width * scale), round(height * scale), scale, height / 2, look.plate, look.line, content)


def bake_recording(look: Theme, scale: float, label: str) -> Baked:
    """The sign that a recording is being made: a red dot and a word on a plate."""
    fitted = text.fit(label, 32, 700, 120)

    def content(painter: QPainter, w: float, h: float) -> None:
        painter.setPen(Qt.NoPen)
        painter.setBrush(QColor(theme.RECORDING))
        painter.drawEllipse(QPointF(34, h / 2), 11, 11)
        text.draw(painter, fitted, 58, (h - fitted.height) / 2, look.ink)

    return bake_plate(round((58 + fitted.width + 26) * scale), round(60 * scale), scale, 30, look.plate, look.line,
                      content)


def fit_tabs(labels: Sequence[str], widest: float) -> tuple[list[text.Fitted], list[float]]:
    """The labels of the tabs, all at the largest size at which they fit, and each tab's width; design pixels."""
    pad = TAB_PAD if len(labels) < 3 else TAB_PAD_CLOSE
    room = widest - 2 * TAB_INSET - 2 * pad * len(labels)
    for px in range(LABEL, TAB_LEAST - 1, -1):
        fitted = [text.fit(label, px, 600, widest) for label in labels]
        if sum(one.width for one in fitted) <= room:
            break
    else:
        fitted = [text.fit(label, TAB_LEAST, 600, room / len(labels)) for label in labels]
    return fitted, [one.width + 2 * pad for one in fitted]


def bake_tabs(look: Theme, scale: float, labels: Sequence[str], widest: float, opened: int) -> Baked:
    """The tabs in one pill; the open one is inked."""
    fitted, widths = fit_tabs(labels, widest)
    inner = TAB_HEIGHT - 2 * TAB_INSET

    def content(painter: QPainter, w: float, h: float) -> None:
        x = float(TAB_INSET)
        for i, (label, width) in enumerate(zip(fitted, widths, strict=True)):
            if i == opened:
                painter.fillPath(rounded(x, TAB_INSET, width, inner, inner / 2), look.ink)
            text.draw(painter, label, x + (width - label.width) / 2, (h - label.height) / 2,
                      look.plate if i == opened else look.ink)
            x += width

    return bake_plate(round((sum(widths) + 2 * TAB_INSET) * scale), round(TAB_HEIGHT * scale), scale, TAB_HEIGHT / 2,
                      look.plate, look.line, content)


def bake_disc(look: Theme, scale: float, icon: str, side: int = DISC) -> Baked:
    """A citron disc with an ink outline: what can be touched to go on."""
    def content(painter: QPainter, w: float, h: float) -> None:
        disc(painter, look, icon, w / 2, h / 2, side / 2)

    return bake_free(round(side * scale), round(side * scale), scale, content)


def disc(painter: QPainter, look: Theme, icon: str, x: float, y: float, r: float) -> None:
    """Draw a citron disc with its icon around (x, y)."""
    painter.setPen(QPen(look.on_yours, CHOSEN))
    painter.setBrush(look.yours)
    painter.drawEllipse(QPointF(x, y), r - CHOSEN / 2, r - CHOSEN / 2)
    icons.draw(painter, icon, x - r * 0.52, y - r * 0.52, r * 1.04, look.on_yours)


def see_through(look: Theme) -> QColor:
    """The ground of a tag: the plate at 96 %; in high contrast nothing shines through."""
    ground = QColor(look.plate)
    if look.name == "contrast":
        return ground
    ground.setAlphaF(float(theme.tokens()["color"]["plateAlpha"]["tag"]))
    return ground


def bake_tag(
    look: Theme, width: int, height: int, scale: float, hue: str, name: str, colour_name: str,
) -> Baked:
    """The name of a garment and its main colour (#rrggbb, "" where there is none) as swatch and word."""
    def content(painter: QPainter, w: float, h: float) -> None:
        title = text.fit(name, LABEL, 600, w - 2 * 22)
        text.draw(painter, title, 22, 10, look.ink)
        if not hue:
            return
        swatch = QColor(hue)
        # a black swatch on a dark plate is seen by its rim alone
        painter.setPen(QPen(look.ink2 if theme.contrast(swatch, look.plate) < SWATCH_RIM else look.line, 1.5))
        painter.setBrush(swatch)
        painter.drawEllipse(QPointF(22 + 12.5, 76), 12, 12)
        word = text.fit(colour_name, 32, 400, w - 22 - 36 - 16)
        text.draw(painter, word, 22 + 36, 76 - word.height / 2, look.ink2)

    return bake_plate(width, height, scale, theme.radius("tag"), see_through(look), look.line, content)


def bake_size_tag(
    look: Theme, width: int, height: int, scale: float, about: str, maybe: str, change: str,
    sizes: tuple[str, ...],
) -> Baked:
    """Her size: the likely one in citron, the second in words, and that it can be changed."""
    def content(painter: QPainter, w: float, h: float) -> None:
        pad, gap = 22, 12
        letter = text.fit(sizes[0], 40 if len(sizes[0]) < 3 else 34, 700, 100)
        chip = max(76.0, letter.width + 26)
        word = text.fit(about, LABEL, 400, w - 2 * pad - chip - gap)
        text.draw(painter, word, pad, 48 - word.height / 2, look.ink2)
        painter.fillPath(rounded(pad + word.width + gap, 17, chip, 62, 16), look.yours)
        text.draw(painter, letter, pad + word.width + gap, 48 - letter.height / 2, look.on_yours, align=0.5,
                  within=chip)
        if len(sizes) > 1:
            second = text.fit(maybe, LABEL, 400, w - 2 * pad - 60)
            other = text.fit(sizes[1], 36, 600, w - pad - 14 - pad - second.width)
            text.draw(painter, second, pad, 113 - second.height / 2, look.ink2)
            text.draw(painter, other, pad + second.width + 14, 113 - other.height / 2, look.ink)
        painter.fillRect(round(pad - 2), round(h - 76), round(w - 2 * pad + 4), 2, look.line)
        go = text.fit(change, LABEL, 600, w - 2 * pad - 34)
        text.draw(painter, go, pad, h - 38 - go.height / 2, look.ink)
        icons.draw(painter, "right", w - pad - 28, h - 38 - 16, 32, look.ink)

    return bake_plate(width, height, scale, theme.radius("tag"), see_through(look), look.line, content)
