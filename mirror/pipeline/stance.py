"""How she stands before the mirror: how far, and whether she faces it. Read from keypoints alone."""

from __future__ import annotations

from mirror.domain import Pose
from mirror.pipeline.state import Distance
from mirror.vision.full_body import full_body

LEAST_SCORE = 0.2
"""As in the rule for the full body: below it a keypoint is a guess."""

FRONTAL_RATIO = 0.70
"""Shoulder joints' distance over the trunk's length (shoulders' to hips' middle) of one who faces the camera;
0.50 at 45 degrees (the same figures as the body reader's)."""
SIDEWAYS_RATIO = 0.25
"""The same of one seen from the side."""

FAR_SHARE = 0.45
"""Nose to ankle over the frame's height, under which clothes are too small to be seen well: 320 of 720 rows."""

FAR_SHARE_SEATED = 0.25
"""The same of one who sits: nose to ankle is three quarters of standing, and to the knee, where ankles are hidden, less
than half; between these."""

EDGE_SHARE = 0.03
"""A head whose keypoints come this near to the frame's upper edge is cut by it."""
LIMB_SHARE = 0.10
"""Where head or feet are not seen, the last keypoint before them lies up to a shin or a neck within the frame."""


def frontality(pose: Pose) -> float:
    """0 (seen from the side or from behind) to 1 (facing the camera).

    The product of how wide the shoulders show against the trunk's length, and of the nose lying between the
    ears. From behind the left shoulder lies on the picture's left: that is 0.
    """
    left, right = pose.point("left_shoulder"), pose.point("right_shoulder")
    if min(left[2], right[2]) < LEAST_SCORE or left[0] <= right[0]:
        return 0.0
    hips = [p for p in (pose.point("left_hip"), pose.point("right_hip")) if p[2] >= LEAST_SCORE]
    width = left[0] - right[0]
    if hips:
        trunk = sum(p[1] for p in hips) / len(hips) - (left[1] + right[1]) / 2
        ratio = width / trunk if trunk > 0 else 0.0
        shoulders = (ratio - SIDEWAYS_RATIO) / (FRONTAL_RATIO - SIDEWAYS_RATIO)
    else:
        shoulders = 1.0
    return max(0.0, min(1.0, shoulders)) * _head_frontality(pose)


def _head_frontality(pose: Pose) -> float:
    """1 when the nose lies in the middle of the ears, 0 when it is beyond one; 0.5 when an ear is not seen."""
    nose, left, right = pose.point("nose"), pose.point("left_ear"), pose.point("right_ear")
    if nose[2] < LEAST_SCORE:
        return 0.0
    if min(left[2], right[2]) < LEAST_SCORE or left[0] <= right[0]:
        return 0.5
    share = (nose[0] - right[0]) / (left[0] - right[0])
    # a quarter of the way to either ear is a turn of the head of about 30 degrees
    return max(0.0, min(1.0, 2.0 * (1.0 - abs(2.0 * share - 1.0))))


def distance(
    pose: Pose, frame_size: tuple[int, int], whole: bool | None = None, *, seated: bool = False,
) -> Distance | None:
    """Too near (cut by the frame), well, or too far; None when too little of her is seen to say.

    Args:
        frame_size: width, height of the frame in the pose's pixels.
        whole: whether the full body is in view (None: read from the pose).
        seated: one who sits counts as whole (mirror/vision/full_body.py).
    """
    box = pose.box(LEAST_SCORE)
    if box is None:
        return None
    height = frame_size[1]
    if box.y1 < 0 or box.y2 > height:
        return "near"
    if not (full_body(pose, seated=seated) if whole is None else whole):
        headless = pose.point("nose")[2] < LEAST_SCORE
        above = (LIMB_SHARE if headless else EDGE_SHARE) * height
        if box.y1 < above or box.y2 > height - LIMB_SHARE * height:
            return "near"
    return "far" if box.height < (FAR_SHARE_SEATED if seated else FAR_SHARE) * height else "ok"
