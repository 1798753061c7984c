"""The upper body of a garment: a cut in numbers, its body and sleeve outlines, necks, hems and usual folds."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from catalog.drawing.canvas import Canvas, Patch
from catalog.drawing.cloth import Fabric, Fold, fold, inner_cloth, lay
from catalog.drawing.curves import MIDDLE, Points, flipped, ribbon, spline
from catalog.drawing.trims import label, ribbed, sewn, stitch


@dataclass(frozen=True)
class Cut:
    """Half widths from the middle and heights on the canvas, pixels."""

    neck: float = 40.0
    drop: float = 34.0
    top: float = 74.0
    shoulder: float = 96.0
    slope: float = 25.0
    chest: float = 90.0
    armpit: float = 172.0
    waist: float = 86.0
    hem: float = 90.0
    bottom: float = 404.0
    tail: float = 4.0
    vee: bool = False

    @property
    def tip(self) -> tuple[float, float]:
        """The right shoulder point."""
        return MIDDLE + self.shoulder, self.top + self.slope

    @property
    def pit(self) -> tuple[float, float]:
        """The right armpit."""
        return MIDDLE + self.chest, self.armpit


@dataclass(frozen=True, eq=False)
class Sleeve:
    """The right sleeve: its outline, the cuff's line from the outer to the inner end, and how far it turns."""

    outline: Points
    cuff: Points
    angle: float
    along: Points


def neckline(cut: Cut, grow: float = 0.0) -> Points:
    """The front neck from the left neck point to the right one."""
    n, y, d = cut.neck + grow, cut.top, cut.drop + grow
    if cut.vee:
        return spline([(MIDDLE - n, y, 1), (MIDDLE - n * 0.60, y + d * 0.48), (MIDDLE, y + d, 1),
                       (MIDDLE + n * 0.60, y + d * 0.48), (MIDDLE + n, y, 1)])
    return spline([(MIDDLE - n, y, 1), (MIDDLE - n * 0.80, y + d * 0.60), (MIDDLE - n * 0.42, y + d * 0.93),
        (MIDDLE, y + d),
                   (MIDDLE + n * 0.42, y + d * 0.93), (MIDDLE + n * 0.80, y + d * 0.60), (MIDDLE + n, y, 1)])


def back_neck(cut: Cut, rise: float = 0.0) -> Points:
    """The back neck from the left neck point to the right one."""
    n, y = cut.neck, cut.top
    return spline([(MIDDLE - n, y, 1), (MIDDLE - n * 0.55, y + 6 - rise), (MIDDLE, y + 8.5 - rise),
                   (MIDDLE + n * 0.55, y + 6 - rise), (MIDDLE + n, y, 1)])


def side(cut: Cut) -> list[tuple[float, ...]]:
    """The right side from the neck point over shoulder, armhole and waist to the hem's middle."""
    m = MIDDLE
    waist_y = cut.armpit + (cut.bottom - cut.armpit) * 0.45
    return [(m + cut.neck, cut.top, 1), (m + (cut.neck + cut.shoulder) / 2, cut.top + cut.slope * 0.44),
            (m + cut.shoulder, cut.top + cut.slope, 1),
            (m + min(cut.shoulder, cut.chest) - 7, cut.top + cut.slope + (cut.armpit - cut.top - cut.slope) * 0.55),
            (m + cut.chest, cut.armpit, 1), (m + cut.waist, waist_y), (m + cut.hem, cut.bottom, 1),
            (m + cut.hem * 0.5, cut.bottom + cut.tail * 0.8), (m, cut.bottom + cut.tail)]


def body(cut: Cut) -> Points:
    """The closed front outline."""
    right = side(cut)
    left = [(2 * MIDDLE - p[0], *p[1:]) for p in reversed(right[:-1])]
    lower = spline([*right, *left])
    return np.concatenate([lower, neckline(cut)[1:-1]])


def short_sleeve(cut: Cut, length: float = 84.0, angle: float = 46.0, width: float = 66.0) -> Sleeve:
    """A sleeve that ends above the elbow."""
    (sx, sy), (px, py) = cut.tip, cut.pit
    a = math.radians(angle)
    d, n = np.array([math.sin(a), math.cos(a)]), np.array([math.cos(a), -math.sin(a)])
    outer = np.array([sx, sy]) + d * length
    inner = outer - n * width - d * 3.0
    cap = np.array([sx, sy]) + d * length * 0.42 + n * (4.0 + length * 0.03)
    under = (np.array([px, py]) + inner) / 2 + d * 2.0
    outline = spline([(sx, sy, 1), tuple(cap), (*outer, 1), (*inner, 1), tuple(under), (px, py, 1),
        (px - 24, py - 4, 1),
                      (sx - 26, sy + 2, 1)], closed=True)
    cuff = spline([tuple(outer), tuple((outer + inner) / 2 + d * 1.6), tuple(inner)])
    return Sleeve(outline, cuff, angle, np.stack([d, n]))


def long_sleeve(cut: Cut, length: float = 300.0, spread: float = 15.0, wrist: float = 40.0, upper: float = 64.0,
                bend: float = 7.0) -> Sleeve:
    """A sleeve down to the wrist, hanging a little away from the body and bent a little at the elbow."""
    (sx, sy), (px, py) = cut.tip, cut.pit
    a, b = math.radians(spread + bend), math.radians(spread - bend)
    d1, d2 = np.array([math.sin(a), math.cos(a)]), np.array([math.sin(b), math.cos(b)])
    n2 = np.array([d2[1], -d2[0]])
    start = np.array([sx, sy])
    cap = start + d1 * length * 0.13 + np.array([6.5, -1.0])
    elbow = start + d1 * length * 0.50 + np.array([3.0, 0])
    outer = elbow + d2 * length * 0.5
    inner = outer - n2 * wrist
    fore = (elbow + outer) / 2 + n2 * 1.5
    elbow_in = elbow - np.array([math.cos((a + b) / 2),
        -math.sin((a + b) / 2)]) * (upper * 0.56 + wrist * 0.44) + d1 * 6
    outline = spline([(sx, sy, 1), tuple(cap), tuple(elbow), tuple(fore), (*outer, 1), (*inner, 1), tuple(elbow_in),
        (px, py, 1),
                      (px - 26, py - 6, 1), (sx - 26, sy + 2, 1)], closed=True)
    cuff = spline([tuple(outer), tuple((outer + inner) / 2 + d2 * 1.2), tuple(inner)])
    return Sleeve(outline, cuff, spread, np.stack([d2, n2]))


def armhole(cut: Cut) -> Points:
    """The right armhole seam."""
    (sx, sy), (px, py) = cut.tip, cut.pit
    return spline([(sx, sy), (MIDDLE + min(cut.shoulder, cut.chest) - 7, sy + (py - sy) * 0.55), (px, py)])


def body_folds(canvas: Canvas, cut: Cut, strength: float = 1.0, soft: float = 1.0) -> list[Fold]:
    """The folds of a lying front: drags from the armpits, soft falls to the hem, a pull or two at the waist."""
    rng, m = canvas.rng, MIDDLE
    folds: list[Fold] = []
    high, low = cut.armpit, cut.bottom
    for sign in (-1.0, 1.0):
        j = rng.uniform(-6, 6, 8)
        x = m + sign * cut.chest
        folds += [
            fold([(x - sign * 4, high + 8), (x - sign * (24 + j[0]), high + 30 + j[1]),
                (x - sign * (50 + j[2]), high + 44)],
                 8 * soft, 0.10 * strength),
            fold([(x - sign * 3, high + 22), (x - sign * (16 + j[3]), high + 60), (x - sign * 30, high + 92 + j[4])],
                 11 * soft, 0.085 * strength),
            fold([(m + sign * (cut.neck + 18), cut.top + 30), (x - sign * (26 + j[5]), high - 30),
                (x - sign * 8, high - 2)],
                 9 * soft, 0.05 * strength),
            fold([(m + sign * (cut.waist - 22 + j[6]), (high + low) / 2), (m + sign * (cut.hem - 26 + j[7]), low - 60),
                  (m + sign * (cut.hem - 20), low - 6)], 17 * soft, 0.06 * strength),
        ]
    for _ in range(3):
        x, y = m + rng.uniform(-0.6, 0.6) * cut.waist, rng.uniform(high + 60, low - 110)
        lean = rng.uniform(-22, 22)
        folds.append(fold([(x, y), (x + lean * 0.6, y + 42), (x + lean, y + rng.uniform(70, 105))],
                          rng.uniform(9, 20) * soft, 0.05 * strength))
    x, y = m + rng.uniform(-30, 30), low - rng.uniform(50, 100)
    folds.append(fold([(x - 50, y), (x, y + 9), (x + 46, y + 3)], 8 * soft, 0.05 * strength))
    return folds


def sleeve_folds(canvas: Canvas, cut: Cut, sleeve: Sleeve, strength: float = 1.0, soft: float = 1.0) -> list[Fold]:
    """Crinkles at the elbow and falls from the shoulder of a long sleeve; drags under a short one."""
    rng = canvas.rng
    (sx, sy), (px, py) = cut.tip, cut.pit
    outer, inner = sleeve.cuff[0], sleeve.cuff[-1]
    start, end = np.array([(sx + px) / 2 + 6, (sy + py) / 2]), (outer + inner) / 2
    d = end - start
    length = float(np.hypot(*d))
    d = d / length
    n = np.array([d[1], -d[0]])
    half = float(np.hypot(*(outer - inner))) / 2
    folds = [Fold(spline([tuple(start + n * 8 + d * 2), tuple(start + d * length * 0.35 + n * 4),
                          tuple(start + d * length * 0.62 - n * 2)]), 15 * soft, 0.07 * strength)]
    if length > 170:
        for k in range(4):
            t = 0.40 + 0.065 * k + rng.uniform(-0.015, 0.015)
            folds.append(Fold(spline([tuple(start + d * length * t - n * (half + 9)),
                                      tuple(start + d * (length * t + 9) - n * half * 0.2),
                                      tuple(start + d * (length * t + rng.uniform(0,
                                          22)) + n * half * rng.uniform(0.3, 0.9))]),
                              6.5 * soft, rng.uniform(0.07, 0.12) * strength))
        for k in range(2):
            t = 0.82 + 0.06 * k
            folds.append(Fold(spline([tuple(start + d * length * t - n * half * 0.9),
                tuple(start + d * (length * t + 7)),
                                      tuple(start + d * (length * t + 2) + n * half * 0.8)]), 5.5 * soft,
                                          0.06 * strength))
    else:
        folds.append(Fold(spline([(px + 2, py - 2), tuple(start + d * length * 0.5 - n * 12), tuple(end - n * 6)]),
                          9 * soft, 0.10 * strength))
    return folds


def back_inside(canvas: Canvas, cut: Cut, fabric: Fabric, rise: float = 0.0, tag: bool = True,
        shade: float = 0.40) -> None:
    """What is seen of the inner back through the neck, with its tape and label."""
    back = back_neck(cut, rise)
    outline = np.concatenate([back, neckline(cut, 3.0)[::-1]])
    inner_cloth(canvas, outline, fabric, shade)
    canvas.line(back + np.array([0, 5.0]), 1.0, fabric.seam, 0.35)
    if tag:
        label(canvas, MIDDLE, cut.top + 10 - rise)


def neck_band(canvas: Canvas, cut: Cut, fabric: Fabric, width: float = 9.0, ribs: int = 0) -> None:
    """A rib band round the front neck (and the visible back of it)."""
    back = back_neck(cut)
    lay(canvas, ribbon(back + np.array([0, 1.5]), [2.0, width * 0.5, width * 0.6, width * 0.5, 2.0]), fabric.plain(),
        shade=0.16,
        lift=0, drape=0)
    inner, outer = neckline(cut, -0.5), neckline(cut, width)
    outline = np.concatenate([inner, outer[::-1]])
    if ribs:
        ribbed(canvas, outline, fabric, inner, outer, ribs, lift=0.14)
    else:
        lay(canvas, outline, fabric.plain(), shade=0.015, lift=0.14, drape=0, round_=0.8)
    stitch(canvas, neckline(cut, width + 3.0), fabric.seam, 0.42)


def sleeves(canvas: Canvas, cut: Cut, sleeve: Sleeve, fabric: Fabric, strength: float = 1.0, soft: float = 1.0,
            hem: float = 9.0) -> None:
    """Both sleeves with their folds, and a stitched hem ``hem`` px above the cuff (0: none)."""
    for left in (True, False):
        folds = sleeve_folds(canvas, cut, sleeve, strength, soft)
        outline, cuff, angle = sleeve.outline, sleeve.cuff, sleeve.angle
        if left:
            outline, cuff, angle = flipped(outline), flipped(cuff), -angle
            folds = [Fold(flipped(f.line), f.width, f.depth) for f in folds]
        tip = (2 * MIDDLE - cut.tip[0] if left else cut.tip[0], cut.tip[1])
        piece = lay(canvas, outline, fabric, angle=angle, anchor=tip, folds=folds, shade=0.03 if left else 0.06)
        if hem:
            d = sleeve.along[0] * np.array([-1.0 if left else 1.0, 1.0])
            stitch(canvas, cuff - d * hem, fabric.seam, 0.5, inside=piece)
            stitch(canvas, cuff - d * (hem - 2.6), fabric.seam, 0.3, inside=piece)


def front(canvas: Canvas, cut: Cut, fabric: Fabric, strength: float = 1.0, soft: float = 1.0,
        shade: float = 0.0) -> Patch:
    """The front over the sleeves, with armhole and shoulder seams."""
    piece = lay(canvas, body(cut), fabric, anchor=(MIDDLE, cut.top), folds=body_folds(canvas, cut, strength, soft),
        shade=shade,
                lift=0.34, edge=0.8)
    hole = armhole(cut)
    for line in (hole, flipped(hole)):
        sewn(canvas, line, fabric, strength=0.55)
    return piece


def cuffed(canvas: Canvas, cut: Cut, sleeve: Sleeve, fabric: Fabric, depth: float = 24.0, snug: float = 4.0,
        ribs: int = 9) -> None:
    """Ribbed cuffs at the ends of both long sleeves."""
    d, n = sleeve.along
    outer, inner = sleeve.cuff[0], sleeve.cuff[-1]
    top = np.stack([outer + n * 0.5, (outer + inner) / 2 - d * 1.5, inner - n * 0.5])
    low = np.stack([outer - n * snug + d * depth, (outer + inner) / 2 + d * (depth + 2), inner + n * snug + d * depth])
    top, low = spline(top.tolist()), spline(low.tolist())
    outline = np.concatenate([top, low[::-1]])
    ribbed(canvas, outline, fabric, top, low, ribs)
    ribbed(canvas, flipped(outline), fabric, flipped(top), flipped(low), ribs)


def waistband(canvas: Canvas, cut: Cut, fabric: Fabric, depth: float = 28.0, snug: float = 6.0,
        ribs: int = 34) -> None:
    """A ribbed band below the hem."""
    m, y = MIDDLE, cut.bottom - 2
    top = spline([(m - cut.hem, y), (m - cut.hem * 0.5, y + cut.tail * 0.8), (m, y + cut.tail),
        (m + cut.hem * 0.5, y + cut.tail * 0.8),
                  (m + cut.hem, y)])
    h = cut.hem - snug
    low = spline([(m - h, y + depth), (m - h * 0.5, y + depth + cut.tail), (m, y + depth + cut.tail * 1.2),
                  (m + h * 0.5, y + depth + cut.tail), (m + h, y + depth)])
    ribbed(canvas, np.concatenate([top, low[::-1]]), fabric, top, low, ribs)


def hem_line(cut: Cut, above: float) -> Points:
    """A line parallel to the hem."""
    m, h, y = MIDDLE, cut.hem, cut.bottom - above
    return spline([(m - h, y), (m - h * 0.5, y + cut.tail * 0.8), (m, y + cut.tail), (m + h * 0.5,
        y + cut.tail * 0.8), (m + h, y)])
