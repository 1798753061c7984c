"""What every layer of the overlay paints with: baked elements, movement, and a note of what was painted."""

from __future__ import annotations

import time
from collections.abc import Callable
from weakref import WeakValueDictionary

from PyQt5.QtGui import QImage, QPainter

from mirror.domain import Item
from mirror.ui import direction, theme
from mirror.ui.baking import CACHE_BYTES, BakeCache, Baked
from mirror.ui.layout import Layout, Rect
from mirror.ui.screens import Act, Intent
from mirror.ui.theme import Theme
from mirror.ui.words import Words

BUDGET_S = 0.002
"""Seconds between two paints in which elements are drawn: a fifteenth of a frame at 30 a second."""
DECK_S = theme.tokens()["motion"]["deck"]["ms"] / 1000

Pictures = Callable[[Item], QImage | None]


class Canvas:
    """Holds theme, words and the cache, and after a paint what it painted: ``plates`` are the window rectangles of
    all plates, ``targets`` what a touch on each means, ``animating`` whether something is still moving."""

    def __init__(
        self, look: Theme, words: Words, pictures: Pictures, *, reduced_motion: bool = False,
    ) -> None:
        self.look = look
        self.words = words
        self._pictures = pictures
        self.reduced_motion = reduced_motion
        self.cache = BakeCache()
        self._before: WeakValueDictionary[tuple[object, ...], Baked] = WeakValueDictionary()
        """What was painted last in each slot, for as long as the cache keeps it: every card that was ever shown has a
        slot, and takes 1.4 MB."""
        self._due: dict[tuple[object, ...], tuple[tuple[object, ...], Callable[[], Baked]]] = {}
        self.plates: list[Rect] = []
        self.targets: list[tuple[Rect, tuple[Act, ...]]] = []
        self.animating = False
        self.provisional = False
        """Whether something was painted for which something else stands in, or a picture is missing."""
        self.logo: QImage | None = None
        """The shop's, None where it has none."""
        self.dimmed = False
        """Whether it is night in the shop: what is painted is dimmed."""
        self.low_controls = False
        """Whether everything that can be touched stands low."""
        self.stale = ""
        """Until when prices were up to date, in words; "" while they are."""
        self.now = 0.0
        self.scale = 1.0

    def resize(self, at: Layout) -> None:
        """Elements of another scale are thrown away."""
        self.scale = at.scale
        self.drop()
        self.cache.limit = round(CACHE_BYTES * max(1.0, at.scale) ** 2)

    def begin(self, now: float) -> None:
        """A new paint at ``now`` (monotonic seconds)."""
        self.plates, self.targets, self.animating, self.now = [], [], False, now
        self.provisional = False

    def pictures(self, item: Item) -> QImage | None:
        """A piece's picture, None while it is not there."""
        found = self._pictures(item)
        if found is None:
            self.provisional = True
        return found

    def put(
        self, painter: QPainter, baked: Baked, x: int, y: int, intent: Intent | None = None,
    ) -> Rect:
        """Blit an element and remember where its plate is (and what a touch on it means)."""
        baked.paint(painter, x, y)
        place = Rect(x, y, baked.width, baked.height)
        self.plates.append(place)
        if intent is not None:
            self.targets.append((place, (intent,)))
        return place

    def kept(self, key: tuple[object, ...], make: Callable[[], Baked], slot: tuple[object, ...] = ()) -> Baked:
        """The element of this key, drawn by ``make`` when it is not there. Where one of the same ``slot`` was painted
        before, that one stands for it until it is drawn between paints: see :meth:`catch_up`."""
        about = (self.look.name, self.words.language, self.scale)
        whole = (*about, *key)
        found = self.cache.held(whole)
        if found is not None and not slot:
            return found

        def made() -> Baked:
            with direction.reading(self.words.rtl):
                return make()

        if not slot:
            return self.cache.get(whole, made)
        place = (*about, *slot)
        before = self._before.get(place)
        if found is None and before is not None:
            self._due[place] = (whole, made)
            self.provisional = True
            return before
        if found is None:
            found = self.cache.get(whole, made)
        self._before[place] = found
        self._due.pop(place, None)
        return found

    def catch_up(self, budget_s: float = BUDGET_S) -> None:
        """Draw what a paint found missing, the longest missing first, for about ``budget_s``: the rest comes after the
        next paint. Between paints."""
        end = time.perf_counter() + budget_s
        while self._due and time.perf_counter() < end:
            place = next(iter(self._due))
            whole, make = self._due.pop(place)
            self._before[place] = self.cache.get(whole, make)

    def drop(self) -> None:
        """Let go of everything that is drawn."""
        self.cache.clear()
        self._before.clear()
        self._due.clear()

    def turned(self, act: Act) -> Act:
        """What an arrow or a raised hand means: it fetches what lies on its side, and in a language that is read from
        right to left the next one lies at the left."""
        sides = {Intent.FORWARD: Intent.BACK, Intent.BACK: Intent.FORWARD}
        return sides.get(act, act) if self.words.rtl and isinstance(act, Intent) else act

    def slide(self, at: Layout, place: Rect, since: float, seconds: float = DECK_S) -> tuple[int, int]:
        """Where a deck's corner is while it comes in: from below in portrait, from the right in landscape."""
        rest = 1.0 - self.eased(since, seconds)
        if at.portrait:
            return place.x, place.y + round((at.height - place.y) * rest)
        return place.x + round((at.width - place.x) * rest), place.y

    def eased(self, since: float, seconds: float) -> float:
        """Progress 0..1 of a movement that began at ``since``, eased out by the cube."""
        if self.reduced_motion or seconds <= 0:
            return 1.0
        part = min(1.0, max(0.0, (self.now - since) / seconds))
        if part < 1.0:
            self.animating = True
        return float(1.0 - (1.0 - part) ** 3)

    def intents_at(self, x: float, y: float) -> tuple[Act, ...]:
        """What a touch at a window pixel means: the smallest target there is meant, whole screens last."""
        for place, intents in sorted(self.targets, key=lambda pair: pair[0].w * pair[0].h):
            if place.holds(x, y):
                return intents
        return ()
