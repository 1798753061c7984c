"""The shipped garment models, run as the mirror runs them."""

from __future__ import annotations

import numpy as np
import pytest

from mirror.domain import DETECTED_CATEGORIES
from mirror.runtime.manifest import Manifest
from mirror.runtime.session import Session


@pytest.fixture(scope="module")
def detector() -> Session:
    return Session(Manifest.load()["garments"])


@pytest.fixture(scope="module")
def embedding() -> Session:
    return Session(Manifest.load()["garment-embedding"])


def test_detector_gives_ordered_boxes_and_scores_between_0_and_1(detector: Session) -> None:
    image = np.random.default_rng(0).uniform(0, 255, (1, 3, 352, 256)).astype(np.float32)
    boxes, scores = detector.run(image)
    assert boxes.shape[0] == 1
    assert boxes.shape[2] == 4
    assert scores.shape == (1, boxes.shape[1], 15)
    assert (boxes[..., 2:] > boxes[..., :2]).all()
    assert scores.min() >= 0
    assert scores.max() <= 1


def test_detector_finds_nothing_on_a_plain_wall(detector: Session) -> None:
    least = float(detector.card.options["score_threshold"])
    for grey in (0, 114, 200, 255):
        _, scores = detector.run(np.full((1, 3, 352, 256), grey, np.float32))
        assert scores.max() < least


def test_detector_labels_are_the_categories_of_the_mirror(detector: Session) -> None:
    assert detector.card.labels == DETECTED_CATEGORIES


def test_embeddings_have_norm_one_and_do_not_depend_on_the_batch(embedding: Session) -> None:
    images = np.random.default_rng(1).uniform(0, 255, (3, 3, 224, 224)).astype(np.float32)
    (together,) = embedding.run(images)
    assert together.shape == (3, 128)
    assert together.dtype == np.float32
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-4)
    for i in range(3):
        (alone,) = embedding.run(images[i : i + 1])
        assert np.allclose(alone[0], together[i], atol=1e-4)


def shirt(rgb: tuple[int, int, int], ground: int = 235) -> np.ndarray:
    """A drawn T-shirt of one colour on a plain ground: (3, 224, 224)."""
    image = np.full((224, 224, 3), ground, np.float32)
    image[60:200, 70:154] = rgb
    image[60:100, 40:184] = rgb
    return image.transpose(2, 0, 1)


def test_the_same_shirt_in_a_near_colour_is_nearer_than_in_a_far_one(embedding: Session) -> None:
    batch = np.stack([shirt((180, 30, 40)), shirt((160, 40, 45)), shirt((40, 60, 180))])
    (red, near, far) = embedding.run(batch)[0]
    assert red @ near > red @ far + 0.05


def test_the_ground_matters_less_than_the_colour_of_the_shirt(embedding: Session) -> None:
    batch = np.stack([shirt((180, 30, 40)), shirt((180, 30, 40), ground=205), shirt((40, 60, 180))])
    (red, other_ground, blue) = embedding.run(batch)[0]
    assert red @ other_ground > red @ blue
