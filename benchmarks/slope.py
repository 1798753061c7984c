"""The slope of a figure over time, with an interval that is honest about samples that hang together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

BLOCKS_LEAST, BLOCKS_MOST = 6, 36
"""Samples of neighbouring seconds hang together, means of blocks far less: as many blocks as an interval needs, and no
more (fifteen seconds each in ten minutes)."""
SHARE = 0.95


@dataclass(frozen=True)
class Slope:
    """Change per minute with its confidence interval (two-sided, 95 %); ``blocks`` means went into it."""

    per_minute: float
    low: float
    high: float
    blocks: int

    @property
    def has_zero(self) -> bool:
        return self.low <= 0 <= self.high


def slope(seconds: Sequence[float], values: Sequence[float]) -> Slope | None:
    """Least squares through the means of equal blocks of samples; None with fewer than :data:`BLOCKS_LEAST` samples.

    What hangs together even between blocks (lag-1 autocorrelation r of the residuals, when positive) widens the
    interval by sqrt((1 + r) / (1 - r)), the effective number of samples of a first-order process.
    """
    count = min(BLOCKS_MOST, len(seconds))
    if count < BLOCKS_LEAST:
        return None
    times = np.array([block.mean() for block in np.array_split(np.asarray(seconds, np.float64) / 60, count)])
    means = np.array([block.mean() for block in np.array_split(np.asarray(values, np.float64), count)])
    away = times - times.mean()
    steep = float(away @ means / (away @ away))
    residuals = means - means.mean() - steep * away
    error = float(np.sqrt(residuals @ residuals / (count - 2) / (away @ away)))
    power = float(residuals @ residuals)
    together = 0.0 if power < 1e-12 else min(0.9, max(0.0, float(residuals[1:] @ residuals[:-1]) / power))
    reach = student(SHARE, count - 2) * error * float(np.sqrt((1 + together) / (1 - together)))
    return Slope(steep, steep - reach, steep + reach, count)


def student(share: float, freedom: int) -> float:
    """The two-sided quantile of Student's t: 2.776 for 0.95 and 4 degrees of freedom. To about 1 % from 4 on
    (Abramowitz and Stegun, 26.7.5)."""
    z = NormalDist().inv_cdf((1 + share) / 2)
    n = float(freedom)
    return (
        z + (z**3 + z) / (4 * n) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * n**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * n**3)
    )
