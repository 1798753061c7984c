"""Batches for the embedding: two altered views of each garment, with the mask's view where a mask is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from export.embedding.alter import blur, fold, light
from export.embedding.data import KIND_NAMES, PADDING, SIDE, GarmentPicture, Picture, allowed_kinds

ZOOM, STRETCH, SHIFT, TURN = (0.8, 1.5), 0.12, 0.12, 15.0
NEAR_ZOOM, NEAR_STRETCH, NEAR_SHIFT, NEAR_TURN, NEAR_LIT = (0.92, 1.12), 0.05, 0.04, 5.0, 0.3
"""Of a far view and of a near one: scale, logarithm of the aspect's change, shift as a share of the side, turn in
degrees (and how often the near one is lit otherwise)."""
FOLDED, LIT, BLURRED, ERASED = 0.5, 0.8, 0.25, 0.3
"""How often each happens to a view."""
QUARTERS = (0.76, 0.1, 0.04, 0.1)
"""How often a view is turned by none to three quarters: many shop photos lie on their side, few of them in training."""
ERASED_SIDES = (0.1, 0.35)
CELL = 16
"""Pixels of one saliency cell."""


@dataclass(frozen=True, eq=False)
class Views:
    """For n garments seen twice, near views then far views: images (2n, 3, s, s) float32 RGB 0..255, share of garment
    per cell (2n, 1, s / 16, s / 16) with NaN where unknown, allowed kinds (2n, 21) of 0 and 1, and numbers of the
    garments (2n)."""

    images: Tensor
    cells: Tensor
    allowed: Tensor
    garments: Tensor


def view(
    image: Picture, mask: Picture | None, far: bool, rng: np.random.Generator, side: int = SIDE
) -> tuple[Picture, Picture | None]:
    """A (224, 224) picture and its mask as seen another time: little changed or, ``far``, hardly to be known again.

    A smaller ``side`` is a smaller picture of the garment, but less so than its side says: nets see more in larger
    pictures than they were trained on when the things in them keep their size.
    """
    smaller = (side / SIDE) ** 0.8
    ranges = (ZOOM, STRETCH, SHIFT, TURN, LIT) if far else (NEAR_ZOOM, NEAR_STRETCH, NEAR_SHIFT, NEAR_TURN, NEAR_LIT)
    zooms, stretch, shift, turn, lit = ranges
    zoom = float(np.exp(rng.uniform(*np.log(zooms))))
    quarters = 90.0 * int(rng.choice(len(QUARTERS), p=QUARTERS))
    matrix = cv2.getRotationMatrix2D((SIDE / 2, SIDE / 2), quarters + rng.uniform(-turn, turn), zoom * smaller)
    matrix[0] *= np.exp(rng.uniform(-stretch, stretch))
    moved = matrix[:, :2] @ np.array([SIDE / 2, SIDE / 2]) + matrix[:, 2]
    free = shift + max(0.0, zoom * smaller * SIDE / side - 1) / 2
    matrix[:, 2] += side / 2 - moved + rng.uniform(-free, free, 2) * side
    if rng.random() < 0.5:
        matrix[0] = -matrix[0]
        matrix[0, 2] += side
    size, border = (side, side), (PADDING,) * 3
    out = np.asarray(cv2.warpAffine(image, matrix, size, flags=cv2.INTER_LINEAR, borderValue=border), np.uint8)
    seen = None if mask is None else np.asarray(cv2.warpAffine(mask, matrix, size, flags=cv2.INTER_NEAREST), np.uint8)
    if rng.random() < lit:
        out = light(out, rng)
    if not far:
        return out, seen
    if rng.random() < FOLDED:
        out = fold(out, rng)
    if rng.random() < BLURRED:
        out = blur(out, rng)
    if rng.random() < ERASED:
        h, w = (rng.uniform(*ERASED_SIDES, 2) * side).astype(int)
        y, x = int(rng.integers(side - h)), int(rng.integers(side - w))
        out[y : y + h, x : x + w] = rng.integers(0, 256, 3, np.uint8)
        if seen is not None:
            seen[y : y + h, x : x + w] = 0
    return out, seen


def cells_of(mask: Picture | None, side: int) -> NDArray[np.float32]:
    """Share of a 0/1 mask in each cell; NaN without a mask."""
    count = side // CELL
    if mask is None:
        return np.full((count, count), np.nan, np.float32)
    return mask.reshape(count, CELL, count, CELL).mean((1, 3), dtype=np.float32)


class Garments:
    """The training pictures by garment: a street garment's crop and cut-outs are of one."""

    def __init__(self, pictures: Sequence[GarmentPicture]) -> None:
        by_name: dict[str, list[int]] = {}
        for i, picture in enumerate(pictures):
            by_name.setdefault(picture.garment, []).append(i)
        self.pictures = pictures
        self.rows = list(by_name.values())
        self.sources = np.array([pictures[rows[0]].source for rows in self.rows])
        self.allowed = np.zeros((len(pictures), len(KIND_NAMES)), np.float32)
        for i, picture in enumerate(pictures):
            self.allowed[i, list(allowed_kinds(picture.category, picture.kind))] = 1

    def batch(self, numbers: Sequence[int], rng: np.random.Generator, side: int = SIDE) -> Views:
        """A near and a far view of each numbered garment, each of any of its pictures."""
        images, cells, picked = [], [], []
        for far in (False, True):
            for number in numbers:
                rows = self.rows[number]
                row = rows[int(rng.integers(len(rows)))]
                image, mask = view(self.pictures[row].image, self.pictures[row].mask, far, rng, side)
                images.append(image)
                cells.append(cells_of(mask, side))
                picked.append(row)
        stacked = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).float()
        return Views(
            stacked.contiguous(memory_format=torch.channels_last),
            torch.from_numpy(np.stack(cells))[:, None],
            torch.from_numpy(self.allowed[picked]),
            torch.tensor([*numbers, *numbers]),
        )
