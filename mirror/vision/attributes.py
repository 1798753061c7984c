"""Age and gender presentation from a face: faceres. Estimates for sizes and styles; never stored, never identity."""

from __future__ import annotations

import numpy as np

from mirror.domain import Box, Estimate, Face
from mirror.runtime.session import Session
from mirror.vision.crop import CropTensor

FACE_MARGIN = 1.4
"""faceres was trained on the face box times 1.4 (its card)."""

TOP_AGES = 2
"""Age is the expectation over the likeliest bins: A. Savchenko, 'Efficient facial representations for age, gender
and identity recognition', 2019, found two best."""

LEAST_SPREAD = 6.0
"""Years either side at the least: published mean errors of such nets on unseen faces are 5 to 8 years."""


class AttributeReader:
    """Reads age (years with spread) and the probability of a feminine presentation."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._crop = CropTensor(session.card)
        names = [spec.name for spec in session.card.outputs]
        self._age, self._gender = names.index("age"), names.index("gender")
        self._first_age = float(session.card.options.get("first_age", 0))
        self._male_from = float(session.card.options.get("male_from", 0.5))

    def read(self, image: np.ndarray, face: Face) -> tuple[Estimate, float]:
        """Age and P(female) of ``face``.

        Args:
            image: BGR uint8 (height, width, 3).
            face: box in frame pixels, without margin.
        """
        side = max(face.box.width, face.box.height)
        cx, cy = face.box.centre
        square = Box(cx - side / 2, cy - side / 2, cx + side / 2, cy + side / 2).grown(FACE_MARGIN)
        self._crop.fill(image, square)
        outputs = self.session.run(self._crop.tensor)
        male = centred(float(outputs[self._gender].ravel()[0]), self._male_from)
        return age_estimate(outputs[self._age].ravel(), self._first_age), 1.0 - male


def centred(probability: float, threshold: float) -> float:
    """A probability moved on the logit scale so that ``threshold`` becomes 0.5 (nets trained on unbalanced data
    have their equal point elsewhere)."""
    p = min(max(probability, 1e-6), 1 - 1e-6)
    logit = np.log(p / (1 - p)) - np.log(threshold / (1 - threshold))
    return float(1 / (1 + np.exp(-logit)))


def age_estimate(bins: np.ndarray, first_age: float = 0.0) -> Estimate:
    """Years with an 80 % spread from the network's age distribution.

    Args:
        bins: (n,) softmax over whole years.
        first_age: the age of the first bin.
    """
    bins = bins.astype(np.float64) / max(float(bins.sum()), 1e-9)
    best = np.argsort(bins)[-TOP_AGES:]
    years = first_age + float((best * bins[best]).sum() / bins[best].sum())
    cumulative = np.cumsum(bins)
    low, high = (first_age + float(np.searchsorted(cumulative, share)) for share in (0.1, 0.9))
    return Estimate(years, max(0.0, min(low, years - LEAST_SPREAD)), max(high, years + LEAST_SPREAD))
