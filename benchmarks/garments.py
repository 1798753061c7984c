"""How right the garment detector is on the validation street photos, in the whole photo and in the pose's region."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from benchmarks.pictures import Report, milliseconds, read_bgr
from export.coco_ap import Found, average_precision, iou_matrix
from export.garments.photos import read_truth
from mirror.domain import DETECTED_CATEGORIES, Box, ImageArray
from mirror.runtime.manifest import Manifest
from mirror.runtime.session import Session
from mirror.vision.garments import GarmentDetector
from mirror.vision.people import PeopleFinder
from mirror.vision.pose import garment_region

AP_LEAST_SCORE = 0.01
"""AP reads the whole precision curve, so the card's threshold does not apply to it."""


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
