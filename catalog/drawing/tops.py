"""Tees, tanks, polos and short knits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from catalog.drawing.canvas import Canvas, filled
from catalog.drawing.cloth import Fabric, lay
from catalog.drawing.colours import PEARL, lighter
from catalog.drawing.curves import MIDDLE, flipped, ribbon, spline
from catalog.drawing.torso import (
    Cut,
    back_inside,
    back_neck,
    body_folds,
    front,
    hem_line,
    neck_band,
    neckline,
    short_sleeve,
    sleeves,
    waistband,
)
from catalog.drawing.trims import button, label, stitch


def tee(canvas: Canvas, fabric: Fabric, fit: str = "men", vee: bool = False, boxy: bool = False) -> None:
    """A T-shirt; women's are narrower with a shallow waist, ``boxy`` ones short and wide."""
    j = canvas.rng.uniform(-1, 1, 4)
    if boxy:
        cut = Cut(neck=43, drop=30, shoulder=110, slope=30, chest=102, armpit=180, waist=101, hem=102,
            bottom=376 + 6 * j[0], top=84)
        sleeve = short_sleeve(cut, 74 + 5 * j[1], 42, 78)
    elif fit == "women":
        cut = Cut(neck=46, drop=52 if vee else 44, shoulder=86, slope=22, chest=80, armpit=164, waist=72 + 2 * j[2],
            hem=80,
                  bottom=392 + 8 * j[0], top=80, vee=vee)
        sleeve = short_sleeve(cut, 64 + 8 * j[1], 44, 58)
    else:
        cut = Cut(neck=40, drop=58 if vee else 34, bottom=402 + 6 * j[0], vee=vee)
        sleeve = short_sleeve(cut, 86 + 6 * j[1], 45, 68)
    back_inside(canvas, cut, fabric)
    sleeves(canvas, cut, sleeve, fabric)
    piece = front(canvas, cut, fabric)
    stitch(canvas, hem_line(cut, 9), fabric.seam, 0.45, inside=piece)
    stitch(canvas, hem_line(cut, 6.4), fabric.seam, 0.28, inside=piece)
    neck_band(canvas, cut, fabric, 8.5)


def tank(canvas: Canvas, fabric: Fabric, fit: str = "women") -> None:
    """A sleeveless rib tank with bound neck and armholes."""
    j = canvas.rng.uniform(-1, 1, 3)
    m, top = MIDDLE, 66.0
    wide = 82.0 if fit == "women" else 92.0
    waist = 70.0 + 3 * j[0] if fit == "women" else 88.0
    bottom = 402 + 8 * j[1]
    cut = Cut(neck=44, drop=80, top=top, shoulder=64, slope=3, chest=wide, armpit=176, waist=waist, hem=wide - 2,
        bottom=bottom)
    half = [(m + 44, top, 1), (m + 66, top + 3, 1), (m + 62, top + 58), (m + 68, top + 92), (m + wide, 178, 1),
            (m + waist, 276), (m + wide - 2, bottom, 1), (m + wide / 2, bottom + 3), (m, bottom + 4)]
    left = [(2 * m - p[0], *p[1:]) for p in reversed(half[:-1])]
    low = neckline(cut)
    back = spline([(m - 44, top, 1), (m - 34, top + 32), (m, top + 47), (m + 34, top + 32), (m + 44, top, 1)])
    lay(canvas, np.concatenate([back, neckline(cut, 3)[::-1]]), fabric.plain(), shade=0.38, drape=0.2, lift=0)
    canvas.line(back + np.array([0, 3.5]), 1.0, fabric.seam, 0.4)
    label(canvas, m, top + 52, 22, 11)
    outline = np.concatenate([spline([*half, *left]), low[1:-1]])
    piece = lay(canvas, outline, fabric, anchor=(m, top), folds=body_folds(canvas, cut))
    hole = spline([(m + 64.5, top + 2), (m + 60.5, top + 58), (m + 66.5, top + 92), (m + wide - 2, 176)])
    for line in (hole, flipped(hole)):
        lay(canvas, filled(ribbon(line, 5.0)), fabric.plain(), inside=piece, drape=0, lift=0.12, shade=-0.01)
        stitch(canvas, line + np.array([-4.5 if line is hole else 4.5, 1.0]), fabric.seam, 0.4, inside=piece)
    lay(canvas, filled(np.concatenate([neckline(cut, -0.5), neckline(cut, 6)[::-1]])), fabric.plain(), drape=0,
        lift=0.12)
    stitch(canvas, neckline(cut, 8.5), fabric.seam, 0.4, inside=piece)
    stitch(canvas, hem_line(cut, 8), fabric.seam, 0.42, inside=piece)


def polo(canvas: Canvas, fabric: Fabric, fit: str = "men", tipped: str = "") -> None:
    """A polo: knitted collar (``tipped`` names the colour of its edge), placket with buttons, ribbed sleeve ends."""
    cut = Cut(neck=38, drop=26, bottom=402) if fit == "men" else Cut(
        neck=38, drop=26, shoulder=86, slope=22, chest=80, armpit=164, waist=72, hem=80, bottom=394, top=80)
    m, top = MIDDLE, cut.top
    sleeve = short_sleeve(cut, 80 if fit == "men" else 62, 45, 64 if fit == "men" else 56)
    back_inside(canvas, cut, fabric, rise=8)
    sleeves(canvas, cut, sleeve, fabric, hem=0)
    d, _ = sleeve.along
    edge = bgr_of(tipped, fabric)
    rib = ribbon(sleeve.cuff - d * 4, 9)
    for band in (rib, flipped(rib)):
        lay(canvas, band, fabric.plain(), lift=0.1, drape=0, shade=0.05)
    if tipped:
        for line in (sleeve.cuff - d * 3, flipped(sleeve.cuff - d * 3)):
            canvas.line(line, 2.0, edge, 0.9)
    piece = front(canvas, cut, fabric)
    stitch(canvas, hem_line(cut, 8), fabric.seam, 0.42, inside=piece)
    length = 96.0
    placket = spline([(m - 10, top + 18, 1), (m + 10, top + 18, 1), (m + 10, top + length, 1),
        (m - 10, top + length, 1)], closed=True)
    lay(canvas, placket, fabric.plain(), lift=0.16, drape=0, round_=0.4)
    for y in (top + 50, top + 80):
        button(canvas, m, y, 3.6, PEARL)
    collar = [(m + cut.neck - 3, top - 9, 1), (m + cut.neck + 8, top + 4), (m + cut.neck + 10, top + 32, 1),
        (m + 24, top + 47, 1),
              (m + 4, top + 31, 1), (m + 20, top + 20), (m + 30, top + 4)]
    right = spline(collar, closed=True)
    lay(canvas, ribbon(back_neck(replace(cut, top=top - 3), 7), [6, 13, 14, 13, 6]), fabric.plain(), shade=0.12,
        lift=0, drape=0)
    for shape in (flipped(right), right):
        leaf = lay(canvas, shape, fabric.plain(), lift=0.34, drape=0.2)
        if tipped:
            line = spline([(m + cut.neck + 7, top + 31), (m + 24, top + 43), (m + 7, top + 31)])
            canvas.line(line if shape is right else flipped(line), 2.2, edge, 0.9, inside=leaf)


def rib_top(canvas: Canvas, fabric: Fabric) -> None:
    """A fine short-sleeved rib knit with bands at neck, sleeves and hem."""
    cut = Cut(neck=42, drop=30, top=84, shoulder=82, slope=20, chest=77, armpit=164, waist=70, hem=75, bottom=364)
    sleeve = short_sleeve(cut, 70, 38, 54)
    back_inside(canvas, cut, fabric)
    sleeves(canvas, cut, sleeve, fabric, hem=0)
    d, _ = sleeve.along
    for band in (ribbon(sleeve.cuff - d * 4.5, 10), flipped(ribbon(sleeve.cuff - d * 4.5, 10))):
        lay(canvas, band, fabric.plain(), lift=0.12, drape=0, shade=0.03)
    front(canvas, cut, fabric, soft=1.2)
    waistband(canvas, cut, fabric, 22, 4, 40)
    neck_band(canvas, cut, fabric, 9, 30)


def bgr_of(name: str, fabric: Fabric) -> tuple[float, float, float]:
    """A named trim colour, or a lighter tone of the cloth when there is no name."""
    return Fabric(name).base if name else lighter(fabric.base, 0.4)
