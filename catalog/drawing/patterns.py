"""Tiles of cloth: printed or woven colour patterns, and weaves that only catch the light.

A pattern is two weights 0..1 (how much of a second and of a third colour), a weave one factor around 1. Each is one
tile that repeats without a seam.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

import cv2
import numpy as np

from mirror.domain import FloatArray, ImageArray

SHEET = 768
"""Side of the square sheet a tile is repeated on: any turn of the 400x480 canvas fits in it."""
FINE = 4
"""Tiles are drawn this many times larger and averaged down."""
NEUTRAL = 128
"""The weave value that leaves the colour alone."""

Weights = tuple[FloatArray, FloatArray]


def _grid(width: int, height: int) -> tuple[FloatArray, FloatArray]:
    y, x = np.mgrid[0 : height * FINE, 0 : width * FINE].astype(np.float32)
    return (x + 0.5) / FINE, (y + 0.5) / FINE


def _down(tile: FloatArray) -> FloatArray:
    h, w = tile.shape
    small: FloatArray = cv2.resize(tile.astype(np.float32), (w // FINE, h // FINE), interpolation=cv2.INTER_AREA)
    return small


def _pair(second: FloatArray, third: FloatArray | None = None) -> Weights:
    one = _down(second)
    return one, np.zeros_like(one) if third is None else _down(third)


def _band(at: FloatArray, period: float, start: float, width: float) -> FloatArray:
    return (((at - start) % period) < width).astype(np.float32)


def _breton(size: int) -> Weights:
    _, y = _grid(8, size)
    return _pair(_band(y, size, 0, size * 0.38))


def _broad(size: int) -> Weights:
    _, y = _grid(8, size)
    return _pair(_band(y, size, 0, size * 0.5))


def _bengal(size: int) -> Weights:
    x, _ = _grid(size, 8)
    return _pair(_band(x, size, 0, size * 0.45))


def _pinstripe(size: int) -> Weights:
    x, _ = _grid(size, 8)
    return _pair(_band(x, size, 0, 1.5), _band(x, size, size / 2, 1.0) * 0.6)


def _gingham(size: int) -> Weights:
    x, y = _grid(size, size)
    return _pair(0.5 * _band(x, size, 0, size / 2) + 0.5 * _band(y, size, 0, size / 2))


def _twill_mix(x: FloatArray, y: FloatArray, across: FloatArray, down: FloatArray) -> FloatArray:
    """Two crossing sets of yarn as a twill shows them: a fine diagonal decides which lies on top."""
    top = 0.5 + 0.22 * np.sign(np.sin((x + y) * math.pi / 1.5)).astype(np.float32)
    mix: FloatArray = across * top + down * (1 - top)
    return mix


def _tartan(size: int) -> Weights:
    x, y = _grid(size, size)
    wide_x, wide_y = _band(x, size, 0, size * 0.42), _band(y, size, 0, size * 0.42)
    thin_x = _band(x, size, size * 0.66, 2.4) + _band(x, size, size * 0.18, 1.6)
    thin_y = _band(y, size, size * 0.66, 2.4) + _band(y, size, size * 0.18, 1.6)
    return _pair(_twill_mix(x, y, wide_x, wide_y), np.maximum(thin_x, thin_y) * 0.75)


def _windowpane(size: int) -> Weights:
    x, y = _grid(size, size)
    return _pair(np.maximum(_band(x, size, 3, 1.6), _band(y, size, 3, 1.6)) * 0.8)


def _glen(size: int) -> Weights:
    x, y = _grid(size, size)
    fine = ((np.floor(x / 1.5) + np.floor(y / 1.5)) % 2).astype(np.float32)
    block = (_band(x, size, 0, size / 2) == _band(y, size, 0, size / 2)).astype(np.float32)
    pane = np.maximum(_band(x, size, size * 0.75, 1.5), _band(y, size, size * 0.75, 1.5))
    return _pair(fine * (0.25 + 0.4 * block), pane * 0.5)


def _dots(size: int) -> Weights:
    x, y = _grid(size, size)
    radius = size * 0.14
    near = np.full_like(x, 1e9)
    for cx, cy in ((size / 4, size / 4), (size * 3 / 4, size * 3 / 4)):
        dx = np.minimum(abs(x - cx), size - abs(x - cx))
        dy = np.minimum(abs(y - cy), size - abs(y - cy))
        near = np.minimum(near, np.hypot(dx, dy))
    return _pair((near < radius).astype(np.float32))


def _houndstooth(size: int) -> Weights:
    cell = size // 4
    x, y = _grid(size, size)
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
        gaps = (math.hypot(min(abs(x - a), size - abs(x - a)), min(abs(y - b), size - abs(y - b))) for a, b, _ in placed)
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
            _stamp(leaves, x + 1.9 * reach * math.cos(a), y + 1.9 * reach * math.sin(a), reach * 0.85, reach * 0.32, leaf)
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
    x, y = _grid(size, size)
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


def _noise(seed: int, sx: float, sy: float, size: int = 128) -> FloatArray:
    """Soft seamless noise of unit spread; sx, sy: how far it is smeared, pixels."""
    rng = np.random.default_rng(seed)
    raw = rng.standard_normal((size, size)).astype(np.float32)
    if sx > 0 or sy > 0:
        wide = cv2.GaussianBlur(np.tile(raw, (3, 3)), (0, 0), max(sx, 0.01), sigmaY=max(sy, 0.01))
        raw = wide[size : 2 * size, size : 2 * size]
    scaled: FloatArray = raw / raw.std()
    return scaled


def _rib(period: int, depth: float) -> FloatArray:
    x, _ = _grid(period, 8)
    wave = np.cos(2 * math.pi * x / period)
    return _down(1 + depth * (np.sign(wave) * abs(wave) ** 0.6 * 0.6 - 0.8 * np.exp(-((x - period / 2) ** 2) / 1.2)))


def _stockinette(width: int, height: int, depth: float) -> FloatArray:
    x, y = _grid(width, height)
    side = abs(x - width / 2)
    phase = ((y + side * 0.9) % height) / height
    groove = np.exp(-(np.minimum(phase, 1 - phase) ** 2) / 0.02) + 0.7 * np.exp(-((side - width / 2) ** 2) / 0.5)
    return _down(1 + depth * (0.35 - groove))


def _cable(_: int = 0) -> FloatArray:
    """A six-stitch twist, purl gutters and a narrow ladder: 36 x 30 px."""
    width, height = 36, 30
    x, y = _grid(width, height)
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
    return _down((1 + 0.30 * (cable + gutter) + 0.6 * ladder).astype(np.float32))


def _twill(depth: float) -> FloatArray:
    x, y = _grid(4, 4)
    return _down(1 + depth * np.cos(math.tau * (x + y) / 4))


def _herringbone(_: int = 0) -> FloatArray:
    x, y = _grid(24, 4)
    slant = np.where(x < 12, x, 24 - x)
    return _down(1 + 0.085 * np.sign(np.cos(math.tau * (y + slant) / 4)) - 0.10 * np.exp(-((slant - 12) ** 2) / 0.6))


def _waffle(size: int) -> FloatArray:
    x, y = _grid(size, size)
    return _down(1 - 0.13 * (np.cos(math.tau * x / size) ** 4 + np.cos(math.tau * y / size) ** 4) + 0.08)


def _basket(depth: float) -> FloatArray:
    x, y = _grid(4, 4)
    return _down(1 + depth * np.cos(math.tau * x / 4) * np.cos(math.tau * y / 4))


def _corduroy(period: int) -> FloatArray:
    x, _ = _grid(period, 8)
    return _down(1 + 0.14 * np.cos(math.tau * x / period))


def _over(tile: FloatArray, noise: FloatArray, amount: float) -> FloatArray:
    """A woven tile repeated with noise on top, 384 px square (a multiple of every weave's period but crop-safe)."""
    side = noise.shape[0] * 3
    reps = (-(-side // tile.shape[0]), -(-side // tile.shape[1]))
    sheet: FloatArray = np.tile(tile, reps)[:side, :side] * (1 + amount * np.tile(noise, (3, 3)))
    return sheet


WEAVES: dict[str, Callable[[], FloatArray]] = {
    "jersey": lambda: 1 + 0.016 * _noise(1, 0.4, 0.7),
    "poplin": lambda: 1 + 0.012 * _noise(2, 0.0, 0.0),
    "linen": lambda: 1 + 0.024 * _noise(3, 7, 0.3) + 0.024 * _noise(4, 0.3, 7),
    "marl": lambda: 1 + 0.07 * _noise(5, 2.2, 0.4),
    "wool": lambda: 1 + 0.032 * _noise(6, 0.7, 0.7) + 0.018 * _noise(7, 2.5, 2.5),
    "tweed": lambda: 1 + 0.085 * _noise(8, 0.55, 0.8),
    "boucle": lambda: 1 + 0.10 * _noise(9, 1.4, 1.4),
    "teddy": lambda: 1 + 0.12 * _noise(10, 2.0, 1.8),
    "rib": lambda: _over(_rib(6, 0.15), _noise(11, 0.5, 0.5), 0.012),
    "broad rib": lambda: _over(_rib(10, 0.17), _noise(11, 0.5, 0.5), 0.015),
    "knit": lambda: _over(_stockinette(5, 4, 0.12), _noise(12, 0.6, 0.6), 0.02),
    "chunky": lambda: _over(_stockinette(10, 8, 0.22), _noise(12, 0.6, 0.6), 0.025),
    "cable": lambda: _over(_cable(), _noise(13, 0.5, 0.5), 0.02),
    "denim": lambda: _over(_twill(0.075), _noise(14, 0.4, 1.4), 0.035) * np.tile(1 + 0.03 * _noise(15, 0.3, 12), (3, 3)),
    "twill": lambda: _over(_twill(0.03), _noise(16, 0.4, 0.4), 0.014),
    "herringbone": lambda: _over(_herringbone(), _noise(17, 0.5, 0.5), 0.035),
    "waffle": lambda: _over(_waffle(7), _noise(18, 0.5, 0.5), 0.012),
    "canvas": lambda: _over(_basket(0.05), _noise(19, 0.4, 0.4), 0.03),
    "corduroy": lambda: _over(_corduroy(6), _noise(20, 0.4, 1.5), 0.03),
    "straw": lambda: _over(_basket(0.16), _noise(21, 0.8, 0.4), 0.06),
    "satin": lambda: 1 + 0.006 * _noise(22, 0.3, 2.5),
    "nylon": lambda: 1 + 0.010 * _noise(23, 0.5, 0.5),
    "leather": lambda: 1 + 0.018 * _noise(24, 0.9, 0.9) + 0.016 * _noise(25, 5, 5),
    "suede": lambda: 1 + 0.03 * _noise(26, 1.2, 0.8) + 0.03 * _noise(27, 9, 9),
    "felt": lambda: 1 + 0.022 * _noise(28, 0.6, 0.6) + 0.016 * _noise(29, 4, 4),
}
"""Name -> its tile of factors around 1."""


@lru_cache(maxsize=64)
def weave_sheet(name: str) -> ImageArray:
    """The weave repeated on a sheet, uint8 (768, 768), NEUTRAL where the colour stays as it is."""
    tile = WEAVES[name]()
    reps = (-(-SHEET // tile.shape[0]), -(-SHEET // tile.shape[1]))
    sheet = np.tile(np.clip(tile * NEUTRAL, 0, 255).astype(np.uint8), reps)
    return np.ascontiguousarray(sheet[:SHEET, :SHEET])


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
