"""Bags: satchel, tote, crossbody, backpack, bucket, clutch."""

from __future__ import annotations

import numpy as np

from catalog.drawing.canvas import Canvas, filled
from catalog.drawing.cloth import Fabric, fold, gleam, inner_cloth, lay
from catalog.drawing.colours import BRASS, STEEL, bgr, brightness, darker, lighter
from catalog.drawing.curves import MIDDLE, Points, moved, ribbon, rounded, scaled, sides, spline
from catalog.drawing.trims import buckle, cord, stitch, stud, zipper


def _strap(canvas: Canvas, line: Points, fabric: Fabric, width: float, lift: float = 0.0, shade: float = 0.0) -> None:
    """A rounded handle: dark rim, cloth, light ridge."""
    piece = lay(canvas, ribbon(line, width), fabric, lift=lift, drape=0.2, shade=shade, round_=1.5)
    canvas.line(moved(line, -width * 0.12, -width * 0.12), width * 0.26, lighter(fabric.base, 0.5), 0.30, inside=piece)
    stitch(canvas, moved(line, 0, 0), fabric.seam, 0.45, inside=piece)


def _thread(fabric: Fabric) -> tuple[float, float, float]:
    return lighter(fabric.base, 0.5) if brightness(fabric.base) < 150 else fabric.seam


def _rings(canvas: Canvas, x: float, y: float, metal: tuple[float, float, float] = BRASS) -> None:
    for sign in (-1, 1):
        frame = filled(rounded(MIDDLE + sign * x - 13, y - 10, MIDDLE + sign * x + 13, y + 12, 6),
            holes=[rounded(MIDDLE + sign * x - 8, y - 5, MIDDLE + sign * x + 8, y + 7, 4)])
        canvas.cast(frame, 0.5, 1, 2, 2)
        canvas.put(frame, darker(metal, 0.12))
        canvas.line(np.array([(MIDDLE + sign * x - 10, y - 8.5), (MIDDLE + sign * x + 9, y - 8.5)]), 1.6,
            lighter(metal, 0.75), 0.9)


def satchel(canvas: Canvas, fabric: Fabric, metal: tuple[float, float, float] = BRASS) -> None:
    """A top-handle bag with a stitched flap and a turn lock."""
    m = MIDDLE
    arch = spline([(m - 70, 190), (m - 66, 128), (m - 40, 88), (m, 76), (m + 40, 88), (m + 66, 128), (m + 70, 190)])
    _strap(canvas, arch, fabric, 14)
    body = spline([(m - 118, 182, 1), (m, 178), (m + 118, 182, 1), (m + 128, 290), (m + 136, 388), (m + 124, 402, 1),
        (m, 406), (m - 124, 402, 1), (m - 136, 388), (m - 128, 290)], closed=True)
    piece = lay(canvas, body, fabric, round_=1.2, folds=[fold([(m - 108, 300), (m - 60, 330), (m - 20, 372)], 26,
        0.05), fold([(m + 104, 290), (m + 80, 340), (m + 60, 386)], 26, 0.05)])
    stitch(canvas, scaled(body, 0.955, (m, 294)), _thread(fabric), 0.6, inside=piece)
    flap = spline([(m - 121, 179, 1), (m, 174), (m + 121, 179, 1), (m + 126, 232), (m + 96, 282), (m, 296),
        (m - 96, 282), (m - 126, 232)], closed=True)
    leaf = lay(canvas, flap, fabric, lift=0.48, round_=1.1)
    stitch(canvas, scaled(flap, 0.945, (m, 232)), _thread(fabric), 0.65, inside=leaf)
    gleam(canvas, spline([(m - 104, 196), (m - 50, 188), (m + 20, 190)]), 16, 0.14 + 0.4 * fabric.shine, leaf, blur=5)
    gleam(canvas, spline([(m - 118, 310), (m - 122, 350), (m - 124, 390)]), 14, 0.10 + 0.3 * fabric.shine, piece,
        blur=5)
    _rings(canvas, 70, 190, metal)
    plate = rounded(m - 17, 272, m + 17, 318, 6)
    canvas.cast(filled(plate), 0.5, 1, 3, 3)
    canvas.fill(plate, darker(metal, 0.2))
    canvas.fill(rounded(m - 15, 273.5, m + 15, 315, 5), metal)
    canvas.fill(rounded(m - 15, 273.5, m - 4, 315, 5), lighter(metal, 0.5), 0.5)
    canvas.fill(rounded(m - 9, 287, m + 9, 301, 3), darker(metal, 0.5))
    canvas.fill(rounded(m - 3, 282, m + 3, 307, 2), lighter(metal, 0.35))


def tote(canvas: Canvas, fabric: Fabric, handles: str = "", word: str = "") -> None:
    """An open shopper with two long handles; ``handles`` in another colour, ``word`` a printed mark's colour."""
    m = MIDDLE
    strap = Fabric(handles, weave="leather", shine=0.12) if handles else fabric.plain()
    for dy, shade in ((-10.0, 0.25), (0.0, 0.0)):
        if dy == 0.0:
            inner_cloth(canvas, spline([(m - 116, 188, 1), (m, 176), (m + 116, 188, 1), (m, 204)], closed=True),
                fabric, 0.45)
            body = spline([(m - 120, 188, 1), (m, 199), (m + 120, 188, 1), (m + 116, 300), (m + 108, 420, 1),
                (m, 427), (m - 108, 420, 1), (m - 116, 300)], closed=True)
            piece = lay(canvas, body, fabric, lift=0.2, round_=1.1, anchor=(m, 188), folds=[
                fold([(m - 66, 204), (m - 60, 290), (m - 84, 400)], 28, 0.07),
                    fold([(m + 60, 204), (m + 76, 300), (m + 60, 410)], 28, 0.07),
                    fold([(m - 90, 392), (m, 372), (m + 92, 396)], 22, 0.06),
                fold([(m - 20, 206), (m + 6, 260), (m - 4, 320)], 22, 0.05)])
            stitch(canvas, spline([(m - 119, 200), (m, 211), (m + 119, 200)]), _thread(fabric), 0.55, inside=piece)
        arch = spline([(m - 52, 232 if dy == 0 else 190), (m - 54, 150 + dy), (m - 40, 84 + dy), (m, 62 + dy),
            (m + 40, 84 + dy), (m + 54, 150 + dy), (m + 52, 232 if dy == 0 else 190)])
        _strap(canvas, arch, strap, 12, 0.35 if dy == 0 else 0, shade)
    for sign in (-1, 1):
        for y in (212, 228):
            stud(canvas, m + sign * 52, y, 2.6, BRASS)
    if word:
        ink = bgr(word)
        for k, wide in enumerate((84, 84, 46)):
            y = 292 + 24 * k
            for x in np.arange(m - wide / 2, m + wide / 2, 14.0):
                canvas.line(np.array([(x, y), (x + 9, y)]), 11 if k < 2 else 4, ink, 0.85)


def crossbody(canvas: Canvas, fabric: Fabric, chain: bool = False) -> None:
    """A small flap bag on a long strap or a chain."""
    m = MIDDLE
    line = spline([(m - 98, 246), (m - 112, 150), (m - 78, 66), (m, 44), (m + 78, 66), (m + 112, 150), (m + 98, 246)])
    if chain:
        for k, (p, q) in enumerate(zip(line[:-2:2], line[2::2], strict=False)):
            canvas.line(np.stack([p, q]), 6.0 if k % 2 else 4.4, darker(BRASS, 0.35), 1.0, free=True)
            canvas.line(np.stack([p * 0.85 + q * 0.15, p * 0.15 + q * 0.85]), 3.2 if k % 2 else 2.0,
                lighter(BRASS, 0.25), 1.0, free=True)
    else:
        _strap(canvas, line, fabric, 10)
    body = spline([(m - 110, 240, 1), (m, 236), (m + 110, 240, 1), (m + 116, 310), (m + 108, 384), (m + 92, 396, 1),
        (m, 399), (m - 92, 396, 1), (m - 108, 384), (m - 116, 310)], closed=True)
    piece = lay(canvas, body, fabric, round_=1.3)
    stitch(canvas, scaled(body, 0.95, (m, 316)), _thread(fabric), 0.55, inside=piece)
    flap = spline([(m - 113, 237, 1), (m, 232), (m + 113, 237, 1), (m + 117, 300), (m + 96, 346), (m, 354),
        (m - 96, 346), (m - 117, 300)], closed=True)
    folds = []
    if chain:
        for k in range(-5, 12):
            folds += [fold([(m - 130 + 30 * k, 226), (m - 80 + 30 * k, 290), (m - 20 + 30 * k, 360)], 5.5, 0.17),
                fold([(m + 130 - 30 * k, 226), (m + 80 - 30 * k, 290), (m + 20 - 30 * k, 360)], 5.5, 0.17)]
    leaf = lay(canvas, flap, fabric, lift=0.5, round_=1.2, folds=folds)
    if not chain:
        stitch(canvas, scaled(flap, 0.94, (m, 292)), _thread(fabric), 0.6, inside=leaf)
    gleam(canvas, spline([(m - 96, 252), (m - 40, 246), (m + 30, 248)]), 14, 0.14 + 0.4 * fabric.shine, leaf, blur=5)
    lock = rounded(m - 13, 330, m + 13, 352, 5)
    canvas.cast(filled(lock), 0.5, 1, 3, 3)
    canvas.fill(lock, darker(BRASS, 0.22))
    canvas.fill(rounded(m - 11, 331.5, m + 11, 349, 4), BRASS)
    canvas.fill(rounded(m - 8, 334, m + 2, 340, 3), lighter(BRASS, 0.7), 0.7)


def backpack(canvas: Canvas, fabric: Fabric, trim: str = "cognac", roll: bool = False) -> None:
    """A rucksack: front pocket, side straps, leather tabs; a zip or a rolled top."""
    m = MIDDLE
    leather = Fabric(trim, weave="leather", shine=0.15)
    for line in sides(spline([(m + 58, 118), (m + 116, 150), (m + 128, 250), (m + 112, 370)])):
        _strap(canvas, line, fabric.plain(), 20, 0, 0.2)
    _strap(canvas, spline([(m - 30, 92), (m - 22, 58), (m, 50), (m + 22, 58), (m + 30, 92)]), leather, 11)
    body = spline([(m - 96, 150), (m - 84, 100), (m - 40, 82), (m, 79), (m + 40, 82), (m + 84, 100), (m + 96, 150),
        (m + 106, 280), (m + 104, 396), (m + 84, 418, 1), (m, 422), (m - 84, 418, 1), (m - 104, 396), (m - 106, 280)],
        closed=True)
    piece = lay(canvas, body, fabric, round_=1.4, lift=0.3,
        folds=[fold([(m - 80, 130), (m - 88, 200), (m - 80, 260)], 20, 0.07),
        fold([(m + 70, 120), (m + 84, 200), (m + 76, 250)], 20, 0.07)])
    if roll:
        flap = spline([(m - 99, 152), (m - 86, 96), (m, 76), (m + 86, 96), (m + 99, 152), (m + 94, 236, 1), (m, 248),
            (m - 94, 236, 1)], closed=True)
        leaf = lay(canvas, flap, fabric, lift=0.45, round_=1.2)
        stitch(canvas, spline([(m - 90, 228), (m, 240), (m + 90, 228)]), _thread(fabric), 0.5, inside=leaf)
        for sign in (-1, 1):
            lay(canvas, rounded(m + sign * 46 - 8, 190, m + sign * 46 + 8, 306, 4), leather, lift=0.45, drape=0)
            buckle(canvas, m + sign * 46, 266, 24, 22, BRASS)
    else:
        zipper(canvas, spline([(m + 88, 178), (m + 78, 128), (m + 40, 106), (m, 102), (m - 40, 106), (m - 78, 128),
            (m - 88, 178)]), fabric.base, STEEL)
    pocket = spline([(m - 76, 288, 1), (m, 282), (m + 76, 288, 1), (m + 82, 340), (m + 76, 394), (m + 60, 403, 1),
        (m, 406), (m - 60, 403, 1), (m - 76, 394), (m - 82, 340)], closed=True)
    front_piece = lay(canvas, pocket, fabric, lift=0.4, round_=1.3,
        folds=[fold([(m - 50, 320), (m - 10, 344), (m + 40, 380)], 24, 0.06)])
    if not roll:
        zipper(canvas, spline([(m - 70, 304), (m, 297), (m + 70, 304)]), fabric.base, STEEL)
    stitch(canvas, scaled(pocket, 0.93, (m, 345)), _thread(fabric), 0.5, inside=front_piece)
    mark = rounded(m - 20, 338 if not roll else 340, m + 20, 366, 3)
    patch = lay(canvas, mark, leather, lift=0.3, drape=0)
    stitch(canvas, scaled(mark, 0.86, (m, 353)), lighter(leather.base, 0.5), 0.6, inside=patch)
    if not roll:
        diamond = spline([(m, 184, 1), (m + 20, 208, 1), (m, 232, 1), (m - 20, 208, 1)], closed=True)
        lay(canvas, diamond, leather, lift=0.3, drape=0)
        for x in (-5, 5):
            canvas.line(np.array([(m + x, 201), (m + x, 215)]), 3.2, darker(leather.base, 0.75), 0.9)
    gleam(canvas, spline([(m - 70, 118), (m - 30, 92), (m + 20, 88)]), 14, 0.08 + 0.3 * fabric.shine, piece, blur=5)


def bucket(canvas: Canvas, fabric: Fabric) -> None:
    """A drawstring bucket bag."""
    m = MIDDLE
    _strap(canvas, spline([(m - 82, 200), (m - 86, 110), (m - 50, 54), (m, 40), (m + 50, 54), (m + 86, 110),
        (m + 82, 200)]), fabric, 13)
    inner_cloth(canvas, spline([(m - 88, 178), (m, 166), (m + 88, 178), (m, 196)], closed=True), fabric, 0.45)
    top = [(m - 92, 180), (m - 60, 187), (m - 30, 182), (m, 191), (m + 30, 182), (m + 60, 187), (m + 92, 180)]
    body = spline([(m - 92, 180, 1), *top[1:-1], (m + 92, 180, 1), (m + 88, 214), (m + 108, 300), (m + 112, 390),
        (m + 98, 412, 1), (m, 420), (m - 98, 412, 1), (m - 112, 390), (m - 108, 300), (m - 88, 214)], closed=True)
    folds = [fold([(m + x, 186), (m + x * 0.98, 222), (m + x * 1.12, 290)], 15, 0.16) for x in (-76, -50, -24, 4, 30,
        56, 78)]
    piece = lay(canvas, body, fabric, folds=folds, round_=1.3)
    base = spline([(m - 112, 372, 1), (m, 382), (m + 112, 372, 1), (m + 111, 394), (m + 98, 412, 1), (m, 420),
        (m - 98, 412, 1), (m - 111, 394)], closed=True)
    lay(canvas, base, fabric, lift=0.2, shade=0.06)
    stitch(canvas, spline([(m - 112, 378), (m, 388), (m + 112, 378)]), _thread(fabric), 0.55, inside=piece)
    ink = darker(fabric.base, 0.35)
    cord(canvas, spline([(m - 90, 214), (m - 40, 220), (m, 222), (m + 40, 220), (m + 90, 214)]), ink, 4.5)
    for x in (-66, -34, 34, 66):
        stud(canvas, m + x, 219 - abs(x) * 0.05, 4.2)
    for sign, drop in ((-1, 96), (1, 110)):
        cord(canvas, spline([(m, 222), (m + sign * 16, 262), (m + sign * 18, 222 + drop)]), ink, 4.2)
        lay(canvas, rounded(m + sign * 18 - 5, 218 + drop, m + sign * 18 + 5, 244 + drop, 3), fabric, lift=0.4,
            drape=0)


def clutch(canvas: Canvas, fabric: Fabric) -> None:
    """An envelope clutch with a wrist loop."""
    m = MIDDLE
    _strap(canvas, spline([(m + 136, 216), (m + 158, 270), (m + 150, 340), (m + 136, 352), (m + 128, 300),
        (m + 134, 218)]), fabric, 8)
    body = rounded(m - 146, 168, m + 146, 346, 8)
    piece = lay(canvas, body, fabric, round_=1.1)
    stitch(canvas, scaled(body, 0.955, (m, 257)), _thread(fabric), 0.5, inside=piece)
    flap = spline([(m - 147, 166, 1), (m + 147, 166, 1), (m + 140, 186), (m + 12, 280), (m - 12, 280),
        (m - 140, 186)], closed=True)
    leaf = lay(canvas, flap, fabric, lift=0.5, round_=1.0)
    stitch(canvas, moved(scaled(flap, 0.93, (m, 200)), 0, -2), _thread(fabric), 0.5, inside=leaf)
    gleam(canvas, spline([(m - 120, 180), (m - 40, 176), (m + 60, 178)]), 16, 0.15 + 0.4 * fabric.shine, leaf, blur=5)
    stud(canvas, m, 266, 8)
