"""Colour patterns, printed or woven: tiles that repeat without a seam.

A pattern is two weights 0..1: how much of a second and of a third colour lies over the first.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from catalog.drawing.weaves import FINE, SHEET, averaged, fine_grid, weave_sheet
from mirror.domain import FloatArray, ImageArray

Weights = tuple[FloatArray, FloatArray]


def _pair(second: NDArray[Any], third: NDArray[Any] | None = None) -> Weights:
    one = averaged(second)
    return one, np.zeros_like(one) if third is None else averaged(third)


def _band(at: FloatArray, period: float, start: float, width: float) -> FloatArray:
    return (((at - start) % period) < width).astype(np.float32)


def _breton(size: int) -> Weights:
    _, y = fine_grid(8, size)
    return _pair(_band(y, size, 0, size * 0.38))


def _broad(size: int) -> Weights:
    _, y = fine_grid(8, size)
    return _pair(_band(y, size, 0, size * 0.5))


def _bengal(size: int) -> Weights:
    x, _ = fine_grid(size, 8)
    return _pair(_band(x, size, 0, size * 0.45))


def _pinstripe(size: int) -> Weights:
    x, _ = fine_grid(size, 8)
    return _pair(_band(x, size, 0, 1.5), _band(x, size, size / 2, 1.0) * 0.6)


def _gingham(size: int) -> Weights:
    x, y = fine_grid(size, size)
    return _pair(0.5 * _band(x, size, 0, size / 2) + 0.5 * _band(y, size, 0, size / 2))


def _twill_mix(x: FloatArray, y: FloatArray, across: FloatArray, down: FloatArray) -> FloatArray:
    """Two crossing sets of yarn as a twill shows them: a fine diagonal decides which lies on top."""
    top = 0.5 + 0.22 * np.sign(np.sin((x + y) * math.pi / 1.5)).astype(np.float32)
    mix: FloatArray = across * top + down * (1 - top)
    return mix


def _tartan(size: int) -> Weights:
    x, y = fine_grid(size, size)
    wide_x, wide_y = _band(x, size, 0, size * 0.42), _band(y, size, 0, size * 0.42)
    thin_x = _band(x, size, size * 0.66, 2.4) + _band(x, size, size * 0.18, 1.6)
    thin_y = _band(y, size, size * 0.66, 2.4) + _band(y, size, size * 0.18, 1.6)
    return _pair(_twill_mix(x, y, wide_x, wide_y), np.maximum(thin_x, thin_y) * 0.75)


def _windowpane(size: int) -> Weights:
    x, y = fine_grid(size, size)
    return _pair(np.maximum(_band(x, size, 3, 1.6), _band(y, size, 3, 1.6)) * 0.8)


def _glen(size: int) -> Weights:
    x, y = fine_grid(size, size)
    fine = ((np.floor(x / 1.5) + np.floor(y / 1.5)) % 2).astype(np.float32)
    block = (_band(x, size, 0, size / 2) == _band(y, size, 0, size / 2)).astype(np.float32)
    pane = np.maximum(_band(x, size, size * 0.75, 1.5), _band(y, size, size * 0.75, 1.5))
    return _pair(fine * (0.25 + 0.4 * block), pane * 0.5)


def _dots(size: int) -> Weights:
    x, y = fine_grid(size, size)
    radius = size * 0.14
    near = np.full_like(x, 1e9)
    for cx, cy in ((size / 4, size / 4), (size * 3 / 4, size * 3 / 4)):
        dx = np.minimum(abs(x - cx), size - abs(x - cx))
        dy = np.minimum(abs(y - cy), size - abs(y - cy))
        near = np.minimum(near, np.hypot(dx, dy))
    return _pair((near < radius).astype(np.float32))


def _houndstooth(size: int) -> Weights:
    cell = size // 4
    x, y = fine_grid(size, size)
    i, j = np.floor(x / cell).astype(int), np.floor(y / cell).astype(int)
    warp, weft = (i % 4) < 2, (j % 4) < 2
    twill = ((i + j) % 4) < 2
    return _pair(np.where(warp & weft, 1.0, np.where(warp | weft, twill, 0.0)).astype(np.float32))


def _scattered(size: int, count: int, seed: int, least: float) -> list[tuple[float, float, float]]:
    """Places for motifs that keep their distance, also over the tile's edges: x, y, turn."""
    rng = np.random.default_rng(seed)
    placed: list[tuple[float, float, float]] = []
    for _ in range(count * 40):
        x, y, turn = rng.random() * size, rng.random() * size, rng.random() * 360
        gaps = (math.hypot(min(abs(x - a), size - abs(x - a)), min(abs(y - b), size - abs(y - b))) for a, b,
            _ in placed)
        if len(placed) < count and all(gap > least for gap in gaps):
            placed.append((x, y, turn))
    return placed


def _stamp(tile: FloatArray, x: float, y: float, rx: float, ry: float, turn: float, value: float = 1.0) -> None:
    """An ellipse in a tile of the fine grid, drawn again over each edge it may cross."""
    side = tile.shape[0]
    for ox in (-side, 0, side):
        for oy in (-side, 0, side):
            centre = (round(x * FINE + ox), round(y * FINE + oy))
            if -side // 4 < centre[0] < side * 1.25 and -side // 4 < centre[1] < side * 1.25:
                cv2.ellipse(tile, centre, (round(rx * FINE), round(ry * FINE)), turn, 0, 360, value, -1)


def _floral(size: int) -> Weights:
    petals = np.zeros((size * FINE, size * FINE), dtype=np.float32)
    leaves = np.zeros_like(petals)
    for k, (x, y, turn) in enumerate(_scattered(size, 16, 3, size * 0.19)):
        reach = size * (0.062 if k % 3 else 0.088)
        for leaf in (turn + 40, turn + 190):
            a = math.radians(leaf)
            _stamp(leaves, x + 1.9 * reach * math.cos(a), y + 1.9 * reach * math.sin(a), reach * 0.85, reach * 0.32,
                leaf)
        for petal in range(5):
            a = math.radians(turn + 72 * petal)
            _stamp(petals, x + reach * 0.72 * math.cos(a), y + reach * 0.72 * math.sin(a), reach * 0.62, reach * 0.44,
                   turn + 72 * petal)
        _stamp(petals, x, y, reach * 0.3, reach * 0.3, 0, 0.0)
        _stamp(leaves, x, y, reach * 0.26, reach * 0.26, 0, 0.7)
    return _pair(petals, leaves * (1 - petals))


def _ditsy(size: int) -> Weights:
    petals = np.zeros((size * FINE, size * FINE), dtype=np.float32)
    heart = np.zeros_like(petals)
    for k, (x, y, turn) in enumerate(_scattered(size, 20, 8, size * 0.18)):
        r = size * 0.036
        if k % 3 == 0:
            _stamp(heart, x, y, r * 1.5, r * 0.6, turn)
            continue
        for petal in range(4):
            a = math.radians(turn + 90 * petal)
            _stamp(petals, x + r * math.cos(a), y + r * math.sin(a), r * 0.8, r * 0.62, turn + 90 * petal)
        _stamp(heart, x, y, r * 0.5, r * 0.5, 0)
    return _pair(petals, heart)


def _leopard(size: int) -> Weights:
    ring = np.zeros((size * FINE, size * FINE), dtype=np.float32)
    heart = np.zeros_like(ring)
    for k, (x, y, turn) in enumerate(_scattered(size, 24, 5, size * 0.16)):
        r = size * (0.062 if k % 2 else 0.05)
        _stamp(ring, x, y, r * 1.15, r * 0.85, turn)
        _stamp(ring, x + r * 0.15, y + r * 0.1, r * 0.6, r * 0.45, turn, 0.0)
        _stamp(heart, x + r * 0.15, y + r * 0.1, r * 0.6, r * 0.45, turn)
        a = math.radians(turn)
        _stamp(ring, x + r * math.cos(a), y + r * math.sin(a), r * 0.4, r * 0.3, turn, 0.0)
    return _pair(ring, heart * 0.8)


def _fairisle(size: int) -> Weights:
    stitch = size / 24
    x, y = fine_grid(size, size)
    i, j = np.floor(x / stitch).astype(int) % 24, np.floor(y / stitch).astype(int) % 24
    peak = abs((i % 12) - 6)
    second = ((j < 7) & (abs(j - 3) + peak < 5) & ((peak + j) % 2 == 0)) | (j == 8) & (i % 2 == 0)
    third = ((j > 12) & (j < 20) & (abs(j - 16) + abs((i % 8) - 4) == 3)) | (j == 21) & (i % 4 < 2)
    return _pair(second.astype(np.float32), third.astype(np.float32))


PATTERNS: dict[str, tuple[Callable[[int], Weights], int]] = {
    "breton": (_breton, 24), "broad": (_broad, 56), "bengal": (_bengal, 12), "pinstripe": (_pinstripe, 16),
    "gingham": (_gingham, 18), "tartan": (_tartan, 48), "windowpane": (_windowpane, 36), "glen": (_glen, 36),
    "dots": (_dots, 22), "houndstooth": (_houndstooth, 16), "floral": (_floral, 112), "ditsy": (_ditsy, 84),
    "leopard": (_leopard, 96), "fairisle": (_fairisle, 72),
}
"""Name -> how its tile is made, its usual period in pixels."""


@lru_cache(maxsize=24)
def cloth_sheet(pattern: str, period: int, weave: str) -> ImageArray:
    """Second and third colour's weight (0..255) and the weave (NEUTRAL = 1), uint8 (768, 768, 3)."""
    draw, _ = PATTERNS[pattern]
    second, third = draw(period)
    planes = []
    for weight in (second, third):
        reps = (-(-SHEET // weight.shape[0]), -(-SHEET // weight.shape[1]))
        planes.append(np.tile(np.clip(weight * 255, 0, 255).astype(np.uint8), reps)[:SHEET, :SHEET])
    return np.ascontiguousarray(np.dstack([*planes, weave_sheet(weave)]))
