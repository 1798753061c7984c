"""How she is built, read from the silhouette: BMI and girths, each with its spread.

The `body-shape` model turns breadths over stature into them; it is told what is worn, because clothes are the
greatest error (a loose shirt adds 3 BMI, a coat 8), and how noisy the breadths are, so that it knows how far to trust
them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from mirror.domain import BodyShape, Estimate, Garment, Mask, Pose
from mirror.runtime.session import Session
from mirror.vision.silhouette import measure

FITTED, LOOSE, OUTER = 0, 1, 2
WEAR: dict[str, int] = {
    "top": FITTED, "dress": FITTED, "shirt": LOOSE, "longsleeve": LOOSE, "outerwear": OUTER,
}
"""Wear level that a garment above the hips tells; the highest one worn counts."""
LEVELS = 3
BARE_LEGS = frozenset({"shorts", "skirt", "dress", "hosiery"})
COVERED_LEGS = frozenset({"trousers", "boots"})
"""Calves tell most beside the trunk, but only bare ones (or in hosiery): under trousers their breadth is cloth."""

OWN_ERROR = 0.035
"""Relative error of a breadth that stays at any resolution (pose, arms, cut): spread of 3 to 4 % on rendered bodies."""
EDGE_ERROR_PX, TYPICAL_BREADTH = 0.9, 0.19
"""What the mask's two edges are off together, in mask pixels, and the mean breadth over stature."""


class BodyReader:
    """Reads a body shape from a silhouette; about 1 ms."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def read(
        self, mask: Mask, pose: Pose, garments: Sequence[Garment], female: float | None, noise: float | None = None
    ) -> BodyShape | None:
        """Body shape of the person in ``mask``, or None when it cannot be measured (not the whole body in view,
        turned away, or a silhouette that is no standing person's).

        Args:
            mask: her silhouette.
            pose: her COCO-17 keypoints in frame pixels.
            garments: what she wears; tells how far the silhouette stands off the body. Empty when unknown.
            female: probability of female gender presentation, None when not known or not asked.
            noise: relative error of a breadth (0.03 is 3 %) where the caller knows it, say from the spread between
                frames; None takes what the silhouette's size makes likely (:func:`expected_noise`).
        """
        level = wear_level(garments)
        seen = measure(mask, pose, level)
        if seen is None:
            return None
        flags = [0.0, 0.0, 0.0, 0.0]  # fitted, loose, outer, not known
        flags[3 if level is None else level] = 1.0
        calf = seen.calf if seen.calf is not None and bare_calves(garments) else 0.0
        inputs = np.array([[
            seen.shoulder, seen.chest, seen.waist, seen.hip, calf, 0.5 if female is None else female, *flags,
            expected_noise(seen.stature_px) if noise is None else noise,
        ]], np.float32)
        values = self.session.run(inputs)[0].reshape(4, 3)
        bmi, chest, waist, hip = (Estimate(float(v), float(low), float(high)) for v, low, high in values)
        return BodyShape(seen.shoulder, seen.chest, seen.waist, seen.hip, bmi, "body", chest, waist, hip)


def expected_noise(stature_px: float) -> float:
    """Relative error of a breadth of a silhouette that is ``stature_px`` mask pixels tall: 4 to 6 %."""
    return math.hypot(OWN_ERROR, EDGE_ERROR_PX / (TYPICAL_BREADTH * max(stature_px, 1.0)))


def wear_level(garments: Sequence[Garment]) -> int | None:
    """FITTED, LOOSE or OUTER by what is worn above the hips; None when nothing there was found."""
    levels = [WEAR[garment.category] for garment in garments if garment.category in WEAR]
    return max(levels, default=None)


def bare_calves(garments: Sequence[Garment]) -> bool:
    """Whether what is worn leaves the calves bare, or in hosiery (a long hem the silhouette shows by itself)."""
    worn = {garment.category for garment in garments}
    return bool(worn & BARE_LEGS) and not worn & COVERED_LEGS
