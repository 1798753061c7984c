"""Labels photos that have only tags: ``python -m export.garments.pseudo --data CCP --onnx MODEL --out FILE``.

The tags gate: a found garment stays only when the tags name its kind, at most as many of a kind as they name, and
photos of which too many tagged kinds were not found are left out. Tags tell upper garments, shoes, and skirts from
dresses badly ("blouse" for knits, "shoes" for anything), so there the detector decides within the kind. Each picture
is read as it is and mirrored and the two readings are merged, which steadies the boxes. Output: a COCO-style file for
``train --pseudo``.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from export.coco_ap import Found, iou_matrix
from export.garments.measure import Detector, suppress
from export.garments.photos import INPUT_WIDTH, Picture, letterbox, read_rgb, to_input
from mirror.domain import DETECTED_CATEGORIES

LEAST_SCORE = 0.3
LEAST_SCORE_ALONE = 0.12
"""A tagged category of which nothing passes LEAST_SCORE keeps its best box from this score on."""
MOST_MISSING = 1
"""Photos with more tagged categories without any box are left out: they would teach garments as ground."""
SURE_SCORE = 0.65
"""From this score on a pseudo label weighs as much as SURE_WEIGHT; below in proportion."""
SURE_WEIGHT = 0.8
SAME = 0.6
"""Overlap of the plain and the mirrored reading from which they are one garment."""
ONE_PIECE = 0.75
"""Overlap of two boxes of one kind from which they are the same garment."""
SEVERAL = "bag"
"""The category of which a person may carry more than one."""
KINDS: tuple[tuple[str, ...], ...] = (
    ("top", "shirt", "longsleeve"), ("skirt", "dress"), ("shoes", "heels", "boots", "sandals"),
    ("outerwear",), ("trousers",), ("shorts",), ("bag",), ("hat",), ("hosiery",),
)
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


def read_twice(detector: Detector, image: Picture) -> Found:
    """Garments of a photo: scores averaged over the picture and its mirror image, boxes where both agree."""
    h, w = image.shape[:2]
    matrix = letterbox(w, h)
    crop = to_input(image, matrix)
    plain_boxes, plain_scores = detector(crop.transpose(2, 0, 1)[None].astype(np.float32))
    turned = np.ascontiguousarray(crop[:, ::-1])
    boxes_2, scores_2 = detector(turned.transpose(2, 0, 1)[None].astype(np.float32))
    boxes_2 = np.stack(
        [INPUT_WIDTH - boxes_2[..., 2], boxes_2[..., 1], INPUT_WIDTH - boxes_2[..., 0], boxes_2[..., 3]], -1
    )
    found = []
    for boxes, scores in ((plain_boxes[0], plain_scores[0]), (boxes_2[0], scores_2[0])):
        point, label = np.nonzero(scores > LEAST_SCORE_ALONE / 2)
        score = scores[point, label].astype(np.float64)
        kept = suppress(boxes[point].astype(np.float64), label.astype(np.int64), score)
        found.append(Found(boxes[point][kept].astype(np.float64), label[kept].astype(np.int64), score[kept]))
    first, second = found
    ious = iou_matrix(first.boxes, second.boxes) * (first.labels[:, None] == second.labels[None])
    out_boxes, out_scores = first.boxes.copy(), first.scores / 2
    for i in range(len(first.scores)):
        if ious.shape[1] and ious[i].max() >= SAME:
            j = int(ious[i].argmax())
            share = first.scores[i] / (first.scores[i] + second.scores[j])
            out_boxes[i] = first.boxes[i] * share + second.boxes[j] * (1 - share)
            out_scores[i] = (first.scores[i] + second.scores[j]) / 2
    out_boxes[:, 0::2] = ((out_boxes[:, 0::2] - matrix[0, 2]) / matrix[0, 0]).clip(0, w)
    out_boxes[:, 1::2] = ((out_boxes[:, 1::2] - matrix[1, 2]) / matrix[1, 1]).clip(0, h)
    return Found(out_boxes, first.labels, out_scores)


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
    parser.add_argument("--onnx", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    detector = onnx_detector(args.onnx)
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    left_out = 0
    for name, entry in sorted(json.loads((args.data / "tags.json").read_text()).items()):
        tagged = [c for c in entry["categories"] if c in DETECTED_CATEGORIES]
        image = read_rgb(args.data / "images_tagged" / name)
        found = read_twice(detector, image)
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
                "weight": round(SURE_WEIGHT * min(1.0, float(found.scores[i]) / SURE_SCORE), 3),
            })
    args.out.write_text(json.dumps({"images": images, "annotations": annotations}))
    print(f"{args.out}: {len(annotations)} garments on {len(images)} photos, {left_out} photos left out")


if __name__ == "__main__":
    main()
