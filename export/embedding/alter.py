"""The same garment seen again: other light, another cut, blur, folds. For training and for measuring retrieval.

Every alteration takes and gives RGB (or BGR: none asks which) uint8 (h, w, 3); the size stays.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Alteration = Callable[[Picture, np.random.Generator], Picture]

GAINS, CASTS, GAMMAS = (0.65, 1.4), (0.88, 1.12), (0.75, 1.35)
"""Exposure, gain of each channel (white balance), and gamma: from a dim hall to a lit window."""
SHADE = 0.25
"""Largest share of light that one side of the picture loses."""
KEPT = (0.62, 0.95)
"""Sides that a cut keeps, as shares of the picture's."""
TURN = 12.0
"""Largest turn of a cut, degrees."""
BLURS = (0.006, 0.016)
"""Standard deviation of a Gaussian blur or half the length of a smear, as shares of the longer side."""
FOLD_SHIFT = 0.045
"""Largest shift of the cloth, as a share of the shorter side."""
FOLD_WAVES = (2, 5)
"""Control points of the smooth warp along each side."""
CREASES = (2, 5)
CREASE_DEPTH = (0.12, 0.35)
"""How much darker than the cloth a crease's shadow is; its lit side is brighter by 0.6 of that."""
CREASE_WIDTH = (0.012, 0.05)
"""Width of a crease as a share of the shorter side."""


def light(image: Picture, rng: np.random.Generator) -> Picture:
    """Other exposure, white balance and contrast, and light that falls from one side."""
    h, w = image.shape[:2]
    levels = (np.arange(256, dtype=np.float32) / 255) ** rng.uniform(*GAMMAS)
    gains = rng.uniform(*GAINS) * rng.uniform(*CASTS, 3)
    angle, depth = rng.uniform(0, 2 * np.pi), rng.uniform(0, SHADE)
    across = np.linspace(-1, 1, w, dtype=np.float32)[None, :] * np.float32(np.cos(angle))
    down = np.linspace(-1, 1, h, dtype=np.float32)[:, None] * np.float32(np.sin(angle))
    field = 1 + np.float32(depth) * np.clip(across + down, -1, 1)
    out = levels[image] * (255 * gains).astype(np.float32) * field[..., None]
    return np.clip(out, 0, 255).astype(np.uint8)


def cut(image: Picture, rng: np.random.Generator) -> Picture:
    """A part of the picture, turned a little and drawn to the same size; what lies outside repeats the border."""
    h, w = image.shape[:2]
    keep = rng.uniform(*KEPT)
    stretch = float(np.exp(rng.uniform(-0.1, 0.1)))
    x = rng.uniform(keep / 2, 1 - keep / 2) * w
    y = rng.uniform(keep / 2, 1 - keep / 2) * h
    matrix = cv2.getRotationMatrix2D((x, y), rng.uniform(-TURN, TURN), 1 / keep)
    matrix[0] *= stretch
    matrix[:, 2] += w / 2 - stretch * x, h / 2 - y
    return np.asarray(cv2.warpAffine(image, matrix, (w, h), borderMode=cv2.BORDER_REPLICATE), np.uint8)


def blur(image: Picture, rng: np.random.Generator) -> Picture:
    """Out of focus, or smeared by movement."""
    size = rng.uniform(*BLURS) * max(image.shape[:2])
    if rng.random() < 0.5:
        return np.asarray(cv2.GaussianBlur(image, (0, 0), max(size, 0.3)), np.uint8)
    length = max(3, 2 * round(2 * size) + 1)
    line = np.zeros((length, length), np.float32)
    angle = rng.uniform(0, np.pi)
    reach = np.linspace(-(length // 2), length // 2, 4 * length)
    columns = np.round(length // 2 + reach * np.cos(angle)).astype(int)
    rows = np.round(length // 2 + reach * np.sin(angle)).astype(int)
    line[rows, columns] = 1
    return np.asarray(cv2.filter2D(image, -1, line / line.sum(), borderType=cv2.BORDER_REPLICATE), np.uint8)


def fold(image: Picture, rng: np.random.Generator) -> Picture:
    """The cloth lies otherwise: a smooth warp, and creases with a dark and a lit side."""
    h, w = image.shape[:2]
    short = min(h, w)
    waves = int(rng.integers(FOLD_WAVES[0], FOLD_WAVES[1] + 1))
    shifts = rng.uniform(-FOLD_SHIFT, FOLD_SHIFT, (2, waves + 1, waves + 1)).astype(np.float32) * short
    x = cv2.resize(shifts[0], (w, h), interpolation=cv2.INTER_CUBIC) + np.arange(w, dtype=np.float32)[None, :]
    y = cv2.resize(shifts[1], (w, h), interpolation=cv2.INTER_CUBIC) + np.arange(h, dtype=np.float32)[:, None]
    bent = cv2.remap(image, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    shading = np.ones((h, w), np.float32)
    for _ in range(int(rng.integers(CREASES[0], CREASES[1] + 1))):
        angle = rng.uniform(0, np.pi)
        across = np.cos(angle) * (x - rng.uniform(0.2, 0.8) * w) + np.sin(angle) * (y - rng.uniform(0.2, 0.8) * h)
        bow = rng.uniform(-0.4, 0.4) / short
        along = -np.sin(angle) * (x - w / 2) + np.cos(angle) * (y - h / 2)
        t = (across + np.float32(bow) * along * along) / np.float32(rng.uniform(*CREASE_WIDTH) * short)
        bell = np.exp(-t * t)
        depth = np.float32(rng.uniform(*CREASE_DEPTH))
        shading *= 1 - depth * bell * np.where(t > 0, np.float32(1), np.float32(-0.6))
    return np.clip(bent * shading[..., None], 0, 255).astype(np.uint8)


ALTERATIONS: Mapping[str, Alteration] = {"light": light, "crop": cut, "blur": blur, "fold": fold}


def all_of_them(image: Picture, rng: np.random.Generator) -> Picture:
    """Folded, then cut, lit and blurred: the order of the world, cloth before camera."""
    for alteration in (fold, cut, light, blur):
        image = alteration(image, rng)
    return image
