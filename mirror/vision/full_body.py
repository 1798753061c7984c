"""The seed's rule for a full body: at least 17 keypoints seen, and among them both ends of her."""

from __future__ import annotations

from mirror.domain import COCO_KEYPOINTS, Pose

LEAST_KEYPOINTS = 17
LEAST_SCORE = 0.2
"""MoveNet's own visualisations call a keypoint seen from 0.2 on; below it the point is a guess."""

HEAD: tuple[str, ...] = ("nose", "left_eye", "right_eye", "left_ear", "right_ear", "head")
ENDS: tuple[str, ...] = ("left_hip", "right_hip", "left_ankle", "right_ankle")
"""A skeleton of 33 has 25 points above the hips: there the count alone would call a portrait a full body. So hips,
ankles and something of the head must be among the 17 (with 17 keypoints they are)."""


SEATED: tuple[str, ...] = ("left_shoulder", "right_shoulder", "left_hip", "right_hip")
"""What must be seen of one who sits, beside one of the head and one knee: footrests and armrests hide the rest."""


def seen_keypoints(pose: Pose, least_score: float = LEAST_SCORE) -> int:
    """How many keypoints of the pose are seen."""
    return int((pose.keypoints[:, 2] >= least_score).sum())


def full_body(pose: Pose, least_score: float = LEAST_SCORE, *, seated: bool = False) -> bool:
    """Whether the whole body is in view: 17 keypoints are seen, whatever the skeleton has, and of one with more than
    17 both hips, both ankles and one of the head are among them. ``seated``: shoulders, hips, one knee and one of the
    head are enough."""
    if seated:
        knee = max(pose.point(f"{side}_knee")[2] for side in ("left", "right")) >= least_score
        return knee and all(pose.point(name)[2] >= least_score for name in SEATED) and any(
            pose.point(name)[2] >= least_score for name in HEAD)
    if seen_keypoints(pose, least_score) < LEAST_KEYPOINTS:
        return False
    if pose.names == COCO_KEYPOINTS:
        return True
    return all(pose.point(name)[2] >= least_score for name in ENDS) and any(
        pose.point(name)[2] >= least_score for name in HEAD
    )
