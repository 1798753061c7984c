"""Curves a garment is cut along: splines with corners, mirrored halves, tapered strips, dashes.

Points are (x, y) in canvas pixels (x right, y down). In a list of control points a third value, any true number,
makes that point a corner; all the others are passed smoothly.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
Control = Sequence[Sequence[float]]

WIDTH, HEIGHT = 400, 480
"""The canvas, pixels."""
MIDDLE = WIDTH / 2
"""The x that garments are mirrored about."""
STEPS = 10
"""Samples of a spline from one control point to the next."""


def _basis(steps: int) -> Points:
    """Weights of the four control points of a uniform Catmull-Rom span, (steps, 4)
    (E. Catmull, R. Rom: A class of local interpolating splines, 1974)."""
    t = np.arange(steps, dtype=np.float64)[:, None] / steps
    powers = np.concatenate([np.ones_like(t), t, t**2, t**3], axis=1)
    matrix = 0.5 * np.array([[0, 2, 0, 0], [-1, 0, 1, 0], [2, -5, 4, -1], [-1, 3, -3, 1]], dtype=np.float64)
    weights: Points = powers @ matrix
    return weights


_WEIGHTS = _basis(STEPS)


def spline(control: Control, closed: bool = False) -> Points:
    """The curve through the control points, float64 (n, 2); two corners in a row give a straight line."""
    xy = np.array([point[:2] for point in control], dtype=np.float64)
    corner = [len(point) > 2 and bool(point[2]) for point in control]
    count = len(xy)
    if count < 3:
        return xy
    pieces: list[Points] = []
    for i in range(count if closed else count - 1):
        j = (i + 1) % count
        if corner[i] and corner[j]:
            pieces.append(xy[i : i + 1])
            continue
        before = xy[i - 1] if (closed or i > 0) and not corner[i] else 2 * xy[i] - xy[j]
        after = xy[(j + 1) % count] if (closed or j < count - 1) and not corner[j] else 2 * xy[j] - xy[i]
        pieces.append(_WEIGHTS @ np.stack([before, xy[i], xy[j], after]))
    if not closed:
        pieces.append(xy[-1:])
    return np.concatenate(pieces)


def mirrored(half: Control) -> Points:
    """A closed outline from its right half, given from the top middle round to the bottom middle."""
    other = [(2 * MIDDLE - p[0], *p[1:]) for p in reversed(half) if abs(p[0] - MIDDLE) > 1e-6]
    return spline([*half, *other], closed=True)


def flipped(points: Points) -> Points:
    """The same points on the other side of the middle."""
    other = np.array(points, dtype=np.float64)
    other[:, 0] = 2 * MIDDLE - other[:, 0]
    return other


def sides(points: Points) -> tuple[Points, Points]:
    """The points, and the points mirrored."""
    return points, flipped(points)


def normals(points: Points) -> Points:
    """Unit normals of an open curve, (n, 2), to the left of its direction as seen on screen."""
    along = np.gradient(points, axis=0)
    length = np.hypot(along[:, 0], along[:, 1])[:, None]
    along = along / np.maximum(length, 1e-9)
    return np.stack([along[:, 1], -along[:, 0]], axis=1)


def ribbon(line: Points, widths: Iterable[float] | float) -> Points:
    """A closed band around an open curve: one width for all, or widths spread evenly along it."""
    if isinstance(widths, (int, float)):
        half: Points = np.full(len(line), widths / 2)
    else:
        known = np.array(list(widths), dtype=np.float64)
        half = np.interp(np.linspace(0, 1, len(line)), np.linspace(0, 1, len(known)), known) / 2
    aside = normals(line) * half[:, None]
    return np.concatenate([line + aside, (line - aside)[::-1]])


def lens(line: Points, width: float) -> Points:
    """A band that swells from nothing to ``width`` and back: the shape of a fold."""
    half = width / 2 * np.sin(np.linspace(0, math.pi, len(line)))
    aside = normals(line) * half[:, None]
    return np.concatenate([line + aside, (line - aside)[::-1]])


def moved(points: Points, dx: float = 0.0, dy: float = 0.0) -> Points:
    """The points shifted."""
    result: Points = points + np.array([dx, dy])
    return result


def turned(points: Points, degrees: float, about: tuple[float, float]) -> Points:
    """The points turned clockwise on screen about a point."""
    angle = math.radians(degrees)
    c, s = math.cos(angle), math.sin(angle)
    centre = np.array(about)
    result: Points = (points - centre) @ np.array([[c, s], [-s, c]]) + centre
    return result


def scaled(points: Points, factor: float, about: tuple[float, float]) -> Points:
    """The points scaled about a point."""
    centre = np.array(about)
    result: Points = (points - centre) * factor + centre
    return result


def ellipse(x: float, y: float, rx: float, ry: float, degrees: float = 0.0) -> Points:
    """A closed ellipse of 40 points."""
    t = np.linspace(0, 2 * math.pi, 40, endpoint=False)
    return turned(np.stack([x + rx * np.cos(t), y + ry * np.sin(t)], axis=1), degrees, (x, y))


def rounded(x1: float, y1: float, x2: float, y2: float, radius: float) -> Points:
    """A closed rectangle with round corners."""
    r = min(radius, (x2 - x1) / 2, (y2 - y1) / 2)
    t = np.linspace(0, math.pi / 2, 6)
    parts = []
    for cx, cy, start in ((x2 - r, y2 - r, 0.0), (x1 + r, y2 - r, 0.5), (x1 + r, y1 + r, 1.0), (x2 - r, y1 + r, 1.5)):
        a = t + start * math.pi
        parts.append(np.stack([cx + r * np.cos(a), cy + r * np.sin(a)], axis=1))
    return np.concatenate(parts)


def between(a: Points, b: Points, t: float) -> Points:
    """The curve a share ``t`` of the way from one open curve to another, both taken by length."""
    n = max(len(a), len(b))
    result: Points = resampled(a, n) * (1 - t) + resampled(b, n) * t
    return result


def resampled(line: Points, count: int) -> Points:
    """``count`` points evenly along an open curve."""
    step = np.hypot(*np.diff(line, axis=0).T)
    at = np.concatenate([[0.0], np.cumsum(step)])
    where = np.linspace(0, at[-1], count)
    return np.stack([np.interp(where, at, line[:, 0]), np.interp(where, at, line[:, 1])], axis=1)


def dashes(line: Points, dash: float = 4.0, gap: float = 3.0) -> list[Points]:
    """A curve cut into stitches: short straight strokes of ``dash`` px with ``gap`` px between."""
    step = np.hypot(*np.diff(line, axis=0).T)
    at = np.concatenate([[0.0], np.cumsum(step)])
    starts = np.arange(0.0, at[-1] - dash * 0.5, dash + gap)
    ends = np.minimum(starts + dash, at[-1])
    x = np.interp(np.stack([starts, ends]), at, line[:, 0])
    y = np.interp(np.stack([starts, ends]), at, line[:, 1])
    strokes = np.stack([x, y], axis=2).transpose(1, 0, 2)
    return list(strokes)
