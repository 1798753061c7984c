"""Old results on a body that has moved: they are carried along by the keypoints.

A mask or a garment box that is a third of a second old lies 5.3 % of the body's height off; moved by the similarity
(shift, turn, scale) that takes the keypoints of then to the keypoints of now, 0.4 % (docs/design.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mirror.domain import Box, Face, Garment, Mask, Pose

LEAST_SCORE = 0.2
LEAST_POINTS = 3
HEAD = ("nose", "left_eye", "right_eye", "left_ear", "right_ear")
MOST_SCALE = 1.5
"""A body does not come half as near again within the life of a result: such a fit is a misread pose."""

Matrix = NDArray[np.float64]


def similarity(before: Pose, now: Pose, names: Sequence[str] | None = None) -> Matrix | None:
    """The 2x3 float64 similarity that takes ``before``'s keypoints nearest to ``now``'s, weighted by score.

    Least squares in closed form (Umeyama 1991, for two dimensions). ``names`` restricts it to some keypoints.
    None when fewer than three are seen in both, or they lie on one spot, or the fit is absurd.
    """
    if before.names != now.names:
        return None
    a, b = before.keypoints.astype(np.float64), now.keypoints.astype(np.float64)
    keep = (a[:, 2] >= LEAST_SCORE) & (b[:, 2] >= LEAST_SCORE)
    if names is not None:
        keep &= np.isin(np.array(before.names), list(names))
    if int(keep.sum()) < LEAST_POINTS:
        return None
    weights = a[keep, 2] * b[keep, 2]
    weights = weights / weights.sum()
    mean_a, mean_b = weights @ a[keep, :2], weights @ b[keep, :2]
    da, db = a[keep, :2] - mean_a, b[keep, :2] - mean_b
    spread = float(weights @ (da**2).sum(axis=1))
    if spread < 1.0:
        return None
    # a turn and a scale as one complex number: the regression of b on a
    real = float(weights @ (da * db).sum(axis=1)) / spread
    imaginary = float(weights @ (da[:, 0] * db[:, 1] - da[:, 1] * db[:, 0])) / spread
    scale = float(np.hypot(real, imaginary))
    if not 1 / MOST_SCALE <= scale <= MOST_SCALE:
        return None
    turn = np.array([[real, -imaginary], [imaginary, real]])
    return np.column_stack([turn, mean_b - turn @ mean_a])


def carry_box(box: Box, matrix: Matrix) -> Box:
    """The box moved and scaled, not turned: its centre goes where the similarity takes it."""
    cx, cy = box.centre
    x, y = matrix @ (cx, cy, 1.0)
    scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    w, h = box.width * scale / 2, box.height * scale / 2
    return Box(float(x - w), float(y - h), float(x + w), float(y + h))


def carry_garment(garment: Garment, matrix: Matrix) -> Garment:
    return replace(garment, box=carry_box(garment.box, matrix))


def carry_face(face: Face, matrix: Matrix) -> Face:
    return replace(face, box=carry_box(face.box, matrix))


def carry_mask(mask: Mask, matrix: Matrix) -> Mask:
    """The same mask values, looked up through the way back: frame pixel now -> then -> mask pixel."""
    whole = np.vstack([matrix, [0.0, 0.0, 1.0]])
    back = np.linalg.inv(whole)
    to_mask = np.vstack([mask.to_mask, [0.0, 0.0, 1.0]]) @ back
    return Mask(mask.values, to_mask[:2])
