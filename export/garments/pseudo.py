"""Labels photos that have only tags: ``python -m export.garments.pseudo --data CCP --onnx MODEL --out FILE``.

The tags gate: a found garment stays only when the tags name its kind, at most as many of a kind as they name, and
photos of which too many tagged kinds were not found are left out. Tags tell upper garments, shoes, and skirts from
dresses badly ("blouse" for knits, "shoes" for anything), so there the detectors decide within the kind, and their doubt
is kept as shares. Each picture is read as it is and mirrored by every detector given, and the readings are averaged,
which steadies boxes and scores. Output: a COCO-style file for ``train --pseudo``.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from export.coco_ap import Found, iou_matrix
from export.garments.measure import Detector, suppress
from export.garments.photos import INPUT_HEIGHT, INPUT_WIDTH, STRIDES, Picture, letterbox, read_rgb, to_input
from mirror.domain import DETECTED_CATEGORIES

LEAST_SCORE = 0.3
LEAST_SCORE_ALONE = 0.12
"""A tagged category of which nothing passes LEAST_SCORE keeps its best box from this score on."""
MOST_MISSING = 1
"""Photos with more tagged categories without any box are left out: they would teach garments as ground."""
SURE_SCORE = 0.65
"""From this score on a pseudo label weighs as much as SURE_WEIGHT; below in proportion."""
SURE_WEIGHT = 0.8
ONE_PIECE = 0.75
"""Overlap of two boxes of one kind from which they are the same garment."""
SEVERAL = "bag"
"""The category of which a person may carry more than one."""
KINDS: tuple[tuple[str, ...], ...] = (
    ("top", "shirt", "longsleeve"), ("skirt", "dress"), ("shoes", "heels", "boots", "sandals"),
    ("outerwear",), ("trousers",), ("shorts",), ("bag",), ("hat",), ("hosiery",),
)
LEAST_SHARE = 0.05
"""Categories with less of the score than this are no longer named."""
UNTAGGED_FACTOR = 0.85
"""What a score is worth when the tags name another category of its kind."""


def onnx_detector(path: Path, threads: int = 1) -> Detector:
    """The exported detector as a numpy function."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def call(image: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        boxes, scores = session.run(["boxes", "scores"], {"image": image})
        return boxes, scores

    return call


def mirrored_points() -> NDArray[np.int64]:
    """For every point of the detector the one that sees its place in the mirrored picture."""
    rows, start = [], 0
    for stride in STRIDES:
        wide, high = INPUT_WIDTH // stride, INPUT_HEIGHT // stride
        rows.append(np.arange(start, start + wide * high).reshape(high, wide)[:, ::-1].ravel())
        start += wide * high
    return np.concatenate(rows)


def together(detectors: Sequence[Detector]) -> Detector:
    """Several detectors with the same points, each reading the picture as it is and mirrored, as one: per point the
    mean of the scores, and of the boxes weighted by their best score. Steadier than any of them."""
    turn = mirrored_points()

    def call(image: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        boxes, scores = [], []
        for detector in detectors:
            b, s = detector(image)
            boxes.append(b)
            scores.append(s)
            b, s = detector(np.ascontiguousarray(image[..., ::-1]))
            b = b[:, turn]
            boxes.append(np.stack([INPUT_WIDTH - b[..., 2], b[..., 1], INPUT_WIDTH - b[..., 0], b[..., 3]], -1))
            scores.append(s[:, turn])
        worth = np.stack([s.max(-1, keepdims=True) for s in scores]) + np.float32(1e-6)
        return (np.stack(boxes) * worth).sum(0) / worth.sum(0), np.stack(scores).mean(0)

    return call


class Reading(NamedTuple):
    """Garments found on a photo, boxes in its pixels, and all category scores (n, 15) of the point that found each."""

    found: Found
    scores: NDArray[np.float64]


def read(detector: Detector, image: Picture) -> Reading:
    """Garments of a whole photo from LEAST_SCORE_ALONE on, with what else each might be."""
    h, w = image.shape[:2]
    matrix = letterbox(w, h)
    raw_boxes, raw_scores = detector(to_input(image, matrix).transpose(2, 0, 1)[None].astype(np.float32))
    point, label = np.nonzero(raw_scores[0] > LEAST_SCORE_ALONE)
    score = raw_scores[0][point, label].astype(np.float64)
    kept = suppress(raw_boxes[0][point].astype(np.float64), label.astype(np.int64), score)
    point, label, score = point[kept], label[kept].astype(np.int64), score[kept]
    boxes = raw_boxes[0][point].astype(np.float64)
    boxes[:, 0::2] = ((boxes[:, 0::2] - matrix[0, 2]) / matrix[0, 0]).clip(0, w)
    boxes[:, 1::2] = ((boxes[:, 1::2] - matrix[1, 2]) / matrix[1, 1]).clip(0, h)
    return Reading(Found(boxes, label, score), raw_scores[0][point].astype(np.float64))


def shares_of(scores: NDArray[np.float64], label: int, tagged: Sequence[str]) -> dict[str, float]:
    """What a found garment is, as shares of one: the detector's doubt within its kind is taught on, not decided."""
    kind = next(k for k in KINDS if DETECTED_CATEGORIES[label] in k)
    worth = {}
    for name in kind:
        index = DETECTED_CATEGORIES.index(name)
        worth[name] = float(scores[index]) * (1.0 if name in tagged else UNTAGGED_FACTOR)
    whole = sum(worth.values())
    return {name: round(value / whole, 3) for name, value in worth.items() if value >= LEAST_SHARE * whole}


def choose(found: Found, tagged: Sequence[str]) -> tuple[NDArray[np.int64], int]:
    """Indices of the detections worth teaching, and how many tagged kinds have none."""
    kept: list[int] = []
    missing = 0
    names = [DETECTED_CATEGORIES[label] for label in found.labels]
    worth = np.array([s * (1.0 if n in tagged else UNTAGGED_FACTOR) for s, n in zip(found.scores, names, strict=True)])
    for kind in KINDS:
        wanted = sum(name in kind for name in tagged)
        if not wanted:
            continue
        mine: list[int] = []
        for i in sorted((i for i, name in enumerate(names) if name in kind), key=lambda i: -worth[i]):
            # one garment is often found under two names of its kind
            if not len(mine) or iou_matrix(found.boxes[[i]], found.boxes[mine]).max() <= ONE_PIECE:
                mine.append(i)
        good = [i for i in mine if worth[i] >= LEAST_SCORE]
        if not good and mine and worth[mine[0]] >= LEAST_SCORE_ALONE:
            good = mine[:1]
        kept += good if SEVERAL in kind else good[:wanted]
        missing += not good
    return np.array(kept, np.int64), missing


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with images_tagged/ and tags.json")
    parser.add_argument("--onnx", type=Path, required=True, nargs="+", help="detectors that judge together")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    detector = together([onnx_detector(path) for path in args.onnx])
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    left_out = 0
    for name, entry in sorted(json.loads((args.data / "tags.json").read_text()).items()):
        tagged = [c for c in entry["categories"] if c in DETECTED_CATEGORIES]
        image = read_rgb(args.data / "images_tagged" / name)
        found, scores = read(detector, image)
        kept, missing = choose(found, tagged)
        if not tagged or missing > MOST_MISSING:
            left_out += 1
            continue
        images.append({"id": len(images) + 1, "file_name": name})
        for i in kept:
            x1, y1, x2, y2 = (round(float(v), 1) for v in found.boxes[i])
            annotations.append({
                "id": len(annotations) + 1, "image_id": len(images), "category_id": int(found.labels[i]) + 1,
                "bbox": [x1, y1, x2 - x1, y2 - y1],
                "shares": shares_of(scores[i], int(found.labels[i]), tagged),
                "weight": round(SURE_WEIGHT * min(1.0, float(found.scores[i]) / SURE_SCORE), 3),
            })
    args.out.write_text(json.dumps({"images": images, "annotations": annotations}))
    print(f"{args.out}: {len(annotations)} garments on {len(images)} photos, {left_out} photos left out")


if __name__ == "__main__":
    main()
