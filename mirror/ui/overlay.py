"""Everything that lies over her mirror image, painted from one state and one screen model.

The overlay keeps what it painted: ``plates`` (window rectangles of all plates) and ``targets`` (what a touch means).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PyQt5.QtCore import QPointF, Qt
from PyQt5.QtGui import QColor, QPainter, QPen

from mirror.domain import Item
from mirror.pipeline.state import MirrorState
from mirror.pipeline.view import View
from mirror.ui import decks, engineer, pills, theme
from mirror.ui.approach import bake_approach
from mirror.ui.baking import Baked, bake_free
from mirror.ui.buttons import bake_stop
from mirror.ui.canvas import Canvas, Pictures
from mirror.ui.choice_deck import ChoiceDeck
from mirror.ui.compare_deck import CompareDeck
from mirror.ui.dark_screens import draw_dark
from mirror.ui.detail_deck import DetailDeck
from mirror.ui.freeze import Freeze
from mirror.ui.handoff import HandOff
from mirror.ui.hands import HandControl
from mirror.ui.hint import paint_hint
from mirror.ui.language_pill import paint_choice
from mirror.ui.layout import HINTED, Layout, Rect
from mirror.ui.logo import bake_logo
from mirror.ui.look_deck import LookDeck
from mirror.ui.phone_code import PhoneCode
from mirror.ui.replay import Replay
from mirror.ui.screens import DARK, SERVING, Guidance, Intent, Screen
from mirror.ui.states import ScreenModel
from mirror.ui.tag_layer import TagLayer
from mirror.ui.theme import Theme
from mirror.ui.words import Words

TAGGED = frozenset({Screen.LOOKING, Screen.LOOK, Screen.DETAIL, Screen.CORRECTION})
"""Screens on which what she wears is named beside her."""
PRODUCTS_S = theme.tokens()["motion"]["productCycle"] / 1000
NIGHT = QColor(0, 0, 0, 160)
"""Laid over everything at night: 37 % of the light is left."""
PANEL_S = 0.5
"""The engineer's panel is drawn again this often."""
GUIDE_ICONS = {Guidance.BACK: "step_back", Guidance.CLOSER: "closer", Guidance.FACE: "face", Guidance.ONE: "person"}


class Overlay(Canvas):
    """Paints the overlay. One instance per window; ``resize`` when the window changes, ``forget`` after a visit."""

    def __init__(
        self, look: Theme, words: Words, pictures: Pictures, name_colour: Callable[[str], str], *,
        reduced_motion: bool = False,
    ) -> None:
        super().__init__(look, words, pictures, reduced_motion=reduced_motion)
        self.recording = False
        self.showcase: tuple[tuple[Item, ...], ...] = ()
        """Pieces that the attract screen shows, four at a time."""
        self.tags = TagLayer(self, name_colour)
        self._look_deck = LookDeck(self)
        self._detail = DetailDeck(self)
        self._compare = CompareDeck(self)
        self.choices = ChoiceDeck(self)
        self.hands = HandControl()
        self.handoff = HandOff(self)
        self.freeze = Freeze(self)
        self.phone = PhoneCode(self, self.handoff, self.freeze)
        self._edges, self._deck = Replay(self), Replay(self)
        self._stop_x = 0
        self._cleared: tuple[tuple[object, ...], Any] = (), None
        self._somebody = False

    def forget(self) -> None:
        """Let go of everything that was drawn for her."""
        self.drop()
        self.tags.forget()
        self.hands.forget()
        self.freeze.forget()
        self.handoff.forget()
        self.phone.forget()
        self._edges.forget()
        self._deck.forget()
        self._cleared = (), None

    def prepare(self, at: Layout, model: ScreenModel) -> None:
        """Draw what is missing, and what she will probably ask for next; between paints."""
        self.catch_up()
        self._look_deck.prepare(at, model)
        self.handoff.prepare(model)
        self.phone.prepare(at, model)

    def paint(
        self, painter: QPainter, at: Layout, model: ScreenModel, state: MirrorState, view: View | None, now: float,
        *, paint_ms: float = 0.0, intervals_ms: Sequence[float] = (),
    ) -> None:
        """Paint one frame's overlay. ``view`` is that of the video now on screen (None: no video yet)."""
        self.begin(now)
        self._somebody = state.shopper > 0
        if model.screen in DARK:
            self._dark(painter, at, model, state)
            return
        if model.engineer and view is not None:
            engineer.draw_marks(painter, view, state, at.body(model.screen), at.scale)
        decides = self._decides(at, model)
        self._edges.paint(painter, decides, lambda p: self._top(p, at, model))
        tagged = model.screen in TAGGED
        if view is not None and tagged:
            self.tags.paint(painter, self._lanes(at, model, decides), model, state, view)
        elif not tagged:
            self.tags.hide()
        self._deck.paint(painter, decides, lambda p: self._on_screen(p, at, model))
        if view is not None:
            self.hands.paint(painter, self, view._replace(ox=view.ox + self.freeze.shift(at)))
        if self.dimmed and model.screen is Screen.ATTRACT:
            painter.fillRect(0, 0, at.width, at.height, NIGHT)
        if model.engineer:
            baked = engineer.bake_panel(at.engineer.w, at.engineer.h, at.scale, state, paint_ms, intervals_ms) \
                if self._panel_due(now) else self._panel
            self._panel = baked
            self.put(painter, baked, at.engineer.x, at.engineer.y)

    def _decides(self, at: Layout, model: ScreenModel) -> tuple[object, ...]:
        """All that decides on what is painted at the edges and on the deck, but for the time; () where that alone
        changes it."""
        if model.screen not in SERVING:
            return ()
        return (at, model.shown, self.words, self.look, self.stale, self.logo, self.recording, self.choices.bands,
                self.handoff.told, self.phone.told, self.freeze.active)

    def _on_screen(self, painter: QPainter, at: Layout, model: ScreenModel) -> None:
        """Paint the screen's own."""
        draw = {
            Screen.ATTRACT: self._attract, Screen.APPROACH: self._approach, Screen.CONSENT: self._consent,
            Screen.GUIDANCE: self._guidance,
            Screen.LOOKING: self._looking, Screen.LOOK: self._look, Screen.GOODBYE: self._goodbye,
            Screen.DETAIL: self._open, Screen.CORRECTION: self._correction, Screen.COMPARE: self._comparing,
        }.get(model.screen)
        if draw is not None:
            draw(painter, at, model)
            self.phone.paint(painter, at, model)
        elif model.screen is Screen.PLAIN:
            self.targets.append((Rect(0, 0, at.width, at.height), (Intent.ASK,)))

    _panel: Baked
    _panel_at = float("-inf")

    def _panel_due(self, now: float) -> bool:
        if now - self._panel_at < PANEL_S:
            return False
        self._panel_at = now
        return True

    def _lanes(self, at: Layout, model: ScreenModel, decides: tuple[object, ...]) -> Layout:
        """The layout whose lanes leave all that stands in them its place; made anew only when that changes."""
        if not decides or self._cleared[0] != decides:
            lanes = self.handoff.cleared(self.freeze.cleared(at.for_tags(model.screen), model), model)
            self._cleared = decides, self.phone.cleared(lanes, model)
        return self._cleared[1]

    # the edges

    def _top(self, painter: QPainter, at: Layout, model: ScreenModel) -> None:
        words, look, s = self.words, self.look, at.scale
        short = at.portrait and model.screen in HINTED
        label = "" if short else words("kept")
        lock = self.kept(("lock", label), lambda: pills.bake_pill(look, s, "lock", label, at.lock.w / s))
        self.put(painter, lock, at.lock.x, at.lock.y)
        if model.consented:
            stop = self.kept(("stop",), lambda: bake_stop(look, s, words("stop"), at.stop.w / s))
            place = at.stop_on(model.screen)
            x = place.x if at.low else place.right - stop.width
            self._stop_x = at.stop.right if at.low else x
            self.put(painter, stop, x, place.y, Intent.STOP)
        if model.screen in (Screen.ATTRACT, Screen.APPROACH, Screen.CONSENT):
            paint_choice(self, painter, at, model.screen)
        if self.recording:
            rec = self.kept(("rec",), lambda: pills.bake_recording(look, s, words("rec")))
            self.put(painter, rec, at.recording.x, at.recording.y)

    # the decks

    def _attract(self, painter: QPainter, at: Layout, model: ScreenModel) -> None:
        # the next four are asked for too, so that they are there when their turn comes
        turn = int((self.now - model.since) / PRODUCTS_S)
        for item in self.showcase[(turn + 1) % len(self.showcase)] if self.showcase else ():
            self.pictures(item)
        items = self.showcase[turn % len(self.showcase)] if self.showcase else ()
        found = [self.pictures(item) for item in items]
        key = ("sheet", *(item.id for item in items), *(picture is not None for picture in found))
        # the sheet runs on beyond the window: its far corners must not show round
        beyond = round(theme.radius("sheet") * at.scale)
        wide, tall = at.sheet.w + beyond * (not at.portrait), at.sheet.h + beyond
        sheet = self.kept(key, lambda: decks.bake_sheet(
            self.look, wide, tall, at.scale, self.words, found or [None] * 4, (at.sheet.w, at.sheet.h)))
        if not self._somebody:
            self._mark(painter, at)
        logo = self.logo
        if logo is not None:
            pill = self.kept(("logo",), lambda: bake_logo(self.look, at.scale, logo, at.logo.h / at.scale))
            self.put(painter, pill, round(at.logo.centre[0] - pill.width / 2), at.logo.y)
        self.put(painter, sheet, at.sheet.x, at.sheet.y)
        self.targets.append((Rect(0, 0, at.width, at.height), (Intent.ASK,)))

    def _approach(self, painter: QPainter, at: Layout, model: ScreenModel) -> None:
        place = at.guide
        deck = self.kept(("approach",), lambda: bake_approach(self.look, place.w, place.h, at.scale, self.words))
        self._mark(painter, at, place.y if at.portrait else at.height)
        self.targets.append((Rect(0, 0, at.width, at.height), (Intent.ASK,)))
        self.put(painter, deck, *self.slide(at, place, model.since))

    def _mark(self, painter: QPainter, at: Layout, foot: int | None = None) -> None:
        """The ring on the floor where she should stand."""
        s = at.scale
        width, height = round(490 * s), round(104 * s)

        def ring(p: QPainter, w: float, h: float) -> None:
            p.setBrush(Qt.NoBrush)
            for colour, stroke in ((self.look.on_yours, 16.0), (self.look.yours, 11.0)):
                p.setPen(QPen(QColor(colour), stroke))
                p.drawEllipse(QPointF(w / 2, h / 2), w / 2 - 9, h / 2 - 9)

        baked = self.kept(("mark",), lambda: bake_free(width, height, s, ring))
        x = round(at.corridor.centre[0] - width / 2)
        foot = (at.sheet.y if at.portrait else at.height) if foot is None else foot
        baked.paint(painter, x, foot - height - round(40 * s))

    def _consent(self, painter: QPainter, at: Layout, model: ScreenModel) -> None:
        place = at.consent
        deck = self.kept(("consent",), lambda: decks.bake_consent(self.look, place.w, place.h, at.scale, self.words))
        x, y = self.slide(at, place, model.since)
        for button, intent in zip(decks.consent_buttons(place.w / at.scale, place.h / at.scale),
                                  (Intent.NO, Intent.YES), strict=True):
            self.targets.append((Rect(x + round(button.x() * at.scale), y + round(button.y() * at.scale),
                                      round(button.width() * at.scale), round(button.height() * at.scale)), (intent,)))
        self.put(painter, deck, x, y)

    def _guidance(self, painter: QPainter, at: Layout, model: ScreenModel) -> None:
        kind, place = model.guidance, at.guide
        deck = self.kept(("guide", kind), lambda: decks.bake_guide(
            self.look, place.w, place.h, at.scale, GUIDE_ICONS[kind], self.words(kind.value),
            self.words(f"{kind.value}2")))
        self.put(painter, deck, *self.slide(at, place, model.since))
        if kind in (Guidance.BACK, Guidance.CLOSER):
            near = kind is Guidance.BACK
            rail = self.kept(("rail", near), lambda: decks.bake_rail(
                self.look, at.rail.w, at.rail.h, at.scale, near))
            self.put(painter, rail, at.rail.x, at.rail.y)

    def _looking(self, painter: QPainter, at: Layout, model: ScreenModel) -> None:
        place, done = at.looking, model.stages
        deck = self.kept(("looking", done), lambda: decks.bake_looking(
            self.look, place.w, place.h, at.scale, self.words, done))
        self.put(painter, deck, *self.slide(at, place, model.since))

    def _goodbye(self, painter: QPainter, at: Layout, model: ScreenModel) -> None:
        place = at.goodbye
        deck = self.kept(("goodbye",), lambda: decks.bake_goodbye(
            self.look, place.w, place.h, at.scale, self.words))
        self.put(painter, deck, *self.slide(at, place, model.since))

    def _dark(self, painter: QPainter, at: Layout, model: ScreenModel, state: MirrorState) -> None:
        resting = model.screen is Screen.PAUSED
        staff = "" if resting else state.notice

        def draw(p: QPainter, w: float, h: float) -> None:
            if resting:
                draw_dark(p, w, h, self.words, "paused", "eye_off", button=self.words("wake"))
            else:
                draw_dark(p, w, h, self.words, "lost", "plug", staff)

        screen = self.kept(("dark", resting, staff), lambda: bake_free(at.width, at.height, at.scale, draw))
        screen.paint(painter, 0, 0)
        if resting:
            self.targets.append((Rect(0, 0, at.width, at.height), (Intent.ASK,)))

    def _look(self, painter: QPainter, at: Layout, model: ScreenModel) -> None:
        self._look_deck.paint(painter, at, model, self._stop_x)
        self.freeze.paint(painter, at, model)
        self.handoff.paint(painter, at, model)

    def _open(self, painter: QPainter, at: Layout, model: ScreenModel) -> None:
        paint_hint(self, painter, at, "palm", self.words("page"))
        self._detail.paint(painter, at, model, code=self.handoff.shown(model))
        if not self.animating:
            self.handoff.paint(painter, at, model)

    def _correction(self, painter: QPainter, at: Layout, model: ScreenModel) -> None:
        paint_hint(self, painter, at, "palm", self.words("hint_change"))
        self.choices.paint(painter, at, model)

    def _comparing(self, painter: QPainter, at: Layout, model: ScreenModel) -> None:
        self.freeze.paint(painter, at, model)
        self._compare.paint(painter, at, model)
