"""The code that makes her telephone a remote: low beside her, at the question and at the look."""

from __future__ import annotations

from dataclasses import replace

from PyQt5.QtGui import QPainter

from mirror.ui import direction
from mirror.ui.baking import Baked
from mirror.ui.canvas import Canvas
from mirror.ui.code import PLATE, bake_code, code_of
from mirror.ui.freeze import Freeze
from mirror.ui.handoff import HandOff
from mirror.ui.layout import MARGIN, Layout, Rect
from mirror.ui.screens import Screen
from mirror.ui.states import ScreenModel

GAP = 16
INVITING = frozenset({Screen.CONSENT, Screen.LOOK})
"""Screens that stand still and leave it room."""


class PhoneCode:
    """Paints it on a canvas. ``link`` "": there is none."""

    def __init__(self, canvas: Canvas, handoff: HandOff, freeze: Freeze) -> None:
        self.canvas = canvas
        self.link = ""
        self._handoff = handoff
        self._freeze = freeze
        self._baked: Baked | None = None
        self._told: tuple[object, ...] = ()

    @property
    def told(self) -> tuple[object, ...]:
        """All that decides on it beside the screen."""
        return self.link, self._baked

    def forget(self) -> None:
        """Let go of the last visit's code; it leads nowhere any more."""
        self.link, self._baked, self._told = "", None, ()

    def shown(self, at: Layout, model: ScreenModel) -> bool:
        """Whether there is a code on this screen. In landscape the look's own code has its place."""
        return bool(self.link) and model.screen in INVITING and (at.portrait or not self._handoff.shown(model))

    def place(self, at: Layout, model: ScreenModel) -> Rect:
        """Where it stands: low in the left lane, above what else stands there."""
        w, h = (round(side * at.scale) for side in PLATE)
        if at.portrait:
            # the lane ends above the deck, above Stop and above Compare
            foot = self._freeze.cleared(at.for_tags(model.screen), model).lane_left.bottom
            return Rect(at.lane_left.x, foot - h, w, h)
        foot = min(at.lane_left.bottom, self._handoff.place(at).bottom)
        if at.low:
            foot = min(foot, at.stop_on(model.screen).y - round(GAP * at.scale))
        return Rect(round(MARGIN * at.scale), foot - h, w, h)

    def cleared(self, at: Layout, model: ScreenModel) -> Layout:
        """The layout whose left lane leaves it its place."""
        if not self.shown(at, model):
            return at
        place, gap, lane = self.place(at, model), round(GAP * at.scale), at.lane_left
        if at.portrait:
            return replace(at, lane_left=lane._replace(h=min(lane.bottom, place.y - gap) - lane.y))
        left = max(lane.x, place.right + gap)
        return replace(at, lane_left=lane._replace(x=left, w=lane.right - left))

    def paint(self, painter: QPainter, at: Layout, model: ScreenModel) -> None:
        """Blit it, once it is drawn: see :meth:`prepare`."""
        if self.shown(at, model) and self._baked is not None and self._told == self._key():
            place = self.place(at, model)
            self.canvas.put(painter, self._baked, place.x, place.y)

    def prepare(self, at: Layout, model: ScreenModel) -> None:
        """Draw it; between paints. It is not kept among the canvas's elements: it ends with the visit."""
        if self.shown(at, model) and self._told != self._key():
            canvas, words = self.canvas, self.canvas.words
            modules = code_of(self.link, "[phone] remote")
            with direction.reading(words.rtl):
                self._baked = bake_code(canvas.look, canvas.scale, modules, words("phone"), words("phone2"))
            self._told = self._key()

    def _key(self) -> tuple[object, ...]:
        canvas = self.canvas
        return self.link, canvas.look, canvas.words.language, canvas.scale
