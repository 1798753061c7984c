"""Other ways of smoothing keypoints, to compare the mirror's own with."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from mirror.domain import FloatArray, Pose
from mirror.pipeline.smoothing import LONGEST_PREDICTION_S

MIN_CUTOFF_HZ, BETA, SPEED_CUTOFF_HZ = 1.5, 0.01, 1.0
"""One-euro filter (Casiez, Roussel, Vogel, CHI 2012), tuned as its authors advise: the cutoff at rest until nothing
trembles, then beta until motion does not lag; speeds are in pixels a second."""

OLD_ALPHA, OLD_BETA = 0.7, 0.2
"""The alpha-beta gains that the prototype chose."""


class SmoothsPose(Protocol):
    """What the mirror's :class:`~mirror.pipeline.smoothing.PoseFilter` does."""

    def update(self, pose: Pose, time: float) -> Pose: ...

    def at(self, time: float) -> Pose: ...


class Raw:
    """No smoothing and no prediction: the newest reading."""

    def __init__(self) -> None:
        self._pose: Pose | None = None

    def update(self, pose: Pose, time: float) -> Pose:
        self._pose = pose
        return pose

    def at(self, time: float) -> Pose:
        if self._pose is None:
            raise ValueError("no pose yet")
        return self._pose


class _Moving:
    """Positions and speeds (pixels, pixels a second), and a straight line on from them."""

    def __init__(self) -> None:
        self._pose: Pose | None = None
        self._at: FloatArray = np.zeros((0, 2), np.float32)
        self._speed: FloatArray = np.zeros((0, 2), np.float32)
        self._time = 0.0

    def update(self, pose: Pose, time: float) -> Pose:
        measured = pose.keypoints[:, :2]
        if self._pose is None:
            self._at, self._speed = measured.copy(), np.zeros_like(measured)
        else:
            self._step(measured, time - self._time)
        self._pose, self._time = pose, time
        return self.at(time)

    def at(self, time: float) -> Pose:
        if self._pose is None:
            raise ValueError("no pose yet")
        ahead = min(max(time - self._time, 0.0), LONGEST_PREDICTION_S)
        positions = self._at + self._speed * np.float32(ahead)
        return Pose(np.column_stack([positions, self._pose.keypoints[:, 2]]).astype(np.float32), self._pose.names)

    def _step(self, measured: FloatArray, dt: float) -> None:
        raise NotImplementedError


class OneEuro(_Moving):
    """The one-euro filter on each coordinate; it goes on with its own smoothed speed."""

    def _step(self, measured: FloatArray, dt: float) -> None:
        speed = (measured - self._at) / np.float32(dt)
        self._speed = self._speed + _share(SPEED_CUTOFF_HZ, dt) * (speed - self._speed)
        share = _share(MIN_CUTOFF_HZ + BETA * np.abs(self._speed), dt)
        self._at = (self._at + share * (measured - self._at)).astype(np.float32)


class TwoPoint(_Moving):
    """Straight on through the last two readings."""

    def _step(self, measured: FloatArray, dt: float) -> None:
        self._speed = ((measured - self._at) / np.float32(dt)).astype(np.float32)
        self._at = measured.copy()


class AlphaBeta(_Moving):
    """The same two gains for every keypoint, each on its own."""

    def __init__(self, alpha: float = OLD_ALPHA, beta: float = OLD_BETA) -> None:
        super().__init__()
        self._alpha, self._beta = np.float32(alpha), np.float32(beta)

    def _step(self, measured: FloatArray, dt: float) -> None:
        expected = self._at + self._speed * np.float32(dt)
        surprise = measured - expected
        self._at = expected + self._alpha * surprise
        self._speed = self._speed + self._beta / np.float32(dt) * surprise


def _share(cutoff: NDArray[np.floating[Any]] | float, dt: float) -> FloatArray:
    """The share of the new value in a first-order low pass of this cutoff frequency (Hz)."""
    return np.asarray(1 / (1 + 1 / (2 * np.pi * np.asarray(cutoff) * dt)), np.float32)
