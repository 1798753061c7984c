"""A part of the overlay that stands still is painted again from what it painted before, without asking why.

On most frames only her tags move. To find out again that the deck is as it was takes longer than to blit it: on a
machine whose caches the nets have just filled, every line of Python counts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, cast

from PyQt5.QtGui import QPainter

from mirror.ui.canvas import Canvas
from mirror.ui.layout import Rect
from mirror.ui.screens import Act

AGAIN_S = 3.0
"""After so long it is painted in full, so that the cache knows that its elements are in use."""


class _Painted(NamedTuple):
    key: tuple[object, ...]
    at: float
    blits: tuple[tuple[Any, ...], ...]
    plates: tuple[Rect, ...]
    targets: tuple[tuple[Rect, tuple[Act, ...]], ...]


class _Noting:
    """Stands before a painter and notes its blits; ``whole`` until something else than a blit is painted."""

    def __init__(self, painter: QPainter) -> None:
        self.blits: list[tuple[Any, ...]] = []
        self.whole = True
        self._painter = painter

    def drawImage(self, *where: Any) -> None:
        self.blits.append(where)
        self._painter.drawImage(*where)

    def __getattr__(self, name: str) -> Any:
        self.whole = False
        return getattr(self._painter, name)


class Replay:
    """One such part of a canvas. GUI thread only."""

    def __init__(self, canvas: Canvas) -> None:
        self.canvas = canvas
        self.replayed = False
        """Whether the last paint was a repetition."""
        self._painted: _Painted | None = None

    def forget(self) -> None:
        """Let go of what was painted."""
        self._painted = None

    def paint(self, painter: QPainter, key: tuple[object, ...], draw: Callable[[QPainter], object]) -> None:
        """Paint what ``draw`` paints. ``key`` holds all that decides on it but for the time: a movement, a stand-in or
        a picture that has not come yet is never repeated. (): the time alone changes it, nothing is repeated."""
        canvas, known = self.canvas, self._painted
        self.replayed = False
        if not key:
            self._painted = None
            draw(painter)
            return
        if known is not None and known.key == key and 0 <= canvas.now - known.at < AGAIN_S:
            self.replayed = True
            for blit in known.blits:
                painter.drawImage(*blit)
            canvas.plates.extend(known.plates)
            canvas.targets.extend(known.targets)
            return
        moving, plates, targets = canvas.animating, len(canvas.plates), len(canvas.targets)
        canvas.animating = canvas.provisional = False
        noting = _Noting(painter)
        draw(cast(QPainter, noting))
        stands = noting.whole and not canvas.animating and not canvas.provisional
        canvas.animating = canvas.animating or moving
        self._painted = _Painted(
            key, canvas.now, tuple(noting.blits), tuple(canvas.plates[plates:]), tuple(canvas.targets[targets:]),
        ) if stands else None
