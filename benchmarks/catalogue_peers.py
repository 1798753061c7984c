"""Other ways to find the nearest items that pass a filter. Each answers (vector, what passes, k) with rows, on one
thread.

What a filter lets through is given to all of them as a ready mask, outside the time; our own index evaluates it
within. A library that is not installed, or whose graph would take too long to build, is a line that says so.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mirror.domain import FloatArray

Ask = Callable[[FloatArray, "Passing", int], Sequence[int]]
LARGEST_GRAPH = 200_000
"""Rows; above, hnswlib and usearch build for many minutes on one core."""

OVER_FETCH = 32
"""Times k that is asked of an index that knows no filter."""


@dataclass(frozen=True, eq=False)
class Passing:
    """What passes a filter: (rows,) bool, the same as 8 rows a byte, and as row numbers."""

    mask: NDArray[np.bool_]
    bits: NDArray[np.uint8]
    rows: NDArray[np.intp]

    @classmethod
    def of(cls, mask: NDArray[np.bool_]) -> Passing:
        """From the mask."""
        return cls(mask, np.packbits(mask, bitorder="little"), np.flatnonzero(mask))


def peers(vectors: FloatArray, graphs: bool) -> dict[str, Ask | str]:
    """Each peer by name, built over vectors float32 (rows, dim) of length 1, or why it is not there."""
    built: dict[str, Ask | str] = {"seed": _seed(vectors), "seed, filtered first": _seed_filtered_first(vectors)}
    for name, build, graph in (
        ("faiss Flat + bitmap", _faiss, False), ("scikit-learn brute, over-fetch", _sklearn, False),
        ("hnswlib + filter", _hnswlib, True), ("usearch, over-fetch", _usearch, True),
    ):
        if graph and not graphs and len(vectors) > LARGEST_GRAPH:
            built[name] = "not measured: building its graph takes many minutes; --graphs"
            continue
        try:
            built[name] = build(vectors)
        except ImportError as error:
            built[name] = f"not installed ({error.name})"
    return built


def _seed(vectors: FloatArray) -> Ask:
    """The seed's way: the distance to the whole catalogue in a list comprehension, sorted, then looked through."""

    def ask(vector: FloatArray, passing: Passing, k: int) -> Sequence[int]:
        distances = [(float(np.linalg.norm(row - vector)), place) for place, row in enumerate(vectors)]
        distances.sort()
        found: list[int] = []
        for _, place in distances:
            if passing.mask[place]:
                found.append(place)
                if len(found) == k:
                    break
        return found

    return ask


def _seed_filtered_first(vectors: FloatArray) -> Ask:
    """The same with a kinder order: only what passes is compared."""

    def ask(vector: FloatArray, passing: Passing, k: int) -> Sequence[int]:
        distances = [(float(np.linalg.norm(vectors[place] - vector)), place) for place in passing.rows.tolist()]
        distances.sort()
        return [place for _, place in distances[:k]]

    return ask


def _faiss(vectors: FloatArray) -> Ask:
    faiss: Any = importlib.import_module("faiss")
    faiss.omp_set_num_threads(1)
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)

    def ask(vector: FloatArray, passing: Passing, k: int) -> Sequence[int]:
        selector = faiss.IDSelectorBitmap(len(passing.bits), faiss.swig_ptr(passing.bits))
        _, found = index.search(vector[None], k, params=faiss.SearchParameters(sel=selector))
        return [int(place) for place in found[0] if place >= 0]

    return ask


def _sklearn(vectors: FloatArray) -> Ask:
    neighbors: Any = importlib.import_module("sklearn.neighbors")
    index = neighbors.NearestNeighbors(algorithm="brute", metric="cosine", n_jobs=1).fit(vectors)

    def ask(vector: FloatArray, passing: Passing, k: int) -> Sequence[int]:
        found = index.kneighbors(vector[None], min(OVER_FETCH * k, len(vectors)), return_distance=False)[0]
        return [int(place) for place in found if passing.mask[place]][:k]

    return ask


def _hnswlib(vectors: FloatArray) -> Ask:
    hnswlib: Any = importlib.import_module("hnswlib")
    index = hnswlib.Index("ip", vectors.shape[1])
    index.init_index(len(vectors), M=16, ef_construction=100)
    index.add_items(vectors)
    index.set_ef(100)
    index.set_num_threads(1)

    def ask(vector: FloatArray, passing: Passing, k: int) -> Sequence[int]:
        mask = passing.mask
        try:
            found, _ = index.knn_query(vector[None], k, filter=lambda place: bool(mask[place]))
        except RuntimeError:  # it found fewer than k
            return []
        return [int(place) for place in found[0]]

    return ask


def _usearch(vectors: FloatArray) -> Ask:
    usearch: Any = importlib.import_module("usearch.index")
    index = usearch.Index(ndim=vectors.shape[1], metric="ip", connectivity=16, expansion_add=100, expansion_search=100)
    index.add(np.arange(len(vectors)), vectors)

    def ask(vector: FloatArray, passing: Passing, k: int) -> Sequence[int]:
        found = index.search(vector, OVER_FETCH * k, threads=1).keys
        return [int(place) for place in found if passing.mask[place]][:k]

    return ask
