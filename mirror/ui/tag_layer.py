"""The tags beside her body with their leaders and dots."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache

from PyQt5.QtCore import QPointF, Qt
from PyQt5.QtGui import QColor, QPainter, QPen

from mirror.domain import LETTER_SIZES
from mirror.pipeline.state import MirrorState
from mirror.pipeline.view import View
from mirror.ui import pills, theme
from mirror.ui.baking import Baked, bake_free
from mirror.ui.canvas import Canvas
from mirror.ui.layout import Layout, Rect
from mirror.ui.screens import Intent, Pick
from mirror.ui.states import ScreenModel
from mirror.ui.tags import Tag, TagPlaces

TAG_S = theme.tokens()["motion"]["tag"]["ms"] / 1000
DOT = 11
LEADER = (400, 8)
"""Design pixels of the strip that leaders are cut off."""
STEP = 8
"""Of 256 in each of red, green and blue: hardly seen on a swatch."""
LINE_HIGH = 72
"""Design pixels of a size's line on her tag."""


@cache
def _pens(scale: float) -> tuple[QPen, ...]:
    """Of a leader: its dark edge, and the line."""
    on_video, stroke = theme.tokens()["color"]["onVideo"], theme.tokens()["stroke"]
    return tuple(QPen(theme.colour(on_video[name]), stroke[width] * scale)
                 for name, width in (("lineUnder", "leaderUnder"), ("line", "leader")))


@lru_cache(maxsize=64)
def steady(colour: str) -> str:
    """A colour (#rrggbb) in steps of :data:`STEP`: light trembles, and its tag need not be drawn anew each time."""
    return "#" + "".join(f"{min(255, round(int(colour[i : i + 2], 16) / STEP) * STEP):02x}" for i in (1, 3, 5))


class TagLayer:
    """Paints tags on a canvas; ``name_colour`` says a colour (#rrggbb) in words."""

    def __init__(self, canvas: Canvas, name_colour: Callable[[str], str]) -> None:
        self.canvas = canvas
        self.name_colour = name_colour
        self.places = TagPlaces()
        self._since: dict[str, float] = {}
        self._kept: tuple[object, float, dict[str, Baked]] = None, 0.0, {}

    def forget(self) -> None:
        """Let go of where her tags stood."""
        self.places.forget()
        self._since.clear()

    def hide(self) -> None:
        """Tags that come again grow again."""
        self._since.clear()

    def paint(
        self, painter: QPainter, at: Layout, model: ScreenModel, state: MirrorState, view: View,
    ) -> None:
        """Paint the tags of what was found, and a hollow dot where her size is still being worked out."""
        sizes = model.sizes.get("tops") or model.sizes.get("bottoms") or ()
        declared = state.profile.sizes_origin == "declared" or "size" in model.choices.yours
        sizes = sizes[:1] if declared else sizes[:2]
        tags = self.places.place(at, view, state.pose, state.garments, sizes=len(sizes), now=self.canvas.now)
        self._since = {tag.key: self._since.get(tag.key, self.canvas.now) for tag in tags}
        shown: list[tuple[Tag, float]] = []
        parts = self._parts(at)
        for tag in tags:
            if tag.yours and not sizes:
                _dot(painter, parts["pending"], tag.dot)
                continue
            grown = self.canvas.eased(self._since[tag.key], TAG_S)
            (x, y), (foot_x, foot_y) = tag.dot, tag.foot
            if y == foot_y:
                _level_leader(painter, parts["strip"], y, x, round(x + (foot_x - x) * grown))
            else:
                self._leader(painter, at, QPointF(x, y), QPointF(x + (foot_x - x) * grown, y + (foot_y - y) * grown))
            _dot(painter, parts["yours" if tag.yours else "dot"], tag.dot)
            shown.append((tag, grown))
        for tag, grown in shown:
            if grown >= 1.0:
                place = self.canvas.put(painter, self._tag(at, tag, sizes, declared=declared), tag.plate.x, tag.plate.y)
                if tag.yours:
                    self._touched(place, sizes)

    def _leader(self, painter: QPainter, at: Layout, dot: QPointF, foot: QPointF) -> None:
        """The slanting line from what is named to its plate."""
        painter.setRenderHint(QPainter.Antialiasing, True)
        for pen in _pens(at.scale):
            painter.setPen(pen)
            painter.drawLine(dot, foot)
        painter.setRenderHint(QPainter.Antialiasing, False)

    def _touched(self, plate: Rect, sizes: tuple[str, ...]) -> None:
        """One tap: on a size, and it is hers; on the line below them, and all her choices open."""
        foot = plate.y + round((len(sizes) * LINE_HIGH + 4) * self.canvas.scale)
        self.canvas.targets.append((plate._replace(y=foot, h=plate.bottom - foot), (Intent.CHANGE,)))
        tall = (foot - plate.y) // len(sizes)
        for i, size in enumerate(sizes):
            if size in LETTER_SIZES:
                self.canvas.targets.append((plate._replace(y=plate.y + i * tall, h=tall), (Pick("size", size),)))

    def _tag(self, at: Layout, tag: Tag, sizes: tuple[str, ...], *, declared: bool) -> Baked:
        w, h, words = tag.plate.w, tag.plate.h, self.canvas.words
        if tag.garment is None:
            about = words("yourSize" if declared else "about")
            return self.canvas.kept(("size", about, sizes), lambda: pills.bake_size_tag(
                self.canvas.look, w, h, at.scale, about, words("maybe"), words("change"), sizes), ("size", h))
        garment = tag.garment
        hue = steady(garment.colours[0]) if garment.colours else ""
        return self.canvas.kept(("tag", garment.category, hue), lambda: pills.bake_tag(
            self.canvas.look, w, h, at.scale, hue, words.category(garment.category),
            self.name_colour(hue) if hue else ""), ("tag", tag.key))

    def _parts(self, at: Layout) -> dict[str, Baked]:
        """The strip that leaders are cut off, and the dots."""
        if self._kept[0] is not self.canvas.look or self._kept[1] != at.scale:
            strip = bake_free(round(LEADER[0] * at.scale), 2 * round(LEADER[1] / 2 * at.scale), at.scale, _draw_strip)
            self._kept = self.canvas.look, at.scale, {
                "strip": strip, **{kind: self._bake_dot(at, kind) for kind in ("dot", "yours", "pending")}}
        return self._kept[2]

    def _bake_dot(self, at: Layout, kind: str) -> Baked:
        look, side = self.canvas.look, round((2 * DOT + 4) * at.scale)

        def draw(p: QPainter, w: float, h: float) -> None:
            middle = QPointF(w / 2, h / 2)
            p.setPen(QPen(look.on_yours, 2.5))
            p.setBrush(QColor("white") if kind == "dot" else look.yours)
            p.drawEllipse(middle, DOT, DOT)
            if kind == "pending":
                p.setCompositionMode(QPainter.CompositionMode_Source)
                p.setBrush(Qt.transparent)
                p.drawEllipse(middle, 6, 6)

        return bake_free(side, side, at.scale, draw)


def _level_leader(painter: QPainter, strip: Baked, y: int, dot: int, foot: int) -> None:
    """A level one is cut off a strip: drawing smooth lines is dear."""
    left, right = (dot, foot) if dot < foot else (foot, dot)
    while left < right:
        wide = min(right - left, strip.width)
        painter.drawImage(left, y - strip.height // 2, strip.image, 0, 0, wide, strip.height)
        left += wide


def _dot(painter: QPainter, baked: Baked, where: tuple[int, int]) -> None:
    baked.paint(painter, where[0] - baked.width // 2, where[1] - baked.height // 2)


def _draw_strip(painter: QPainter, width: float, height: float) -> None:
    for pen in _pens(1.0):
        painter.setPen(pen)
        painter.drawLine(QPointF(0, height / 2), QPointF(width, height / 2))
