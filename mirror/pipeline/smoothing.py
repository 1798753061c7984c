"""Keypoints over time: an alpha-beta filter, which also tells where they will be at the next paint."""

from __future__ import annotations

import numpy as np

from mirror.domain import FloatArray, Pose

ALPHA = 0.7
BETA = 0.2
"""Gains of position and speed. Of the filters tried on a walking person these left the least error at paint (0.43 %
of body height mean) and the least jitter (2.9 px); two-point prediction was harmful (docs/design.md)."""

LONGEST_PREDICTION_S = 0.12
"""Beyond four frames at 30 a second a guess is worse than standing still."""

JUMP_SHARE = 0.25
"""A keypoint that moves by more than this share of the body's height between two frames was misread before, or
is now: it is taken as it is, without speed."""

UNSEEN_SCORE = 0.1
"""Positions below this score are noise and give no speed."""

SCORE_GAIN = 0.5
"""Scores flicker more than positions: half of the new one, half of what was."""


class PoseFilter:
    """An alpha-beta filter on every keypoint of one person. Not thread-safe."""

    def __init__(self, alpha: float = ALPHA, beta: float = BETA) -> None:
        self._alpha = alpha
        self._beta = beta
        self._names: tuple[str, ...] = ()
        self._at: FloatArray | None = None
        self._speed: FloatArray | None = None
        self._scores: FloatArray | None = None
        self._time = 0.0

    def reset(self) -> None:
        """Forget everything."""
        self._at = self._speed = self._scores = None

    def update(self, pose: Pose, time: float) -> Pose:
        """Take in the keypoints measured in a frame of this capture time; returns them smoothed.

        A frame that is not newer than the last, or another skeleton, restarts the filter.
        """
        measured = pose.keypoints[:, :2].astype(np.float32)
        scores = pose.keypoints[:, 2].astype(np.float32)
        dt = time - self._time
        restart = (
            self._at is None or self._speed is None or self._scores is None or self._names != pose.names
            or not 0 < dt < 1.0
        )
        if restart:
            self._at, self._speed, self._scores = measured.copy(), np.zeros_like(measured), scores.copy()
        else:
            assert self._at is not None
            assert self._speed is not None
            assert self._scores is not None
            expected = self._at + self._speed * dt
            surprise = measured - expected
            self._at = expected + self._alpha * surprise
            self._speed = self._speed + (self._beta / dt) * surprise
            wild = np.hypot(surprise[:, 0], surprise[:, 1]) > JUMP_SHARE * _extent(measured, scores)
            wild |= scores < UNSEEN_SCORE
            self._at[wild] = measured[wild]
            self._speed[wild] = 0
            self._scores = (1 - SCORE_GAIN) * self._scores + SCORE_GAIN * scores
        self._names, self._time = pose.names, time
        return self.at(time)

    def at(self, time: float) -> Pose:
        """The keypoints expected at ``time`` (not long after the last update).

        Raises:
            ValueError: nothing was taken in yet.
        """
        if self._at is None or self._speed is None or self._scores is None:
            raise ValueError("no pose yet")
        ahead = min(max(time - self._time, 0.0), LONGEST_PREDICTION_S)
        positions = self._at + self._speed * ahead
        return Pose(np.column_stack([positions, self._scores]).astype(np.float32), self._names)


def _extent(points: FloatArray, scores: FloatArray) -> float:
    """The larger side of the box around what is seen, in pixels; at least 1."""
    seen = points[scores >= UNSEEN_SCORE]
    if len(seen) < 2:
        return 1.0
    return max(1.0, float((seen.max(axis=0) - seen.min(axis=0)).max()))
