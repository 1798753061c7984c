"""Jackets: bomber, puffer, denim, biker."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from catalog.drawing.canvas import Canvas
from catalog.drawing.cloth import Fabric, Fold, fold, gleam, inner_cloth, lay
from catalog.drawing.coats import halves, lapels, lining
from catalog.drawing.colours import STEEL, bgr
from catalog.drawing.curves import MIDDLE, Points, flipped, moved, ribbon, sides, spline
from catalog.drawing.torso import (
    Cut,
    armhole,
    back_neck,
    body,
    body_folds,
    cuffed,
    hem_line,
    long_sleeve,
    neckline,
    sleeves,
    waistband,
)
from catalog.drawing.trims import buckle, label, ribbed, sewn, stitch, stud, zipper


def bomber(canvas: Canvas, fabric: Fabric, fit: str = "unisex", trim: str = "") -> None:
    """A zipped bomber with ribbed collar, cuffs and hem, and slanted pockets."""
    cut = Cut(neck=36, drop=20, top=84, shoulder=100, slope=27, chest=96, armpit=180, waist=97, hem=95, bottom=370)
    m, top = MIDDLE, cut.top
    rib = Fabric(trim or fabric.colour, weave="wool")
    sleeve = long_sleeve(cut, 258, 16, 50, 76, 8)
    inner_cloth(canvas, np.concatenate([back_neck(cut, 10), neckline(cut, 6)[::-1]]),
        Fabric("orange" if fabric.colour in ("black", "olive") else "charcoal", weave="nylon"), 0.3)
    label(canvas, m, top + 2)
    sleeves(canvas, cut, sleeve, fabric, 1.9, 1.35, hem=0)
    cuffed(canvas, cut, sleeve, rib, 26, 9, 11)
    folds = body_folds(canvas, cut, 1.7, 1.2)
    for x in (-70, -44, -18, 20, 46, 72):
        folds.append(fold([(m + x, cut.bottom), (m + x * 0.98 + 3, cut.bottom - 28)], 9, 0.13))
    lay(canvas, body(cut), fabric, anchor=(m, top), folds=folds, lift=0.34)
    for line in sides(armhole(cut)):
        sewn(canvas, line, fabric, strength=0.6, rows=(3.0,))
    for sign in (-1, 1):
        welt = ribbon(np.array([(m + sign * 50, top + 196), (m + sign * 70, top + 244)]), 11)
        lay(canvas, welt, fabric, lift=0.3, drape=0)
        stitch(canvas, np.array([(m + sign * 45, top + 197), (m + sign * 65, top + 247)]), fabric.seam, 0.5)
    waistband(canvas, cut, rib, 28, 8, 60)
    collar_in, collar_out = moved(neckline(replace(cut, drop=16), -3), 0, -8), neckline(cut, 8)
    back_in = spline([(m - 34, top - 7, 1), (m, top - 17), (m + 34, top - 7, 1), (m + 37, top + 3, 1), (m, top - 3),
        (m - 37, top + 3, 1)], closed=True)
    lay(canvas, back_in, rib, shade=0.2, lift=0, drape=0)
    ribbed(canvas, np.concatenate([collar_in, collar_out[::-1]]), rib, collar_in, collar_out, 36)
    zipper(canvas, np.array([(m, top + 12), (m, cut.bottom + 26)]), fabric.base, STEEL)
    canvas.line(np.array([(m - 8.5, top + 30), (m - 8.5, cut.bottom + 2)]), 1.0, fabric.seam, 0.4)
    canvas.line(np.array([(m + 8.5, top + 30), (m + 8.5, cut.bottom + 2)]), 1.0, fabric.seam, 0.4)


def _quilts(low: float, high: float, step: float) -> list[float]:
    return list(np.arange(low, high, step))


def puffer(canvas: Canvas, fabric: Fabric, fit: str = "unisex", hood: bool = True, gilet: bool = False) -> None:
    """A quilted down jacket; a ``gilet`` has no sleeves."""
    cut = Cut(neck=36, drop=14, top=98, shoulder=100, slope=26, chest=100, armpit=184, waist=101, hem=98, bottom=408,
        tail=3)
    if gilet:
        cut = replace(cut, shoulder=88, chest=96, waist=95, hem=95)
    m, top = MIDDLE, cut.top
    inner = Fabric("charcoal", weave="nylon")
    if hood:
        cap = spline([(m - 52, top + 10, 1), (m - 64, top - 22), (m - 48, top - 56), (m, top - 68),
            (m + 48, top - 56), (m + 64, top - 22), (m + 52, top + 10, 1), (m, top + 20)], closed=True)
        lay(canvas, cap, fabric, shade=0.06, round_=1.3,
            folds=[fold([(m - 58, top - 30), (m, top - 46), (m + 58, top - 30)], 9, 0.2)])
        inner_cloth(canvas, spline([(m - 38, top + 8), (m - 41, top - 24), (m - 22, top - 47), (m, top - 52),
            (m + 22, top - 47), (m + 41, top - 24), (m + 38, top + 8), (m, top + 18)], closed=True),
                    inner, 0.25)
    else:
        inner_cloth(canvas, spline([(m - 40, top - 18), (m, top - 32), (m + 40, top - 18), (m, top - 6)],
            closed=True), inner, 0.25)
    label(canvas, m, top - 12)
    step = 37.0
    if not gilet:
        sleeve = long_sleeve(cut, 268, 16, 50, 80, 8)
        d, n = sleeve.along
        for left in (True, False):
            end = (sleeve.cuff[0] + sleeve.cuff[-1]) / 2
            mid = np.array([(cut.tip[0] + cut.pit[0]) / 2 + 10, (cut.tip[1] + cut.pit[1]) / 2])
            seams, folds = [], []
            for t in np.arange(0.10, 0.98, 0.135):
                c = mid + (end - mid) * t
                line = spline([tuple(c - n * 52 + d * 3), tuple(c + d * 5), tuple(c + n * 52 - d * 2)])
                if left:
                    line = flipped(line)
                seams.append(line)
                folds += [Fold(moved(line, 0, 2), 12, 0.24), Fold(moved(line, 0, -12), 12, -0.13)]
            outline = flipped(sleeve.outline) if left else sleeve.outline
            piece = lay(canvas, outline, fabric, folds=folds, round_=1.5, shade=0.04, drape=0.8)
            canvas.line(seams, 1.2, fabric.seam, 0.6, inside=piece)
            cuff = ribbon(sleeve.cuff - d * 3, 9)
            lay(canvas, flipped(cuff) if left else cuff, fabric.plain(), lift=0.3, shade=0.1, drape=0)
    rng = canvas.rng
    folds, seams = [], []
    for y in _quilts(top + 40, cut.bottom - 12, step):
        line = spline([(m - 110, y - 1), (m - 40, y + 3), (m, y + 1), (m + 40, y + 3), (m + 110, y - 1)])
        seams.append(line)
        folds += [Fold(moved(line, 0, 3), 14, 0.26), Fold(moved(line, 0, -13), 14, -0.16)]
        for x in np.arange(-92, 95, 15.0):
            x += rng.uniform(-4, 4)
            tall = rng.uniform(6, 13)
            folds.append(fold([(m + x, y + 1), (m + x + rng.uniform(-4, 4), y + tall)], 5.5, rng.uniform(0.10, 0.2)))
            folds.append(fold([(m + x + 6, y - 1), (m + x + 6 + rng.uniform(-4, 4), y - tall)], 5,
                rng.uniform(0.06, 0.14)))
    piece = lay(canvas, body(cut), fabric, folds=folds, round_=1.5, lift=0.4, anchor=(m, top), drape=0.8)
    canvas.line(seams, 1.2, fabric.seam, 0.65, inside=piece)
    for line in sides(armhole(cut)):
        sewn(canvas, line, fabric, strength=0.7)
    if gilet:
        for line in sides(armhole(cut)):
            lay(canvas, ribbon(line, 6), fabric.plain(), lift=0.2, drape=0, shade=0.08)
    for sign in (-1, 1):
        zipper(canvas, np.array([(m + sign * 58, top + 188), (m + sign * 70, top + 238)]), fabric.base, puller=False)
    collar = spline([(m - 42, top - 20, 1), (m, top - 4), (m + 42, top - 20, 1), (m + 47, top + 10),
        (m + 40, top + 24, 1), (m, top + 36), (m - 40, top + 24, 1), (m - 47, top + 10)], closed=True)
    middle = spline([(m - 46, top + 2), (m, top + 15), (m + 46, top + 2)])
    leaf = lay(canvas, collar, fabric, round_=1.4, lift=0.4, folds=[Fold(middle, 11, 0.22)])
    canvas.line(middle, 1.2, fabric.seam, 0.6, leaf)
    zipper(canvas, np.array([(m, top + 4), (m, cut.bottom + 2)]), fabric.base, STEEL)


def denim_jacket(canvas: Canvas, fabric: Fabric, fit: str = "unisex") -> None:
    """A trucker jacket: yoke, two flap pockets, V seams, brass buttons, contrast stitches."""
    cut = Cut(neck=35, drop=34, top=76, shoulder=97, slope=26, chest=93, armpit=172, waist=89, hem=86, bottom=366,
        tail=2)
    if fit == "women":
        cut = replace(cut, shoulder=89, chest=86, waist=80, hem=79, bottom=346)
    m, top = MIDDLE, cut.top
    thread = bgr("d79a4a") if fabric.colour not in ("white", "ecru", "black") else fabric.seam
    sleeve = long_sleeve(cut, 262, 14, 46, 68, 7)
    lining(canvas, cut, fabric, fabric.colour, 8)
    sleeves(canvas, cut, sleeve, fabric, 1.3, 1.1, hem=0)
    d, n = sleeve.along
    for left in (True, False):
        cuff = ribbon(sleeve.cuff + d * 8, 22)
        piece = lay(canvas, flipped(cuff) if left else cuff, fabric, lift=0.28, drape=0.2, angle=-14 if left else 14)
        line = sleeve.cuff + d * 15
        stitch(canvas, flipped(line) if left else line, thread, 0.75, inside=piece)
        spot = sleeve.cuff[-1] + n * 8 + d * 8
        stud(canvas, float(2 * m - spot[0] if left else spot[0]), float(spot[1]), 3.2)
    piece = lay(canvas, body(cut), fabric, anchor=(m, top), folds=body_folds(canvas, cut, 1.2, 1.0), lift=0.34)
    for line in sides(armhole(cut)):
        sewn(canvas, line, fabric, strength=0.7)
        stitch(canvas, line + np.array([-3.4 if line[0][0] > m else 3.4, 0]), thread, 0.8, inside=piece)
    yoke_y = top + 78
    for line in sides(np.array([(m + 9, yoke_y), (m + cut.chest - 2, yoke_y - 4)])):
        sewn(canvas, line, fabric, inside=piece, strength=0.7)
        for dy in (3, 5.6):
            stitch(canvas, line + np.array([0, dy]), thread, 0.8, inside=piece)
    for a, b in (((34, yoke_y), (20, cut.bottom)), ((62, yoke_y), (52, cut.bottom))):
        for line in sides(np.array([(m + a[0], a[1]), (m + b[0], b[1])])):
            sewn(canvas, line, fabric, inside=piece, strength=0.6)
            for dx in (-2.6, 2.6):
                stitch(canvas, line + np.array([dx, 0]), thread, 0.75, inside=piece)
    for sign in (-1, 1):
        x, y = m + sign * 47, yoke_y - 4
        flap = spline([(x - 24, y, 1), (x + 24, y, 1), (x + 23, y + 12, 1), (x, y + 22, 1), (x - 23, y + 12, 1)],
            closed=True)
        leaf = lay(canvas, flap, fabric, lift=0.38, drape=0.2, anchor=(m, top))
        stitch(canvas, np.array([(x - 21, y + 2), (x - 20.5, y + 10.5), (x, y + 19), (x + 20.5, y + 10.5),
            (x + 21, y + 2)]), thread, 0.8, inside=leaf)
        stud(canvas, x, y + 13.5, 3.4)
    band = spline([(m - cut.hem - 1, cut.bottom - 6, 1), (m, cut.bottom - 3), (m + cut.hem + 1, cut.bottom - 6, 1),
        (m + cut.hem, cut.bottom + 16, 1), (m, cut.bottom + 19), (m - cut.hem, cut.bottom + 16, 1)], closed=True)
    belt = lay(canvas, band, fabric, lift=0.25, drape=0.3, anchor=(m, top))
    for dy in (-2, 16):
        stitch(canvas, hem_line(cut, 1 - dy) + np.array([0, -2.0]), thread, 0.75, inside=belt)
    strip = spline([(m - 9, top + 30, 1), (m + 9, top + 30, 1), (m + 9, cut.bottom + 17, 1),
        (m - 9, cut.bottom + 17, 1)], closed=True)
    edge = lay(canvas, strip, fabric, lift=0.25, drape=0.2, anchor=(m, top))
    for x in (m - 6.6, m + 6.6):
        stitch(canvas, np.array([(x, top + 30), (x, cut.bottom + 17)]), thread, 0.7, inside=edge)
    for y in np.linspace(top + 62, cut.bottom + 7, 6):
        stud(canvas, m, float(y), 4.2)
    for shape, sign in _collar_leaves(cut):
        leaf = lay(canvas, shape, fabric, angle=-sign * 30, lift=0.4, drape=0.2)
        stitch(canvas, np.array([(m + sign * (cut.neck + 7), top + 16), (m + sign * 42, top + 49),
            (m + sign * 9, top + 30)]), thread, 0.8, inside=leaf)
    back = spline([(m - cut.neck - 2, top + 2, 1), (m, top - 15), (m + cut.neck + 2, top + 2, 1)])
    canvas.line(back, 1.0, fabric.seam, 0.2)


def _collar_leaves(cut: Cut) -> tuple[tuple[Points, int], tuple[Points, int]]:
    m, top, n = MIDDLE, cut.top, cut.neck
    right = spline([(m + n * 0.74, top - 12, 1), (m + n + 4, top - 3), (m + n + 11, top + 16, 1),
        (m + 43, top + 54, 1), (m + 4, top + 31, 1), (m + n * 0.5, top + 14)], closed=True)
    return (flipped(right), -1), (right, 1)


def biker(canvas: Canvas, fabric: Fabric, fit: str = "unisex") -> None:
    """A leather biker jacket: wide lapels, slanted zip, belt at the hem."""
    cut = Cut(neck=33, drop=60, top=72, shoulder=92, slope=25, chest=88, armpit=168, waist=83, hem=85, bottom=374,
        vee=True, tail=2)
    m, top = MIDDLE, cut.top
    sleeve = long_sleeve(cut, 266, 14, 42, 64, 7)
    lining(canvas, cut, fabric, "burgundy", 6)
    sleeves(canvas, cut, sleeve, fabric, 1.7, 1.0, hem=10)
    lower, upper = halves(cut, 34)
    folds = body_folds(canvas, cut, 1.5, 1.0)
    lay(canvas, lower, fabric, anchor=(m, top), folds=folds, lift=0.34)
    piece = lay(canvas, upper, fabric, anchor=(m, top), folds=folds, lift=0.42)
    for line in sides(armhole(cut)):
        sewn(canvas, line, fabric, strength=0.8, rows=(3.0,))
    zipper(canvas, np.array([(m - 30, top + 128), (m - 22, cut.bottom)]), fabric.base, STEEL)
    zipper(canvas, np.array([(m + 78, top + 92), (m + 40, top + 108)]), fabric.base, STEEL, puller=False)
    for sign in (-1, 1):
        zipper(canvas, np.array([(m + sign * 46, top + 196), (m + sign * 70, top + 236)]), fabric.base, STEEL,
            puller=False)
    lapels(canvas, cut, fabric, 62, 44, (32, top + 132))
    for sign in (-1, 1):
        stud(canvas, m + sign * 68, top + 52, 3.4, STEEL)
        stud(canvas, m + sign * 30, top + 24, 2.8, STEEL)
        gleam(canvas, spline([(m + sign * 70, top + 110), (m + sign * 66, top + 170), (m + sign * 70, top + 220)]),
            13, 0.16, piece, blur=4)
    belt = ribbon(spline([(m - cut.hem - 1, cut.bottom - 13), (m, cut.bottom - 10), (m + cut.hem + 1,
        cut.bottom - 13)]), 17)
    lay(canvas, belt, fabric, lift=0.4, drape=0.2)
    for x in (-60, 62):
        lay(canvas, ribbon(np.array([(m + x, cut.bottom - 25), (m + x, cut.bottom + 2)]), 9), fabric, lift=0.3,
            drape=0)
    buckle(canvas, m + 4, cut.bottom - 10, 21, 25, STEEL)
