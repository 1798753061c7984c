"""How a frame becomes the picture in the window: one view, used by the painter of pixels and of the overlay alike.

The camera thread composes the display buffer for a view, the window draws dots and tags through the same view, so
both always agree, also while the picture zooms and pans.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from mirror.domain import Box, ImageArray
from mirror.runtime.scratch import Scratch

EDGE_ROWS = 6
"""Rows (or columns) at the frame's border that give the colour of what lies beyond it."""
EDGE_BLUR = 161
"""Width in window pixels of the blur along that border: wide enough that a shoe leaves no streak."""

FADE = 56
"""Window pixels over which a reflection of the border fades into that colour: no seam is seen then."""
REFLECT_SHARE = 0.12
"""Gaps beside the frame up to this share of the window's width show the neighbouring strip as a reflection, which meets
the frame without a seam; a wider one would show whole things twice."""


class View(NamedTuple):
    """A mapping of frame pixels to window pixels, mirrored as in a looking-glass.

    A frame pixel (fx, fy) is painted at X = ox - fx * scale, Y = oy + fy * scale; ``width`` and ``height`` are the
    window's own pixels.
    """

    width: int
    height: int
    scale: float
    ox: float
    oy: float

    def point(self, fx: float, fy: float) -> tuple[float, float]:
        """The window pixel of a frame pixel."""
        return self.ox - fx * self.scale, self.oy + fy * self.scale

    def box(self, box: Box) -> Box:
        """The window box of a frame box (left stays left of right although the picture is mirrored)."""
        return Box(*self.edges(box))

    def edges(self, box: Box) -> tuple[float, float, float, float]:
        """The same as plain numbers: left, top, right, bottom."""
        return (self.ox - box.x2 * self.scale, self.oy + box.y1 * self.scale,
                self.ox - box.x1 * self.scale, self.oy + box.y2 * self.scale)


def filling(frame_width: int, frame_height: int, width: int, height: int) -> View:
    """The view that fills a window of ``width`` x ``height`` pixels with the middle of the frame."""
    scale = max(width / frame_width, height / frame_height)
    return View(width, height, scale, (width + frame_width * scale) / 2, (height - frame_height * scale) / 2)


def compose(image: ImageArray, view: View, out: ImageArray, scratch: Scratch | None = None) -> None:
    """Write the mirrored picture of a frame into a display buffer.

    ``image`` is BGR uint8 (h, w, 3); ``out`` BGRA uint8 (view.height, view.width, 4), C-contiguous, alpha 255.
    What lies beyond the frame is filled with the softened colours of its border, so that a wall goes on as a wall.
    With the caller's ``scratch`` kept from frame to frame nothing large is allocated.
    Raises ValueError when ``out`` has another shape.
    """
    if out.shape != (view.height, view.width, 4):
        raise ValueError(f"display buffer is {out.shape}, the view needs {(view.height, view.width, 4)}")
    frame_height, frame_width = image.shape[:2]
    left, right = _covered(view.ox - frame_width * view.scale, view.ox, view.width)
    top, bottom = _covered(view.oy, view.oy + frame_height * view.scale, view.height)
    if left >= right or top >= bottom:
        out[:] = (20, 18, 16, 255)
        return
    # whole source pixels that cover the visible part; the exact offset is kept to half a window pixel below
    sx1 = max(0, int((view.ox - right) / view.scale))
    sx2 = min(frame_width, int(np.ceil((view.ox - left) / view.scale)) + 1)
    sy1 = max(0, int((top - view.oy) / view.scale))
    sy2 = min(frame_height, int(np.ceil((bottom - view.oy) / view.scale)) + 1)
    scratch = scratch or Scratch()
    # the fourth channel comes last: resizing three costs a fifth less than resizing four (docs/design.md)
    small = scratch.room("flipped", (sy2 - sy1, sx2 - sx1, 3))
    cv2.flip(image[sy1:sy2, sx1:sx2], 1, dst=small)
    size = (max(1, round((sx2 - sx1) * view.scale)), max(1, round((sy2 - sy1) * view.scale)))
    x, y = round(view.ox - sx2 * view.scale), round(view.oy + sy1 * view.scale)
    large = scratch.room("large", (size[1], size[0], 3))
    cv2.resize(small, size, dst=large, interpolation=cv2.INTER_LINEAR)
    left, right = max(0, x), min(view.width, x + size[0])
    top, bottom = max(0, y), min(view.height, y + size[1])
    cv2.cvtColor(large[top - y : bottom - y, left - x : right - x], cv2.COLOR_BGR2BGRA, dst=out[top:bottom, left:right])
    _extend(out, left, top, right, bottom, scratch)


def _covered(low: float, high: float, limit: int) -> tuple[int, int]:
    """The whole window pixels between two edges, inside the window."""
    return max(0, round(low)), min(limit, round(high))


def _extend(out: ImageArray, left: int, top: int, right: int, bottom: int, scratch: Scratch) -> None:
    """Fill everything outside the given window rectangle with what goes on from its border, in place."""
    height, width = out.shape[:2]
    rows = out[top:bottom]
    if max(left, width - right) <= min(REFLECT_SHARE * width, right - left):
        # by cv2: numpy, unsure whether the two sides overlap, would make a copy first
        if left > 0:
            cv2.flip(rows[:, left : 2 * left], 1, dst=rows[:, :left])
        if right < width:
            cv2.flip(rows[:, 2 * right - width : right], 1, dst=rows[:, right:])
    else:
        # columns as rows: one way of filling serves all four sides
        turned = rows.transpose(1, 0, 2)
        _fill_before(turned[:right], left, scratch)
        _fill_before(turned[left:][::-1], width - right, scratch)
    _fill_before(out[:bottom], top, scratch)
    _fill_before(out[top:][::-1], height - bottom, scratch)


def _fill_before(rows: ImageArray, gap: int, scratch: Scratch) -> None:
    """Fill the first ``gap`` rows from those after them: their softened colour, and near the seam a reflection that
    fades into it."""
    if gap <= 0:
        return
    soft = _soft(rows[gap : gap + EDGE_ROWS])
    rows.view(np.uint32)[:gap] = soft.view(np.uint32)  # whole pixels: four times quicker than channel by channel
    fade = min(FADE, gap, len(rows) - gap)
    # soft + (near - soft) * share / 128: whole numbers of 16 bits are twice as quick as floats
    share = np.arange(1, fade + 1, dtype=np.int16)[:, None, None] * 128 // (fade + 1)
    near = scratch.room("near", (fade, *rows.shape[1:]), np.int16)
    np.subtract(rows[gap : gap + fade][::-1], soft, out=near, dtype=np.int16)
    near *= share
    near += 64
    near >>= 7
    near += soft
    np.copyto(rows[gap - fade : gap], near, casting="unsafe")


def _soft(strip: ImageArray) -> ImageArray:
    """The mean of border rows (n, length, 4), blurred along the border: (1, length, 4)."""
    mean = cv2.reduce(strip, 0, cv2.REDUCE_AVG)
    return np.asarray(cv2.blur(mean, (EDGE_BLUR, 1), borderType=cv2.BORDER_REPLICATE), np.uint8).reshape(mean.shape)
