"""One pair of shoes, one pair of trousers: what cannot be worn at once is one piece guessed twice."""

from __future__ import annotations

import numpy as np

from mirror.domain import Box, Garment, Pose
from mirror.vision.outfit import worn_together


def _worn(*pieces: tuple[str, float]) -> list[str]:
    # boxes apart from each other: only the places on the body decide
    boxes = [Box(20.0 * i, 0, 20.0 * i + 9, 9) for i in range(len(pieces))]
    garments = [Garment(category, box, score) for (category, score), box in zip(pieces, boxes, strict=True)]
    return [g.category for g in worn_together(garments)]


def test_the_surest_footwear_stays() -> None:
    assert _worn(("shoes", 0.4), ("boots", 0.6), ("boots", 0.35), ("trousers", 0.5)) == ["boots", "trousers"]


def test_a_dress_guessed_as_a_skirt_too_is_a_dress() -> None:
    assert _worn(("dress", 0.6), ("skirt", 0.5), ("outerwear", 0.4)) == ["dress", "outerwear"]


def test_layers_stay() -> None:
    worn = _worn(("outerwear", 0.7), ("longsleeve", 0.6), ("shirt", 0.5), ("top", 0.4), ("bag", 0.4), ("bag", 0.3))
    assert worn == ["outerwear", "longsleeve", "shirt", "bag", "bag"]


def test_one_box_seen_as_two_classes_is_one_piece_and_a_coat_over_a_top_is_two() -> None:
    shirt, top = Garment("shirt", Box(0, 0, 10, 20), 0.8), Garment("top", Box(0, 1, 10, 20), 0.6)
    coat, under = Garment("outerwear", Box(0, 0, 20, 40), 0.8), Garment("top", Box(4, 2, 16, 30), 0.6)
    assert worn_together([top, shirt]) == [shirt]
    assert worn_together([coat, under]) == [coat, under]


def test_hair_taken_for_a_hat_over_the_face_is_left_out_and_a_hat_above_it_stays() -> None:
    points = np.zeros((17, 3), np.float32)
    points[1:3] = (55, 48, 0.9), (45, 48, 0.9)  # the eyes
    pose = Pose(points)
    hair, sure = (Garment("hat", Box(30, 10, 70, 75), score) for score in (0.55, 0.7))
    crown, doubtful = (Garment("hat", Box(30, 10, 70, 55), score) for score in (0.55, 0.45))
    assert worn_together([hair], pose) == []
    assert worn_together([sure], pose) == [sure]
    assert worn_together([crown], pose) == [crown]
    assert worn_together([doubtful], pose) == []
