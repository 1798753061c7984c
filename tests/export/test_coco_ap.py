"""Average precision the COCO way. The numbers were computed once with pycocotools 2.0.11 on the same boxes."""

from __future__ import annotations

import numpy as np
import pytest

from export.coco_ap import Found, average_precision, iou_matrix


def scene(seed: int = 7, pictures: int = 12) -> tuple[list[Found], list[Found]]:
    """Random garments and noisy guesses at them, some of another class, with many equal scores."""
    rng = np.random.default_rng(seed)
    truth, found = [], []
    for _ in range(pictures):
        n = int(rng.integers(1, 7))
        xy, wh = rng.uniform(0, 300, (n, 2)), rng.uniform(20, 120, (n, 2))
        boxes, labels = np.concatenate([xy, xy + wh], 1), rng.integers(0, 3, n)
        truth.append(Found(boxes, labels, np.ones(n)))
        near = np.repeat(boxes, 2, 0) + rng.normal(0, 7, (2 * n, 4))
        near[:, 2:] = np.maximum(near[:, 2:], near[:, :2] + 1)
        guess = np.where(rng.random(2 * n) < 0.8, np.repeat(labels, 2), rng.integers(0, 3, 2 * n))
        found.append(Found(near, guess, rng.random(2 * n).round(2)))
    return found, truth


def test_average_precision_equals_what_pycocotools_gives() -> None:
    result = average_precision(*scene())
    assert result.ap == pytest.approx(0.3058538507647322, abs=1e-9)
    assert result.ap50 == pytest.approx(0.6191900554524317, abs=1e-9)
    expected = {0: (0.4688853500734688, 0.252762249469094), 1: (0.750445992401438, 0.393056523206245),
                2: (0.6382388238823883, 0.2717427796188575)}
    for label, pair in expected.items():
        assert result.per_class[label] == pytest.approx(pair, abs=1e-9)


def test_the_truth_itself_scores_one() -> None:
    _, truth = scene()
    result = average_precision(truth, truth)
    assert result.ap == pytest.approx(1.0)


def test_a_second_box_on_the_same_garment_costs_precision() -> None:
    box = np.array([[10.0, 10.0, 60.0, 90.0]])
    one = np.array([0])
    truth = [Found(box, one, np.ones(1)), Found(box, one, np.ones(1))]
    double = Found(np.repeat(box, 2, 0), np.array([0, 0]), np.array([0.9, 0.8]))
    late = Found(box, one, np.array([0.5]))
    # hits at ranks 1 and 3: precision 1 up to recall 1/2, then 2/3
    expected = (51 * 1.0 + 50 * 2 / 3) / 101
    assert average_precision([double, late], truth).ap50 == pytest.approx(expected)


def test_nothing_found_scores_zero_and_no_truth_is_refused() -> None:
    nothing = Found(np.zeros((0, 4)), np.zeros(0, np.int64), np.zeros(0))
    _, truth = scene(pictures=1)
    assert average_precision([nothing], truth).ap == 0.0
    with pytest.raises(ValueError, match="no truth"):
        average_precision([nothing], [nothing])


def test_iou_of_boxes_that_share_half() -> None:
    a = np.array([[0.0, 0.0, 2.0, 1.0]])
    b = np.array([[1.0, 0.0, 3.0, 1.0], [5.0, 5.0, 6.0, 6.0]])
    assert iou_matrix(a, b).tolist() == [[pytest.approx(1 / 3), 0.0]]
