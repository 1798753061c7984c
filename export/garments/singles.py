"""Boxes on photos of single garments: ``python -m export.garments.singles --data CLOTHING --onnx MODEL --out FILE``.

Their senders named each garment, which is what a detector learnt from street photos knows least; where the garment
lies, the detector knows better (spread sleeves it may cut off, so these boxes weigh little). So the category is the
sender's and the box is the detectors'. Photos on which they see nothing large are left out, and all footwear, of which
the senders do not name the kind. Output: a COCO-style file for ``train --singles``. Only photos of the split ``train``
are read.
"""

from __future__ import annotations

import argparse
import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from export.garments.measure import Detector
from export.garments.photos import INPUT_HEIGHT, INPUT_WIDTH, Picture, letterbox, read_rgb, to_input
from export.garments.pseudo import onnx_detector, together
from mirror.domain import DETECTED_CATEGORIES

LEAST_SCORE = 0.2
LEAST_AREA = 0.15
"""Of the photo: such photos show little else than the garment."""
WEIGHT = 0.5
"""Nobody wears these, so they weigh less than the street photos' garments."""
GROUND = 0.3
"""Of a photo's size: ground to each side, so that the garment appears as small as on a person."""


def around(image: Picture) -> NDArray[np.float64]:
    """The affine that shows the whole photo with grey GROUND to each side: garments then look like worn ones."""
    h, w = image.shape[:2]
    matrix = letterbox(w * (1 + 2 * GROUND), h * (1 + 2 * GROUND))
    matrix[:, 2] = (np.array([INPUT_WIDTH, INPUT_HEIGHT]) - matrix[0, 0] * np.array([w, h])) / 2
    return matrix


def find(detector: Detector, image: Picture) -> NDArray[np.float64] | None:
    """The garment's box in photo pixels, whatever the detector takes it for; None where it sees nothing large."""
    h, w = image.shape[:2]
    best, found = 0.0, None
    for matrix in (around(image), letterbox(w, h)):
        boxes, scores = detector(to_input(image, matrix).transpose(2, 0, 1)[None].astype(np.float32))
        box = boxes[0].astype(np.float64)
        box[:, 0::2] = ((box[:, 0::2] - matrix[0, 2]) / matrix[0, 0]).clip(0, w)
        box[:, 1::2] = ((box[:, 1::2] - matrix[1, 2]) / matrix[1, 1]).clip(0, h)
        share = (box[:, 2:] - box[:, :2]).prod(1) / (w * h)
        sure = scores[0].max(1)
        # of the boxes on one garment the larger is the whole of it
        worth = np.where((sure >= LEAST_SCORE) & (share >= LEAST_AREA), sure * np.sqrt(share), 0.0)
        if worth.max() > best:
            best, found = float(worth.max()), box[int(worth.argmax())]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with index.csv and images/")
    parser.add_argument("--onnx", type=Path, required=True, nargs="+")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    detector = together([onnx_detector(path) for path in args.onnx])
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    with open(args.data / "index.csv", newline="") as file:
        rows = [r for r in csv.DictReader(file) if r["split"] == "train" and r["category"] in DETECTED_CATEGORIES]
    for row in rows:
        box = find(detector, read_rgb(args.data / "images" / row["image"]))
        if box is None:
            continue
        x1, y1, x2, y2 = (round(float(v), 1) for v in box)
        images.append({"id": len(images) + 1, "file_name": row["image"]})
        annotations.append({
            "id": len(images), "image_id": len(images), "category_id": DETECTED_CATEGORIES.index(row["category"]) + 1,
            "bbox": [x1, y1, x2 - x1, y2 - y1], "weight": WEIGHT,
        })
    args.out.write_text(json.dumps({"images": images, "annotations": annotations}))
    print(f"{args.out}: {len(images)} of {len(rows)} photos")


if __name__ == "__main__":
    main()
