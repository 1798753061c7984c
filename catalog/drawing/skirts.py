"""Skirts: pleated, A-line, pencil, denim mini, slip."""

from __future__ import annotations

import numpy as np

from catalog.drawing.canvas import Canvas, filled
from catalog.drawing.cloth import Fabric, Fold, fold, inner_cloth, lay
from catalog.drawing.colours import BRASS, bgr, darker, lighter
from catalog.drawing.curves import MIDDLE, flipped, moved, rounded, sides, spline
from catalog.drawing.trims import button, label, sewn, stitch, stud

PLEATS = 17


def _back(canvas: Canvas, fabric: Fabric, waist: float, top: float) -> None:
    m = MIDDLE
    inner_cloth(canvas, spline([(m - waist + 2, top + 1), (m, top - 7), (m + waist - 2, top + 1), (m, top + 11)],
        closed=True), fabric, 0.42)
    label(canvas, m, top - 4, 22, 10)


def _band(canvas: Canvas, fabric: Fabric, waist: float, top: float, depth: float) -> None:
    m = MIDDLE
    shape = spline([(m - waist, top, 1), (m, top + 6), (m + waist, top, 1), (m + waist + 2, top + depth, 1),
        (m, top + depth + 6), (m - waist - 2, top + depth, 1)], closed=True)
    piece = lay(canvas, shape, fabric, lift=0.3, drape=0.3, anchor=(m, top))
    stitch(canvas, spline([(m - waist - 1, top + depth - 3), (m, top + depth + 3), (m + waist + 1, top + depth - 3)]),
        fabric.seam, 0.4, inside=piece)


def pleated(canvas: Canvas, fabric: Fabric, long: bool = True) -> None:
    """A midi skirt of seventeen pleats fanning from the waist to a scalloped hem."""
    m, top = MIDDLE, 62.0 if long else 110.0
    waist, hem, bottom = (58.0, 136.0, 420.0) if long else (62.0, 140.0, 344.0)
    depth = 24.0
    _back(canvas, fabric, waist, top)
    y0 = top + depth - 2
    t = np.linspace(-1, 1, PLEATS + 1)
    xs0, xs1 = m + t * (waist + 2), m + t * hem + np.sin(t * 9) * 1.2
    ys1 = bottom - 9 * t**2
    edge: list[tuple[float, ...]] = [(m - waist - 2, y0, 1), (m + waist + 2, y0, 1),
        (m + waist + (hem - waist) * 0.62, (y0 + bottom) * 0.56)]
    for k in range(PLEATS, -1, -1):
        edge.append((float(xs1[k]), float(ys1[k]), 1))
        if k:
            edge.append((float(xs1[k] * 0.45 + xs1[k - 1] * 0.55), float((ys1[k] + ys1[k - 1]) / 2 + 5)))
    edge.append((m - waist - (hem - waist) * 0.62, (y0 + bottom) * 0.56))
    piece = lay(canvas, spline(edge, closed=True), fabric, anchor=(m, top), drape=0.8)
    curves = []
    for k in range(PLEATS + 1):
        bow = (xs0[k] * 0.44 + xs1[k] * 0.56) + t[k] * 5
        curves.append(spline([(float(xs0[k]), y0), (float(bow), float((y0 + ys1[k]) * 0.56)),
            (float(xs1[k]), float(ys1[k]))]))
    ink, glow = darker(fabric.base, 0.75), lighter(fabric.base, 0.6)
    for k in range(PLEATS):
        a, b = curves[k], curves[k + 1]
        for share, strength in ((0.20, 0.26), (0.42, 0.13), (0.70, 0.07)):
            canvas.tint(filled(np.concatenate([a, (a * (1 - share) + b * share)[::-1]])), ink, strength, piece)
    canvas.line(curves[1:-1], 1.3, ink, 0.55, inside=piece)
    canvas.line([c * 0.88 + d * 0.12 for c, d in zip(curves[1:], curves[:-1], strict=True)], 1.5, glow, 0.26,
        inside=piece)
    hem_line = moved(spline([(float(x), float(y)) for x, y in zip(xs1, ys1, strict=True)]), 0, -4)
    stitch(canvas, hem_line, fabric.seam, 0.3, inside=piece)
    _band(canvas, fabric, waist, top, depth)


def a_line(canvas: Canvas, fabric: Fabric, long: bool = True, buttons: bool = False, wrap: bool = False) -> None:
    """A flared skirt with soft falls; buttoned down the front or wrapped with a tie."""
    m, top = MIDDLE, 62.0 if long else 112.0
    waist, hem, bottom = (57.0, 132.0, 416.0) if long else (62.0, 124.0, 340.0)
    _back(canvas, fabric, waist, top)
    y = top + 20
    half: list[tuple[float, ...]] = [(m, y + 4), (m + waist + 1, y, 1), (m + waist + 20, y + 62),
        (m + (waist + hem) / 2 + 12, (y + bottom) / 2 + 10), (m + hem, bottom - 10, 1),
                                     (m + hem * 0.72, bottom + 3), (m + hem * 0.38, bottom - 2), (m, bottom + 5)]
    left = [(2 * m - p[0], *p[1:]) for p in reversed(half[1:-1])]
    shape = spline([*half, *left], closed=True)
    folds: list[Fold] = []
    for x in np.linspace(-0.86, 0.86, 9):
        j = canvas.rng.uniform(-8, 8)
        folds.append(fold([(m + x * hem * 0.98 + j, bottom + 4), (m + x * hem * 0.80 + j, bottom - 110),
            (m + x * waist * 1.25, y + 70 + j)], 19, 0.115))
    for x in np.linspace(-0.8, 0.8, 8):
        folds.append(fold([(m + x * waist, y), (m + x * waist * 1.2, y + 34 + canvas.rng.uniform(-6, 14))], 6, 0.10))
    piece = lay(canvas, shape, fabric, anchor=(m, top), folds=folds)
    stitch(canvas, moved(spline([(m - hem, bottom - 10), (m - hem * 0.72, bottom + 3), (m - hem * 0.38, bottom - 2),
        (m, bottom + 5), (m + hem * 0.38, bottom - 2), (m + hem * 0.72, bottom + 3), (m + hem, bottom - 10)]), 0, -8),
           fabric.seam, 0.38, inside=piece)
    if buttons:
        strip = spline([(m - 9, y, 1), (m + 9, y, 1), (m + 10, bottom + 4, 1), (m - 10, bottom + 4, 1)], closed=True)
        edge = lay(canvas, strip, fabric, lift=0.2, drape=0.3, anchor=(m, top), inside=piece)
        for x in (m - 6.5, m + 6.5):
            stitch(canvas, np.array([(x, y), (x, bottom + 4)]), fabric.seam, 0.4, inside=edge)
        for yy in np.arange(y + 28, bottom - 16, 44):
            button(canvas, m, float(yy), 4.4, bgr("brown"))
    if wrap:
        over = spline([(m - 30, y, 1), (m + waist + 1, y, 1), (m + waist + 20, y + 62),
            (m + (waist + hem) / 2 + 12, (y + bottom) / 2 + 10), (m + hem, bottom - 10, 1),
                       (m + hem * 0.5, bottom + 2), (m + 6, bottom - 6), (m - 20, bottom - 26, 1),
                           (m + 2, (y + bottom) / 2)], closed=True)
        lay(canvas, over, fabric, lift=0.4, folds=folds[:9], anchor=(m, top), inside=piece)
    _band(canvas, fabric, waist, top, 22)
    if wrap:
        for sign, drop in ((-1, 78), (1, 92)):
            tail = spline([(m + waist - 14, top + 12, 1), (m + waist - 14 + sign * 12, top + 50),
                (m + waist - 20 + sign * 18, top + drop, 1), (m + waist - 8 + sign * 18, top + drop + 4, 1),
                (m + waist - 4 + sign * 10, top + 46), (m + waist - 6, top + 12, 1)], closed=True)
            lay(canvas, tail, fabric.plain(), lift=0.4, drape=0.4, shade=0.05)
        lay(canvas, rounded(m + waist - 18, top + 3, m + waist - 2, top + 20, 6), fabric.plain(), lift=0.4, drape=0,
            shade=0.02)


def pencil(canvas: Canvas, fabric: Fabric) -> None:
    """A narrow knee-length skirt with darts and a slit."""
    m, top, waist, hip, hem, bottom = MIDDLE, 76.0, 62.0, 88.0, 76.0, 410.0
    _back(canvas, fabric, waist, top)
    y = top + 20
    half: list[tuple[float, ...]] = [(m, y + 4), (m + waist + 1, y, 1), (m + hip - 5, y + 56), (m + hip, y + 104),
        (m + hip - 5, y + 200), (m + hem, bottom - 2, 1), (m, bottom + 3)]
    left = [(2 * m - p[0], *p[1:]) for p in reversed(half[1:-1])]
    folds = [fold([(m + s * (hip - 6), y + a), (m + s * 40, y + a + 10), (m + s * 10, y + a + 4)], 9, 0.07) for s,
        a in ((-1, 84), (1, 100), (-1, 126), (1, 150))]
    folds += [fold([(m + x, y + 130), (m + x * 0.9, bottom - 60), (m + x * 0.86, bottom)], 20, 0.07) for x in (-52,
        -16, 30, 58)]
    piece = lay(canvas, spline([*half, *left], closed=True), fabric, anchor=(m, top), folds=folds)
    for line in sides(np.array([(m + 34, y), (m + 38, y + 52)])):
        sewn(canvas, line, fabric, inside=piece, strength=0.5)
    slit = spline([(m - 1, bottom - 84, 1), (m + 3, bottom + 3, 1), (m - 13, bottom + 3, 1)], closed=True)
    canvas.tint(filled(slit), darker(fabric.base, 0.72), 0.85)
    canvas.line(np.array([(m, y + 4), (m - 1, bottom - 84)]), 1.0, fabric.seam, 0.35, inside=piece)
    stitch(canvas, spline([(m - hem - 2, bottom - 12), (m, bottom - 8), (m + hem + 2, bottom - 12)]), fabric.seam,
        0.32, inside=piece)
    _band(canvas, fabric, waist, top, 22)


def denim_mini(canvas: Canvas, fabric: Fabric) -> None:
    """A short denim skirt with five pockets and contrast stitches."""
    m, top, waist, hip, hem, bottom = MIDDLE, 118.0, 78.0, 106.0, 116.0, 350.0
    thread = bgr("d59a50") if fabric.colour not in ("black", "white", "ecru") else fabric.seam
    _back(canvas, fabric, waist, top)
    y = top + 22
    half: list[tuple[float, ...]] = [(m, y + 4), (m + waist + 1, y, 1), (m + hip - 5, y + 60), (m + hip + 3, y + 116),
        (m + hem, bottom - 4, 1), (m, bottom + 4)]
    left = [(2 * m - p[0], *p[1:]) for p in reversed(half[1:-1])]
    folds = [fold([(m + s * (hip - 4), y + a), (m + s * 60, y + a + 12), (m + s * 24, y + a + 6)], 9, 0.08) for s,
        a in ((-1, 92), (1, 104), (1, 136))]
    folds += [fold([(m + s * 56, y + 60), (m + s * 60, y + 120), (m + s * 62, bottom - 20)], 40, -0.11) for s in (-1,
        1)]
    piece = lay(canvas, spline([*half, *left], closed=True), fabric, anchor=(m, top), folds=folds)
    for mirror in (True, False):
        pocket = spline([(m + 36, y + 3), (m + 44, y + 30), (m + 68, y + 44), (m + hip + 2, y + 44)])
        line = flipped(pocket) if mirror else pocket
        sewn(canvas, line, fabric, inside=piece, strength=0.8)
        for d in (3.0, 5.6):
            stitch(canvas, moved(line, (d if mirror else -d) * 0.6, d * 0.8), thread, 0.75, inside=piece)
    canvas.line(np.array([(m, y), (m, bottom + 3)]), 1.2, fabric.seam, 0.6, inside=piece)
    for dx in (18, 15.4):
        stitch(canvas, spline([(m + dx, y), (m + dx, y + 60), (m + dx - 6, y + 82), (m + 1, y + 92)]), thread, 0.75,
            inside=piece)
    for dy in (11, 8):
        stitch(canvas, spline([(m - hem, bottom - 4 - dy), (m, bottom + 4 - dy), (m + hem, bottom - 4 - dy)]), thread,
            0.75, inside=piece)
    _band(canvas, fabric, waist, top, 24)
    stitch(canvas, spline([(m - waist, top + 3), (m, top + 9), (m + waist, top + 3)]), thread, 0.7)
    for x in (-0.72, -0.36, 0.36, 0.72):
        dip = 6 * (1 - x * x)
        lay(canvas, rounded(m + waist * x - 4, top - 2 + dip, m + waist * x + 4, top + 28 + dip, 1.2), fabric,
            lift=0.34, drape=0, round_=0.5)
    stud(canvas, m, top + 18, 6, BRASS)


def slip_skirt(canvas: Canvas, fabric: Fabric) -> None:
    """A bias-cut satin midi skirt on an elastic waist."""
    m, top, waist, hip, hem, bottom = MIDDLE, 64.0, 56.0, 80.0, 104.0, 422.0
    _back(canvas, fabric, waist, top)
    half: list[tuple[float, ...]] = [(m, top + 6), (m + waist, top, 1), (m + waist + 2, top + 14),
        (m + hip, top + 96), (m + hip + 8, top + 210), (m + hem, bottom - 8, 1), (m + hem * 0.5, bottom),
        (m, bottom + 4)]
    left = [(2 * m - p[0], *p[1:]) for p in reversed(half[1:-1])]
    folds: list[Fold] = []
    for x in np.linspace(-0.8, 0.8, 7):
        j = canvas.rng.uniform(-8, 8, 2)
        folds.append(fold([(m + x * hip + j[0], top + 90), (m + x * hip * 1.05 + j[1], top + 220),
            (m + x * hem, bottom + 3)], 24, 0.10))
        folds.append(fold([(m + x * hip + 14, top + 60), (m + x * hip * 1.05 + 16 + j[0], top + 200),
            (m + x * hem + 18, bottom + 3)], 18, -0.10))
    for x in np.linspace(-0.9, 0.9, 14):
        folds.append(fold([(m + x * waist, top + 12), (m + x * waist * 1.1, top + 30 + canvas.rng.uniform(0, 20))], 5,
            0.12))
    piece = lay(canvas, spline([*half, *left], closed=True), fabric, folds=folds, anchor=(m, top))
    stitch(canvas, spline([(m - waist - 2, top + 14), (m, top + 20), (m + waist + 2, top + 14)]), fabric.seam, 0.4,
        inside=piece)
    canvas.line(spline([(m - hem, bottom - 14), (m, bottom - 2), (m + hem, bottom - 14)]), 1.0, fabric.seam, 0.3,
        inside=piece)

