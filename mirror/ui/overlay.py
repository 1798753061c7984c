"""Everything that lies over her mirror image, painted from one state and one screen model.

The overlay keeps what it painted: ``plates`` (window rectangles of all plates) and ``targets`` (what a touch means).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PyQt5.QtCore import QPointF, Qt
from PyQt5.QtGui import QColor, QImage, QPainter, QPen

from mirror.domain import SIZE_KIND, Item
from mirror.pipeline.state import MirrorState
from mirror.pipeline.view import View
from mirror.ui import cards, decks, engineer, pills, theme
from mirror.ui.baking import BakeCache, Baked, bake_free
from mirror.ui.layout import Layout, Rect
from mirror.ui.states import Guidance, Intent, Screen, ScreenModel
from mirror.ui.tags import Tag, TagPlaces
from mirror.ui.theme import Theme
from mirror.ui.words import Words

PAGE_S = theme.tokens()["motion"]["page"]["ms"] / 1000
DECK_S = theme.tokens()["motion"]["deck"]["ms"] / 1000
TAG_S = theme.tokens()["motion"]["tag"]["ms"] / 1000
PRODUCTS_S = theme.tokens()["motion"]["productCycle"] / 1000
PANEL_S = 0.5
"""The engineer's panel is drawn again this often."""
DOT = 11
GUIDE_ICONS = {Guidance.BACK: "step_back", Guidance.CLOSER: "closer", Guidance.FACE: "face", Guidance.ONE: "person"}

Pictures = Callable[[Item], QImage | None]


class Overlay:
    """Paints the overlay. One instance per window; ``resize`` when the window changes, ``forget`` after a visit."""

    def __init__(
        self, look: Theme, words: Words, pictures: Pictures, name_colour: Callable[[str], str], *,
        reduced_motion: bool = False,
    ) -> None:
        self.look = look
        self.words = words
        self.pictures = pictures
        self.name_colour = name_colour
        self.reduced_motion = reduced_motion
        self.recording = False
        self.showcase: tuple[tuple[Item, ...], ...] = ()
        """Pieces that the attract screen shows, four at a time."""
        self.cache = BakeCache()
        self.plates: list[Rect] = []
        self.targets: list[tuple[Rect, tuple[Intent, ...]]] = []
        self.animating = False
        self._places = TagPlaces()
        self._tag_since: dict[str, float] = {}
        self._scale = 1.0
        self._now = 0.0
        self._stop_x = 0
        self._somebody = False

    def resize(self, at: Layout) -> None:
        """Elements of another scale are thrown away."""
        self._scale = at.scale
        self.cache.clear()
        self.cache.limit = round(self.cache.limit * max(1.0, at.scale) ** 2)

    def forget(self) -> None:
        """Let go of everything that was drawn for her."""
        self.cache.clear()
        self._places.forget()
        self._tag_since.clear()

    def paint(
        self, painter: QPainter, at: Layout, model: ScreenModel, state: MirrorState, view: View | None, now: float,
        *, paint_ms: float = 0.0, intervals_ms: Sequence[float] = (),
    ) -> None:
        """Paint one frame's overlay. ``view`` is that of the video now on screen (None: no video yet)."""
        self.plates, self.targets, self.animating, self._now = [], [], False, now
        self._somebody = state.shopper > 0
        if model.screen is Screen.LOST:
            self._lost(painter, at, state)
            return
        if model.engineer and view is not None:
            engineer.draw_marks(painter, view, state, at.body(model.screen), at.scale)
        self._top(painter, at, model)
        if view is not None and model.screen in (Screen.LOOKING, Screen.LOOK):
            self._tags(painter, at, model, state, view)
        elif model.screen not in (Screen.LOOKING, Screen.LOOK):
            self._tag_since.clear()
        draw = {
            Screen.ATTRACT: self._attract, Screen.CONSENT: self._consent, Screen.GUIDANCE: self._guidance,
            Screen.LOOKING: self._looking, Screen.LOOK: self._deck, Screen.GOODBYE: self._goodbye,
        }.get(model.screen)
        if draw is not None:
            draw(painter, at, model)
        elif model.screen is Screen.PLAIN:
            self.targets.append((Rect(0, 0, at.width, at.height), (Intent.ASK,)))
        if model.engineer:
            baked = engineer.bake_panel(at.engineer.w, at.engineer.h, at.scale, state, paint_ms, intervals_ms) \
                if self._panel_due(now) else self._panel
            self._panel = baked
            self._put(painter, baked, at.engineer.x, at.engineer.y)

    _panel: Baked
    _panel_at = float("-inf")

    def _panel_due(self, now: float) -> bool:
        if now - self._panel_at < PANEL_S:
            return False
        self._panel_at = now
        return True

    def _put(
        self, painter: QPainter, baked: Baked, x: int, y: int, intent: Intent | None = None,
    ) -> Rect:
        """Blit an element and remember where its plate is (and what a touch on it means)."""
        baked.paint(painter, x, y)
        place = Rect(x, y, baked.width, baked.height)
        self.plates.append(place)
        if intent is not None:
            self.targets.append((place, (intent,)))
        return place

    def _kept(self, key: tuple[object, ...], make: Callable[[], Baked]) -> Baked:
        return self.cache.get((self.look.name, self.words.language, round(self._scale, 4), *key), make)

    # the edges

    def _top(self, painter: QPainter, at: Layout, model: ScreenModel) -> None:
        words, look, s = self.words, self.look, at.scale
        short = at.portrait and model.screen is Screen.LOOK
        label = "" if short else words("kept")
        lock = self._kept(("lock", label), lambda: pills.bake_pill(look, s, "lock", label, at.lock.w / s))
        self._put(painter, lock, at.lock.x, at.lock.y)
        if model.consented:
            stop = self._kept(("stop",), lambda: pills.bake_pill(look, s, "cross", words("stop"), at.stop.w / s))
            self._stop_x = at.stop.right - stop.width
            self._put(painter, stop, self._stop_x, at.stop.y, Intent.STOP)
        if self.recording:
            rec = self._kept(("rec",), lambda: pills.bake_recording(look, s, words("rec")))
            self._put(painter, rec, at.recording.x, at.recording.y)

    # the decks

    def _slide(self, at: Layout, place: Rect, since: float, seconds: float = DECK_S) -> tuple[int, int]:
        """Where a deck's corner is while it comes in: from below in portrait, from the right in landscape."""
        rest = 1.0 - self._eased(since, seconds)
        if at.portrait:
            return place.x, place.y + round((at.height - place.y) * rest)
        return place.x + round((at.width - place.x) * rest), place.y

    def _eased(self, since: float, seconds: float) -> float:
        """Progress 0..1 of a movement that began at ``since``, eased out by the cube."""
        if self.reduced_motion or seconds <= 0:
            return 1.0
        part = min(1.0, max(0.0, (self._now - since) / seconds))
        if part < 1.0:
            self.animating = True
        return float(1.0 - (1.0 - part) ** 3)

    def _attract(self, painter: QPainter, at: Layout, model: ScreenModel) -> None:
        # the next four are asked for too, so that they are there when their turn comes
        turn = int((self._now - model.since) / PRODUCTS_S)
        for item in self.showcase[(turn + 1) % len(self.showcase)] if self.showcase else ():
            self.pictures(item)
        items = self.showcase[turn % len(self.showcase)] if self.showcase else ()
        found = [self.pictures(item) for item in items]
        key = ("sheet", *(item.id for item in items), *(picture is not None for picture in found))
        # the sheet runs on beyond the window: its far corners must not show round
        beyond = round(theme.radius("sheet") * at.scale)
        wide, tall = at.sheet.w + beyond * (not at.portrait), at.sheet.h + beyond
        sheet = self._kept(key, lambda: decks.bake_sheet(
            self.look, wide, tall, at.scale, self.words, found or [None] * 4, (at.sheet.w, at.sheet.h)))
        if not self._somebody:
            self._mark(painter, at)
        self._put(painter, sheet, at.sheet.x, at.sheet.y)
        self.targets.append((Rect(0, 0, at.width, at.height), (Intent.ASK,)))

    def _mark(self, painter: QPainter, at: Layout) -> None:
        """The ring on the floor where she should stand."""
        s = at.scale
        width, height = round(490 * s), round(104 * s)

        def ring(p: QPainter, w: float, h: float) -> None:
            p.setBrush(Qt.NoBrush)
            for colour, stroke in ((self.look.on_yours, 16.0), (self.look.yours, 11.0)):
                p.setPen(QPen(QColor(colour), stroke))
                p.drawEllipse(QPointF(w / 2, h / 2), w / 2 - 9, h / 2 - 9)

        baked = self._kept(("mark",), lambda: bake_free(width, height, s, ring))
        x = round(at.corridor.centre[0] - width / 2)
        baked.paint(painter, x, (at.sheet.y if at.portrait else at.height) - height - round(40 * s))

    def _consent(self, painter: QPainter, at: Layout, model: ScreenModel) -> None:
        place = at.consent
        deck = self._kept(("consent",), lambda: decks.bake_consent(self.look, place.w, place.h, at.scale, self.words))
        x, y = self._slide(at, place, model.since)
        for button, intent in zip(decks.consent_buttons(place.w / at.scale, place.h / at.scale),
                                  (Intent.NO, Intent.YES), strict=True):
            self.targets.append((Rect(x + round(button.x() * at.scale), y + round(button.y() * at.scale),
                                      round(button.width() * at.scale), round(button.height() * at.scale)), (intent,)))
        self._put(painter, deck, x, y)

    def _guidance(self, painter: QPainter, at: Layout, model: ScreenModel) -> None:
        kind, place = model.guidance, at.guide
        deck = self._kept(("guide", kind), lambda: decks.bake_guide(
            self.look, place.w, place.h, at.scale, GUIDE_ICONS[kind], self.words(kind.value),
            self.words(f"{kind.value}2")))
        self._put(painter, deck, *self._slide(at, place, model.since))
        if kind in (Guidance.BACK, Guidance.CLOSER):
            near = kind is Guidance.BACK
            rail = self._kept(("rail", near), lambda: decks.bake_rail(
                self.look, at.rail.w, at.rail.h, at.scale, near))
            self._put(painter, rail, at.rail.x, at.rail.y)

    def _looking(self, painter: QPainter, at: Layout, model: ScreenModel) -> None:
        place, done = at.looking, model.stages
        deck = self._kept(("looking", done), lambda: decks.bake_looking(
            self.look, place.w, place.h, at.scale, self.words, done))
        self._put(painter, deck, *self._slide(at, place, model.since))

    def _goodbye(self, painter: QPainter, at: Layout, model: ScreenModel) -> None:
        place = at.goodbye
        deck = self._kept(("goodbye",), lambda: decks.bake_goodbye(
            self.look, place.w, place.h, at.scale, self.words))
        self._put(painter, deck, *self._slide(at, place, model.since))

    def _lost(self, painter: QPainter, at: Layout, state: MirrorState) -> None:
        def draw(p: QPainter, w: float, h: float) -> None:
            decks.draw_lost(p, w, h, self.words, state.notice)

        screen = self._kept(("lost", state.notice), lambda: bake_free(at.width, at.height, at.scale, draw))
        screen.paint(painter, 0, 0)

    # the look

    def _deck(self, painter: QPainter, at: Layout, model: ScreenModel) -> None:
        words, look, s = self.words, self.look, at.scale
        if len(model.suggestions) > 1:
            hint = self._kept(("hint",), lambda: pills.bake_pill(look, s, "touch", words("page"), at.hint.w / s, 600))
            x = round(at.hint.centre[0] - hint.width / 2) if at.portrait else at.hint.x
            self._put(painter, hint, x, at.hint.y)
        first = model.tab == "similar"
        tabs = self._kept(("tabs", first), lambda: pills.bake_tabs(
            look, s, words("similar"), words("outfit"), at.tabs.w / s, first=first))
        left = round(at.tabs.centre[0] - tabs.width / 2)
        place = self._put(painter, tabs, left, at.tabs.y)
        split = left + round((pills.TAB_INSET + pills.tab_widths(
            words("similar"), words("outfit"), at.tabs.w / s)[2]) * s)
        self.targets.append((Rect(left, place.y, split - left, place.h), (Intent.SIMILAR,)))
        self.targets.append((Rect(split, place.y, place.right - split, place.h), (Intent.OUTFIT,)))
        count = len(model.suggestions)
        if count:
            label = f"{model.index + 1} / {count}"
            tall = round(at.counter.h / s)
            counter = self._kept(("count", label, tall), lambda: pills.bake_pill(
                look, s, "", label, at.counter.w / s, 600, tall))
            # in landscape the count stands beside Stop, which is as wide as its word
            right = at.counter.right if at.portrait else self._stop_x - round(16 * s)
            self._put(painter, counter, right - counter.width, at.counter.y)
        self._cards(painter, at, model)

    def _cards(self, painter: QPainter, at: Layout, model: ScreenModel) -> None:
        offers, index = model.suggestions, model.index
        rest = 1.0 - self._eased(model.paged_at, PAGE_S)
        x, y = self._slide(at, at.card, model.since)
        lift = y - at.card.y
        if not offers:
            empty = self._kept(("empty",), lambda: cards.bake_empty(
                self.look, at.card.w, at.card.h, at.scale, self.words("empty")))
            self._put(painter, empty, x, y)
            return
        if at.portrait:
            self._neighbours(painter, at, model, lift)
        else:
            self._thumbs(painter, at, model, x - at.card.x)
        travel = round((at.card.w + at.card.x) * 1.0)
        shift = round(model.paged_by * travel * rest) if at.portrait else 0
        if at.portrait and rest > 0 and model.paged_by and 0 <= index - model.paged_by < count_of(model):
            gone = self._card(at, model, index - model.paged_by)
            gone.paint(painter, x + shift - model.paged_by * travel, y)
        self._put(painter, self._card(at, model, index), x + shift, y, Intent.CHOOSE)

    def _card(self, at: Layout, model: ScreenModel, index: int) -> Baked:
        offer = model.suggestions[index]
        kind = SIZE_KIND.get(offer.item.category)
        content = cards.CardContent(
            offer.item, self.words.price(offer.item.price, offer.item.currency), offer.why,
            model.sizes.get(kind, ()) if kind else (), offer.item.id in model.chosen)
        picture = self.pictures(offer.item)
        partners = partners_of(model, index)
        found = [self.pictures(item) for item in partners]
        key = ("card", content, picture is not None, *(item.id for item in partners), *(p is not None for p in found))
        return self._kept(key, lambda: cards.bake_card(
            self.look, at.card.w, at.card.h, at.scale, content, picture, found))

    def _neighbours(self, painter: QPainter, at: Layout, model: ScreenModel, lift: int) -> None:
        """The cards that peek in at both sides, with the discs that fetch them."""
        for step, place, mark, icon, intent in (
            (-1, at.before, at.back, "left", Intent.BACK), (1, at.after, at.forward, "right", Intent.FORWARD),
        ):
            index = model.index + step
            if 0 <= index < count_of(model):
                self._small(painter, at, model.suggestions[index].item, place, lift)
            seen = Rect(max(0, place.x), place.y, min(place.right, at.width) - max(0, place.x), place.h)
            self.targets.append((seen, (intent,)))
            badge = self._kept(("disc", icon), lambda icon=icon: pills.bake_disc(self.look, at.scale, icon))  # type: ignore[misc]
            self._put(painter, badge, mark.x, mark.y + lift, intent)

    def _thumbs(self, painter: QPainter, at: Layout, model: ScreenModel, shift: int) -> None:
        """Landscape: the next three as small cards under the large one."""
        offers = model.suggestions
        for i, place in enumerate(at.thumbs):
            index = model.index + 1 + i
            if index >= len(offers):
                break
            self._small(painter, at, offers[index].item, place._replace(x=place.x + shift), 0)
            self.targets.append((place, (Intent.FORWARD,) * (i + 1)))
        for mark, icon, intent in ((at.back, "left", Intent.BACK), (at.forward, "right", Intent.FORWARD)):
            badge = self._kept(("disc", icon), lambda icon=icon: pills.bake_disc(self.look, at.scale, icon))  # type: ignore[misc]
            self._put(painter, badge, mark.x + shift, mark.y, intent)

    def _small(self, painter: QPainter, at: Layout, item: Item, place: Rect, lift: int) -> None:
        picture = self.pictures(item)
        baked = self._kept(("small", item.id, picture is not None), lambda: cards.bake_neighbour(
            self.look, place.w, place.h, at.scale, picture))
        self._put(painter, baked, place.x, place.y + lift)

    # the tags

    def _tags(self, painter: QPainter, at: Layout, model: ScreenModel, state: MirrorState, view: View) -> None:
        sizes = model.sizes.get("tops") or model.sizes.get("bottoms") or ()
        declared = state.profile.sizes_origin == "declared"
        sizes = sizes[:1] if declared else sizes[:2]
        tags = self._places.place(at, view, state.pose, state.garments, sizes=len(sizes), now=self._now)
        self._tag_since = {tag.key: self._tag_since.get(tag.key, self._now) for tag in tags}
        painter.setRenderHint(QPainter.Antialiasing, True)
        on_video = theme.tokens()["color"]["onVideo"]
        stroke = theme.tokens()["stroke"]
        shown: list[tuple[Tag, float]] = []
        for tag in tags:
            if tag.yours and not sizes:
                self._dot(painter, at, "pending", tag.dot)
                continue
            grown = self._eased(self._tag_since[tag.key], TAG_S)
            dot = QPointF(*tag.dot)
            foot = dot + (QPointF(*tag.foot) - dot) * grown
            for name, width in (("lineUnder", stroke["leaderUnder"]), ("line", stroke["leader"])):
                painter.setPen(QPen(theme.colour(on_video[name]), width * at.scale))
                painter.drawLine(dot, foot)
            self._dot(painter, at, "yours" if tag.yours else "dot", tag.dot)
            shown.append((tag, grown))
        painter.setRenderHint(QPainter.Antialiasing, False)
        for tag, grown in shown:
            if grown >= 1.0:
                intent = Intent.CHANGE if tag.yours else None
                self._put(painter, self._tag(at, tag, state, sizes), tag.plate.x, tag.plate.y, intent)

    def _tag(self, at: Layout, tag: Tag, state: MirrorState, sizes: tuple[str, ...]) -> Baked:
        w, h, words = tag.plate.w, tag.plate.h, self.words
        if tag.garment is None:
            about = words("yourSize" if state.profile.sizes_origin == "declared" else "about")
            return self._kept(("size", about, sizes), lambda: pills.bake_size_tag(
                self.look, w, h, at.scale, about, words("maybe"), words("change"), sizes))
        garment = tag.garment
        hue = garment.colours[0] if garment.colours else ""
        return self._kept(("tag", garment.category, hue), lambda: pills.bake_tag(
            self.look, w, h, at.scale, garment, words.category(garment.category),
            self.name_colour(hue) if hue else ""))

    def _dot(self, painter: QPainter, at: Layout, kind: str, where: tuple[int, int]) -> None:
        side = 2 * DOT + 4

        def draw(p: QPainter, w: float, h: float) -> None:
            middle = QPointF(w / 2, h / 2)
            p.setPen(QPen(self.look.on_yours, 2.5))
            p.setBrush(QColor("white") if kind == "dot" else self.look.yours)
            p.drawEllipse(middle, DOT, DOT)
            if kind == "pending":
                p.setCompositionMode(QPainter.CompositionMode_Source)
                p.setBrush(Qt.transparent)
                p.drawEllipse(middle, 6, 6)

        baked = self._kept(("dot", kind), lambda: bake_free(
            round(side * at.scale), round(side * at.scale), at.scale, draw))
        baked.paint(painter, where[0] - baked.width // 2, where[1] - baked.height // 2)

    def prepare(self, at: Layout, model: ScreenModel) -> None:
        """Draw one neighbouring card that is not drawn yet, so that paging finds it ready; between paints."""
        if model.screen is not Screen.LOOK or self.animating:
            return
        before = self.cache.bakes
        for step in (1, -1):
            if 0 <= model.index + step < len(model.suggestions) and self.cache.bakes == before:
                self._card(at, model, model.index + step)

    def intents_at(self, x: float, y: float) -> tuple[Intent, ...]:
        """What a touch at a window pixel means: the smallest target there is meant, whole screens last."""
        for place, intents in sorted(self.targets, key=lambda pair: pair[0].w * pair[0].h):
            if place.holds(x, y):
                return intents
        return ()


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
