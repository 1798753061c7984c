"""Garments pasted onto photos: where they land, what they hide, and what the truth then says. Needs no torch."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from export.garments.paste import cut, outfit, paste, remaining
from export.garments.photos import CLASSES, INPUT_WIDTH, Sample, read_truth
from export.garments.pseudo import mirrored_points, shares_of, together
from mirror.domain import DETECTED_CATEGORIES

BAG, TROUSERS, HAT = (DETECTED_CATEGORIES.index(name) for name in ("bag", "trousers", "hat"))
RED = (250, 10, 10)


def wearer(bag: bool = True, hat: bool = False) -> Sample:
    """Trousers from y 100 to 300 about x 100, and at her right a bag."""
    image, mask = np.full((340, 200, 3), 90, np.uint8), np.zeros((340, 200), np.uint8)
    rows = [((80, 100, 120, 300), TROUSERS)]
    if bag:
        rows.append(((130, 150, 160, 190), BAG))
    if hat:
        rows.append(((90, 40, 110, 60), HAT))
    for (x1, y1, x2, y2), label in rows:
        image[y1:y2, x1:x2] = RED if label == BAG else (20, 40, 200)
        mask[y1:y2, x1:x2] = label + 1
    boxes = np.array([box for box, _ in rows], np.float32)
    labels = np.array([label for _, label in rows], np.int64)
    return Sample("w", image, boxes, labels, np.ones(len(rows), np.float32), mask)


def test_a_bag_lands_at_the_side_it_was_worn_at_or_the_other_and_is_in_the_truth() -> None:
    (piece,) = cut([wearer()])[BAG]
    rng = np.random.default_rng(0)
    for _ in range(20):
        out = paste(wearer(bag=False), piece, rng)
        assert out.labels.tolist() == [TROUSERS, BAG]
        x1, y1, x2, y2 = out.boxes[1].astype(int)
        assert (out.image[y1 + 2 : y2 - 2, x1 + 2 : x2 - 2] == RED).mean() > 0.95
        red = (out.image == RED).all(2)
        assert red.sum() == red[y1:y2, x1:x2].sum()
        assert 110 < (y1 + y2) / 2 < 240
        assert out.mask is not None
        assert (out.mask[red] == BAG + 1).mean() > 0.95
        assert out.shares is not None
        assert out.shares[1].argmax() == BAG
        assert out.shares.shape == (2, CLASSES)


def test_the_photo_itself_is_left_as_it_was() -> None:
    (piece,) = cut([wearer()])[BAG]
    sample = wearer()
    paste(sample, piece, np.random.default_rng(0))
    assert np.array_equal(sample.image, wearer().image)
    assert np.array_equal(sample.boxes, wearer().boxes)


def test_hats_do_not_shift_the_outfit() -> None:
    assert outfit(wearer(hat=True)) == outfit(wearer(hat=False))


def test_a_garment_that_is_mostly_hidden_no_longer_counts_and_one_partly_hidden_shrinks() -> None:
    sample = wearer()
    hidden = np.zeros((340, 200), bool)
    hidden[100:150, 80:120] = True
    boxes, keep = remaining(sample, hidden)
    assert keep.all()
    assert boxes[0].tolist() == [80, 150, 120, 300]
    hidden[100:260, 80:120] = True
    boxes, keep = remaining(sample, hidden)
    assert keep.tolist() == [False, True]
    assert boxes[1].tolist() == sample.boxes[1].tolist()


def test_photos_without_masks_give_no_pieces() -> None:
    sample = wearer()
    assert cut([Sample(sample.name, sample.image, sample.boxes, sample.labels, sample.weights, None)]) == {}


def test_shares_in_a_file_are_read_and_sure_labels_are_whole(tmp_path: Path) -> None:
    path = tmp_path / "photos.json"
    entry = {"image_id": 1, "bbox": [1, 2, 3, 4]}
    path.write_text(json.dumps({
        "images": [{"id": 1, "file_name": "a.jpg"}],
        "annotations": [
            {**entry, "category_id": 1, "shares": {"top": 0.6, "shirt": 0.2}, "weight": 0.5},
            {**entry, "category_id": BAG + 1},
        ],
    }))
    (truth,) = read_truth(path)
    assert truth.shares[0, :2] == pytest.approx([0.75, 0.25])
    assert truth.shares[1].tolist() == np.eye(CLASSES)[BAG].tolist()
    assert truth.weights.tolist() == [0.5, 1.0]


def test_doubt_is_shared_within_the_kind_and_tags_weigh_in() -> None:
    scores = np.zeros(CLASSES)
    scores[:3], scores[3] = (0.4, 0.01, 0.4), 0.9
    shares = shares_of(scores, 0, ["top"])
    assert set(shares) == {"top", "longsleeve"}
    assert shares["top"] > shares["longsleeve"] > 0.4


def test_two_readings_of_a_mirrored_picture_agree_about_a_detector_that_sees_places() -> None:
    turn = mirrored_points()
    assert sorted(turn) == list(range(len(turn)))
    assert turn[0] == INPUT_WIDTH // 8 - 1

    def brightness(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """One box about every point's cell, its score the red of the pixel at the cell's corner's centre."""
        rows, scores = [], []
        for stride in (8, 16, 32):
            high, wide = image.shape[2] // stride, image.shape[3] // stride
            ys, xs = np.mgrid[:high, :wide] * stride
            rows.append(np.stack([xs, ys, xs + stride, ys + stride], -1).reshape(-1, 4))
            scores.append(image[0, 0].reshape(high, stride, wide, stride).mean((1, 3)).ravel())
        score = np.repeat(np.concatenate(scores)[:, None], CLASSES, 1) / 255
        return np.concatenate(rows)[None].astype(np.float32), score[None].astype(np.float32)

    image = np.random.default_rng(0).uniform(0, 255, (1, 3, 352, 256)).astype(np.float32)
    boxes, scores = together([brightness])(image)
    plain_boxes, plain_scores = brightness(image)
    assert np.allclose(scores, plain_scores, atol=1e-5)
    assert np.allclose(boxes, plain_boxes, atol=1e-3)
