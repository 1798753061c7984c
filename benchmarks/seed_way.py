"""The seed article's way of a smart mirror, rebuilt: everything for every frame, one after the other, in one loop.

Per frame: dlib's frontal detector on the whole frame, upsampled once; for the face found, an age and gender net and a
ResNet50 for BMI; Thunder and the garment detector on the whole frame; the best garment's 80x80 pixels through random
trees and PCA; distances to the whole catalogue in a list comprehension, sorted by it, then filtered. A frame is taken
when the one before is done, so nothing queues. Where the seed cannot be known it is given the kinder reading: one net
for age and gender in place of two, one garment a frame, no pandas around the sort, nets on all cores, no painting.
Random weights stand in where only the time matters (ResNet50, the catalogue's vectors).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

import cv2
import numpy as np

from benchmarks.resnet_graph import SIDE, write_resnet50
from benchmarks.retrieval import seed_pixels
from mirror.domain import Box, Face, FloatArray, ImageArray, MirrorError
from mirror.runtime.manifest import FULL_PRECISION, Manifest
from mirror.runtime.session import Session
from mirror.vision.attributes import AttributeReader
from mirror.vision.garments import GarmentDetector
from mirror.vision.pose import PoseReader

ROWS = 100_000
TREES, DEPTH, COMPONENTS = 100, 5, 64
FITTED_ON = 400
"""Pictures that the embedding is fitted on: noise, for the time of a transform does not depend on them."""
UPSAMPLE = 1
WARM_UP_FRAMES = 2
SIMILAR = 6
MARGIN = 0.4
"""Added on each side of dlib's box before BMI is read, as the seed does."""


class SeedWay:
    """The nets and the catalogue; :meth:`frame` takes one picture through all of them."""

    def __init__(self, rows: int) -> None:
        import dlib
        import onnxruntime

        manifest, cores = Manifest.load(), os.cpu_count() or 1

        def session(name: str) -> Session:
            return Session(manifest[name], threads=cores, precision=FULL_PRECISION)

        self.detector = dlib.get_frontal_face_detector()
        self.pose = PoseReader(session("movenet-thunder"))
        self.garments = GarmentDetector(session("garments"))
        self.attributes = AttributeReader(session("faceres"))
        with tempfile.TemporaryDirectory() as folder:
            graph = Path(folder) / "resnet50.onnx"
            write_resnet50(graph)
            self.bmi = onnxruntime.InferenceSession(str(graph), providers=["CPUExecutionProvider"])
        self.embedding = _embedding()
        rng = np.random.default_rng(1)
        self.catalogue = [
            {"id": number, "vector": vector, "size": "SML"[number % 3]}
            for number, vector in enumerate(rng.normal(size=(rows, COMPONENTS)).astype(np.float32))
        ]
        self.spent: dict[str, list[float]] = defaultdict(list)
        self.faces = 0

    def frame(self, image: ImageArray) -> list[dict[str, Any]]:
        """What is similar in the catalogue to what she wears; notes the milliseconds of every step."""
        height, width = image.shape[:2]
        whole = Box(0, 0, width, height)
        clock = _Clock(self.spent)
        rectangles = self.detector(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), UPSAMPLE)
        clock.lap("dlib")
        for found in list(rectangles)[:1]:
            self.faces += 1
            box = Box(found.left(), found.top(), found.right(), found.bottom())
            self.attributes.read(image, Face(box, frontal=True))
            clock.lap("age_gender")
            self.bmi.run(None, {"image": _face_picture(image, box)})
            clock.lap("bmi")
        self.pose.read(image, whole)
        clock.lap("pose")
        garments = self.garments.detect(image, whole)
        clock.lap("garments")
        piece = _cut(image, garments[0].box if garments else whole)
        trees, pca = self.embedding
        vector = np.asarray(pca.transform(trees.transform(seed_pixels([piece])).toarray()), np.float32)[0]
        clock.lap("embedding")
        similar = self.search(vector)
        clock.lap("search")
        return similar

    def search(self, vector: FloatArray) -> list[dict[str, Any]]:
        """The list comprehension over all rows, the sort by distance, the filter after it."""
        distances = [np.linalg.norm(vector - item["vector"]) for item in self.catalogue]
        order = sorted(range(len(distances)), key=distances.__getitem__)
        ranked = [self.catalogue[i] for i in order]
        return [item for item in ranked if item["size"] == "M"][:SIMILAR]


class _Clock:
    def __init__(self, spent: dict[str, list[float]]) -> None:
        self._spent, self._at = spent, time.perf_counter()

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self._spent[name].append(1000 * (now - self._at))
        self._at = now


def _embedding() -> tuple[Any, Any]:
    try:
        from sklearn.decomposition import PCA
        from sklearn.ensemble import RandomTreesEmbedding
    except ImportError as error:
        raise MirrorError("the seed's way needs scikit-learn: pip install -e '.[dev]'") from error
    noise = np.random.default_rng(2).integers(0, 255, (FITTED_ON, 80 * 80 * 3)).astype(np.float32)
    trees = RandomTreesEmbedding(n_estimators=TREES, max_depth=DEPTH, random_state=0)
    pca = PCA(COMPONENTS, random_state=0)
    pca.fit(trees.fit_transform(noise).toarray())
    return trees, pca


def _cut(image: ImageArray, box: Box) -> ImageArray:
    height, width = image.shape[:2]
    left, top = max(0, int(box.x1)), max(0, int(box.y1))
    right, bottom = min(width, max(left + 1, int(box.x2))), min(height, max(top + 1, int(box.y2)))
    piece = image[top:bottom, left:right]
    return piece if piece.size else image


def _face_picture(image: ImageArray, box: Box) -> FloatArray:
    x, y = MARGIN * box.width, MARGIN * (box.y2 - box.y1)
    face = _cut(image, Box(box.x1 - x, box.y1 - y, box.x2 + x, box.y2 + y))
    small = cv2.cvtColor(cv2.resize(face, (SIDE, SIDE)), cv2.COLOR_BGR2RGB)
    return np.ascontiguousarray(small.transpose(2, 0, 1)[None], np.float32) * np.float32(1 / 255)


def run(clip: Path, seconds: float, rows: int) -> dict[str, Any]:
    """Frames per second, CPU milliseconds a frame and the median milliseconds of every step on ``clip``.

    Every frame is the clip's next one: what a camera would have let pass meanwhile is not decoded, which is kinder.
    Raises MirrorError when the clip cannot be read.
    """
    capture = cv2.VideoCapture(str(clip))
    way = SeedWay(rows)
    frames, at, began, cpu = -WARM_UP_FRAMES, 0.0, time.perf_counter(), time.process_time()
    while frames < 1 or time.perf_counter() - began < seconds:
        if frames == 0:
            began, cpu = time.perf_counter(), time.process_time()
            way.spent.clear()
            way.faces = 0
        started = time.perf_counter()
        got, image = capture.read()
        if not got:
            capture.set(cv2.CAP_PROP_POS_FRAMES, 0)
            got, image = capture.read()
            if not got:
                raise MirrorError(f"{clip}: no frame can be read")
        way.frame(np.asarray(image, np.uint8))
        at = time.perf_counter() - started
        frames += 1
    spent = time.perf_counter() - began
    return {
        "fps": frames / spent, "frames": frames, "cpu_ms_per_frame": 1000 * (time.process_time() - cpu) / frames,
        "frame_age_ms": 1000 * at, "faces": way.faces, "rows": rows,
        "step_ms": {name: round(median(values), 1) for name, values in way.spent.items()},
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Print one JSON line; 0 when done."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.seed_way", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--clip", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--rows", type=int, default=ROWS)
    options = parser.parse_args(arguments)
    try:
        print(json.dumps(run(options.clip, options.seconds, options.rows)))
    except MirrorError as error:
        print(f"seed_way: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
