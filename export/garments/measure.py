"""Detector outputs to garments and their average precision on the validation photos."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from export.coco_ap import Found, Precision, average_precision, iou_matrix
from export.garments.photos import Sample, letterbox, to_input

CLASS_IOU = 0.6
"""Overlap above which the weaker of two boxes of one class goes."""
LEAST_SCORE = 0.01
MOST_CANDIDATES = 300

Detector = Callable[[NDArray[np.float32]], tuple[NDArray[np.float32], NDArray[np.float32]]]
"""Image (1, 3, 352, 256) RGB 0..255 to boxes (1, p, 4) and scores (1, p, 15)."""


def suppress(
    boxes: NDArray[np.float64], labels: NDArray[np.int64], scores: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Indices that survive, by falling score. Boxes of unlike classes do not suppress each other: it costs 5 points of
    AP, and what one person can wear at once is decided later."""
    order = np.argsort(-scores, kind="mergesort")
    ious = iou_matrix(boxes, boxes)
    alive = np.ones(len(scores), bool)
    kept = []
    for i in order:
        if not alive[i]:
            continue
        kept.append(i)
        alive &= (labels != labels[i]) | (ious[i] <= CLASS_IOU)
    return np.array(kept, np.int64)


def detect(detector: Detector, sample: Sample, least_score: float = LEAST_SCORE) -> Found:
    """Garments of a whole photo, letterboxed; boxes in photo pixels."""
    h, w = sample.image.shape[:2]
    matrix = letterbox(w, h)
    feed = to_input(sample.image, matrix).transpose(2, 0, 1)[None].astype(np.float32)
    raw_boxes, raw_scores = detector(feed)
    point, label = np.nonzero(raw_scores[0] > least_score)
    score = raw_scores[0][point, label].astype(np.float64)
    top = np.argsort(-score, kind="mergesort")[:MOST_CANDIDATES]
    boxes = raw_boxes[0][point[top]].astype(np.float64)
    kept = suppress(boxes, label[top].astype(np.int64), score[top])
    boxes = boxes[kept]
    boxes[:, 0::2] = ((boxes[:, 0::2] - matrix[0, 2]) / matrix[0, 0]).clip(0, w)
    boxes[:, 1::2] = ((boxes[:, 1::2] - matrix[1, 2]) / matrix[1, 1]).clip(0, h)
    return Found(boxes, label[top][kept].astype(np.int64), score[top][kept])


def measure(detector: Detector, samples: Sequence[Sample]) -> Precision:
    """COCO AP of a detector on whole photos."""
    truth = [Found(s.boxes.astype(np.float64), s.labels, np.ones(len(s.labels))) for s in samples]
    return average_precision([detect(detector, s) for s in samples], truth)
