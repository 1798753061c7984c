"""Underwear laid flat: briefs, boxers, camisoles, bra tops."""

from __future__ import annotations

import numpy as np

from catalog.drawing.canvas import Canvas
from catalog.drawing.cloth import Fabric, Fold, fold, inner_cloth, lay
from catalog.drawing.colours import PEARL, bgr
from catalog.drawing.curves import MIDDLE, Points, flipped, moved, ribbon, sides, spline
from catalog.drawing.trims import buckle, button, label, ribbed, sewn, stitch, straps


def _elastic(canvas: Canvas, fabric: Fabric, waist: float, top: float, depth: float, colour: str = "",
        word: bool = False) -> None:
    m = MIDDLE
    high = spline([(m - waist, top), (m, top + 7), (m + waist, top)])
    low = spline([(m - waist - 2, top + depth), (m, top + depth + 7), (m + waist + 2, top + depth)])
    piece = ribbed(canvas, np.concatenate([high, low[::-1]]), Fabric(colour or fabric.colour, shine=0.1), high, low,
        64, depth=0.2, lift=0.25)
    if word:
        ink = bgr("white") if Fabric(colour or fabric.colour).base[1] < 120 else bgr("black")
        middle = (high + low) / 2
        for x in (-0.55, 0.0, 0.55):
            at = middle[np.abs(middle[:, 0] - (m + x * waist)).argmin()]
            for k in range(-3, 3):
                canvas.line(at + np.array([(k * 8, 0.0), (k * 8 + 4.5, 0.0)]), depth * 0.34, ink, 0.85,
                    inside=piece)


def briefs(canvas: Canvas, fabric: Fabric, fit: str = "women", high: bool = False) -> None:
    """Briefs with bound legs; ``high`` waisted for women, a fly seam for men."""
    m = MIDDLE
    top = 130.0 if high else 160.0
    waist = 92.0 if high else 104.0
    hip = 122.0
    men = fit == "men"
    low = 348.0
    inner_cloth(canvas, spline([(m - waist + 3, top + 2), (m, top - 7), (m + waist - 3, top + 2), (m, top + 14)],
        closed=True), fabric, 0.34)
    label(canvas, m, top - 3, 26, 11)
    leg = [(m + hip, 254, 1), (m + 86, 276), (m + 50, 312), (m + 32, low, 1)] if men else [(m + hip, 246, 1),
        (m + 80, 268), (m + 44, 306), (m + 26, low, 1)]
    half: list[tuple[float, ...]] = [(m, top + 8), (m + waist, top + 2, 1), (m + (waist + hip) / 2 + 6,
        (top + 246) / 2), *leg, (m, low + 9)]
    left = [(2 * m - p[0], *p[1:]) for p in reversed(half[1:-1])]
    folds: list[Fold] = []
    for s in (-1, 1):
        folds += [fold([(m + s * 100, 256), (m + s * 60, 252), (m + s * 28, 262)], 9, 0.08),
            fold([(m + s * 52, 304), (m + s * 36, 290), (m + s * 20, 262)], 8, 0.09),
                  fold([(m + s * 80, top + 24), (m + s * 86, 210), (m + s * 96, 240)], 14, 0.06)]
    piece = lay(canvas, spline([*half, *left], closed=True), fabric, folds=folds, anchor=(m, top))
    edge = spline([p[:2] for p in leg])
    for line in sides(edge):
        lay(canvas, ribbon(line, 10), fabric.plain(), inside=piece, lift=0.14, drape=0)
        stitch(canvas, moved(line, -5.5 if line[0][0] > m else 5.5, -5.0), fabric.seam, 0.45, inside=piece)
    if men:
        for line in sides(spline([(m + 34, top + 26), (m + 40, 262), (m + 18, low - 30)])):
            sewn(canvas, line, fabric, inside=piece, strength=0.6, rows=(3.0,))
        sewn(canvas, spline([(m, top + 26), (m, low - 10)]), fabric, inside=piece, strength=0.4)
        _elastic(canvas, fabric, waist, top, 24, "", word=True)
    else:
        canvas.line(spline([(m - 24, low - 32), (m, low - 27), (m + 24, low - 32)]), 1.0, fabric.seam, 0.4,
            inside=piece)
        _elastic(canvas, fabric, waist, top, 12)
        for s in (-1, 1):
            lay(canvas, spline([(m, top + 14, 1), (m + s * 7, top + 8), (m + s * 14, top + 11),
                (m + s * 12, top + 18)], closed=True), fabric.plain(), lift=0.35, drape=0, shade=-0.03)


def boxers(canvas: Canvas, fabric: Fabric, loose: bool = False, band: str = "black") -> None:
    """Boxer briefs with a lettered band, or ``loose`` woven boxers with a button."""
    m, top = MIDDLE, 112.0
    waist, hip, hem = (100.0, 122.0, 140.0) if loose else (100.0, 114.0, 112.0)
    low = 352.0 if loose else 338.0
    inner = 10.0 if loose else 8.0
    inner_cloth(canvas, spline([(m - waist + 3, top + 1), (m, top - 8), (m + waist - 3, top + 1), (m, top + 12)],
        closed=True), fabric, 0.36)
    label(canvas, m, top - 4, 26, 11)
    outline = spline([(m - 1, top + 10, 1), (m + waist, top + 4, 1), (m + hip - 3, top + 80),
        (m + hip + 2, top + 130), (m + hem, low - 4, 1), (m + hem * 0.52, low + 4), (m + inner, low + 2, 1),
        (m + 2, 268, 1), (m - 1, 260, 1)], closed=True)
    for shape in (flipped(outline), outline):
        s = -1 if shape is not outline else 1
        folds = [fold([(m + s * 6, 262), (m + s * 40, 250), (m + s * 76, 232)], 8, 0.10),
            fold([(m + s * 8, 276), (m + s * 30, 296), (m + s * 50, 330)], 10, 0.08),
            fold([(m + s * (hip - 6), 200), (m + s * (hip - 22), 260), (m + s * (hip - 16), 320)], 16, 0.07)]
        if loose:
            folds += [fold([(m + s * x, top + 20), (m + s * x * 1.08, top + 66)], 8, 0.12) for x in (18, 40, 62, 84)]
        piece = lay(canvas, shape, fabric, folds=folds, anchor=(m, top), lift=0.25, angle=-1.5 * s)
        line = spline([(m + hem + 2, low - 16), (m + hem * 0.52, low - 8), (m + inner - 4, low - 10)])
        for dy in (0, 3):
            stitch(canvas, moved(line if s > 0 else flipped(line), 0, dy), fabric.seam, 0.45, inside=piece)
    if loose:
        sewn(canvas, spline([(m + 2, top + 20), (m + 3, 200), (m, 264)]), fabric, strength=0.6)
        stitch(canvas, spline([(m - 14, top + 22), (m - 13, 200), (m - 2, 236)]), fabric.seam, 0.5)
        button(canvas, m - 5, 176, 4, PEARL)
        _elastic(canvas, fabric, waist, top, 26)
    else:
        for line in sides(spline([(m + 36, top + 26), (m + 46, 220), (m + 22, 272)])):
            sewn(canvas, line, fabric, strength=0.6, rows=(3.0,))
        sewn(canvas, spline([(m, top + 26), (m + 2, 200), (m, 262)]), fabric, strength=0.45)
        _elastic(canvas, fabric, waist, top, 28, band, word=True)


def camisole(canvas: Canvas, fabric: Fabric, lace: str = "") -> None:
    """A camisole on thin straps with a lace edge."""
    m = MIDDLE
    straps(canvas, fabric, (m + 58, 134), (m + 48, 58), (m + 40, 150), 4.8)
    inner_cloth(canvas, spline([(m - 76, 156), (m, 138), (m + 76, 156), (m, 182)], closed=True), fabric, 0.34)
    label(canvas, m, 149, 22, 11)
    half: list[tuple[float, ...]] = [(m, 176, 1), (m + 34, 146), (m + 58, 128, 1), (m + 74, 154), (m + 83, 178, 1),
        (m + 74, 260), (m + 88, 372), (m + 92, 384, 1), (m + 46, 394), (m, 398)]
    left = [(2 * m - p[0], *p[1:]) for p in reversed(half[1:-1])]
    folds: list[Fold] = []
    for x in np.linspace(-0.75, 0.75, 6):
        j = canvas.rng.uniform(-8, 8)
        folds.append(fold([(m + x * 76 + j, 210), (m + x * 74, 290), (m + x * 92, 396)], 19, 0.09))
        folds.append(fold([(m + x * 76 + 14, 200), (m + x * 74 + 14, 280), (m + x * 92 + 12, 396)], 15, -0.08))
    piece = lay(canvas, spline([*half, *left], closed=True), fabric, folds=folds, anchor=(m, 130))
    _lace(canvas, spline([(m + 83, 178), (m + 74, 154), (m + 58, 128), (m + 34, 146), (m, 176)]), fabric, lace, 9.0)
    hem = spline([(m - 92, 384), (m - 46, 394), (m, 398), (m + 46, 394), (m + 92, 384)])
    _scallops(canvas, moved(hem, 0, -2), fabric, lace)
    stitch(canvas, moved(hem, 0, -9), fabric.seam, 0.3, inside=piece)


def _lace(canvas: Canvas, right: Points, fabric: Fabric, lace: str, width: float) -> None:
    tone = Fabric(lace or fabric.colour, weave="waffle")
    for line in sides(right):
        lay(canvas, ribbon(line, width), tone, lift=0.2, drape=0, shade=-0.02)
        stitch(canvas, line, tone.seam, 0.5, dash=2.0, gap=2.0, width=2.0)


def _scallops(canvas: Canvas, line: Points, fabric: Fabric, lace: str) -> None:
    tone = Fabric(lace or fabric.colour, weave="waffle")
    step = 12.0
    count = int((line[-1][0] - line[0][0]) // step)
    low: list[tuple[float, ...]] = []
    for k in range(count + 1):
        x = line[0][0] + (line[-1][0] - line[0][0]) * k / count
        y = float(np.interp(x, line[:, 0], line[:, 1]))
        low.append((float(x), y + 10, 1))
        if k < count:
            low.append((float(x) + step / 2, y + 17))
    lay(canvas, np.concatenate([moved(line, 0, -4), spline(low)[::-1]]), tone, lift=0.2, drape=0)
    for p in low[1::2]:
        canvas.line(np.array([(p[0] - 1.4, p[1] - 9), (p[0] + 1.4, p[1] - 9)]), 2.6, tone.seam, 0.45)


def bra_top(canvas: Canvas, fabric: Fabric, lace: str = "", sport: bool = False) -> None:
    """A soft bra top with an elastic band; ``sport``: broad straps and a racer cut."""
    m = MIDDLE
    if sport:
        inner_cloth(canvas, spline([(m - 84, 150, 1), (m - 40, 108), (m, 100), (m + 40, 108), (m + 84, 150, 1),
            (m, 220)], closed=True), fabric, 0.36)
        label(canvas, m, 122, 26, 12)
        half: list[tuple[float, ...]] = [(m, 196), (m + 30, 176), (m + 50, 110, 1), (m + 84, 112, 1), (m + 88, 170),
            (m + 122, 216, 1), (m + 118, 300, 1), (m, 306)]
    else:
        straps(canvas, fabric, (m + 68, 166), (m + 57, 92), (m + 48, 214), 8.5)
        for sign in (-1, 1):
            buckle(canvas, m + sign * 65.0, 128, 13, 10)
        inner_cloth(canvas, spline([(m - 116, 222), (m, 206), (m + 116, 222), (m, 262)], closed=True), fabric, 0.34)
        label(canvas, m, 216, 22, 11)
        half = [(m, 236, 1), (m + 30, 196), (m + 68, 160, 1), (m + 92, 196), (m + 124, 222, 1), (m + 120, 300, 1),
            (m, 306)]
    left = [(2 * m - p[0], *p[1:]) for p in reversed(half[1:-1])]
    folds = [fold([(m + s * 100, 232), (m + s * 76, 262), (m + s * 44, 278)], 14, 0.10) for s in (-1, 1)]
    folds += [fold([(m + s * 66, 182), (m + s * 52, 220), (m + s * 60, 258)], 26, -0.10) for s in (-1, 1)]
    folds += [fold([(m, 242), (m + s * 6, 264), (m + s * 16, 284)], 8, 0.12) for s in (-1, 1)]
    piece = lay(canvas, spline([*half, *left], closed=True), fabric, folds=folds, anchor=(m, 160), round_=1.2)
    if sport:
        for line in sides(spline([(m + 52, 112), (m + 31, 176), (m, 195)])):
            lay(canvas, ribbon(line, 10), fabric.plain(), inside=piece, lift=0.15, drape=0)
        for line in sides(spline([(m + 90, 170), (m + 74, 232), (m + 80, 300)])):
            sewn(canvas, line, fabric, inside=piece, strength=0.6)
    else:
        _lace(canvas, spline([(m + 122, 222), (m + 92, 197), (m + 68, 162), (m + 30, 198), (m, 236)]), fabric, lace, 9)
        canvas.line(np.array([(m, 240), (m, 300)]), 1.1, fabric.seam, 0.45, inside=piece)
    high = spline([(m - 119, 296), (m, 304), (m + 119, 296)])
    low = spline([(m - 117, 326), (m, 335), (m + 117, 326)])
    ribbed(canvas, np.concatenate([high, low[::-1]]), fabric, high, low, 60, depth=0.22, lift=0.25)
