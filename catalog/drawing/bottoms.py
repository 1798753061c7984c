"""Trousers and shorts: one leg mirrored, waistband, loops, fly, pockets, crease or contrast stitches."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from catalog.drawing.canvas import Canvas, Colour, Patch
from catalog.drawing.cloth import Fabric, Fold, fold, inner_cloth, lay
from catalog.drawing.colours import BRASS, HORN, bgr, lighter
from catalog.drawing.curves import MIDDLE, Points, flipped, moved, rounded, spline
from catalog.drawing.trims import button, cord, label, ribbed, sewn, stitch, stud


@dataclass(frozen=True)
class Legs:
    """Half waist and hip from the middle, the leg's outer and inner edge at knee and hem, and heights; pixels."""

    waist: float = 68.0
    hip: float = 84.0
    top: float = 46.0
    band: float = 19.0
    hip_y: float = 128.0
    crotch: float = 178.0
    knee: tuple[float, float] = (12.0, 78.0)
    hem: tuple[float, float] = (14.0, 68.0)
    bottom: float = 440.0


def _leg(legs: Legs) -> Points:
    """The right leg with its half of the seat."""
    m, y = MIDDLE, legs.top + legs.band - 3
    knee_y = legs.crotch + (legs.bottom - legs.crotch) * 0.46
    long = legs.bottom - legs.crotch > 130
    outer: list[tuple[float, ...]] = [(m - 1, y + 2, 1), (m + legs.waist, y, 1),
        (m + legs.waist + (legs.hip - legs.waist) * 0.72, (y + legs.hip_y) / 2 - 4),
                                      (m + legs.hip, legs.hip_y)]
    if long:
        outer.append((m + legs.knee[1], knee_y))
    outer += [(m + legs.hem[1], legs.bottom, 1), (m + (legs.hem[0] + legs.hem[1]) / 2, legs.bottom + 3),
        (m + legs.hem[0], legs.bottom, 1)]
    if long:
        outer.append((m + legs.knee[0], knee_y))
    outer += [(m + 2.5, legs.crotch + 4, 1), (m - 1, legs.crotch - 8, 1)]
    return spline(outer, closed=True)


def _leg_folds(canvas: Canvas, legs: Legs, strength: float, soft: float) -> list[Fold]:
    rng, m, c = canvas.rng, MIDDLE, legs.crotch
    middle = (legs.knee[0] + legs.knee[1]) / 2
    long = legs.bottom - c > 130
    folds = []
    for k in range(3):
        j = rng.uniform(-5, 5, 3)
        folds.append(fold([(m + 4, c - 10 - 11 * k), (m + 24, c - 15 - 17 * k + j[0]),
            (m + 46 + j[1], c - 14 - 25 * k)], 7 * soft, (0.12 - 0.02 * k) * strength))
    folds.append(fold([(m + 6, c + 10), (m + 18, c + 34), (m + 34, c + 64)], 9 * soft, 0.09 * strength))
    folds.append(fold([(m + legs.hip - 7, c - 20), (m + legs.hip - 18, c + 24), (m + legs.hip - 16, c + 70)],
        14 * soft, 0.06 * strength))
    if long:
        knee_y = c + (legs.bottom - c) * 0.46
        for k in range(3):
            y = knee_y - 18 + 17 * k + rng.uniform(-4, 4)
            left = k % 2 == 0
            a, b = (legs.knee[0] - 1, middle + rng.uniform(-4, 10)) if left else (legs.knee[1] + 1,
                middle + rng.uniform(-10, 4))
            folds.append(fold([(m + a, y), (m + (a + b) / 2, y + 6), (m + b, y + 4)], 7 * soft, 0.09 * strength))
        for x0, x1 in ((0.3, 0.36), (0.72, 0.66)):
            w, h = legs.knee[1] - legs.knee[0], legs.hem[1] - legs.hem[0]
            folds.append(fold([(m + legs.knee[0] + w * x0, knee_y + 22), (m + legs.hem[0] + h * x1, legs.bottom - 70),
                (m + legs.hem[0] + h * x1, legs.bottom - 12)],
                              14 * soft, 0.05 * strength))
        folds.append(fold([(m + legs.hem[0], legs.bottom - 24), (m + (legs.hem[0] + legs.hem[1]) / 2,
            legs.bottom - 17), (m + legs.hem[1], legs.bottom - 22)], 7 * soft, 0.05 * strength))
    return folds


def _seat(canvas: Canvas, legs: Legs, fabric: Fabric, strength: float = 1.0, soft: float = 1.0, faded: float = 0.0,
        extra: list[Fold] | None = None) -> tuple[Patch, Patch]:
    """Both legs; ``faded`` lightens thigh and knee as worn denim does."""
    outline = _leg(legs)
    m = MIDDLE
    pieces = []
    for left in (True, False):
        folds = _leg_folds(canvas, legs, strength, soft) + (extra or [])
        if faded:
            x = (legs.knee[0] + legs.knee[1]) / 2 + 3
            folds += [fold([(m + x + 6, legs.crotch - 36), (m + x, legs.crotch + 60), (m + x - 2, legs.bottom - 70)],
                40, -faded)]
        if left:
            folds = [Fold(flipped(f.line), f.width, f.depth) for f in folds]
        shape = flipped(outline) if left else outline
        pieces.append(lay(canvas, shape, fabric, folds=folds, lift=0.2 if left else 0.26, anchor=(m, legs.top),
            angle=1.5 if left else -1.5))
    return pieces[0], pieces[1]


def _inside(canvas: Canvas, legs: Legs, fabric: Fabric) -> None:
    m, y = MIDDLE, legs.top
    inner_cloth(canvas, spline([(m - legs.waist + 2, y + 1), (m, y - 7), (m + legs.waist - 2, y + 1), (m, y + 11)],
        closed=True), fabric, 0.42)
    label(canvas, m, y - 4, 24, 11)


def _band(canvas: Canvas, legs: Legs, fabric: Fabric, thread: Colour | None = None, loops: bool = True,
        knob: str = "button") -> None:
    m, y, w, b = MIDDLE, legs.top, legs.waist, legs.band
    shape = spline([(m - w + 1, y, 1), (m, y + 6), (m + w - 1, y, 1), (m + w + 1, y + b, 1), (m, y + b + 6),
        (m - w - 1, y + b, 1)], closed=True)
    piece = lay(canvas, shape, fabric, lift=0.26, drape=0.3, anchor=(m, y))
    ink = thread or fabric.seam
    for dy in (2.8, b - 2.8):
        stitch(canvas, spline([(m - w, y + dy), (m, y + 6 + dy), (m + w, y + dy)]), ink, 0.6, inside=piece)
    canvas.line(np.array([(m + 6, y + 4), (m + 6, y + b + 5)]), 1.1, fabric.seam, 0.6, inside=piece)
    if loops:
        for x in (-0.74, -0.34, 0.34, 0.74):
            dip = 6 * (1 - x * x)
            box = rounded(m + w * x - 3.6, y - 2 + dip, m + w * x + 3.6, y + b + 4 + dip, 1.2)
            tab = lay(canvas, box, fabric, lift=0.32, drape=0, round_=0.5)
            for dx in (-1.9, 1.9):
                stitch(canvas, np.array([(m + w * x + dx, y - 1 + dip), (m + w * x + dx, y + b + 4 + dip)]), ink, 0.5,
                    inside=tab)
    if knob == "stud":
        stud(canvas, m, y + b / 2 + 5.8, 5.4, BRASS)
    elif knob == "button":
        button(canvas, m, y + b / 2 + 5.8, 4.6, HORN)


def _fly(canvas: Canvas, legs: Legs, fabric: Fabric, thread: Colour | None = None) -> None:
    m, y = MIDDLE, legs.top + legs.band + 4
    canvas.line(spline([(m, y), (m, legs.crotch - 30), (m, legs.crotch + 3)]), 1.3, fabric.seam, 0.65)
    curve = spline([(m + 16, y), (m + 16, legs.crotch - 62), (m + 12, legs.crotch - 44), (m + 1, legs.crotch - 34)])
    for dx in (0, -2.6) if thread else (0,):
        stitch(canvas, moved(curve, dx, 0), thread or fabric.seam, 0.7)


def jeans(canvas: Canvas, fabric: Fabric, cut: str = "straight", fit: str = "men") -> None:
    """Five-pocket jeans: straight, skinny, wide or flared."""
    legs = Legs(hip=83, knee=(9, 80), hem=(8, 78))
    if cut == "skinny":
        legs = replace(legs, waist=64, hip=79, knee=(13, 64), hem=(16, 52))
    elif cut == "wide":
        legs = replace(legs, waist=64, hip=82, knee=(6, 92), hem=(6, 102))
    elif cut == "flared":
        legs = replace(legs, waist=63, hip=79, knee=(13, 68), hem=(6, 100))
    if fit == "women":
        legs = replace(legs, waist=legs.waist - 4, band=20, top=42)
    thread = bgr("d59a50") if fabric.colour not in ("black", "white", "ecru", "cream", "charcoal") else fabric.seam
    _inside(canvas, legs, fabric)
    left, right = _seat(canvas, legs, fabric, 1.15, 0.9, faded=0.13 if fabric.colour not in ("black", "white",
        "ecru") else 0.06)
    m, y = MIDDLE, legs.top + legs.band
    curve = spline([(m + 26, y + 2), (m + 32, y + 20), (m + 50, y + 30), (m + legs.waist + 13, y + 32)])
    outer = spline([(m + legs.waist + 1, y), (m + (legs.waist + legs.hip) / 2 + 4, (y + legs.hip_y) / 2),
        (m + legs.hip - 2, legs.hip_y + 50)])
    for piece, mirror in ((left, True), (right, False)):
        line, seam_line = (flipped(curve), flipped(outer)) if mirror else (curve, outer)
        s = 1 if mirror else -1
        sewn(canvas, line, fabric, inside=piece, strength=0.8)
        for d in (2.6, 5.0):
            stitch(canvas, moved(line, s * d * 0.6, d * 0.8), thread, 0.75, inside=piece)
        stitch(canvas, moved(seam_line, s * 3.0, 0), thread, 0.6, inside=piece)
        for dy in (9, 6.5):
            hem = spline([(m + legs.hem[0] - 4, legs.bottom - dy), (m + (legs.hem[0] + legs.hem[1]) / 2,
                legs.bottom + 3 - dy), (m + legs.hem[1] + 4, legs.bottom - dy)])
            stitch(canvas, flipped(hem) if mirror else hem, thread, 0.7, inside=piece)
        for x, yy in ((28, y + 4), (legs.waist + 8, y + 30)):
            stud(canvas, m - x if mirror else m + x, yy, 2.2, (88, 130, 176))
    _fly(canvas, legs, fabric, thread)
    _band(canvas, legs, fabric, thread, knob="stud")


def trousers(canvas: Canvas, fabric: Fabric, cut: str = "straight", fit: str = "men", crease: bool = True,
        pleats: bool = False) -> None:
    """Tailored trousers with slant pockets: straight, slim, wide or flared."""
    legs = Legs(hip=85, knee=(9, 82), hem=(8, 80))
    if cut == "slim":
        legs = replace(legs, waist=67, hip=82, knee=(11, 73), hem=(14, 62))
    elif cut == "wide":
        legs = replace(legs, waist=63, hip=83, knee=(5, 97), hem=(4, 112))
    elif cut == "flared":
        legs = replace(legs, waist=62, hip=78, knee=(13, 67), hem=(5, 104))
    if fit == "women":
        legs = replace(legs, waist=legs.waist - 4, band=21, top=40)
    _inside(canvas, legs, fabric)
    m, y = MIDDLE, legs.top + legs.band
    extra = []
    if pleats:
        extra = [fold([(m + x, y + 2), (m + x + 4, y + 40), (m + x + 8, y + 84)], 8, 0.16) for x in (24, 36)]
    left, right = _seat(canvas, legs, fabric, 0.85, 1.2, extra=extra)
    pocket = np.array([(m + legs.waist - 17, y + 1), (m + (legs.waist + legs.hip) / 2 + 6, y + 58)])
    middle = [((legs.knee[0] + legs.knee[1]) / 2, legs.crotch + (legs.bottom - legs.crotch) * 0.46),
        ((legs.hem[0] + legs.hem[1]) / 2, legs.bottom + 2)]
    press = spline([(m + 32, y + 20), (m + middle[0][0] - 2, legs.crotch + 20), (m + middle[0][0], middle[0][1]),
        (m + middle[1][0], middle[1][1])])
    for piece, mirror in ((left, True), (right, False)):
        s = -1 if mirror else 1
        line = flipped(pocket) if mirror else pocket
        sewn(canvas, line, fabric, inside=piece, strength=0.7)
        stitch(canvas, moved(line, -s * 3.2, 0), fabric.seam, 0.4, inside=piece)
        if crease:
            p = flipped(press) if mirror else press
            canvas.line(p, 1.4, lighter(fabric.base, 0.5), 0.30, inside=piece)
            canvas.line(moved(p, 1.6, 0), 1.4, fabric.seam, 0.22, inside=piece)
        else:
            hem = spline([(m + legs.hem[0] - 4, legs.bottom - 9), (m + (legs.hem[0] + legs.hem[1]) / 2,
                legs.bottom - 6), (m + legs.hem[1] + 4, legs.bottom - 9)])
            stitch(canvas, flipped(hem) if mirror else hem, fabric.seam, 0.5, inside=piece)
    _fly(canvas, legs, fabric)
    _band(canvas, legs, fabric)


def joggers(canvas: Canvas, fabric: Fabric, fit: str = "unisex", stripe: str = "", cargo: bool = False) -> None:
    """Soft trousers with elastic waist and cuffs; ``stripe`` a palette colour down the side, ``cargo`` pockets."""
    legs = Legs(waist=68, hip=86, knee=(9, 80), hem=(15, 62), bottom=418, band=24, top=44)
    m, y = MIDDLE, legs.top + legs.band
    _inside(canvas, legs, fabric)
    extra = [fold([(m + x, y), (m + x * 1.06, y + 30)], 7, 0.12) for x in (12, 26, 40, 54)]
    extra += [fold([(m + x, legs.bottom), (m + x + 2, legs.bottom - 26)], 7, 0.13) for x in (26, 38, 50)]
    left, right = _seat(canvas, legs, fabric, 1.35, 1.3, extra=extra)
    for piece, mirror in ((left, True), (right, False)):
        line = np.array([(m + legs.waist - 14, y + 4), (m + (legs.waist + legs.hip) / 2 + 5, y + 58)])
        line = flipped(line) if mirror else line
        sewn(canvas, line, fabric, inside=piece, strength=0.7, rows=(3.0 if mirror else -3.0,))
        if stripe:
            edge = spline([(m + legs.waist - 3, y), (m + (legs.waist + legs.hip) / 2, (y + legs.hip_y) / 2),
                (m + legs.hip - 7, legs.hip_y + 10),
                           (m + legs.knee[1] - 8, legs.crotch + 110), (m + legs.hem[1] - 7, legs.bottom + 2)])
            for d in (0, -8):
                canvas.line(moved(flipped(edge) if mirror else edge, -d if mirror else d, 0), 3.6, bgr(stripe), 0.92,
                    inside=piece)
        if cargo:
            x = m + (-1 if mirror else 1) * 62
            box = rounded(x - 22, 226, x + 22, 284, 3)
            lay(canvas, box, fabric, lift=0.26, drape=0.5, inside=piece)
            flap = rounded(x - 24, 220, x + 24, 239, 3)
            leaf = lay(canvas, flap, fabric, lift=0.34, drape=0.2, inside=piece)
            stitch(canvas, np.array([(x - 22, 235.5), (x + 22, 235.5)]), fabric.seam, 0.5, inside=leaf)
            button(canvas, x, 231, 3.2, HORN)
        a = np.array([(m + legs.hem[0] + 3, legs.bottom - 2), (m + legs.hem[1] - 3, legs.bottom - 2)])
        b = np.array([(m + legs.hem[0] + 7, legs.bottom + 24), (m + legs.hem[1] - 7, legs.bottom + 24)])
        a, b = (flipped(a), flipped(b)) if mirror else (a, b)
        ribbed(canvas, np.concatenate([a, b[::-1]]), fabric, a, b, 13)
    canvas.line(spline([(m, y + 6), (m, legs.crotch + 3)]), 1.2, fabric.seam, 0.6)
    _elastic(canvas, legs, fabric)
    for sign, drop in ((-1, 66), (1, 76)):
        cord(canvas, spline([(m + sign * 7, y - 6), (m + sign * 13, y + 26), (m + sign * 10, y - 6 + drop)]),
            lighter(fabric.base, 0.75) if fabric.colour != "white" else fabric.seam, 3.2)


def _elastic(canvas: Canvas, legs: Legs, fabric: Fabric) -> None:
    m, y, w, b = MIDDLE, legs.top, legs.waist, legs.band
    high = spline([(m - w + 2, y), (m, y + 6), (m + w - 2, y)])
    low = spline([(m - w - 1, y + b), (m, y + b + 6), (m + w + 1, y + b)])
    piece = ribbed(canvas, np.concatenate([high, low[::-1]]), fabric, high, low, 30, depth=0.3, lift=0.26)
    for t in (0.34, 0.66):
        canvas.line(high * (1 - t) + low * t, 1.1, fabric.seam, 0.35, inside=piece)
    for sign in (-1, 1):
        stud(canvas, m + sign * 8, y + b / 2 + 6, 2.6, (150, 156, 160))


def shorts(canvas: Canvas, fabric: Fabric, style: str = "chino", fit: str = "men", stripe: str = "") -> None:
    """Shorts: chino, denim or sport; women's are shorter."""
    long = fit != "women"
    legs = Legs(waist=74, hip=100, top=104, band=22, hip_y=190, crotch=250, knee=(14, 98), hem=(9, 108),
        bottom=372 if long else 330)
    if not long:
        legs = replace(legs, waist=70, hip=98, hem=(7, 112), top=114, hip_y=196, crotch=258, bottom=338)
    if style == "sport":
        legs = replace(legs, hem=(6, 120), band=26)
    m, y = MIDDLE, legs.top + legs.band
    _inside(canvas, legs, fabric)
    thread = bgr("d59a50") if style == "denim" and fabric.colour not in ("black", "white", "ecru") else fabric.seam
    extra = [fold([(m + x, y), (m + x * 1.1, y + 36)], 8, 0.13) for x in (14, 32, 50, 66)] if style == "sport" else []
    left, right = _seat(canvas, legs, fabric, 1.2 if style == "sport" else 1.0, 1.2,
        faded=0.12 if style == "denim" else 0, extra=extra)
    for piece, mirror in ((left, True), (right, False)):
        s = -1 if mirror else 1
        if style == "denim":
            line = spline([(m + 32, y + 2), (m + 40, y + 24), (m + 62, y + 36), (m + legs.waist + 18, y + 38)])
        else:
            line = np.array([(m + legs.waist - 18, y + 2), (m + (legs.waist + legs.hip) / 2 + 8, y + 66)])
        line = flipped(line) if mirror else line
        sewn(canvas, line, fabric, inside=piece, strength=0.75)
        stitch(canvas, moved(line, -s * 3.0, 1.5), thread, 0.65, inside=piece)
        if stripe:
            edge = np.array([(m + legs.hip - 7, legs.hip_y - 30), (m + legs.hip - 2, legs.hip_y + 20),
                (m + legs.hem[1] - 9, legs.bottom + 2)])
            for d in (0, -9):
                canvas.line(moved(flipped(edge) if mirror else edge, s * d, 0), 4, bgr(stripe), 0.92, inside=piece)
        middle = (legs.hem[0] + legs.hem[1]) / 2
        for dy in (12, 9) if style == "denim" else (12,):
            hem = spline([(m + legs.hem[0] - 4, legs.bottom - dy), (m + middle, legs.bottom + 3 - dy),
                (m + legs.hem[1] + 6, legs.bottom - dy)])
            stitch(canvas, flipped(hem) if mirror else hem, thread, 0.6, inside=piece)
        if style == "denim" and not long:
            a = np.array([(m + legs.hem[0] - 1, legs.bottom - 16), (m + middle, legs.bottom - 13),
                (m + legs.hem[1], legs.bottom - 16), (m + legs.hem[1] + 2, legs.bottom + 3),
                (m + middle, legs.bottom + 7), (m + legs.hem[0] - 2, legs.bottom + 3)])
            turn = lay(canvas, flipped(a) if mirror else a, Fabric(fabric.colour, weave=fabric.weave), lift=0.28,
                drape=0.3, shade=-0.12)
            stitch(canvas, moved(flipped(a[:3]) if mirror else a[:3], 0, 3), thread, 0.6, inside=turn)
    if style == "sport":
        canvas.line(spline([(m, y + 6), (m, legs.crotch + 3)]), 1.2, fabric.seam, 0.6)
        _elastic(canvas, legs, fabric)
        for sign, drop in ((-1, 58), (1, 66)):
            cord(canvas, spline([(m + sign * 8, y - 6), (m + sign * 15, y + 22), (m + sign * 11, y - 6 + drop)]),
                bgr("white"), 3.4)
    else:
        _fly(canvas, legs, fabric, thread if style == "denim" else None)
        _band(canvas, legs, fabric, thread if style == "denim" else None,
            knob="stud" if style == "denim" else "button")
