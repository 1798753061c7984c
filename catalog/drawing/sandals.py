"""Sandals: slides and flip-flops seen from above, strappy ones from the side."""

from __future__ import annotations

from catalog.drawing.canvas import Canvas, Patch
from catalog.drawing.cloth import Fabric, fold, gleam, lay
from catalog.drawing.colours import BRASS, bgr, darker, lighter
from catalog.drawing.curves import Control, Points, flipped, moved, ribbon, scaled, spline, turned
from catalog.drawing.footwear import Last, pair, sole
from catalog.drawing.trims import buckle, stitch, stud

RIGHT_FOOT: Control = [(274, 64), (300, 74), (318, 112), (322, 160), (312, 214), (302, 262), (304, 320), (306, 370),
    (292, 408), (266, 416), (242, 404), (230, 366), (232, 312),
                       (236, 262), (228, 210), (222, 158), (226, 108), (246, 74)]
"""The outline of a right sole from above."""


def _footbed(canvas: Canvas, fabric: Fabric, edge: Fabric) -> list[tuple[Points, Patch]]:
    """Both soles with their rim; returns the outlines and masks, the left one first."""
    result = []
    outline = turned(spline(RIGHT_FOOT, closed=True), 4, (270, 240))
    for shape in (flipped(outline), outline):
        lay(canvas, scaled(moved(shape, 2, 4), 1.015, (float(shape[:, 0].mean()), 240)), edge, lift=0, drape=0)
        middle = (float(shape[:, 0].mean()), 240.0)
        x = middle[0]
        hollow = [fold([(x - 6, 96), (x, 140), (x + 4, 180)], 56, 0.07), fold([(x, 320), (x, 352), (x, 384)], 46,
            0.08), fold([(x - 24, 190), (x - 20, 240), (x - 24, 290)], 20, -0.06)]
        inner = scaled(shape, 0.965, middle)
        lay(canvas, shape, edge, lift=0.1, drape=0.2, shade=0.06)
        mask = lay(canvas, inner, fabric, lift=0.18, drape=0.4, folds=hollow)
        stitch(canvas, scaled(shape, 0.915, middle), fabric.seam, 0.4, inside=mask)
        result.append((shape, mask))
    return result


def slide(canvas: Canvas, fabric: Fabric, bed: str = "tan", straps: int = 1) -> None:
    """A slide with one broad band, or two buckled ones, on a cork or rubber footbed."""
    cork = Fabric("sand", weave="tweed", thick=0.8)
    feet = _footbed(canvas, Fabric(bed, weave="suede"), cork if straps == 2 else Fabric(fabric.colour, weave="nylon"))
    for k in range(len(feet)):
        left = k == 0
        bands: list[Control] = [[(216, 112, 1), (240, 96), (280, 92), (326, 110, 1), (330, 150), (327, 184, 1),
            (280, 170), (240, 174), (216, 190, 1), (213, 150)]]
        if straps == 2:
            bands = [[(216, 106, 1), (250, 92), (290, 92), (326, 108, 1), (330, 126), (328, 144, 1), (290, 132),
                (250, 132), (216, 148, 1)],
                     [(221, 184, 1), (250, 172), (284, 172), (319, 186, 1), (318, 222, 1), (284, 212), (250, 212),
                         (226, 224, 1)]]
        for band in bands:
            line = turned(spline(band, closed=True), 4, (270, 240))
            line = flipped(line) if left else line
            low, high = line.min(axis=0), line.max(axis=0)
            x, y = float(low[0] + high[0]) / 2, float(low[1] + high[1]) / 2
            piece = lay(canvas, line, fabric, lift=0.5, drape=0.4, round_=1.3)
            gleam(canvas, spline([(low[0] + 14, y - 6), (x, low[1] + 14), (high[0] - 14, y - 8)]), 12,
                0.16 + fabric.shine, piece, blur=3.5)
            stitch(canvas, scaled(line, 0.90, (x, y)), lighter(fabric.base, 0.35), 0.55, inside=piece)
            if straps == 2:
                buckle(canvas, x + (-22 if left else 22), y + 1, 15, 19, BRASS)


def flip_flop(canvas: Canvas, fabric: Fabric, strap: str = "black") -> None:
    """Rubber flip-flops seen from above."""
    band = Fabric(strap, weave="nylon", shine=0.2)
    feet = _footbed(canvas, fabric, Fabric("white", weave="nylon"))
    for k, _ in enumerate(feet):
        for arm in ([(262, 116), (244, 140), (224, 190), (220, 216)], [(262, 116), (288, 142), (316, 190),
            (322, 214)]):
            line = turned(spline(arm), 4, (270, 240))
            line = flipped(line) if k == 0 else line
            piece = lay(canvas, ribbon(line, [8, 13, 15, 15]), band, lift=0.5, drape=0, round_=1.2)
            canvas.line(line, 1.2, lighter(band.base, 0.4), 0.5, inside=piece)
        x = 2 * 200 - 270.6 if k == 0 else 270.6
        stud(canvas, x, 116.0, 5.5, lighter(band.base, 0.12))


def strappy(canvas: Canvas, fabric: Fabric, height: float = 14.0, straps: int = 3, wedge: bool = False) -> None:
    """A sandal from the side: bands over the toes and round the ankle; flat, heeled or on a ``wedge``."""
    h = height
    cork = Fabric("sand", weave="straw")

    def draw(last: Last) -> None:
        far = Fabric(fabric.colour, weave=fabric.weave)
        last.lay([(24, -h - 92), (58, -h - 108), (98, -h - 98, 1), (98, -h - 88, 1), (60, -h - 97), (28, -h - 82, 1)],
            far, shade=0.3, lift=0, drape=0)
        last.lay([(196, -40, 1), (220, -66), (248, -62), (262, -34, 1), (248, -30, 1), (236, -50), (220, -54),
            (208, -30, 1)], far, shade=0.3, lift=0, drape=0)
        if wedge:
            base: list[tuple[float, ...]] = [(10, -h, 1), (60, -h + 2), (120, -h * 0.62 - 8), (190, -22), (250, -18),
                (290, -24, 1), (296, -14), (284, 0, 1), (150, 0), (18, 0, 1), (8, -h * 0.5)]
            last.lay(base, cork, lift=0, drape=0.3, round_=1.2)
        elif h > 30:
            sole(last, [(16, -h + 4, 1), (66, -h * 0.86, 1), (58, -h * 0.5), (56, 0, 1), (22, 0, 1), (22, -h * 0.5)],
                darker(fabric.base, 0.35))
        bed: list[tuple[float, ...]] = [(8, -h - 2, 1), (56, -h * 0.94 - 2), (110, -h * 0.6 - 6),
            (160, -h * 0.22 - 9), (204, -14), (250, -11), (292, -18, 1), (299, -12), (286, -3, 1), (204, -3),
            (156, -h * 0.2), (106, -h * 0.56 + 5), (56, -h * 0.9 + 9), (10, -h + 9, 1)]
        last.lay(bed, Fabric("tan" if fabric.colour != "tan" else "brown", weave="leather"), lift=0.2, drape=0)
        last.stitch([(14, -h + 3), (56, -h * 0.92 + 3), (108, -h * 0.58 - 1), (158, -h * 0.2 - 4), (204, -9),
            (250, -6), (290, -12)], bgr("cream"), 0.6)
        last.lay([(12, -h - 2, 1), (10, -h - 40), (18, -h - 92, 1), (34, -h - 96, 1), (36, -h - 52),
            (62, -h * 0.94 - 4, 1)], fabric, [([(18, -h - 70), (20, -h - 40), (34, -h - 12)], 8, -0.08)], lift=0.3,
            drape=0.2)
        last.lay([(16, -h - 84, 1), (60, -h - 74), (100, -h - 96, 1), (100, -h - 86), (98, -h - 78, 1), (60, -h - 58),
            (17, -h - 68, 1)], fabric, lift=0.35, drape=0.2)
        spot = last.to_canvas(spline([(62, -h - 66), (63, -h - 66)]))[0]
        buckle(canvas, float(spot[0]), float(spot[1]), 17 * last.scale, 20 * last.scale, BRASS)
        for x, wide, tall in ((150.0, 34.0, 84.0), (198.0, 32.0, 62.0), (240.0, 30.0, 46.0))[-straps:]:
            ground = -h * max(0.0, (204 - x) / 204) * 0.9 - 9
            last.lay([(x - 4, ground - tall * 0.5), (x + 6, ground - tall, 1), (x + 18, ground - tall - 1),
                (x + 30, ground - tall + 7, 1), (x + 18, ground - tall * 0.5),
                      (x + wide - 6, ground + 1, 1), (x + 4, ground - 4, 1)], far, shade=0.35, lift=0, drape=0)
            last.lay([(x - wide * 0.55, ground + 3, 1), (x - wide * 0.45, ground - tall * 0.45),
                (x - 1, ground - tall * 0.92), (x + 14, ground - tall - 2), (x + 31, ground - tall + 6, 1),
                      (x + 20, ground - tall * 0.72), (x + wide * 0.42, ground - tall * 0.36),
                          (x + wide * 0.5, ground + 2, 1)], fabric,
                     [([(x - 6, ground - 8), (x - 2, ground - tall * 0.5), (x + 14, ground - tall * 0.9)], 8, -0.12)],
                         lift=0.4, drape=0.1, round_=1.3)

    pair(canvas, draw, h + 110, 302)
