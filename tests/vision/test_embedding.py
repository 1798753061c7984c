"""Embeddings of worn garments: unit vectors of the piece itself, whatever stands beside it."""

from __future__ import annotations

import numpy as np
import pytest

from mirror.domain import Box
from mirror.runtime.manifest import Manifest
from mirror.runtime.session import Session
from mirror.vision.embedding import Embedder


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return Embedder(Session(Manifest.load()["garment-embedding"]))


def _scene(beside: int) -> np.ndarray:
    scene = np.full((300, 300, 3), beside, np.uint8)
    scene[50:250, 80:200] = np.random.default_rng(1).integers(0, 255, (200, 120, 3), np.uint8)
    return scene


def test_what_stands_beside_a_garment_does_not_change_it(embedder: Embedder) -> None:
    box = Box(90, 60, 190, 240)  # the margin that the embedder adds lies inside the drawn piece
    dark, light = (embedder.embed(_scene(beside), [box])[0] for beside in (0, 255))
    assert np.abs(dark - light).max() < 1e-6


def test_rows_are_unit_vectors_also_for_boxes_at_and_beyond_the_border(embedder: Embedder) -> None:
    rows = embedder.embed(_scene(90), [Box(0, 0, 300, 300), Box(-50, -50, 20, 20), Box(290, 290, 400, 400)])
    assert rows.shape == (3, embedder.dim)
    assert np.linalg.norm(rows, axis=1) == pytest.approx(1, abs=1e-4)


def test_no_boxes_give_no_rows(embedder: Embedder) -> None:
    assert embedder.embed(_scene(90), []).shape == (0, embedder.dim)
