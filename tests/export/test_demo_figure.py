"""The demo figure's geometry: footprints, subdivision, and the least turn between two directions."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from export.demo.mesh import subdivide, triangles, vertex_normals
from export.demo.rig import between
from export.demo.steps import HALF_WIDTH, STRIDE, prints_along, track

CUBE = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], np.float32)
CUBE_QUADS = np.array(
    [[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]], np.int32
)


def test_a_planted_foot_does_not_slide() -> None:
    times = np.arange(0, 6, 1 / 30)
    for side in prints_along([(0.0, 0.0), (1.0, 0.0), (2.0, 0.5), (2.0, 3.0)], 0.5, 0, 0.0, 0.1):
        foot = track(side, times)
        planted = (foot.air[1:] == 0) & (foot.air[:-1] == 0)
        moved = np.linalg.norm(np.diff(foot.place, axis=0), axis=1)
        assert planted.sum() > 60
        assert moved[planted].max() < 1e-9
        assert foot.lift.min() >= 0
        assert foot.lift.max() > 0.02


def test_steps_alternate_keep_their_length_and_close_side_by_side() -> None:
    left, right = prints_along([(0.0, 0.0), (0.0, 1.0), (0.0, 2.0), (0.0, 3.0)], 0.0, 0, 0.0, HALF_WIDTH)
    lands = sorted([(p.land, "left") for p in left] + [(p.land, "right") for p in right])
    assert all(a[1] != b[1] for a, b in pairwise(lands))
    strides = np.diff([p.z for p in left[:-1]])
    assert np.allclose(strides, 2 * STRIDE, rtol=0.15)
    assert abs(left[-1].z - right[-1].z) < 1e-6
    assert abs((left[-1].x - right[-1].x) - 2 * HALF_WIDTH) < 1e-6


def test_a_subdivided_cube_has_the_counts_and_the_roundness_of_catmull_and_clark() -> None:
    quads, matrix = subdivide(CUBE_QUADS, len(CUBE))
    points = np.asarray(matrix @ CUBE)
    assert quads.shape == (24, 4)
    assert points.shape == (8 + 12 + 6, 3)
    assert np.allclose(np.asarray(matrix.sum(1)).ravel(), 1.0, atol=1e-6)
    # The rule for a corner of three faces: (mean of faces + 2 mean of edges) / 3 + 0 = 5/9 of the corner.
    assert np.allclose(points[:8], CUBE * 5 / 9, atol=1e-6)
    outward = (vertex_normals(points, triangles(quads)) * points).sum(1)
    assert (outward > 0).all() or (outward < 0).all()


def test_the_least_turn_carries_one_direction_to_the_other() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        a, b = rng.normal(size=3), rng.normal(size=3)
        turn = between(a, b)
        assert np.allclose(turn @ a / np.linalg.norm(a), b / np.linalg.norm(b))
        assert np.allclose(turn @ turn.T, np.eye(3))
    assert np.allclose(between(np.array([0, 1.0, 0]), np.array([0, 2.0, 0])), np.eye(3))
