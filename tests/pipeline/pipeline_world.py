"""A shop with one or two stick people in it, and readers that see them without a model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import monotonic, sleep
from typing import Any

import numpy as np

from mirror.camera.source import Source
from mirror.domain import (
    COCO_KEYPOINTS,
    BodyShape,
    Box,
    Estimate,
    Face,
    Frame,
    Garment,
    ImageArray,
    Mask,
    Person,
    Pose,
)

SIZE = (1280, 720)
"""Width, height of the fake frames; the pipeline halves them for analysis."""

_FIGURE: dict[str, tuple[float, float]] = {
    "nose": (0.0, 0.0), "left_eye": (0.02, -0.02), "right_eye": (-0.02, -0.02), "left_ear": (0.045, -0.01),
    "right_ear": (-0.045, -0.01), "left_shoulder": (0.11, 0.14), "right_shoulder": (-0.11, 0.14),
    "left_elbow": (0.14, 0.31), "right_elbow": (-0.14, 0.31), "left_wrist": (0.15, 0.46),
    "right_wrist": (-0.15, 0.46), "left_hip": (0.07, 0.47), "right_hip": (-0.07, 0.47),
    "left_knee": (0.07, 0.71), "right_knee": (-0.07, 0.71), "left_ankle": (0.07, 0.96),
    "right_ankle": (-0.07, 0.96),
}
"""Keypoints of one who faces the camera: x to the picture's right, y down from the nose, over nose-to-sole."""


def figure(x: float, top: float = 100.0, tall: float = 520.0, *, turned: float = 1.0, score: float = 0.9) -> Pose:
    """A standing person: nose at (x, top), ``tall`` pixels; ``turned`` 1 faces the camera, 0 shows the side."""
    points = [(x + turned * dx * tall, top + dy * tall, score) for dx, dy in _FIGURE.values()]
    return Pose(np.array(points, np.float32), COCO_KEYPOINTS)


def person(pose: Pose, score: float = 0.8) -> Person:
    box = pose.box()
    assert box is not None
    return Person(box.grown(1.05), score, pose)


def frame(number: int, time: float, size: tuple[int, int] = SIZE) -> Frame:
    """A grey frame whose upper rows tell its number, and each column where it lies: readers of a smaller copy, or
    of a part of it, find both."""
    image = np.full((size[1], size[0], 3), 90, np.uint8)
    image[:16, :, 0] = number % 256
    image[:16, :, 1] = number // 256
    image[:16, :, 2] = np.arange(size[0]) // 8
    return Frame(image, number, time)


class PushedSource(Source):
    """Frames come when the test says so, on the test's thread, ``pace_s`` apart at least."""

    pace_s = 0.0
    _due = 0.0

    def _open(self) -> None:
        pass

    def _close(self) -> None:
        pass

    def _run(self) -> None:
        self._stopping.wait()

    def push(self, size: tuple[int, int] = SIZE) -> None:
        """Deliver the next frame."""
        sleep(max(0.0, self._due - monotonic()))
        self._due = monotonic() + self.pace_s
        self._deliver(frame(self.captured, 0, size).image, monotonic())


def number_of(image: ImageArray) -> int:
    return int(image[2, 2, 0]) + 256 * int(image[2, 2, 1])


def as_in(image: ImageArray, pose: Pose) -> Pose:
    """A pose of the full frame in the pixels of its smaller copy, or of a tile of that (right to 8 pixels)."""
    scale = image.shape[0] / SIZE[1]
    keypoints = pose.keypoints.copy()
    keypoints[:, 0] -= 8 * int(image[2, 0, 2])
    keypoints[:, :2] *= scale
    return Pose(keypoints, pose.names)


@dataclass
class World:
    """Who stands where in each frame, in full frame pixels; the shopper to be followed first."""

    people: Callable[[int], Sequence[Pose]]
    calls: dict[str, int] = field(default_factory=dict)
    fail: dict[str, Exception] = field(default_factory=dict)
    garments_worn: list[str] = field(default_factory=lambda: ["shirt", "trousers"])

    def count(self, what: str) -> None:
        self.calls[what] = self.calls.get(what, 0) + 1
        if what in self.fail:
            raise self.fail[what]


class FakePeople:
    def __init__(self, world: World) -> None:
        self.world = world

    def find(self, image: ImageArray) -> list[Person]:
        self.world.count("people")
        return [person(as_in(image, p)) for p in self.world.people(number_of(image))]


class FakePose:
    """Reads whoever stands nearest to the region's middle; an empty region gives scores of nothing."""

    def __init__(self, world: World) -> None:
        self.world = world

    def read(self, image: ImageArray, region: Box) -> Pose:
        self.world.count("pose")
        poses = [as_in(image, p) for p in self.world.people(number_of(image))]
        inside = [p for p in poses if (box := p.box()) is not None and box.iou(region) > 0.05]
        if not inside:
            return Pose(np.zeros((17, 3), np.float32))

        def off(pose: Pose) -> float:
            box = pose.box()
            assert box is not None
            return abs(box.centre[0] - region.centre[0])

        return min(inside, key=off)


class FakeVision:
    """Every reader; ``world.calls`` counts, ``world.fail`` breaks one."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.people = FakePeople(world)
        self.pose = FakePose(world)
        self.mask = self.face = self.attributes = self.garments = self.embedder = self.body = self  # type: ignore
        self.face_bmi: Any = None
        self.name = "fake@0"

    def read(self, image: Any, *rest: Any) -> Any:
        if isinstance(image, Mask):
            self.world.count("body")
            return BodyShape(0.25, 0.2, 0.18, 0.22, Estimate(22.0, 20.0, 24.0))
        if isinstance(rest[0], Face):
            self.world.count("attributes")
            return Estimate(30.0, 22.0, 38.0), 0.9
        self.world.count("mask")
        return Mask(np.ones((8, 8), np.float32), np.array([[0.1, 0, 0], [0, 0.1, 0]]))

    def find(self, image: ImageArray, pose: Pose) -> Face:
        self.world.count("face")
        x, y, _ = pose.point("nose")
        return Face(Box(x - 30, y - 30, x + 30, y + 30), frontal=True)

    def detect(self, image: ImageArray, region: Box) -> list[Garment]:
        self.world.count("garments")
        middle = region.y1 + region.height / 2
        boxes = [
            Box(region.x1, region.y1 + 0.2 * region.height, region.x2, middle),
            Box(region.x1, middle, region.x2, region.y2),
        ]
        return [Garment(name, box, 0.8) for name, box in zip(self.world.garments_worn, boxes, strict=False)]

    def embed(self, image: ImageArray, boxes: Sequence[Box]) -> np.ndarray:
        self.world.count("embedding")
        rows = np.zeros((len(boxes), 128), np.float32)
        rows[:, 0] = 1
        return rows
