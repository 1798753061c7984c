"""The whole pipeline once over one picture, at best quality: what `mirror analyze` says of it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import numpy as np

from catalog.index import Catalogue
from mirror.domain import (
    Box,
    Estimate,
    Face,
    FloatArray,
    Garment,
    Look,
    Mask,
    Person,
    Pose,
    Profile,
    SizeBelief,
    SizeKind,
)
from mirror.pipeline.tracker import choose_shopper
from mirror.recommend.looks import RecommendSettings, recommend
from mirror.recommend.sizes import estimate_sizes
from mirror.vision.colour import main_colours
from mirror.vision.full_body import full_body
from mirror.vision.outfit import worn_together
from mirror.vision.pose import around, body_region, garment_region, next_region
from mirror.vision.suite import Vision

REFINEMENTS = 2
"""Passes of the pose net: the second cuts its crop by the first one's keypoints, not by the rough finder's."""

LEAST_WHOLE_PICTURE_SCORE = 0.35
"""When nobody is found, the whole picture is tried as one person; mean keypoint score from which that counts."""

SAME_PERSON_IOU = 0.7
"""Two people whose refined bodies overlap more are one person, found twice."""


@dataclass(frozen=True, eq=False)
class Reading:
    """What is read of one person. Bystanders have only the first five fields."""

    box: Box
    score: float
    pose: Pose
    full_body: bool
    shopper: bool
    face: Face | None = None
    garments: tuple[Garment, ...] = ()
    profile: Profile = field(default_factory=Profile)
    look: Look = field(default_factory=Look)
    mask: Mask | None = None


@dataclass(frozen=True, eq=False)
class PictureReport:
    """One picture's people, the shopper first marked, and the milliseconds of each stage."""

    width: int
    height: int
    people: tuple[Reading, ...]
    ms: Mapping[str, float]


class Analyzer:
    """Reads stills with every model, without time limits."""

    def __init__(
        self, vision: Vision, catalogue: Catalogue | None, *,
        recommendation: RecommendSettings | None = None, estimates: bool = True,
    ) -> None:
        """``catalogue`` None leaves the look empty; ``estimates`` False leaves age, gender and body unread.

        Raises:
            MirrorError: the catalogue was built by another embedder than ``vision``'s.
        """
        self._vision = vision
        self._catalogue = catalogue
        self._recommendation = recommendation or RecommendSettings()
        self._estimates = estimates
        if catalogue is not None:
            catalogue.require_embedder(vision.embedder.name)

    def analyze(self, image: np.ndarray, declared: Mapping[SizeKind, SizeBelief] | None = None) -> PictureReport:
        """Read one BGR uint8 (height, width, 3) picture; ``declared`` sizes replace the estimated ones."""
        clock = _StageClock()
        height, width = image.shape[:2]
        with clock("people"):
            people = self._vision.people.find(image)
        with clock("pose"):
            people = self._posed(image, people)
        if not people:
            return PictureReport(width, height, (), clock.ms)
        chosen = choose_shopper(people, (width, height))
        readings = tuple(
            self._shopper(image, person, declared, clock)
            if i == chosen
            else Reading(person.box, person.score, person.pose, full_body(person.pose), shopper=False)
            for i, person in enumerate(people)
        )
        return PictureReport(width, height, readings, clock.ms)

    def _posed(self, image: np.ndarray, people: list[Person]) -> list[Person]:
        height, width = image.shape[:2]
        frame = Box(0, 0, width, height)
        if not people:
            pose = self._vision.pose.read(image, frame)
            mean = float(pose.keypoints[:, 2].mean())
            if mean < LEAST_WHOLE_PICTURE_SCORE:
                return []
            people = [Person(pose.box() or frame, mean, pose)]
        found: list[Person] = []
        for person in people:
            pose = person.pose
            for look in range(REFINEMENTS):
                region = next_region(pose)
                if region is None and look == 0 and not pose.keypoints[:, 2].any():
                    region = around(person.box)  # found by a detector, which tells no keypoints
                if region is None:
                    break
                pose = self._vision.pose.read(image, region)
            box = (body_region(pose) or person.box).clipped(frame)
            if all(box.iou(other.box) < SAME_PERSON_IOU for other in found):
                found.append(Person(box, person.score, pose))
        return found

    def _shopper(
        self, image: np.ndarray, person: Person, declared: Mapping[SizeKind, SizeBelief] | None, clock: _StageClock
    ) -> Reading:
        height, width = image.shape[:2]
        vision, pose = self._vision, person.pose
        region = body_region(pose) or Box(0, 0, width, height)
        face: Face | None = None
        age: Estimate | None = None
        female: float | None = None
        mask = body = None
        with clock("face"):
            face = vision.face.find(image, pose)
        if face is not None and face.frontal and self._estimates:
            with clock("attributes"):
                age, female = vision.attributes.read(image, face)
        if face is not None and face.frontal and self._estimates and vision.face_bmi is not None:
            with clock("body"):
                body = vision.face_bmi.read(image, face)
        with clock("mask"):
            mask = vision.mask.read(image, region)
        with clock("garments"):
            found = worn_together(vision.garments.detect(image, garment_region(pose) or region), pose)
            garments = [replace(g, colours=main_colours(image, g.box, mask, category=g.category)) for g in found]
        with clock("embedding"):
            rows: FloatArray = vision.embedder.embed(image, [g.box for g in garments])
            garments = [replace(g, embedding=row) for g, row in zip(garments, rows, strict=True)]
        if mask is not None and self._estimates and vision.face_bmi is None:
            with clock("body"):
                body = vision.body.read(mask, pose, garments, female)
        if declared:
            profile = Profile(age, female, "estimated", body, declared, "declared")
        else:
            sizes = estimate_sizes(body, None, female) if body is not None else {}
            profile = Profile(age, female, "estimated", body, sizes)
        look = Look()
        if self._catalogue is not None:
            with clock("look"):
                look = recommend(garments, profile, self._catalogue, settings=self._recommendation)
        return Reading(
            person.box, person.score, pose, full_body(pose), True, face, tuple(garments), profile, look, mask
        )


class _StageClock:
    def __init__(self) -> None:
        self.ms: dict[str, float] = {}

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.ms[stage] = self.ms.get(stage, 0.0) + round((time.perf_counter() - start) * 1000, 2)
