"""Small things sewn on: stitches, buttons, zips, labels, ribs, buckles, cords."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from catalog.drawing.canvas import Canvas, Colour, Patch, filled
from catalog.drawing.cloth import Fabric, lay
from catalog.drawing.colours import BRASS, STEEL, brightness, darker, lighter
from catalog.drawing.curves import Points, dashes, ellipse, moved, normals, resampled, ribbon, rounded, sides, spline

NEAR_BLACK = 60.0
"""Luma under which ribs are drawn faintly: full light lines would turn black cloth grey."""


def stitch(canvas: Canvas, line: Points, colour: Colour, opacity: float = 0.55, width: float = 1.0,
           inside: Patch | None = None, dash: float = 3.6, gap: float = 2.6) -> None:
    """A row of stitches."""
    canvas.line(dashes(line, dash, gap), width, colour, opacity, inside)


def sewn(canvas: Canvas, line: Points, fabric: Fabric, inside: Patch | None = None, rows: Sequence[float] = (),
         strength: float = 0.5) -> None:
    """A seam: a fine dark line with a light one beside it, and rows of stitches at distances from it."""
    canvas.line(line, 1.0, fabric.seam, strength, inside)
    canvas.line(moved(line, 0.9, 1.1), 0.7, lighter(fabric.base, 0.55), strength * 0.35, inside)
    aside = normals(line)
    for row in rows:
        stitch(canvas, line + aside * row, fabric.seam, strength * 0.8, inside=inside)


def button(canvas: Canvas, x: float, y: float, radius: float, colour: Colour, holes: bool = True) -> None:
    """A round button with a rim, a gleam and four holes."""
    canvas.cast(filled(ellipse(x, y, radius, radius)), 0.45, 0.6, 1.4, 1.4)
    canvas.fill(ellipse(x, y, radius, radius), darker(colour, 0.28))
    canvas.fill(ellipse(x - 0.2, y - 0.3, radius * 0.88, radius * 0.88), colour)
    canvas.fill(ellipse(x, y, radius * 0.62, radius * 0.62), darker(colour, 0.09))
    canvas.fill(ellipse(x - radius * 0.35, y - radius * 0.45, radius * 0.3, radius * 0.2), lighter(colour, 0.6), 0.7)
    if holes and radius > 2.5:
        d = radius * 0.22
        ink = darker(colour, 0.62) if brightness(colour) > 60 else lighter(colour, 0.3)
        canvas.line([np.array([[x + sx * d, y + sy * d], [x + sx * d + 0.1, y + sy * d]])
                     for sx in (-1, 1) for sy in (-1, 1)], max(0.7, radius * 0.2), ink, 0.8)


def stud(canvas: Canvas, x: float, y: float, radius: float, metal: Colour = BRASS) -> None:
    """A metal button or rivet."""
    canvas.cast(filled(ellipse(x, y, radius, radius)), 0.5, 0.5, 1.2, 1.2)
    canvas.fill(ellipse(x, y, radius, radius), darker(metal, 0.45))
    canvas.fill(ellipse(x - 0.2, y - 0.2, radius * 0.82, radius * 0.82), metal)
    canvas.fill(ellipse(x - radius * 0.28, y - radius * 0.32, radius * 0.36, radius * 0.3), lighter(metal, 0.75), 0.85)


def zipper(canvas: Canvas, line: Points, tape: Colour, metal: Colour = STEEL, puller: bool = True) -> None:
    """A closed zip along a curve, its puller at the first point."""
    band = ribbon(line, 6.5)
    canvas.cast(filled(band), 0.25, 0.5, 1.0, 1.5)
    canvas.fill(band, darker(tape, 0.3))
    canvas.line(dashes(line, 1.3, 1.1), 3.4, darker(metal, 0.25), 0.9)
    canvas.line(dashes(moved(line, -0.5, 0), 1.3, 1.1), 1.4, lighter(metal, 0.4), 0.8)
    if puller:
        x, y = line[0]
        canvas.fill(rounded(x - 3.2, y - 2, x + 3.2, y + 7, 2.4), darker(metal, 0.15))
        canvas.fill(rounded(x - 1.8, y + 5, x + 1.8, y + 19, 1.6), metal)
        canvas.fill(rounded(x - 0.9, y + 6, x + 0.1, y + 18, 0.6), lighter(metal, 0.7), 0.7)


def label(canvas: Canvas, x: float, y: float, width: float = 26.0, height: float = 13.0,
          colour: Colour = (236, 238, 240), ink: Colour = (70, 66, 62)) -> None:
    """A woven label inside a neck, with a hint of a word."""
    shape = rounded(x - width / 2, y, x + width / 2, y + height, 1.5)
    canvas.cast(filled(shape), 0.3, 0.4, 1.2, 1.5)
    canvas.fill(shape, colour)
    mark = np.array([[x - width * 0.28, y + height / 2], [x + width * 0.28, y + height / 2]])
    canvas.line(dashes(mark, 2.0, 1.4), 2.0, ink, 0.75)


def ribbed(canvas: Canvas, outline: Points, fabric: Fabric, first: Points, second: Points, ribs: int,
           inside: Patch | None = None, shade: float = 0.03, depth: float = 0.4, lift: float = 0.2) -> Patch:
    """A ribbed band whose ribs run from points along one edge to points along the other."""
    patch = lay(canvas, outline, Fabric(fabric.colour, weave="wool", shine=fabric.shine), shade=shade, drape=0.4,
                lift=lift, inside=inside)
    glow = 0.55 if brightness(fabric.base) > NEAR_BLACK else 0.22
    if glow < 0.5:
        depth *= 0.5
    a, b = resampled(first, ribs), resampled(second, ribs)
    canvas.line([np.stack([p, q]) for p, q in zip(a, b, strict=True)], 1.2, fabric.seam, depth, patch)
    step = (a[min(1, ribs - 1)] - a[0]) * 0.42
    canvas.line([np.stack([p + step, q + step]) for p, q in zip(a, b, strict=True)], 1.3,
                lighter(fabric.base, glow), depth * 0.42, patch)
    return patch


def cord(canvas: Canvas, line: Points, colour: Colour, width: float = 3.4, tip: Colour | None = None) -> None:
    """A drawn cord with a light side; ``tip`` colours its end."""
    band = filled(ribbon(line, width))
    canvas.cast(band, 0.4, 1.0, 2.0, 2.0)
    canvas.put(band, darker(colour, 0.24))
    canvas.line(moved(line, -width * 0.14, -width * 0.1), width * 0.5, lighter(colour, 0.25), 0.8)
    if tip is not None:
        canvas.line(line[-4:], width + 0.6, tip, 1.0, free=True)


def buckle(canvas: Canvas, x: float, y: float, width: float, height: float, metal: Colour = BRASS) -> None:
    """A rectangular frame buckle with its pin."""
    outer, inner = rounded(x - width / 2, y - height / 2, x + width / 2, y + height / 2, 3.0), \
        rounded(x - width / 2 + 2.6, y - height / 2 + 2.6, x + width / 2 - 2.6, y + height / 2 - 2.6, 1.5)
    frame = filled(outer, holes=[inner])
    canvas.cast(frame, 0.5, 0.8, 1.6, 1.5)
    canvas.put(frame, darker(metal, 0.18))
    canvas.tint(filled(moved(outer, -0.9, -1.0), holes=[moved(inner, 0.9, 1.1)]), lighter(metal, 0.5), 0.7, frame)
    pin = np.array([[x - width / 2 + 1, y], [x + width / 2 - 2, y]])
    canvas.line(pin, 1.7, darker(metal, 0.1))


def patch_pocket(canvas: Canvas, x: float, y: float, width: float, height: float, fabric: Fabric,
                 point: float = 5.0, anchor: tuple[float, float] | None = None,
                     stitches: Colour | None = None) -> Patch:
    """A pocket sewn on, its lower edge pointed by ``point`` px; (x, y) is the middle of its upper edge."""
    shape = spline([(x - width / 2, y, 1), (x + width / 2, y, 1), (x + width / 2 - 0.5, y + height - point, 1),
                    (x, y + height, 1), (x - width / 2 + 0.5, y + height - point, 1)], closed=True)
    piece = lay(canvas, shape, fabric, anchor=anchor, lift=0.22, drape=0.4, round_=0.45, edge=0.9)
    thread = stitches or fabric.seam
    inset = [(x - width / 2 + 2.4, y + 2), (x - width / 2 + 2.8, y + height - point - 1.8), (x, y + height - 3),
             (x + width / 2 - 2.8, y + height - point - 1.8), (x + width / 2 - 2.4, y + 2)]
    stitch(canvas, np.array(inset), thread, 0.5, inside=piece)
    stitch(canvas, np.array([(x - width / 2, y + 6.5), (x + width / 2, y + 6.5)]), thread, 0.45, inside=piece)
    return piece


def straps(canvas: Canvas, fabric: Fabric, low: tuple[float, float], top: tuple[float, float],
        back: tuple[float, float],
           width: float) -> None:
    """Two shoulder straps, each a loop: from ``low`` on the right front over ``top`` down to ``back`` inside."""
    behind = spline([top, ((top[0] * 0.6 + back[0] * 0.4) - 3.0, top[1] * 0.6 + back[1] * 0.4), back])
    before = spline([low, ((low[0] + top[0]) / 2 + 3.0, (low[1] + top[1]) / 2), (top[0] + 1.0, top[1] + 2.0), top])
    plain = fabric.plain()
    for line in sides(behind):
        lay(canvas, ribbon(line, width * 0.9), plain, shade=0.3, lift=0, drape=0)
    for line in sides(before):
        lay(canvas, ribbon(line, width), plain, lift=0.25, drape=0)
