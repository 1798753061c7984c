"""Reading a soft mask along lines: its values at points, and how far a silhouette reaches."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from mirror.domain import FloatArray


def sampled(values: FloatArray, points: NDArray[np.float64]) -> FloatArray:
    """Mask values (n,) at points (n, 2) x, y in mask pixels, bilinear, 0 outside."""
    where = np.ascontiguousarray(points, dtype=np.float32)
    found = cv2.remap(values, where[:, :1], where[:, 1:], cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    return np.asarray(found, dtype=np.float32).ravel()


def reach(values: FloatArray, steps: FloatArray) -> float | None:
    """How far the silhouette reaches from the first sample on; None when that is outside already."""
    if values[0] < 0.5:
        return None
    outside = np.flatnonzero(values < 0.5)
    if len(outside) == 0:
        return float(steps[-1])
    i = int(outside[0])
    share = float((values[i - 1] - 0.5) / (values[i - 1] - values[i]))
    return float(steps[i - 1] + share * (steps[i] - steps[i - 1]))
