"""Dresses: wrap, shirt dress, slip, knit, tea dress, sundress."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from catalog.drawing.canvas import Canvas
from catalog.drawing.cloth import Fabric, Fold, fold, inner_cloth, lay
from catalog.drawing.colours import PEARL, bgr, brightness, darker
from catalog.drawing.curves import MIDDLE, Control, Points, moved, ribbon, rounded, sides, spline
from catalog.drawing.shirts import placket, shirt_collar, shirt_cuffs
from catalog.drawing.torso import (
    Cut,
    armhole,
    back_inside,
    back_neck,
    cuffed,
    long_sleeve,
    neck_band,
    neckline,
    short_sleeve,
    sleeves,
)
from catalog.drawing.trims import buckle, label, ribbed, sewn, stitch, straps

WAIST_Y = 196.0
"""Where most dresses are belted, canvas pixels."""
BRIGHT_PRINT = 170.0
"""Luma above which a print is belted in its second colour: in its ground colour the belt would look grey."""


def _outline(cut: Cut, hem: float, bottom: float, waist_y: float = WAIST_Y) -> Points:
    """Bodice and flared skirt in one, the neck open."""
    m = MIDDLE
    right: list[tuple[float, ...]] = [
        (m + cut.neck, cut.top, 1), (m + (cut.neck + cut.shoulder) / 2, cut.top + cut.slope * 0.44),
            (m + cut.shoulder, cut.top + cut.slope, 1),
        (m + min(cut.shoulder, cut.chest) - 6, cut.top + cut.slope + (cut.armpit - cut.top - cut.slope) * 0.55),
            (m + cut.chest, cut.armpit, 1),
        (m + cut.waist, waist_y), (m + cut.waist + (hem - cut.waist) * 0.36, waist_y + (bottom - waist_y) * 0.28),
        (m + cut.waist + (hem - cut.waist) * 0.74, waist_y + (bottom - waist_y) * 0.66), (m + hem, bottom - 10, 1),
        (m + hem * 0.66, bottom + 2), (m + hem * 0.33, bottom - 2), (m, bottom + 4)]
    left = [(2 * m - p[0], *p[1:]) for p in reversed(right[:-1])]
    return np.concatenate([spline([*right, *left]), neckline(cut)[1:-1]])


def _falls(canvas: Canvas, waist: float, hem: float, bottom: float, count: int = 9, waist_y: float = WAIST_Y,
        strength: float = 1.0) -> list[Fold]:
    """Falls of the skirt, gathers above and below the waist."""
    m, rng = MIDDLE, canvas.rng
    folds: list[Fold] = []
    for x in np.linspace(-0.86, 0.86, count):
        j = rng.uniform(-7, 7, 2)
        folds.append(fold([(m + x * hem + j[0], bottom + 3), (m + x * (waist + hem) * 0.5 + j[1],
            (bottom + waist_y) / 2 + 20), (m + x * waist * 1.05, waist_y + 26 + 2 * j[0])], 17, 0.115 * strength))
    for x in np.linspace(-0.85, 0.85, 9):
        tall = rng.uniform(18, 44)
        folds.append(fold([(m + x * waist, waist_y + 5), (m + x * waist * 1.12, waist_y + 8 + tall)], 6,
            0.12 * strength))
        folds.append(fold([(m + x * waist, waist_y - 5), (m + x * waist * 1.06, waist_y - 5 - tall * 0.8)], 5.5,
            0.09 * strength))
    for s in (-1, 1):
        folds.append(fold([(m + s * (waist + 10), 150), (m + s * 42, 164), (m + s * 24, 188)], 8, 0.08 * strength))
    return folds


def _belt(canvas: Canvas, fabric: Fabric, waist: float, y: float = WAIST_Y, tie: bool = True,
        width: float = 15.0) -> None:
    """A tied belt in a darker plain tone, so that it reads against the print."""
    m = MIDDLE
    pale_print = bool(fabric.pattern) and brightness(fabric.base) > BRIGHT_PRINT
    tone = Fabric(fabric.second if pale_print else fabric.colour, weave=fabric.weave, shine=fabric.shine)
    shade = 0.04 if pale_print else 0.16
    lay(canvas, ribbon(spline([(m - waist - 2.5, y - 2), (m, y + 3), (m + waist + 2.5, y - 2)]), width), tone,
        lift=0.45, shade=shade, drape=0.3, edge=1.3, folds=[
        fold([(m - waist, y - 1), (m - 20, y + 3), (m + 14, y + 2)], 5, 0.12)])
    if not tie:
        buckle(canvas, m, y + 3, 20, 23, bgr("gold"))
        return
    x = m + 12
    for sign, drop in ((-1, 88), (1, 104)):
        tail = spline([(x, y, 1), (x + sign * 9 - 3, y + 36), (x + sign * 13 - 8, y + drop, 1),
            (x + sign * 13 + 8, y + drop + 4, 1), (x + sign * 9 + 8, y + 36), (x + 5, y, 1)], closed=True)
        lay(canvas, tail, tone, lift=0.45, shade=shade, drape=0.6, edge=1.3,
            folds=[fold([(x, y + 6), (x + sign * 10, y + 46), (x + sign * 13, y + drop)], 6, 0.12)])
    for sign in (-1, 1):
        loop = spline([(x, y + 1, 1), (x + sign * 16, y - 12), (x + sign * 33, y - 5), (x + sign * 31, y + 10),
            (x + sign * 14, y + 9)], closed=True)
        lay(canvas, loop, tone, lift=0.45, shade=shade - 0.03, drape=0.4, edge=1.3,
            folds=[fold([(x, y), (x + sign * 14, y - 1), (x + sign * 26, y + 1)], 6, 0.18)])
    lay(canvas, rounded(x - 7.5, y - 8, x + 8.5, y + 10, 5), tone, lift=0.45, shade=shade - 0.02, drape=0, edge=1.3)


def _hem(canvas: Canvas, fabric: Fabric, hem: float, bottom: float, above: float = 8.0) -> None:
    m = MIDDLE
    stitch(canvas, moved(spline([(m - hem + 2, bottom - 10), (m - hem * 0.66, bottom + 2),
        (m - hem * 0.33, bottom - 2), (m, bottom + 4), (m + hem * 0.33, bottom - 2), (m + hem * 0.66, bottom + 2),
        (m + hem - 2, bottom - 10)]), 0, -above),
           fabric.seam, 0.38)


def wrap_dress(canvas: Canvas, fabric: Fabric, long: bool = False, sleeved: bool = False) -> None:
    """A wrap dress with a crossed V, a tied belt and an overlapping skirt."""
    bottom, hem = (446.0, 124.0) if long else (420.0, 116.0)
    cut = Cut(neck=36, drop=84, top=52, shoulder=78, slope=21, chest=70, armpit=132, waist=57, vee=True)
    m, top = MIDDLE, cut.top
    sleeve = long_sleeve(cut, 236, 17, 44, 56, 6) if sleeved else short_sleeve(cut, 60, 40, 60)
    back_inside(canvas, cut, fabric)
    sleeves(canvas, cut, sleeve, fabric, 1.2, 1.0, hem=7)
    folds = _falls(canvas, cut.waist, hem, bottom)
    folds += [fold([(m + cut.neck * 0.7, top + 28), (m + 8 + k * 9, top + 90 + k * 8),
        (m - 30 + k * 10, WAIST_Y - 6)], 8, 0.09) for k in range(3)]
    piece = lay(canvas, _outline(cut, hem, bottom), fabric, folds=folds, anchor=(m, top), lift=0.34)
    cross = spline([(m + cut.neck, top), (m + cut.neck * 0.60, top + cut.drop * 0.48), (m - 4, top + cut.drop + 6),
        (m - cut.waist + 4, WAIST_Y - 4)])
    canvas.line(moved(cross, -1.5, 2), 4.0, darker(fabric.base, 0.8), 0.16, inside=piece)
    sewn(canvas, cross, fabric, inside=piece, strength=0.75)
    edge = spline([(m + 10, WAIST_Y + 8), (m + 2, (WAIST_Y + bottom) / 2), (m + 26, bottom - 22),
        (m + 44, bottom + 3)])
    canvas.line(moved(edge, -2.0, 1), 5.0, darker(fabric.base, 0.8), 0.17, inside=piece)
    canvas.line(edge, 1.4, fabric.seam, 0.6, inside=piece)
    for line in sides(armhole(cut)):
        sewn(canvas, line, fabric, strength=0.5)
    stitch(canvas, neckline(cut, 4), fabric.seam, 0.4, inside=piece)
    _hem(canvas, fabric, hem, bottom)
    _belt(canvas, fabric, cut.waist)


def tea_dress(canvas: Canvas, fabric: Fabric, long: bool = False) -> None:
    """A round-necked short-sleeved dress with a tied belt."""
    bottom, hem = (448.0, 122.0) if long else (408.0, 112.0)
    cut = Cut(neck=40, drop=34, top=54, shoulder=80, slope=20, chest=71, armpit=132, waist=58)
    sleeve = short_sleeve(cut, 66, 38, 60)
    back_inside(canvas, cut, fabric)
    sleeves(canvas, cut, sleeve, fabric, 1.2, 1.0, hem=7)
    piece = lay(canvas, _outline(cut, hem, bottom), fabric, folds=_falls(canvas, cut.waist, hem, bottom),
        anchor=(MIDDLE, cut.top), lift=0.34)
    for line in sides(armhole(cut)):
        sewn(canvas, line, fabric, strength=0.5)
    lay(canvas, np.concatenate([neckline(cut, -0.5), neckline(cut, 5)[::-1]]), fabric.plain(), lift=0.12, drape=0)
    stitch(canvas, neckline(cut, 8), fabric.seam, 0.4, inside=piece)
    _hem(canvas, fabric, hem, bottom)
    _belt(canvas, fabric, cut.waist)


def shirt_dress(canvas: Canvas, fabric: Fabric, sleeved: bool = True) -> None:
    """A buttoned dress with a shirt collar and a buckled belt."""
    bottom, hem = 428.0, 104.0
    cut = Cut(neck=31, drop=28, top=62, shoulder=80, slope=21, chest=73, armpit=142, waist=60, bottom=bottom)
    m = MIDDLE
    sleeve = long_sleeve(cut, 246, 15, 36, 58) if sleeved else short_sleeve(cut, 72, 40, 62)
    inner_cloth(canvas, np.concatenate([back_neck(cut, 13), neckline(cut, 3)[::-1]]), fabric, 0.36)
    label(canvas, m, cut.top + 1, 22, 11)
    sleeves(canvas, cut, sleeve, fabric, 1.1, 0.9, hem=0 if sleeved else 12)
    if sleeved:
        shirt_cuffs(canvas, sleeve, fabric, 22)
    y = 214.0
    piece = lay(canvas, _outline(cut, hem, bottom, y), fabric, folds=_falls(canvas, cut.waist, hem, bottom, 8, y,
        0.9), anchor=(m, cut.top), lift=0.34)
    for line in sides(armhole(cut)):
        sewn(canvas, line, fabric, strength=0.5)
    stitch(canvas, neckline(cut, 3), fabric.seam, 0.2, inside=piece)
    _hem(canvas, fabric, hem, bottom)
    placket(canvas, cut, fabric, bottom + 3, PEARL)
    _belt(canvas, fabric, cut.waist, y, tie=False)
    shirt_collar(canvas, cut, fabric, reach=40, spread=28)


def slip_dress(canvas: Canvas, fabric: Fabric, long: bool = True) -> None:
    """A satin slip on thin straps, cut on the bias."""
    m, top = MIDDLE, 100.0
    bottom, hem = (446.0, 98.0) if long else (386.0, 92.0)
    straps(canvas, fabric, (m + 52, 128), (m + 43, 46), (m + 34, 146), 4.2)
    inner_cloth(canvas, spline([(m - 64, 152, 1), (m, 132), (m + 64, 152, 1), (m, 182)], closed=True), fabric, 0.35)
    label(canvas, m, 143, 20, 10)
    half: list[tuple[float, ...]] = [(m, top + 62, 1), (m + 30, top + 40), (m + 52, top + 24, 1), (m + 66, top + 46),
        (m + 73, top + 66, 1), (m + 61, 226), (m + 74, 290), (m + 80, 360), (m + hem, bottom - 8, 1),
        (m + hem / 2, bottom), (m, bottom + 4)]
    if not long:
        half[5:8] = [(m + 62, 220), (m + 76, 290), (m + 82, 330)]
    left = [(2 * m - p[0], *p[1:]) for p in reversed(half[1:-1])]
    folds: list[Fold] = []
    for x in np.linspace(-0.78, 0.78, 6):
        j = canvas.rng.uniform(-8, 8, 2)
        folds.append(fold([(m + x * 66 + j[0], 236), (m + x * 80 + j[1], 330), (m + x * hem, bottom + 3)], 22, 0.10))
        folds.append(fold([(m + x * 66 + 12, 210), (m + x * 80 + 14, 320), (m + x * hem + 14, bottom + 3)], 17, -0.09))
    for s in (-1, 1):
        folds += [fold([(m + s * 68, 176), (m + s * 34, 190 + 6 * k), (m + s * 6, 206 + 12 * k)], 8,
            0.09) for k in range(2)]
        folds.append(fold([(m + s * 50, top + 28), (m + s * 36, top + 70), (m + s * 40, top + 104)], 12, 0.08))
    piece = lay(canvas, spline([*half, *left], closed=True), fabric, folds=folds, anchor=(m, top))
    trim = [(m + 73, top + 66), (m + 66, top + 46), (m + 52, top + 24), (m + 30, top + 40), (m, top + 62)]
    for line in sides(np.array(trim)):
        stitch(canvas, moved(line, 0, 4), fabric.seam, 0.45, inside=piece)
    for line in sides(spline([(m + 44, top + 96), (m + 40, top + 76), (m + 44, top + 66)])):
        canvas.line(line, 1.0, fabric.seam, 0.35, inside=piece)


def knit_dress(canvas: Canvas, fabric: Fabric, roll: bool = False) -> None:
    """A long-sleeved knitted dress, close at the waist, ribbed at its ends."""
    cut = Cut(neck=37, drop=26, top=66, shoulder=82, slope=22, chest=75, armpit=144, waist=64, hem=82, bottom=416)
    m, bottom = MIDDLE, 416.0
    sleeve = long_sleeve(cut, 246, 14, 36, 58)
    back_inside(canvas, cut, fabric)
    sleeves(canvas, cut, sleeve, fabric, 1.0, 1.2, hem=0)
    cuffed(canvas, cut, sleeve, fabric, 24, 3, 9)
    right: list[tuple[float, ...]] = [
        (m + cut.neck, cut.top, 1), (m + 60, cut.top + 10), (m + cut.shoulder, cut.top + cut.slope, 1),
            (m + cut.chest - 7, 118), (m + cut.chest, cut.armpit, 1),
        (m + cut.waist, 218), (m + 82, 306), (m + 84, bottom - 40), (m + cut.hem, bottom, 1), (m, bottom + 4)]
    left = [(2 * m - p[0], *p[1:]) for p in reversed(right[:-1])]
    folds = [fold([(m + s * 72, 158), (m + s * 46, 186), (m + s * 26, 200)], 9, 0.08) for s in (-1, 1)]
    folds += [fold([(m + s * 62, 210 + k * 14), (m + s * 36, 220 + k * 13), (m + s * 8, 216 + k * 15)], 10,
        0.07) for s in (-1, 1) for k in range(2)]
    folds += [fold([(m + x, 250), (m + x * 1.1, 330), (m + x * 1.1, bottom)], 22, 0.06) for x in (-56, -20, 24, 58)]
    lay(canvas, np.concatenate([spline([*right, *left]), neckline(cut)[1:-1]]), fabric, folds=folds,
        anchor=(m, cut.top), lift=0.34)
    for line in sides(armhole(cut)):
        sewn(canvas, line, fabric, strength=0.5)
    a = spline([(m - 82, bottom - 2), (m, bottom + 3), (m + 82, bottom - 2)])
    b = spline([(m - 79, bottom + 20), (m, bottom + 25), (m + 79, bottom + 20)])
    ribbed(canvas, np.concatenate([a, b[::-1]]), fabric, a, b, 40)
    if roll:
        tall = replace(cut, neck=36)
        high = spline([(m - 33, cut.top - 24), (m, cut.top - 17), (m + 33, cut.top - 24)])
        inner_cloth(canvas, spline([(m - 32, cut.top - 23), (m, cut.top - 31), (m + 32, cut.top - 23),
            (m, cut.top - 15)], closed=True), fabric, 0.35)
        low = moved(neckline(tall, 2), 0, 3)
        ribbed(canvas, np.concatenate([high, low[::-1]]), fabric, high, low, 18, lift=0.32)
    else:
        neck_band(canvas, cut, fabric, 10, 30)


def sundress(canvas: Canvas, fabric: Fabric) -> None:
    """A strappy cotton dress with a smocked bodice and a tiered skirt."""
    m = MIDDLE
    straps(canvas, fabric, (m + 48, 120), (m + 43, 46), (m + 36, 108), 9.5)
    inner_cloth(canvas, spline([(m - 66, 116), (m, 100), (m + 66, 116), (m, 130)], closed=True), fabric, 0.34)
    bodice: Control = [(m - 69, 112, 1), (m, 122), (m + 69, 112, 1), (m + 64, 160), (m + 60, 204, 1), (m, 210),
        (m - 60, 204, 1), (m - 64, 160)]
    tiers = ((204.0, 60.0, 300.0, 96.0), (282.0, 92.0, 436.0, 130.0))
    for y0, w0, y1, w1 in reversed(tiers):
        shape = spline([(m - w0, y0, 1), (m, y0 + 7), (m + w0, y0, 1), (m + (w0 + w1) / 2 + 5, (y0 + y1) / 2),
            (m + w1, y1 - 8, 1), (m + w1 * 0.5, y1 + 2), (m, y1 + 2), (m - w1 * 0.5, y1 + 2), (m - w1, y1 - 8, 1),
            (m - (w0 + w1) / 2 - 5, (y0 + y1) / 2)], closed=True)
        folds = []
        for x in np.linspace(-0.9, 0.9, 13):
            tall = canvas.rng.uniform(0.35, 0.95)
            folds.append(fold([(m + x * w0, y0 + 4), (m + x * (w0 + w1) / 2, y0 + (y1 - y0) * tall * 0.5),
                (m + x * (w0 + (w1 - w0) * tall), y0 + (y1 - y0) * tall)], 9, 0.13))
        piece = lay(canvas, shape, fabric, folds=folds, anchor=(m, y0), lift=0.3)
        stitch(canvas, spline([(m - w1, y1 - 15), (m, y1 - 5), (m + w1, y1 - 15)]), fabric.seam, 0.35, inside=piece)
    rows = [spline([(m - 68 + k * 0.4, 116 + 11.0 * k), (m, 126 + 11.0 * k), (m + 68 - k * 0.4,
        116 + 11.0 * k)]) for k in range(8)]
    top = lay(canvas, spline(bodice, closed=True), fabric, anchor=(m, 112), lift=0.3,
        folds=[Fold(r, 6, 0.13) for r in rows])
    for row in rows:
        stitch(canvas, row, fabric.seam, 0.4, inside=top, dash=2.2, gap=2.2)

