"""Solves for the look: ``python -m export.embedding.look RUN/last.pt OUT.pt --data SHARED [--blend START]``.

The look is a linear projection of features and layout, so its best weights need no descent: they are the directions in
which different garments differ most for what one garment differs from itself in other light, cut, blur and folds
(Fisher's linear discriminant with every photo a class of its own). Clean photos of the training senders and one
alteration of each kind of some of them give the two covariances; a generalised eigenproblem gives the directions.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from export.embedding.alter import ALTERATIONS
from export.embedding.data import Picture, square
from export.embedding.net import LOOK, GarmentEmbedding
from export.embedding.onnx_start import read_state
from export.embedding.to_onnx import blended
from export.garments.photos import read_rgb

ALTERED_PHOTOS = 600
WEIGHTS = {"crop": 8.0}
"""Alterations that count more than once: cuts shift everything, and are the hardest to see through."""
SHRINKAGE = 0.05
"""Of the covariance within a garment towards a multiple of the identity: it is known from few photos."""
BATCH = 32
Rows = NDArray[np.float64]


def directions(clean: Rows, pairs: Sequence[tuple[float, Rows]], count: int) -> tuple[Rows, Rows]:
    """Mean (f,) of ``clean`` (n, f) and the ``count`` best directions (f, count).

    ``pairs`` are weights and differences (m, f) of a garment to itself, altered.
    """
    within = sum(weight * rows.T @ rows / len(rows) for weight, rows in pairs)
    assert isinstance(within, np.ndarray)
    within += SHRINKAGE * np.trace(within) / len(within) * np.eye(len(within))
    # whiten what varies within a garment, then take what varies most between garments
    root = np.linalg.inv(np.linalg.cholesky(within))
    values, vectors = np.linalg.eigh(root @ np.cov(clean.T) @ root.T)
    best = np.argsort(values)[::-1][:count]
    return clean.mean(0), root.T @ vectors[:, best]


@torch.no_grad()
def features(net: GarmentEmbedding, pictures: Iterator[Picture]) -> Rows:
    """Pooled features and layout (n, 2752) of RGB squares."""
    rows: list[NDArray[np.float32]] = []
    batch: list[Picture] = []
    for picture in pictures:
        batch.append(picture)
        if len(batch) == BATCH:
            rows.append(_batch(net, batch))
            batch = []
    if batch:
        rows.append(_batch(net, batch))
    return np.concatenate(rows).astype(np.float64)


def _batch(net: GarmentEmbedding, pictures: Sequence[Picture]) -> NDArray[np.float32]:
    images = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float()
    seen = net.seen(images.contiguous(memory_format=torch.channels_last))
    return torch.cat([seen.pooled, seen.layout], 1).numpy()


def photos(folder: Path) -> list[Picture]:
    """The training senders' photos, RGB."""
    with (folder / "index.csv").open(newline="") as file:
        names = [row["image"] for row in csv.DictReader(file) if row["split"] == "train" and row["category"]]
    return [read_rgb(folder / "images" / name) for name in names]


def whole(image: Picture) -> Picture:
    """A photo letterboxed to the net's input."""
    return square(image, (0.0, 0.0, float(image.shape[1]), float(image.shape[0])))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--data", type=Path, required=True, help="the shared data folder")
    parser.add_argument("--blend", type=Path, help="what the run started from (.pt, .onnx): the mean is taken")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    state = read_state(args.weights)
    if args.blend:
        state = blended(state, read_state(args.blend))
    net = GarmentEmbedding().eval()
    # whatever look the run had is replaced
    kept = {name: value for name, value in state.items() if not name.startswith("look.")}
    missing = net.load_state_dict(kept, strict=False)
    assert set(missing.missing_keys) <= {"look.weight", "look.bias"}
    everything = photos(args.data / "clothing")
    clean = features(net, (whole(image) for image in everything))
    rng = np.random.default_rng(5)
    some = rng.permutation(len(everything))[:ALTERED_PHOTOS]
    pairs = [
        (WEIGHTS.get(name, 1.0), features(net, (whole(alter(everything[i], rng)) for i in some)) - clean[some])
        for name, alter in ALTERATIONS.items()
    ]
    mean, best = directions(clean, pairs, LOOK)
    with torch.no_grad():
        net.look.weight.copy_(torch.from_numpy(best.T))
        net.look.bias.copy_(torch.from_numpy(-mean @ best))
    torch.save({"model": net.state_dict()}, args.out)


if __name__ == "__main__":
    main()
