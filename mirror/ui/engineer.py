"""The engineer view (F12): skeleton, boxes, corridor, and a panel of rates and times. Never for shoppers."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt5.QtCore import QPointF, QRectF, Qt
from PyQt5.QtGui import QColor, QPainter, QPen

from mirror.domain import COCO_EDGES, Box, Pose
from mirror.pipeline.state import STAGES, MirrorState, Telemetry
from mirror.pipeline.view import View
from mirror.ui import text, theme
from mirror.ui.baking import Baked, bake_plate
from mirror.ui.layout import Rect

LEAST_SCORE = 0.2
GRAPH_MS = 50.0
"""Full height of the graph: a frame interval of 50 ms."""
LATE_MS = 36.0
"""Above this a 30 fps frame was late (33.3 ms and a little jitter)."""
STAGE_FULL_MS = 33.3
"""A full bar: one stage that takes a whole frame at 30 fps."""
TEXT_PX = 20
ROW = 30
FACT_ROW = 24


def _colours() -> tuple[QColor, QColor, QColor, QColor]:
    c = theme.tokens()["color"]["engineer"]
    return tuple(theme.colour(c[key]) for key in ("ground", "ok", "over", "label"))  # type: ignore[return-value]


def draw_marks(painter: QPainter, view: View, state: MirrorState, corridor: Rect, scale: float) -> None:
    """Corridor, boxes and skeleton over the video, window pixels."""
    _, ok, over, label = _colours()
    painter.setRenderHint(QPainter.Antialiasing, False)  # straight boxes need none, and it costs a millisecond
    painter.setBrush(Qt.NoBrush)
    painter.setPen(QPen(ok, 0, Qt.DashLine))
    painter.drawRect(corridor.x, corridor.y, corridor.w, corridor.h)
    for person in state.people:
        _box(painter, view, person.box, label, scale, f"person {person.score:.2f}")
    for garment in state.garments:
        _box(painter, view, garment.box, ok, scale, f"{garment.category} {garment.score:.2f}")
    if state.face is not None:
        _box(painter, view, state.face.box, over if not state.face.frontal else ok, scale, "face")
    if state.pose is not None:
        painter.setRenderHint(QPainter.Antialiasing, True)
        draw_skeleton(painter, view, state.pose, scale)


def draw_skeleton(painter: QPainter, view: View, pose: Pose, scale: float) -> None:
    """Citron bones on ink, white joints; keypoints below the least score are left out."""
    _, ok, _, _ = _colours()
    ink = QColor("#16181B")
    at = {}
    for name, (x, y, score) in zip(pose.names, pose.keypoints, strict=True):
        if score >= LEAST_SCORE:
            at[name] = QPointF(*view.point(float(x), float(y)))
    bones = [(at[a], at[b]) for a, b in COCO_EDGES if a in at and b in at]
    for colour, width in ((ink, 9.0), (ok, 4.0)):
        painter.setPen(QPen(colour, width * scale, Qt.SolidLine, Qt.RoundCap))
        for a, b in bones:
            painter.drawLine(a, b)
    painter.setPen(QPen(ink, 2.5 * scale))
    painter.setBrush(QColor("white"))
    for point in at.values():
        painter.drawEllipse(point, 8 * scale, 8 * scale)


def _box(painter: QPainter, view: View, box: Box, colour: QColor, scale: float, words: str) -> None:
    seen = view.box(box)
    painter.setBrush(Qt.NoBrush)
    painter.setPen(QPen(colour, 0))
    for grow in (0, 1):
        painter.drawRect(round(seen.x1) - grow, round(seen.y1) - grow, round(seen.width) + 2 * grow,
                         round(seen.height) + 2 * grow)
    painter.setFont(theme.font(max(9, round(18 * scale)), 500))
    width = painter.fontMetrics().horizontalAdvance(words) + 10
    height = painter.fontMetrics().height()
    painter.fillRect(QRectF(seen.x1, seen.y1 - height, width, height), QColor(16, 18, 20, 220))
    painter.drawText(QPointF(seen.x1 + 5, seen.y1 - height + painter.fontMetrics().ascent()), words)


def bake_panel(
    width: int, height: int, scale: float, state: MirrorState, paint_ms: float, intervals_ms: Sequence[float],
) -> Baked:
    """The panel: frames shown per second with their intervals, each stage's median, and the counts."""
    ground, ok, over, label = _colours()
    white = QColor("white")
    telemetry: Telemetry = state.telemetry

    def row(painter: QPainter, y: float, name: str, value: str, colour: QColor, w: float) -> None:
        left = text.fit(name, TEXT_PX, 400, w * 0.5)
        right = text.fit(value, TEXT_PX, 500, w * 0.6)
        text.draw(painter, left, 18, y, label)
        text.draw(painter, right, 18, y, colour, align=1.0, within=w - 36)

    def draw(painter: QPainter, w: float, h: float) -> None:
        text.draw(painter, text.fit("ENGINEER", TEXT_PX, 700, w / 2), 18, 16, ok)
        fps = text.fit(f"{telemetry.fps_display:.1f} fps", TEXT_PX, 600, w / 2)
        text.draw(painter, fps, 18, 16, white, align=1.0, within=w - 36)
        _graph(painter, intervals_ms, QRectF(18, 56, w - 36, 66), ok, over)
        y = 140.0
        for stage in STAGES:
            timing = telemetry.stages.get(stage)
            ms = paint_ms if stage == "paint" else timing.p50 if timing is not None and timing.n else None
            if ms is None:
                continue
            late = ms > STAGE_FULL_MS
            row(painter, y, stage, f"{ms:.1f}", white, w)
            track = QRectF(18 + w * 0.44, y + 10, w * 0.22, 8)
            painter.fillRect(track, QColor(255, 255, 255, 28))
            share = min(1.0, ms / STAGE_FULL_MS)
            painter.fillRect(QRectF(track.x(), track.y(), max(3.0, track.width() * share), 8), over if late else ok)
            y += ROW
        y += 4
        pose_fps = telemetry.fps.get("pose", 0.0)
        facts: tuple[tuple[str, str], ...] = (
            ("pose", f"{pose_fps:.1f} Hz"),
            ("latency p95", f"{telemetry.capture_to_paint.p95:.0f} ms"),
            ("overlay p95", f"{telemetry.overlay_age.p95:.0f} ms"),
            ("governor", "full"),
            ("dropped", f"{telemetry.dropped} / {telemetry.captured}"),
            ("track", f"{state.shopper}  others {max(0, len(state.people) - 1)}"),
            ("distance", f"{state.distance or '-'}{' full' if state.full_body else ''}"),
        )
        bottom = h - 8
        if state.notice:
            wrong = text.fit(state.notice, TEXT_PX - 2, 500, w - 36, 3)
            text.draw(painter, wrong, 18, h - 14 - wrong.height, over)
            bottom = h - 18 - wrong.height  # what is wrong matters more than where she stands
        for name, value in facts:
            if y + FACT_ROW > bottom:
                break
            if name == "governor" and telemetry.governor.level:
                text.draw(painter, text.fit(governed(telemetry), TEXT_PX, 500, w - 36), 18, y, over)
            else:
                row(painter, y, name, value, white, w)
            y += FACT_ROW

    return bake_plate(width, height, scale, 20, ground, QColor(0, 0, 0, 0), draw, raised=False)


def governed(telemetry: Telemetry) -> str:
    """How far the mirror gives way to the machine, and why: the rung's number and the reason of the step to it."""
    return f"{telemetry.governor.level}: {telemetry.governor.reason}"


def _graph(painter: QPainter, intervals: Sequence[float], place: QRectF, ok: QColor, over: QColor) -> None:
    painter.setPen(QPen(QColor(255, 255, 255, 90), 1, Qt.DashLine))
    level = place.bottom() - place.height() * min(1.0, 33.3 / GRAPH_MS)
    painter.drawLine(QPointF(place.x(), level), QPointF(place.right(), level))
    step = place.width() / 48
    for i, ms in enumerate(list(intervals)[-48:]):
        high = place.height() * min(1.0, ms / GRAPH_MS)
        painter.fillRect(QRectF(place.x() + i * step, place.bottom() - high, max(1.0, step - 1), high),
                         over if ms > LATE_MS else ok)
