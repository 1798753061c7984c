"""Average precision of boxes the way COCO counts it, in numpy: checked against pycocotools in the tests.

Greedy matching by falling score at each IoU threshold, precision made monotone, read at 101 recalls; all areas, no
crowds. AP is the mean over 0.50:0.05:0.95, AP50 that at 0.50; a class without truth is left out of the mean.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

IOU_THRESHOLDS = np.linspace(0.5, 0.95, 10)
RECALLS = np.linspace(0.0, 1.0, 101)
MOST_PER_IMAGE = 100

Boxes = NDArray[np.float64]


@dataclass(frozen=True)
class Found:
    """Detections (or, without scores, truth) of one picture: boxes x1 y1 x2 y2 (n, 4), labels (n,), scores (n,)."""

    boxes: Boxes
    labels: NDArray[np.int64]
    scores: NDArray[np.float64]


@dataclass(frozen=True)
class Precision:
    """AP and AP50 over the classes that have truth, and per class label the pair (AP50, AP)."""

    ap: float
    ap50: float
    per_class: Mapping[int, tuple[float, float]]


def iou_matrix(a: Boxes, b: Boxes) -> Boxes:
    """IoU of every box of a (n, 4) with every box of b (m, 4): (n, m)."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    both = np.clip(high - low, 0, None).prod(-1)
    area_a, area_b = (a[:, 2:] - a[:, :2]).prod(-1), (b[:, 2:] - b[:, :2]).prod(-1)
    union = area_a[:, None] + area_b[None] - both
    return np.where(union > 0, both / np.maximum(union, 1e-12), 0.0)


def _matches(ious: Boxes, threshold: float) -> NDArray[np.bool_]:
    """Which detections (rows, by falling score) take a truth (columns) that no earlier one took."""
    hit = np.zeros(len(ious), bool)
    free = np.ones(ious.shape[1], bool)
    for row in range(len(ious)):
        candidates = np.where(free, ious[row], -1.0)
        if not candidates.size:
            break
        # of equal overlaps the last one, as pycocotools does
        best = len(candidates) - 1 - int(np.argmax(candidates[::-1]))
        if candidates[best] >= threshold - 1e-10:
            hit[row] = True
            free[best] = False
    return hit


def _class_ap(found: Sequence[Found], truth: Sequence[Found], label: int) -> NDArray[np.float64] | None:
    scores: list[NDArray[np.float64]] = []
    hits: list[NDArray[np.bool_]] = []
    total = 0
    for ours, theirs in zip(found, truth, strict=True):
        wanted = theirs.boxes[theirs.labels == label]
        total += len(wanted)
        mine = np.flatnonzero(ours.labels == label)
        mine = mine[np.argsort(-ours.scores[mine], kind="mergesort")][:MOST_PER_IMAGE]
        ious = iou_matrix(ours.boxes[mine], wanted)
        scores.append(ours.scores[mine])
        hits.append(np.stack([_matches(ious, t) for t in IOU_THRESHOLDS]))
    if total == 0:
        return None
    order = np.argsort(-np.concatenate(scores), kind="mergesort")
    hit = np.concatenate(hits, 1)[:, order]
    out = np.zeros(len(IOU_THRESHOLDS))
    for i, row in enumerate(hit):
        true = np.cumsum(row)
        recall = true / total
        precision = true / np.arange(1, len(row) + 1)
        precision = np.maximum.accumulate(precision[::-1])[::-1]
        at = np.searchsorted(recall, RECALLS, side="left")
        out[i] = np.where(at < len(row), precision[np.minimum(at, len(row) - 1)] if len(row) else 0.0, 0.0).mean()
    return out


def average_precision(found: Sequence[Found], truth: Sequence[Found]) -> Precision:
    """COCO AP of ``found`` against ``truth``, picture by picture in the same order.

    Raises ValueError when the two differ in length or no picture holds truth.
    """
    labels = sorted({int(v) for t in truth for v in t.labels})
    if not labels:
        raise ValueError("no truth to measure against")
    per_class: dict[int, tuple[float, float]] = {}
    for label in labels:
        row = _class_ap(found, truth, label)
        if row is not None:
            per_class[label] = (float(row[0]), float(row.mean()))
    means = np.array(list(per_class.values())).mean(0)
    return Precision(float(means[1]), float(means[0]), per_class)
