"""Flat shoes: trainers, loafers, derbies, ballet flats."""

from __future__ import annotations

import numpy as np

from catalog.drawing.canvas import Canvas
from catalog.drawing.cloth import Fabric, inner_cloth
from catalog.drawing.colours import GUM, SOLE_WHITE, bgr, brightness, darker, lighter
from catalog.drawing.footwear import Last, pair, sole


def _inside(last: Last, control: list[tuple[float, ...]], colour: str = "stone") -> None:
    inner_cloth(last.canvas, last.curve(control, closed=True), Fabric(colour, weave="suede"), 0.34)


def trainer(canvas: Canvas, fabric: Fabric, accent: str = "", gum: bool = False, runner: bool = False) -> None:
    """A low trainer: heel tab, padded collar, five laces, toe cap, cup sole; a ``runner`` has a curved thick sole."""
    tone = Fabric(accent or fabric.colour, weave="leather", shine=0.1)
    white = bgr("white")

    def draw(last: Last) -> None:
        _inside(last, [(20, -92, 1), (50, -80), (88, -84, 1), (112, -112, 1), (86, -104), (50, -100), (26, -104, 1)],
            "light grey")
        tongue = last.lay([(84, -92, 1), (94, -126), (106, -132), (122, -122, 1), (150, -96, 1), (122, -70, 1)],
            fabric, shade=0.03)
        last.stitch([(92, -98), (99, -122), (107, -127), (117, -119)], fabric.seam, 0.5, tongue)
        upper = [(14, -16, 1), (10, -50), (14, -84), (20, -104, 1), (34, -103), (52, -86), (82, -80), (100, -92, 1),
            (126, -104, 1), (156, -82), (198, -60), (244, -52), (276, -40), (290, -18, 1)]
        crease = [([(196, -60), (190, -44), (178, -30)], 7.0, 0.10), ([(182, -66), (172, -48), (160, -38)], 7.0,
            0.08), ([(60, -76), (66, -50), (60, -26)], 16.0, 0.05)]
        body = last.lay(upper, fabric, crease, lift=0.36)
        cap = [(214, -56), (226, -40), (224, -26), (206, -14, 1), (292, -14, 1), (290, -22), (276, -40), (244, -52)]
        last.lay([(*cap[0][:2], 1), *cap[1:]], fabric, [([(244, -46), (262, -40), (278, -28)], 9.0, -0.10)],
            lift=0.26, drape=0.3)
        for k in range(3):
            for j in range(2):
                last.dot(244 + 9 * k + 4 * j, -40 + 7 * j + 2.6 * k, 1.2, darker(fabric.base, 0.6))
        stay = [(98, -91, 1), (126, -104, 1), (154, -83), (194, -62, 1), (196, -52), (180, -46, 1), (150, -64),
            (122, -78), (102, -72, 1)]
        quarter = last.lay(stay, tone if runner else fabric, lift=0.28, drape=0.3)
        last.stitch([(104, -76), (122, -82), (150, -68), (179, -50)], fabric.seam, 0.55, quarter)
        if runner:
            for pts in ([(64, -22), (96, -44), (128, -68), (150, -70)], [(84, -18), (118, -38), (146, -54),
                (168, -56)]):
                last.line(pts, 8, tone.base, 0.95, body)
            last.lay([(14, -16, 1), (12, -48), (44, -40), (66, -14, 1)], tone, lift=0.22, drape=0.3)
        else:
            last.seam([(98, -76), (92, -52), (104, -30), (150, -22), (206, -20)], fabric, body, 0.5)
        last.lay([(12, -56, 1), (14, -84), (20, -106, 1), (36, -104, 1), (41, -78), (42, -54, 1)], tone, lift=0.26,
            drape=0.3)
        last.seam([(40, -56), (46, -34), (66, -16)], fabric, body, 0.5)
        last.stitch([(24, -97), (36, -97), (54, -80), (82, -74), (98, -83)], fabric.seam, 0.5, body)
        spots = [(112, -92, 130, -102), (127, -84, 144, -93), (142, -75, 160, -83), (157, -67, 176, -74),
            (172, -59, 190, -66)]
        laces = white if not gum else bgr("cream")
        for x0, y0, x1, y1 in spots:
            last.eyelet(x0 - 2, y0 + 3)
            for width, colour, shift in ((6.4, darker(laces, 0.4), 1.2), (5.4, darker(laces, 0.06), 0.0),
                (2.0, lighter(laces, 0.5), -0.8)):
                last.line([(x0 - 2, y0 + 3 + shift), ((x0 + x1) / 2 + 2, (y0 + y1) / 2 - 3 + shift),
                    (x1 + 3, y1 + 1 + shift)], width, colour, 1.0 if shift == 0 else 0.8, free=True)
        base = GUM if gum else SOLE_WHITE
        if runner:
            rim = [(6, -20, 1), (60, -16), (120, -22), (200, -18), (292, -20, 1), (304, -12), (296, -3), (272, 0, 1),
                (150, 2), (40, 0, 1), (-2, -6), (-4, -16)]
            piece = sole(last, rim, base)
            last.line([(0, -8), (90, -6), (190, -8), (298, -9)], 3.0, darker(base, 0.35), 0.35, piece)
            last.line([(10, -2), (150, 0), (276, -2)], 4, darker(base, 0.6), 0.7, piece)
            return
        piece = sole(last, [(8, -22, 1), (100, -18), (200, -18), (288, -20, 1), (297, -14), (295, -3), (286, 0, 1),
            (150, 1), (14, 0, 1), (6, -4), (5, -16)], base)
        last.stitch([(10, -15), (100, -12), (200, -12), (292, -14)], darker(base, 0.4), 0.7, piece)
        last.line([(8, -6), (150, -4), (294, -6)], 1.2, darker(base, 0.4), 0.45, piece)
        last.gleam([(30, -10), (120, -8), (230, -9)], 4, 0.3, piece)

    pair(canvas, draw, 132, 300)


def high_top(canvas: Canvas, fabric: Fabric) -> None:
    """A canvas high-top with a rubber toe and a round patch."""

    def draw(last: Last) -> None:
        _inside(last, [(22, -160, 1), (60, -156), (98, -168, 1), (60, -174)], "cream")
        last.lay([(84, -150, 1), (92, -178), (108, -182), (118, -168, 1), (150, -100, 1), (118, -90, 1)], fabric,
            shade=0.05)
        body = last.lay([(16, -16, 1), (12, -60), (18, -110), (18, -164, 1), (52, -158), (92, -166, 1), (112, -126),
            (150, -92), (196, -64), (250, -50), (284, -36), (292, -16, 1)], fabric,
                        [([(14, -96), (44, -88), (90, -100)], 10, 0.12), ([(20, -112), (50, -108), (84, -116)], 8,
                            0.08), ([(190, -64), (182, -46), (168, -34)], 8, 0.10)], lift=0.36)
        last.seam([(92, -164), (104, -122), (128, -92), (172, -56)], fabric, body)
        last.lay([(14, -18, 1), (12, -60), (17, -110), (18, -162, 1), (29, -161, 1), (28, -110), (25, -60),
            (28, -18, 1)], Fabric(fabric.colour, weave="canvas"), shade=0.05, drape=0.2)
        for k in range(7):
            x0, y0 = 98 + 11.0 * k, -152 + 14.2 * k
            last.eyelet(x0 - 3, y0 + 2)
            for width, colour, shift in ((6.2, bgr("grey"), 1.2), (5.2, bgr("white"), 0.0)):
                last.line([(x0 - 3, y0 + 2 + shift), (x0 + 8, y0 - 5 + shift), (x0 + 17, y0 - 3 + shift)], width,
                    colour, 1.0, free=True)
        last.dot(58, -118, 17, bgr("white"))
        last.dot(58, -118, 10, bgr("navy"))
        last.lay([(232, -54, 1), (236, -34), (226, -16, 1), (294, -16, 1), (288, -36), (262, -50)],
            Fabric("f2f0ea", weave="nylon"), lift=0.3, drape=0)
        piece = sole(last, [(8, -26, 1), (150, -22), (290, -24, 1), (299, -16), (296, -3), (288, 0, 1), (150, 1),
            (14, 0, 1), (5, -4), (5, -20)], SOLE_WHITE)
        last.line([(6, -17), (150, -14), (298, -16)], 2.4, bgr("red") if fabric.colour != "red" else bgr("navy"), 0.8,
            piece)
        last.line([(8, -3), (150, -2), (292, -3)], 3, darker(SOLE_WHITE, 0.5), 0.5, piece)

    pair(canvas, draw, 184, 302)


def loafer(canvas: Canvas, fabric: Fabric, tassel: bool = False) -> None:
    """A penny loafer: apron seam, saddle strap with its cut, low heel."""

    def draw(last: Last) -> None:
        _inside(last, [(16, -72, 1), (60, -68), (112, -74, 1), (140, -84), (96, -88), (50, -86), (20, -84, 1)], "sand")
        body = last.lay([(12, -18, 1), (8, -44), (13, -72), (20, -85, 1), (44, -77), (90, -66), (124, -70),
            (146, -88, 1), (172, -80), (214, -62), (262, -50), (289, -34), (294, -16, 1)], fabric,
                        [([(176, -76), (170, -54), (156, -36)], 7, 0.12), ([(192, -70), (186, -50), (174, -34)], 6,
                            0.09), ([(40, -70), (50, -46), (44, -24)], 15, 0.07)], lift=0.36)
        last.gleam([(206, -58), (246, -48), (280, -33)], 11, 0.34, body)
        last.gleam([(22, -70), (18, -50), (22, -30)], 7, 0.22, body)
        last.line([(17, -78), (44, -71), (90, -60), (126, -64), (146, -80)], 1.2, fabric.seam, 0.6, body)
        last.stitch([(18, -74), (44, -67), (90, -56), (128, -60)], lighter(fabric.base, 0.4), 0.5, body)
        apron = [(148, -66), (186, -50), (236, -36), (272, -31), (284, -34)]
        last.line(apron, 3.2, darker(fabric.base, 0.6), 0.6, body)
        last.line([(x, y - 2.6) for x, y in apron], 1.4, lighter(fabric.base, 0.5), 0.45, body)
        strap = last.lay([(132, -72, 1), (148, -92), (162, -87, 1), (178, -66), (176, -46), (162, -28, 1),
            (140, -24, 1), (150, -46)], fabric, lift=0.42, drape=0.3)
        last.line([(150, -58), (158, -64), (168, -62)], 4.4, darker(fabric.base, 0.8), 0.8, strap)
        last.stitch([(137, -70), (152, -87), (171, -66), (169, -46), (158, -30)], lighter(fabric.base, 0.35), 0.5,
            strap)
        last.seam([(60, -62), (66, -40), (84, -22)], fabric, body, 0.5)
        if tassel:
            for dx in (-6, 6):
                last.lay([(160 + dx, -66, 1), (168 + dx, -60), (174 + dx * 1.5, -38, 1), (156 + dx * 1.5, -36, 1),
                    (156 + dx, -58)], fabric, lift=0.4, drape=0)
        sole(last, [(6, -20, 1), (150, -14), (290, -18, 1), (300, -14), (296, -8), (280, -6, 1), (110, -5),
            (76, -6, 1), (72, 0, 1), (8, 0, 1)], darker(fabric.base,
            0.72) if brightness(fabric.base) < 140 else bgr("brown"),
             lighter(fabric.base, 0.5), [(8, -16), (150, -11), (294, -14)])

    pair(canvas, draw, 92, 302)


def derby(canvas: Canvas, fabric: Fabric, brogue: bool = False, dark_sole: bool = True) -> None:
    """A laced derby with a toe cap; ``brogue``: punched holes along the seams."""

    def draw(last: Last) -> None:
        _inside(last, [(18, -82, 1), (56, -76), (98, -86, 1), (116, -104), (76, -98), (26, -96, 1)], "sand")
        last.lay([(92, -86, 1), (104, -116), (124, -112, 1), (152, -86, 1), (122, -70, 1)], fabric, shade=0.06)
        vamp = last.lay([(12, -18, 1), (8, -48), (14, -80), (22, -97, 1), (48, -84), (80, -78), (104, -88, 1),
            (124, -104, 1), (158, -82), (204, -60), (252, -50), (286, -34), (292, -16, 1)], fabric,
                        [([(196, -62), (190, -44), (176, -30)], 7, 0.11), ([(184, -68), (176, -50), (162, -38)], 6,
                            0.09)], lift=0.36)
        last.gleam([(226, -52), (258, -46), (282, -30)], 12, 0.34, vamp)
        quarter = last.lay([(12, -18, 1), (8, -48), (14, -80), (22, -97, 1), (48, -84), (80, -78), (104, -88, 1),
            (124, -104, 1), (162, -80), (168, -66, 1), (138, -46), (120, -18, 1)], fabric,
                           [([(36, -72), (46, -46), (42, -24)], 15, 0.07)], lift=0.32, drape=0.4)
        last.gleam([(24, -80), (19, -54), (24, -30)], 8, 0.22, quarter)
        last.stitch([(24, -90), (48, -78), (80, -72), (104, -82)], lighter(fabric.base, 0.3), 0.5, quarter)
        last.stitch([(161, -68), (134, -48), (116, -20)], lighter(fabric.base, 0.3), 0.5, quarter)
        last.seam([(226, -56), (236, -38), (230, -18)], fabric, vamp, 0.7)
        if brogue:
            rows: list[tuple[tuple[float, float], tuple[float, float], int]] = [((220, -52), (224, -22), 6),
                ((154, -70), (112, -26), 11), ((40, -72), (70, -26), 9), ((246, -42), (268, -34), 4)]
            for (x0, y0), (x1, y1), n in rows:
                for t in np.linspace(0, 1, n):
                    last.dot(x0 + (x1 - x0) * t, y0 + (y1 - y0) * t, 1.5, darker(fabric.base, 0.75))
        for k in range(4):
            x0, y0 = 112 + 13.5 * k, -90 + 7.6 * k
            last.eyelet(x0, y0 + 4, (110, 130, 140))
            ink = darker(fabric.base, 0.55) if brightness(fabric.base) > 50 else (66, 64, 64)
            last.line([(x0, y0 + 4), (x0 + 10, y0 - 5), (x0 + 18, y0 - 6)], 4.2, ink, 1.0, free=True)
            last.line([(x0, y0 + 3), (x0 + 10, y0 - 6), (x0 + 18, y0 - 7)], 1.4, lighter(ink, 0.35), 0.7, free=True)
        sole(last, [(4, -21, 1), (150, -15), (292, -19, 1), (302, -14), (298, -7), (280, -5, 1), (112, -5),
            (80, -6, 1), (77, 0, 1), (6, 0, 1)], darker(fabric.base, 0.75) if dark_sole else bgr("camel"),
             lighter(fabric.base, 0.5), [(6, -17), (150, -11), (296, -15)])

    pair(canvas, draw, 118, 304)


def ballet(canvas: Canvas, fabric: Fabric, cap: str = "", strap: bool = False) -> None:
    """A ballet flat with a small bow; ``cap`` colours its toe, ``strap`` adds a bar over the foot."""

    def draw(last: Last) -> None:
        _inside(last, [(14, -54, 1), (80, -32), (180, -22), (214, -44, 1), (150, -62), (60, -68)], "nude")
        if strap:
            last.lay([(150, -38), (158, -62, 1), (172, -65), (184, -57, 1), (174, -40), (166, -30, 1)], fabric,
                shade=0.35,
                     lift=0, drape=0)
        body = last.lay([(10, -10, 1), (7, -34), (12, -60, 1), (40, -48), (100, -36), (170, -30), (200, -34),
            (220, -48, 1), (256, -42), (286, -26), (292, -10, 1)], fabric,
                        [([(50, -44), (58, -28), (52, -14)], 12, 0.08), ([(210, -36), (206, -24), (196, -14)], 6,
                            0.10)], lift=0.34)
        last.gleam([(226, -42), (256, -36), (282, -22)], 8, 0.32, body)
        last.gleam([(20, -44), (50, -34), (100, -24)], 6, 0.16, body)
        if strap:
            last.lay([(118, -20, 1), (126, -40), (148, -62), (164, -67), (186, -58, 1), (172, -48), (152, -34),
                (142, -18, 1)],
                     fabric, lift=0.35, drape=0.1, round_=1.2)
            last.dot(136, -35, 4.5, bgr("gold"))
        if cap:
            last.lay([(246, -46, 1), (238, -28), (236, -8, 1), (293, -8, 1), (286, -26), (268, -40)],
                Fabric(cap, weave="leather", shine=0.2), lift=0.25, drape=0)
        last.line([(12, -57), (40, -45), (100, -33), (170, -27), (202, -31), (220, -45)], 3.4,
            darker(fabric.base, 0.25), 0.9, body)
        for s in (-1, 1):
            last.lay([(218, -46, 1), (218 + s * 12, -58), (218 + s * 24, -52), (218 + s * 20, -40)], fabric, lift=0.4,
                drape=0)
        last.dot(218, -47, 4, fabric.base)
        sole(last, [(6, -12, 1), (150, -8), (290, -11, 1), (297, -8), (290, -2), (270, 0, 1), (80, -1), (58, -2, 1),
            (56, 2, 1), (8, 2, 1)], bgr("brown"))

    pair(canvas, draw, 78 if not strap else 98, 300)
