"""Coats and blazers: linings, lapels, overlapping fronts, belts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from catalog.drawing.canvas import Canvas, Patch, filled
from catalog.drawing.cloth import Fabric, Fold, fold, inner_cloth, lay
from catalog.drawing.colours import BRASS, HORN, bgr, brightness
from catalog.drawing.curves import MIDDLE, Points, flipped, ribbon, sides, spline
from catalog.drawing.torso import (
    Cut,
    armhole,
    back_neck,
    body,
    body_folds,
    long_sleeve,
    neckline,
    sleeves,
)
from catalog.drawing.trims import buckle, button, label, sewn, stitch, stud


def lining(canvas: Canvas, cut: Cut, fabric: Fabric, lining: str, rise: float = 6.0) -> None:
    """The lining seen in the open neck, with a loop and a label."""
    back = back_neck(cut, rise)
    inner_cloth(canvas, np.concatenate([back, neckline(cut, 4)[::-1]]), Fabric(lining or fabric.colour,
        weave="satin"), 0.40)
    label(canvas, MIDDLE, cut.top + 12 - rise, 34, 15)


def halves(cut: Cut, overlap: float) -> tuple[Points, Points]:
    """The left and the right front of a coat worn left over right: the upper one reaches ``overlap`` over it."""
    outline = body(cut)
    m = MIDDLE
    upper, lower = np.array(outline), np.array(outline)
    upper[:, 0] = np.maximum(upper[:, 0], m - overlap)
    lower[:, 0] = np.minimum(lower[:, 0], m + overlap)
    return lower, upper


def lapels(canvas: Canvas, cut: Cut, fabric: Fabric, width: float, notch: float, join: tuple[float, float],
        peak: bool = False) -> None:
    """Notched lapels down to ``join`` (offset from the middle, y) and the collar above them."""
    m, top, n = MIDDLE, cut.top, cut.neck
    jx, jy = join
    collar_back = spline([(m - n - 2, top + 2, 1), (m - n * 0.7, top - 10), (m, top - 14), (m + n * 0.7, top - 10),
        (m + n + 2, top + 2, 1)])
    lay(canvas, np.concatenate([collar_back, back_neck(cut, 1)[::-1]]), fabric, shade=0.14, lift=0, drape=0)
    for sign in (-1, 1):
        reach = 8.0 if peak else 0.0
        lapel = spline([(m + sign * (n - 3), top + 6, 1), (m + sign * (n + 11), top + notch - 4, 1),
            (m + sign * (n + width * 0.72), top + notch - reach, 1),
                        (m + sign * (n + width * 0.72 - (n + width * 0.72 - jx) * 0.44),
                            top + notch + (jy - top - notch) * 0.50), (m + sign * jx, jy, 1),
                        (m + sign * ((n - 3) * 0.52 + jx * 0.40), top + (jy - top) * 0.52)], closed=True)
        piece = lay(canvas, lapel, fabric, angle=sign * 12, lift=0.42, drape=0.3, anchor=(m + sign * 40, top))
        rim = spline([(m + sign * (n + width * 0.62), top + notch + 4.0),
            (m + sign * (n + width * 0.65 - (n + width * 0.65 - jx) * 0.47), top + notch + (jy - top - notch) * 0.50),
                      (m + sign * (jx - 1), jy - 8)])
        stitch(canvas, rim, fabric.seam, 0.4, inside=piece)
        leaf = spline([(m + sign * (n * 0.72), top - 11, 1), (m + sign * (n + 4), top - 2),
            (m + sign * (n + 15), top + notch * 0.46), (m + sign * (n + width * 0.5), top + notch - 13, 1),
                       (m + sign * (n + 9), top + notch - 1, 1), (m + sign * (n - 4), top + 8)], closed=True)
        lay(canvas, leaf, fabric, angle=sign * -30, lift=0.34, drape=0.2, anchor=(m + sign * 40, top))


def _flap(canvas: Canvas, x: float, y: float, fabric: Fabric, width: float = 46, height: float = 17,
        tilt: float = 0.0, angle: float = 0.0) -> None:
    """A pocket flap; (x, y) the middle of its upper edge, ``tilt`` how much lower its outer end lies."""
    sign = 1 if x > MIDDLE else -1
    t = tilt * sign / 2
    shape = spline([(x - width / 2, y - t, 1), (x + width / 2, y + t, 1), (x + width / 2, y + t + height - 4),
        (x + width / 2 - 4, y + t + height, 1),
                    (x - width / 2 + 4, y - t + height, 1), (x - width / 2, y - t + height - 4)], closed=True)
    piece = lay(canvas, shape, fabric, lift=0.34, drape=0.2, anchor=(MIDDLE, 0), angle=angle, round_=0.6)
    stitch(canvas, np.array([(x - width / 2 + 2.5, y - t), (x - width / 2 + 3, y - t + height - 3),
        (x + width / 2 - 3, y + t + height - 3), (x + width / 2 - 2.5, y + t)]),
           fabric.seam, 0.4, inside=piece)


def _coat_folds(canvas: Canvas, cut: Cut) -> list[Fold]:
    m = MIDDLE
    extra = [fold([(m + s * (cut.waist - 16), cut.armpit + 110), (m + s * (cut.hem - 34), cut.bottom - 70),
        (m + s * (cut.hem - 38), cut.bottom)], 22, 0.08)
             for s in (-1, 1)]
    return body_folds(canvas, cut, 0.8, 1.35) + extra


def coat(canvas: Canvas, fabric: Fabric, fit: str = "women", double: bool = True, knob: str = "") -> None:
    """A wool coat with notched lapels; ``double``: two rows of buttons."""
    cut = Cut(neck=32, drop=112, top=50, shoulder=90, slope=23, chest=88, armpit=146, waist=84, hem=98, bottom=430,
        vee=True, tail=3)
    if fit == "men":
        cut = replace(cut, shoulder=97, chest=94, waist=92, hem=100, slope=25, bottom=424)
    m, top = MIDDLE, cut.top
    sleeve = long_sleeve(cut, 276, 13, 48, 68, 6)
    lining(canvas, cut, fabric, "")
    sleeves(canvas, cut, sleeve, fabric, 0.85, 1.4, hem=18)
    overlap = 30.0 if double else 12.0
    lower, upper = halves(cut, overlap)
    folds = _coat_folds(canvas, cut)
    lay(canvas, lower, fabric, anchor=(m, top), folds=folds, lift=0.34)
    piece = lay(canvas, upper, fabric, anchor=(m, top), folds=folds, lift=0.40)
    for line in sides(armhole(cut)):
        sewn(canvas, line, fabric, strength=0.55)
    edge = np.array([(m - overlap + 3.4, top + cut.drop + 16), (m - overlap + 3.4, cut.bottom + 3)])
    stitch(canvas, edge, fabric.seam, 0.45, inside=piece)
    for sign in (-1, 1):
        _flap(canvas, m + sign * 58, top + 226, fabric, 46, 16, 4)
    colour = bgr(knob) if knob else HORN if brightness(fabric.base) > 60 else (30, 34, 40)
    start = top + cut.drop + (20 if double else 22)
    for k in range(3):
        y = start + k * 50
        if double:
            button(canvas, m - 19, y, 6.2, colour)
            button(canvas, m + 21, y, 6.2, colour)
        else:
            button(canvas, m + 1, y, 6.2, colour)
    lapels(canvas, cut, fabric, 52, 42, (overlap if double else 10, top + cut.drop + 4))


def trench(canvas: Canvas, fabric: Fabric, fit: str = "women") -> None:
    """A belted trench coat: storm flap, epaulettes, two rows of buttons, buckle."""
    cut = Cut(neck=32, drop=86, top=48, shoulder=90, slope=23, chest=88, armpit=144, waist=76, hem=106, bottom=432,
        vee=True, tail=4)
    if fit == "men":
        cut = replace(cut, shoulder=96, chest=93, waist=85, hem=104)
    m, top = MIDDLE, cut.top
    sleeve = long_sleeve(cut, 272, 14, 46, 66, 6)
    lining(canvas, cut, fabric, "stone")
    sleeves(canvas, cut, sleeve, fabric, 1.1, 1.1, hem=0)
    d = sleeve.along[0]
    for left in (True, False):
        strap = ribbon(sleeve.cuff - d * 30, 8)
        lay(canvas, flipped(strap) if left else strap, fabric, lift=0.3, drape=0)
        spot = (sleeve.cuff[0] * 0.45 + sleeve.cuff[-1] * 0.55) - d * 30
        buckle(canvas, float(2 * m - spot[0] if left else spot[0]), float(spot[1]), 9, 12, HORN)
    lower, upper = halves(cut, 28)
    waist_y = top + 186
    folds = body_folds(canvas, cut, 0.7, 1.1)
    for x in (-62, -40, -16, 14, 38, 64):
        folds.append(fold([(m + x, waist_y + 6), (m + x * 1.2, waist_y + 60), (m + x * 1.35, waist_y + 120)], 10,
            0.10))
        folds.append(fold([(m + x * 0.92, waist_y - 4), (m + x * 0.98, waist_y - 34)], 7, 0.08))
    lay(canvas, lower, fabric, anchor=(m, top), folds=folds, lift=0.34)
    piece = lay(canvas, upper, fabric, anchor=(m, top), folds=folds, lift=0.42)
    for line in sides(armhole(cut)):
        sewn(canvas, line, fabric, strength=0.5, rows=(3.0,))
    stitch(canvas, np.array([(m - 24.5, top + 96), (m - 24.5, cut.bottom)]), fabric.seam, 0.5, inside=piece)
    flap = spline([(m + 30, top + 12, 1), (m + 86, top + 24, 1), (m + 82, top + 92), (m + 60, top + 106),
        (m + 22, top + 84, 1)], closed=True)
    leaf = lay(canvas, flap, fabric, lift=0.32, drape=0.4, inside=filled(body(cut)))
    stitch(canvas, spline([(m + 80, top + 88), (m + 60, top + 102), (m + 24, top + 82)]), fabric.seam, 0.5,
        inside=leaf)
    for sign in (-1, 1):
        a, b = np.array([m + sign * 40, top + 12]), np.array([m + sign * (cut.shoulder - 3), top + cut.slope + 2])
        tab = ribbon(np.stack([a, (a + b) / 2, b]), [11, 11, 13])
        lay(canvas, tab, fabric, lift=0.3, drape=0)
        button(canvas, float(a[0] + sign * 7), float(a[1] + 2), 3.4, HORN)
        welt = ribbon(np.array([(m + sign * 72, waist_y + 34), (m + sign * 60, waist_y + 84)]), 11)
        lay(canvas, welt, fabric, lift=0.28, drape=0)
        for y in (top + 104, top + 146, waist_y + 38, waist_y + 84):
            button(canvas, m + (-19 if sign < 0 else 21) * (1.0 if y < waist_y else 1.1), y, 5.2, HORN)
    lapels(canvas, cut, fabric, 50, 36, (26, top + cut.drop + 6))
    belt = ribbon(spline([(m - cut.waist - 3, waist_y - 1), (m, waist_y + 4), (m + cut.waist + 3, waist_y - 1)]), 18)
    strap_piece = lay(canvas, belt, fabric, lift=0.42, drape=0.3)
    for dy in (-6, 6):
        stitch(canvas, spline([(m - cut.waist - 2, waist_y - 1 + dy), (m, waist_y + 4 + dy),
            (m + cut.waist + 2, waist_y - 1 + dy)]), fabric.seam, 0.45, inside=strap_piece)
    tail = spline([(m - 2, waist_y - 5, 1), (m - 8, waist_y + 12), (m - 26, waist_y + 82, 1),
        (m - 10, waist_y + 88, 1), (m + 10, waist_y + 14), (m + 12, waist_y - 4, 1)], closed=True)
    lay(canvas, tail, fabric, lift=0.4, drape=0.5, angle=10)
    buckle(canvas, m + 5, waist_y + 3.5, 23, 26, HORN)


def blazer(canvas: Canvas, fabric: Fabric, fit: str = "women", double: bool = False, gold: bool = False) -> None:
    """A tailored jacket: lapels, breast pocket, flaps, rounded fronts."""
    cut = Cut(neck=32, drop=134, top=58, shoulder=90, slope=22, chest=86, armpit=156, waist=76, hem=90, bottom=400,
        vee=True)
    if fit == "men":
        cut = replace(cut, shoulder=98, slope=24, chest=93, waist=87, hem=94)
    m, top = MIDDLE, cut.top
    sleeve = long_sleeve(cut, 280, 12, 42, 64, 6)
    lining(canvas, cut, fabric, "charcoal" if brightness(fabric.base) < 90 else "stone")
    sleeves(canvas, cut, sleeve, fabric, 0.75, 1.3, hem=0)
    for left in (True, False):
        d, n = sleeve.along
        for k in range(3):
            p = sleeve.cuff[-1] + n * 6 - d * (8 + 9.5 * k)
            button(canvas, float(2 * m - p[0] if left else p[0]), float(p[1]), 2.8, BRASS if gold else HORN,
                holes=False)
    join_y = top + cut.drop
    overlap = 30.0 if double else 9.0
    lower, upper = halves(cut, overlap)
    b = cut.bottom

    def fronted(shape: Points, sign: int) -> Patch:
        """Cut the rounded lower corner away."""
        away = spline([(m - sign * overlap - sign * 4, b - 62, 1), (m - sign * overlap, b - 62, 1),
            (m - sign * overlap + sign * 5, b - 28),
                       (m + sign * (26 - overlap), b + 1), (m + sign * 42, b + 6, 1), (m + sign * 30, b + 14, 1),
                           (m - sign * overlap - sign * 4, b + 14, 1)], closed=True)
        return filled(shape) if double else filled(shape, holes=[away])

    folds = body_folds(canvas, cut, 0.55, 1.5)
    for s in (-1, 1):
        folds.append(fold([(m + s * 44, top + 118), (m + s * 40, top + 170), (m + s * 46, top + 226)], 9, 0.05))
    lay(canvas, fronted(lower, -1), fabric, anchor=(m, top), folds=folds, lift=0.30)
    canvas.line(lower, 1.6, fabric.seam, 0.3, closed=True)
    piece = lay(canvas, fronted(upper, 1), fabric, anchor=(m, top), folds=folds, lift=0.40)
    canvas.line(upper, 1.8, fabric.seam, 0.3, inside=piece, closed=True)
    for line in sides(armhole(cut)):
        sewn(canvas, line, fabric, strength=0.5)
    for s in (-1, 1):
        canvas.line(spline([(m + s * 46, top + 128), (m + s * 43, top + 170), (m + s * 48, top + 222)]), 1.0,
            fabric.seam, 0.28)
        _flap(canvas, m + s * 57, top + 226, fabric, 48, 16, 4)
    chest = ribbon(np.array([(m + 44, top + 99), (m + 78, top + 93)]), 9)
    lay(canvas, chest, fabric, lift=0.25, drape=0)
    colour = BRASS if gold else HORN if brightness(fabric.base) > 70 else (28, 30, 34)
    rows = (join_y + 12, join_y + 62)
    for y in rows:
        for x in ((m - 19, m + 21) if double else (m + 1,)):
            (stud if gold else button)(canvas, x, y, 5.6, colour)
    lapels(canvas, cut, fabric, 46, 40, (overlap if double else 7, join_y + 4), peak=double)
