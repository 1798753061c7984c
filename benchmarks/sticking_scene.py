"""What the real readers see of a person whose motion is known: read once, for every way of smoothing and carrying."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from benchmarks.moving_person import SIZE, MovingPerson, Points
from benchmarks.paint_time import Timeline
from mirror.domain import Box, FloatArray, Frame, Garment, ImageArray, Mask, MirrorError, Pose
from mirror.pipeline.frames import scaled_pose, shrink
from mirror.pipeline.region import follow_region, wandering
from mirror.vision.pose import BODY_OVER_KEYPOINTS, SEEN_SCORE, PoseReader, body_region, garment_region
from mirror.vision.suite import Vision

SETTLING_READS = 48
SETTLING_SHIFT, SETTLING_ZOOM = 0.04, 0.06
"""The still's keypoints are the mean of so many readings, the crop moved and sized anew for each (uniformly, shares of
its side): a net's answer depends on where in the crop she stands, and the mean is free of it."""

OUTLINE_POINTS = 48
MASK_EDGE = 0.5


@dataclass(frozen=True, eq=False)
class Look:
    """What the slow stages read in one frame: garments, and points of the silhouette's outline (n, 2); frame pixels."""

    frame: int
    published: float
    garments: tuple[Garment, ...]
    mask: Mask | None
    outline: Points


@dataclass(frozen=True, eq=False)
class Scene:
    """One person at one camera rate: what was read, and the truth.

    ``readings``: frame -> pose in frame pixels, the crop wandering as in the mirror; ``steady_readings``: without that.
    ``truth`` (frames, 17, 2): the running net's own settled keypoints of the still, moved by the known motion;
    ``best``: the same of the net for stills. ``shown`` (17,): keypoints that are drawn at all. ``tall`` in pixels, from
    crown to sole.
    """

    person: MovingPerson
    timeline: Timeline
    readings: dict[int, Pose]
    steady_readings: dict[int, Pose]
    looks: tuple[Look, ...]
    truth: FloatArray
    best: FloatArray
    shown: np.ndarray
    tall: float


class Stage:
    """The readers, and the stills that move before them."""

    def __init__(self) -> None:
        self.live = Vision.load()
        self.best = Vision.load(best_pose=True).pose

    def place(self, image: ImageArray) -> tuple[MovingPerson, Pose, Pose]:
        """A moving person from a still (BGR uint8), with the settled keypoints of the live net and of the best one.

        Raises:
            MirrorError: nobody is seen from head to foot in the still.
        """
        person = MovingPerson(image)
        rest = person.rest()
        start = self._found(rest)
        settled, best = settle(self.live.pose, rest, start), settle(self.best, rest, start)
        tall = _tall(settled)
        feet = (settled.keypoints[15, :2] + settled.keypoints[16, :2]) / 2
        wrists = settled.keypoints[[9, 10]]
        hands = wrists[wrists[:, 2] >= SEEN_SCORE, :2].astype(np.float64)
        person.place((float(feet[0]), float(feet[1])), hands, tall)
        return person, settled, best

    def scene(self, person: MovingPerson, settled: Pose, best: Pose, timeline: Timeline) -> Scene:
        """Read every frame that the timeline reads, each in the region that the reading before it gives.

        Raises:
            MirrorError: the follower loses her.
        """
        first = follow_region(scaled_pose(settled, 0.5))
        regions: list[Box | None] = [first, first]
        both: tuple[dict[int, Pose], dict[int, Pose]] = ({}, {})
        looks: list[Look] = []
        due = dict(timeline.looks)
        for number in timeline.posed:
            frame = person.frame(number, timeline.times[number])
            small = shrink(frame)
            for i, readings in enumerate(both):
                region = regions[i]
                if region is None:
                    raise MirrorError(f"the person of the moving clip is lost at frame {number}; take another photo")
                pose = self.live.pose.read(small.small, wandering(region, number) if i == 0 else region)
                regions[i] = follow_region(pose)
                readings[number] = scaled_pose(pose, small.factor)
            if number in due:
                looks.append(self._look(frame, both[0][number], due[number]))
        moved = [
            np.stack([person.forth(pose.keypoints[:, :2].astype(np.float64), t) for t in timeline.times])
            for pose in (settled, best)
        ]
        shown = settled.keypoints[:, 2] >= SEEN_SCORE
        return Scene(
            person, timeline, both[0], both[1], tuple(looks), moved[0].astype(np.float32),
            moved[1].astype(np.float32), shown, _tall(settled))

    def _found(self, rest: ImageArray) -> Pose:
        people = self.live.people.find(rest[:, (SIZE[0] - SIZE[1]) // 2 : (SIZE[0] + SIZE[1]) // 2])
        if not people:
            raise MirrorError("nobody is seen in the still; take a photo of one person from head to foot")
        pose = max(people, key=lambda p: p.box.area).pose
        keypoints = pose.keypoints.copy()
        keypoints[:, 0] += (SIZE[0] - SIZE[1]) // 2
        return Pose(keypoints, pose.names)

    def _look(self, frame: Frame, pose: Pose, published: float) -> Look:
        garments: tuple[Garment, ...] = ()
        region = garment_region(pose)
        if region is not None:
            garments = tuple(self.live.garments.detect(frame.image, region))
        body = body_region(pose)
        mask = None if body is None else self.live.mask.read(frame.image, body)
        return Look(frame.number, published, garments, mask, outline(mask))


def settle(reader: PoseReader, image: ImageArray, start: Pose) -> Pose:
    """The mean of many readings of one still, each in another crop."""
    small = shrink(Frame(image, 0, 0.0))
    region = follow_region(scaled_pose(start, 1 / small.factor))
    if region is None:
        raise MirrorError("too little of a person is seen in the still; take a photo from head to foot")
    region = follow_region(reader.read(small.small, region)) or region
    rng = np.random.default_rng(5)
    reads = []
    for _ in range(SETTLING_READS):
        dx, dy = rng.uniform(-SETTLING_SHIFT, SETTLING_SHIFT, 2) * region.width
        moved = Box(region.x1 + dx, region.y1 + dy, region.x2 + dx, region.y2 + dy)
        reads.append(reader.read(small.small, moved.grown(1 + rng.uniform(-SETTLING_ZOOM, SETTLING_ZOOM))).keypoints)
    mean = np.mean(reads, axis=0).astype(np.float32)
    return scaled_pose(Pose(mean), small.factor)


def outline(mask: Mask | None) -> Points:
    """Points along the largest outline of a mask, in frame pixels; none without one."""
    if mask is None:
        return np.zeros((0, 2))
    found, _ = cv2.findContours((mask.values >= MASK_EDGE).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not found:
        return np.zeros((0, 2))
    line = max(found, key=len).reshape(-1, 2).astype(np.float64)
    line = line[np.linspace(0, len(line) - 1, OUTLINE_POINTS).astype(int)]
    back = np.linalg.inv(np.vstack([mask.to_mask, [0, 0, 1]]))
    return np.asarray(line @ back[:2, :2].T + back[:2, 2])


def _tall(pose: Pose) -> float:
    box = pose.box()
    if box is None:
        raise MirrorError("too little of a person is seen in the still; take a photo from head to foot")
    return box.height * BODY_OVER_KEYPOINTS
