"""The deck of the look: tabs, count, the large card and its neighbours."""

from __future__ import annotations

from dataclasses import replace

from PyQt5.QtGui import QPainter

from mirror.domain import SIZE_KIND, Item, Suggestion
from mirror.ui import cards, pills, theme
from mirror.ui.baking import Baked
from mirror.ui.canvas import Canvas
from mirror.ui.hint import paint_hint
from mirror.ui.layout import Layout, Rect
from mirror.ui.screens import Intent, Screen
from mirror.ui.states import ScreenModel

PAGE_S = theme.tokens()["motion"]["page"]["ms"] / 1000


def content_of(canvas: Canvas, model: ScreenModel, offer: Suggestion) -> cards.CardContent:
    """What is said of an offered item, in her language and with her sizes."""
    item, kind = offer.item, SIZE_KIND.get(offer.item.category)
    return cards.CardContent(
        item, canvas.words.price(item.price, item.currency), offer.why_in(canvas.words.language),
        model.sizes.get(kind, ()) if kind else (), item.id in model.chosen, bool(canvas.stale))


class LookDeck:
    """Paints the deck on a canvas."""

    def __init__(self, canvas: Canvas) -> None:
        self.canvas = canvas

    def paint(self, painter: QPainter, at: Layout, model: ScreenModel, stop_x: int) -> None:
        """Paint it; ``stop_x`` is where the Stop pill begins, beside which landscape counts."""
        words, look, s = self.canvas.words, self.canvas.look, at.scale
        told = self.canvas.stale
        if told or len(model.suggestions) > 1:
            paint_hint(self.canvas, painter, at, "clock" if told else "palm", told or words("page"))
        labels = [words({"complete": "outfit"}.get(tab, tab)) for tab in model.tabs]
        opened = model.tabs.index(model.tab)
        tabs = self.canvas.kept(("tabs", opened, len(labels)), lambda: pills.bake_tabs(
            look, s, labels, at.tabs.w / s, opened))
        left = round(at.tabs.centre[0] - tabs.width / 2)
        place = self.canvas.put(painter, tabs, left, at.tabs.y)
        edge = left + pills.TAB_INSET * s
        tabbed = list(zip(pills.fit_tabs(labels, at.tabs.w / s)[1], (Intent.SIMILAR, Intent.OUTFIT, Intent.SEEN),
                          strict=False))
        for width, intent in reversed(tabbed) if words.rtl else tabbed:
            self.canvas.targets.append((Rect(round(edge), place.y, round(width * s), place.h), (intent,)))
            edge += width * s
        count = len(model.suggestions)
        if count:
            label = f"{model.index + 1} / {count}"
            tall = round(at.counter.h / s)
            counter = self.canvas.kept(("count", label, tall), lambda: pills.bake_pill(
                look, s, "", label, at.counter.w / s, 600, tall))
            # in landscape the count stands beside Stop, which is as wide as its word
            right = at.counter.right if at.portrait else stop_x - round(16 * s)
            self.canvas.put(painter, counter, right - counter.width, at.counter.y)
        self._cards(painter, at, model)

    def _cards(self, painter: QPainter, at: Layout, model: ScreenModel) -> None:
        offers, index = model.suggestions, model.index
        rest = 1.0 - self.canvas.eased(model.paged_at, PAGE_S)
        x, y = self.canvas.slide(at, at.card, model.since)
        lift = y - at.card.y
        if not offers:
            empty = self.canvas.kept(("empty",), lambda: cards.bake_empty(
                self.canvas.look, at.card.w, at.card.h, at.scale, self.canvas.words("empty")))
            self.canvas.put(painter, empty, x, y)
            return
        if at.portrait:
            self._neighbours(painter, at, model, lift)
        else:
            self._thumbs(painter, at, model, x - at.card.x)
        travel = round((at.card.w + at.card.x) * 1.0) * self._way
        shift = round(model.paged_by * travel * rest) if at.portrait else 0
        if at.portrait and rest > 0 and model.paged_by and 0 <= index - model.paged_by < count_of(model):
            gone = self._card(at, model, index - model.paged_by)
            gone.paint(painter, x + shift - model.paged_by * travel, y)
        self.canvas.put(painter, self._card(at, model, index), x + shift, y, Intent.CHOOSE)

    @property
    def _way(self) -> int:
        """On which side the next card lies: 1 right, -1 left, where that is read from right to left."""
        return -1 if self.canvas.words.rtl else 1

    def _card(self, at: Layout, model: ScreenModel, index: int) -> Baked:
        offer = model.suggestions[index]
        content = content_of(self.canvas, model, offer)
        if content.stale:  # a card has one line under the price
            content = replace(content, why=self.canvas.words("prices_ask"))
        picture = self.canvas.pictures(offer.item)
        partners = partners_of(model, index)
        found = [self.canvas.pictures(item) for item in partners]
        key = ("card", content, picture is not None, *(item.id for item in partners), *(p is not None for p in found))
        return self.canvas.kept(key, lambda: cards.bake_card(
            self.canvas.look, at.card.w, at.card.h, at.scale, content, picture, found), ("card", offer.item.id))

    def _neighbours(self, painter: QPainter, at: Layout, model: ScreenModel, lift: int) -> None:
        """The cards that peek in at both sides, with the discs that fetch them."""
        for step, place, mark, icon, intent in (
            (-1, at.before, at.back, "left", Intent.BACK), (1, at.after, at.forward, "right", Intent.FORWARD),
        ):
            index, intent = model.index + step * self._way, self._turned(intent)
            if 0 <= index < count_of(model):
                self._small(painter, at, model.suggestions[index].item, place, lift)
            seen = Rect(max(0, place.x), place.y, min(place.right, at.width) - max(0, place.x), place.h)
            self.canvas.targets.append((seen, (intent,)))
            badge = self._disc(at, icon)
            self.canvas.put(painter, badge, mark.x, mark.y + lift, intent)

    def _thumbs(self, painter: QPainter, at: Layout, model: ScreenModel, shift: int) -> None:
        """Landscape: the next three as small cards under the large one."""
        offers = model.suggestions
        for i, place in enumerate(at.thumbs[:: self._way]):
            index = model.index + 1 + i
            if index >= len(offers):
                break
            self._small(painter, at, offers[index].item, place._replace(x=place.x + shift), 0)
            self.canvas.targets.append((place, (Intent.FORWARD,) * (i + 1)))
        for mark, icon, intent in ((at.back, "left", Intent.BACK), (at.forward, "right", Intent.FORWARD)):
            badge = self._disc(at, icon)
            self.canvas.put(painter, badge, mark.x + shift, mark.y, self._turned(intent))

    def _turned(self, intent: Intent) -> Intent:
        """What fetching from a side means."""
        turned = self.canvas.turned(intent)
        assert isinstance(turned, Intent)
        return turned

    def _disc(self, at: Layout, icon: str) -> Baked:
        return self.canvas.kept(("disc", icon), lambda: pills.bake_disc(self.canvas.look, at.scale, icon))

    def _small(self, painter: QPainter, at: Layout, item: Item, place: Rect, lift: int) -> None:
        picture = self.canvas.pictures(item)
        baked = self.canvas.kept(("small", item.id, picture is not None), lambda: cards.bake_neighbour(
            self.canvas.look, place.w, place.h, at.scale, picture))
        self.canvas.put(painter, baked, place.x, place.y + lift)

    def prepare(self, at: Layout, model: ScreenModel) -> None:
        """Draw one neighbouring card that is not drawn yet, so that paging finds it ready; between paints."""
        if model.screen is not Screen.LOOK or self.canvas.animating:
            return
        before = self.canvas.cache.bakes
        for step in (1, -1):
            if 0 <= model.index + step < len(model.suggestions) and self.canvas.cache.bakes == before:
                self._card(at, model, model.index + step)


def count_of(model: ScreenModel) -> int:
    """Cards of the open tab."""
    return len(model.suggestions)


def partners_of(model: ScreenModel, index: int) -> tuple[Item, ...]:
    """In the outfit tab: up to two other pieces, of other categories, that complete it together."""
    if model.tab != "complete":
        return ()
    offers = model.suggestions
    taken = {offers[index].item.category}
    partners: list[Item] = []
    for offer in (*offers[index + 1 :], *offers[:index]):
        if offer.item.category not in taken and len(partners) < 2:
            taken.add(offer.item.category)
            partners.append(offer.item)
    return tuple(partners)
