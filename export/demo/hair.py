"""Her hair: a side-parted bob of some thousand locks, each grown over the head and then falling.

Locks are flat ribbons lying on the head. In place of a surface normal they carry the direction of the strand,
which is what strand shading needs. `extra`: tone (about 1), openness to the light (0..1), run along the lock, 0.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from .body import Body
from .clothes import HAIR, smooth_step
from .mesh import Float, Int, Part, compact, relax, triangles, vertex_normals, weight_matrix

Array = NDArray[np.float64]
LOCKS = 5600
SEGMENTS = 12
PART_X = 0.022  #: the parting lies this far to her left, m
#: Hairline: height above the eyes (m) below which nothing grows, by depth z behind or before the ears.
LINE_Z = (-0.09, -0.03, 0.015, 0.045, 0.075, 0.105, 0.125, 0.16)
LINE_Y = (-0.095, -0.080, -0.045, 0.005, 0.036, 0.052, 0.060, 0.066)


def grows(body: Body, points: Float) -> Float:
    """How surely (0..1) hair grows at rest-frame points (n, 3)."""
    eye = body.heads[body.bone("eye.L")]
    line = eye[1] + np.interp(points[:, 2], LINE_Z, LINE_Y)
    # A widow's peak is left out: the line is a little higher over the middle of each brow.
    line = line + 0.004 * np.exp(-(((np.abs(points[:, 0]) - 0.035) / 0.02) ** 2))
    ear = np.abs(points[:, 0]) - 0.084
    return smooth_step(-0.004, 0.008, (points[:, 1] - line).astype(np.float32)) * smooth_step(
        0.004, -0.002, ear.astype(np.float32))


def make(body: Body, seed: int = 5) -> Part:
    """The whole head of hair as one part that moves with the head bone."""
    rng = np.random.default_rng(seed)
    quads = body.groups["body"][0]
    centre_y = body.vertices[quads][:, :, 1].mean(1)
    eye = body.heads[body.bone("eye.L")].astype(np.float64)
    head = quads[centre_y > eye[1] - 0.17]
    faces = triangles(head)
    vertices = body.vertices.astype(np.float64)
    local, used = compact(head)
    # The hair lies on a smoothed head: over the ears, not round them.
    own = body.vertices[used]
    ear = smooth_step(0.066, 0.076, np.abs(own[:, 0])) * smooth_step(0.075, 0.060, np.abs(own[:, 1] - eye[1] + 0.02))
    ear *= smooth_step(0.075, 0.060, own[:, 2])
    smooth = relax(own, local, 60, ear).astype(np.float64)
    skull_normals = vertex_normals(smooth.astype(np.float32), triangles(local)).astype(np.float64)
    tree = cKDTree(smooth)

    corner = vertices[faces]
    area = np.linalg.norm(np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]), axis=1)
    ok = grows(body, corner.mean(1).astype(np.float32)) > 0.02
    ok &= (corner.mean(1)[:, 1] > eye[1] - 0.1) & (np.abs(corner.mean(1)[:, 0]) < 0.082)
    chance = area * ok
    pick = rng.choice(len(faces), LOCKS, p=chance / chance.sum())
    u, v = rng.random(LOCKS), rng.random(LOCKS)
    flip = u + v > 1
    u[flip], v[flip] = 1 - u[flip], 1 - v[flip]
    c = corner[pick]
    point = c[:, 0] + u[:, None] * (c[:, 1] - c[:, 0]) + v[:, None] * (c[:, 2] - c[:, 0])

    layer = rng.random(LOCKS)  # 0 lies on the scalp, 1 is the outermost
    side = np.where(point[:, 0] > PART_X, 1.0, -1.0)
    crown = np.array([PART_X * 0.5, 0.0, -0.02])
    front = smooth_step(-0.01, 0.05, point[:, 2].astype(np.float32)).astype(np.float64)
    radial = point - crown
    radial[:, 1] = -0.03
    radial /= np.linalg.norm(radial, axis=1, keepdims=True)
    comb = np.stack([side, np.full(LOCKS, -0.06), np.full(LOCKS, -0.42)], 1)
    direction = front[:, None] * comb + (1 - front)[:, None] * radial
    direction += rng.normal(0, 0.05, direction.shape)

    end = eye[1] - 0.128 + 0.020 * smooth_step(0.0, -0.07, point[:, 2].astype(np.float32)) + rng.normal(0, 0.005, LOCKS)
    volume = 0.006 + 0.011 * layer
    path = np.zeros((SEGMENTS + 1, LOCKS, 3))
    out = np.zeros_like(path)
    path[0] = point
    out[0] = skull_normals[tree.query(point)[1]]
    # A lock's length decides its step, so that all of them end at the cut line.
    total = np.maximum(point[:, 1] - end, 0.03) + 0.10 * front + 0.05
    step = total / SEGMENTS
    for k in range(1, SEGMENTS + 1):
        pull = smooth_step(0.0, 0.45, np.float32(k / SEGMENTS))
        fall = np.array([0.0, -1.0, 0.0])
        direction = direction * (1 - 0.30 * (0.3 + pull)) + fall * (0.30 * (0.3 + pull))
        # The side hair keeps behind the cheek, tips turn a little inwards.
        low = smooth_step(eye[1] + 0.01, eye[1] - 0.09, point[:, 1].astype(np.float32))
        direction[:, 2] += 0.10 * np.clip(0.055 - point[:, 2], -0.08, 0.0) / 0.02
        tip = smooth_step(0.5, 1.0, np.float32(k / SEGMENTS))
        direction[:, 0] -= 0.22 * side * low * (np.abs(point[:, 0]) > 0.05) * tip
        direction /= np.linalg.norm(direction, axis=1, keepdims=True)
        free = smooth_step(eye[1] - 0.03, eye[1] - 0.075, point[:, 1].astype(np.float32))
        alive = point[:, 1] > end
        nxt = point + direction * (step * alive)[:, None]
        for _ in range(2):
            _, near = tree.query(nxt)
            gap = ((nxt - smooth[near]) * skull_normals[near]).sum(1)
            want = volume * smooth_step(0.0, 0.3, np.float32(k / SEGMENTS)) + 0.001
            cling = np.minimum(want - gap, 0.0) * 0.55 * (1 - free)
            nxt = nxt + skull_normals[near] * ((np.maximum(want - gap, 0.0) + cling) * alive)[:, None]
        moved = nxt - point
        direction = np.where(alive[:, None], moved / (np.linalg.norm(moved, axis=1, keepdims=True) + 1e-9), direction)
        point = nxt
        path[k] = point
        blend = skull_normals[near] + np.stack([point[:, 0], 0 * point[:, 0], point[:, 2] - 0.03], 1) * 8.0
        out[k] = blend / np.linalg.norm(blend, axis=1, keepdims=True)
    # Locks that would cross the face are not hers.
    stray = ((path[..., 2] > 0.082) & (path[..., 1] < eye[1] + 0.047)).any(0)
    # Over the crown nothing stands off: what would is laid down. Some roots at the hairline are left out: a soft edge.
    far, near = tree.query(path.reshape(-1, 3))
    far, base = far.reshape(path.shape[:2]), smooth[near].reshape(path.shape)
    crown_part = smooth_step(eye[1] + 0.01, eye[1] + 0.04, path[..., 1])
    # Behind the parting on its short side locks cross one another: the outer ones there are left out.
    crossing = (far > 0.6 * volume + 0.0055) & (path[..., 0] > 0.015) & (path[..., 2] < 0.05)
    stray |= (crossing & (path[..., 1] > eye[1] + 0.085)).any(0)
    squeeze = np.minimum(1.0, (volume + 0.0035) / np.maximum(far, 1e-6))
    path = base + (path - base) * (1 + (squeeze - 1) * crown_part)[..., None]
    stray |= grows(body, path[0].astype(np.float32)) < rng.uniform(0.25, 1.0, path.shape[1])
    path, out, layer = path[:, ~stray], out[:, ~stray], layer[~stray]
    phase = 40 * path[0, :, 0] + 55 * path[0, :, 2] + 20 * path[0, :, 1]
    run = np.linspace(0, 1, SEGMENTS + 1)[:, None]
    path += out * (0.0022 * run * np.sin(phase + 5.0 * run))[..., None]
    return _ribbons(body, path, out, layer, rng, eye)


def _ribbons(body: Body, path: Array, out: Array, layer: Array, rng: np.random.Generator, eye: Array) -> Part:
    tangent = np.gradient(path, axis=0)
    for k in range(1, len(tangent)):  # a lock that has ended keeps its last direction
        stopped = np.linalg.norm(tangent[k], axis=1) < 1e-4
        tangent[k][stopped] = tangent[k - 1][stopped]
    tangent /= np.linalg.norm(tangent, axis=2, keepdims=True) + 1e-9
    across = np.cross(tangent, out)
    across /= np.linalg.norm(across, axis=2, keepdims=True) + 1e-9
    count = path.shape[1]
    run = np.linspace(0, 1, SEGMENTS + 1)[:, None]
    width = 0.0021 * (1.0 - 0.70 * run**2) * np.minimum(0.30 + 4.0 * run, 1.0) * rng.uniform(0.6, 1.25, count)
    left, right = path - across * width[..., None], path + across * width[..., None]
    points = np.stack([left, right], 2).reshape(-1, 3)  # (segment, lock, 2)
    grid = np.arange((SEGMENTS + 1) * count * 2).reshape(SEGMENTS + 1, count, 2)
    quads = np.stack([grid[:-1, :, 0], grid[:-1, :, 1], grid[1:, :, 1], grid[1:, :, 0]], -1)
    streak = 0.86 + 0.20 * np.sin(210 * path[0, :, 0] + 160 * path[0, :, 2]) * 0.5 + rng.normal(0, 0.11, count)
    tone = np.broadcast_to(streak[None] * (0.9 + 0.35 * run), path.shape[:2])
    open_sky = 0.50 + 0.50 * layer[None] * np.ones_like(run)
    parting = np.exp(-(((path[..., 0] - PART_X) / 0.006) ** 2)) * (path[..., 2] > 0.0) * (path[..., 1] > eye[1] + 0.06)
    inner = smooth_step(0.03, -0.05, path[..., 2].astype(np.float32)) * smooth_step(
        eye[1] - 0.05, eye[1] - 0.13, path[..., 1].astype(np.float32))
    open_sky = open_sky * (1 - 0.35 * parting) * (1 - 0.25 * inner)
    extra = np.stack([tone, open_sky, np.broadcast_to(run, tone.shape), np.zeros(tone.shape)], -1)
    extra = np.repeat(extra[:, :, None], 2, 2).reshape(-1, 4).astype(np.float32)
    bone = np.full((len(points), 1), body.bone("head"), np.int32)
    weights = weight_matrix(bone, np.ones((len(points), 1), np.float32), len(body.bones))
    direction = np.repeat(tangent[:, :, None], 2, 2).reshape(-1, 3).astype(np.float32)
    faces: Int = triangles(quads.reshape(-1, 4).astype(np.int32))
    coarse = triangles(quads[:, ::3].reshape(-1, 4).astype(np.int32))
    return Part("hair", HAIR, points.astype(np.float32), weights, faces, np.zeros((len(points), 2), np.float32), extra,
                direction, coarse)
