"""How right the garment models are: ``python -m benchmarks.accuracy [--json] [--only NAME]``.

Runs what the mirror runs (its own detector and embedder on ONNX Runtime, one thread) on the shared folder's validation
pictures, which no training saw: 100 street photos and 487 photos of single garments by senders of their own. Beside the
embedding it measures the seed's way (80x80 pixels, random trees, SVD) on the same pictures.
"""

from __future__ import annotations

import argparse
import csv
import datetime
import json
import platform
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.body import measure_body
from benchmarks.same_garment import measure_same_garment
from benchmarks.shared import shared_data
from benchmarks.stills import measure_stills
from export.coco_ap import Found, average_precision, iou_matrix
from export.embedding.measure import retrieval
from export.garments.photos import read_truth
from mirror.domain import DETECTED_CATEGORIES, Box, FloatArray, ImageArray, MirrorError
from mirror.runtime.manifest import Manifest
from mirror.runtime.session import Session
from mirror.vision.embedding import Embedder
from mirror.vision.garments import GarmentDetector
from mirror.vision.people import PeopleFinder
from mirror.vision.pose import garment_region

AP_LEAST_SCORE = 0.01
"""AP reads the whole precision curve, so the card's threshold does not apply to it."""
TIMED_RUNS = 60
SEED_SIDE = 80
SEED_SETTINGS = {"example": (200, 5, 2), "generous": (100, 10, 128)}
"""Trees, their depth and components. How many the seed had is not recorded: once as in scikit-learn's manifold example,
once with as many components as our embedding has."""
FOOTWEAR = ("shoes", "heels", "boots", "sandals")

Report = dict[str, Any]


def read_bgr(path: Path) -> ImageArray:
    """A picture as BGR uint8. Raises MirrorError when it cannot be read."""
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise MirrorError(f"{path}: not a readable picture")
    return np.asarray(image, np.uint8)


def milliseconds(session: Session) -> Mapping[str, float]:
    """Least and median time of one run on noise, in ms."""
    spec = session.card.inputs[0]
    shape = [d if isinstance(d, int) else 1 for d in spec.shape]
    feed = np.random.default_rng(0).uniform(0, 255, shape).astype(np.float32)
    session.run(feed)
    times = []
    for _ in range(TIMED_RUNS):
        start = time.perf_counter()
        session.run(feed)
        times.append((time.perf_counter() - start) * 1000)
    return {"least": round(min(times), 2), "median": round(float(np.median(times)), 2)}


def operating_point(found: Sequence[Found], truth: Sequence[Found], label: int | None) -> Mapping[str, float]:
    """Precision, recall and F1 at IoU 0.5 of the given detections, for one class or for all."""
    true_positives = detections = wanted = 0
    for ours, theirs in zip(found, truth, strict=True):
        for c in sorted({*ours.labels.tolist(), *theirs.labels.tolist()}):
            if label is not None and c != label:
                continue
            mine, real = ours.labels == c, theirs.labels == c
            ious = iou_matrix(ours.boxes[mine], theirs.boxes[real])
            free = np.ones(int(real.sum()), bool)
            for i in np.argsort(-ours.scores[mine], kind="mergesort"):
                candidates = np.where(free, ious[i], 0.0)
                if candidates.size and candidates.max() >= 0.5:
                    free[int(candidates.argmax())] = False
                    true_positives += 1
            detections += int(mine.sum())
            wanted += int(real.sum())
    precision = true_positives / detections if detections else 0.0
    recall = true_positives / wanted if wanted else 0.0
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return {"precision": round(precision, 3), "recall": round(recall, 3), "f1": round(f1, 3), "truth": wanted}


def whole(image: ImageArray) -> Box:
    """The box of a whole picture."""
    return Box(0, 0, image.shape[1], image.shape[0])


def person_region(people: PeopleFinder, image: ImageArray) -> Box:
    """The region the mirror would look for garments in: around the largest person's pose, else the whole photo."""
    found = people.find(image)
    if not found:
        return whole(image)
    return garment_region(max(found, key=lambda person: person.box.area).pose) or whole(image)


def detections(detector: GarmentDetector, image: ImageArray, region: Box, least_score: float) -> Found:
    """What the mirror's detector finds in a region of a photo."""
    garments = detector.detect(image, region, least_score)
    return Found(
        np.array([g.box for g in garments], np.float64).reshape(-1, 4),
        np.array([DETECTED_CATEGORIES.index(g.category) for g in garments], np.int64),
        np.array([g.score for g in garments], np.float64),
    )


def measure_garments(data: Path, manifest: Manifest, limit: int | None = None) -> Report:
    """AP50, AP, the table per class, precision and recall at the card's threshold, and the time of the detector."""
    session = Session(manifest["garments"])
    detector = GarmentDetector(session)
    photos = read_truth(data / "ccp" / "instances_val.json")[:limit]
    truth = [Found(p.boxes.astype(np.float64), p.labels, np.ones(len(p.labels))) for p in photos]
    images = [read_bgr(data / "ccp" / "images" / p.name) for p in photos]
    found = [detections(detector, image, whole(image), AP_LEAST_SCORE) for image in images]
    result = average_precision(found, truth)
    least = float(session.card.options.get("score_threshold", AP_LEAST_SCORE))
    shown = [detections(detector, image, whole(image), least) for image in images]
    people = PeopleFinder(Session(manifest["movenet-multipose"]))
    around = [detections(detector, image, person_region(people, image), AP_LEAST_SCORE) for image in images]
    by_person = average_precision(around, truth)
    nameless = [Found(f.boxes, np.zeros_like(f.labels), f.scores) for f in found]
    nameless_truth = [Found(t.boxes, np.zeros_like(t.labels), t.scores) for t in truth]
    per_class = {
        DETECTED_CATEGORIES[c]: {"AP50": round(ap50, 3), "AP": round(ap, 3), **operating_point(shown, truth, c)}
        for c, (ap50, ap) in result.per_class.items()
    }
    return {
        "sha256": session.card.sha256, "photos": len(photos), "region": "the whole photo, letterboxed",
        "AP50": round(result.ap50, 4), "AP": round(result.ap, 4),
        "AP50_any_class": round(average_precision(nameless, nameless_truth).ap50, 4),
        "in_region_of_pose": {"AP50": round(by_person.ap50, 4), "AP": round(by_person.ap, 4)},
        "score_threshold": least, "at_threshold": operating_point(shown, truth, None),
        "per_class": per_class, "ms_one_thread": milliseconds(session),
    }


def shop_photos(data: Path, split: str) -> tuple[list[Path], list[str]]:
    """Paths and categories of a split of the single-garment photos."""
    with (data / "clothing" / "index.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == split and row["category"]]
    return [data / "clothing" / "images" / row["image"] for row in rows], [row["category"] for row in rows]


def retrieval_report(vectors: FloatArray, labels: Sequence[str]) -> Report:
    """Leave-one-out retrieval of one category, rounded."""
    found = retrieval(vectors, labels)
    return {"R@1": round(found.r1, 4), "R@5": round(found.r5, 4), "P@5": round(found.p5, 4), "pictures": len(labels)}


def measure_embedding(data: Path, manifest: Manifest) -> Report:
    """Leave-one-out retrieval among the validation photos, street crops against them, and each of them, altered,
    against itself among all photos."""
    session = Session(manifest["garment-embedding"])
    embedder = Embedder(session)

    def embed(images: Iterable[ImageArray]) -> FloatArray:
        return np.stack([embedder.embed_whole(image) for image in images])

    paths, labels = shop_photos(data, "val")
    photos = [read_bgr(path) for path in paths]
    shop = embed(photos)
    gallery = np.concatenate([shop, embed(read_bgr(path) for path in shop_photos(data, "train")[0])])
    rows: list[FloatArray] = []
    names: list[str] = []
    for photo in read_truth(data / "ccp" / "instances_val.json"):
        sure = photo.weights >= 1
        categories = [DETECTED_CATEGORIES[c] for c in photo.labels[sure]]
        image = read_bgr(data / "ccp" / "images" / photo.name)
        rows.append(embedder.embed(image, [Box(*(float(v) for v in b)) for b in photo.boxes[sure]]))
        names += ["footwear" if c in FOOTWEAR else c for c in categories]
    street = np.concatenate(rows)
    asked = np.array([name in set(labels) for name in names])
    found = retrieval(street[asked], [n for n, yes in zip(names, asked, strict=True) if yes], shop, labels)
    return {
        "sha256": session.card.sha256, "embedder": embedder.name, **retrieval_report(shop, labels),
        "street_to_shop": {"R@1": round(found.r1, 4), "P@5": round(found.p5, 4), "queries": int(asked.sum())},
        "same_garment": measure_same_garment(embed, photos, gallery, range(len(photos))),
        "ms_one_thread": milliseconds(session),
    }


def seed_pixels(images: Iterable[ImageArray]) -> NDArray[np.float32]:
    """Each picture as 80x80 RGB numbers, the way the seed's catalogue read it."""
    rows = [cv2.resize(image, (SEED_SIDE, SEED_SIDE)).reshape(-1) for image in images]
    return np.stack(rows).astype(np.float32)


def measure_seed(data: Path, manifest: Manifest) -> Report:
    """The seed's embedding on the same photos: random trees on pixels, then SVD, fitted on the training split."""
    try:
        from sklearn.decomposition import TruncatedSVD
        from sklearn.ensemble import RandomTreesEmbedding
    except ImportError as error:
        raise MirrorError("the seed's way needs scikit-learn: pip install -e '.[dev]'") from error
    paths, labels = shop_photos(data, "val")
    photos = [read_bgr(path) for path in paths]
    fitted_on = seed_pixels(read_bgr(path) for path in shop_photos(data, "train")[0])
    report: Report = {}
    for name, (count, depth, components) in SEED_SETTINGS.items():
        trees = RandomTreesEmbedding(n_estimators=count, max_depth=depth, random_state=0)
        svd = TruncatedSVD(components, random_state=0)
        trained_on = svd.fit_transform(trees.fit_transform(fitted_on)).astype(np.float32)

        def embed(images: Iterable[ImageArray], trees: Any = trees, svd: Any = svd) -> FloatArray:
            found: FloatArray = svd.transform(trees.transform(seed_pixels(images))).astype(np.float32)
            return found

        shop = embed(photos)
        same = measure_same_garment(embed, photos, np.concatenate([shop, trained_on]), range(len(photos)))
        report[name] = {**retrieval_report(shop, labels), "same_garment": same}
    return report


SUBJECTS: Mapping[str, Callable[[Path, Manifest], Report]] = {
    "garments": measure_garments, "embedding": measure_embedding, "seed": measure_seed, "stills": measure_stills,
    "body": measure_body,
}


def lines(document: Mapping[str, Any], indent: str = "") -> list[str]:
    """A report for reading: nested tables indented, flat tables on one line."""
    out: list[str] = []
    for key, value in document.items():
        if isinstance(value, Mapping) and any(isinstance(v, Mapping) for v in value.values()):
            out += [f"{indent}{key}", *lines(value, indent + "  ")]
        elif isinstance(value, Mapping):
            out.append(f"{indent}{key:<12} " + "  ".join(f"{k} {v}" for k, v in value.items()))
        else:
            out.append(f"{indent}{key:<12} {value}")
    return out


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures and prints; returns the exit code."""
    parser = argparse.ArgumentParser(prog="benchmarks.accuracy", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--json", action="store_true", help="one JSON document instead of a table")
    parser.add_argument("--only", choices=sorted(SUBJECTS), help="measure one subject")
    args = parser.parse_args(arguments)
    try:
        data, manifest = shared_data(), Manifest.load()
        document: Report = {
            "platform": platform.platform(), "python": platform.python_version(),
            "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        }
        for name, measure in SUBJECTS.items():
            if args.only in (None, name):
                document[name] = measure(data, manifest)
    except MirrorError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    print(json.dumps(document, indent=1) if args.json else "\n".join(lines(document)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
