"""Long sleeves: jumpers, cardigans, hoodies, sweatshirts, long-sleeved tees."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from catalog.drawing.canvas import Canvas, filled
from catalog.drawing.cloth import Fabric, fold, inner_cloth, lay
from catalog.drawing.colours import HORN, bgr, lighter
from catalog.drawing.curves import MIDDLE, ellipse, flipped, moved, ribbon, spline
from catalog.drawing.torso import (
    Cut,
    back_inside,
    back_neck,
    cuffed,
    front,
    hem_line,
    long_sleeve,
    neck_band,
    sleeves,
    waistband,
)
from catalog.drawing.trims import button, cord, label, ribbed, stitch, stud, zipper


def _loose(fit: str, bottom: float = 372.0) -> Cut:
    if fit == "women":
        return Cut(neck=40, drop=32, top=82, shoulder=88, slope=25, chest=84, armpit=170, waist=81, hem=83,
            bottom=bottom - 8)
    return Cut(neck=40, drop=32, top=78, shoulder=96, slope=27, chest=92, armpit=174, waist=90, hem=91, bottom=bottom)


def jumper(canvas: Canvas, fabric: Fabric, fit: str = "men", neck: str = "crew") -> None:
    """A knitted jumper with ribbed hem and cuffs; ``neck`` is crew, vee or roll."""
    cut = _loose(fit)
    if neck == "vee":
        cut = replace(cut, drop=82, vee=True)
    j = canvas.rng.uniform(-1, 1, 2)
    cut = replace(cut, bottom=cut.bottom + 6 * j[0])
    sleeve = long_sleeve(cut, 268, 14 + j[1], 40, 66)
    back_inside(canvas, cut, fabric)
    sleeves(canvas, cut, sleeve, fabric, 1.0, 1.25, hem=0)
    cuffed(canvas, cut, sleeve, fabric, 26, 4, 10)
    front(canvas, cut, fabric, 1.0, 1.3)
    waistband(canvas, cut, fabric, 30, 6, 44)
    if neck == "roll":
        _roll(canvas, cut, fabric)
    else:
        neck_band(canvas, cut, fabric, 12, 34 if not cut.vee else 46)


def _roll(canvas: Canvas, cut: Cut, fabric: Fabric) -> None:
    m, top, n = MIDDLE, cut.top, cut.neck
    hole = spline([(m - n + 6, top - 25, 1), (m, top - 33), (m + n - 6, top - 25, 1), (m, top - 17)], closed=True)
    outline = spline([(m - n - 1, top + 6), (m - n + 3, top - 27, 1), (m, top - 19), (m + n - 3, top - 27, 1),
        (m + n + 1, top + 6),
                      (m + n * 0.6, top + 27), (m, top + 35), (m - n * 0.6, top + 27)], closed=True)
    inner_cloth(canvas, hole, fabric, 0.35)
    high = spline([(m - n + 3, top - 27), (m, top - 19), (m + n - 3, top - 27)])
    low = spline([(m - n - 1, top + 8), (m - n * 0.6, top + 27), (m, top + 35), (m + n * 0.6, top + 27),
        (m + n + 1, top + 8)])
    piece = ribbed(canvas, outline, fabric, high, low, 20, lift=0.35)
    crease = spline([(m - n, top - 8), (m - n * 0.4, top + 5), (m + n * 0.5, top + 3), (m + n, top - 10)])
    canvas.line(crease, 2.2, fabric.seam, 0.30, piece)
    canvas.line(moved(crease, 0, 2), 1.6, lighter(fabric.base, 0.5), 0.18, piece)


def long_tee(canvas: Canvas, fabric: Fabric, fit: str = "women") -> None:
    """A long-sleeved jersey top: the Breton when striped."""
    cut = Cut(neck=50, drop=26, top=84, shoulder=86, slope=20, chest=80, armpit=166, waist=75, hem=82, bottom=392)
    if fit == "men":
        cut = Cut(neck=42, drop=28, top=78, shoulder=95, slope=25, chest=88, armpit=170, waist=85, hem=88, bottom=402)
    sleeve = long_sleeve(cut, 272, 14, 36, 60)
    back_inside(canvas, cut, fabric)
    sleeves(canvas, cut, sleeve, fabric, 1.0, 0.95, hem=9)
    piece = front(canvas, cut, fabric)
    stitch(canvas, hem_line(cut, 9), fabric.seam, 0.42, inside=piece)
    stitch(canvas, hem_line(cut, 6.4), fabric.seam, 0.26, inside=piece)
    neck_band(canvas, cut, fabric, 6.5)


def sweatshirt(canvas: Canvas, fabric: Fabric, fit: str = "men", word: str = "") -> None:
    """A fleece sweatshirt with a V stitched at the neck; ``word``: a palette colour for a printed sun and sea."""
    cut = replace(_loose(fit, 378), neck=38, drop=28)
    sleeve = long_sleeve(cut, 262, 15, 42, 70)
    back_inside(canvas, cut, fabric)
    sleeves(canvas, cut, sleeve, fabric, 1.3, 1.25, hem=0)
    cuffed(canvas, cut, sleeve, fabric, 26, 5, 12)
    piece = front(canvas, cut, fabric, 1.25, 1.3)
    if word:
        m, y, ink = MIDDLE, cut.top + 118, bgr(word)
        canvas.tint(filled(ellipse(m, y, 27, 27)), ink, 0.9, piece)
        for k in range(5):
            wave = spline([(m - 46 + 14 * i, y + 8 + 9.5 * k + (3.2 if i % 2 else -3.2)) for i in range(8)])
            canvas.line(wave, 7.4, fabric.base, 0.95, piece)
            canvas.line(wave, 3.6, ink, 0.9, piece)
    waistband(canvas, cut, fabric, 30, 8, 56)
    neck_band(canvas, cut, fabric, 11, 40)
    m, y = MIDDLE, cut.top + cut.drop + 12
    for line in (np.array([(m - 13, y), (m, y + 17)]), np.array([(m, y + 17), (m + 13, y)])):
        stitch(canvas, line, fabric.seam, 0.6, inside=piece)


def hoodie(canvas: Canvas, fabric: Fabric, fit: str = "men", zipped: bool = False, cords: str = "white") -> None:
    """A hooded sweatshirt with a kangaroo pocket, drawn cords, and a zip when asked."""
    cut = replace(_loose(fit, 392), neck=37, drop=46, top=104, armpit=196)
    sleeve = long_sleeve(cut, 256, 15, 44, 72)
    m, top = MIDDLE, cut.top
    hood = spline([(m - 50, top + 8, 1), (m - 62, top - 26), (m - 48, top - 58), (m, top - 70), (m + 48, top - 58),
        (m + 62, top - 26),
                   (m + 50, top + 8, 1), (m, top + 56)], closed=True)
    lay(canvas, hood, fabric, shade=0.05, folds=[
        fold([(m - 54, top - 20), (m - 44, top - 44), (m - 16, top - 60)], 9, 0.10),
        fold([(m + 54, top - 20), (m + 44, top - 44), (m + 16, top - 60)], 9, 0.10)])
    opening = spline([(m - 32, top + 14, 1), (m - 39, top - 22), (m - 26, top - 46), (m, top - 53),
        (m + 26, top - 46), (m + 39, top - 22),
                      (m + 32, top + 14, 1), (m, top + 58)], closed=True)
    inner_cloth(canvas, opening, fabric, 0.45)
    label(canvas, m, top - 4)
    seam_line = spline([(m, top - 52), (m + 1, top - 28), (m, top - 8)])
    canvas.line(seam_line, 1.1, fabric.seam, 0.5)
    sleeves(canvas, cut, sleeve, fabric, 1.35, 1.3, hem=0)
    cuffed(canvas, cut, sleeve, fabric, 26, 5, 12)
    piece = front(canvas, cut, fabric, 1.3, 1.3)
    y = cut.bottom
    pocket = spline([(m - 40, y - 92, 1), (m + 40, y - 92, 1), (m + 66, y - 36, 1), (m + 66, y + 2, 1),
        (m - 66, y + 2, 1), (m - 66, y - 36, 1)],
                    closed=True)
    sewn_on = lay(canvas, pocket, fabric, lift=0.25, inside=piece, folds=[
        fold([(m - 50, y - 62), (m - 20, y - 50), (m + 30, y - 54)], 12, 0.07)])
    for line in (np.array([(m + 36.5, y - 92), (m + 62.5, y - 36), (m + 62.5, y)]),
        np.array([(m - 36.5, y - 92), (m - 62.5, y - 36), (m - 62.5, y)])):
        stitch(canvas, line, fabric.seam, 0.5, inside=sewn_on)
    canvas.line([np.array([(m + 40, y - 92), (m + 66, y - 36)]), np.array([(m - 40, y - 92), (m - 66, y - 36)])], 1.4,
        fabric.seam, 0.7)
    if zipped:
        zipper(canvas, np.array([(m, top + 50), (m, y + 26)]), fabric.base)
    waistband(canvas, cut, fabric, 28, 8, 56)
    for sign in (-1, 1):
        side_hood = [(m + sign * 40, top - 24), (m + sign * 56, top - 12), (m + sign * 57, top + 10),
            (m + sign * 34, top + 38), (m - sign * 1, top + 55),
                     (m + sign * 12, top + 38), (m + sign * 32, top + 6)]
        shape = spline([(*side_hood[0], 1), *side_hood[1:4], (*side_hood[4], 1), *side_hood[5:]], closed=True)
        leaf = lay(canvas, shape, fabric, lift=0.35, angle=sign * 25, folds=[
            fold([(m + sign * 48, top), (m + sign * 40, top + 22), (m + sign * 14, top + 44)], 8, 0.09)])
        stitch(canvas, spline([(m + sign * 42, top - 20), (m + sign * 37, top + 6), (m + sign * 16, top + 39),
            (m + sign * 2, top + 52)]),
               fabric.seam, 0.5, inside=leaf)
        stud(canvas, m + sign * 19, top + 38, 2.7, (170, 168, 166))
        drop = 66 + (10 if sign > 0 else 0)
        cord(canvas, spline([(m + sign * 19, top + 39), (m + sign * 25, top + 62), (m + sign * 22, top + 39 + drop)]),
            bgr(cords), 3.4)


def cardigan(canvas: Canvas, fabric: Fabric, fit: str = "women", long: bool = False) -> None:
    """A buttoned knit jacket with a deep V and ribbed edges."""
    cut = replace(_loose(fit, 404 if long else 376), drop=118, vee=True, neck=38)
    sleeve = long_sleeve(cut, 268, 14, 40, 64)
    m, top = MIDDLE, cut.top
    back_inside(canvas, cut, fabric, shade=0.36)
    sleeves(canvas, cut, sleeve, fabric, 1.0, 1.2, hem=0)
    cuffed(canvas, cut, sleeve, fabric, 26, 4, 10)
    front(canvas, cut, fabric, 1.0, 1.3)
    waistband(canvas, cut, fabric, 28, 5, 44)
    low = cut.bottom + 30
    left = spline([(m - cut.neck - 1, top + 1), (m - cut.neck * 0.62, top + cut.drop * 0.48), (m - 5, top + cut.drop),
        (m - 4, top + cut.drop + 26), (m - 4, low)])
    for shape in (ribbon(left, 17), ribbon(flipped(left), 17)):
        line = left if shape[0][0] < m else flipped(left)
        piece = lay(canvas, filled(shape), Fabric(fabric.colour, weave="wool"), lift=0.3, drape=0.2, shade=0.01)
        canvas.line(ribbon(line, 17), 1.1, fabric.seam, 0.5, closed=True)
        canvas.line([line + np.array([dx, 0]) for dx in (-4.4, 0, 4.4)], 1.1, fabric.seam, 0.3, inside=piece)
    lay(canvas, ribbon(back_neck(cut) + np.array([0, 1]), [5, 10, 11, 10, 5]), fabric.plain(), shade=0.12, lift=0,
        drape=0)
    spots = np.linspace(top + cut.drop + 24, low - 16, 5 if not long else 6)
    for y in spots:
        button(canvas, m + 4.5, float(y), 5.0, HORN if fabric.colour not in ("black", "charcoal", "brown",
            "chocolate") else (96, 120, 150))
    if long:
        for sign in (-1, 1):
            x, y = m + sign * 50, cut.bottom - 86
            box = spline([(x - 26, y, 1), (x + 26, y, 1), (x + 25, y + 56, 1), (x - 25, y + 56, 1)], closed=True)
            lay(canvas, box, fabric, lift=0.22, drape=0.3, anchor=(m, top))
            lay(canvas, spline([(x - 26, y - 2, 1), (x + 26, y - 2, 1), (x + 26, y + 9, 1), (x - 26, y + 9, 1)],
                closed=True), fabric.plain(), lift=0.15, drape=0)
