"""Crops: a region of a frame, cut, resized and prepared as a card says, in a preallocated model input."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mirror.domain import Box, FloatArray, ImageArray, MirrorError
from mirror.runtime.manifest import ModelCard
from mirror.vision.decoders.options import Options

_CV_TYPES: dict[int, type[np.generic]] = {1: np.uint8, 2: np.uint16, 4: np.float32, 8: np.float64}


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
    """Cuts crops for one model into one preallocated tensor (batch of 1), prepared as its card says.

    The card's ``layout``, ``colour``, input dtype, ``scale``, ``mean`` and ``std`` (in the input's channel order) are
    followed; one channel takes grey. Options: ``pad`` (a value 0..255, or one per channel in the input's order) is what
    lies outside the frame; ``fit`` is letterbox (the region is widened to the input's aspect) or stretch;
    ``input_size`` [height, width] where the graph leaves it open, or takes the picture as one row of numbers.

    Shrinking uses INTER_AREA (bilinear aliases when the frame is much larger than the input), growing bilinear. Not
    thread-safe: each reader owns its own.
    """

    def __init__(self, card: ModelCard, pad: float = 0) -> None:
        """``pad`` stands where the card has none. Raises MirrorError when the card's input is no picture."""
        options = Options(card)
        self.planar = card.layout == "NCHW"
        channels, self.height, self.width = _picture_shape(card, options)
        self._stretch = options.choice("fit", ("letterbox", "stretch"), "letterbox") == "stretch"
        dtype = np.dtype(card.inputs[0].dtype)
        shape = (channels, self.height, self.width) if self.planar else (self.height, self.width, channels)
        flat = len(card.inputs[0].shape) == 2
        self.tensor: NDArray[Any] = np.zeros((1, int(np.prod(shape))) if flat else (1, *shape), dtype)
        # cv2 moves values of any type that is as wide as one of its own
        self._out = self.tensor.reshape(shape).view(_CV_TYPES[dtype.itemsize])
        self._pixels: ImageArray = np.zeros((self.height, self.width, 3), np.uint8)
        # where each channel of the input stands in a BGR picture
        self._sources = (0,) if channels == 1 else (0, 1, 2) if card.colour == "bgr" else (2, 1, 0)
        self._grey = channels == 1
        self._ordered: ImageArray = np.zeros(self._pixels.shape, np.uint8)
        self._plane: ImageArray = np.zeros((self.height, self.width), np.uint8)
        self._pad = _pad(options, pad, channels, self._sources)
        self._table = _prepared_values(card, channels, dtype).view(self._out.dtype)
        self._tables = [np.ascontiguousarray(self._table[:, :, c]) for c in range(channels)]

    def fill(self, image: ImageArray, region: Box) -> Letterbox:
        """Fill :attr:`tensor` with ``region`` of ``image`` (BGR uint8); returns the mapping back.

        A region wholly outside the image gives a crop of plain padding.
        """
        whole = region if self._stretch else fit_aspect(region, self.width, self.height)
        # whole frame pixels: nothing is cut between them
        left, top = int(np.floor(whole.x1)), int(np.floor(whole.y1))
        wide, tall = max(1, round(whole.width)), max(1, round(whole.height))
        letterbox = Letterbox(wide / self.width, tall / self.height, left, top)
        frame_h, frame_w = image.shape[:2]
        x1, y1, x2, y2 = max(0, left), max(0, top), min(frame_w, left + wide), min(frame_h, top + tall)
        if x2 > x1 and y2 > y1:
            a, b = round((x1 - left) / letterbox.scale_x), round((x2 - left) / letterbox.scale_x)
            c, d = round((y1 - top) / letterbox.scale_y), round((y2 - top) / letterbox.scale_y)
            b, d = min(self.width, max(b, a + 1)), min(self.height, max(d, c + 1))
            a, c = min(a, b - 1), min(c, d - 1)
            # what lies in the frame fills whole input pixels, so it is that part's own scale that maps back exactly
            scale_x, scale_y = (x2 - x1) / (b - a), (y2 - y1) / (d - c)
            letterbox = Letterbox(scale_x, scale_y, x1 - a * scale_x, y1 - c * scale_y)
            shrinks = letterbox.scale_x > 1
            if (a, b, c, d) != (0, self.width, 0, self.height):
                self._pixels[:] = self._pad
            cv2.resize(
                image[y1:y2, x1:x2], (b - a, d - c), dst=self._pixels[c:d, a:b],
                interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR,
            )
        else:
            self._pixels[:] = self._pad
        self._prepare()
        return letterbox

    def _prepare(self) -> None:
        """The pixels as the net wants them. A channel has 256 values, so each is looked up in a table: the same numbers
        as computing them, for every type of input without an array in between."""
        if self._grey:
            cv2.cvtColor(self._pixels, cv2.COLOR_BGR2GRAY, dst=self._plane)
            cv2.LUT(self._plane, self._tables[0], dst=self._out.reshape(self.height, self.width))
        elif self.planar:
            for channel, source in enumerate(self._sources):
                cv2.extractChannel(self._pixels, source, dst=self._plane)
                cv2.LUT(self._plane, self._tables[channel], dst=self._out[channel])
        else:
            pixels = self._pixels
            if self._sources != (0, 1, 2):
                pixels = self._ordered
                cv2.cvtColor(self._pixels, cv2.COLOR_BGR2RGB, dst=pixels)
            cv2.LUT(pixels, self._table, dst=self._out)


def _prepared_values(card: ModelCard, channels: int, dtype: np.dtype[Any]) -> NDArray[Any]:
    """(1, 256, channels) of ``dtype``: each pixel value after the card's scale, mean and std, computed in float32."""
    values = np.arange(256, dtype=np.float32)[:, None] * np.float32(card.scale)
    values = np.broadcast_to(values, (256, channels))
    values = (values - _per_channel(card, "mean", card.mean, channels)) / _per_channel(card, "std", card.std, channels)
    if np.issubdtype(dtype, np.integer):
        limits = np.iinfo(dtype)
        values = np.clip(np.rint(values), limits.min, limits.max)
    return np.ascontiguousarray(values.astype(dtype)[None])


def _picture_shape(card: ModelCard, options: Options) -> tuple[int, int, int]:
    """Channels, height and width of the card's input."""
    spec = card.inputs[0]
    size = options.numbers("input_size", 2)
    if size is not None and any(side != int(side) or side < 1 for side in size):
        raise options.wrong("input_size", "must be [height, width] in whole pixels")
    shape: tuple[int | str, ...] = spec.shape
    if len(shape) == 2 and size is not None:
        channels = 1 if shape[1] == int(size[0] * size[1]) else 3
        row = int(channels * size[0] * size[1])
        if isinstance(shape[1], int) and shape[1] != row:
            raise options.wrong("input_size", f"makes a row of {row} numbers; the graph takes {shape[1]}")
        return channels, int(size[0]), int(size[1])
    where = f"model '{card.name}': input '{spec.name}' {list(shape)}"
    if card.layout == "none" or len(shape) != 4:
        raise MirrorError(f"{where}, layout {card.layout}: it takes pictures, whose layout is NHWC or NCHW")
    channels_, height, width = shape[1:] if card.layout == "NCHW" else (shape[3], *shape[1:3])
    if channels_ not in (1, 3):
        raise MirrorError(f"{where}: layout {card.layout} makes {channels_} channels of it; pictures have 1 or 3")
    if size is not None:
        for side, given in zip((height, width), size, strict=True):
            if isinstance(side, int) and side != given:
                raise options.wrong("input_size", f"is {given:g} where the graph's input has {side}")
        height, width = int(size[0]), int(size[1])
    if not isinstance(height, int) or not isinstance(width, int):
        raise MirrorError(f"{where} leaves its size open: give option input_size = [height, width]")
    return int(channels_), height, width


def _per_channel(card: ModelCard, key: str, values: tuple[float, ...], channels: int) -> FloatArray:
    if len(values) not in (1, channels):
        raise MirrorError(f"model '{card.name}': {key} has {len(values)} numbers; its input has {channels} channels")
    return np.broadcast_to(np.asarray(values, np.float32), channels)


def _pad(
    options: Options, default: float, channels: int, sources: tuple[int, ...]
) -> int | tuple[int, int, int]:
    """The padding as one value, or as a BGR pixel where its channels differ."""
    if isinstance(options.card.options.get("pad"), list):
        given = options.numbers("pad", channels) or ()
    else:
        given = (options.number("pad", default, least=0, most=255),) * channels
    if not all(0 <= value <= 255 for value in given):
        raise options.wrong("pad", "must lie in 0..255")
    if len(set(given)) == 1:
        return round(given[0])  # numpy fills one value far faster than a pixel
    bgr = [0, 0, 0]
    for value, place in zip(given, sources, strict=True):
        bgr[place] = round(value)
    return bgr[0], bgr[1], bgr[2]
