"""The icons: strokes on a 24 grid, two wide, round caps. Our own drawing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext

from PyQt5.QtCore import QPointF, QRectF, Qt
from PyQt5.QtGui import QColor, QPainter, QPainterPath, QPen

from mirror.ui import direction

GRID = 24.0
STROKE = 2.0
ARROWS = frozenset({"left", "right"})
"""Icons that point along the line that is read."""


def _lines(*strokes: tuple[tuple[float, float], ...]) -> QPainterPath:
    path = QPainterPath()
    for stroke in strokes:
        path.moveTo(QPointF(*stroke[0]))
        for point in stroke[1:]:
            path.lineTo(QPointF(*point))
    return path


def _circle(path: QPainterPath, x: float, y: float, r: float) -> QPainterPath:
    path.addEllipse(QPointF(x, y), r, r)
    return path


def _lock() -> QPainterPath:
    path = QPainterPath()
    path.addRoundedRect(QRectF(4, 10.5, 16, 10.5), 2, 2)
    path.moveTo(7.5, 10.5)
    path.lineTo(7.5, 7.5)
    path.arcTo(QRectF(7.5, 3, 9, 9), 180, -180)
    path.lineTo(16.5, 10.5)
    return path


def _eye() -> QPainterPath:
    path = QPainterPath(QPointF(2, 12))
    path.cubicTo(6, 4.6, 18, 4.6, 22, 12)
    path.cubicTo(18, 19.4, 6, 19.4, 2, 12)
    return _circle(path, 12, 12, 3.2)


def _eye_off() -> QPainterPath:
    path = QPainterPath(QPointF(2, 12))
    path.cubicTo(6, 4.6, 18, 4.6, 22, 12)
    path.cubicTo(18, 19.4, 6, 19.4, 2, 12)
    path.moveTo(4.5, 20.5)
    path.lineTo(19.5, 3.5)
    return path


def _mirror() -> QPainterPath:
    path = QPainterPath()
    path.addRoundedRect(QRectF(6, 2.5, 12, 19), 6, 6)
    path.moveTo(9.7, 12.2)
    path.lineTo(14, 7.9)
    path.moveTo(11.2, 15.8)
    path.lineTo(14.3, 12.7)
    return path


def _face() -> QPainterPath:
    path = QPainterPath()
    path.addRoundedRect(QRectF(5.5, 3, 13, 18), 6.5, 7.5)
    path.moveTo(9.5, 10.5)
    path.lineTo(9.5, 11)
    path.moveTo(14.5, 10.5)
    path.lineTo(14.5, 11)
    path.moveTo(9.8, 15.4)
    path.quadTo(12, 17, 14.2, 15.4)
    return path


def _person() -> QPainterPath:
    path = _circle(QPainterPath(), 12, 7, 3.6)
    path.moveTo(5, 21)
    path.cubicTo(5, 11.8, 19, 11.8, 19, 21)
    return path


def _plug() -> QPainterPath:
    path = _lines(((8.5, 2.5), (8.5, 8)), ((15.5, 2.5), (15.5, 8)), ((4.5, 8), (19.5, 8)))
    path.moveTo(5.5, 8)
    path.lineTo(5.5, 11)
    path.cubicTo(5.5, 18.6, 18.5, 18.6, 18.5, 11)
    path.lineTo(18.5, 8)
    path.moveTo(12, 16.8)
    path.lineTo(12, 22)
    return path


def _touch() -> QPainterPath:
    path = QPainterPath(QPointF(9.2, 14.2))
    path.lineTo(9.2, 5.6)
    path.arcTo(QRectF(9.2, 3.8, 3.4, 3.4), 180, -180)
    path.lineTo(12.6, 11)
    path.lineTo(17.2, 12.1)
    path.cubicTo(19.3, 12.6, 19.9, 14, 19.5, 16)
    path.lineTo(18.4, 21)
    path.lineTo(11, 21)
    path.lineTo(5.6, 14.9)
    path.cubicTo(5, 13.6, 6.9, 12.3, 8, 13.3)
    path.lineTo(9.2, 14.4)
    return path


def _palm() -> QPainterPath:
    path = QPainterPath(QPointF(6.4, 13.2))
    for x, top in ((6.4, 6.6), (9.6, 3.4), (12.8, 3.4), (16, 5.2)):
        path.lineTo(x, top + 1.6)
        path.arcTo(QRectF(x, top, 3.2, 3.2), 180, -180)
        path.lineTo(x + 3.2, 11.6)
    path.lineTo(19.2, 15)
    path.cubicTo(19.2, 19, 16.6, 21.4, 13, 21.4)
    path.cubicTo(9.6, 21.4, 7.6, 19.6, 6, 16.8)
    path.lineTo(3.6, 12.8)
    path.cubicTo(2.9, 11.2, 4.8, 10.2, 5.7, 11.7)
    path.lineTo(6.4, 13.2)
    return path


def _ruler() -> QPainterPath:
    path = _lines(((6, 8), (6, 11.4)), ((10, 8), (10, 12.6)), ((14, 8), (14, 11.4)), ((18, 8), (18, 12.6)))
    path.addRoundedRect(QRectF(2, 8, 20, 8.6), 1.6, 1.6)
    return path


def _hanger() -> QPainterPath:
    path = QPainterPath(QPointF(9.6, 7))
    path.cubicTo(9.6, 3.6, 14.6, 3.6, 14.4, 7)
    path.cubicTo(14.3, 8.6, 12, 8.8, 12, 10.8)
    path.lineTo(21, 16.6)
    path.cubicTo(22.4, 17.8, 21.6, 19.4, 20, 19.4)
    path.lineTo(4, 19.4)
    path.cubicTo(2.4, 19.4, 1.6, 17.8, 3, 16.6)
    path.lineTo(12, 10.8)
    return path


def _people() -> QPainterPath:
    path = _circle(_circle(QPainterPath(), 8.4, 6.4, 3), 17, 10.4, 2.2)
    path.moveTo(3, 20.5)
    path.cubicTo(3, 10.4, 13.6, 10.4, 13.8, 20.5)
    path.moveTo(14.6, 15.4)
    path.cubicTo(17.4, 13.6, 21, 15.4, 21.2, 20.5)
    return path


def _label() -> QPainterPath:
    path = _lines(((3.4, 3.4), (11.6, 3.4), (21, 12.8), (12.8, 21), (3.4, 11.6), (3.4, 3.4)))
    return _circle(path, 8, 8, 1.5)


def _pause() -> QPainterPath:
    return _lines(((9, 5), (9, 19)), ((15, 5), (15, 19)))


def _sign() -> QPainterPath:
    """A signpost: which way to the departments."""
    path = _lines(((12, 2.5), (12, 21.5)), ((8, 21.5), (16, 21.5)))
    path.moveTo(4, 5)
    path.lineTo(17, 5)
    path.lineTo(20.5, 8)
    path.lineTo(17, 11)
    path.lineTo(4, 11)
    path.closeSubpath()
    return path


def _clock() -> QPainterPath:
    path = _lines(((12, 7), (12, 12.4), (15.6, 14.4)))
    return _circle(path, 12, 12, 9)


_DRAWN: Mapping[str, Callable[[], QPainterPath]] = {
    "lock": _lock,
    "eye": _eye,
    "eye_off": _eye_off,
    "mirror": _mirror,
    "face": _face,
    "person": _person,
    "plug": _plug,
    "touch": _touch,
    "palm": _palm,
    "ruler": _ruler,
    "hanger": _hanger,
    "people": _people,
    "label": _label,
    "sign": _sign,
    "pause": _pause,
    "clock": _clock,
    "check": lambda: _lines(((5, 12.6), (9.8, 17.4), (19, 7.4))),
    "cross": lambda: _lines(((6, 6), (18, 18)), ((18, 6), (6, 18))),
    "left": lambda: _lines(((14.5, 5), (8, 12), (14.5, 19))),
    "right": lambda: _lines(((9.5, 5), (16, 12), (9.5, 19))),
    "plus": lambda: _lines(((12, 5.5), (12, 18.5)), ((5.5, 12), (18.5, 12))),
    "step_back": lambda: _lines(((4, 3), (20, 3)), ((12, 21), (12, 7.5)), ((6.2, 13), (12, 7.2), (17.8, 13))),
    "closer": lambda: _lines(((4, 21), (20, 21)), ((12, 3), (12, 16.5)), ((6.2, 11), (12, 16.8), (17.8, 11))),
}


def draw(painter: QPainter, name: str, x: float, y: float, side: float, colour: QColor, stroke: float = STROKE,
         ) -> None:
    """Draw an icon into the square at (x, y) of ``side`` design pixels; KeyError for an unknown name."""
    # an arrow points the way that is read, everything else is no other in a mirror's language
    with nullcontext() if name in ARROWS else direction.upright(painter, x, side):
        painter.save()
        painter.translate(x, y)
        painter.scale(side / GRID, side / GRID)
        painter.setPen(QPen(colour, stroke, Qt.SolidLine, Qt.RoundCap, Qt.RoundJoin))
        painter.setBrush(Qt.NoBrush)
        painter.drawPath(_DRAWN[name]())
        painter.restore()
