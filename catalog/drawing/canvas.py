"""A sheet that a garment is drawn on: a premultiplied layer over a tinted ground, with smooth masks and strokes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from catalog.drawing.curves import HEIGHT, WIDTH, Points
from mirror.domain import FloatArray, ImageArray

OVERSAMPLE = 3
"""Masks and strokes are drawn this many times larger and averaged down."""
SHIFT = 4
"""Fraction bits of the coordinates handed to cv2."""
SHADOW_COLOUR = np.array([46, 40, 44], dtype=np.float32)
"""BGR of a full shadow on the ground: never pure black."""
LIGHTEST = np.float32(252.0)
"""The ground never burns out to white."""

Colour = tuple[float, float, float]
"""BGR, 0..255."""


@dataclass(frozen=True, eq=False)
class Patch:
    """A mask on a part of the canvas: float32 (h, w) in 0..1, its left and top canvas pixel."""

    mask: FloatArray
    x: int
    y: int

    @property
    def window(self) -> tuple[slice, slice]:
        h, w = self.mask.shape
        return slice(self.y, self.y + h), slice(self.x, self.x + w)


def _fixed(points: Points, x: int, y: int) -> NDArray[np.int32]:
    """Points as cv2 wants them: fixed-point numbers relative to a window of the oversampled canvas."""
    moved = (points - np.array([x, y])) * OVERSAMPLE - 0.5
    fixed: NDArray[np.int32] = np.round(moved * (1 << SHIFT)).astype(np.int32)
    return fixed


def _bounds(shapes: Sequence[Points], grow: float) -> tuple[int, int, int, int]:
    low = np.min([s.min(axis=0) for s in shapes], axis=0) - grow
    high = np.max([s.max(axis=0) for s in shapes], axis=0) + grow
    x1, y1 = max(0, int(low[0])), max(0, int(low[1]))
    x2, y2 = min(WIDTH, int(high[0]) + 2), min(HEIGHT, int(high[1]) + 2)
    return x1, y1, max(x2, x1 + 1), max(y2, y1 + 1)


def _shrunk(big: NDArray[np.uint8], w: int, h: int) -> FloatArray:
    small: FloatArray = cv2.resize(big, (w, h), interpolation=cv2.INTER_AREA).astype(np.float32)
    small *= np.float32(1 / 255)
    return small


def filled(*outlines: Points, holes: Sequence[Points] = ()) -> Patch:
    """The mask inside closed outlines, less the holes."""
    x1, y1, x2, y2 = _bounds(outlines, 2)
    big = np.zeros(((y2 - y1) * OVERSAMPLE, (x2 - x1) * OVERSAMPLE), dtype=np.uint8)
    for outline in outlines:
        cv2.fillPoly(big, [_fixed(outline, x1, y1)], 255, lineType=cv2.LINE_AA, shift=SHIFT)
    for hole in holes:
        cv2.fillPoly(big, [_fixed(hole, x1, y1)], 0, lineType=cv2.LINE_AA, shift=SHIFT)
    return Patch(_shrunk(big, x2 - x1, y2 - y1), x1, y1)


def stroked(lines: Sequence[Points], width: float, closed: bool = False) -> Patch:
    """The mask of lines ``width`` px thick (in steps of a third)."""
    x1, y1, x2, y2 = _bounds(lines, width / 2 + 2)
    big = np.zeros(((y2 - y1) * OVERSAMPLE, (x2 - x1) * OVERSAMPLE), dtype=np.uint8)
    thick = max(1, round(width * OVERSAMPLE))
    cv2.polylines(big, [_fixed(line, x1, y1) for line in lines], closed, 255, thick, cv2.LINE_AA, SHIFT)
    return Patch(_shrunk(big, x2 - x1, y2 - y1), x1, y1)


def common(a: Patch, b: Patch) -> Patch:
    """``a`` kept only where ``b`` is."""
    h, w = a.mask.shape
    kept = np.zeros_like(a.mask)
    bh, bw = b.mask.shape
    x1, y1 = max(a.x, b.x), max(a.y, b.y)
    x2, y2 = min(a.x + w, b.x + bw), min(a.y + h, b.y + bh)
    if x2 > x1 and y2 > y1:
        mine = a.mask[y1 - a.y : y2 - a.y, x1 - a.x : x2 - a.x]
        theirs = b.mask[y1 - b.y : y2 - b.y, x1 - b.x : x2 - b.x]
        kept[y1 - a.y : y2 - a.y, x1 - a.x : x2 - a.x] = mine * theirs
    return Patch(kept, a.x, a.y)


class Canvas:
    """What is drawn so far: float32 premultiplied planes B, G, R (3, 480, 400) in 0..255, and coverage (480, 400)."""

    def __init__(self, seed: int) -> None:
        self.colour: FloatArray = np.zeros((3, HEIGHT, WIDTH), dtype=np.float32)
        self.alpha: FloatArray = np.zeros((HEIGHT, WIDTH), dtype=np.float32)
        self.rng = np.random.default_rng(seed)

    def put(self, patch: Patch, colour: FloatArray | Colour, opacity: float = 1.0) -> None:
        """Lay a colour (one BGR, or planes (3, h, w) of the patch) over what is there."""
        mask = patch.mask if opacity == 1.0 else patch.mask * np.float32(opacity)
        rows, columns = patch.window
        under, cover = self.colour[:, rows, columns], self.alpha[rows, columns]
        paint = np.asarray(colour, dtype=np.float32)
        step = (paint if paint.ndim == 3 else paint[:, None, None]) - under
        step *= mask
        under += step
        cover += mask - cover * mask

    def tint(self, patch: Patch, colour: Colour, opacity: float, inside: Patch | None = None) -> None:
        """Colour only what is already drawn (and only inside a patch): seams, prints, shadows on cloth."""
        part = patch if inside is None else common(patch, inside)
        at = np.flatnonzero(part.mask)
        if not len(at):
            return
        width = part.mask.shape[1]
        where = (part.y + at // width) * WIDTH + part.x + at % width
        share = part.mask.reshape(-1)[at] * np.float32(opacity)
        cover = self.alpha.reshape(-1)[where]
        for plane, value in zip(self.colour.reshape(3, -1), colour, strict=True):
            under = plane[where]
            plane[where] = under + share * (cover * np.float32(value) - under)

    def fill(self, outline: Points, colour: Colour, opacity: float = 1.0) -> Patch:
        """Fill a closed outline with a flat colour."""
        patch = filled(outline)
        self.put(patch, colour, opacity)
        return patch

    def line(self, lines: Points | Sequence[Points], width: float, colour: Colour, opacity: float = 1.0,
             inside: Patch | None = None, closed: bool = False, free: bool = False) -> None:
        """Draw lines on what is already drawn; ``free`` lines may leave it."""
        many = [lines] if isinstance(lines, np.ndarray) else list(lines)
        if not many:
            return
        patch = stroked(many, width, closed)
        if free:
            self.put(patch, colour, opacity)
        else:
            self.tint(patch, colour, opacity, inside)

    def cast(self, patch: Patch, depth: float, dx: float = 1.5, dy: float = 3.5, blur: float = 4.0) -> None:
        """Darken what is already drawn with the soft shadow of a patch about to be laid on it."""
        grow = int(blur * 2 + max(abs(dx), abs(dy))) + 2
        h, w = patch.mask.shape
        x1, y1 = max(0, patch.x - grow), max(0, patch.y - grow)
        x2, y2 = min(WIDTH, patch.x + w + grow), min(HEIGHT, patch.y + h + grow)
        if not self.alpha[y1:y2, x1:x2].any():
            return
        field = np.zeros((y2 - y1, x2 - x1), dtype=np.float32)
        field[patch.y - y1 : patch.y - y1 + h, patch.x - x1 : patch.x - x1 + w] = patch.mask
        half = cv2.resize(field, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        move = np.array([[1, 0, dx / 2], [0, 1, dy / 2]], dtype=np.float64)
        half = cv2.GaussianBlur(cv2.warpAffine(half, move, half.shape[::-1]), (0, 0), blur / 2)
        soft = cv2.resize(half, (x2 - x1, y2 - y1), interpolation=cv2.INTER_LINEAR)
        self.colour[:, y1:y2, x1:x2] *= 1 - np.float32(depth) * soft

    def onto(self, ground: Colour) -> ImageArray:
        """The finished picture, BGR uint8 (480, 400, 3): ground with a soft light, shadow, drawing."""
        light = np.linspace(1.022, 0.962, HEIGHT, dtype=np.float32)[:, None]
        quarter = cv2.resize(self.alpha, (WIDTH // 4, HEIGHT // 4), interpolation=cv2.INTER_AREA)
        shadow: NDArray[Any] = np.zeros_like(quarter)
        for dx, dy, blur, depth in ((0.5, 0.75, 0.9, 0.26), (1.4, 2.4, 2.6, 0.20), (2.6, 5.0, 6.5, 0.13)):
            move = np.array([[1, 0, dx], [0, 1, dy]], dtype=np.float64)
            shadow += depth * cv2.GaussianBlur(cv2.warpAffine(quarter, move, quarter.shape[::-1]), (0, 0), blur)
        soft = cv2.resize(shadow, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
        clear = 1 - self.alpha
        shaded = soft * clear
        clear -= shaded
        tint = np.array(ground, dtype=np.float32)
        planes = [cv2.convertScaleAbs(np.minimum(light * level, LIGHTEST) * clear + shaded * dark + plane)
                  for level, dark, plane in zip(tint, SHADOW_COLOUR, self.colour, strict=True)]
        picture: ImageArray = cv2.merge(planes)
        return picture
