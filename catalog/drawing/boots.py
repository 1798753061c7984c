"""Boots: chelsea, ankle, knee, lace-up, wellington."""

from __future__ import annotations

from catalog.drawing.canvas import Canvas
from catalog.drawing.cloth import Fabric, inner_cloth
from catalog.drawing.colours import bgr, brightness, darker, lighter
from catalog.drawing.footwear import Last, pair, sole


def _heeled(last: Last, colour: tuple[float, float, float], height: float, slim: bool) -> None:
    width = 52.0 if slim else 80.0
    sole(last, [(14, -height - 8, 1), (width + 12, -height + 2, 1), (width + (2 if slim else 8), 0, 1), (18, 0, 1)],
        colour)


def chelsea(canvas: Canvas, fabric: Fabric, heel: float = 14.0, gusset: str = "black", chunky: bool = False) -> None:
    """An elastic-sided ankle boot with a pull tab; ``chunky``: a thick lugged sole."""
    base = 26.0 if chunky else heel

    def draw(last: Last) -> None:
        up = -(base - 14.0)
        lift = [(x, y + up) for x, y in ((24, -186), (62, -192), (112, -184), (66, -178))]
        inner_cloth(last.canvas, last.curve(lift, closed=True), Fabric("sand", weave="suede"), 0.3)
        for x in (22, 104):
            last.lay([(x, -180 + up, 1), (x - 1, -202 + up), (x + 9, -206 + up), (x + 13, -200 + up),
                (x + 12, -178 + up, 1)], Fabric(fabric.colour, weave="canvas"), lift=0, drape=0, shade=0.05)
        p = [(16, -18, 1), (10, -56), (18, -100), (22, -144), (22, -188, 1), (64, -181), (114, -188, 1), (116, -146),
            (126, -112), (160, -80), (212, -60), (262, -50), (288, -34), (293, -16, 1)]
        body = last.lay([(x, y + up, *c) for x, y, *c in p], fabric,
                        [([(120, -122 + up), (96, -108 + up), (60, -104 + up)], 9, 0.11),
                            ([(128, -106 + up), (102, -92 + up), (72, -90 + up)], 8, 0.10),
                            ([(206, -60 + up), (198, -42 + up), (182, -28 + up)], 8, 0.10),
                         ([(20, -70 + up), (40, -62 + up), (60, -66 + up)], 9, 0.07)], lift=0.3)
        last.gleam([(212, -54 + up), (252, -46 + up), (282, -30 + up)], 11, 0.32, body)
        last.gleam([(30, -176 + up), (28, -130 + up), (22, -92 + up)], 10, 0.18, body)
        elastic = last.lay([(48, -183 + up, 1), (90, -184 + up, 1), (88, -140 + up), (76, -84 + up), (66, -80 + up, 1),
                            (56, -92 + up), (48, -140 + up)], Fabric(gusset, weave="rib"), lift=0.12, drape=0.2)
        last.stitch([(94, -180 + up), (93, -138 + up), (80, -78 + up), (66, -73 + up), (51, -90 + up),
            (43, -140 + up), (43, -182 + up)], lighter(fabric.base, 0.3), 0.6, body)
        last.line([(66, -80 + up), (66, -183 + up)], 0.9, darker(bgr(gusset), 0.5), 0.3, elastic)
        dark = darker(fabric.base, 0.75) if brightness(fabric.base) < 170 else bgr("camel")
        if chunky:
            piece = sole(last, [(4, -34, 1), (150, -28), (296, -32, 1), (306, -20), (302, -6), (292, 0, 1),
                (116, 0, 1), (104, -8, 1), (88, -8, 1), (82, 0, 1), (8, 0, 1), (2, -16)], dark,
                lighter(fabric.base, 0.5), [(8, -28), (150, -22), (298, -26)])
            for x in range(14, 296, 17):
                last.line([(x, 0), (x + 2, -11)], 4.5, darker(dark, 0.7), 0.6, piece)
            return
        if heel > 30:
            _heeled(last, dark, heel, False)
            sole(last, [(12, -heel - 8, 1), (80, -heel + 1), (150, -heel * 0.5 - 6), (200, up - 14),
                (292, up - 18, 1), (299, up - 13), (290, up - 8), (200, up - 4), (150, -heel * 0.42), (84, -heel + 8),
                (12, -heel + 1, 1)], dark)
            return
        sole(last, [(6, -21, 1), (150, -15), (292, -19, 1), (301, -14), (296, -7), (280, -5, 1), (112, -5),
            (80, -6, 1), (77, 0, 1), (8, 0, 1)], dark, lighter(fabric.base, 0.5), [(8, -17), (150, -11), (296, -15)])

    pair(canvas, draw, 194 + base - 14, 304)


def heeled(canvas: Canvas, fabric: Fabric, tall: float = 175.0, height: float = 62.0, slim: bool = False,
        zipped: bool = True) -> None:
    """A heeled boot whose shaft ends ``tall`` units above the heel: ankle or knee."""
    h = height
    knee = tall > 250

    def draw(last: Last) -> None:
        top = -h - tall
        calf = 24.0 if knee else 6.0
        x0, x1 = 22 - (calf * 0.6 if knee else 0), 112 + calf
        inner_cloth(last.canvas, last.curve([(x0 + 4, top + 2), ((x0 + x1) / 2, top - 7), (x1 - 4, top + 2),
            ((x0 + x1) / 2, top + 8)], closed=True), Fabric("sand", weave="suede"), 0.3)
        dark = darker(fabric.base, 0.72) if brightness(fabric.base) < 150 else bgr("brown")
        _heeled(last, dark if not slim else darker(fabric.base, 0.2), h, slim)
        shaft: list[tuple[float, ...]] = [(14, -h - 4, 1), (8, -h - 40), (18, -h - 86), (20, -h - 120)]
        if knee:
            shaft += [(6, -h - 200), (x0 - 2, top + 60)]
        shaft += [(x0, top, 1), ((x0 + x1) / 2, top + 5), (x1, top, 1)]
        if knee:
            shaft += [(x1 + 2, top + 70), (120, -h - 150)]
        shaft += [(110, -h - 116), (116, -h - 84), (146, -h * 0.72 - 54), (196, -h * 0.2 - 46), (250, -42),
            (286, -26), (297, -10, 1), (240, -8), (196, -13), (150, -h * 0.3 - 8), (100, -h * 0.72 - 6), (60, -h - 2)]
        folds = [([(114, -h - 98), (90, -h - 84), (52, -h - 80)], 9, 0.13),
            ([(124, -h - 80), (96, -h - 66), (64, -h - 66)], 8, 0.11), ([(18, -h - 92), (44, -h - 98), (72, -h - 90)],
            8, 0.09),
                 ([(200, -h * 0.2 - 44), (192, -30), (184, -16)], 8, 0.10)]
        if knee:
            folds += [([(112, -h - 150), (80, -h - 138), (40, -h - 142)], 10, 0.10),
                ([(20, -h - 170), (50, -h - 162), (90, -h - 172)], 9, 0.07),
                ([(34, top + 30), (30, top + 100), (38, -h - 170)], 18, -0.08)]
        body = last.lay(shaft, fabric, folds, lift=0.25)
        last.gleam([(206, -h * 0.2 - 40), (248, -36), (286, -18)], 10, 0.32, body)
        last.gleam([(x0 + 16, top + 16), (x0 + 14, (top - h) / 2), (26, -h - 90)], 13, 0.2, body)
        last.stitch([(x0 + 2, top + 6), ((x0 + x1) / 2, top + 11), (x1 - 2, top + 6)], lighter(fabric.base, 0.3), 0.5,
            body)
        last.line([(62, -h - 4), (64, -h - 60), (68, -h - 110), ((x0 + x1) / 2 + 4, top + 8)], 1.4, fabric.seam, 0.6,
            body)
        if zipped:
            last.line([(62, -h - 10), (64, -h - 60), (68, -h - 110), ((x0 + x1) / 2 + 4, top + 10)], 3.6,
                darker(fabric.base, 0.5), 0.6, body)
            last.stitch([(62, -h - 10), (64, -h - 60), (68, -h - 110), ((x0 + x1) / 2 + 4, top + 10)], bgr("silver"),
                0.9, body)
        last.seam([(60, -h - 8), (100, -h * 0.72 - 40), (150, -h * 0.4 - 30), (180, -16)], fabric, body, 0.35)
        sole(last, [(13, -h - 8, 1), (60, -h - 2), (100, -h * 0.72 - 8), (150, -h * 0.3 - 9), (196, -14), (240, -10),
            (294, -13, 1), (301, -9), (292, -3), (240, -2), (196, -6), (150, -h * 0.3), (100, -h * 0.72 + 1),
            (60, -h + 6), (13, -h, 1)], dark)

    pair(canvas, draw, h + tall + 8, 302)


def lace_up(canvas: Canvas, fabric: Fabric, hiking: bool = False) -> None:
    """A laced boot with a lugged sole; ``hiking``: padded collar, hooks and red laces."""

    def draw(last: Last) -> None:
        inner_cloth(last.canvas, last.curve([(22, -196), (60, -204), (102, -200), (62, -188)], closed=True),
            Fabric("sand", weave="suede"), 0.3)
        last.lay([(80, -180, 1), (92, -216), (112, -218), (120, -204, 1), (136, -120, 1), (110, -110, 1)], fabric,
            shade=0.06)
        body = last.lay([(16, -26, 1), (10, -64), (17, -108), (22, -150), (20, -198, 1), (58, -192), (98, -202, 1),
            (112, -150), (124, -118), (160, -88), (212, -68), (262, -58), (290, -42), (296, -24, 1)], fabric,
                        [([(110, -136), (86, -122), (48, -118)], 9, 0.11), ([(16, -126), (40, -122), (70, -130)], 8,
                            0.08), ([(206, -68), (198, -50), (182, -36)], 8, 0.10)], lift=0.3)
        last.gleam([(216, -62), (254, -54), (286, -36)], 11, 0.28, body)
        last.gleam([(30, -186), (30, -140), (22, -100)], 10, 0.16, body)
        quarter = last.lay([(16, -26, 1), (10, -64), (17, -108), (22, -150), (20, -198, 1), (58, -192), (98, -202, 1),
            (112, -150), (126, -116), (160, -92, 1), (152, -72), (128, -48), (116, -26, 1)], fabric, lift=0.25,
            drape=0.5)
        last.stitch([(92, -194), (106, -148), (120, -114), (150, -88), (146, -74), (122, -50), (110, -28)],
            lighter(fabric.base, 0.4), 0.65, quarter)
        last.stitch([(22, -188), (58, -182), (92, -190)], lighter(fabric.base, 0.4), 0.6, quarter)
        last.seam([(16, -96), (44, -86), (56, -28)], fabric, quarter)
        last.seam([(236, -62), (246, -46), (240, -26)], fabric, body)
        if hiking:
            last.lay([(18, -200, 1), (58, -194), (98, -204, 1), (106, -176), (60, -166), (20, -172, 1)],
                Fabric("charcoal", weave="suede"), lift=0.2, drape=0.3)
        lace = bgr("red") if hiking else bgr("mustard") if fabric.colour in ("black",
            "burgundy") else darker(fabric.base, 0.5)
        for k in range(8):
            x0 = 100 + (4.2 * k if k < 4 else 13 + 10.5 * (k - 3))
            y0 = -186 + 13.2 * k
            last.eyelet(x0 - 4, y0 + 3, (120, 160, 180))
            last.line([(x0 - 4, y0 + 4), (x0 + 6, y0 - 3), (x0 + 15, y0 - 2)], 5.2, darker(lace, 0.3), 1.0, free=True)
            last.line([(x0 - 4, y0 + 3), (x0 + 6, y0 - 4), (x0 + 15, y0 - 3)], 2.4, lighter(lace, 0.2), 0.9, free=True)
        dark = (38, 40, 44)
        piece = sole(last, [(6, -33, 1), (150, -27), (296, -31, 1), (305, -22), (302, -8), (292, 0, 1), (116, 0, 1),
            (104, -9, 1), (90, -9, 1), (82, 0, 1), (8, 0, 1), (3, -16)], dark, lace, [(8, -28), (150, -22),
            (298, -26)])
        for x in range(14, 296, 16):
            last.line([(x, 1), (x + 2, -11)], 5.0, (12, 12, 14), 0.7, piece)

    pair(canvas, draw, 218, 306)


def wellington(canvas: Canvas, fabric: Fabric) -> None:
    """A rubber boot with a side strap."""

    def draw(last: Last) -> None:
        inner_cloth(last.canvas, last.curve([(14, -286), (72, -296), (132, -286), (72, -278)], closed=True),
            Fabric("stone", weave="suede"), 0.3)
        body = last.lay([(16, -22, 1), (10, -70), (20, -120), (12, -200), (8, -288, 1), (72, -280), (138, -288, 1),
            (132, -200), (122, -128), (152, -92), (212, -70), (264, -58), (292, -40), (296, -20, 1)], fabric,
                        [([(122, -124), (90, -108), (50, -106)], 10, 0.15), ([(134, -104), (100, -92), (66, -92)], 8,
                            0.12), ([(18, -128), (46, -134), (80, -124)], 9, 0.10)], lift=0.3)
        last.gleam([(214, -64), (256, -54), (288, -34)], 12, 0.5, body)
        last.gleam([(28, -276), (30, -200), (34, -130)], 13, 0.42, body)
        last.gleam([(114, -270), (110, -200), (106, -150)], 6, 0.25, body)
        last.line([(10, -278), (72, -270), (136, -278)], 3, darker(fabric.base, 0.35), 0.7, body)
        last.lay([(96, -266, 1), (136, -270, 1), (135, -256, 1), (97, -252, 1)], fabric, lift=0.35, drape=0)
        last.dot(104, -260, 5, bgr("silver"))
        last.lay([(40, -214, 1), (84, -214, 1), (84, -190, 1), (40, -190, 1)], Fabric("white", weave="nylon"),
            lift=0.1, drape=0)
        last.line([(48, -202), (76, -202)], 6, darker(fabric.base, 0.2), 0.9)
        piece = sole(last, [(6, -30, 1), (150, -24), (296, -28, 1), (304, -18), (300, -6), (290, 0, 1), (116, 0, 1),
            (104, -8, 1), (90, -8, 1), (82, 0, 1), (8, 0, 1), (3, -16)], darker(fabric.base, 0.6))
        for x in range(14, 296, 16):
            last.line([(x, 1), (x + 2, -9)], 4.0, darker(fabric.base, 0.85), 0.6, piece)

    pair(canvas, draw, 294, 306)
