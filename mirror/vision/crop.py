"""Letterboxed crops: a region of a frame, cut and resized into a preallocated model input."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from mirror.domain import Box, FloatArray, ImageArray
from mirror.runtime.manifest import ModelCard


@dataclass(frozen=True)
class Letterbox:
    """How input pixels map to frame pixels: ``frame = input * scale + offset`` on each axis."""

    scale_x: float
    scale_y: float
    offset_x: float
    offset_y: float

    def to_frame(self, x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Input pixel coordinates, any shape, as frame pixel coordinates."""
        return x * self.scale_x + self.offset_x, y * self.scale_y + self.offset_y

    def box_to_frame(self, box: Box) -> Box:
        """A box in input pixels as a box in frame pixels."""
        return Box(
            box.x1 * self.scale_x + self.offset_x,
            box.y1 * self.scale_y + self.offset_y,
            box.x2 * self.scale_x + self.offset_x,
            box.y2 * self.scale_y + self.offset_y,
        )

    @property
    def to_input(self) -> NDArray[np.float64]:
        """The 2x3 affine from frame pixels to input pixels."""
        sx, sy = 1 / self.scale_x, 1 / self.scale_y
        return np.array([[sx, 0, -self.offset_x * sx], [0, sy, -self.offset_y * sy]], np.float64)


def fit_aspect(region: Box, width: int, height: int) -> Box:
    """The smallest box of the aspect width:height around ``region``, same centre (what a letterbox shows)."""
    scale = max(region.width / width, region.height / height, 1e-6)
    cx, cy = region.centre
    return Box(cx - width * scale / 2, cy - height * scale / 2, cx + width * scale / 2, cy + height * scale / 2)


class CropTensor:
    """Cuts crops for one model into one preallocated float32 RGB tensor (batch of 1).

    Shrinking uses INTER_AREA (bilinear aliases when the frame is much larger than the input), growing bilinear.
    Outside the frame the crop is ``pad`` grey. Not thread-safe: each reader owns its own.
    """

    def __init__(self, card: ModelCard, pad: int = 0) -> None:
        shape = [int(side) if isinstance(side, int) else 1 for side in card.inputs[0].shape]
        self.planar = card.layout == "NCHW"
        self.height, self.width = (shape[2], shape[3]) if self.planar else (shape[1], shape[2])
        self.tensor: FloatArray = np.zeros(
            (1, 3, self.height, self.width) if self.planar else (1, self.height, self.width, 3), np.float32
        )
        self._bgr: ImageArray = np.zeros((self.height, self.width, 3), np.uint8)
        self._pad = pad
        self._scale = np.float32(card.scale)
        self._mean = np.broadcast_to(np.asarray(card.mean, np.float32), 3)
        self._std = np.broadcast_to(np.asarray(card.std, np.float32), 3)
        self._plain = not self._mean.any() and bool((self._std == 1).all())

    def fill(self, image: ImageArray, region: Box) -> Letterbox:
        """Fill :attr:`tensor` with ``region`` of ``image`` (BGR uint8), letterboxed; returns the mapping back.

        A region wholly outside the image gives a crop of plain padding.
        """
        whole = fit_aspect(region, self.width, self.height)
        # whole frame pixels, so that the mapping back is exact for what was really cut
        left, top = int(np.floor(whole.x1)), int(np.floor(whole.y1))
        wide, tall = max(1, round(whole.width)), max(1, round(whole.height))
        letterbox = Letterbox(wide / self.width, tall / self.height, left, top)
        self._bgr[:] = self._pad
        frame_h, frame_w = image.shape[:2]
        x1, y1, x2, y2 = max(0, left), max(0, top), min(frame_w, left + wide), min(frame_h, top + tall)
        if x2 > x1 and y2 > y1:
            a, b = round((x1 - left) / letterbox.scale_x), round((x2 - left) / letterbox.scale_x)
            c, d = round((y1 - top) / letterbox.scale_y), round((y2 - top) / letterbox.scale_y)
            b, d = min(self.width, max(b, a + 1)), min(self.height, max(d, c + 1))
            a, c = min(a, b - 1), min(c, d - 1)
            shrinks = letterbox.scale_x > 1
            cv2.resize(
                image[y1:y2, x1:x2], (b - a, d - c), dst=self._bgr[c:d, a:b],
                interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR,
            )
        self._normalise()
        return letterbox

    def _normalise(self) -> None:
        for channel in range(3):
            plane = self.tensor[0, channel] if self.planar else self.tensor[0, :, :, channel]
            np.multiply(self._bgr[:, :, 2 - channel], self._scale, out=plane, dtype=np.float32, casting="unsafe")
            if not self._plain:
                plane -= self._mean[channel]
                plane /= self._std[channel]
