"""The look as a QR code: a link to the shop's own page with the items' ids in it, and nothing about her.

It stands low beside her, where a telephone is held, and is drawn between paints: a code takes some milliseconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import quote

from PyQt5.QtGui import QPainter

from mirror.domain import Item
from mirror.ui.baking import Baked
from mirror.ui.canvas import Canvas
from mirror.ui.code import PLATE, bake_code, code_of
from mirror.ui.layout import MARGIN, Layout, Rect
from mirror.ui.look_deck import partners_of
from mirror.ui.screens import Screen
from mirror.ui.states import ScreenModel

INSET = 22
"""From the edge of the deck of one piece seen closer."""


def link_of(url: str, items: Sequence[Item], language: str = "en") -> str:
    """The page of these items: ``{ids}`` in ``url`` becomes their ids, joined by commas and percent-encoded, and
    ``{language}`` hers."""
    return url.replace("{language}", language).replace("{ids}", ",".join(quote(item.id, safe="") for item in items))


def items_of(model: ScreenModel) -> tuple[Item, ...]:
    """What goes along: the piece that she sees closer, alone; on the look the pieces that she chose, else the card in
    hand (with its partners in an outfit)."""
    if model.screen is Screen.DETAIL:
        return () if model.opened is None else (model.opened.item,)
    chosen = {offer.item.id: offer.item for offer in (*model.look.similar, *model.look.complete, *model.earlier)
              if offer.item.id in model.chosen}
    if chosen:
        return tuple(chosen.values())
    if not 0 <= model.index < len(model.suggestions):
        return ()
    return (model.suggestions[model.index].item, *partners_of(model, model.index))


class HandOff:
    """Paints the code on a canvas while a look is open. ``url`` "" (the default): there is none."""

    def __init__(self, canvas: Canvas, url: str = "") -> None:
        self.canvas = canvas
        self._url = ""
        self.url = url
        self._wanted: tuple[str, ...] = ()
        self._detail = False

    @property
    def url(self) -> str:
        return self._url

    @url.setter
    def url(self, url: str) -> None:
        if url:
            code_of(link_of(url, ()))  # what is missing is told at the start, not at the first look
        self._url = url

    @property
    def told(self) -> tuple[object, ...]:
        """All that decides on it beside what is open."""
        return self._url, self._wanted

    def forget(self) -> None:
        """Let go of which pieces the last code was of."""
        self._wanted, self._detail = (), False

    def place(self, at: Layout) -> Rect:
        """Where it stands: portrait, low in the right lane; landscape, low in the left lane over the hint."""
        w, h = round(PLATE[0] * at.scale), round(PLATE[1] * at.scale)
        if self._detail:
            deck, inset = at.detail, round(INSET * at.scale)
            # on the side where the words leave it room
            x = deck.x + inset if self.canvas.words.rtl else deck.right - inset - w
            return Rect(x, deck.y + inset, w, h)
        lane = at.lane_right if at.portrait else at.lane_left
        gap = round(24 * at.scale)
        x = lane.right - w if at.portrait else round(MARGIN * at.scale)
        return Rect(x, min(lane.bottom, at.height) - h - gap * (not at.portrait), w, h)

    def shown(self, model: ScreenModel) -> bool:
        """Whether there is a code for this screen; from then on :meth:`place` is this screen's."""
        self._detail = model.screen is Screen.DETAIL
        return bool(self._url) and model.screen in (Screen.LOOK, Screen.DETAIL) and bool(items_of(model))

    def cleared(self, at: Layout, model: ScreenModel) -> Layout:
        """The layout whose lanes leave the code its place."""
        if not self.shown(model) or self._detail:
            return at
        gap, place = round(16 * at.scale), self.place(at)
        if at.portrait:
            return replace(at, lane_right=at.lane_right._replace(h=place.y - gap - at.lane_right.y))
        # the left lane is wide enough for both side by side
        left = place.right + gap
        return replace(at, lane_left=at.lane_left._replace(x=left, w=at.lane_left.right - left))

    def paint(self, painter: QPainter, at: Layout, model: ScreenModel) -> None:
        """Blit the code of what is open, once it is drawn: see :meth:`prepare`."""
        if not self.shown(model):
            return
        place, key = self.place(at), self._key(model)
        if key == self._wanted:
            self.canvas.put(painter, self.canvas.kept(key, lambda: self._bake(model)), place.x, place.y)

    def prepare(self, model: ScreenModel) -> None:
        """Draw the code of what is open; between paints."""
        if self.shown(model) and self._key(model) != self._wanted:
            self._wanted = self._key(model)
            self.canvas.kept(self._wanted, lambda: self._bake(model))

    def _key(self, model: ScreenModel) -> tuple[str, ...]:
        return ("code", self.canvas.words.language, *(item.id for item in items_of(model)))

    def _bake(self, model: ScreenModel) -> Baked:
        words = self.canvas.words
        modules = code_of(link_of(self._url, items_of(model), words.language))
        return bake_code(self.canvas.look, self.canvas.scale, modules, words("scan"), words("scan2"))
