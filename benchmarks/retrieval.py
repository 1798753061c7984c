"""How right the garment embedding is on photos of senders that no training saw, and the seed's way beside it."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.pictures import Report, milliseconds, read_bgr
from benchmarks.same_garment import measure_same_garment
from export.embedding.measure import retrieval
from export.garments.photos import read_truth
from mirror.domain import DETECTED_CATEGORIES, Box, FloatArray, ImageArray, MirrorError
from mirror.runtime.manifest import Manifest
from mirror.runtime.session import Session
from mirror.vision.embedding import Embedder

SEED_SIDE = 80
SEED_SETTINGS = {"example": (200, 5, 2), "generous": (100, 10, 128)}
"""Trees, their depth and components. How many the seed had is not recorded: once as in scikit-learn's manifold example,
once with as many components as our embedding has."""
FOOTWEAR = ("shoes", "heels", "boots", "sandals")


def shop_photos(data: Path, split: str) -> tuple[list[Path], list[str]]:
    """Paths and categories of a split of the single-garment photos."""
    with (data / "clothing" / "index.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == split and row["category"]]
    return [data / "clothing" / "images" / row["image"] for row in rows], [row["category"] for row in rows]


def retrieval_report(vectors: FloatArray, labels: Sequence[str]) -> Report:
    """Leave-one-out retrieval of one category, rounded."""
    found = retrieval(vectors, labels)
    return {"R@1": round(found.r1, 4), "R@5": round(found.r5, 4), "P@5": round(found.p5, 4), "pictures": len(labels)}


def measure_embedding(data: Path, manifest: Manifest) -> Report:
    """Leave-one-out retrieval among the validation photos, street crops against them, and each of them, altered,
    against itself among all photos."""
    session = Session(manifest["garment-embedding"])
    embedder = Embedder(session)

    def embed(images: Iterable[ImageArray]) -> FloatArray:
        return np.stack([embedder.embed_whole(image) for image in images])

    paths, labels = shop_photos(data, "val")
    photos = [read_bgr(path) for path in paths]
    shop = embed(photos)
    gallery = np.concatenate([shop, embed(read_bgr(path) for path in shop_photos(data, "train")[0])])
    rows: list[FloatArray] = []
    names: list[str] = []
    for photo in read_truth(data / "ccp" / "instances_val.json"):
        sure = photo.weights >= 1
        categories = [DETECTED_CATEGORIES[c] for c in photo.labels[sure]]
        image = read_bgr(data / "ccp" / "images" / photo.name)
        rows.append(embedder.embed(image, [Box(*(float(v) for v in b)) for b in photo.boxes[sure]]))
        names += ["footwear" if c in FOOTWEAR else c for c in categories]
    street = np.concatenate(rows)
    asked = np.array([name in set(labels) for name in names])
    found = retrieval(street[asked], [n for n, yes in zip(names, asked, strict=True) if yes], shop, labels)
    return {
        "sha256": session.card.sha256, "embedder": embedder.name, **retrieval_report(shop, labels),
        "street_to_shop": {"R@1": round(found.r1, 4), "P@5": round(found.p5, 4), "queries": int(asked.sum())},
        "same_garment": measure_same_garment(embed, photos, gallery, range(len(photos))),
        "ms_one_thread": milliseconds(session),
    }


def seed_pixels(images: Iterable[ImageArray]) -> NDArray[np.float32]:
    """Each picture as 80x80 RGB numbers, the way the seed's catalogue read it."""
    rows = [cv2.resize(image, (SEED_SIDE, SEED_SIDE)).reshape(-1) for image in images]
    return np.stack(rows).astype(np.float32)


def measure_seed(data: Path, manifest: Manifest) -> Report:
    """The seed's embedding on the same photos: random trees on pixels, then SVD, fitted on the training split."""
    try:
        from sklearn.decomposition import TruncatedSVD
        from sklearn.ensemble import RandomTreesEmbedding
    except ImportError as error:
        raise MirrorError("the seed's way needs scikit-learn: pip install -e '.[dev]'") from error
    paths, labels = shop_photos(data, "val")
    photos = [read_bgr(path) for path in paths]
    fitted_on = seed_pixels(read_bgr(path) for path in shop_photos(data, "train")[0])
    report: Report = {}
    for name, (count, depth, components) in SEED_SETTINGS.items():
        trees = RandomTreesEmbedding(n_estimators=count, max_depth=depth, random_state=0)
        svd = TruncatedSVD(components, random_state=0)
        trained_on = svd.fit_transform(trees.fit_transform(fitted_on)).astype(np.float32)

        def embed(images: Iterable[ImageArray], trees: Any = trees, svd: Any = svd) -> FloatArray:
            found: FloatArray = svd.transform(trees.transform(seed_pixels(images))).astype(np.float32)
            return found

        shop = embed(photos)
        same = measure_same_garment(embed, photos, np.concatenate([shop, trained_on]), range(len(photos)))
        report[name] = {**retrieval_report(shop, labels), "same_garment": same}
    return report
