"""Where everything stands: rectangles in window pixels for any window size. Pure, no Qt.

The grid is drawn for 1080x1920 (portrait) or 1920x1080 (landscape) and scaled as a whole; a window of another shape
gives its surplus to the mirror, never to the plates.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

from mirror.ui.screens import Screen

MARGIN = 40
PORTRAIT = (1080, 1920)
LANDSCAPE = (1920, 1080)
HINTED = frozenset({Screen.LOOK, Screen.DETAIL, Screen.CORRECTION})
"""Screens with a hint at the top: in portrait the lock has no words there."""
LOW_EDGE = 32
"""Where low controls begin from the left, design pixels."""
TOUCH_LEAST = 68
"""Least height of anything to be touched, design pixels (33 mm on a 43 inch panel)."""


class Rect(NamedTuple):
    """A rectangle in whole window pixels."""

    x: int
    y: int
    w: int
    h: int

    @property
    def right(self) -> int:
        return self.x + self.w

    @property
    def bottom(self) -> int:
        return self.y + self.h

    @property
    def centre(self) -> tuple[float, float]:
        return self.x + self.w / 2, self.y + self.h / 2

    def meets(self, other: Rect) -> bool:
        """Whether the two share at least one pixel."""
        return (self.x < other.right and other.x < self.right
                and self.y < other.bottom and other.y < self.bottom)

    def holds(self, x: float, y: float) -> bool:
        return self.x <= x < self.right and self.y <= y < self.bottom


@dataclass(frozen=True)
class Layout:
    """Every place of the grid in window pixels. ``scale`` is window pixels per design pixel.

    Pills (``lock``, ``hint``, ``stop``, ``tabs``, ``counter``) are the most they may take; they are painted at
    the width of their text, ``lock`` from the left, ``stop`` and ``counter`` from the right, the others centred.
    """

    width: int
    height: int
    portrait: bool
    scale: float
    corridor: Rect
    corridor_tall: Rect
    lane_left: Rect
    lane_right: Rect
    lock: Rect
    lock_disc: Rect
    stop: Rect
    hint: Rect
    recording: Rect
    tabs: Rect
    counter: Rect
    card: Rect
    before: Rect
    after: Rect
    back: Rect
    forward: Rect
    thumbs: tuple[Rect, ...]
    consent: Rect
    guide: Rect
    rail: Rect
    looking: Rect
    goodbye: Rect
    sheet: Rect
    engineer: Rect
    corridor_choices: Rect
    detail: Rect
    choices: Rect
    compare: Rect
    logo: Rect
    low: bool = False
    """Whether Stop and languages stand low, at her right hand, instead of at the top."""

    def deck(self, screen: Screen) -> Rect | None:
        """The deck of a screen, None where it has none."""
        return {
            Screen.ATTRACT: self.sheet, Screen.APPROACH: self.guide, Screen.CONSENT: self.consent,
            Screen.GUIDANCE: self.guide, Screen.LOOKING: self.looking, Screen.LOOK: self.tabs,
            Screen.DETAIL: self.detail, Screen.CORRECTION: self.choices, Screen.COMPARE: self.compare,
            Screen.GOODBYE: self.goodbye,
        }.get(screen)

    def stop_on(self, screen: Screen) -> Rect:
        """Where Stop (or, before her yes, the languages) stand on a screen."""
        deck = self.deck(screen)
        if not self.low or deck is None:
            return self.stop
        margin, high = round(MARGIN * self.scale), self.stop.h
        if not self.portrait:
            return Rect(margin, self.hint.y - high - round(16 * self.scale), self.stop.w, high)
        if screen is Screen.COMPARE:  # her two images reach down to the deck
            inset = round(20 * self.scale)
            return Rect(deck.x + inset, deck.y + inset, self.stop.w, high)
        return Rect(round(LOW_EDGE * self.scale), deck.y - high - round(16 * self.scale), self.stop.w, high)

    def for_tags(self, screen: Screen) -> Layout:
        """The layout whose lanes end above this screen's deck, and above Stop where that stands low; its corridor is
        what of it the deck leaves to be seen."""
        deck, gap = self.deck(screen), round(16 * self.scale)
        foot = deck.y - gap if deck is not None and self.portrait else self.height
        left, right = self.lane_left, self.lane_right
        rest = min(foot, self.stop_on(screen).y - gap) if self.low else foot
        seen = min(self.corridor.bottom, deck.y) if deck is not None and self.portrait else self.corridor.bottom
        return replace(self, corridor=self.corridor._replace(h=seen - self.corridor.y),
                       lane_left=left._replace(h=min(left.bottom, rest) - left.y),
                       lane_right=right._replace(h=min(right.bottom, foot) - right.y))

    def body(self, screen: Screen) -> Rect:
        """The corridor that her body is fitted to, and that no plate of this screen may enter."""
        if screen is Screen.CORRECTION:
            return self.corridor_choices
        return self.corridor_tall if screen in (Screen.CONSENT, Screen.DETAIL) else self.corridor

    def plates(self, screen: Screen) -> tuple[Rect, ...]:
        """The plates of a screen at their largest. Tags come on top: see ``mirror.ui.tags``."""
        lock = self.lock if not (self.portrait and screen in HINTED) else self.lock_disc
        if screen is Screen.ATTRACT:
            return lock, self.sheet
        if screen is Screen.APPROACH:
            return lock, self.stop_on(screen), self.guide
        if screen is Screen.CONSENT:
            return lock, self.consent
        if screen is Screen.PLAIN:
            return (lock,)
        if screen is Screen.GUIDANCE:
            return lock, self.stop_on(screen), self.guide
        if screen is Screen.LOOKING:
            return lock, self.stop_on(screen), self.looking
        if screen is Screen.LOOK:
            deck = (self.tabs, self.counter, self.card, self.back, self.forward)
            peeks = (self.before, self.after) if self.portrait else self.thumbs
            return (lock, self.stop_on(screen), self.hint, *deck, *peeks)
        if screen is Screen.DETAIL:
            return lock, self.stop_on(screen), self.hint, self.detail
        if screen is Screen.CORRECTION:
            return lock, self.stop_on(screen), self.hint, self.choices
        if screen is Screen.COMPARE:
            return lock, self.stop_on(screen), self.compare
        if screen is Screen.GOODBYE:
            return lock, self.goodbye
        return ()


def layout(width: int, height: int, *, low: bool = False) -> Layout:
    """The layout of a window of ``width`` x ``height`` pixels. ``low``: everything that can be touched stands low.
    ValueError below 64 pixels a side."""
    if width < 64 or height < 64:
        raise ValueError(f"a window of {width}x{height} pixels is too small for the mirror")
    made = _portrait(width, height) if height >= width else _landscape(width, height)
    if not low:
        return made
    # room at the foot of the left lane: for Stop in portrait beside what else stands there, in landscape over the hint
    room = round((88 if made.portrait else 48) * made.scale)
    return replace(made, low=True, lane_left=made.lane_left._replace(h=made.lane_left.h - room))


class _Grid:
    """Design coordinates to window pixels. Edges are rounded, not sizes, so that neighbours stay neighbours."""

    def __init__(self, scale: float) -> None:
        self.scale = scale

    def __call__(self, x: float, y: float, w: float, h: float) -> Rect:
        left, top = round(x * self.scale), round(y * self.scale)
        return Rect(left, top, round((x + w) * self.scale) - left, round((y + h) * self.scale) - top)


def _portrait(width: int, height: int) -> Layout:
    scale = min(width / PORTRAIT[0], height / PORTRAIT[1])
    at = _Grid(scale)
    wide, tall = width / scale, height / scale
    left = (wide - PORTRAIT[0]) / 2  # surplus width goes to both sides of the corridor
    low = tall - PORTRAIT[1]  # surplus height to the mirror: decks keep to the floor
    end = wide - MARGIN
    return Layout(
        width=width, height=height, portrait=True, scale=scale,
        corridor=at(left + 300, 168, 480, 1208 + low),
        corridor_tall=at(left + 300, 144, 480, 1132 + low),
        lane_left=at(MARGIN, 168, left + 244, 1208 + low),
        lane_right=at(left + 796, 168, end - left - 796, 1208 + low),
        lock=at(MARGIN, 48, 420, 72), lock_disc=at(MARGIN, 48, 72, 72),
        stop=at(end - 260, 48, 260, 72),
        hint=at(left + 128, 48, 636, 72),
        recording=at(MARGIN, 136, 170, 60),
        tabs=at(left + 180, 1404 + low, 720, 68), counter=at(end - 130, 1404 + low, 130, 68),
        card=at(left + 140, 1492 + low, 800, 388),
        before=at(left + 95 - 280, 1526 + low, 280, 320), after=at(left + 985, 1526 + low, 280, 320),
        back=at(left + 10, 1755 + low, 76, 76), forward=at(left + 994, 1755 + low, 76, 76),
        thumbs=(),
        consent=at(left + 40, 1320 + low, 1000, 560),
        guide=at(left + 40, 1628 + low, 1000, 252),
        rail=at(end - 96, 501, 96, 758),
        looking=at(left + 40, 1628 + low, 1000, 252),
        goodbye=at(left + 40, 1560 + low, 1000, 320),
        sheet=at(0, 1096 + low, wide, 824),
        engineer=at(20, 690, 270, 680),
        corridor_choices=at(left + 300, 144, 480, 1012 + low),
        detail=at(left + 40, 1310 + low, 1000, 570),
        choices=at(left + 40, 1184 + low, 1000, 696),
        compare=at(left + 40, 1404 + low, 1000, 476),
        logo=at(left + 476, 48, 288, 72),
    )


def _landscape(width: int, height: int) -> Layout:
    scale = min(width / LANDSCAPE[0], height / LANDSCAPE[1])
    at = _Grid(scale)
    wide, tall = width / scale, height / scale
    left = (wide - LANDSCAPE[0]) / 2
    top = (tall - LANDSCAPE[1]) / 2  # the deck keeps to the middle of the height
    end = wide - MARGIN
    corridor = at(left + 720, 72, 480, tall - 112)
    return Layout(
        width=width, height=height, portrait=False, scale=scale,
        corridor=corridor, corridor_tall=corridor,
        lane_left=at(MARGIN, 136, left + 616, tall - 312),
        lane_right=at(left + 1224, 136, end - left - 1224, tall - 176),
        lock=at(MARGIN, 48, 420, 72), lock_disc=at(MARGIN, 48, 72, 72),
        stop=at(end - 260, 48, 260, 72),
        hint=at(MARGIN, tall - 120, 640, 72),
        recording=at(MARGIN, 136, 170, 60),
        tabs=at(left + 1280, top + 148, 600, 68), counter=at(end - 260 - 16 - 130, 48, 130, 72),
        card=at(left + 1280, top + 236, 600, 628),
        before=at(0, 0, 0, 0), after=at(0, 0, 0, 0),
        back=at(left + 1279, top + 924, 76, 76), forward=at(left + 1804, top + 924, 76, 76),
        thumbs=tuple(at(left + 1368 + 150 * i, top + 884, 138, 156) for i in range(3)),
        consent=at(left + 1248, top + 210, 632, 768),
        guide=at(left + 1248, top + 300, 632, 480),
        rail=at(left + 584, top + 161, 96, 758),
        looking=at(left + 1248, top + 234, 632, 612),
        goodbye=at(left + 1248, top + 360, 632, 360),
        sheet=at(left + 1208, 0, wide - left - 1208, tall),
        engineer=at(20, 210, 270, 680),
        corridor_choices=corridor,
        detail=at(left + 1248, top + 144, 632, 900),
        choices=at(left + 1248, top + 144, 632, 900),
        compare=at(left + 1248, top + 300, 632, 480),
        logo=at(left + 816, 48, 288, 72),
    )
