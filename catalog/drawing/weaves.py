"""Weaves: tiles that only catch the light, as factors around 1 that repeat without a seam."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mirror.domain import FloatArray, ImageArray

SHEET = 768
"""Side of the square sheet a tile is repeated on: any turn of the 400x480 canvas fits in it."""
FINE = 4
"""Tiles are drawn this many times larger and averaged down."""
NEUTRAL = 128
"""The weave value that leaves the colour alone."""


def fine_grid(width: int, height: int) -> tuple[FloatArray, FloatArray]:
    """x and y in canvas pixels of every point of a tile drawn FINE times larger."""
    y, x = np.mgrid[0 : height * FINE, 0 : width * FINE]
    return ((x + 0.5) / FINE).astype(np.float32), ((y + 0.5) / FINE).astype(np.float32)


def averaged(tile: NDArray[Any]) -> FloatArray:
    """A tile of the fine grid averaged down to canvas pixels."""
    h, w = tile.shape
    return cv2.resize(tile.astype(np.float32), (w // FINE, h // FINE), interpolation=cv2.INTER_AREA).astype(np.float32)


def _noise(seed: int, sx: float, sy: float, size: int = 128) -> FloatArray:
    """Soft seamless noise of unit spread; sx, sy: how far it is smeared, pixels."""
    rng = np.random.default_rng(seed)
    raw: NDArray[Any] = rng.standard_normal((size, size)).astype(np.float32)
    if sx > 0 or sy > 0:
        wide = cv2.GaussianBlur(np.tile(raw, (3, 3)), (0, 0), max(sx, 0.01), sigmaY=max(sy, 0.01))
        raw = wide[size : 2 * size, size : 2 * size]
    scaled: FloatArray = raw / raw.std()
    return scaled


def _rib(period: int, depth: float) -> FloatArray:
    x, _ = fine_grid(period, 8)
    wave = np.cos(2 * math.pi * x / period)
    return averaged(1 + depth * (np.sign(wave) * abs(wave) ** 0.6 * 0.6 - 0.8 * np.exp(-((x - period / 2) ** 2) / 1.2)))


def _stockinette(width: int, height: int, depth: float) -> FloatArray:
    x, y = fine_grid(width, height)
    side = abs(x - width / 2)
    phase = ((y + side * 0.9) % height) / height
    groove = np.exp(-(np.minimum(phase, 1 - phase) ** 2) / 0.02) + 0.7 * np.exp(-((side - width / 2) ** 2) / 0.5)
    return averaged(1 + depth * (0.35 - groove))


def _cable(_: int = 0) -> FloatArray:
    """A six-stitch twist, purl gutters and a narrow ladder: 36 x 30 px."""
    width, height = 36, 30
    x, y = fine_grid(width, height)
    half = 8.5
    u = (x - 12) / half
    inside = abs(u) < 1
    swing = math.tau * y / height
    light = np.zeros_like(x)
    best = np.full_like(x, -2.0)
    for strand in range(2):
        a = swing + math.pi * strand
        centre, depth = 0.52 * np.sin(a), np.cos(a)
        off = (u - centre) / 0.5
        over = (abs(off) < 1) & (depth > best)
        light = np.where(over, 0.62 * np.sqrt(np.maximum(0, 1 - off**2)) - 0.34 - 0.18 * off, light)
        best = np.where(over, depth, best)
    cable = np.where(inside, np.where(best > -2, light, -0.42), 0.0)
    gutter = -0.30 * (np.exp(-((x - 2.4) ** 2) / 1.6) + np.exp(-((x - 21.6) ** 2) / 1.6))
    ladder = np.where((x > 24) & (x < 34), 0.10 * np.cos(math.tau * (y + abs(x - 29) * 0.8) / 5) - 0.02, 0)
    return averaged((1 + 0.30 * (cable + gutter) + 0.6 * ladder).astype(np.float32))


def _twill(depth: float) -> FloatArray:
    x, y = fine_grid(4, 4)
    return averaged(1 + depth * np.cos(math.tau * (x + y) / 4))


def _herringbone(_: int = 0) -> FloatArray:
    x, y = fine_grid(24, 4)
    slant = np.where(x < 12, x, 24 - x)
    return averaged(1 + 0.085 * np.sign(np.cos(math.tau * (y + slant) / 4)) - 0.10 * np.exp(-((slant - 12) ** 2) / 0.6))


def _waffle(size: int) -> FloatArray:
    x, y = fine_grid(size, size)
    return averaged(1 - 0.13 * (np.cos(math.tau * x / size) ** 4 + np.cos(math.tau * y / size) ** 4) + 0.08)


def _basket(depth: float) -> FloatArray:
    x, y = fine_grid(4, 4)
    return averaged(1 + depth * np.cos(math.tau * x / 4) * np.cos(math.tau * y / 4))


def _plait() -> FloatArray:
    """Over and under of flat straw, 12 x 12 px."""
    x, y = fine_grid(12, 12)
    across = (np.floor(x / 6) + np.floor(y / 6)) % 2 < 1
    place = np.where(across, y % 6, x % 6) / 6
    along = np.where(across, x % 6, y % 6) / 6
    return averaged(1 + 0.15 * np.sin(math.pi * place) ** 0.7 + 0.07 * np.sin(math.pi * along) - 0.17)


def _corduroy(period: int) -> FloatArray:
    x, _ = fine_grid(period, 8)
    return averaged(1 + 0.14 * np.cos(math.tau * x / period))


def _over(tile: FloatArray, noise: FloatArray, amount: float) -> FloatArray:
    """A woven tile repeated with noise on top, 384 px square (a multiple of every weave's period but crop-safe)."""
    side = noise.shape[0] * 3
    reps = (-(-side // tile.shape[0]), -(-side // tile.shape[1]))
    sheet: FloatArray = np.tile(tile, reps)[:side, :side] * (1 + amount * np.tile(noise, (3, 3)))
    return sheet


WEAVES: dict[str, Callable[[], FloatArray]] = {
    "jersey": lambda: 1 + 0.014 * _noise(1, 0.4, 0.7),
    "poplin": lambda: 1 + 0.012 * _noise(2, 0.0, 0.0),
    "linen": lambda: 1 + 0.024 * _noise(3, 7, 0.3) + 0.024 * _noise(4, 0.3, 7),
    "marl": lambda: 1 + 0.07 * _noise(5, 2.2, 0.4),
    "wool": lambda: 1 + 0.020 * _noise(6, 0.7, 0.7) + 0.005 * _noise(7, 2.0, 2.0),
    "tweed": lambda: 1 + 0.085 * _noise(8, 0.55, 0.8),
    "boucle": lambda: 1 + 0.034 * _noise(9, 1.1, 1.1) + 0.03 * _noise(31, 0.5, 0.5),
    "teddy": lambda: 1 + 0.032 * _noise(10, 1.2, 1.1) + 0.026 * _noise(30, 0.6, 0.6),
    "rib": lambda: _over(_rib(6, 0.15), _noise(11, 0.5, 0.5), 0.012),
    "broad rib": lambda: _over(_rib(10, 0.17), _noise(11, 0.5, 0.5), 0.015),
    "knit": lambda: _over(_stockinette(5, 4, 0.12), _noise(12, 0.6, 0.6), 0.02),
    "chunky": lambda: _over(_stockinette(10, 8, 0.22), _noise(12, 0.6, 0.6), 0.025),
    "cable": lambda: _over(_cable(), _noise(13, 0.5, 0.5), 0.02),
    "denim": lambda: _over(_twill(0.075), _noise(14, 0.4, 1.4), 0.035) * np.tile(1 + 0.03 * _noise(15, 0.3, 12),
        (3, 3)),
    "twill": lambda: _over(_twill(0.03), _noise(16, 0.4, 0.4), 0.014),
    "herringbone": lambda: _over(_herringbone(), _noise(17, 0.5, 0.5), 0.035),
    "waffle": lambda: _over(_waffle(7), _noise(18, 0.5, 0.5), 0.012),
    "canvas": lambda: _over(_basket(0.05), _noise(19, 0.4, 0.4), 0.03),
    "corduroy": lambda: _over(_corduroy(6), _noise(20, 0.4, 1.5), 0.03),
    "straw": lambda: _over(_plait(), _noise(21, 0.5, 0.5), 0.035),
    "satin": lambda: 1 + 0.006 * _noise(22, 0.3, 2.5),
    "nylon": lambda: 1 + 0.010 * _noise(23, 0.5, 0.5),
    "leather": lambda: 1 + 0.014 * _noise(24, 0.9, 0.9) + 0.005 * _noise(25, 5, 5),
    "suede": lambda: 1 + 0.026 * _noise(26, 1.1, 0.8) + 0.014 * _noise(27, 9, 9),
    "felt": lambda: 1 + 0.020 * _noise(28, 0.6, 0.6) + 0.010 * _noise(29, 4, 4),
}
"""Name -> its tile of factors around 1."""


@lru_cache(maxsize=64)
def weave_sheet(name: str) -> ImageArray:
    """The weave repeated on a sheet, uint8 (768, 768), NEUTRAL where the colour stays as it is."""
    tile = WEAVES[name]()
    reps = (-(-SHEET // tile.shape[0]), -(-SHEET // tile.shape[1]))
    sheet = np.tile(np.clip(tile * NEUTRAL, 0, 255).astype(np.uint8), reps)
    return np.ascontiguousarray(sheet[:SHEET, :SHEET])
