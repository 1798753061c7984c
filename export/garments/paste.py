"""Garments of other photos pasted onto a photo, where people wear such things: bags at the side, hats above.

After "Simple Copy-Paste" (Ghiasi et al. 2021), but placed by the outfit rather than anywhere: a piece keeps its place
and size relative to the box around all garments, with some jitter. What it hides is taken out of the truth.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from export.garments.photos import Picture, Sample, one_hot
from mirror.domain import DETECTED_CATEGORIES

WANTED: Mapping[str, float] = {
    "bag": 0.45, "hat": 0.10, "shoes": 0.05, "heels": 0.05, "boots": 0.06, "sandals": 0.06, "hosiery": 0.08,
    "top": 0.05, "shirt": 0.05, "longsleeve": 0.05,
}
"""How often each category is pasted, as shares of one: the small, the rare and the often confused."""
HAT = DETECTED_CATEGORIES.index("hat")
LEAST_PIXELS = 60
"""Pieces with fewer pixels than this in their own photo are not pasted."""
LEAST_SOLID = 0.2
"""A piece must fill this share of its box, else the mask is mostly holes."""
LEAST_LEFT = 0.35
"""A garment of which the pasted piece leaves less than this share of pixels no longer counts."""
SCALE_JITTER, PLACE_JITTER = 0.25, 0.10
"""Of a piece's size (as a factor either way) and of its place (in outfit heights)."""
PASTED, PASTED_TWICE = 0.5, 0.4
"""Share of photos that get a piece, and of those the share that get another."""
LEAST_WEIGHT = 0.9
"""Pieces whose label is a guess are not pasted."""


@dataclass(frozen=True, eq=False)
class Piece:
    """A garment cut out: RGB uint8 (h, w, 3), coverage 0..255 (h, w), class index, and where the centre of its box was:
    x from the outfit's middle line and y from its top, and its height, all in outfit heights."""

    image: Picture
    cover: Picture
    label: int
    x: float
    y: float
    height: float


def outfit(sample: Sample) -> tuple[float, float, float]:
    """Middle line x, top y and height of the box around all garments but hats, which not everybody wears, in pixels."""
    bodily = sample.boxes[sample.labels != HAT]
    boxes = bodily if len(bodily) else sample.boxes
    x1, y1 = boxes[:, :2].min(0)
    x2, y2 = boxes[:, 2:].max(0)
    return float(x1 + x2) / 2, float(y1), max(float(y2 - y1), 1.0)


def cut(samples: Sequence[Sample]) -> dict[int, list[Piece]]:
    """Pieces of all WANTED categories by class index. Photos without masks give none."""
    pieces: dict[int, list[Piece]] = {DETECTED_CATEGORIES.index(name): [] for name in WANTED}
    for sample in samples:
        if sample.mask is None or not len(sample.boxes):
            continue
        middle, top, tall = outfit(sample)
        for box, label, weight in zip(sample.boxes, sample.labels, sample.weights, strict=True):
            x1, y1, x2, y2 = (int(v) for v in (*np.floor(box[:2]), *np.ceil(box[2:])))
            if int(label) not in pieces or weight < LEAST_WEIGHT:
                continue
            inside = (sample.mask[y1:y2, x1:x2] == label + 1).astype(np.uint8) * np.uint8(255)
            if np.count_nonzero(inside) < max(LEAST_PIXELS, LEAST_SOLID * inside.size):
                continue
            pieces[int(label)].append(Piece(
                sample.image[y1:y2, x1:x2].copy(), inside, int(label),
                ((x1 + x2) / 2 - middle) / tall, ((y1 + y2) / 2 - top) / tall, (y2 - y1) / tall,
            ))
    return {label: found for label, found in pieces.items() if found}


def paste(sample: Sample, piece: Piece, rng: np.random.Generator) -> Sample:
    """The sample with a piece on it, mirrored every other time; the sample itself where the piece falls outside."""
    h, w = sample.image.shape[:2]
    middle, top, tall = outfit(sample)
    high = piece.height * tall * float(np.exp(rng.uniform(-SCALE_JITTER, SCALE_JITTER)))
    scale = high / piece.image.shape[0]
    size = (max(2, round(piece.image.shape[1] * scale)), max(2, round(high)))
    mirrored = rng.random() < 0.5
    x = middle + ((-piece.x if mirrored else piece.x) + rng.uniform(-PLACE_JITTER, PLACE_JITTER)) * tall
    y = top + (piece.y + rng.uniform(-PLACE_JITTER, PLACE_JITTER) / 2) * tall
    left, upper = round(x - size[0] / 2), round(y - size[1] / 2)
    a, b, c, d = max(0, left), max(0, upper), min(w, left + size[0]), min(h, upper + size[1])
    if c - a < 0.7 * size[0] or d - b < 0.7 * size[1]:
        return sample
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    image, cover = cv2.resize(piece.image, size, interpolation=way), cv2.resize(piece.cover, size, interpolation=way)
    if mirrored:
        image, cover = image[:, ::-1], cover[:, ::-1]
    part = np.s_[b - upper : d - upper, a - left : c - left]
    alpha = cover[part].astype(np.float32)[..., None] / 255
    out = sample.image.copy()
    out[b:d, a:c] = (out[b:d, a:c] * (1 - alpha) + image[part] * alpha).astype(np.uint8)
    hidden = np.zeros((h, w), bool)
    hidden[b:d, a:c] = alpha[..., 0] > 0.5
    ys, xs = np.nonzero(hidden)
    if not len(xs):
        return sample
    box = np.array([[xs.min(), ys.min(), xs.max() + 1, ys.max() + 1]], np.float32)
    boxes, keep = remaining(sample, hidden)
    labels = np.append(sample.labels[keep], piece.label)
    shares = one_hot(sample.labels) if sample.shares is None else sample.shares
    mask = None
    if sample.mask is not None:
        mask = sample.mask.copy()
        mask[hidden] = piece.label + 1
    return Sample(
        sample.name, out, np.concatenate([boxes[keep], box]), labels,
        np.append(sample.weights[keep], np.float32(1.0)), mask,
        np.concatenate([shares[keep], one_hot(labels[-1:])]),
    )


def remaining(sample: Sample, hidden: NDArray[np.bool_]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Boxes about what is left of each garment, and which garments still count. Without masks boxes stay, and a garment
    counts by the share of its box that is left."""
    boxes, keep = sample.boxes.copy(), np.ones(len(sample.boxes), bool)
    for i, (box, label) in enumerate(zip(sample.boxes, sample.labels, strict=True)):
        x1, y1, x2, y2 = (int(v) for v in (*np.floor(box[:2]), *np.ceil(box[2:])))
        part = np.s_[y1:y2, x1:x2]
        over = hidden[part]
        if not over.any():
            continue
        own = np.ones_like(over) if sample.mask is None else sample.mask[part] == label + 1
        left = own & ~over
        keep[i] = np.count_nonzero(left) >= LEAST_LEFT * max(1, int(np.count_nonzero(own)))
        if keep[i] and sample.mask is not None and left.any():
            ys, xs = np.nonzero(left)
            # only the side that the piece hides moves: the given box is better than the mask's extent
            ends = np.nonzero(own)
            for low, axis, start in ((0, xs, x1), (1, ys, y1)):
                before = ends[1 - low]
                if axis.min() > before.min():
                    boxes[i, low] = start + axis.min()
                if axis.max() < before.max():
                    boxes[i, low + 2] = start + axis.max() + 1
    return boxes, keep


def dressed(sample: Sample, pieces: Mapping[int, Sequence[Piece]], rng: np.random.Generator) -> Sample:
    """Every other time the sample with a piece on it, at times with two; the category drawn by WANTED."""
    if not pieces or not len(sample.boxes):
        return sample
    labels = sorted(pieces)
    odds = np.array([WANTED[DETECTED_CATEGORIES[label]] for label in labels])
    for share in (PASTED, PASTED_TWICE):
        if rng.random() >= share:
            break
        label = labels[int(rng.choice(len(labels), p=odds / odds.sum()))]
        sample = paste(sample, pieces[label][int(rng.integers(len(pieces[label])))], rng)
    return sample
