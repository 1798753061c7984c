"""A pair of shoes seen from the side: where each stands, and how cloth and leather are laid on it.

A shoe is drawn in its own units: x from the heel (0) to the toe (300), y from the ground (0) upwards negative.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from catalog.drawing.canvas import Canvas, Colour, Patch
from catalog.drawing.cloth import Fabric, Fold, gleam, lay
from catalog.drawing.colours import SOLE_DARK, darker, lighter
from catalog.drawing.curves import Control, Points, dashes, ellipse, spline
from catalog.drawing.trims import button


@dataclass(frozen=True, eq=False)
class Last:
    """A shoe's place on the canvas: left end and ground line in pixels, pixels a unit."""

    canvas: Canvas
    x: float
    y: float
    scale: float

    def to_canvas(self, points: Points) -> Points:
        placed: Points = points * self.scale + np.array([self.x, self.y])
        return placed

    def curve(self, control: Control, closed: bool = False) -> Points:
        return self.to_canvas(spline(control, closed))

    def lay(self, control: Control, fabric: Fabric, folds: Sequence[tuple[Control, float, float]] = (),
            **how: float) -> Patch:
        """A closed piece; folds are (control, width, depth) in shoe units."""
        done = [Fold(self.curve(line), width * self.scale, depth) for line, width, depth in folds]
        keep = {"drape": 0.5, "lift": 0.3}
        keep.update(how)
        return lay(self.canvas, self.curve(control, closed=True), fabric, folds=done, **keep)  # type: ignore[arg-type]

    def line(self, control: Control, width: float, colour: Colour, opacity: float = 1.0, inside: Patch | None = None,
            free: bool = False) -> None:
        self.canvas.line(self.curve(control), max(0.7, width * self.scale), colour, opacity, inside, free=free)

    def stitch(self, control: Control, colour: Colour, opacity: float = 0.6, inside: Patch | None = None) -> None:
        self.canvas.line(dashes(self.curve(control), 3.4 * self.scale, 2.4 * self.scale), max(0.7, 1.2 * self.scale),
            colour, opacity, inside)

    def seam(self, control: Control, fabric: Fabric, inside: Patch | None = None, strength: float = 0.6) -> None:
        """A cut edge with stitches beside it."""
        curve = self.curve(control)
        self.canvas.line(curve, 1.1, fabric.seam, strength, inside)
        self.canvas.line(curve + np.array([0.4, 1.2]), 0.8, lighter(fabric.base, 0.55), strength * 0.4, inside)
        self.canvas.line(dashes(curve + np.array([0.8, 3.2]), 2.6, 2.0), 0.8, fabric.seam, strength * 0.7, inside)

    def gleam(self, control: Control, width: float, strength: float, inside: Patch | None = None) -> None:
        gleam(self.canvas, self.curve(control), width * self.scale, strength, inside, blur=2.6 * self.scale)

    def eyelet(self, x: float, y: float, metal: Colour = (150, 150, 150)) -> None:
        centre = self.to_canvas(np.array([[x, y]]))[0]
        self.canvas.fill(ellipse(centre[0], centre[1], 3.0 * self.scale, 2.6 * self.scale), darker(metal, 0.2))
        self.canvas.fill(ellipse(centre[0], centre[1], 1.6 * self.scale, 1.4 * self.scale), (40, 40, 40))

    def dot(self, x: float, y: float, radius: float, colour: Colour) -> None:
        centre = self.to_canvas(np.array([[x, y]]))[0]
        button(self.canvas, float(centre[0]), float(centre[1]), radius * self.scale, colour, holes=False)


def pair(canvas: Canvas, draw: Callable[[Last], None], tall: float = 130.0, long: float = 300.0) -> None:
    """The same shoe twice: the far one smaller, above and to the right. ``tall``, ``long``: its size in units."""
    scale = min(312.0 / long, 258.0 / tall)
    far = scale * 0.86
    gap = min(146.0, tall * scale * 0.52 + 34.0)
    total = gap + tall * far
    ground = min(440.0, 240.0 + total / 2 + 4)
    left = 200.0 - (long * scale) / 2 - 14
    draw(Last(canvas, left + 44, ground - gap, far))
    draw(Last(canvas, left, ground, scale))


def sole(last: Last, control: Control, colour: Colour = SOLE_DARK, welt: Colour | None = None,
        top: Control | None = None) -> Patch:
    """A sole with its shine; ``welt`` colours a line of stitches along ``top``."""
    code = "{:02x}{:02x}{:02x}".format(*(int(c) for c in (colour[2], colour[1], colour[0])))
    piece = last.lay(control, Fabric(code, weave="nylon", thick=0.7), lift=0, drape=0.2)
    if welt is not None and top is not None:
        last.stitch(top, welt, 0.7, piece)
    return piece
