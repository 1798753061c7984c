"""Heels: pumps, block heels, kitten heels, slingbacks."""

from __future__ import annotations

from catalog.drawing.canvas import Canvas
from catalog.drawing.cloth import Fabric
from catalog.drawing.colours import BRASS, bgr, brightness, darker
from catalog.drawing.curves import spline
from catalog.drawing.footwear import Last, pair
from catalog.drawing.trims import buckle


def pump(canvas: Canvas, fabric: Fabric, height: float = 96.0, heel: str = "stiletto", sling: bool = False,
        strap: bool = False, open_toe: bool = False) -> None:
    """A court shoe ``height`` units high on a stiletto, block or kitten heel; slingback, ankle strap or open toe."""
    h = height
    red = bgr("cognac")

    def draw(last: Last) -> None:
        lining = Fabric("nude", weave="suede")
        if strap:
            last.lay([(22, -h - 92), (58, -h - 108), (98, -h - 98, 1), (98, -h - 89, 1), (60, -h - 98),
                (26, -h - 83, 1)],
                     fabric, shade=0.32, lift=0, drape=0)
        if sling:
            last.lay([(14, -h - 4, 1), (56, -h * 0.9 - 7), (106, -h * 0.56 - 8), (150, -h * 0.2 - 10), (190, -16, 1),
                (226, -38, 1), (190, -48), (150, -h * 0.32 - 38), (118, -h * 0.5 - 30, 1), (104, -h * 0.56 - 16),
                      (56, -h * 0.9 - 14), (16, -h - 11, 1)], lining, shade=0.14, lift=0, drape=0)
            last.lay([(18, -h - 44, 1), (64, -h * 0.8 - 44), (122, -h * 0.5 - 32, 1), (122, -h * 0.5 - 25, 1),
                (64, -h * 0.8 - 36), (19, -h - 37, 1)], fabric, shade=0.35, lift=0, drape=0)
        else:
            last.lay([(26, -h - 54, 1), (50, -h - 47), (96, -h * 0.74 - 36), (146, -h * 0.36 - 34), (190, -46),
                (228, -42, 1), (212, -26), (180, -26), (140, -h * 0.36 - 12), (92, -h * 0.72 - 8), (44, -h - 20),
                (20, -h - 40, 1)],
                     lining, shade=0.2, lift=0, drape=0)
        if heel == "block":
            post = [(16, -h + 4, 1), (64, -h * 0.86, 1), (60, -h * 0.4), (60, 0, 1), (20, 0, 1), (20, -h * 0.5)]
        elif heel == "kitten":
            post = [(16, -h + 4, 1), (62, -h * 0.82, 1), (42, -h * 0.55), (36, 0, 1), (25, 0, 1), (23, -h * 0.5)]
        else:
            post = [(16, -h + 4, 1), (66, -h * 0.86, 1), (42, -h * 0.62), (32, 0, 1), (22, 0, 1), (21, -h * 0.6)]
        wood = Fabric(fabric.colour, weave=fabric.weave, shine=fabric.shine) if heel != "block" else fabric
        post_piece = last.lay(post, wood, shade=0.10, lift=0, drape=0.2)
        last.gleam([(26, -h * 0.8), (27, -h * 0.4), (28, -6)], 6 if heel == "block" else 4, 0.2, post_piece)
        wide = {"block": (19, 61), "kitten": (24, 37)}.get(heel, (21, 33))
        last.lay([(wide[0], -4, 1), (wide[1], -4, 1), (wide[1], 1, 1), (wide[0], 1, 1)],
            Fabric("black", weave="nylon"), lift=0, drape=0)
        arch = [(14, -h + 4, 1), (56, -h * 0.90), (106, -h * 0.56), (156, -h * 0.18), (196, -6), (240, -2),
            (290, -5, 1), (294, -10, 1), (240, -9), (196, -14), (156, -h * 0.18 - 8), (106, -h * 0.56 - 8),
            (56, -h * 0.90 - 8), (14, -h - 6, 1)]
        last.lay(arch, Fabric("6a4430" if brightness(fabric.base) > 60 else "1d1e20", weave="nylon"), lift=0.2,
            drape=0)
        last.line([(60, -h * 0.86), (106, -h * 0.54), (150, -h * 0.2), (190, -6)], 2.2, red, 0.5)
        if sling:
            last.lay([(20, -h - 46), (14, -h - 38, 1), (80, -h * 0.72 - 24), (128, -h * 0.5 - 20, 1),
                (128, -h * 0.5 - 28, 1), (80, -h * 0.72 - 34)], fabric, drape=0)
            upper = [(104, -h * 0.56 - 6, 1), (112, -h * 0.56 - 30, 1), (150, -h * 0.32 - 26), (186, -36), (212, -34),
                (228, -44, 1), (262, -34), (288, -18), (298, -8, 1), (240, -8), (196, -13), (156, -h * 0.18 - 7)]
        else:
            upper = [(14, -h + 2, 1), (8, -h - 22), (14, -h - 52), (22, -h - 60, 1), (48, -h - 34),
                (92, -h * 0.72 - 22), (140, -h * 0.36 - 24), (184, -36), (212, -34), (230, -44, 1), (262, -34),
                (288, -18), (298, -8, 1),
                     (240, -8), (196, -13), (156, -h * 0.18 - 7), (106, -h * 0.56 - 7), (56, -h * 0.90 - 7)]
        body = last.lay(upper, fabric, [([(206, -34), (204, -22), (196, -12)], 7, 0.10),
            ([(56, -h - 20), (70, -h * 0.8 - 20), (76, -h * 0.8)], 14, 0.06)], lift=0.32)
        last.gleam([(226, -40), (260, -29), (288, -13)], 8, 0.36, body)
        if not sling:
            last.gleam([(17, -h - 44), (16, -h - 22), (24, -h - 6)], 8, 0.26, body)
            last.line([(23, -h - 57), (48, -h - 31), (92, -h * 0.72 - 19), (140, -h * 0.36 - 21), (184, -33),
                (212, -31), (229, -40)], 1.6, darker(fabric.base, 0.35), 0.7, body)
        else:
            last.line([(112, -h * 0.56 - 27), (150, -h * 0.32 - 23), (186, -33), (212, -31), (227, -41)], 1.6,
                darker(fabric.base, 0.35), 0.7, body)
            last.dot(122, -h * 0.5 - 23, 4.5, bgr("gold"))
        if open_toe:
            last.lay([(276, -26), (300, -12, 1), (298, -6, 1), (270, -8, 1), (266, -18)],
                Fabric("nude", weave="suede"), lift=0, drape=0, shade=0.3)
        if strap:
            last.lay([(12, -h - 36, 1), (14, -h - 70), (19, -h - 92, 1), (34, -h - 95, 1), (36, -h - 66),
                (44, -h - 36, 1)],
                     fabric, lift=0.12, drape=0.2)
            last.lay([(16, -h - 85, 1), (60, -h - 75), (100, -h - 96, 1), (100, -h - 87), (98, -h - 80, 1),
                      (60, -h - 60), (17, -h - 70, 1)], fabric, lift=0.35, drape=0.2)
            spot = last.to_canvas(spline([(62, -h - 67), (63, -h - 67)]))[0]
            buckle(canvas, float(spot[0]), float(spot[1]), 15 * last.scale, 18 * last.scale, BRASS)

    pair(canvas, draw, h + (106 if strap else 62), 300)
