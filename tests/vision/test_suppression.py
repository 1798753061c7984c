"""Non-maximum suppression: one box a garment, neighbours of another class kept."""

from __future__ import annotations

import numpy as np

from mirror.vision.garments import suppress


def _scores(*rows: dict[int, float]) -> np.ndarray:
    scores = np.zeros((len(rows), 4), np.float32)
    for i, row in enumerate(rows):
        for label, value in row.items():
            scores[i, label] = value
    return scores


def test_the_best_of_overlapping_boxes_of_a_class_stays() -> None:
    boxes = np.array([[0, 0, 10, 20], [0, 1, 10, 21], [40, 0, 50, 20]], np.float32)
    kept = suppress(boxes, _scores({1: 0.7}, {1: 0.9}, {1: 0.5}), 0.3)
    assert [(label, round(score, 1), box[0]) for box, label, score in kept] == [(1, 0.9, 0), (1, 0.5, 40)]


def test_another_class_on_the_same_box_stays_for_the_outfit_to_decide() -> None:
    boxes = np.array([[0, 0, 10, 20], [0, 1, 10, 20]], np.float32)
    kept = suppress(boxes, _scores({0: 0.8}, {2: 0.6}), 0.3)
    assert [label for _, label, _ in kept] == [0, 2]


def test_a_coat_over_a_top_keeps_both() -> None:
    boxes = np.array([[0, 0, 20, 40], [4, 2, 16, 30]], np.float32)
    kept = suppress(boxes, _scores({3: 0.8}, {0: 0.6}), 0.3)
    assert [label for _, label, _ in kept] == [3, 0]


def test_scores_under_the_threshold_are_left_out() -> None:
    assert suppress(np.array([[0, 0, 9, 9]], np.float32), _scores({0: 0.29}), 0.3) == []
