"""A mean over a track that one bad frame cannot move, with a spread that shrinks no faster than it should.

Frames of one visit are not independent: the same light, the same turn of the head. So the readings count for fewer than
they are, by how much each resembles the one before; and averaging takes away only what differs from frame to frame. The
network's error on this very face stays, however long she is looked at.
"""

from __future__ import annotations

import math
from collections import deque

import numpy as np

from mirror.domain import FloatArray

KEPT = 48
"""Readings remembered; at one in two to ten seconds that is a whole visit."""
HUBER = 1.345
"""Deviations beyond which a reading loses weight: 95 % efficient where nothing is wrong (Huber 1981)."""
ROUNDS = 12
MAD_TO_DEVIATION = 1.4826
PRIOR_LIKENESS, PRIOR_READINGS = 0.6, 6.0
"""Correlation of neighbouring readings that is believed before it can be measured, and how many it counts for."""
MOST_LIKENESS = 0.95


class RobustMean:
    """Huber's mean of weighted readings in their order."""

    def __init__(self, least_deviation: float) -> None:
        """``least_deviation``: readings nearer to one another than this are never outliers."""
        self._least = least_deviation
        self._values: deque[float] = deque(maxlen=KEPT)
        self._weights: deque[float] = deque(maxlen=KEPT)
        self._mean: float | None = None

    def __len__(self) -> int:
        return len(self._values)

    def add(self, value: float, weight: float) -> None:
        """Take in a reading with a weight above 0."""
        self._values.append(value)
        self._weights.append(weight)
        self._mean = None

    @property
    def value(self) -> float:
        """The mean; 0 before the first reading."""
        if self._mean is None:
            self._mean = self._fitted() if self._values else 0.0
        return self._mean

    def _fitted(self) -> float:
        values, weights = np.array(self._values), np.array(self._weights)
        order = np.argsort(values)
        middle = float(values[order][np.searchsorted(np.cumsum(weights[order]), weights.sum() / 2)])
        scale = max(MAD_TO_DEVIATION * float(np.median(np.abs(values - middle))), self._least)
        for _ in range(ROUNDS):
            off = np.abs(values - middle)
            kept = weights * np.minimum(1.0, HUBER * scale / np.maximum(off, 1e-9))
            middle = float((kept * values).sum() / kept.sum())
        return middle

    @property
    def deviation(self) -> float:
        """Standard deviation from frame to frame, outliers held; 0 for a single reading."""
        off = self._off()
        return float(np.sqrt((off**2).sum() / (len(off) - 1))) if len(off) > 1 else 0.0

    @property
    def effective(self) -> float:
        """How many independent readings these are worth, 1 at the least."""
        off = self._off()
        power = float((off**2).sum())
        if len(off) < 2 or power == 0:
            return 1.0
        n = len(off)
        measured = float((off[1:] * off[:-1]).sum()) / power
        measured += (1 + 3 * measured) / n  # a short series looks less alike than it is (Kendall 1954)
        likeness = (n * measured + PRIOR_READINGS * PRIOR_LIKENESS) / (n + PRIOR_READINGS)
        likeness = min(max(likeness, 0.0), MOST_LIKENESS)
        return max(1.0, n * (1 - likeness) / (1 + likeness))

    def half_width(self, of_one: float, z: float) -> float:
        """Half of the mean's interval, from half of one reading's (``of_one``), which is its jitter and its lasting
        error together; ``z`` deviations make an interval."""
        jitter = z * self.deviation
        lasting = math.sqrt(max(of_one**2 - jitter**2, (LASTING * of_one) ** 2))
        return min(math.hypot(lasting, jitter / math.sqrt(self.effective)), max(of_one, jitter))

    def _off(self) -> FloatArray:
        values = np.array(self._values)
        if len(values) == 0:
            return np.zeros(0, np.float32)
        off = values - self.value
        bound = 3 * max(MAD_TO_DEVIATION * float(np.median(np.abs(off))), self._least)
        return np.clip(off, -bound, bound).astype(np.float32)


LASTING = 0.7
"""Share of one reading's interval that is taken to be lasting at the least. Same-face frames say nothing about it, and
no measured ages were at hand."""
