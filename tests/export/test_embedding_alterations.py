"""The same garment seen again: what the alterations do to a picture, and how finding it again is counted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from benchmarks.same_garment import WAYS, altered, measure_same_garment, ranks
from export.embedding.alter import ALTERATIONS


def _cloth(number: int, height: int = 180, width: int = 140) -> np.ndarray:
    """A checked piece of cloth on a plain ground; every number has its own colours and checks."""
    rng = np.random.default_rng(number)
    image = np.full((height, width, 3), 225, np.uint8)
    step = int(rng.integers(6, 14))
    rows, columns = np.mgrid[0 : height - 60, 0 : width - 50]
    dark = (rows // step + columns // step) % 2 == 0
    image[30:-30, 25:-25] = np.where(dark[..., None], rng.integers(0, 256, 3), rng.integers(0, 256, 3))
    return image


@pytest.mark.parametrize("way", list(WAYS))
def test_an_altered_picture_differs_keeps_its_size_and_is_the_same_each_time(way: str) -> None:
    image = _cloth(1)
    before = image.copy()
    once = altered(image, way, 7)
    assert np.array_equal(image, before)
    assert (once.shape, once.dtype) == (image.shape, np.uint8)
    assert np.array_equal(once, altered(image, way, 7))
    assert not np.array_equal(once, altered(image, way, 8))
    assert np.abs(once.astype(float) - image).mean() > 1


def test_light_moves_no_edge() -> None:
    image = np.zeros((60, 60, 3), np.uint8)
    image[20:40, 20:40] = 120
    lit = ALTERATIONS["light"](image, np.random.default_rng(0))
    assert (lit[:20] == 0).all()
    assert (lit[20:40, 20:40] > 0).all()


def test_blur_keeps_the_mean_and_takes_contrast() -> None:
    image = _cloth(2)
    for seed in range(4):
        blurred = ALTERATIONS["blur"](image, np.random.default_rng(seed))
        assert blurred.mean() == pytest.approx(image.mean(), abs=4)
        assert np.diff(blurred.astype(float), axis=1).std() < np.diff(image.astype(float), axis=1).std()


def test_a_cut_lies_inside_the_picture_it_is_cut_from() -> None:
    """Coordinates as colours: what a cut shows says where it was."""
    rows, columns = np.mgrid[0:200, 0:200]
    image = np.stack([rows, columns, np.zeros_like(rows)], -1).astype(np.uint8)
    for seed in range(8):
        seen = ALTERATIONS["crop"](image, np.random.default_rng(seed)).astype(float)
        height = seen[190, 100, 0] - seen[10, 100, 0]
        assert 0.5 * 180 < height < 1.1 * 180


def test_a_fold_darkens_and_shifts_but_leaves_most_of_the_cloth() -> None:
    image = _cloth(3)
    folded = ALTERATIONS["fold"](image, np.random.default_rng(0))
    assert folded.astype(float).min(2).min() < image.min(2).min() or folded.mean() < image.mean()
    assert np.corrcoef(folded.ravel(), image.ravel())[0, 1] > 0.5


def test_ranks_count_who_is_nearer_and_a_tie_is_no_find() -> None:
    gallery = np.array([[1, 0], [0, 1], [0.8, 0.6]], np.float32)
    assert ranks(np.array([[0.9, 0.45]], np.float32), gallery, [2]).tolist() == [0]
    assert ranks(np.array([[0.9, 0.45]], np.float32), gallery, [1]).tolist() == [2]
    assert ranks(np.ones((1, 2), np.float32), gallery[:2], [0]).tolist() == [1]


def test_an_embedding_that_sees_nothing_finds_nothing() -> None:
    pictures = [_cloth(i) for i in range(4)]

    def blind(images: Sequence[np.ndarray]) -> np.ndarray:
        return np.ones((len(images), 3), np.float32)

    report = measure_same_garment(blind, pictures, blind(pictures), range(4))
    assert report["R@1"] == 0
    assert report["gallery"] == 4
    assert set(WAYS) < set(report)
