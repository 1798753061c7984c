"""How she is built, read from the silhouette: BMI and girths, each with its spread.

The `body-shape` model turns four breadths over stature into them; it is told what is worn, because clothes are the
greatest error (a loose shirt adds 3 BMI, a coat 8).
"""

from __future__ import annotations

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


class BodyReader:
    """Reads a body shape from a silhouette; about 1 ms."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def read(
        self, mask: Mask, pose: Pose, garments: Sequence[Garment], female: float | None
    ) -> BodyShape | None:
        """Body shape of the person in ``mask``, or None when it cannot be measured (not the whole body in view,
        turned away, or a silhouette that is no standing person's).

        Args:
            mask: her silhouette.
            pose: her COCO-17 keypoints in frame pixels.
            garments: what she wears; tells how far the silhouette stands off the body. Empty when unknown.
            female: probability of female gender presentation, None when not known or not asked.
        """
        level = wear_level(garments)
        seen = measure(mask, pose, level)
        if seen is None:
            return None
        wear = (1 / LEVELS, 1 / LEVELS) if level is None else (float(level == LOOSE), float(level == OUTER))
        inputs = np.array(
            [[seen.shoulder, seen.chest, seen.waist, seen.hip, 0.5 if female is None else female, *wear]], np.float32
        )
        values = self.session.run(inputs)[0].reshape(4, 3)
        bmi, chest, waist, hip = (Estimate(float(v), float(low), float(high)) for v, low, high in values)
        return BodyShape(seen.shoulder, seen.chest, seen.waist, seen.hip, bmi, "body", chest, waist, hip)


def wear_level(garments: Sequence[Garment]) -> int | None:
    """FITTED, LOOSE or OUTER by what is worn above the hips; None when nothing there was found."""
    levels = [WEAR[garment.category] for garment in garments if garment.category in WEAR]
    return max(levels, default=None)
