"""Cloth laid on the canvas: colour, pattern and weave turned with the piece, light, folds, thickness, edge."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from catalog.drawing.canvas import Canvas, Colour, Patch, common, filled, stroked
from catalog.drawing.colours import bgr, brightness, seam
from catalog.drawing.curves import HEIGHT, WIDTH, Points, lens, moved, spline
from catalog.drawing.patterns import PATTERNS, cloth_sheet
from catalog.drawing.weaves import NEUTRAL, SHEET, weave_sheet
from mirror.domain import FloatArray

LIGHT = (-0.55, -0.83)
"""Where the light comes from in the plane of the picture: above, a little left."""
NARROW_FOLD, BROAD_FOLD = 7.0, 17.0
"""Folds thinner and broader than this (px) are smoothed apart, so that thin ones stay crisp."""

WEAVE_LIFT = np.float32(22.0)
"""What a weave adds on its bright side whatever the colour, so that black cloth shows its weave too."""
LIT_CLOTH, LIT_DARK, LIT_SHINE = 46.0, 130.0, 520.0
"""White light added where a fold faces the light: of any cloth, more of dark cloth (else it looks flat), and by its
shine."""
BRIGHTEST = 254.0
RIM_DARK, TILT, RIM_TILT = 0.26, 0.22, 0.022
"""How much darker a piece is at its rim, how much its broad slope and its thin rim turn to the light (by eye)."""


@dataclass(frozen=True)
class Fabric:
    """What a piece is made of: palette colours, a pattern and its period (0: its usual), a weave, how strongly it
    shines and folds, and how thick it looks."""

    colour: str
    pattern: str = ""
    second: str = "white"
    third: str = "white"
    weave: str = "jersey"
    period: int = 0
    shine: float = 0.06
    crease: float = 1.0
    thick: float = 1.0

    @property
    def base(self) -> Colour:
        """The ground colour, BGR."""
        return bgr(self.colour)

    @property
    def seam(self) -> Colour:
        """The colour of seams and stitches, BGR."""
        return seam(self.base)

    def plain(self) -> Fabric:
        """The same cloth without its pattern."""
        return replace(self, pattern="")


@dataclass(frozen=True)
class Fold:
    """A crease along a curve: width in pixels, depth (dark) or, negative, height (light)."""

    line: Points
    width: float
    depth: float


def fold(control: Sequence[Sequence[float]], width: float, depth: float) -> Fold:
    """A crease through control points."""
    return Fold(spline(control), width, depth)


@lru_cache(maxsize=1)
def _drape() -> FloatArray:
    """The slow unevenness of lying cloth at half size, float32 of unit spread, larger than any window needs."""
    rng = np.random.default_rng(77)
    h, w = HEIGHT, WIDTH
    long = cv2.GaussianBlur(rng.standard_normal((h, w)).astype(np.float32), (0, 0), 7, sigmaY=26)
    slant = cv2.warpAffine(cv2.GaussianBlur(rng.standard_normal((h, w)).astype(np.float32), (0, 0), 5, sigmaY=15),
                           cv2.getRotationMatrix2D((w / 2, h / 2), 35, 1.3), (w, h), borderMode=cv2.BORDER_REFLECT)
    field: FloatArray = long / long.std() + 0.8 * slant / slant.std()
    return field


def _fold_field(folds: Sequence[Fold], x: int, y: int, w: int, h: int) -> FloatArray:
    """The light that folds add at half size, float32 (h, w): each a dark lens with a light one beside it."""
    total = np.zeros((h, w), dtype=np.float32)
    for low, high, blur in ((0.0, NARROW_FOLD, 0.9), (NARROW_FOLD, BROAD_FOLD, 1.9), (BROAD_FOLD, 1e9, 4.2)):
        group = [f for f in folds if low <= f.width < high]
        if not group:
            continue
        layer = np.zeros((h, w), dtype=np.float32)
        for f in group:
            line = (f.line - np.array([x, y])) / 2
            along = line[-1] - line[0]
            aside = np.array([along[1], -along[0]]) / max(1e-6, math.hypot(*along))
            if aside @ np.array(LIGHT) > 0:
                aside = -aside
            band = lens(line, f.width / 2)
            lit = moved(band, *(aside * f.width * 0.36))
            for shape, value in ((lit, 0.75 * f.depth), (band, -f.depth)):
                cv2.fillPoly(layer, [np.round(shape * 8).astype(np.int32)], float(value), cv2.LINE_8, 3)
        total += cv2.GaussianBlur(layer, (0, 0), blur)
    return total


def _dyed(fabric: Fabric, patch: Patch, angle: float, anchor: tuple[float, float]) -> FloatArray:
    """The colour of the cloth under an even light, float32 planes B, G, R (3, h, w)."""
    h, w = patch.mask.shape
    a = math.radians(angle)
    c, s = math.cos(a), math.sin(a)
    dx, dy = patch.x - anchor[0], patch.y - anchor[1]
    middle = SHEET / 2
    to_sheet = np.array([[c, -s, c * dx - s * dy + middle], [s, c, s * dx + c * dy + middle]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    base = np.array(fabric.base, dtype=np.float32)[:, None, None]
    if fabric.pattern:
        period = fabric.period or PATTERNS[fabric.pattern][1]
        got = cv2.warpAffine(cloth_sheet(fabric.pattern, period, fabric.weave), to_sheet, (w, h), flags=flags,
                             borderMode=cv2.BORDER_REFLECT)
        one, two, weave = (plane.astype(np.float32) for plane in cv2.split(got))
        second = np.array(bgr(fabric.second), dtype=np.float32)[:, None, None]
        third = np.array(bgr(fabric.third), dtype=np.float32)[:, None, None]
        dyed = base + one * ((second - base) / np.float32(255))
        dyed += (two * np.float32(1 / 255)) * (third - dyed)
    else:
        got = cv2.warpAffine(weave_sheet(fabric.weave), to_sheet, (w, h), flags=flags, borderMode=cv2.BORDER_REFLECT)
        weave = got.astype(np.float32)
        dyed = base
    lift = weave * np.float32(1 / NEUTRAL) - 1
    result: FloatArray = dyed * (1 + lift) + lift * WEAVE_LIFT
    return result


def lay(canvas: Canvas, outline: Points | Patch, fabric: Fabric, *, angle: float = 0.0,
        anchor: tuple[float, float] | None = None, folds: Sequence[Fold] = (), shade: float = 0.0,
        lift: float = 0.28, round_: float = 1.0, edge: float = 1.0, drape: float = 1.0,
        inside: Patch | None = None) -> Patch:
    """Lay one piece of cloth over what is drawn and return its mask.

    ``angle`` turns the pattern with the piece (degrees, the grain leaning right for positive), ``anchor`` is where
    the pattern starts; ``shade`` darkens the whole piece, ``lift`` is the shadow on what lies below, ``round_`` how
    far the piece bulges, ``edge`` how dark its rim is, ``drape`` how uneven it lies.
    """
    patch = outline if isinstance(outline, Patch) else filled(outline)
    if inside is not None:
        patch = common(patch, inside)
    if lift > 0:
        canvas.cast(patch, lift)
    mask = patch.mask
    h, w = mask.shape
    sh, sw = (h + 1) // 2, (w + 1) // 2
    small = cv2.resize(mask, (sw, sh), interpolation=cv2.INTER_AREA)
    reach = 4.0 + 1.5 * fabric.thick
    padded = cv2.copyMakeBorder(small, 12, 12, 12, 12, cv2.BORDER_CONSTANT, value=0.0)
    wide = cv2.GaussianBlur(padded, (0, 0), reach)
    near = cv2.GaussianBlur(padded, (0, 0), 1.4)
    tilt = (cv2.Sobel(wide, cv2.CV_32F, 1, 0) * LIGHT[0] + cv2.Sobel(wide, cv2.CV_32F, 0, 1) * LIGHT[1])
    rim = (cv2.Sobel(near, cv2.CV_32F, 1, 0) * LIGHT[0] + cv2.Sobel(near, cv2.CV_32F, 0, 1) * LIGHT[1])
    inner = slice(12, 12 + sh), slice(12, 12 + sw)
    full = max(1e-3, float(wide.max()))  # a narrow band is no darker than a broad piece
    light: NDArray[Any] = RIM_DARK * round_ * (wide[inner] / full - 1)
    light -= TILT * round_ * fabric.thick * tilt[inner] + RIM_TILT * edge * rim[inner]
    across = np.linspace(0.022, -0.04, sw, dtype=np.float32)
    down = np.linspace(0.025, -0.045, sh, dtype=np.float32)[:, None]
    light += across + down - np.float32(shade)
    if drape > 0:
        field = _drape()
        oy, ox = (int(v) for v in canvas.rng.integers(0, [HEIGHT - sh + 1, WIDTH - sw + 1]))
        light += 0.017 * drape * fabric.crease * field[oy : oy + sh, ox : ox + sw]
    if folds:
        light += fabric.crease * _fold_field(folds, patch.x, patch.y, sw, sh)
    even: FloatArray = cv2.resize(light, (w, h), interpolation=cv2.INTER_LINEAR).astype(np.float32, copy=False)
    where = anchor or (patch.x + w / 2, float(patch.y))
    dyed = _dyed(fabric, patch, angle, where)
    up: FloatArray = np.maximum(even, np.float32(0))
    even -= np.float32(0.25) * up
    even += 1
    dark = 1 - brightness(fabric.base) / 255
    up *= np.float32(LIT_CLOTH + LIT_DARK * dark**2) + np.float32(LIT_SHINE * fabric.shine) * up
    dyed *= even
    dyed += up
    canvas.put(patch, np.clip(dyed, 0, BRIGHTEST))
    if edge > 0 and not isinstance(outline, Patch):
        canvas.tint(stroked([outline], 2.0, closed=True), fabric.seam, 0.34 * edge, inside=patch)
    return patch


def gleam(canvas: Canvas, line: Points, width: float, strength: float, inside: Patch | None = None,
          colour: Colour = (255.0, 255.0, 255.0), blur: float = 2.0) -> None:
    """A soft highlight along a curve (a shadow with a dark colour): leather, satin, metal."""
    patch = filled(lens(line, width))
    grow = int(blur * 3) + 1
    x, y = max(0, patch.x - grow), max(0, patch.y - grow)
    h, w = patch.mask.shape
    right, below = min(grow, WIDTH - patch.x - w), min(grow, HEIGHT - patch.y - h)
    field = cv2.copyMakeBorder(patch.mask, patch.y - y, max(0, below), patch.x - x, max(0, right),
                               cv2.BORDER_CONSTANT, value=0.0)
    soft = Patch(cv2.GaussianBlur(field, (0, 0), blur).astype(np.float32), x, y)
    canvas.tint(soft, colour, strength, inside)


def inner_cloth(canvas: Canvas, outline: Points, fabric: Fabric, shade: float = 0.42) -> Patch:
    """The dark inside of a neck, a sleeve, a shoe: the same cloth with no light on it."""
    return lay(canvas, outline, fabric.plain(), shade=shade, round_=0.5, drape=0.3, lift=0)
