"""A frame on its way through the pipeline: with its small copy, then with the shopper's pose."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from mirror.camera.pool import PicturePool
from mirror.domain import Box, Frame, ImageArray, Person, Pose

SMALL_LONGEST_SIDE = 640
"""The nets that see the whole body take 192 to 320 pixels: a frame is halved (or divided by three, ...) while its
longer side stays at least this. Cutting crops from full frames was the dearest line outside the models."""


@dataclass(frozen=True, eq=False)
class AnalysisFrame:
    """A frame and its copy ``factor`` times smaller (the same array when the factor is 1)."""

    frame: Frame
    small: ImageArray
    factor: int

    @property
    def size(self) -> tuple[int, int]:
        """Width, height of the full frame."""
        return self.frame.image.shape[1], self.frame.image.shape[0]


@dataclass(frozen=True, eq=False)
class PosedFrame:
    """A frame with the shopper's smoothed pose in full frame pixels. ``token`` names her visit."""

    analysis: AnalysisFrame
    pose: Pose
    token: int


def shrink(frame: Frame, pool: PicturePool | None = None) -> AnalysisFrame:
    """Make the small copy, once for all readers, in memory of ``pool`` when there is one."""
    height, width = frame.image.shape[:2]
    factor = max(1, max(height, width) // SMALL_LONGEST_SIDE)
    if factor == 1:
        return AnalysisFrame(frame, frame.image, 1)
    size = (max(1, width // factor), max(1, height // factor))
    # whole blocks only: a rest of the division at the edges would shift every coordinate
    whole = frame.image[: size[1] * factor, : size[0] * factor]
    shape = (size[1], size[0], 3)
    small = np.empty(shape, np.uint8) if pool is None else pool.take(shape)
    cv2.resize(whole, size, dst=small, interpolation=cv2.INTER_AREA)
    return AnalysisFrame(frame, small, factor)


def scaled_pose(pose: Pose, factor: float) -> Pose:
    """The pose in pixels ``factor`` times as many."""
    if factor == 1:
        return pose
    keypoints = pose.keypoints.copy()
    keypoints[:, :2] *= factor
    return Pose(keypoints, pose.names)


def scaled_box(box: Box, factor: float) -> Box:
    return Box(*(v * factor for v in box))


def only_box(person: Person, factor: float) -> Person:
    """A bystander as the mirror may know one: box and score in full frame pixels, no keypoint."""
    nothing = Pose(np.zeros((len(person.pose.names), 3), np.float32), person.pose.names)
    return Person(scaled_box(person.box, factor), person.score, nothing)
