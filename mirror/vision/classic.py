"""The seed's embedding: a picture's 80x80 pixels, random trees, a projection. Fitted on a shop's own pictures.

Totally random trees send each picture to one leaf each (`RandomTreesEmbedding`; Moosmann, Triggs and Jurie, 2006); the
leaves, as ones among zeros, are projected by principal components. Kept as plain arrays in an .npz, never as a pickle,
which is a program. It needs scikit-learn to be fitted and nothing but NumPy to be used.
"""

from __future__ import annotations

import hashlib
import importlib
import io
import os
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mirror.domain import Box, FloatArray, ImageArray, MirrorError

SIDE = 80
"""Pixels of a side, as in the seed."""
TREES, DEPTH, COMPONENTS = 200, 5, 128
"""Trees and depth as in scikit-learn's manifold example, which the seed's way comes from; components as many as our own
embedding has numbers (how many the seed kept is not recorded)."""
FIT_MOST = 2000
"""Pictures that are fitted on at most, evenly from those given: 150 MB."""

_FORM = 1
_KEYS: dict[str, tuple[str, int]] = {
    "roots": ("<i4", 1), "feature": ("<i4", 1), "threshold": ("<f4", 1), "left": ("<i4", 1), "right": ("<i4", 1),
    "column": ("<i4", 1), "components": ("<f4", 2), "shift": ("<f4", 1),
}
"""Array -> dtype and dimensions. Nodes of all trees stand in one row; ``feature`` is -1 where a node is a leaf,
``column`` where it is none."""


class ClassicEmbedder:
    """Embeds pictures as :class:`mirror.vision.embedding.Embedder` does, of the arrays of a fit."""

    session = None
    """No graph runs."""

    def __init__(self, arrays: dict[str, NDArray[Any]]) -> None:
        """Raises MirrorError when the arrays do not hang together."""
        self._arrays = {name: np.ascontiguousarray(arrays[name], dtype) for name, (dtype, _) in _KEYS.items()}
        _check(self._arrays)
        self.dim = int(self._arrays["components"].shape[1])
        digest = hashlib.sha256(f"classic {_FORM} {SIDE}".encode())
        for name in _KEYS:
            digest.update(str(self._arrays[name].shape).encode() + self._arrays[name].tobytes())
        self.name = f"classic@{digest.hexdigest()[:12]}"
        """"classic" and what was fitted: a catalogue of another fit is refused."""

    def embed(self, image: ImageArray, boxes: Sequence[Box]) -> FloatArray:
        """float32 (len(boxes), dim), each row of length 1, of the garments in ``boxes`` of a BGR uint8 image."""
        height, width = image.shape[:2]
        rows = np.empty((len(boxes), self.dim), np.float32)
        for i, box in enumerate(boxes):
            inside = box.clipped(Box(0, 0, width, height))
            x1, y1 = min(int(inside.x1), width - 1), min(int(inside.y1), height - 1)
            x2, y2 = max(x1 + 1, round(inside.x2)), max(y1 + 1, round(inside.y2))
            rows[i] = self.embed_whole(image[y1:y2, x1:x2])
        return rows

    def embed_whole(self, image: ImageArray) -> FloatArray:
        """float32 (dim,) of length 1: the embedding of a BGR uint8 picture of one garment."""
        arrays = self._arrays
        values = pixels(image)
        node = arrays["roots"]
        while True:
            feature = arrays["feature"][node]
            inner = feature >= 0
            if not inner.any():
                break
            left = values[np.maximum(feature, 0)] <= arrays["threshold"][node]
            node = np.where(inner, np.where(left, arrays["left"][node], arrays["right"][node]), node)
        row = arrays["components"][arrays["column"][node]].sum(axis=0, dtype=np.float64) + arrays["shift"]
        return np.asarray(row / max(float(np.linalg.norm(row)), 1e-9), np.float32)

    def save(self, folder: Path) -> Path:
        """Write the arrays to ``folder`` under :func:`file_of`; the same fit gives the same file. Raises
        MirrorError."""
        path = folder / file_of(self.name)
        data = io.BytesIO()
        np.savez(data, form=np.array(_FORM), **self._arrays)  # type: ignore[arg-type]
        draft = path.with_name(f".{path.name}.part")
        try:
            draft.write_bytes(data.getvalue())
            os.replace(draft, path)
        except OSError as error:
            raise MirrorError(f"{path}: cannot be written ({(error.strerror or str(error)).lower()})") from None
        return path

    @classmethod
    def load(cls, path: Path) -> ClassicEmbedder:
        """Read a file of :meth:`save`; nothing in it is executed. Raises MirrorError, one line."""
        try:
            with np.load(path, allow_pickle=False) as file:
                if int(file["form"]) != _FORM:
                    raise MirrorError(f"{path}: is an embedder of form {int(file['form'])}, this mirror reads {_FORM}")
                return cls({name: file[name] for name in _KEYS})
        except OSError as error:
            raise MirrorError(f"{path}: {(error.strerror or 'is no classic embedder').lower()}") from None
        except (KeyError, ValueError, TypeError, EOFError, zipfile.BadZipFile, AttributeError) as error:
            reason = " ".join(str(error).split())[:120]
            raise MirrorError(
                f"{path}: is no classic embedder ({reason}); make one with `mirror catalog build --embedder classic`"
            ) from None
        except MirrorError as error:
            raise MirrorError(f"{path}: {error}") from None

    @classmethod
    def fit(cls, pictures: Iterable[ImageArray]) -> ClassicEmbedder:
        """Fit on BGR uint8 pictures, the same embedder for the same ones on one machine. Raises MirrorError when there
        are fewer than three different ones, or scikit-learn is not installed."""
        ensemble, decomposition = _sklearn("ensemble"), _sklearn("decomposition")
        rows = np.array([pixels(picture) for picture in pictures], np.float32)
        different = len({row.tobytes() for row in rows})
        if different < 3:
            raise MirrorError(
                f"the classic embedder is fitted on the shop's pictures; {different} different ones are too few"
            )
        trees = ensemble.RandomTreesEmbedding(n_estimators=TREES, max_depth=DEPTH, random_state=0, n_jobs=1)
        leaves = trees.fit_transform(rows)
        count = min(COMPONENTS, different - 1, leaves.shape[1] - 1)
        projection = decomposition.PCA(count, svd_solver="arpack", random_state=0).fit(leaves)
        return cls(_arrays(trees, projection))


def file_of(name: str) -> str:
    """What the file of the embedder of this name is called: it says which fit it is."""
    return name.replace("@", "-") + ".npz"


def pixels(image: ImageArray) -> FloatArray:
    """float32 (SIDE * SIDE * 3,): a BGR picture as RGB numbers 0..255, row by row, stretched to a square."""
    shrinks = image.shape[0] > SIDE and image.shape[1] > SIDE
    small = cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    return np.ascontiguousarray(small[:, :, ::-1]).reshape(-1).astype(np.float32)


def _arrays(trees: Any, projection: Any) -> dict[str, NDArray[Any]]:
    """The numbers of a fitted RandomTreesEmbedding and PCA of scikit-learn."""
    parts: dict[str, list[NDArray[Any]]] = {name: [] for name in ("feature", "threshold", "left", "right", "column")}
    roots: list[int] = []
    nodes = columns = 0
    for estimator, leaves in zip(trees.estimators_, trees.one_hot_encoder_.categories_, strict=True):
        tree = estimator.tree_
        inner = tree.children_left >= 0
        column = np.full(tree.node_count, -1)
        column[np.asarray(leaves, int)] = columns + np.arange(len(leaves))
        parts["feature"].append(np.where(inner, tree.feature, -1))
        parts["threshold"].append(np.where(inner, _floor32(tree.threshold), 0))
        parts["left"].append(np.where(inner, tree.children_left + nodes, -1))
        parts["right"].append(np.where(inner, tree.children_right + nodes, -1))
        parts["column"].append(column)
        roots.append(nodes)
        nodes, columns = nodes + tree.node_count, columns + len(leaves)
    components = np.asarray(projection.components_, np.float64).T
    return {
        "roots": np.array(roots), **{name: np.concatenate(values) for name, values in parts.items()},
        "components": components, "shift": -np.asarray(projection.mean_, np.float64).ravel() @ components,
    }


def _floor32(numbers: NDArray[Any]) -> NDArray[np.float32]:
    """The largest float32 that is not above each: x <= t and x <= floor32(t) are the same for a float32 x."""
    rounded = numbers.astype(np.float32)
    return np.where(rounded > numbers, np.nextafter(rounded, np.float32(-np.inf)), rounded).astype(np.float32)


def _check(arrays: dict[str, NDArray[Any]]) -> None:
    """Raise MirrorError unless every number points to something, and every branch downwards."""
    for name, (_, dimensions) in _KEYS.items():
        if arrays[name].ndim != dimensions:
            raise MirrorError(f"is no classic embedder: '{name}' has {arrays[name].ndim} dimensions, not {dimensions}")
    feature, column = arrays["feature"], arrays["column"]
    nodes, (columns, dim) = np.arange(len(feature)), arrays["components"].shape
    inner = feature >= 0
    sound = (
        len(arrays["roots"]) > 0 and dim > 0 and arrays["shift"].shape == (dim,)
        and all(len(arrays[name]) == len(nodes) for name in ("threshold", "left", "right", "column"))
        and ((arrays["roots"] >= 0) & (arrays["roots"] < len(nodes))).all() and (feature < SIDE * SIDE * 3).all()
        and ((column[~inner] >= 0) & (column[~inner] < columns)).all()
        and all(
            (arrays[name][inner] > nodes[inner]).all() and (arrays[name][inner] < len(nodes)).all()
            for name in ("left", "right")
        )
        and all(bool(np.isfinite(arrays[name]).all()) for name in ("threshold", "components", "shift"))
    )
    if not sound:
        raise MirrorError("is no whole classic embedder: its numbers do not go together")


def _sklearn(part: str) -> Any:
    try:
        return importlib.import_module(f"sklearn.{part}")
    except ImportError as error:
        raise MirrorError(
            f"fitting the classic embedder needs scikit-learn ({error}): pip install 'smart-mirror[classic]'"
        ) from None
