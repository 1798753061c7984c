"""Photos with known garments: reading them, and cutting the detector's input from one. Needs no torch."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mirror.domain import DETECTED_CATEGORIES

INPUT_WIDTH, INPUT_HEIGHT = 256, 352
"""The detector's input, in pixels."""
STRIDES = (8, 16, 32)
"""Of the three grids of points that look for garments, finest first."""
CLASSES = 15
"""DETECTED_CATEGORIES of the mirror, in their order."""
PADDING = 114
"""Grey around a letterboxed picture."""
UNSURE_WEIGHT = 0.4
"""Weight of a garment whose label is a guess."""

Picture = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Truth:
    """What a COCO-style file says of one photo: file name, boxes x1 y1 x2 y2 in pixels (n, 4), class indices,
    weights, what each may be as shares of one (n, 15), and its entries as they stand."""

    name: str
    boxes: NDArray[np.float32]
    labels: NDArray[np.int64]
    weights: NDArray[np.float32]
    shares: NDArray[np.float32]
    entries: Sequence[dict[str, Any]]


@dataclass(frozen=True, eq=False)
class Sample:
    """One photo: RGB uint8, boxes x1 y1 x2 y2 in pixels, class indices, weights, and a map of class index + 1 per
    pixel (0: none) or None where no masks are known. ``shares`` (n, 15): what each garment may be, None where the
    labels are sure. ``worn`` is false for a photo of a garment by itself."""

    name: str
    image: Picture
    boxes: NDArray[np.float32]
    labels: NDArray[np.int64]
    weights: NDArray[np.float32]
    mask: Picture | None
    shares: NDArray[np.float32] | None = None
    worn: bool = True


def read_rgb(path: Path) -> Picture:
    """Reads a picture as RGB uint8. Raises ValueError when it cannot."""
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise ValueError(f"{path}: not a readable picture")
    return np.ascontiguousarray(image[..., ::-1]).astype(np.uint8, copy=False)


def _class_map(annotations: Sequence[dict[str, Any]], height: int, width: int) -> Picture:
    from pycocotools import mask as rle

    out = np.zeros((height, width), np.uint8)
    for a in sorted(annotations, key=lambda a: -float(a["area"])):
        out[rle.decode(a["segmentation"]).astype(bool)] = a["category_id"]
    return out


def one_hot(labels: NDArray[np.int64]) -> NDArray[np.float32]:
    """Shares (n, 15) of garments whose category is sure."""
    return np.eye(CLASSES, dtype=np.float32)[labels].reshape(-1, CLASSES)


def read_truth(annotations: Path) -> list[Truth]:
    """The photos of a COCO-style file. Category ids count from 1 in the order of DETECTED_CATEGORIES."""
    document = json.loads(annotations.read_text())
    of_image: dict[int, list[dict[str, Any]]] = {}
    for entry in document["annotations"]:
        of_image.setdefault(entry["image_id"], []).append(entry)
    out = []
    for photo in document["images"]:
        found = of_image.get(photo["id"], [])
        xywh = np.array([a["bbox"] for a in found], np.float32).reshape(-1, 4)
        boxes = np.concatenate([xywh[:, :2], xywh[:, :2] + xywh[:, 2:]], 1)
        labels = np.array([a["category_id"] - 1 for a in found], np.int64)
        weights = [a.get("weight", UNSURE_WEIGHT if a.get("unsure") else 1.0) for a in found]
        shares = one_hot(labels)
        for i, entry in enumerate(found):
            if "shares" in entry:
                shares[i] = [entry["shares"].get(name, 0.0) for name in DETECTED_CATEGORIES]
                shares[i] /= shares[i].sum()
        out.append(Truth(photo["file_name"], boxes, labels, np.array(weights, np.float32), shares, found))
    return out


def read_samples(
    annotations: Path, images: Path, masks: bool = True, limit: int | None = None, worn: bool = True
) -> list[Sample]:
    """All photos of a COCO-style file, decoded; masks need pycocotools."""
    samples = []
    for truth in read_truth(annotations)[:limit]:
        image = read_rgb(images / truth.name)
        has_masks = masks and all("segmentation" in a for a in truth.entries)
        mask = _class_map(truth.entries, *image.shape[:2]) if has_masks else None
        samples.append(Sample(truth.name, image, truth.boxes, truth.labels, truth.weights, mask, truth.shares, worn))
    return samples


def letterbox(width: float, height: float) -> NDArray[np.float64]:
    """The 2x3 affine that fits a whole picture into the input, aspect kept, centred."""
    scale = min(INPUT_WIDTH / width, INPUT_HEIGHT / height)
    return np.array(
        [[scale, 0, (INPUT_WIDTH - width * scale) / 2], [0, scale, (INPUT_HEIGHT - height * scale) / 2]]
    )


def to_input(image: Picture, matrix: NDArray[np.float64]) -> Picture:
    """The network's input picture (352, 256, 3) that an affine of scales (negative: mirrored) and shifts cuts.

    The affine maps edges to edges, as boxes do, not pixel centres. Shrinking averages areas, as the mirror's own
    cropping does: bilinear sampling alone would alias, and look sharper than what the mirror sees.
    """
    matrix = matrix.copy()
    height, width = image.shape[:2]
    wide = min(width, max(1, round(width * abs(matrix[0, 0]))))
    high = min(height, max(1, round(height * abs(matrix[1, 1]))))
    if (wide, high) != (width, height):
        image = cv2.resize(image, (wide, high), interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
        matrix[0, 0] *= width / wide
        matrix[1, 1] *= height / high
    matrix[:, 2] += 0.5 * (matrix[0, 0] - 1), 0.5 * (matrix[1, 1] - 1)
    size = (INPUT_WIDTH, INPUT_HEIGHT)
    out = cv2.warpAffine(image, matrix, size, flags=cv2.INTER_LINEAR, borderValue=(PADDING, PADDING, PADDING))
    return out.astype(np.uint8, copy=False)
