"""A frame number drawn into a frame as black and white cells, and read back from pixels of a window.

Two rows of cells between two magenta guards: a bit white over black is 1, black over white is 0. A reading in which any
cell and its opposite agree is none: something lay over it, or two frames were torn into one.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirror.domain import ImageArray

BITS = 12
NUMBERS = 1 << BITS
"""Frame numbers are drawn modulo this: over two minutes at 30 a second."""
CELL, ROW = 9, 14
"""Frame pixels of a 720p frame; a window shows them at least half as large and blurred, and their middles are read."""
WIDTH, HEIGHT = CELL * (BITS + 2), 2 * ROW
GUARD = (255, 0, 255)
"""BGR magenta. Neither clothes on the clips nor the mirror's own colours come near it."""
SURE = 100
"""Least difference of the two cells of a bit, of 255."""


class Place(NamedTuple):
    """A rectangle of window pixels, right and bottom exclusive."""

    x1: int
    y1: int
    x2: int
    y2: int


def draw(image: ImageArray, number: int, x: int, y: int, scale: int = 1) -> None:
    """Draw ``number`` into a BGR uint8 (h, w, 3) frame in place, its upper left corner at (x, y), ``scale`` times as
    large. It must lie inside the frame: ValueError."""
    code = number % NUMBERS
    bits = [code >> bit & 1 for bit in range(BITS)]
    cells = np.zeros((2, BITS + 2, 3), np.uint8)
    cells[0, 1:-1] = 255 * np.array(bits, np.uint8)[:, None]
    cells[1, 1:-1] = 255 - cells[0, 1:-1]
    cells[:, 0] = cells[:, -1] = GUARD
    drawn = cells.repeat(ROW * scale, axis=0).repeat(CELL * scale, axis=1)
    height, width = drawn.shape[:2]
    if x < 0 or y < 0 or y + height > image.shape[0] or x + width > image.shape[1]:
        raise ValueError(f"a marker of {width}x{height} does not fit at {x}, {y}")
    image[y : y + height, x : x + width] = drawn


def find(pixels: NDArray[np.uint8]) -> Place | None:
    """Where the guards stand in BGRA (or BGR) uint8 (h, w, 3 or 4) pixels; None when nothing is like them."""
    magenta = (pixels[..., 0] > 200) & (pixels[..., 2] > 200) & (pixels[..., 1] < 60)
    columns, rows = np.flatnonzero(magenta.any(axis=0)), np.flatnonzero(magenta.any(axis=1))
    if len(columns) < 2 or len(rows) < 2:
        return None
    return Place(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)


def read(pixels: NDArray[np.uint8], at: Place) -> int | None:
    """The number (modulo :data:`NUMBERS`) between guards found at ``at``, mirrored as the window shows it; None when it
    is covered or torn."""
    cell, row = (at.x2 - at.x1) / (BITS + 2), (at.y2 - at.y1) / 2
    # the first bit stands next to the right guard: the window is a looking-glass
    columns = (at.x2 - (np.arange(BITS) + 1.5) * cell).astype(int)
    upper, lower = (pixels[int(at.y1 + (i + 0.5) * row), columns, :3].astype(np.int16) for i in (0, 1))
    difference = upper.mean(axis=1) - lower.mean(axis=1)
    if np.abs(difference).min() < SURE:
        return None
    return int(((difference > 0).astype(np.int64) << np.arange(BITS)).sum())


class Sight:
    """Follows the marker through readings of a screen: looks near where it was, and all over when it is lost.

    ``area`` says which part of the screen to read next; ``see`` takes its pixels.
    """

    def __init__(self, width: int, height: int, margin: int = 24) -> None:
        self._all = Place(0, 0, width, height)
        self._margin = margin
        self.area = self._all

    @property
    def lost(self) -> bool:
        return self.area == self._all

    def see(self, pixels: NDArray[np.uint8]) -> int | None:
        """The number in the pixels of :attr:`area`, (h, w, 4) uint8 BGRA, or None."""
        found = find(pixels)
        number = None if found is None else read(pixels, found)
        if found is None or number is None:
            self.area = self._all
            return None
        left, top = self.area.x1, self.area.y1
        self.area = Place(
            max(0, left + found.x1 - self._margin), max(0, top + found.y1 - self._margin),
            min(self._all.x2, left + found.x2 + self._margin), min(self._all.y2, top + found.y2 + self._margin))
        return number
