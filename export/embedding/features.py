"""Features of every training picture from the frozen backbone, computed once and kept in a folder as float16."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from export.backbone import EfficientNetLite0
from export.embedding.data import GarmentPicture

BATCH = 32
COLOUR_SIDE = 56


@dataclass(frozen=True, eq=False)
class Features:
    """For n pictures: stride-16 (n, 112, 14, 14) and stride-32 (n, 320, 7, 7) float16, colours (n, 3, 56, 56) uint8
    RGB, saliency truth (n, 14, 14) float16 (NaN where unknown), and what the pictures show."""

    f16: NDArray[np.float16]
    f32: NDArray[np.float16]
    colours: NDArray[np.uint8]
    saliency: NDArray[np.float16]
    categories: tuple[str, ...]
    garments: tuple[str, ...]
    sources: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.categories)

    def save(self, folder: Path, name: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for part in ("f16", "f32", "colours", "saliency"):
            np.save(folder / f"{name}.{part}.npy", getattr(self, part))
        rows = {"categories": self.categories, "garments": self.garments, "sources": self.sources}
        (folder / f"{name}.json").write_text(json.dumps(rows))

    @classmethod
    def load(cls, folder: Path, name: str) -> Features:
        rows = json.loads((folder / f"{name}.json").read_text())
        parts = [np.load(folder / f"{name}.{part}.npy") for part in ("f16", "f32", "colours", "saliency")]
        f16, f32, colours, saliency = parts
        words = (tuple(rows[key]) for key in ("categories", "garments", "sources"))
        return cls(f16, f32, colours, saliency, *words)


def compute(pictures: Iterator[GarmentPicture], backbone: EfficientNetLite0) -> Features:
    """Runs the backbone over all pictures, batch by batch."""
    backbone.eval()
    f16, f32, colours, saliency = [], [], [], []
    rows: list[tuple[str, str, str]] = []
    waiting: list[GarmentPicture] = []

    def flush() -> None:
        if not waiting:
            return
        images = torch.from_numpy(np.stack([p.image for p in waiting])).permute(0, 3, 1, 2).float()
        with torch.no_grad():
            _, a, b = backbone(images.contiguous(memory_format=torch.channels_last))
            small = F.avg_pool2d(images, 4)
        f16.append(a.contiguous().half().numpy())
        f32.append(b.contiguous().half().numpy())
        colours.append(small.round().to(torch.uint8).contiguous().numpy())
        unknown = np.full((14, 14), np.nan, np.float16)
        saliency.append(np.stack([unknown if p.saliency is None else p.saliency for p in waiting]).astype(np.float16))
        rows.extend((p.category, p.garment, p.source) for p in waiting)
        waiting.clear()

    for picture in pictures:
        waiting.append(picture)
        if len(waiting) == BATCH:
            flush()
    flush()
    words = [tuple(column) for column in zip(*rows, strict=True)]
    return Features(
        np.concatenate(f16), np.concatenate(f32), np.concatenate(colours), np.concatenate(saliency), *words
    )
