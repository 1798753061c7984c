"""Hats: fedora, beanie, cap, bucket, straw, beret."""

from __future__ import annotations

import numpy as np

from catalog.drawing.canvas import Canvas, filled
from catalog.drawing.cloth import Fabric, Fold, fold, gleam, inner_cloth, lay
from catalog.drawing.colours import bgr, darker, lighter
from catalog.drawing.curves import MIDDLE, Control, ellipse, moved, ribbon, rounded, spline
from catalog.drawing.trims import ribbed, stitch, stud


def fedora(canvas: Canvas, fabric: Fabric, band: str = "black", wide: bool = False) -> None:
    """A brimmed felt or straw hat with a pinched crown and a ribbon band."""
    m, w = MIDDLE, 176.0 if wide else 160.0
    brim = spline([(m - w, 300, 1), (m - w * 0.72, 276), (m - 80, 268), (m, 262), (m + 80, 268), (m + w * 0.72, 276),
        (m + w, 300, 1), (m + w * 0.74, 330), (m + w * 0.36, 344), (m, 348), (m - w * 0.36, 344),
        (m - w * 0.74, 330)], closed=True)
    piece = lay(canvas, brim, fabric, folds=[fold([(m - w + 14, 306), (m - 60, 330), (m + 20, 338)], 20, -0.10),
        fold([(m - 110, 290), (m, 312), (m + 110, 290)], 24, 0.16)], round_=1.2)
    canvas.line(spline([(m - w + 2, 301), (m - w * 0.74, 327), (m - w * 0.36, 341), (m, 345), (m + w * 0.36, 341),
        (m + w * 0.74, 327), (m + w - 2, 301)]), 1.6, lighter(fabric.base, 0.4), 0.35, inside=piece)
    crown = spline([(m - 92, 298, 1), (m - 88, 236), (m - 78, 176), (m - 56, 146), (m - 26, 142), (m - 4, 158),
        (m + 20, 141), (m + 54, 145), (m + 77, 176), (m + 88, 236), (m + 92, 298, 1), (m + 50, 312), (m, 316),
        (m - 50, 312)], closed=True)
    folds = [fold([(m - 4, 160), (m - 6, 190), (m + 2, 226)], 22, 0.18),
        fold([(m - 60, 156), (m - 46, 186), (m - 52, 224)], 20, 0.14),
        fold([(m + 58, 156), (m + 46, 186), (m + 54, 226)], 20, 0.14),
             fold([(m - 70, 200), (m - 72, 230), (m - 70, 256)], 18, -0.08)]
    top = lay(canvas, crown, fabric, folds=folds, lift=0.4, round_=1.5)
    gleam(canvas, spline([(m - 64, 170), (m - 70, 210), (m - 72, 250)]), 18, 0.10, top, blur=6)
    ribbon_band = Fabric(band, weave="satin", shine=0.15)
    strip = spline([(m - 91, 262, 1), (m - 50, 276), (m, 280), (m + 50, 276), (m + 91, 262, 1), (m + 93, 298, 1),
        (m + 50, 312), (m, 316), (m - 50, 312), (m - 93, 298, 1)], closed=True)
    lay(canvas, strip, ribbon_band, lift=0.25, drape=0.3, round_=0.9)
    for dy in (6.0, 30.0):
        canvas.line(moved(spline([(m - 91, 262), (m - 50, 276), (m, 280), (m + 50, 276), (m + 91, 262)]), 0, dy), 0.9,
            lighter(ribbon_band.base, 0.4), 0.25)
    for sign in (-1, 1):
        bow: Control = [(m + 66, 288, 1), (m + 66 + sign * 20, 272), (m + 66 + sign * 30, 280, 1),
            (m + 66 + sign * 28, 304, 1), (m + 66 + sign * 16, 302)]
        lay(canvas, spline(bow, closed=True), ribbon_band, lift=0.35, drape=0, shade=-0.04,
            folds=[fold([(m + 66, 288), (m + 66 + sign * 14, 287), (m + 66 + sign * 26, 290)], 5, 0.2)])
    lay(canvas, rounded(m + 59, 275, m + 73, 303, 4), ribbon_band, lift=0.35, drape=0)


def beanie(canvas: Canvas, fabric: Fabric, bobble: bool = False, second: str = "") -> None:
    """A knitted cap with a turned-up ribbed edge; ``bobble`` on top."""
    m = MIDDLE
    if bobble:
        rng = canvas.rng
        fluff = Fabric(second or fabric.colour, weave="teddy", thick=1.4)
        turn = np.linspace(0, 2 * np.pi, 60, endpoint=False)
        r = 40 + rng.uniform(-3.5, 3.5, 60)
        lay(canvas, np.stack([m + r * np.cos(turn), 98 + r * np.sin(turn)], axis=1), fluff, round_=1.5, edge=0.4)
    crown = spline([(m - 122, 330, 1), (m - 118, 240), (m - 92, 160), (m - 44, 122), (m, 114), (m + 44, 122),
        (m + 92, 160), (m + 118, 240), (m + 122, 330, 1), (m, 346)], closed=True)
    folds = []
    for x in np.linspace(-0.8, 0.8, 9):
        folds.append(fold([(m + x * 116, 320), (m + x * 104, 214), (m + x * 26, 124)], 12, 0.11))
    lay(canvas, crown, fabric, folds=folds, round_=1.6)
    low = spline([(m - 128, 376), (m - 60, 392), (m, 396), (m + 60, 392), (m + 128, 376)])
    high = spline([(m - 125, 288), (m - 60, 302), (m, 306), (m + 60, 302), (m + 125, 288)])
    outline = np.concatenate([high, spline([(m + 125, 288), (m + 131, 330), (m + 128, 376)])[1:-1], low[::-1],
        spline([(m - 128, 376), (m - 131, 330), (m - 125, 288)])[1:-1]])
    tone = Fabric(second or fabric.colour)
    ribbed(canvas, outline, tone if not bobble else fabric, high, low, 40, depth=0.5, lift=0.42)
    tag = rounded(m + 44, 330, m + 84, 358, 2)
    lay(canvas, tag, Fabric("cognac", weave="leather"), lift=0.3, drape=0)
    stitch(canvas, np.array([(m + 48, 334), (m + 80, 333), (m + 80, 354), (m + 48, 355), (m + 48, 334)]),
        bgr("cream"), 0.7)


def cap(canvas: Canvas, fabric: Fabric, mark: str = "", mesh: bool = False) -> None:
    """A baseball cap, its peak turned to the left; ``mark`` colours an embroidered sign, ``mesh`` a paler back."""
    m = MIDDLE
    dome: Control = [(m - 96, 306, 1), (m - 100, 240), (m - 70, 172), (m - 6, 142), (m + 66, 156), (m + 116, 206),
        (m + 136, 274), (m + 138, 318, 1), (m + 60, 330), (m - 20, 326)]
    folds = [fold([(m + 118, 226), (m + 126, 270), (m + 128, 312)], 16, 0.10),
        fold([(m - 84, 230), (m - 80, 266), (m - 88, 300)], 16, 0.08),
        fold([(m + 20, 300), (m + 70, 308), (m + 120, 298)], 14, 0.08)]
    back = Fabric("white", weave="waffle") if mesh else fabric
    piece = lay(canvas, spline(dome, closed=True), back, folds=folds, round_=1.6)
    if mesh:
        front_panel = spline([(m - 96, 306, 1), (m - 100, 240), (m - 70, 172), (m - 6, 142, 1), (m + 40, 200),
            (m + 56, 326, 1), (m - 20, 326)], closed=True)
        lay(canvas, front_panel, fabric, lift=0.1, round_=1.3, inside=piece)
    for line in ([(m - 4, 143), (m - 38, 214), (m - 46, 322)], [(m - 4, 143), (m + 44, 206), (m + 58, 328)],
        [(m - 2, 143), (m + 84, 196), (m + 118, 320)]):
        curve = spline(line)
        canvas.line(curve, 1.2, fabric.seam, 0.5, inside=piece)
        for dx in (-3.2, 3.2):
            stitch(canvas, moved(curve, dx, 0), fabric.seam, 0.45, inside=piece)
    for x, y in ((m - 66, 214), (m + 6, 210), (m + 72, 216)):
        canvas.fill(ellipse(x, y, 4.6, 4.2), darker(fabric.base, 0.3))
        canvas.fill(ellipse(x, y, 2.2, 2.0), darker(fabric.base, 0.85))
    lay(canvas, ellipse(m - 4, 141, 10, 6), fabric, lift=0.4, drape=0, round_=1.5)
    if mark:
        ink = bgr(mark)
        sign = spline([(m - 24, 290, 1), (m - 4, 238, 1), (m + 18, 290, 1), (m + 6, 290, 1), (m - 4, 264, 1),
            (m - 13, 290, 1)], closed=True)
        canvas.cast(filled(sign), 0.35, 1, 1.5, 1.5)
        canvas.tint(filled(sign), ink, 0.95, piece)
        stitch(canvas, sign, darker(ink, 0.3), 0.4, inside=piece)
    peak = spline([(m - 94, 298, 1), (m - 60, 288), (m + 8, 302), (m + 44, 326, 1), (m - 10, 342), (m - 80, 356),
        (m - 140, 360), (m - 174, 346), (m - 164, 322), (m - 132, 302)], closed=True)
    visor = lay(canvas, peak, fabric, lift=0.4, round_=1.4,
        folds=[fold([(m - 150, 340), (m - 90, 322), (m - 10, 318)], 24, -0.10)])
    for k in range(5):
        t = 0.16 * k
        row = spline([(m + 38 - 14 * k, 326 - 2 * k), (m - 12 - 10 * k, 340 - 6 * k), (m - 82 - 5 * k, 353 - 7 * k),
            (m - 140 + 6 * k, 357 - 8 * k), (m - 170 + 12 * k, 344 - 4 * k + t)])
        stitch(canvas, row, fabric.seam, 0.45, inside=visor)


def bucket_hat(canvas: Canvas, fabric: Fabric) -> None:
    """A cotton bucket hat with a stitched brim."""
    m = MIDDLE
    crown = spline([(m - 92, 290, 1), (m - 82, 220), (m - 74, 168), (m - 62, 156, 1), (m, 148), (m + 62, 156, 1),
        (m + 74, 168), (m + 82, 220), (m + 92, 290, 1), (m, 306)], closed=True)
    lay(canvas, crown, fabric, round_=1.5, anchor=(m, 148),
        folds=[fold([(m - 50, 180), (m - 54, 230), (m - 60, 280)], 18, 0.08),
        fold([(m + 44, 176), (m + 58, 230), (m + 56, 284)], 18, 0.08), fold([(m - 60, 166), (m, 176), (m + 60, 166)],
        9, 0.13)])
    canvas.line(spline([(m - 74, 168), (m, 178), (m + 74, 168)]), 1.2, fabric.seam, 0.5)
    brim = spline([(m - 92, 284, 1), (m - 40, 298), (m, 301), (m + 40, 298), (m + 92, 284, 1), (m + 128, 320),
        (m + 160, 352), (m + 150, 366, 1), (m + 80, 384), (m, 390), (m - 80, 384), (m - 150, 366, 1), (m - 160, 352),
        (m - 128, 320)], closed=True)
    piece = lay(canvas, brim, fabric, lift=0.42, round_=1.2, anchor=(m, 148),
        folds=[fold([(m - 60, 300), (m - 80, 340), (m - 104, 374)], 22, 0.10),
        fold([(m + 50, 302), (m + 74, 344), (m + 84, 380)], 22, 0.10),
        fold([(m - 10, 304), (m - 12, 340), (m - 22, 386)], 18, -0.08)])
    for k in range(6):
        t = (k + 1) / 6.6
        y, w = 301 + 89 * t, 92 + 62 * t
        stitch(canvas, spline([(m - w, y - 17 - 4 * t), (m - w * 0.5, y - 5), (m, y), (m + w * 0.5, y - 5),
            (m + w, y - 17 - 4 * t)]), fabric.seam, 0.42, inside=piece)
    for sign in (-1, 1):
        for y in (214, 238):
            stud(canvas, m + sign * 66, y, 3.0, (150, 150, 150))


def beret(canvas: Canvas, fabric: Fabric) -> None:
    """A felted beret, tilted."""
    m = MIDDLE
    lay(canvas, ribbon(spline([(m + 6, 168), (m + 10, 152), (m + 18, 142)]), 8), fabric, lift=0, drape=0)
    inner_cloth(canvas, ellipse(m - 8, 318, 104, 26, 4), fabric, 0.5)
    disc = spline([(m - 150, 270), (m - 124, 206), (m - 60, 170), (m + 10, 162), (m + 84, 180), (m + 142, 226),
        (m + 152, 280), (m + 112, 320), (m + 30, 316), (m - 60, 312), (m - 122, 312)], closed=True)
    folds: list[Fold] = [fold([(m + 8, 172), (m + x * 0.6, 220), (m + x, 296)], 24, 0.07) for x in (-110, -40, 60,
        116)]
    folds.append(fold([(m - 128, 290), (m - 20, 286), (m + 110, 300)], 26, 0.12))
    piece = lay(canvas, disc, fabric, folds=folds, round_=1.6)
    gleam(canvas, spline([(m - 110, 226), (m - 60, 192), (m, 182)]), 26, 0.10, piece, blur=8)
    band = spline([(m - 108, 306, 1), (m - 10, 318), (m + 96, 318, 1), (m + 90, 338, 1), (m - 10, 340),
        (m - 102, 328, 1)], closed=True)
    lay(canvas, band, Fabric(fabric.colour, weave="leather"), lift=0.35, drape=0, shade=0.12)
