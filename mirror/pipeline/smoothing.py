"""Keypoints over time: an alpha-beta filter that knows a body from its joints, and where all will be at the next paint.

What surprises in a new reading is parted in two. The common part, a similarity (shift, turn, scale) fitted to the
surprises of all keypoints, is the mean of many readings and so nearly free of noise: it is followed closely. What each
keypoint has beyond that is mostly the net's own wavering: it is followed slowly while it is small, and closely when it
is large, because then a limb moves.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mirror.domain import FloatArray, Pose

BODY_ALPHA = 0.7
BODY_BETA = 0.3
"""Gains of position and speed for the common part, at 30 readings a second."""

JOINT_ALPHA = 0.2
JOINT_BETA = 0.02
"""... and for the rest. Chosen on four people of `benchmarks.sticking` that its report does not show; body
gains of .6 to .75 and joint gains of .15 to .3 are within 4 % of the same error."""

LIMB_ALPHA = 0.9
LIMB_BETA = 0.2
STILL_SHARE, MOVING_SHARE = 0.006, 0.03
"""A rest below the first share of her height is the net's wavering, above the second a limb that moves (an arm raised
in half a second goes 5 % between two readings); between them the gains go over from JOINT to LIMB."""

GAINS_AT_HZ = 30.0
"""Other rates keep the filter's reach in seconds: see :func:`_at_rate`."""

FIT_SHARE = 0.01
"""A keypoint whose surprise lies this share of her height off the common one counts half in the second fit."""

LONGEST_PREDICTION_S = 0.12
"""Beyond four frames at 30 a second a guess is worse than standing still."""

JUMP_SHARE = 0.25
"""A keypoint that moves by more than this share of the body's height between two frames was misread before, or
is now: it is taken as it is, without speed."""

UNSEEN_SCORE = 0.1
"""Positions below this score are noise: they give no speed and no part of the common motion."""

SCORE_GAIN = 0.5
"""Scores flicker more than positions: half of the new one, half of what was."""

LEAST_POINTS = 3

Points = NDArray[np.float64]


class PoseFilter:
    """The filter of one person's keypoints. Not thread-safe."""

    def __init__(self) -> None:
        self._names: tuple[str, ...] = ()
        self._at: Points | None = None
        self._speed: Points = np.zeros((0, 2))
        self._scores: Points = np.zeros(0)
        self._time = 0.0

    def reset(self) -> None:
        """Forget everything."""
        self._at = None

    def update(self, pose: Pose, time: float) -> Pose:
        """Take in the keypoints measured in a frame of this capture time; returns them smoothed.

        A frame that is not newer than the last, or another skeleton, restarts the filter.
        """
        measured = pose.keypoints[:, :2].astype(np.float64)
        scores = pose.keypoints[:, 2].astype(np.float64)
        dt = time - self._time
        if self._at is None or self._names != pose.names or not 0 < dt < 1.0:
            self._at, self._speed, self._scores = measured, np.zeros_like(measured), scores
        else:
            self._follow(self._at, measured, scores, dt)
            self._scores = (1 - SCORE_GAIN) * self._scores + SCORE_GAIN * scores
        self._names, self._time = pose.names, time
        return self.at(time)

    def at(self, time: float) -> Pose:
        """The keypoints expected at ``time`` (not long after the last update).

        Raises:
            ValueError: nothing was taken in yet.
        """
        if self._at is None:
            raise ValueError("no pose yet")
        ahead = min(max(time - self._time, 0.0), LONGEST_PREDICTION_S)
        positions = self._at + self._speed * ahead
        return Pose(np.column_stack([positions, self._scores]).astype(np.float32), self._names)

    def _follow(self, at: Points, measured: Points, scores: Points, dt: float) -> None:
        expected = at + self._speed * dt
        surprise = measured - expected
        tall = _extent(measured, scores)
        wild = (np.hypot(surprise[:, 0], surprise[:, 1]) > JUMP_SHARE * tall) | (scores < UNSEEN_SCORE)
        common = _common(expected, surprise, np.where(wild, 0.0, scores), tall)
        rest = surprise - common
        share = np.hypot(rest[:, 0], rest[:, 1]) / tall
        limb = np.clip((share - STILL_SHARE) / (MOVING_SHARE - STILL_SHARE), 0.0, 1.0)[:, None]
        body_alpha, body_beta = _at_rate(BODY_ALPHA, BODY_BETA, dt)
        still_alpha, still_beta = _at_rate(JOINT_ALPHA, JOINT_BETA, dt)
        limb_alpha, limb_beta = _at_rate(LIMB_ALPHA, LIMB_BETA, dt)
        alpha = still_alpha + limb * (limb_alpha - still_alpha)
        beta = still_beta + limb * (limb_beta - still_beta)
        self._at = expected + body_alpha * common + alpha * rest
        self._speed = self._speed + (body_beta * common + beta * rest) / dt
        self._at[wild] = measured[wild]
        self._speed[wild] = 0


def _common(points: Points, moves: Points, weights: Points, tall: float) -> Points:
    """The moves that a similarity of all points gives: weighted least squares, then once more with less weight on the
    points that it does not fit. The moves themselves where there are too few points (weight 0: not one)."""
    if int((weights > 0).sum()) < LEAST_POINTS:
        return moves
    fitted, share = moves, weights / weights.sum()
    for _ in range(2):
        middle, shift = share @ points, share @ moves
        off, turned = points - middle, moves - shift
        spread = max(float(share @ (off**2).sum(axis=1)), 1.0)
        # scale and turn as the real and imaginary part of one complex factor
        real = float(share @ (off * turned).sum(axis=1)) / spread
        imaginary = float(share @ (off[:, 0] * turned[:, 1] - off[:, 1] * turned[:, 0])) / spread
        fitted = shift + real * off + imaginary * np.column_stack([-off[:, 1], off[:, 0]])
        beside = np.hypot(*(moves - fitted).T) / (FIT_SHARE * tall)
        share = weights / (1 + beside**2)
        share /= share.sum()
    return fitted


def _at_rate(alpha: float, beta: float, dt: float) -> tuple[float, float]:
    """Gains at 30 Hz as gains for readings ``dt`` seconds apart.

    Alpha forgets as much in the same time; beta goes with alpha squared, as in every alpha-beta filter of one damping
    (Benedict and Bordner 1962: alpha^2 / (2 - alpha)), at most doubled.
    """
    scaled = 1 - (1 - alpha) ** (dt * GAINS_AT_HZ)
    return scaled, beta * min((scaled / alpha) ** 2, 2.0)


def _extent(points: Points | FloatArray, scores: Points | FloatArray) -> float:
    """The larger side of the box around what is seen, in pixels; at least 1."""
    seen = points[scores >= UNSEEN_SCORE]
    if len(seen) < 2:
        return 1.0
    return max(1.0, float((seen.max(axis=0) - seen.min(axis=0)).max()))
