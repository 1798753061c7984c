"""Heatmaps of keypoints, [1, K, h, w], as AlphaPose's FastPose and HRNet give them: the peak, moved within its cell."""

from __future__ import annotations

import cv2
import numpy as np

from mirror.domain import FloatArray, MirrorError
from mirror.runtime.manifest import ModelCard
from mirror.vision.decoders.activation import ACTIVATIONS
from mirror.vision.decoders.contract import Outputs, PoseDecoder, expect_shape
from mirror.vision.decoders.options import Options

REFINEMENTS = ("quarter", "dark", "integral", "none")
DARK_BLUR = 11
"""Cells of the blur before DARK's step, for maps trained with a Gaussian of 2 cells: F. Zhang et al.,
'Distribution-aware coordinate representation for human pose estimation', 2020 (17 for their larger maps: option
``blur``)."""
LEAST_HEAT = 1e-10


def decoder(card: ModelCard, size: tuple[int, int]) -> PoseDecoder:
    """Options: ``refine`` quarter (a quarter cell towards the higher neighbour), dark, integral (the mean place of all
    heat) or none; ``activation`` none, sigmoid or softmax (over a map); ``blur`` for dark.

    The score is the peak after the activation, held within 0..1. Cell (x, y) lies at input pixel (x, y) times the
    stride, as those nets are trained. Raises MirrorError when card and options do not go together.
    """
    options = Options(card)
    index = options.output()
    refine = options.choice("refine", REFINEMENTS, "quarter")
    activation = options.choice("activation", tuple(ACTIVATIONS), "none")
    blur = int(options.number("blur", DARK_BLUR, least=3, most=99))
    if blur % 2 == 0:
        raise options.wrong("blur", "must be odd")
    shape = expect_shape(
        card, index, (1, len(card.labels) or None, None, None), f"[1, {len(card.labels) or 'keypoints'}, rows, columns]"
    )
    if shape[2] == 1 or shape[3] == 1:
        raise MirrorError(f"model '{card.name}': a heatmap of {shape[2]}x{shape[3]} has no place in it")
    width, height = size
    applied = ACTIVATIONS[activation]

    def decode(outputs: Outputs) -> FloatArray:
        maps = outputs[index][0]
        count, rows, columns = maps.shape
        heat = applied(maps.reshape(count, -1)).reshape(count, rows, columns)
        points = integral(heat) if refine == "integral" else peaks(heat)
        if refine == "quarter":
            points[:, :2] += quarter_step(heat, points)
        elif refine == "dark":
            points[:, :2] += dark_step(heat, points, blur)
        points *= np.array([width / columns, height / rows, 1.0], np.float32)
        np.clip(points[:, 2], 0.0, 1.0, out=points[:, 2])
        return points

    return decode


def peaks(heat: FloatArray) -> FloatArray:
    """(K, 3) float32 of column, row and value of the highest cell of each map (K, h, w)."""
    flat = heat.reshape(len(heat), -1)
    best = flat.argmax(axis=1)
    rows, columns = np.divmod(best, heat.shape[2])
    return np.column_stack([columns, rows, flat[np.arange(len(flat)), best]]).astype(np.float32)


def quarter_step(heat: FloatArray, points: FloatArray) -> FloatArray:
    """(K, 2): a quarter of a cell towards the higher neighbour on each axis; none at the map's rim."""
    at, x, y, inside = _inner(heat, points)
    step = np.zeros((len(points), 2), np.float32)
    right, left = heat[at, y, np.minimum(x + 1, heat.shape[2] - 1)], heat[at, y, np.maximum(x - 1, 0)]
    below, above = heat[at, np.minimum(y + 1, heat.shape[1] - 1), x], heat[at, np.maximum(y - 1, 0), x]
    step[:, 0], step[:, 1] = 0.25 * np.sign(right - left), 0.25 * np.sign(below - above)
    step[~inside] = 0
    return step


def dark_step(heat: FloatArray, points: FloatArray, blur: int) -> FloatArray:
    """(K, 2): to the maximum of the second-order expansion of the logarithm of the blurred map, about its peak."""
    smooth = np.stack([cv2.GaussianBlur(m, (blur, blur), 0) for m in heat.astype(np.float32)])
    top = smooth.reshape(len(smooth), -1).max(axis=1)
    wanted = heat.reshape(len(heat), -1).max(axis=1)
    smooth *= (wanted / np.maximum(top, LEAST_HEAT))[:, None, None]
    log = np.log(np.maximum(smooth, LEAST_HEAT))
    at, x, y, _ = _inner(heat, points)
    # the second differences reach two cells away
    inside = (x > 1) & (x < heat.shape[2] - 2) & (y > 1) & (y < heat.shape[1] - 2)
    x, y = np.where(inside, x, 2), np.where(inside, y, 2)
    if min(heat.shape[1:]) < 5:
        return np.zeros((len(points), 2), np.float32)

    def cell(dx: int, dy: int) -> FloatArray:
        return np.asarray(log[at, y + dy, x + dx], dtype=np.float32)

    middle = cell(0, 0)
    gx, gy = 0.5 * (cell(1, 0) - cell(-1, 0)), 0.5 * (cell(0, 1) - cell(0, -1))
    xx = 0.25 * (cell(2, 0) - 2 * middle + cell(-2, 0))
    yy = 0.25 * (cell(0, 2) - 2 * middle + cell(0, -2))
    xy = 0.25 * (cell(1, 1) - cell(1, -1) - cell(-1, 1) + cell(-1, -1))
    determinant = xx * yy - xy * xy
    solvable = inside & (np.abs(determinant) > 1e-9)
    safe = np.where(solvable, determinant, 1.0)
    step = np.column_stack([-(yy * gx - xy * gy) / safe, -(xx * gy - xy * gx) / safe])
    # a step of more than a cell means that the map is no hill about its peak
    good = solvable & (np.abs(step).max(axis=1) <= 1.0)
    return np.where(good[:, None], step, 0.0).astype(np.float32)


def integral(heat: FloatArray) -> FloatArray:
    """(K, 3): the mean column and row of all heat, and the highest value."""
    weights = np.maximum(heat, 0.0)
    total = np.maximum(weights.sum(axis=(1, 2)), LEAST_HEAT)
    x = weights.sum(axis=1) @ np.arange(heat.shape[2], dtype=np.float32) / total
    y = weights.sum(axis=2) @ np.arange(heat.shape[1], dtype=np.float32) / total
    return np.column_stack([x, y, heat.reshape(len(heat), -1).max(axis=1)]).astype(np.float32)


def _inner(heat: FloatArray, points: FloatArray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Map index, column, row of each point, and whether it lies off the rim."""
    x, y = points[:, 0].astype(np.intp), points[:, 1].astype(np.intp)
    inside = (x > 0) & (x < heat.shape[2] - 1) & (y > 0) & (y < heat.shape[1] - 1)
    return np.arange(len(points)), x, y, inside
