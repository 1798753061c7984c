"""Breadths of a standing person's silhouette over her stature.

The mask is cut across the trunk's axis at four heights between the shoulder and the hip keypoints. Arms that stick
to the trunk are taken off by their own thickness. Stature is the length of the chain head - shoulders - hips - ankle,
so that a lean of the body or the camera does not shorten it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from mirror.domain import FloatArray, Mask, Pose

LEAST_SCORE = 0.2
"""Keypoints under this score are guesses (full_body.py); a measure of a guessed ankle is worth nothing."""
NEEDED = (
    "left_shoulder", "right_shoulder", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle"
)
HEAD = ("nose", "left_eye", "right_eye", "left_ear", "right_ear")

SHOULDER_ROW, CHEST_ROW, WAIST_ROW, HIP_ROW = 0.13, 0.30, 0.72, 1.04
"""Where to cut, 0 at the shoulder keypoints and 1 at the hip keypoints. From ANSUR II mean heights over stature:
deltoid 0.77, chest point 0.73, navel 0.60, seat 0.51; keypoints lie at 0.81 (shoulder joint) and 0.52 (hip joint)."""
ROW_SPREAD = (-0.03, 0.0, 0.03)
"""Each breadth is the median of three neighbouring cuts: one pixel row of a soft mask is not to be trusted."""
SOLE_BELOW_ANKLE = 0.040
"""Height of the outer ankle bone over stature (ANSUR II: 0.0385 women, 0.0415 men)."""
HAIR = 0.008
"""What hair adds above the head's top, over stature (about 1.3 cm)."""
TOP_ABOVE_FACE = 0.080
"""Height of the head's top above the mean of nose, eyes and ears, over stature: 0.078 from the ear (ANSUR II), and a
median of 0.083 in 78 street photos. Taken when the mask cuts the hair off."""
TALLEST_HAIR = 1.02
"""A stature more than 2 % above the one that the face's height gives is a hat's or a bun's."""
ARM_THICKNESS = 0.055
"""Breadth of a relaxed upper arm over stature (ANSUR II flexed biceps girth / pi is 0.060 to 0.065)."""
FOREARM_THICKNESS = 0.048
"""The same of forearm and wrist (ANSUR II flexed forearm girth / pi is 0.052 to 0.056, the wrist 0.032)."""
DELTOID, DELTOID_RAISED, RAISED = 1.5, 1.38, 0.87
"""The deltoid lies at most 1.5 times as far from the axis as the shoulder joint (median 1.40 in 84 street photos).
An arm raised over 30 degrees (cosine 0.87) widens the cut itself, so then little more than the median is taken."""
DIP = 0.85
"""A mask value under this between trunk and arm is a gap too thin for the mask's resolution."""
GAP = 1.0
"""Mask pixels from the middle of such a gap to the trunk's edge."""
MOST_UNEVEN = 1.4
"""One side of the trunk's axis reaches at most so much farther than the other: the rest is a bag or a hand."""
SLEEVE: tuple[float, float, float] = (0.0, 0.006, 0.016)
"""What a sleeve adds to an arm's thickness over stature, by wear level."""
LEAST_FRONTAL = 0.52
"""Distance of the shoulder keypoints over the trunk's length (shoulder to hip keypoints), below which she stands
turned away: 0.70 facing the camera, 0.50 at 45 degrees."""
PLAUSIBLE: tuple[tuple[float, float], ...] = ((0.18, 0.42), (0.11, 0.33), (0.10, 0.36), (0.12, 0.36))
"""Bounds of shoulder, chest, waist and hip over stature: ANSUR II's extremes, and room for a coat. Outside them the
silhouette is not one standing person's."""
LEAST_STATURE = 90.0
"""Mask pixels; below it a breadth is under 15 pixels and the error over 6 %."""


@dataclass(frozen=True)
class Breadths:
    """Front-view breadths of the silhouette over stature, and the stature itself in mask pixels."""

    shoulder: float
    chest: float
    waist: float
    hip: float
    stature_px: float


def measure(mask: Mask, pose: Pose, level: int | None = None) -> Breadths | None:
    """The four breadths of the silhouette over stature, or None when it cannot be measured.

    Args:
        mask: the silhouette, float32 0..1, and its affine from the frame.
        pose: COCO-17 keypoints in frame pixels.
        level: wear level (0 fitted, 1 loose, 2 outer), for the thickness of sleeves; None takes loose.
    """
    if any(pose.point(name)[2] < LEAST_SCORE for name in NEEDED):
        return None
    at = {name: mask.to_mask @ np.array([*pose.point(name)[:2], 1.0]) for name in pose.names}
    shoulders, hips = _middle(at, "shoulder"), _middle(at, "hip")
    trunk = hips - shoulders
    length = float(np.linalg.norm(trunk))
    width = float(np.linalg.norm(at["left_shoulder"] - at["right_shoulder"]))
    if length < 1 or width / length < LEAST_FRONTAL or not _inside(mask, at):
        return None
    stature = _stature(mask.values, at, pose)
    if stature is None or stature < LEAST_STATURE:
        return None
    down = trunk / length
    across = np.array([down[1], -down[0]])  # to the right in the mask when she stands upright
    sleeve = SLEEVE[1 if level is None else level]
    cut = _Cut(mask.values, at, across, stature, sleeve)
    breadths = [
        _median([cut.breadth(shoulders + (row + step) * trunk, row) for step in ROW_SPREAD])
        for row in (SHOULDER_ROW, CHEST_ROW, WAIST_ROW, HIP_ROW)
    ]
    ratios = [None if b is None else b / stature for b in breadths]
    if any(r is None or not low <= r <= high for r, (low, high) in zip(ratios, PLAUSIBLE, strict=True)):
        return None
    shoulder, chest, waist, hip = (float(r) for r in ratios if r is not None)
    return Breadths(shoulder, chest, waist, hip, stature)


class _Cut:
    """Cuts the mask across the trunk and takes the arms off."""

    def __init__(
        self, values: FloatArray, at: dict[str, NDArray[np.float64]], across: NDArray[np.float64], stature: float,
        sleeve: float,
    ) -> None:
        self.values, self.across = values, across
        self.down = np.array([-across[1], across[0]])
        self.reach = 0.35 * stature
        self.arms = [self._arm(at, side, stature, sleeve) for side in ("left", "right")]
        self.shoulders = _middle(at, "shoulder")
        self.half_shoulder = float(np.linalg.norm(at["left_shoulder"] - at["right_shoulder"])) / 2
        self.half_hip = float(np.linalg.norm(at["left_hip"] - at["right_hip"])) / 2

    @staticmethod
    def _arm(
        at: dict[str, NDArray[np.float64]], side: str, stature: float, sleeve: float
    ) -> list[tuple[NDArray[np.float64], NDArray[np.float64], float]]:
        """Upper arm, forearm and hand as (from, to, thickness in mask pixels)."""
        shoulder, elbow, wrist = (at[f"{side}_{joint}"] for joint in ("shoulder", "elbow", "wrist"))
        hand = wrist + 0.4 * (wrist - elbow)  # hand length over forearm length, ANSUR II: 0.18 / 0.45 m
        upper, fore = (ARM_THICKNESS + sleeve) * stature, (FOREARM_THICKNESS + sleeve) * stature
        return [(shoulder, elbow, upper), (elbow, wrist, fore), (wrist, hand, fore)]

    def breadth(self, centre: NDArray[np.float64], row: float) -> float | None:
        """Width in mask pixels of the trunk through ``centre``, a point of its axis ``row`` trunk lengths below the
        shoulders; None when the axis is not on the body there."""
        steps = np.arange(0.0, self.reach, 0.5, dtype=np.float32)
        sides = []
        for sign in (1.0, -1.0):
            line = centre[None] + sign * steps[:, None] * self.across[None]
            values = _sampled(self.values, line)
            edge = _run(values, steps)
            if edge is None or edge >= steps[-1]:
                return None
            if row > (SHOULDER_ROW + CHEST_ROW) / 2:
                edge = self._without_arm(centre, sign, edge, row, values, steps)
            else:
                edge = min(edge, self._deltoid(sign) * self.half_shoulder)
            sides.append(edge)
        narrow, wide = sorted(sides)
        return narrow + min(wide, MOST_UNEVEN * narrow)

    def _deltoid(self, sign: float) -> float:
        """How far the deltoid reaches at most, in distances of the shoulder joint from the axis."""
        for (shoulder, elbow, _), *_rest in self.arms:
            if sign * float(self.across @ (shoulder - self.shoulders)) > 0:
                arm = elbow - shoulder
                if float(self.down @ arm) < RAISED * float(np.linalg.norm(arm)):
                    return DELTOID_RAISED
        return DELTOID

    def _without_arm(
        self, centre: NDArray[np.float64], sign: float, edge: float, row: float, values: FloatArray, steps: FloatArray
    ) -> float:
        """The trunk's edge where an arm sticks to it: at the dip of the soft mask between the two when there is one,
        else an arm's thickness inside the silhouette's edge."""
        share = min(max(row, 0.0), 1.0)
        least = 0.9 * ((1 - share) * self.half_shoulder + share * self.half_hip)
        for arm in self.arms:
            for start, end, thickness in arm:
                crossing = self._crossing(centre, start, end)
                if crossing is None:
                    continue
                axis = sign * crossing
                # an arm whose axis lies well inside is in front of the trunk; one outside the run hangs free
                if axis <= least or edge <= axis - thickness / 4:
                    continue
                slant = abs(float(self.down @ (end - start))) / (float(np.linalg.norm(end - start)) + 1e-6)
                across = thickness / max(slant, 0.6)
                between = (steps > max(axis - across, least)) & (steps < axis)
                dip = int(np.argmin(np.where(between, values, np.inf)))
                if between.any() and values[dip] < DIP:
                    edge = min(edge, float(steps[dip]) - GAP)
                else:
                    edge = max(min(edge, axis + 0.7 * across) - across, least)
        return edge

    def _crossing(
        self, centre: NDArray[np.float64], start: NDArray[np.float64], end: NDArray[np.float64]
    ) -> float | None:
        """Where the segment crosses the line of the cut, in pixels along ``across`` from the axis."""
        a, b = float(self.down @ (start - centre)), float(self.down @ (end - centre))
        if a == b or (a > 0) == (b > 0):
            return None
        point = start + (end - start) * (a / (a - b))
        return float(self.across @ (point - centre))


def _middle(at: dict[str, NDArray[np.float64]], joint: str) -> NDArray[np.float64]:
    return np.asarray((at[f"left_{joint}"] + at[f"right_{joint}"]) / 2)


def _inside(mask: Mask, at: dict[str, NDArray[np.float64]]) -> bool:
    """Whether the joints lie on the mask's picture and on the silhouette, near enough."""
    height, width = mask.values.shape
    points = np.stack([at[name] for name in NEEDED])
    if (points < 0).any() or (points[:, 0] > width - 1).any() or (points[:, 1] > height - 1).any():
        return False
    grown = np.asarray(cv2.dilate(mask.values, np.ones((5, 5), np.uint8)), dtype=np.float32)
    return bool((_sampled(grown, points) > 0.5).sum() >= 6)


def _stature(values: FloatArray, at: dict[str, NDArray[np.float64]], pose: Pose) -> float | None:
    """Stature in mask pixels along the body: top of the head - shoulders - hips - knee - ankle - sole."""
    shoulders, hips = _middle(at, "shoulder"), _middle(at, "hip")
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
        tops.append(_run(_sampled(values, line), steps) or 0.0)
    top = max(tops)
    legs = [
        float(np.linalg.norm(at[f"{side}_knee"] - at[f"{side}_hip"]))
        + float(np.linalg.norm(at[f"{side}_ankle"] - at[f"{side}_knee"]))
        for side in ("left", "right")
    ]
    # the longer leg: the other one may be bent, which shortens it in the picture
    below = float(up @ (head - shoulders)) + trunk + max(legs)
    by_face = below / (1 - SOLE_BELOW_ANKLE - TOP_ABOVE_FACE)
    cut_off = float((head + up * top)[1]) < 1.5  # by the upper rim of the mask
    if top <= 0 or cut_off:
        return by_face
    return min((below + top) / (1 - SOLE_BELOW_ANKLE + HAIR), TALLEST_HAIR * by_face)


def _sampled(values: FloatArray, points: NDArray[np.float64]) -> FloatArray:
    """Mask values (n,) at points (n, 2) x, y in mask pixels, bilinear, 0 outside."""
    where = np.ascontiguousarray(points, dtype=np.float32)
    found = cv2.remap(values, where[:, :1], where[:, 1:], cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    return np.asarray(found, dtype=np.float32).ravel()


def _run(values: FloatArray, steps: FloatArray) -> float | None:
    """How far the silhouette reaches from the first sample on; None when that is outside already."""
    if values[0] < 0.5:
        return None
    outside = np.flatnonzero(values < 0.5)
    if len(outside) == 0:
        return float(steps[-1])
    i = int(outside[0])
    share = float((values[i - 1] - 0.5) / (values[i - 1] - values[i]))
    return float(steps[i - 1] + share * (steps[i] - steps[i - 1]))


def _median(values: Sequence[float | None]) -> float | None:
    found = [value for value in values if value is not None]
    return float(np.median(found)) if len(found) == len(values) else None
