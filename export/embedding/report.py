"""What a network in training retrieves, for several shares of its parts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from export.embedding.data import FOOTWEAR, FOOTWEAR_CATEGORIES, KIND_CATEGORIES, GarmentPicture
from export.embedding.measure import retrieval
from export.embedding.net import GarmentEmbedding, Parts, joined

SETTINGS = ((0.8, 0.1), (0.7, 0.1), (0.6, 0.1), (0.6, 0.15), (0.5, 0.1), (0.5, 0.2), (0.4, 0.1), (0.4, 0.2))
"""Shares of kind and of colour that the report compares."""


def coarse(categories: Sequence[str]) -> list[str]:
    """Categories with all footwear as one, as the shop photos name it."""
    return [FOOTWEAR if c in FOOTWEAR_CATEGORIES else c for c in categories]


@torch.no_grad()
def parts_of(net: GarmentEmbedding, pictures: Sequence[GarmentPicture], batch: int = 32) -> Parts:
    """The parts of every picture as it is."""
    found = []
    for i in range(0, len(pictures), batch):
        images = np.stack([p.image for p in pictures[i : i + batch]])
        x = torch.from_numpy(images).permute(0, 3, 1, 2).float().contiguous(memory_format=torch.channels_last)
        found.append(net.parts(x))
    return Parts(*(torch.cat(column) for column in zip(*found, strict=True)))


def rows_of(parts: Parts, chosen: NDArray[np.bool_], kind: float, look: float) -> NDArray[np.float32]:
    """Embeddings of the chosen pictures for given shares."""
    mask = torch.from_numpy(chosen)
    rows: NDArray[np.float32] = joined(Parts(*(p[mask] for p in parts)), kind, look).numpy()
    return rows


def report(net: GarmentEmbedding, pictures: Sequence[GarmentPicture]) -> Iterator[dict[str, Any]]:
    """Retrieval figures on validation pictures for several shares of the parts."""
    parts = parts_of(net, pictures)
    sources = np.array([p.source for p in pictures])
    names = np.array(coarse([p.category for p in pictures]))
    garments = np.array([p.garment for p in pictures])
    shop, crop, cutout = (sources == s for s in ("shop", "street", "cutout"))
    asked = crop & np.isin(names, names[shop])
    nearest = parts.logits.argmax(1).tolist()
    said = np.array(coarse([KIND_CATEGORIES[i] for i in nearest]))
    yield {"kind_right": round(float((said == names)[shop].mean()), 3)}
    for kind, colour in SETTINGS:
        a, b, c = (rows_of(parts, chosen, kind, 1 - kind - colour) for chosen in (shop, crop, cutout))
        here = retrieval(a, names[shop].tolist())
        line = {"kind": kind, "colour": colour}
        line |= {"r1": round(here.r1, 3), "r5": round(here.r5, 3), "p5": round(here.p5, 3)}
        if not crop.any():
            yield line
            continue
        across = retrieval(b[asked[crop]], names[asked].tolist(), a, names[shop].tolist())
        same = retrieval(b, garments[crop].tolist(), c, garments[cutout].tolist())
        yield line | {
            "street_r1": round(across.r1, 3), "street_p5": round(across.p5, 3), "own_cutout": round(same.r1, 3),
        }
