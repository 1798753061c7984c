"""Finding one garment among thousands when it is seen again in other light, cut, blurred or folded.

The alterations are those of `export.embedding.alter` (smooth warps and shaded creases for folds), drawn with a fixed
seed. Asked are the photos of senders whom no training saw; searched are all photos, theirs and the 3,627 trained on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from export.embedding.alter import ALTERATIONS, Alteration, all_of_them
from mirror.domain import FloatArray, ImageArray

SEED = 20_26
WAYS: dict[str, Alteration] = {**ALTERATIONS, "all": all_of_them}
"""Each alteration alone, and all four one after another."""


def altered(image: ImageArray, way: str, number: int) -> ImageArray:
    """Picture ``number`` altered: the same picture on every machine and in every run."""
    rng = np.random.default_rng((SEED, list(WAYS).index(way), number))
    return WAYS[way](image, rng)


def ranks(queries: FloatArray, gallery: FloatArray, own: Sequence[int]) -> FloatArray:
    """How many of the gallery are as near (by cosine) to each query as its own row ``own[i]``, or nearer."""
    unit = queries / np.linalg.norm(queries, axis=1, keepdims=True)
    near = unit @ (gallery / np.linalg.norm(gallery, axis=1, keepdims=True)).T
    mine = near[np.arange(len(own)), np.asarray(own)]
    found: FloatArray = ((near >= mine[:, None]).sum(1) - 1).astype(np.float32)
    return found


def measure_same_garment(
    embed: Callable[[Sequence[ImageArray]], FloatArray], queries: Sequence[ImageArray], gallery: FloatArray,
    own: Sequence[int],
) -> dict[str, Any]:
    """R@1 and R@5 of each way, and the mean R@1 of the four alone.

    ``embed`` makes rows of BGR pictures; ``own[i]`` is the gallery row of query i itself.
    """
    report: dict[str, Any] = {}
    for way in WAYS:
        behind = ranks(embed([altered(image, way, i) for i, image in enumerate(queries)]), gallery, own)
        report[way] = {"R@1": round(float((behind < 1).mean()), 4), "R@5": round(float((behind < 5).mean()), 4)}
    alone = [report[way]["R@1"] for way in ALTERATIONS]
    return {"R@1": round(float(np.mean(alone)), 4), **report, "queries": len(queries), "gallery": len(gallery)}
