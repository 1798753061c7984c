"""What each task calls accurate: full model and variant measured side by side on the same inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

import numpy as np

from export.quantize.evidence import Evidence, own_pictures, shop_photos, street_photos
from export.quantize.int8 import error
from export.quantize.scenes import Feed, Scene, feeds, scenes_of, smooth_numbers
from mirror.camera.picture import read_picture
from mirror.domain import DETECTED_CATEGORIES, Box, MirrorError, Pose
from mirror.runtime.manifest import ModelCard
from mirror.runtime.session import Session
from mirror.vision.decoders.registry import BODY, BOXES, EMBEDDING, FACE, MASK, PEOPLE, POSE
from mirror.vision.embedding import Embedder
from mirror.vision.face_net import FaceNet
from mirror.vision.full_body import full_body
from mirror.vision.garments import GarmentDetector
from mirror.vision.mask import MaskReader
from mirror.vision.people import PeopleFinder
from mirror.vision.pose import PoseReader, body_region

SEEN = 0.3
"""Keypoints that both score this much are compared, as on the cards."""
SAME_PERSON_IOU = 0.5
AP_LEAST_SCORE = 0.01
"""AP reads the whole curve, as in `benchmarks.accuracy`."""
NUMBER_FEEDS = 64
NOISE_VIEWS, NOISE_LEVELS = 6, 3.0
"""A person who stands still in front of a camera: the same photo so often, with that much noise (grey levels)."""
JITTER_PHOTOS = 40


@dataclass(frozen=True)
class Metric:
    """One figure of both. ``higher``: more is better."""

    name: str
    full: float
    variant: float
    higher: bool = True

    @property
    def loss(self) -> float:
        """How much worse the variant is; below 0 when it is better."""
        return self.full - self.variant if self.higher else self.variant - self.full


class Task(Protocol):
    """How variants of one kind of model are judged. ``gate``: the most that one may lose, where its card says none."""

    gate: Mapping[str, float]

    def evidence(self) -> Evidence: ...

    def measure(self, full: Session, variant: Session, evidence: Evidence) -> tuple[Metric, ...]: ...


class _Street:
    """Tasks that are judged on street photos."""

    def evidence(self) -> Evidence:
        return street_photos()


class PoseTask(_Street):
    """How far keypoints move from the full model's, how much they tremble on a still person (both over her height),
    and how often the whole body is seen."""

    gate: Mapping[str, float] = MappingProxyType(
        {"shift_median": 0.006, "shift_p95": 0.025, "full_body": 0.01, "jitter": 0.0015}
    )

    def measure(self, full: Session, variant: Session, evidence: Evidence) -> tuple[Metric, ...]:
        ours, theirs = PoseReader(full), PoseReader(variant)
        shifts: list[float] = []
        whole = np.zeros(2)
        scenes = [scene for scene in scenes_of(evidence.validation) if scene.region is not None]
        for scene in scenes:
            assert scene.region is not None
            a, b = ours.read(scene.image, scene.region), theirs.read(scene.image, scene.region)
            shifts += shift(a, b)
            whole += full_body(a), full_body(b)
        trembling = [jitter(scene, reader) for reader in (ours, theirs) for scene in scenes[:JITTER_PHOTOS]]
        half = len(trembling) // 2
        return (
            *_shifts(shifts), Metric("full_body", *(whole / max(1, len(scenes))).tolist()),
            Metric("jitter", float(np.mean(trembling[:half])), float(np.mean(trembling[half:])), higher=False),
        )


class PeopleTask(_Street):
    """Photos in which somebody is found, and how far the keypoints of the largest one move."""

    gate: Mapping[str, float] = MappingProxyType({"people_found": 0.0, "shift_median": 0.01, "shift_p95": 0.03})

    def measure(self, full: Session, variant: Session, evidence: Evidence) -> tuple[Metric, ...]:
        ours, theirs = PeopleFinder(full), PeopleFinder(variant)
        shifts: list[float] = []
        found, counts = np.zeros(2), 0.0
        scenes = scenes_of(evidence.validation)
        for scene in scenes:
            a, b = ours.find(scene.image), theirs.find(scene.image)
            largest = max(a, key=lambda person: person.box.area, default=None)
            same = [person for person in b if largest and person.box.iou(largest.box) >= SAME_PERSON_IOU]
            found += bool(a), bool(same) if a else bool(b)
            counts += len(a) == len(b)
            if largest and same:
                shifts += shift(largest.pose, max(same, key=lambda person: person.box.iou(largest.box)).pose)
        n = max(1, len(scenes))
        return (
            Metric("people_found", *(found / n).tolist()), *_shifts(shifts), Metric("same_count", 1.0, counts / n),
        )


class MaskTask(_Street):
    """Overlap of the silhouettes at one half."""

    gate: Mapping[str, float] = MappingProxyType({"mask_iou": 0.015, "mask_iou_p5": 0.03})

    def measure(self, full: Session, variant: Session, evidence: Evidence) -> tuple[Metric, ...]:
        ours, theirs = MaskReader(full), MaskReader(variant)
        ious: list[float] = []
        for scene in scenes_of(evidence.validation):
            region = body_region(scene.pose) if scene.pose is not None else None
            a = ours.read(scene.image, region) if region is not None else None
            if a is None or region is None:
                continue
            b = theirs.read(scene.image, region)
            one = a.values > 0.5
            other = np.zeros_like(one) if b is None else b.values > 0.5
            ious.append(float((one & other).sum() / max(1, (one | other).sum())))
        if not ious:
            raise MirrorError("no silhouette in any of the pictures to measure with")
        return Metric("mask_iou", 1.0, float(np.mean(ious))), Metric("mask_iou_p5", 1.0, float(np.percentile(ious, 5)))


class FaceTask:
    """Agreement on gender presentation, and how far ages (years) and BMI move."""

    gate: Mapping[str, float] = MappingProxyType({"gender_agreement": 0.01, "age_shift": 1.2})

    def evidence(self) -> Evidence:
        return street_photos(more_faces=True)

    def measure(self, full: Session, variant: Session, evidence: Evidence) -> tuple[Metric, ...]:
        ours, theirs = FaceNet(full), FaceNet(variant)
        same: list[bool] = []
        moved: dict[str, list[float]] = {"age_shift": [], "bmi_shift": []}
        for scene in scenes_of(evidence.validation):
            if scene.face is None or not scene.face.frontal:
                continue
            a, b = ours.read(scene.image, scene.face), theirs.read(scene.image, scene.face)
            if a.female is not None and b.female is not None:
                same.append((a.female >= 0.5) == (b.female >= 0.5))
            for name, one, other in (("age_shift", a.age, b.age), ("bmi_shift", a.bmi, b.bmi)):
                if one is not None and other is not None:
                    moved[name].append(abs(one.value - other.value))
        found = [Metric("gender_agreement", 1.0, float(np.mean(same)))] if same else []
        found += [Metric(name, 0.0, float(np.mean(off)), higher=False) for name, off in moved.items() if off]
        if not found:
            raise MirrorError("no frontal face in any of the pictures to measure with")
        return tuple(found)


class GarmentTask(_Street):
    """Average precision on the validation photos' garments, the whole photo letterboxed."""

    gate: Mapping[str, float] = MappingProxyType({"ap50": 0.01, "ap": 0.01})

    def measure(self, full: Session, variant: Session, evidence: Evidence) -> tuple[Metric, ...]:
        from export.coco_ap import Found, average_precision
        from export.garments.photos import read_truth

        if evidence.data is None:
            raise MirrorError("AP needs the garments of the shared photos: set MIRROR_SHARED to the folder with data/")
        ccp = evidence.data / "ccp"
        photos = read_truth(ccp / "instances_val.json")
        truth = [Found(p.boxes.astype(np.float64), p.labels, np.ones(len(p.labels))) for p in photos]
        images = [read_picture(ccp / "images" / p.name) for p in photos]
        results = []
        for session in (full, variant):
            detector = GarmentDetector(session)
            found = []
            for image in images:
                garments = detector.detect(image, Box(0, 0, image.shape[1], image.shape[0]), AP_LEAST_SCORE)
                found.append(Found(
                    np.array([g.box for g in garments], np.float64).reshape(-1, 4),
                    np.array([DETECTED_CATEGORIES.index(g.category) for g in garments], np.int64),
                    np.array([g.score for g in garments], np.float64),
                ))
            results.append(average_precision(found, truth))
        a, b = results
        return Metric("ap50", a.ap50, b.ap50), Metric("ap", a.ap, b.ap)


class EmbeddingTask(_Street):
    """Retrieval among the single-garment photos of senders that no training saw."""

    gate: Mapping[str, float] = MappingProxyType({"r1": 0.01, "p5": 0.01, "cosine": 0.02})

    def measure(self, full: Session, variant: Session, evidence: Evidence) -> tuple[Metric, ...]:
        from export.embedding.measure import retrieval

        paths, labels = shop_photos("val")
        images = [read_picture(path) for path in paths]
        rows = []
        for session in (full, variant):
            embedder = Embedder(session)
            rows.append(np.stack([embedder.embed_whole(image) for image in images]))
        a, b = (retrieval(vectors, labels) for vectors in rows)
        cosine = float((rows[0] * rows[1]).sum(axis=1).mean())
        return Metric("r1", a.r1, b.r1), Metric("p5", a.p5, b.p5), Metric("cosine", 1.0, cosine)


class AgreementTask(_Street):
    """For any model: how far its outputs are from the full one's on the pictures held back, over their own size."""

    gate: Mapping[str, float] = MappingProxyType({"output_shift": 0.03})

    def measure(self, full: Session, variant: Session, evidence: Evidence) -> tuple[Metric, ...]:
        held = inputs(full, evidence, validation=True)
        wanted, found = ([list(session.run(feed)) for feed in held] for session in (full, variant))
        return (Metric("output_shift", 0.0, error(found, wanted), higher=False),)


def task_of(card: ModelCard) -> Task:
    """How this card's variants are judged: by its decoder, else by agreement with the full model."""
    decoder = card.decoder
    if decoder == MASK:
        return MaskTask()
    if decoder in POSE:
        return PoseTask()
    if decoder == PEOPLE or (decoder in BOXES and "person" in card.labels):
        return PeopleTask()
    if decoder in FACE:
        return FaceTask()
    if decoder in BOXES:
        return GarmentTask()
    return EmbeddingTask() if decoder == EMBEDDING else AgreementTask()


def evidence_for(task: Task, own: Path | None) -> Evidence:
    """The task's own pictures, or those of the user's folder. Raises MirrorError when there are none."""
    return task.evidence() if own is None else own_pictures(own)


def inputs(session: Session, evidence: Evidence, validation: bool = False) -> list[Feed]:
    """The model's inputs for the calibration pictures (or those held back), as the mirror's vision makes them."""
    card = session.card
    paths = evidence.validation if validation else evidence.calibration
    if card.decoder == EMBEDDING and not validation and evidence.data is not None:
        # both kinds of picture that it meets: what people wear, and what the shop shows
        shop = shop_photos("train")[0]
        paths = (*paths[::2], *shop[:: max(1, len(shop) // len(paths))][: len(paths) // 2])
    if card.layout == "none" and card.decoder != BODY:
        return [smooth_numbers(card, seed) for seed in range(int(validation), NUMBER_FEEDS, 2)]
    found = feeds(session, scenes_of(paths))
    if not found:
        raise MirrorError(f"model '{card.name}': none of {len(paths)} pictures shows what it looks at; give others "
                          "with --calibration FOLDER")
    return found


def shift(one: Pose, other: Pose) -> list[float]:
    """Distances of the keypoints that both see, over the height (or width, if larger) of the first one's box."""
    box = one.box()
    if box is None:
        return []
    seen = (one.keypoints[:, 2] >= SEEN) & (other.keypoints[:, 2] >= SEEN)
    apart = np.linalg.norm(one.keypoints[seen, :2] - other.keypoints[seen, :2], axis=1)
    found: list[float] = (apart / max(box.width, box.height, 1.0)).tolist()
    return found


def jitter(scene: Scene, reader: PoseReader) -> float:
    """How much a pose trembles when only the camera's noise changes: standard deviation of the median keypoint over the
    height of the keypoints' box."""
    assert scene.region is not None
    assert scene.pose is not None
    rng = np.random.default_rng(0)
    views = []
    for _ in range(NOISE_VIEWS):
        noise = rng.normal(0.0, NOISE_LEVELS, scene.image.shape)
        noisy = np.clip(scene.image + noise, 0, 255).astype(np.uint8)
        views.append(reader.read(noisy, scene.region).keypoints)
    seen = scene.pose.keypoints[:, 2] >= SEEN
    box = scene.pose.box(SEEN)
    if box is None or not seen.any():
        return 0.0
    spread = np.stack(views)[:, seen, :2].std(axis=0).max(axis=-1)
    return float(np.median(spread)) / max(1.0, box.y2 - box.y1)


def _shifts(found: Sequence[float]) -> tuple[Metric, Metric]:
    if not found:
        raise MirrorError("no keypoint that both see in any of the pictures to measure with")
    return (
        Metric("shift_median", 0.0, float(np.median(found)), higher=False),
        Metric("shift_p95", 0.0, float(np.percentile(found, 95)), higher=False),
    )
