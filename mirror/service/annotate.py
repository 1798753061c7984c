"""A picture with what was read of it drawn in: skeleton, boxes, sizes and the look's titles."""

from __future__ import annotations

import cv2
import numpy as np

from mirror.domain import COCO_EDGES, Box, ImageArray
from mirror.pipeline.analyze import PictureReport, Reading

CITRON = (90, 240, 221)  # BGR of the design's one accent
INK = (27, 24, 22)
PLATE = (248, 250, 251)
BYSTANDER = (170, 170, 170)
LEAST_SCORE = 0.2
LEAST_SIDE = 900
"""Small pictures are drawn on at this longer side, so that words stay readable."""


def annotate(image: ImageArray, report: PictureReport) -> ImageArray:
    """A BGR uint8 copy (enlarged when small) with people, garments and offers drawn in."""
    zoom = max(1.0, LEAST_SIDE / max(image.shape[:2]))
    canvas: ImageArray = np.ascontiguousarray(
        cv2.resize(image, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_CUBIC) if zoom > 1 else image.copy()
    )
    for reading in report.people:
        _person(canvas, reading, zoom)
    return canvas


def _person(canvas: ImageArray, reading: Reading, zoom: float) -> None:
    if not reading.shopper:
        _rectangle(canvas, reading.box, zoom, BYSTANDER)
        return
    unit = max(1, round(min(canvas.shape[:2]) / 450))
    points = {
        name: (round(float(x) * zoom), round(float(y) * zoom))
        for name, (x, y, s) in zip(reading.pose.names, reading.pose.keypoints, strict=True) if s >= LEAST_SCORE
    }
    for colour, width in ((INK, 3 * unit), (CITRON, unit)):
        for a, b in COCO_EDGES:
            if a in points and b in points:
                cv2.line(canvas, points[a], points[b], colour, width, cv2.LINE_AA)
    for garment in reading.garments:
        _rectangle(canvas, garment.box, zoom, PLATE, unit)
    if reading.face is not None:
        _rectangle(canvas, reading.face.box, zoom, CITRON if reading.face.frontal else BYSTANDER, unit)
    taken: list[Box] = []
    for garment in reading.garments:
        words = f"{garment.category} {garment.score:.2f}"
        swatch = garment.colours[0] if garment.colours else ""
        _label(canvas, words, round(garment.box.x1 * zoom), round(garment.box.y1 * zoom), unit, swatch, taken)
    bottom = canvas.shape[0]
    for line in reversed(_summary(reading)):
        # from the lowest line up: what is in the way there lifts the lines above it too
        bottom = _label(canvas, line, 8, bottom - 26 * unit, unit, "", taken, upwards=True)


def _summary(reading: Reading) -> list[str]:
    profile = reading.profile
    lines = ["full body" if reading.full_body else "step back: not the full body"]
    if profile.age is not None:
        lines.append(f"age about {profile.age.low:.0f}-{profile.age.high:.0f} (estimate)")
    for kind in ("tops", "bottoms"):
        likely = profile.likely_sizes(kind)
        if likely:
            lines.append(f"{kind}: about {' maybe '.join(likely)}")
    for name, offers in (("similar", reading.look.similar), ("complete", reading.look.complete)):
        if offers:
            lines.append(f"{name}: {', '.join(s.item.title for s in offers[:2])}")
    return lines


def _rectangle(canvas: ImageArray, box: Box, zoom: float, colour: tuple[int, int, int], unit: int = 1) -> None:
    x1, y1, x2, y2 = (round(v * zoom) for v in box)
    cv2.rectangle(canvas, (x1, y1), (x2, y2), INK, 2 * unit, cv2.LINE_AA)
    cv2.rectangle(canvas, (x1, y1), (x2, y2), colour, unit, cv2.LINE_AA)


def _label(
    canvas: ImageArray, words: str, x: int, y: int, unit: int, swatch: str, taken: list[Box], upwards: bool = False,
) -> int:
    """A plate with words at x, y or the next free place below (or above) it; returns the y it came to."""
    scale, height = 0.5 * unit, 22 * unit
    room = 18 * unit if swatch else 0
    (width, _), _ = cv2.getTextSize(words, cv2.FONT_HERSHEY_SIMPLEX, scale, unit)
    wide, most = width + room + 12 * unit, max(0, canvas.shape[0] - height)
    x, y = int(np.clip(x, 0, max(0, canvas.shape[1] - wide))), int(np.clip(y, 0, most))
    step = -(height + 2) if upwards else height + 2
    # where there is no free place that way, there is one the other way
    ways = (range(y, -1 if upwards else most + 1, step), range(y, most + 1 if upwards else -1, -step))
    free = (
        place for places in ways for place in places
        if all(Box(x, place, x + wide, place + height).iou(other) == 0 for other in taken)
    )
    y = next(free, y)
    taken.append(Box(x, y, x + wide, y + height))
    cv2.rectangle(canvas, (x, y), (x + wide, y + height), PLATE, -1)
    if swatch:
        rgb = tuple(int(swatch[i : i + 2], 16) for i in (1, 3, 5))
        cv2.circle(canvas, (x + 12 * unit, y + height // 2), 6 * unit, rgb[::-1], -1, cv2.LINE_AA)
    cv2.putText(
        canvas, words, (x + room + 6 * unit, y + height - 6 * unit), cv2.FONT_HERSHEY_SIMPLEX, scale, INK, unit,
        cv2.LINE_AA,
    )
    return y
