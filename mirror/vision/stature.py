"""How tall a standing person is in her mask: along the chain head - shoulders - hips - knee - ankle - sole."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mirror.domain import FloatArray, Pose
from mirror.vision.mask_line import reach, sampled

LEAST_SCORE = 0.2
"""Keypoints under this score are guesses (full_body.py); a measure of a guessed ankle is worth nothing."""
HEAD = ("nose", "left_eye", "right_eye", "left_ear", "right_ear")
CHAIN_SLACK = 1.013
"""The chain of joints is a zigzag, so it is longer than the body is tall (median over 120 rendered bodies)."""
SOLE_BELOW_ANKLE = 0.040
"""Height of the outer ankle bone over stature (ANSUR II: 0.0385 women, 0.0415 men)."""
HAIR = 0.008
"""What hair adds above the head's top, over stature (about 1.3 cm)."""
TOP_ABOVE_FACE = 0.080
"""Height of the head's top above the mean of nose, eyes and ears, over stature: 0.078 from the ear (ANSUR II), and a
median of 0.083 in 78 street photos. Taken when the mask cuts the hair off."""
TALLEST_HAIR = 1.02
"""A stature more than 2 % above the one that the face's height gives is a hat's or a bun's."""


def middle(at: dict[str, NDArray[np.float64]], joint: str) -> NDArray[np.float64]:
    return np.asarray((at[f"left_{joint}"] + at[f"right_{joint}"]) / 2)


def stature_px(values: FloatArray, at: dict[str, NDArray[np.float64]], pose: Pose) -> float | None:
    """Stature in mask pixels along the body: top of the head - shoulders - hips - knee - ankle - sole."""
    shoulders, hips = middle(at, "shoulder"), middle(at, "hip")
    trunk = float(np.linalg.norm(hips - shoulders))
    seen = [at[name] for name in HEAD if pose.point(name)[2] >= LEAST_SCORE]
    if not seen:
        return None
    head = np.mean(seen, axis=0)
    up = (shoulders - hips) / trunk
    beside = np.array([-up[1], up[0]])
    steps = np.arange(0.0, trunk, 0.5, dtype=np.float32)
    tops = []
    for offset in (-0.12, -0.06, 0.0, 0.06, 0.12):  # over the trunk's length: half a head's breadth to each side
        line = (head + offset * trunk * beside)[None] + steps[:, None] * up[None]
        tops.append(reach(sampled(values, line), steps) or 0.0)
    top = max(tops)
    legs = [
        float(np.linalg.norm(at[f"{side}_knee"] - at[f"{side}_hip"]))
        + float(np.linalg.norm(at[f"{side}_ankle"] - at[f"{side}_knee"]))
        for side in ("left", "right")
    ]
    # the longer leg: the other one may be bent, which shortens it in the picture
    below = (float(up @ (head - shoulders)) + trunk + max(legs)) / CHAIN_SLACK
    by_face = below / (1 - SOLE_BELOW_ANKLE - TOP_ABOVE_FACE)
    cut_off = float((head + up * top)[1]) < 1.5  # by the upper rim of the mask
    if top <= 0 or cut_off:
        return by_face
    return min((below + top) / (1 - SOLE_BELOW_ANKLE + HAIR), TALLEST_HAIR * by_face)
