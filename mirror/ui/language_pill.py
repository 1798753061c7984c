"""The choice of language: one pill with every language in its own letters, the spoken one inked."""

from __future__ import annotations

from functools import cache

from PyQt5.QtGui import QPainter

from mirror.ui import icons, text
from mirror.ui.baking import Baked, bake_plate, rounded
from mirror.ui.canvas import Canvas
from mirror.ui.layout import Layout, Rect
from mirror.ui.screens import Intent, Screen
from mirror.ui.theme import Theme
from mirror.ui.words import Words, languages

HEIGHT, SEGMENT, INSET = 72, 83, 5
"""Design pixels: three languages take 259, as much as Stop may, whose place it is on other screens."""
PALM, LEAD = 34, 68


@cache
def short_names() -> tuple[str, ...]:
    """What each bundled language calls itself, in the order of :func:`mirror.ui.words.languages`."""
    return tuple(Words(code)("short") for code in languages())


def bake_choice(look: Theme, scale: float, spoken: int, lead: int = 0) -> Baked:
    """The pill; ``spoken`` is the place of the present language. ``lead``: room for a hand before them, where one that
    is raised changes the language."""
    names = short_names()

    def content(painter: QPainter, w: float, h: float) -> None:
        if lead:
            icons.draw(painter, "palm", INSET + 22, (h - PALM) / 2, PALM, look.ink)
        for place, name in enumerate(names):
            x = INSET + lead + place * SEGMENT
            if place == spoken:
                painter.fillPath(rounded(x, INSET, SEGMENT, h - 2 * INSET, h / 2 - INSET), look.ink)
            fitted = text.fit(name, 32, 600, SEGMENT - 12)
            text.draw(painter, fitted, x, (h - fitted.height) / 2, look.plate if place == spoken else look.ink,
                      align=0.5, within=SEGMENT)

    width = 2 * INSET + lead + SEGMENT * len(names)
    return bake_plate(round(width * scale), round(HEIGHT * scale), scale, HEIGHT / 2, look.plate, look.line, content)


def paint_choice(canvas: Canvas, painter: QPainter, at: Layout, screen: Screen) -> None:
    """Paint it top right, or bottom left where a landscape sheet fills the right; a touch on a name speaks it."""
    codes = languages()
    spoken = codes.index(canvas.words.language)
    lead = LEAD if screen is Screen.CONSENT else 0
    pill = canvas.kept(("languages", lead), lambda: bake_choice(canvas.look, at.scale, spoken, lead))
    if screen is Screen.ATTRACT and not at.portrait:
        x, y = at.hint.x, at.hint.y
    else:
        corner = at.stop_on(screen)
        x, y = corner.x if at.low else corner.right - pill.width, corner.y
    canvas.put(painter, pill, x, y)
    edges = [x + round((INSET + lead + SEGMENT * place) * at.scale) for place in range(len(codes) + 1)]
    for place in range(len(codes)):
        # pressed as often as it takes to come round to this one
        wanted = (Intent.LANGUAGE,) * ((place - spoken) % len(codes))
        left = 2 * x + pill.width - edges[place + 1] if canvas.words.rtl else edges[place]
        canvas.targets.append((Rect(left, y, edges[place + 1] - edges[place], pill.height), wanted))
