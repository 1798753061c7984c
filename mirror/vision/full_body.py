"""The seed's rule for a full body: at least 17 keypoints seen."""

from __future__ import annotations

from mirror.domain import Pose

LEAST_KEYPOINTS = 17
LEAST_SCORE = 0.2
"""MoveNet's own visualisations call a keypoint seen from 0.2 on; below it the point is a guess."""


def seen_keypoints(pose: Pose, least_score: float = LEAST_SCORE) -> int:
    """How many keypoints of the pose are seen."""
    return int((pose.keypoints[:, 2] >= least_score).sum())


def full_body(pose: Pose, least_score: float = LEAST_SCORE) -> bool:
    """Whether the whole body is in view. Skeletons of more than 17 points need 17 of theirs."""
    return seen_keypoints(pose, least_score) >= LEAST_KEYPOINTS
