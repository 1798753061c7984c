"""Old results on a body that has moved: they are carried along by the keypoints.

A mask or a garment box that is a third of a second old lies 5.3 % of the body's height off; moved by the similarity
(shift, turn, scale) that takes the keypoints of then to the keypoints of now, 0.4 % (docs/design.md).
"""

from __future__ import annotations

import math
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
    # on so few numbers plain Python is several times as quick as numpy, and every paint asks for three of these
    rows = [
        (ax, ay, bx, by, sa * sb)
        for name, (ax, ay, sa), (bx, by, sb) in zip(
            before.names, before.keypoints.tolist(), now.keypoints.tolist(), strict=True)
        if sa >= LEAST_SCORE and sb >= LEAST_SCORE and (names is None or name in names)
    ]
    if len(rows) < LEAST_POINTS:
        return None
    total = sum(row[4] for row in rows)
    mean_ax, mean_ay, mean_bx, mean_by = (sum(row[i] * row[4] for row in rows) / total for i in range(4))
    spread = real = imaginary = 0.0
    for ax, ay, bx, by, weight in rows:
        dax, day, dbx, dby = ax - mean_ax, ay - mean_ay, bx - mean_bx, by - mean_by
        spread += weight * (dax * dax + day * day)
        # a turn and a scale as one complex number: the regression of b on a
        real += weight * (dax * dbx + day * dby)
        imaginary += weight * (dax * dby - day * dbx)
    if spread < total:
        return None
    real, imaginary = real / spread, imaginary / spread
    scale = math.hypot(real, imaginary)
    if not 1 / MOST_SCALE <= scale <= MOST_SCALE:
        return None
    return np.array([
        [real, -imaginary, mean_bx - (real * mean_ax - imaginary * mean_ay)],
        [imaginary, real, mean_by - (imaginary * mean_ax + real * mean_ay)],
    ])


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
