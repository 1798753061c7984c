"""Where to read the pose in the next frame: a square that cannot shrink onto a part of her.

A region that is only the box of the keypoints seen collapses: dark boots are missed, the next crop ends above them,
and what is cut off is never seen again (in one measured clip within two seconds, then it slid to a passer-by).
So the trunk, which is nearly always seen, sets the least size: the rule that MoveNet's authors follow in their
published example.
"""

from __future__ import annotations

import numpy as np

from mirror.domain import Box, Pose
from mirror.vision.pose import REGION_LEAST_SCORE, next_region

TRUNK_REACH = 1.9
"""Half the square's side over the trunk's length (shoulders' to hips' middle). The trunk is 0.29 of the stature, so
the square reaches 0.55 of the stature above and below the hips: from over the hair to under the soles."""

ENDS = ("nose", "left_ankle", "right_ankle")

BODY_REACH = 1.2
"""Half the square's side over the farthest seen keypoint's distance from the hips."""

WANDER_SHARE = 0.02
"""How far a crop is moved (either way, and sized) from frame to frame, over its side: one cell of MoveNet's 48 x 48
output. Where she stands in the cells decides where the net sees a joint, by up to 0.3 % of her height; a crop that
keeps her in one place keeps that error, one that wanders makes it a noise that the smoothing takes out (measured by
`python -m benchmarks.sticking`)."""

WANDER_STEPS = (0.7548776662466927, 0.5698402909980532, 0.3819660112501051)
"""Shares of the range by which x, y and size go on: irrational, so that successive crops fill it evenly (the first two
are the powers of the inverse of the plastic number, the third is the golden section's)."""


def wandering(region: Box, number: int) -> Box:
    """The region as it is read in frame ``number``: a little moved and sized, in another way in each frame."""
    right, down, larger = (WANDER_SHARE * (2 * (number * step % 1.0) - 1) for step in WANDER_STEPS)
    right, down = right * region.width, down * region.height
    moved = Box(region.x1 + right, region.y1 + down, region.x2 + right, region.y2 + down)
    return moved.grown(1 + larger)


def follow_region(pose: Pose) -> Box | None:
    """The square region for the next frame; None when she is lost (too few keypoints are seen).

    While head and both feet are seen it is the close box around them, which reads best; without both a shoulder and
    a hip (she stands close to the glass) it is the box of what is seen.
    """
    region = next_region(pose)
    if region is None:
        return None
    if all(pose.point(name)[2] >= REGION_LEAST_SCORE for name in ENDS):
        return region
    shoulders = _middle(pose, "left_shoulder", "right_shoulder")
    hips = _middle(pose, "left_hip", "right_hip")
    if shoulders is None or hips is None:
        return region
    seen = pose.keypoints[pose.keypoints[:, 2] >= REGION_LEAST_SCORE, :2]
    trunk = float(np.hypot(shoulders[0] - hips[0], shoulders[1] - hips[1]))
    body = float(np.abs(seen - np.array(hips, np.float32)).max())
    half = max(TRUNK_REACH * trunk, BODY_REACH * body, 8.0)
    return Box(hips[0] - half, hips[1] - half, hips[0] + half, hips[1] + half)


def _middle(pose: Pose, left: str, right: str) -> tuple[float, float] | None:
    """The middle of those of the two keypoints that are seen."""
    points = [p for p in (pose.point(left), pose.point(right)) if p[2] >= REGION_LEAST_SCORE]
    if not points:
        return None
    return sum(p[0] for p in points) / len(points), sum(p[1] for p in points) / len(points)
