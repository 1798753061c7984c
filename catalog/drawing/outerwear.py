"""Coats and jackets: lapels, double fronts, belts, zips, quilting."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from catalog.drawing.canvas import Canvas, Patch, filled
from catalog.drawing.cloth import Fabric, Fold, fold, gleam, inner_cloth, lay
from catalog.drawing.colours import BRASS, HORN, STEEL, bgr, brightness, darker, lighter
from catalog.drawing.curves import MIDDLE, Points, flipped, moved, ribbon, sides, spline
from catalog.drawing.torso import (
    Cut, Sleeve, armhole, back_neck, body, body_folds, cuffed, hem_line, long_sleeve, neckline, sleeves, waistband,
)
from catalog.drawing.trims import buckle, button, label, patch_pocket, ribbed, sewn, stitch, stud, zipper


def _lining(canvas: Canvas, cut: Cut, fabric: Fabric, lining: str, rise: float = 6.0) -> None:
    """The lining seen in the open neck, with a loop and a label."""
    back = back_neck(cut, rise)
    inner_cloth(canvas, np.concatenate([back, neckline(cut, 4)[::-1]]), Fabric(lining or fabric.colour, weave="satin"), 0.40)
    label(canvas, MIDDLE, cut.top + 12 - rise, 34, 15)


def _halves(cut: Cut, overlap: float) -> tuple[Points, Points]:
    """The left and the right front of a coat worn left over right: the upper one reaches ``overlap`` over the middle."""
    outline = body(cut)
    m = MIDDLE
    upper, lower = np.array(outline), np.array(outline)
    upper[:, 0] = np.maximum(upper[:, 0], m - overlap)
    lower[:, 0] = np.minimum(lower[:, 0], m + overlap)
    return lower, upper


def _lapels(canvas: Canvas, cut: Cut, fabric: Fabric, width: float, notch: float, join: tuple[float, float], peak: bool = False) -> None:
    """Notched lapels down to ``join`` (offset from the middle, y) and the collar above them."""
    m, top, n = MIDDLE, cut.top, cut.neck
    jx, jy = join
    collar_back = spline([(m - n - 2, top + 2, 1), (m - n * 0.7, top - 10), (m, top - 14), (m + n * 0.7, top - 10), (m + n + 2, top + 2, 1)])
    lay(canvas, np.concatenate([collar_back, back_neck(cut, 1)[::-1]]), fabric, shade=0.14, lift=0, drape=0)
    for sign in (-1, 1):
        reach = 8.0 if peak else 0.0
        lapel = spline([(m + sign * (n - 3), top + 6, 1), (m + sign * (n + 11), top + notch - 4, 1), (m + sign * (n + width * 0.72), top + notch - reach, 1),
                        (m + sign * (n + width * 0.62), top + notch + (jy - top - notch) * 0.42), (m + sign * jx, jy, 1),
                        (m + sign * (jx * 0.5 + n * 0.34), top + (jy - top) * 0.48)], closed=True)
        piece = lay(canvas, lapel, fabric, angle=sign * 12, lift=0.42, drape=0.3, anchor=(m + sign * 40, top))
        rim = spline([(m + sign * (n + width * 0.66), top + notch + 4.5), (m + sign * (n + width * 0.56), top + notch + (jy - top - notch) * 0.42),
                      (m + sign * (jx + 1), jy - 7)])
        stitch(canvas, rim, fabric.seam, 0.4, inside=piece)
        leaf = spline([(m + sign * (n * 0.72), top - 11, 1), (m + sign * (n + 4), top - 2), (m + sign * (n + 15), top + notch * 0.46), (m + sign * (n + width * 0.5), top + notch - 13, 1),
                       (m + sign * (n + 9), top + notch - 1, 1), (m + sign * (n - 4), top + 8)], closed=True)
        lay(canvas, leaf, fabric, angle=sign * -30, lift=0.34, drape=0.2, anchor=(m + sign * 40, top))


def _flap(canvas: Canvas, x: float, y: float, fabric: Fabric, width: float = 46, height: float = 17, tilt: float = 0.0, angle: float = 0.0) -> None:
    """A pocket flap; (x, y) the middle of its upper edge, ``tilt`` how much lower its outer end lies."""
    sign = 1 if x > MIDDLE else -1
    t = tilt * sign / 2
    shape = spline([(x - width / 2, y - t, 1), (x + width / 2, y + t, 1), (x + width / 2, y + t + height - 4), (x + width / 2 - 4, y + t + height, 1),
                    (x - width / 2 + 4, y - t + height, 1), (x - width / 2, y - t + height - 4)], closed=True)
    piece = lay(canvas, shape, fabric, lift=0.34, drape=0.2, anchor=(MIDDLE, 0), angle=angle, round_=0.6)
    stitch(canvas, np.array([(x - width / 2 + 2.5, y - t), (x - width / 2 + 3, y - t + height - 3), (x + width / 2 - 3, y + t + height - 3), (x + width / 2 - 2.5, y + t)]),
           fabric.seam, 0.4, inside=piece)


def _coat_folds(canvas: Canvas, cut: Cut) -> list[Fold]:
    m = MIDDLE
    extra = [fold([(m + s * (cut.waist - 16), cut.armpit + 110), (m + s * (cut.hem - 34), cut.bottom - 70), (m + s * (cut.hem - 38), cut.bottom)], 22, 0.08)
             for s in (-1, 1)]
    return body_folds(canvas, cut, 0.8, 1.35) + extra


def coat(canvas: Canvas, fabric: Fabric, fit: str = "women", double: bool = True, lining: str = "", knob: str = "") -> None:
    """A wool coat with notched lapels; ``double``: two rows of buttons."""
    cut = Cut(neck=32, drop=112, top=50, shoulder=90, slope=23, chest=88, armpit=146, waist=84, hem=98, bottom=430, vee=True, tail=3)
    if fit == "men":
        cut = replace(cut, shoulder=97, chest=94, waist=92, hem=100, slope=25, bottom=424)
    m, top = MIDDLE, cut.top
    sleeve = long_sleeve(cut, 276, 13, 48, 68, 6)
    _lining(canvas, cut, fabric, lining)
    sleeves(canvas, cut, sleeve, fabric, 0.85, 1.4, hem=18)
    overlap = 30.0 if double else 12.0
    lower, upper = _halves(cut, overlap)
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
    _lapels(canvas, cut, fabric, 52, 42, (overlap if double else 10, top + cut.drop + 4))


def trench(canvas: Canvas, fabric: Fabric, fit: str = "women") -> None:
    """A belted trench coat: storm flap, epaulettes, two rows of buttons, buckle."""
    cut = Cut(neck=32, drop=86, top=48, shoulder=90, slope=23, chest=88, armpit=144, waist=76, hem=106, bottom=432, vee=True, tail=4)
    if fit == "men":
        cut = replace(cut, shoulder=96, chest=93, waist=85, hem=104)
    m, top = MIDDLE, cut.top
    sleeve = long_sleeve(cut, 272, 14, 46, 66, 6)
    _lining(canvas, cut, fabric, "stone")
    sleeves(canvas, cut, sleeve, fabric, 1.1, 1.1, hem=0)
    d, n = sleeve.along
    for left in (True, False):
        strap = ribbon(sleeve.cuff - d * 30 + np.array([0, 0]), 8)
        lay(canvas, flipped(strap) if left else strap, fabric, lift=0.3, drape=0)
        spot = (sleeve.cuff[0] * 0.45 + sleeve.cuff[-1] * 0.55) - d * 30
        buckle(canvas, float(2 * m - spot[0] if left else spot[0]), float(spot[1]), 9, 12, HORN)
    lower, upper = _halves(cut, 28)
    waist_y = top + 186
    folds = body_folds(canvas, cut, 0.7, 1.1)
    for x in (-62, -40, -16, 14, 38, 64):
        folds.append(fold([(m + x, waist_y + 6), (m + x * 1.2, waist_y + 60), (m + x * 1.35, waist_y + 120)], 10, 0.10))
        folds.append(fold([(m + x * 0.92, waist_y - 4), (m + x * 0.98, waist_y - 34)], 7, 0.08))
    lay(canvas, lower, fabric, anchor=(m, top), folds=folds, lift=0.34)
    piece = lay(canvas, upper, fabric, anchor=(m, top), folds=folds, lift=0.42)
    for line in sides(armhole(cut)):
        sewn(canvas, line, fabric, strength=0.5, rows=(3.0,))
    stitch(canvas, np.array([(m - 24.5, top + 96), (m - 24.5, cut.bottom)]), fabric.seam, 0.5, inside=piece)
    flap = spline([(m + 30, top + 12, 1), (m + 86, top + 24, 1), (m + 82, top + 92), (m + 60, top + 106), (m + 22, top + 84, 1)], closed=True)
    leaf = lay(canvas, flap, fabric, lift=0.32, drape=0.4, inside=filled(body(cut)))
    stitch(canvas, spline([(m + 80, top + 88), (m + 60, top + 102), (m + 24, top + 82)]), fabric.seam, 0.5, inside=leaf)
    for sign in (-1, 1):
        a, b = np.array([m + sign * 40, top + 12]), np.array([m + sign * (cut.shoulder - 3), top + cut.slope + 2])
        tab = ribbon(np.stack([a, (a + b) / 2, b]), [11, 11, 13])
        lay(canvas, tab, fabric, lift=0.3, drape=0)
        button(canvas, float(a[0] + sign * 7), float(a[1] + 2), 3.4, HORN)
        welt = ribbon(np.array([(m + sign * 72, waist_y + 34), (m + sign * 60, waist_y + 84)]), 11)
        lay(canvas, welt, fabric, lift=0.28, drape=0)
        for y in (top + 104, top + 146, waist_y + 38, waist_y + 84):
            button(canvas, m + (-19 if sign < 0 else 21) * (1.0 if y < waist_y else 1.1), y, 5.2, HORN)
    _lapels(canvas, cut, fabric, 50, 36, (26, top + cut.drop + 6))
    belt = ribbon(spline([(m - cut.waist - 3, waist_y - 1), (m, waist_y + 4), (m + cut.waist + 3, waist_y - 1)]), 18)
    strap_piece = lay(canvas, belt, fabric, lift=0.42, drape=0.3)
    for dy in (-6, 6):
        stitch(canvas, spline([(m - cut.waist - 2, waist_y - 1 + dy), (m, waist_y + 4 + dy), (m + cut.waist + 2, waist_y - 1 + dy)]), fabric.seam, 0.45, inside=strap_piece)
    tail = spline([(m - 2, waist_y - 5, 1), (m - 8, waist_y + 12), (m - 26, waist_y + 82, 1), (m - 10, waist_y + 88, 1), (m + 10, waist_y + 14), (m + 12, waist_y - 4, 1)], closed=True)
    lay(canvas, tail, fabric, lift=0.4, drape=0.5, angle=10)
    buckle(canvas, m + 5, waist_y + 3.5, 23, 26, HORN)


def blazer(canvas: Canvas, fabric: Fabric, fit: str = "women", double: bool = False, gold: bool = False) -> None:
    """A tailored jacket: lapels, breast pocket, flaps, rounded fronts."""
    cut = Cut(neck=32, drop=134, top=58, shoulder=90, slope=22, chest=86, armpit=156, waist=76, hem=90, bottom=400, vee=True)
    if fit == "men":
        cut = replace(cut, shoulder=98, slope=24, chest=93, waist=87, hem=94)
    m, top = MIDDLE, cut.top
    sleeve = long_sleeve(cut, 280, 12, 42, 64, 6)
    _lining(canvas, cut, fabric, "charcoal" if brightness(fabric.base) < 90 else "stone")
    sleeves(canvas, cut, sleeve, fabric, 0.75, 1.3, hem=0)
    for left in (True, False):
        d, n = sleeve.along
        for k in range(3):
            p = sleeve.cuff[-1] + n * 6 - d * (8 + 9.5 * k)
            button(canvas, float(2 * m - p[0] if left else p[0]), float(p[1]), 2.8, BRASS if gold else HORN, holes=False)
    join_y = top + cut.drop
    overlap = 30.0 if double else 9.0
    lower, upper = _halves(cut, overlap)
    b = cut.bottom

    def fronted(shape: Points, sign: int) -> Patch:
        """Cut the rounded lower corner away."""
        away = spline([(m - sign * overlap - sign * 4, b - 62, 1), (m - sign * overlap, b - 62, 1), (m - sign * overlap + sign * 5, b - 28),
                       (m + sign * (26 - overlap), b + 1), (m + sign * 42, b + 6, 1), (m + sign * 30, b + 14, 1), (m - sign * overlap - sign * 4, b + 14, 1)], closed=True)
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
        canvas.line(spline([(m + s * 46, top + 128), (m + s * 43, top + 170), (m + s * 48, top + 222)]), 1.0, fabric.seam, 0.28)
        _flap(canvas, m + s * 57, top + 226, fabric, 48, 16, 4)
    chest = ribbon(np.array([(m + 44, top + 99), (m + 78, top + 93)]), 9)
    lay(canvas, chest, fabric, lift=0.25, drape=0)
    colour = BRASS if gold else HORN if brightness(fabric.base) > 70 else (28, 30, 34)
    rows = (join_y + 12, join_y + 62)
    for y in rows:
        for x in ((m - 19, m + 21) if double else (m + 1,)):
            (stud if gold else button)(canvas, x, y, 5.6, colour)
    _lapels(canvas, cut, fabric, 46, 40, (overlap if double else 7, join_y + 4), peak=double)


def bomber(canvas: Canvas, fabric: Fabric, fit: str = "unisex", trim: str = "") -> None:
    """A zipped bomber with ribbed collar, cuffs and hem, and slanted pockets."""
    cut = Cut(neck=36, drop=20, top=84, shoulder=100, slope=27, chest=96, armpit=180, waist=97, hem=95, bottom=370)
    m, top = MIDDLE, cut.top
    rib = Fabric(trim or fabric.colour, weave="wool")
    sleeve = long_sleeve(cut, 258, 16, 50, 76, 8)
    inner_cloth(canvas, np.concatenate([back_neck(cut, 10), neckline(cut, 6)[::-1]]), Fabric("orange" if fabric.colour in ("black", "olive") else "charcoal", weave="nylon"), 0.3)
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
    back_in = spline([(m - 34, top - 7, 1), (m, top - 17), (m + 34, top - 7, 1), (m + 37, top + 3, 1), (m, top - 3), (m - 37, top + 3, 1)], closed=True)
    lay(canvas, back_in, rib, shade=0.2, lift=0, drape=0)
    ribbed(canvas, np.concatenate([collar_in, collar_out[::-1]]), rib, collar_in, collar_out, 36)
    zipper(canvas, np.array([(m, top + 12), (m, cut.bottom + 26)]), fabric.base, STEEL)
    pocket = np.array([sleeve.outline[22], sleeve.outline[22] + np.array([4, 26.0])])
    del pocket
    canvas.line(np.array([(m - 8.5, top + 30), (m - 8.5, cut.bottom + 2)]), 1.0, fabric.seam, 0.4)
    canvas.line(np.array([(m + 8.5, top + 30), (m + 8.5, cut.bottom + 2)]), 1.0, fabric.seam, 0.4)


def _quilts(low: float, high: float, step: float) -> list[float]:
    return list(np.arange(low, high, step))


def puffer(canvas: Canvas, fabric: Fabric, fit: str = "unisex", hood: bool = True, gilet: bool = False) -> None:
    """A quilted down jacket; a ``gilet`` has no sleeves."""
    cut = Cut(neck=36, drop=14, top=98, shoulder=100, slope=26, chest=100, armpit=184, waist=101, hem=98, bottom=408, tail=3)
    if gilet:
        cut = replace(cut, shoulder=88, chest=96, waist=95, hem=95)
    m, top = MIDDLE, cut.top
    lining = Fabric("charcoal", weave="nylon")
    if hood:
        cap = spline([(m - 52, top + 10, 1), (m - 64, top - 22), (m - 48, top - 56), (m, top - 68), (m + 48, top - 56), (m + 64, top - 22), (m + 52, top + 10, 1), (m, top + 20)], closed=True)
        lay(canvas, cap, fabric, shade=0.06, round_=1.3, folds=[fold([(m - 58, top - 30), (m, top - 46), (m + 58, top - 30)], 9, 0.2)])
        inner_cloth(canvas, spline([(m - 38, top + 8), (m - 41, top - 24), (m - 22, top - 47), (m, top - 52), (m + 22, top - 47), (m + 41, top - 24), (m + 38, top + 8), (m, top + 18)], closed=True),
                    lining, 0.25)
    else:
        inner_cloth(canvas, spline([(m - 40, top - 18), (m, top - 32), (m + 40, top - 18), (m, top - 6)], closed=True), lining, 0.25)
    label(canvas, m, top - 12)
    step = 37.0
    if not gilet:
        sleeve = long_sleeve(cut, 268, 16, 50, 80, 8)
        d, n = sleeve.along
        for left in (True, False):
            tip, end = np.array(cut.tip), (sleeve.cuff[0] + sleeve.cuff[-1]) / 2
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
            del tip
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
            folds.append(fold([(m + x + 6, y - 1), (m + x + 6 + rng.uniform(-4, 4), y - tall)], 5, rng.uniform(0.06, 0.14)))
    piece = lay(canvas, body(cut), fabric, folds=folds, round_=1.5, lift=0.4, anchor=(m, top), drape=0.8)
    canvas.line(seams, 1.2, fabric.seam, 0.65, inside=piece)
    for line in sides(armhole(cut)):
        sewn(canvas, line, fabric, strength=0.7)
    if gilet:
        for line in sides(armhole(cut)):
            lay(canvas, ribbon(line, 6), fabric.plain(), lift=0.2, drape=0, shade=0.08)
    for sign in (-1, 1):
        zipper(canvas, np.array([(m + sign * 58, top + 188), (m + sign * 70, top + 238)]), fabric.base, puller=False)
    collar = spline([(m - 42, top - 20, 1), (m, top - 4), (m + 42, top - 20, 1), (m + 47, top + 10), (m + 40, top + 24, 1), (m, top + 36), (m - 40, top + 24, 1), (m - 47, top + 10)], closed=True)
    middle = spline([(m - 46, top + 2), (m, top + 15), (m + 46, top + 2)])
    leaf = lay(canvas, collar, fabric, round_=1.4, lift=0.4, folds=[Fold(middle, 11, 0.22)])
    canvas.line(middle, 1.2, fabric.seam, 0.6, leaf)
    zipper(canvas, np.array([(m, top + 4), (m, cut.bottom + 2)]), fabric.base, STEEL)


def denim_jacket(canvas: Canvas, fabric: Fabric, fit: str = "unisex") -> None:
    """A trucker jacket: yoke, two flap pockets, V seams, brass buttons, contrast stitches."""
    cut = Cut(neck=35, drop=34, top=76, shoulder=97, slope=26, chest=93, armpit=172, waist=89, hem=86, bottom=366, tail=2)
    if fit == "women":
        cut = replace(cut, shoulder=89, chest=86, waist=80, hem=79, bottom=346)
    m, top = MIDDLE, cut.top
    thread = bgr("d79a4a") if fabric.colour not in ("white", "ecru", "black") else fabric.seam
    sleeve = long_sleeve(cut, 262, 14, 46, 68, 7)
    _lining(canvas, cut, fabric, fabric.colour, 8)
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
        flap = spline([(x - 24, y, 1), (x + 24, y, 1), (x + 23, y + 12, 1), (x, y + 22, 1), (x - 23, y + 12, 1)], closed=True)
        leaf = lay(canvas, flap, fabric, lift=0.38, drape=0.2, anchor=(m, top))
        stitch(canvas, np.array([(x - 21, y + 2), (x - 20.5, y + 10.5), (x, y + 19), (x + 20.5, y + 10.5), (x + 21, y + 2)]), thread, 0.8, inside=leaf)
        stud(canvas, x, y + 13.5, 3.4)
    band = spline([(m - cut.hem - 1, cut.bottom - 6, 1), (m, cut.bottom - 3), (m + cut.hem + 1, cut.bottom - 6, 1), (m + cut.hem, cut.bottom + 16, 1), (m, cut.bottom + 19), (m - cut.hem, cut.bottom + 16, 1)], closed=True)
    belt = lay(canvas, band, fabric, lift=0.25, drape=0.3, anchor=(m, top))
    for dy in (-2, 16):
        stitch(canvas, hem_line(cut, 1 - dy) + np.array([0, -2.0]), thread, 0.75, inside=belt)
    strip = spline([(m - 9, top + 30, 1), (m + 9, top + 30, 1), (m + 9, cut.bottom + 17, 1), (m - 9, cut.bottom + 17, 1)], closed=True)
    edge = lay(canvas, strip, fabric, lift=0.25, drape=0.2, anchor=(m, top))
    for x in (m - 6.6, m + 6.6):
        stitch(canvas, np.array([(x, top + 30), (x, cut.bottom + 17)]), thread, 0.7, inside=edge)
    for y in np.linspace(top + 62, cut.bottom + 7, 6):
        stud(canvas, m, float(y), 4.2)
    for shape, sign in _collar_leaves(cut):
        leaf = lay(canvas, shape, fabric, angle=-sign * 30, lift=0.4, drape=0.2)
        stitch(canvas, np.array([(m + sign * (cut.neck + 7), top + 16), (m + sign * 42, top + 49), (m + sign * 9, top + 30)]), thread, 0.8, inside=leaf)
    back = spline([(m - cut.neck - 2, top + 2, 1), (m, top - 15), (m + cut.neck + 2, top + 2, 1)])
    canvas.line(back, 1.0, fabric.seam, 0.2)


def _collar_leaves(cut: Cut) -> tuple[tuple[Points, int], tuple[Points, int]]:
    m, top, n = MIDDLE, cut.top, cut.neck
    right = spline([(m + n * 0.74, top - 12, 1), (m + n + 4, top - 3), (m + n + 11, top + 16, 1), (m + 43, top + 54, 1), (m + 4, top + 31, 1), (m + n * 0.5, top + 14)], closed=True)
    return (flipped(right), -1), (right, 1)


def biker(canvas: Canvas, fabric: Fabric, fit: str = "unisex") -> None:
    """A leather biker jacket: wide lapels, slanted zip, belt at the hem."""
    cut = Cut(neck=33, drop=60, top=72, shoulder=92, slope=25, chest=88, armpit=168, waist=83, hem=85, bottom=374, vee=True, tail=2)
    m, top = MIDDLE, cut.top
    sleeve = long_sleeve(cut, 266, 14, 42, 64, 7)
    _lining(canvas, cut, fabric, "burgundy", 6)
    sleeves(canvas, cut, sleeve, fabric, 1.7, 1.0, hem=10)
    lower, upper = _halves(cut, 34)
    folds = body_folds(canvas, cut, 1.5, 1.0)
    lay(canvas, lower, fabric, anchor=(m, top), folds=folds, lift=0.34)
    piece = lay(canvas, upper, fabric, anchor=(m, top), folds=folds, lift=0.42)
    for line in sides(armhole(cut)):
        sewn(canvas, line, fabric, strength=0.8, rows=(3.0,))
    zipper(canvas, np.array([(m - 30, top + 128), (m - 22, cut.bottom)]), fabric.base, STEEL)
    zipper(canvas, np.array([(m + 78, top + 92), (m + 40, top + 108)]), fabric.base, STEEL, puller=False)
    for sign in (-1, 1):
        zipper(canvas, np.array([(m + sign * 46, top + 196), (m + sign * 70, top + 236)]), fabric.base, STEEL, puller=False)
    _lapels(canvas, cut, fabric, 62, 44, (32, top + 132))
    for sign in (-1, 1):
        stud(canvas, m + sign * 68, top + 52, 3.4, STEEL)
        stud(canvas, m + sign * 30, top + 24, 2.8, STEEL)
        gleam(canvas, spline([(m + sign * 70, top + 110), (m + sign * 66, top + 170), (m + sign * 70, top + 220)]), 13, 0.16, piece, blur=4)
    belt = ribbon(spline([(m - cut.hem - 1, cut.bottom - 13), (m, cut.bottom - 10), (m + cut.hem + 1, cut.bottom - 13)]), 17)
    lay(canvas, belt, fabric, lift=0.4, drape=0.2)
    for x in (-60, 62):
        lay(canvas, ribbon(np.array([(m + x, cut.bottom - 25), (m + x, cut.bottom + 2)]), 9), fabric, lift=0.3, drape=0)
    buckle(canvas, m + 4, cut.bottom - 10, 21, 25, STEEL)


__all__ = ["biker", "blazer", "bomber", "coat", "darker", "denim_jacket", "lighter", "patch_pocket", "puffer", "trench", "Sleeve"]
