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
from mirror.vision.mask_line import reach, sampled
from mirror.vision.stature import LEAST_SCORE, middle, stature_px

NEEDED = (
    "left_shoulder", "right_shoulder", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle"
)

SHOULDER_ROW, CHEST_ROW, WAIST_ROW = 0.13, 0.325, 0.72
HIP_ROWS = (1.04, 1.08, 1.12, 1.16)
"""Where to cut, 0 at the shoulder keypoints and 1 at the hip keypoints. From ANSUR II mean heights over stature:
deltoid 0.77, chest point 0.73, navel 0.60, seat 0.51; keypoints lie at 0.81 (shoulder joint) and 0.52
(hip joint). The survey's hip breadth is the greatest one, so the hips are cut at several heights; the lowest may miss
(between the legs)."""
ROW_SPREAD = (-0.03, 0.0, 0.03)
"""Each breadth is the median of three neighbouring cuts: one pixel row of a soft mask is not to be trusted."""
ARM_THICKNESS = 0.055
"""Breadth of a relaxed upper arm over stature (ANSUR II flexed biceps girth / pi is 0.060 to 0.065)."""
FOREARM_THICKNESS = 0.048
"""The same of forearm and wrist (ANSUR II flexed forearm girth / pi is 0.052 to 0.056, the wrist 0.032)."""
DELTOID, DELTOID_RAISED = 1.62, 1.475
"""The deltoid lies at most 1.62 times as far from the axis as the shoulder joint. With the arm raised the cut follows
the arm outwards, so that only the joint tells: there the median is taken (1.475 in 120 rendered bodies)."""
RAISED: tuple[float, float] = (0.96, 0.90)
"""Cosine of the arm to the trunk's axis, from which on and up to which the one gives way to the other."""
CUT_OF_DELTOID = 0.965
"""A cut of a hanging arm's deltoid over the greatest breadth, which lies a little lower (rendered bodies)."""
MERGED_OUTER, MERGED_AXIS = 0.645, 0.79
"""Where the arm lies against the chest there is no edge to see: the chest reaches to 0.645 of the way to the arm's
outer edge, and to 0.79 of the way to its axis (medians of 47 rendered bodies; their mean has half the spread of
taking an arm's thickness off)."""
CALF_SHARES = (0.18, 0.24, 0.30, 0.36, 0.42)
"""Where a lower leg is cut, 0 at the knee and 1 at the ankle; the widest counts (calf: 0.3 in ANSUR II)."""
CALF_PLAUSIBLE = (0.045, 0.11)
"""Bounds of a bare calf's breadth over stature; beyond them the legs have run into one another, or a hem."""
DIP = 0.85
"""A mask value under this between trunk and arm is a gap too thin for the mask's resolution."""
GAP = 1.0
"""Mask pixels from the middle of such a gap to the trunk's edge."""
MOST_UNEVEN = 1.15
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
    calf: float | None = None
    """Mean of both calves, where the silhouette shows them apart; only of use when they are bare."""


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
    shoulders, hips = middle(at, "shoulder"), middle(at, "hip")
    trunk = hips - shoulders
    length = float(np.linalg.norm(trunk))
    width = float(np.linalg.norm(at["left_shoulder"] - at["right_shoulder"]))
    if length < 1 or width / length < LEAST_FRONTAL or not _inside(mask, at):
        return None
    stature = stature_px(mask.values, at, pose)
    if stature is None or stature < LEAST_STATURE:
        return None
    down = trunk / length
    across = np.array([down[1], -down[0]])  # to the right in the mask when she stands upright
    sleeve = SLEEVE[1 if level is None else level]
    cut = _Cut(mask.values, at, across, stature, sleeve)
    breadths = [
        _median([cut.breadth(shoulders + (row + step) * trunk, row) for step in ROW_SPREAD])
        for row in (SHOULDER_ROW, CHEST_ROW, WAIST_ROW)
    ]
    hip_cuts = [cut.breadth(shoulders + row * trunk, row) for row in HIP_ROWS]
    breadths.append(_broad([b for b in hip_cuts if b is not None]))
    ratios = [None if b is None else b / stature for b in breadths]
    if any(r is None or not low <= r <= high for r, (low, high) in zip(ratios, PLAUSIBLE, strict=True)):
        return None
    shoulder, chest, waist, hip = (float(r) for r in ratios if r is not None)
    return Breadths(shoulder, chest, waist, hip, stature, _calf(mask.values, at, stature))


class _Cut:
    """Cuts the mask across the trunk and takes the arms off."""

    def __init__(
        self, values: FloatArray, at: dict[str, NDArray[np.float64]], across: NDArray[np.float64], stature: float,
        sleeve: float,
    ) -> None:
        self.values, self.across = values, across
        self.down = np.array([-across[1], across[0]])
        self.farthest = 0.35 * stature
        self.sleeve = sleeve * stature
        self.arms = [self._arm(at, side, stature, sleeve) for side in ("left", "right")]
        self.shoulders = middle(at, "shoulder")
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
        steps = np.arange(0.0, self.farthest, 0.5, dtype=np.float32)
        sides = []
        for sign in (1.0, -1.0):
            line = centre[None] + sign * steps[:, None] * self.across[None]
            values = sampled(self.values, line)
            edge = reach(values, steps)
            if edge is None or edge >= steps[-1]:
                return None
            if row > (SHOULDER_ROW + CHEST_ROW) / 2:
                edge = self._without_arm(centre, sign, edge, row, values, steps)
            else:
                edge = self._deltoid(sign, edge)
            sides.append(edge)
        narrow, wide = sorted(sides)
        return narrow + min(wide, MOST_UNEVEN * narrow)

    def _deltoid(self, sign: float, edge: float) -> float:
        """How far the deltoid reaches on one side, from the cut's edge there and the shoulder joint."""
        hanging = min(edge / CUT_OF_DELTOID, DELTOID * self.half_shoulder)
        for (shoulder, elbow, _), *_rest in self.arms:
            if sign * float(self.across @ (shoulder - self.shoulders)) > 0:
                arm = elbow - shoulder
                cosine = float(self.down @ arm) / (float(np.linalg.norm(arm)) + 1e-6)
                raised = float(np.interp(-cosine, [-RAISED[0], -RAISED[1]], [0.0, 1.0]))
                return (1 - raised) * hanging + raised * DELTOID_RAISED * self.half_shoulder
        return hanging

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
                elif row < (CHEST_ROW + WAIST_ROW) / 2 and thickness is arm[0][2]:
                    bare = edge - self.sleeve
                    edge = (MERGED_OUTER * bare + MERGED_AXIS * axis) / 2
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


def _inside(mask: Mask, at: dict[str, NDArray[np.float64]]) -> bool:
    """Whether the joints lie on the mask's picture and on the silhouette, near enough."""
    height, width = mask.values.shape
    points = np.stack([at[name] for name in NEEDED])
    if (points < 0).any() or (points[:, 0] > width - 1).any() or (points[:, 1] > height - 1).any():
        return False
    grown = np.asarray(cv2.dilate(mask.values, np.ones((5, 5), np.uint8)), dtype=np.float32)
    return bool((sampled(grown, points) > 0.5).sum() >= 6)


def _calf(values: FloatArray, at: dict[str, NDArray[np.float64]], stature: float) -> float | None:
    """Mean breadth of the calves over stature, each cut across its own leg; None when either cannot be seen."""
    found = []
    for side in ("left", "right"):
        knee, ankle = at[f"{side}_knee"], at[f"{side}_ankle"]
        leg = ankle - knee
        across = np.array([leg[1], -leg[0]]) / (float(np.linalg.norm(leg)) + 1e-6)
        steps = np.arange(0.0, 0.12 * stature, 0.25, dtype=np.float32)
        cuts = []
        for share in CALF_SHARES:
            centre = knee + share * leg
            edges = [
                reach(sampled(values, centre[None] + sign * steps[:, None] * across[None]), steps) for sign in (1, -1)
            ]
            if edges[0] is not None and edges[1] is not None:
                cuts.append((edges[0] + edges[1]) / stature)
        if len(cuts) < len(CALF_SHARES):
            return None
        found.append(sorted(cuts)[-2])  # the widest but one: one frayed row of the mask is not a calf
    mean = float(np.mean(found))
    return mean if CALF_PLAUSIBLE[0] <= min(found) and max(found) <= CALF_PLAUSIBLE[1] else None


def _broad(cuts: Sequence[float]) -> float | None:
    """The greatest breadth but for one frayed row: the mean of the two widest; None without two."""
    return float(np.mean(sorted(cuts)[-2:])) if len(cuts) >= 2 else None


def _median(values: Sequence[float | None]) -> float | None:
    found = [value for value in values if value is not None]
    return float(np.median(found)) if len(found) == len(values) else None
