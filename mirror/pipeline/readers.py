"""What the pipeline needs of the vision room: one protocol a reader, so that tests can see with tiny fakes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from mirror.domain import BodyShape, Box, Estimate, Face, FloatArray, Garment, ImageArray, Mask, Person, Pose


class FindsPeople(Protocol):
    def find(self, image: ImageArray) -> list[Person]: ...


class ReadsPose(Protocol):
    def read(self, image: ImageArray, region: Box) -> Pose: ...


class ReadsMask(Protocol):
    def read(self, image: ImageArray, region: Box) -> Mask | None: ...


class FindsFace(Protocol):
    def find(self, image: ImageArray, pose: Pose) -> Face | None: ...


class ReadsAttributes(Protocol):
    def read(self, image: ImageArray, face: Face) -> tuple[Estimate, float]: ...


class DetectsGarments(Protocol):
    def detect(self, image: ImageArray, region: Box) -> list[Garment]: ...


class Embeds(Protocol):
    @property
    def name(self) -> str: ...

    def embed(self, image: ImageArray, boxes: Sequence[Box]) -> FloatArray: ...


class ReadsBody(Protocol):
    def read(
        self, mask: Mask, pose: Pose, garments: Sequence[Garment], female: float | None
    ) -> BodyShape | None: ...


class ReadsFaceBmi(Protocol):
    def read(self, image: ImageArray, face: Face) -> BodyShape: ...


class Readers(Protocol):
    """All of them together: :class:`mirror.vision.suite.Vision` is one."""

    @property
    def people(self) -> FindsPeople: ...

    @property
    def pose(self) -> ReadsPose: ...

    @property
    def mask(self) -> ReadsMask: ...

    @property
    def face(self) -> FindsFace: ...

    @property
    def attributes(self) -> ReadsAttributes: ...

    @property
    def garments(self) -> DetectsGarments: ...

    @property
    def embedder(self) -> Embeds: ...

    @property
    def body(self) -> ReadsBody: ...

    @property
    def face_bmi(self) -> ReadsFaceBmi | None:
        """Set where BMI comes from the face: then ``body`` is not asked."""
        ...
