"""Training examples: photos in memory (`export.garments.photos`) cropped and altered anew for every epoch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from export.garments.assign import Truth
from export.garments.paste import Piece, dressed
from export.garments.photos import CLASSES, INPUT_HEIGHT, INPUT_WIDTH, Picture, Sample, one_hot, to_input

LEAST_VISIBLE = 0.3
"""Share of a box that must remain in a crop for the garment to count."""
SINGLE_GROWTH = (1.0, 2.4)
"""How many times as high and wide as a photo of a garment by itself its region is: worn garments look no larger."""
HIDDEN_SHARE = 0.15
"""Of the crops in which a random patch is painted over (random erasing)."""
MASK_CELL = 8
"""Mask targets are shares per cell of the finest feature."""


def random_region(sample: Sample, rng: np.random.Generator) -> tuple[float, float, float, float]:
    """A region as the mirror may choose one: the whole photo, the person with margins, or a part of her."""
    h, w = sample.image.shape[:2]
    if not sample.worn:
        high, wide = h * rng.uniform(*SINGLE_GROWTH), w * rng.uniform(*SINGLE_GROWTH)
        left, top = rng.uniform(0, wide - w), rng.uniform(0, high - h)
        return -left, -top, wide - left, high - top
    kind = rng.random()
    if kind < 0.45 or len(sample.boxes) == 0:
        grow = rng.uniform(0.88, 1.2)
        cx = w / 2 + rng.uniform(-0.08, 0.08) * w
        cy = h / 2 + rng.uniform(-0.06, 0.06) * h
        return cx - w * grow / 2, cy - h * grow / 2, cx + w * grow / 2, cy + h * grow / 2
    x1, y1 = sample.boxes[:, :2].min(0)
    x2, y2 = sample.boxes[:, 2:].max(0)
    bw, bh = x2 - x1, y2 - y1
    left, right = rng.uniform(0.0, 0.45, 2) * bw
    # the head is above the uppermost garment, unless a hat is on it
    region = (x1 - left, y1 - rng.uniform(0.0, 0.28) * bh, x2 + right, y2 + rng.uniform(-0.02, 0.12) * bh)
    if kind > 0.94:
        part = rng.uniform(0.55, 0.9) * (region[3] - region[1])
        top = rng.uniform(region[1], region[3] - part)
        region = (region[0], top, region[2], top + part)
    return tuple(float(v) for v in region)  # type: ignore[return-value]


def random_affine(sample: Sample, rng: np.random.Generator) -> NDArray[np.float64]:
    """Cuts a random region into the input: letterboxed, sides stretched by up to 10 %, every other time mirrored.

    It does not turn the picture: a box about a turned garment is no longer tight, and looser boxes cost more average
    precision than the variety gains."""
    x1, y1, x2, y2 = random_region(sample, rng)
    scale = min(INPUT_WIDTH / (x2 - x1), INPUT_HEIGHT / (y2 - y1)) * rng.uniform(0.92, 1.05)
    stretch = np.exp(rng.uniform(-0.1, 0.1))
    sx, sy = scale * np.sqrt(stretch), scale / np.sqrt(stretch)
    a = np.array([[sx, 0.0], [0.0, sy]])
    shift = np.array([INPUT_WIDTH / 2, INPUT_HEIGHT / 2]) + rng.uniform(-0.03, 0.03, 2) * (INPUT_WIDTH, INPUT_HEIGHT)
    offset = shift - a @ np.array([(x1 + x2) / 2, (y1 + y2) / 2])
    matrix = np.concatenate([a, offset[:, None]], 1)
    if rng.random() < 0.5:
        matrix[0] = -matrix[0]
        matrix[0, 2] += INPUT_WIDTH
    return matrix


GREY = np.array([0.299, 0.587, 0.114])
"""Brightness of RGB (ITU-R BT.601)."""


def random_colour(image: Picture, rng: np.random.Generator) -> Picture:
    """Other light: gain, contrast, saturation, white balance; at times grey, blur, noise or a patch hidden. RGB in and
    out. All changes of colour together are one 3x4 matrix."""
    saturation = rng.uniform(0.5, 1.4) if rng.random() < 0.96 else 0.0
    gain = rng.uniform(0.75, 1.25) * rng.uniform(0.92, 1.08, 3)
    contrast = rng.uniform(0.75, 1.25)
    pivot = float(np.array(cv2.mean(image)[:3]) @ GREY)
    matrix = saturation * np.eye(3) + (1 - saturation) * GREY[None]
    offset = np.full(3, pivot * (1 - contrast))
    turned = np.concatenate([matrix * contrast, offset[:, None]], 1) * gain[:, None]
    x = cv2.transform(image, turned).astype(np.uint8, copy=False)
    if rng.random() < 0.10:
        x = cv2.GaussianBlur(x, (0, 0), float(rng.uniform(0.4, 1.3))).astype(np.uint8, copy=False)
    if rng.random() < 0.08:
        noise = rng.standard_normal(x.shape, dtype=np.float32) * np.float32(rng.uniform(2, 10))
        x = np.clip(x + noise, 0, 255).astype(np.uint8)
    if rng.random() < HIDDEN_SHARE:
        h, w = x.shape[:2]
        high, wide = (int(s * rng.uniform(0.05, 0.2)) for s in (h, w))
        top, left = int(rng.integers(h - high)), int(rng.integers(w - wide))
        x[top : top + high, left : left + wide] = rng.integers(0, 256, 3)
    return x


def moved_boxes(boxes: NDArray[np.float32], matrix: NDArray[np.float64]) -> NDArray[np.float32]:
    """Boxes after an affine that scales, mirrors and shifts."""
    ends = boxes.reshape(-1, 2, 2) * np.array([matrix[0, 0], matrix[1, 1]]) + matrix[:, 2]
    return np.concatenate([ends.min(1), ends.max(1)], 1).astype(np.float32)


def mask_shares(class_map: Picture, matrix: NDArray[np.float64]) -> NDArray[np.float32]:
    """Share of every class (0: none) in each 8x8 cell of the input: (16, 44, 32)."""
    half = matrix * 0.5
    size = (INPUT_WIDTH // 2, INPUT_HEIGHT // 2)
    small = cv2.warpAffine(class_map, half, size, flags=cv2.INTER_NEAREST, borderValue=0)
    cell = MASK_CELL // 2
    shares = np.zeros((CLASSES + 1, size[1] // cell, size[0] // cell), np.float32)
    for value in np.flatnonzero(np.bincount(small.ravel())):
        hot = (small == value).astype(np.float32)
        shares[value] = cv2.resize(hot, (size[0] // cell, size[1] // cell), interpolation=cv2.INTER_AREA)
    return shares


@dataclass(frozen=True, eq=False)
class Example:
    """An altered crop: picture (352, 256, 3) RGB uint8 with its garments in input pixels."""

    image: Picture
    boxes: NDArray[np.float32]
    labels: NDArray[np.int64]
    weights: NDArray[np.float32]
    masks: NDArray[np.float32]
    shares: NDArray[np.float32]


def random_example(sample: Sample, rng: np.random.Generator) -> Example:
    """One random crop of a sample."""
    matrix = random_affine(sample, rng)
    image = random_colour(to_input(sample.image, matrix), rng)
    whole = moved_boxes(sample.boxes, matrix)
    boxes = whole.copy()
    boxes[:, 0::2] = boxes[:, 0::2].clip(0, INPUT_WIDTH)
    boxes[:, 1::2] = boxes[:, 1::2].clip(0, INPUT_HEIGHT)
    sides, full = boxes[:, 2:] - boxes[:, :2], whole[:, 2:] - whole[:, :2]
    keep = (sides.min(1) >= 3) & (sides.prod(1) >= LEAST_VISIBLE * full.prod(1)) if len(boxes) else np.zeros(0, bool)
    if sample.mask is not None:
        masks = mask_shares(sample.mask, matrix)
    else:
        masks = np.zeros((CLASSES + 1, INPUT_HEIGHT // MASK_CELL, INPUT_WIDTH // MASK_CELL), np.float32)
    shares = one_hot(sample.labels) if sample.shares is None else sample.shares
    return Example(image, boxes[keep], sample.labels[keep], sample.weights[keep], masks, shares[keep])


def collate(examples: Sequence[Example]) -> tuple[torch.Tensor, Truth]:
    """A batch: images float32 (n, 3, 352, 256) in channels-last memory, and the padded truth."""
    n, g = len(examples), max(1, *(len(e.boxes) for e in examples))
    boxes, labels, weights = np.zeros((n, g, 4), np.float32), np.zeros((n, g), np.int64), np.zeros((n, g), np.float32)
    shares = np.zeros((n, g, CLASSES), np.float32)
    for i, e in enumerate(examples):
        k = len(e.boxes)
        boxes[i, :k], labels[i, :k], weights[i, :k], shares[i, :k] = e.boxes, e.labels, e.weights, e.shares
    images = torch.from_numpy(np.stack([e.image for e in examples])).permute(0, 3, 1, 2).float()
    truth = Truth(
        torch.from_numpy(boxes), torch.from_numpy(labels), torch.from_numpy(weights),
        torch.from_numpy(np.stack([e.masks for e in examples])), torch.from_numpy(shares),
    )
    return images.contiguous(memory_format=torch.channels_last), truth


def batches(
    samples: Sequence[Sample], batch: int, rng: np.random.Generator,
    pieces: Mapping[int, Sequence[Piece]] | None = None,
) -> Iterator[tuple[torch.Tensor, Truth]]:
    """One epoch of random batches, with ``pieces`` pasted; the last incomplete batch is left out."""
    order = rng.permutation(len(samples))
    for start in range(0, len(order) - batch + 1, batch):
        chosen = (samples[i] for i in order[start : start + batch])
        yield collate([random_example(dressed(s, pieces or {}, rng), rng) for s in chosen])
