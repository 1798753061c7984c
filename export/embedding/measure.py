"""How good neighbours are: the retrieval figures of the embedding, in numpy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Retrieval:
    """Over all queries: share whose nearest is of their category, share with one such among five, and share of such
    among the five nearest."""

    r1: float
    r5: float
    p5: float


def retrieval(
    queries: NDArray[np.float32], query_labels: Sequence[str],
    gallery: NDArray[np.float32] | None = None, gallery_labels: Sequence[str] | None = None,
) -> Retrieval:
    """Nearest neighbours by cosine. Without a gallery each query searches all other queries (leave one out)."""
    unit = queries / np.linalg.norm(queries, axis=1, keepdims=True)
    if gallery is None or gallery_labels is None:
        similarity = unit @ unit.T
        np.fill_diagonal(similarity, -np.inf)
        theirs = np.asarray(query_labels)
    else:
        similarity = unit @ (gallery / np.linalg.norm(gallery, axis=1, keepdims=True)).T
        theirs = np.asarray(gallery_labels)
    nearest = np.argsort(-similarity, axis=1, kind="mergesort")[:, :5]
    hit = theirs[nearest] == np.asarray(query_labels)[:, None]
    return Retrieval(float(hit[:, 0].mean()), float(hit.any(1).mean()), float(hit.mean()))
