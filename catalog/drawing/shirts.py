"""Shirts and blouses: collar, placket, pearl buttons, turned cuffs, pocket."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from catalog.drawing.canvas import Canvas, Colour, filled
from catalog.drawing.cloth import Fabric, Fold, fold, inner_cloth, lay
from catalog.drawing.colours import BRASS, PEARL, bgr
from catalog.drawing.curves import MIDDLE, Points, flipped, ribbon, spline
from catalog.drawing.torso import (
    Cut,
    Sleeve,
    armhole,
    back_neck,
    body_folds,
    hem_line,
    long_sleeve,
    neckline,
    short_sleeve,
    side,
    sleeves,
)
from catalog.drawing.trims import button, label, patch_pocket, ribbed, sewn, stitch, stud

BUTTON_STEP = 46.0
"""From one shirt button to the next, pixels."""


def shirt_body(cut: Cut) -> Points:
    """A front whose tail is curved: high at the sides, low in the middle."""
    right = side(cut)[:-3]
    m, y = MIDDLE, cut.bottom
    tail = [(m + cut.hem, y - 30, 1), (m + cut.hem * 0.90, y - 14), (m + cut.hem * 0.62, y + 2), (m, y + 6)]
    half = [*right, *tail]
    left = [(2 * m - p[0], *p[1:]) for p in reversed(half[:-1])]
    return np.concatenate([spline([*half, *left]), neckline(cut)[1:-1]])


def shirt_collar(canvas: Canvas, cut: Cut, fabric: Fabric, reach: float = 44.0, spread: float = 30.0,
        stand: float = 13.0,
                 thread: Colour | None = None, buttoned: bool = False, top_button: bool = True) -> None:
    """A stand at the back, two leaves in front. ``reach``: how far down the points lie; ``spread``: how far apart."""
    m, top, n = MIDDLE, cut.top, cut.neck
    thread = thread or fabric.seam
    plain = fabric if fabric.pattern else fabric.plain()
    back = spline([(m - n - 1, top + 2, 1), (m - n * 0.72, top - stand * 0.9), (m, top - stand),
        (m + n * 0.72, top - stand * 0.9),
                   (m + n + 1, top + 2, 1)])
    lay(canvas, np.concatenate([back, back_neck(replace(cut, neck=n - 6), -9)[::-1]]), plain, shade=0.13, lift=0,
        drape=0)
    band = spline([(m - 17, top + 16, 1), (m, top + 23), (m + 17, top + 16, 1), (m + 14, top + 29, 1), (m, top + 33),
        (m - 14, top + 29, 1)],
                  closed=True)
    lay(canvas, band, plain, shade=0.05, lift=0.2, drape=0)
    if top_button:
        button(canvas, m, top + 26.5, 3.4, PEARL)
    right = spline([(m + n * 0.80, top - stand * 0.72, 1), (m + n + 3, top - 3), (m + n + 7, top + 14, 1),
        (m + spread, top + reach, 1),
                    (m + 3, top + 20.5, 1), (m + n * 0.55, top + 8)], closed=True)
    for shape, sign in ((flipped(right), -1), (right, 1)):
        leaf = lay(canvas, shape, fabric, angle=sign * -34, lift=0.38, drape=0.2, anchor=(m + sign * 20, top))
        line = np.array([(m + sign * (n + 4), top + 14), (m + sign * (spread - 0.3), top + reach - 4.6),
            (m + sign * 7.4, top + 21.5)])
        stitch(canvas, line, thread, 0.5, inside=leaf)
        if buttoned:
            button(canvas, m + sign * (spread - 1.5), top + reach - 8, 2.5, PEARL)


def placket(canvas: Canvas, cut: Cut, fabric: Fabric, bottom: float, knob: Colour = PEARL,
        thread: Colour | None = None,
            hidden: bool = False, studs: bool = False) -> None:
    """The buttoned edge from the collar to the hem."""
    m, top = MIDDLE, cut.top + 27
    shape = spline([(m - 8.5, top, 1), (m + 8.5, top, 1), (m + 8.5, bottom, 1), (m - 8.5, bottom, 1)], closed=True)
    piece = lay(canvas, shape, fabric, anchor=(MIDDLE, cut.top), lift=0.16, drape=0.3, round_=0.45, edge=0.7)
    for x in (m - 6, m + 6):
        stitch(canvas, np.array([(x, top), (x, bottom)]), thread or fabric.seam, 0.4, inside=piece)
    if hidden:
        return
    y = top + 30
    while y < bottom - 22:
        slit = np.array([(m, y - 4.5), (m, y + 4.5)])
        canvas.line(slit, 1.3, fabric.seam, 0.45)
        if studs:
            stud(canvas, m, y, 3.8, BRASS)
        else:
            button(canvas, m, y, 3.4, knob)
        y += BUTTON_STEP


def shirt_cuffs(canvas: Canvas, sleeve: Sleeve, fabric: Fabric, depth: float = 25.0, knob: Colour = PEARL) -> None:
    """Turned cuffs with a button, a little broader than the wrist."""
    d, n = sleeve.along
    outer, inner = sleeve.cuff[0] + sleeve.along[1] * 1.2, sleeve.cuff[-1] - sleeve.along[1] * 1.2
    shape = spline([(*(outer - d * 2), 1), (*(outer + d * depth), 1), tuple((outer + inner) / 2 + d * (depth + 2)),
        (*(inner + d * depth), 1),
                    (*(inner - d * 2), 1)], closed=True)
    rim = np.stack([outer + d * (depth - 3.2), inner + d * (depth - 3.2)])
    base = np.stack([outer + d * 2.2, inner + d * 2.2])
    spot = inner + d * depth * 0.5 + n * 7.5
    for left in (True, False):
        line = flipped(shape) if left else shape
        piece = lay(canvas, line, fabric, angle=-sleeve.angle if left else sleeve.angle, lift=0.24, drape=0.2,
            anchor=(spot[0], spot[1]))
        for row in (rim, base):
            stitch(canvas, flipped(row) if left else row, fabric.seam, 0.45, inside=piece)
        x = 2 * MIDDLE - spot[0] if left else spot[0]
        button(canvas, float(x), float(spot[1]), 2.9, knob)


def _opened(canvas: Canvas, cut: Cut, fabric: Fabric) -> None:
    """The dark inner back and the label behind the collar."""
    m, top = MIDDLE, cut.top
    outline = np.concatenate([back_neck(cut, 13), neckline(cut, 3)[::-1]])
    inner_cloth(canvas, outline, fabric, 0.36)
    label(canvas, m, top + 1, 24, 12)


def shirt(canvas: Canvas, fabric: Fabric, fit: str = "men", short: bool = False, pocket: bool = True,
        buttoned: bool = False,
          knob: str = "") -> None:
    """A shirt with a curved tail; ``short`` sleeves, ``buttoned`` collar points, ``knob`` the colour of buttons."""
    j = canvas.rng.uniform(-1, 1, 4)
    cut = Cut(neck=33, drop=30, top=80, shoulder=94, slope=25, chest=87, armpit=172, waist=83 + j[0], hem=87,
        bottom=412 + 5 * j[1])
    if fit == "women":
        cut = Cut(neck=33, drop=30, top=80, shoulder=85, slope=22, chest=80, armpit=166, waist=71 + 2 * j[0], hem=82,
            bottom=404 + 5 * j[1])
    colour = bgr(knob) if knob else PEARL
    if short:
        cut = replace(cut, shoulder=cut.shoulder + 5, chest=cut.chest + 6, waist=cut.waist + 8, hem=cut.hem + 5)
        sleeve = short_sleeve(cut, 88, 42, 74)
    else:
        sleeve = long_sleeve(cut, 276, 14, 38, 62)
    _opened(canvas, cut, fabric)
    sleeves(canvas, cut, sleeve, fabric, 1.1, 0.9, hem=14 if short else 0)
    if not short:
        shirt_cuffs(canvas, sleeve, fabric, knob=colour)
    piece = lay(canvas, shirt_body(cut), fabric, anchor=(MIDDLE, cut.top), folds=body_folds(canvas, cut, 1.15, 0.9),
        lift=0.34)
    for line in (armhole(cut), flipped(armhole(cut))):
        sewn(canvas, line, fabric, strength=0.5)
    tail = spline([(MIDDLE - cut.hem + 2, cut.bottom - 35), (MIDDLE - cut.hem * 0.62, cut.bottom - 3),
        (MIDDLE, cut.bottom + 1),
                   (MIDDLE + cut.hem * 0.62, cut.bottom - 3), (MIDDLE + cut.hem - 2, cut.bottom - 35)])
    stitch(canvas, tail, fabric.seam, 0.4, inside=piece)
    placket(canvas, cut, fabric, cut.bottom + 5, colour)
    if pocket:
        patch_pocket(canvas, MIDDLE + cut.chest * 0.52, cut.top + 82, 44, 48, fabric, anchor=(MIDDLE, cut.top))
    shirt_collar(canvas, cut, fabric, buttoned=buttoned)


def denim_shirt(canvas: Canvas, fabric: Fabric, fit: str = "men") -> None:
    """A western denim shirt: two flap pockets, studs, contrast stitches."""
    cut = Cut(neck=34, drop=30, top=80, shoulder=94, slope=25, chest=88, armpit=172, waist=84, hem=88, bottom=410)
    if fit == "women":
        cut = Cut(neck=33, drop=30, top=80, shoulder=86, slope=22, chest=81, armpit=166, waist=74, hem=82, bottom=402)
    thread = bgr("d59b52")
    sleeve = long_sleeve(cut, 276, 14, 40, 62)
    _opened(canvas, cut, fabric)
    sleeves(canvas, cut, sleeve, fabric, 1.15, 0.9, hem=0)
    shirt_cuffs(canvas, sleeve, fabric, knob=BRASS)
    piece = lay(canvas, shirt_body(cut), fabric, anchor=(MIDDLE, cut.top), folds=body_folds(canvas, cut, 1.15, 0.9),
        lift=0.34)
    for line in (armhole(cut), flipped(armhole(cut))):
        sewn(canvas, line, fabric, strength=0.6)
        stitch(canvas, line + np.array([-3.0 if line[0][0] > MIDDLE else 3.0, 0]), thread, 0.7, inside=piece)
    yoke = spline([(MIDDLE + 8, cut.top + 66), (MIDDLE + 40, cut.top + 78), (MIDDLE + cut.chest - 6, cut.top + 58)])
    for line in (yoke, flipped(yoke)):
        sewn(canvas, line, fabric, inside=piece)
        stitch(canvas, line + np.array([0, -3]), thread, 0.7, inside=piece)
    placket(canvas, cut, fabric, cut.bottom + 5, thread=thread, studs=True)
    for sign in (-1, 1):
        x, y = MIDDLE + sign * cut.chest * 0.52, cut.top + 92
        patch_pocket(canvas, x, y, 46, 50, fabric, stitches=thread, anchor=(MIDDLE, cut.top))
        flap = spline([(x - 24, y - 5, 1), (x + 24, y - 5, 1), (x + 23, y + 9, 1), (x, y + 18, 1),
            (x - 23, y + 9, 1)], closed=True)
        leaf = lay(canvas, flap, fabric, lift=0.3, drape=0.2, anchor=(MIDDLE, cut.top))
        stitch(canvas, np.array([(x - 21, y + 7.5), (x, y + 15.5), (x + 21, y + 7.5)]), thread, 0.7, inside=leaf)
        stud(canvas, x, y + 10.5, 3.2)
    shirt_collar(canvas, cut, fabric, thread=thread)


def blouse(canvas: Canvas, fabric: Fabric, bow: bool = False, flutter: bool = False) -> None:
    """A soft blouse, gathered at the cuffs: a V neck with a frill, or a ``bow``; ``flutter``: short sleeves."""
    cut = Cut(neck=38, drop=30 if bow else 66, top=80, shoulder=84, slope=23, chest=82, armpit=166, waist=80, hem=90,
        bottom=396,
              vee=not bow, tail=8)
    m, top = MIDDLE, cut.top
    _opened(canvas, cut, fabric)
    if flutter:
        sleeve = short_sleeve(cut, 92, 36, 92)
        sleeves(canvas, cut, sleeve, fabric, 1.5, 1.0, hem=6)
    else:
        sleeve = long_sleeve(cut, 262, 17, 62, 70, 5)
        sleeves(canvas, cut, sleeve, fabric, 1.4, 1.1, hem=0)
        d, n = sleeve.along
        outer, inner = sleeve.cuff[0] - n * 10, sleeve.cuff[-1] + n * 10
        a, b = np.stack([outer - d * 2, inner - d * 2]), np.stack([outer + d * 17, inner + d * 17])
        band = np.concatenate([a, b[::-1]])
        for left in (True, False):
            lay(canvas, flipped(band) if left else band, fabric.plain(), lift=0.25, drape=0)
            for t in np.linspace(0.06, 0.94, 9):
                p = sleeve.cuff[0] * (1 - t) + sleeve.cuff[-1] * t
                line = np.stack([p - d * 1, p - d * (10 + 6 * ((t * 31) % 1))])
                canvas.line(flipped(line) if left else line, 1.1, fabric.seam, 0.3)
    gather: list[Fold] = body_folds(canvas, cut, 1.4, 1.1)
    for x in np.linspace(-cut.chest * 0.62, cut.chest * 0.62, 9):
        gather.append(fold([(m + x * 0.8, top + 70), (m + x, top + 140), (m + x * 1.15, top + 215)], 7, 0.05))
    front_piece = lay(canvas, np.concatenate([spline([*side(cut),
        *[(2 * m - p[0], *p[1:]) for p in reversed(side(cut)[:-1])]]),
                                              neckline(cut)[1:-1]]), fabric, anchor=(m, top), folds=gather, lift=0.34)
    for line in (armhole(cut), flipped(armhole(cut))):
        sewn(canvas, line, fabric, strength=0.45)
    stitch(canvas, hem_line(cut, 7), fabric.seam, 0.35, inside=front_piece)
    if bow:
        _bow(canvas, cut, fabric)
    else:
        edge = neckline(cut, -1)
        frill = np.concatenate([edge, neckline(cut, 9)[::-1]])
        ribbed(canvas, frill, fabric.plain(), edge, neckline(cut, 9), 34, depth=0.22, shade=0.0)
        for y in np.arange(top + cut.drop + 22, cut.bottom - 40, 40):
            button(canvas, m, float(y), 3.0, PEARL)
        canvas.line(np.array([(m - 4.5, top + cut.drop + 6), (m - 4.5, cut.bottom + 6)]), 1.0, fabric.seam, 0.35,
            inside=front_piece)


def _bow(canvas: Canvas, cut: Cut, fabric: Fabric) -> None:
    m, top = MIDDLE, cut.top
    lay(canvas, np.concatenate([neckline(cut, -3), neckline(cut, 11)[::-1]]), fabric, lift=0.2, drape=0.2)
    lay(canvas, ribbon(back_neck(cut, 6), [4, 10, 11, 10, 4]), fabric.plain(), shade=0.15, lift=0, drape=0)
    y = top + cut.drop + 8
    for sign, drop in ((-1, 92), (1, 108)):
        tail = spline([(m, y, 1), (m + sign * 22, y + 34), (m + sign * 20, y + drop - 4, 1),
            (m + sign * 40, y + drop + 2, 1),
                       (m + sign * 36, y + 30), (m + sign * 4, y - 4, 1)], closed=True)
        lay(canvas, tail, fabric, lift=0.34, drape=0.8, angle=-sign * 12, folds=[
            fold([(m + sign * 4, y + 4), (m + sign * 27, y + 40), (m + sign * 29, y + drop)], 8, 0.10)])
        loop = spline([(m, y, 1), (m + sign * 22, y - 17), (m + sign * 47, y - 10), (m + sign * 46, y + 12),
            (m + sign * 20, y + 12)], closed=True)
        lay(canvas, loop, fabric, lift=0.36, drape=0.6, angle=sign * 70, folds=[
            fold([(m + sign * 3, y), (m + sign * 18, y - 2), (m + sign * 36, y + 2)], 7, 0.14),
            fold([(m + sign * 4, y + 3), (m + sign * 18, y + 8), (m + sign * 30, y + 9)], 5, 0.12)])
    knot = spline([(m - 8, y - 8), (m + 8, y - 9), (m + 9, y + 8), (m - 8, y + 9)], closed=True)
    lay(canvas, filled(knot), fabric, lift=0.35, drape=0)
