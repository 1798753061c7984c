"""Before and now: a still of herself beside her mirror image, to compare two outfits. In memory only.

The still is a part of the picture that the window showed, owned by :class:`Freeze` alone. It is blackened and let go
when she ends the comparison, says stop, leaves, or the window changes; nothing of it is ever written or passed on.
"""

from __future__ import annotations

from dataclasses import replace

from PyQt5.QtCore import QPoint, QRect, Qt
from PyQt5.QtGui import QColor, QImage, QPainter

from mirror.ui import pills
from mirror.ui.canvas import Canvas
from mirror.ui.layout import Layout, Rect
from mirror.ui.screens import Intent, Screen
from mirror.ui.states import ScreenModel

GROUND = "#101214"
GAP = 8
"""Design pixels around the two panels (portrait)."""
BUTTON_HIGH = 72
TOP, LOW = 136, 136
"""Landscape: the still stands under the upper pills and over the hint, this far from the window's edges."""
UNDER = 20
"""Portrait: design pixels of the floor under her soles that a still shows too."""
BESIDE = 24
"""Design pixels of the room beside her corridor that a still shows too."""


class Freeze:
    """Takes, paints and erases the still. GUI thread only."""

    def __init__(self, canvas: Canvas) -> None:
        self.canvas = canvas
        self._still: QImage | None = None
        self._size = (0, 0)

    @property
    def active(self) -> bool:
        """Whether there is a still."""
        return self._still is not None

    def take(self, video: QImage | None, at: Layout) -> None:
        """Take a still of the video now on screen (RGB32, the window's size; of any other size there is none)."""
        if video is not None and (video.width(), video.height()) == (at.width, at.height):
            part = self._part(at)
            still = video.copy(QRect(part.x, part.y, part.w, part.h))
            place = self._place(at)
            if (place.w, place.h) != (part.w, part.h):
                small = still.scaled(place.w, place.h, Qt.IgnoreAspectRatio, Qt.SmoothTransformation)
                still.fill(0)
                still = small
            self._still, self._size = still, (at.width, at.height)

    def forget(self) -> None:
        """Blacken the still and let it go."""
        if self._still is not None:
            self._still.fill(0)
            self._still = None

    def shift(self, at: Layout) -> int:
        """How far right of its place her live image is painted, window pixels (portrait while comparing, else 0)."""
        if not self.active or not at.portrait:
            return 0
        place = self._place(at)
        return place.right + round(GAP * at.scale) - self._part(at).x

    def paint_video(self, painter: QPainter, video: QImage, at: Layout) -> bool:
        """Paint still and live image in place of the video; False (and nothing painted) while there is no still."""
        if self._still is None:
            return False
        if self._size != (at.width, at.height) or (video.width(), video.height()) != self._size:
            self.forget()
            return False
        place, part = self._place(at), self._part(at)
        if at.portrait:
            painter.fillRect(0, 0, at.width, at.height, QColor(GROUND))
            painter.drawImage(QPoint(part.x + self.shift(at), part.y), video, QRect(part.x, part.y, part.w, part.h))
        else:
            painter.drawImage(0, 0, video)
            edge = round(6 * at.scale)
            painter.fillRect(place.x - edge, place.y - edge, place.w + 2 * edge, place.h + 2 * edge, QColor(GROUND))
        painter.drawImage(place.x, place.y, self._still)
        return True

    def button(self, at: Layout) -> Rect:
        """Where Compare is touched: low at her side, over the code's place in landscape."""
        lane, tall = at.lane_left, round(BUTTON_HIGH * at.scale)
        y = lane.bottom - tall if at.portrait else round(at.lane_left.y + 0.42 * lane.h) - tall
        return Rect(round(40 * at.scale), y, round(244 * at.scale), tall)

    def cleared(self, at: Layout, model: ScreenModel) -> Layout:
        """The layout whose lanes leave the button its place."""
        if model.screen is not Screen.LOOK:
            return at
        lane, button, gap = at.lane_left, self.button(at), round(16 * at.scale)
        if at.portrait:
            top = self.change_place(at).y if at.low else button.y
            return replace(at, lane_left=lane._replace(h=min(lane.bottom, top - gap) - lane.y))
        left = button.right + gap
        return replace(at, lane_left=lane._replace(x=left, w=lane.right - left))

    def change_place(self, at: Layout) -> Rect:
        """Where her choices are opened where controls stand low: above Compare."""
        button = self.button(at)
        return button._replace(y=button.y - button.h - round(16 * at.scale))

    def paint(self, painter: QPainter, at: Layout, model: ScreenModel) -> None:
        """The button on the look; the names of the two images while she compares."""
        words, look, s, place = self.canvas.words, self.canvas.look, at.scale, self.button(at)
        if model.screen is Screen.LOOK:
            pill = self.canvas.kept(("compare",), lambda: pills.bake_pill(
                look, s, "", words("cmp"), place.w / s, 600, round(place.h / s)))
            self.canvas.put(painter, pill, place.x, place.y, Intent.FREEZE)
            if at.low:
                low = self.change_place(at)
                mend = self.canvas.kept(("mend",), lambda: pills.bake_pill(
                    look, s, "", words("corr"), low.w / s, 600, round(low.h / s)))
                self.canvas.put(painter, mend, low.x, low.y, Intent.CHANGE)
        elif self.active:
            still, part = self._place(at), self._part(at)
            for key, x in (("still", still.x), ("live", part.x + self.shift(at))):
                told = words(key)
                name = self.canvas.kept(("panel", told), lambda told=told: pills.bake_pill(  # type: ignore[misc]
                    look, s, "", told, 400, 500, 60))
                # in the corner: her head is in the middle
                self.canvas.put(painter, name, x + round(12 * s), still.y + round(12 * s))
                if not at.portrait:
                    break  # her live image needs no name where it stays in its place

    @staticmethod
    def _part(at: Layout) -> Rect:
        """The part of the window's picture that shows her."""
        if at.portrait:
            wide = (at.width - 3 * round(GAP * at.scale)) // 2
            top = round(136 * at.scale)
            foot = at.corridor.bottom + round(UNDER * at.scale)
            return Rect(round(at.corridor.centre[0] - wide / 2), top, wide, foot - top)
        beside = round(BESIDE * at.scale)
        return Rect(at.corridor.x - beside, at.corridor.y, at.corridor.w + 2 * beside, at.corridor.h)

    def _place(self, at: Layout) -> Rect:
        """Where the still is painted."""
        part = self._part(at)
        if at.portrait:
            return part._replace(x=round(GAP * at.scale))
        top, bottom = round(TOP * at.scale), at.height - round(LOW * at.scale)
        wide = round(part.w * (bottom - top) / part.h)
        return Rect(at.lane_left.right - wide, top, wide, bottom - top)
