"""Clothes on the MakeHuman tights helper: a knit jumper, straight trousers; and shoes lofted round the feet.

Each garment is the helper's surface relaxed (so that muscles vanish), drawn out to a looser cut, given folds, and
cut along exact hem lines in the shader: the first of the four `extra` channels is the distance inside the hem, in
metres (negative is thrown away), the second the distance to the nearest hem or cuff for its ribbed band, the third
the share of the arm (top) or the distance from the crease (trousers), the fourth the depth of the fold
(-1..1), which darkens valleys.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.spatial import ConvexHull

from .body import Body
from .mesh import Float, Int, Part, compact, relax, subdivide, triangles, vertex_normals, weight_matrix

SKIN, EYE, LASH, TOP, TROUSERS, SHOE, HAIR = range(7)
HEM = 0.875  #: top's hem, m above the floor in the rest pose (just under the hip bone)
WAIST = 1.03  #: trousers' upper edge, hidden by the top
TROUSER_HEM = 0.035


def smooth_step(low: float, high: float, value: Float | float | np.floating[Any]) -> Float:
    """Hermite step 0..1 between low and high (either order)."""
    t = np.clip((value - low) / (high - low), 0.0, 1.0)
    return np.asarray(t * t * (3.0 - 2.0 * t), np.float32)


def share(body: Body, rows: Int, words: tuple[str, ...]) -> Float:
    """Summed skin weight (n,) of the bones whose names start with one of `words`."""
    chosen = np.array([name.startswith(words) for name in body.bones])
    return np.asarray((body.bone_weight[rows] * chosen[body.bone_index[rows]]).sum(1), np.float32)


class Ring:
    """Radius around a vertical axis as a smooth function of angle: a Fourier fit (order 4) at one height."""

    def __init__(self, points: Float, centre: tuple[float, float]) -> None:
        dx, dz = points[:, 0] - centre[0], points[:, 2] - centre[1]
        self.fit = np.linalg.lstsq(self._basis(np.arctan2(dz, dx)), np.hypot(dx, dz), rcond=None)[0]

    @staticmethod
    def _basis(angle: Float) -> NDArray[np.float64]:
        terms = [np.ones_like(angle)]
        for k in range(1, 5):
            terms += [np.cos(k * angle), np.sin(k * angle)]
        return np.stack(terms, 1)

    def __call__(self, angle: Float) -> Float:
        return np.asarray(self._basis(angle) @ self.fit, np.float32)


def folds(points: Float, seed: int, waves: int = 14, size: float = 0.06, lean: float = 0.35) -> Float:
    """Smooth ridges (n,), about -1..1: a sum of sines with mostly level crests (`lean` turns them), warped."""
    rng = np.random.default_rng(seed)
    total = np.zeros(len(points), np.float64)
    for _ in range(waves):
        tilt = rng.normal(0.0, lean)
        turn = rng.uniform(0.0, 2.0 * np.pi)
        direction = np.array([np.sin(tilt) * np.cos(turn), np.cos(tilt), np.sin(tilt) * np.sin(turn)])
        across = np.array([np.cos(turn), 0.2, np.sin(turn)])
        length = size * rng.uniform(0.7, 1.6)
        warp = 0.9 * np.sin(points @ across * 2.0 * np.pi / (length * 2.3) + rng.uniform(0, 6.3))
        total += np.sin(points @ direction * 2.0 * np.pi / length + warp + rng.uniform(0, 6.3))
    return np.asarray(total / np.sqrt(waves / 2.0) / 1.8, np.float32)


def _refined(body: Body, quads: Int, rounds: int) -> tuple[Int, Int, Float]:
    local, used = compact(quads)
    points = body.vertices[used]
    border = np.zeros(len(used), bool)
    return local, used, relax(points, local, rounds, 0.5, border)


def _part(body: Body, name: str, material: int, local: Int, used: Int, points: Float, steps: int) -> Part:
    weights = weight_matrix(body.bone_index[used], body.bone_weight[used], len(body.bones))
    coarse = triangles(local)
    for _ in range(steps):
        local, matrix = subdivide(local, len(points))
        points, weights = np.asarray(matrix @ points, np.float32), (matrix @ weights).tocsr()
    n = len(points)
    return Part(name, material, points, weights, triangles(local), np.zeros((n, 2), np.float32),
                np.zeros((n, 4), np.float32), coarse=coarse)


def top(body: Body) -> Part:
    """The rust jumper: straight drop from the bust, ribbed hem, cuffs and crew neck, full sleeves."""
    quads = body.groups["helper-tights"][0]
    height = body.vertices[quads][:, :, 1].mean(1)
    leg = share(body, quads.ravel(), ("upperleg02", "lowerleg", "foot", "toe")).reshape(quads.shape).mean(1)
    local, used, points = _refined(body, quads[(height > HEM - 0.07) & (leg < 0.9)], 3)
    part = _part(body, "top", TOP, local, used, points, 2)
    p = part.rest
    arm = np.asarray(part.weights @ np.array([n.startswith(("upperarm", "lowerarm", "wrist")) for n in body.bones]))
    arm = arm.astype(np.float32)
    torso = 1.0 - smooth_step(0.15, 0.6, arm)

    centre = (0.0, 0.03)
    angle = np.arctan2(p[:, 2] - centre[1], p[:, 0])
    radius = np.hypot(p[:, 0], p[:, 2] - centre[1])
    tights = body.vertices[np.unique(quads)]
    trunk = tights[share(body, np.unique(quads), ("upperarm", "lowerarm", "wrist")) < 0.05]
    bust = Ring(trunk[np.abs(trunk[:, 1] - 1.17) < 0.03], centre)
    hip = Ring(trunk[np.abs(trunk[:, 1] - 0.86) < 0.03], centre)
    t = np.clip((1.17 - p[:, 1]) / (1.17 - 0.86), 0.0, 1.0)
    drop = (1 - t) * bust(angle) * 0.97 + t * (hip(angle) + 0.004)
    grow = np.maximum(drop - radius, 0.0) * 0.34 * torso * smooth_step(1.20, 1.10, p[:, 1])
    scale = (radius + grow) / np.maximum(radius, 1e-4)
    p = p.copy()
    p[:, 0] *= scale
    p[:, 2] = centre[1] + (p[:, 2] - centre[1]) * scale

    along, length = _arm_coordinate(body, p)
    cuff = length - 0.012 - along
    neck_centre, neck_radii = np.array([0.0, 1.470, 0.020]), np.array([0.077, 0.092, 0.074])
    away = (p - neck_centre) / neck_radii
    away[:, 1] *= 1.0 + 0.9 * smooth_step(0.02, -0.04, p[:, 2])  # higher behind than in front
    neck = (np.linalg.norm(away, axis=1) - 1.0) * 0.08
    hem = p[:, 1] - HEM
    on_arm = arm > 0.5
    inside = np.minimum(np.where(on_arm, cuff, hem), neck)
    band = np.minimum(np.where(on_arm, cuff - 0.045, hem - 0.045), neck - 0.020)

    ridge = folds(p, 3, size=0.085)
    elbow = np.exp(-(((along - 0.255) / 0.07) ** 2)) * on_arm
    sleeve = np.exp(-(((along - 0.42) / 0.09) ** 2)) * on_arm
    waist = np.exp(-(((p[:, 1] - 0.90) / 0.07) ** 2)) * torso
    armpit = np.exp(-np.sum(((np.abs(p[:, [0]]) - 0.165) ** 2, (p[:, [1]] - 1.24) ** 2), axis=0).ravel() / 0.07**2)
    depth = 0.0012 + 0.0045 * elbow + 0.0050 * sleeve + 0.0042 * waist + 0.0035 * armpit
    rib = smooth_step(0.006, -0.004, band)
    loose = 0.0030 + 0.0080 * torso + 0.009 * sleeve + 0.004 * elbow + 0.005 * waist
    loose = loose * (1 - rib) + rib * np.where(neck - 0.020 < np.minimum(cuff, hem), 0.0075, 0.0065)
    loose = np.where((rib > 0) & ~on_arm & (hem < 0.08), loose + 0.0035 * rib, loose)
    p = p + vertex_normals(p, part.faces) * (loose + ridge * depth * (1 - rib))[:, None]
    around = np.arctan2(p[:, 0], p[:, 2] - centre[1]) * 0.16
    part.uv = np.stack([around, _around_arm(body, p, along)], 1).astype(np.float32)
    part.rest = p.astype(np.float32)
    part.normals = vertex_normals(part.rest, part.faces)
    part.extra = np.stack([inside, band, arm, ridge * np.clip(depth / 0.005, 0.1, 1)], 1).astype(np.float32)
    return part


def _arm_coordinate(body: Body, p: Float) -> tuple[Float, float]:
    """Distance (n,) along shoulder-elbow-wrist of the arm on the point's own side, and the whole length."""
    folded = np.abs(p[:, [0]]) * [1, 0, 0] + p * [0, 1, 1]
    shoulder, elbow = body.heads[body.bone("upperarm01.L")], body.heads[body.bone("lowerarm01.L")]
    wrist = body.heads[body.bone("wrist.L")]
    upper, lower = elbow - shoulder, wrist - elbow
    a, b = float(np.linalg.norm(upper)), float(np.linalg.norm(lower))
    first = (folded - shoulder) @ upper / a
    second = a + (folded - elbow) @ lower / b
    mix = smooth_step(a - 0.04, a + 0.04, first.astype(np.float32))
    return np.asarray((1 - mix) * first + mix * second, np.float32), a + b


def _around_arm(body: Body, p: Float, along: Float) -> Float:
    """Metres round the sleeve (n,), taking a 5 cm radius, measured from its own bent centre line."""
    folded = np.abs(p[:, [0]]) * [1, 0, 0] + p * [0, 1, 1]
    joints = [body.heads[body.bone(name)] for name in ("upperarm01.L", "lowerarm01.L", "wrist.L")]
    upper, lower = (joints[1] - joints[0]), (joints[2] - joints[1])
    a, b = float(np.linalg.norm(upper)), float(np.linalg.norm(lower))
    mix = smooth_step(a - 0.06, a + 0.06, along)[:, None]
    line = np.where(along[:, None] < a, joints[0] + along[:, None] * upper / a,
                    joints[1] + (along[:, None] - a) * lower / b)
    axis = (1 - mix) * upper / a + mix * lower / b
    axis = axis / np.linalg.norm(axis, axis=1, keepdims=True)
    outward = np.array([0.78, 0.55, -0.30])  # the join of the angle lies opposite, on the inner side
    side = outward - (axis @ outward)[:, None] * axis
    side /= np.linalg.norm(side, axis=1, keepdims=True)
    away = folded - line
    return np.asarray(np.arctan2((away * np.cross(axis, side)).sum(1), (away * side).sum(1)) * 0.05, np.float32)


def trousers(body: Body) -> Part:
    """Navy trousers: close at the hip, straight and a little wide from the knee, resting on the shoes."""
    quads = body.groups["helper-tights"][0]
    height = body.vertices[quads][:, :, 1].mean(1)
    arm = share(body, quads.ravel(), ("upperarm", "lowerarm", "wrist")).reshape(quads.shape).mean(1)
    foot = share(body, quads.ravel(), ("foot", "toe")).reshape(quads.shape).mean(1)
    keep = (height < WAIST + 0.05) & (arm < 0.05) & ((foot < 0.75) | (height > 0.075))
    local, used, points = _refined(body, quads[keep], 5)
    part = _part(body, "trousers", TROUSERS, local, used, points, 2)
    p = part.rest.astype(np.float64)
    side = np.sign(p[:, 0] + 1e-9)
    # Centre line of the leg by height: hip joint, knee, ankle.
    knots = np.array([0.0, 0.08, 0.47, 0.72, 0.90])
    line_x = np.interp(p[:, 1], knots, [0.172, 0.170, 0.135, 0.108, 0.10])
    line_z = np.interp(p[:, 1], knots, [0.022, 0.020, 0.048, 0.050, 0.03])
    dx, dz = np.abs(p[:, 0]) - line_x, p[:, 2] - line_z
    radius, angle = np.hypot(dx, dz), np.arctan2(dz, dx)
    cut = np.interp(p[:, 1], [0.0, 0.10, 0.30, 0.48, 0.62, 0.74], [0.094, 0.092, 0.085, 0.080, 0.082, 0.080])
    cut = cut * (1.0 + 0.10 * np.maximum(np.cos(angle - np.pi / 2), 0.0) * smooth_step(0.4, 0.0, p[:, 1]))
    free = smooth_step(0.80, 0.50, p[:, 1])
    wanted = np.maximum(radius + 0.008, cut)
    wanted = radius + (wanted - radius) * free
    p[:, 0] = side * (line_x + dx * wanted / np.maximum(radius, 1e-4))
    p[:, 2] = line_z + dz * wanted / np.maximum(radius, 1e-4)
    # The lowest ring is pulled down to just under the hem line, which the shader cuts straight.
    lowest = smooth_step(0.14, 0.085, p[:, 1])
    p[:, 1] -= lowest * 0.10
    ridge = folds(p.astype(np.float32), 11, size=0.11, lean=0.5)
    knee = np.exp(-(((p[:, 1] - 0.47) / 0.09) ** 2))
    ankle = np.exp(-(((p[:, 1] - 0.12) / 0.08) ** 2))
    crotch = np.exp(-(((p[:, 1] - 0.74) / 0.05) ** 2))
    depth = 0.0006 + 0.0026 * knee + 0.0065 * ankle + 0.003 * crotch
    normal = vertex_normals(p.astype(np.float32), part.faces)
    p = p + normal * (0.006 + ridge * depth)[:, None]
    crease = np.abs(dx)
    part.rest = p.astype(np.float32)
    part.normals = vertex_normals(part.rest, part.faces)
    hem = p[:, 1] - TROUSER_HEM
    part.extra = np.stack([np.minimum(hem, WAIST - p[:, 1]), hem - 0.022, crease,
                           ridge * np.clip(depth / 0.006, 0.1, 1)], 1).astype(np.float32)
    return part


def shoes(body: Body) -> list[Part]:
    """White trainers: cross-sections of each foot, made convex, smoothed and given a sole. `extra` is
    (height above the floor, metres from the heel, metres across, 0)."""
    quads = body.groups["body"][0]
    rows = np.unique(quads)
    foot = rows[share(body, rows, ("foot", "toe", "lowerleg02")) > 0.6]
    out = []
    for side, name in ((1.0, "L"), (-1.0, "R")):
        cloud = body.vertices[foot]
        cloud = cloud[(cloud[:, 0] * side > 0) & (cloud[:, 1] < 0.115)]
        out.append(_loft(body, cloud, name))
    return out


def _loft(body: Body, cloud: Float, name: str, slices: int = 34, ring: int = 40) -> Part:
    heel, toe = cloud[:, 2].min() - 0.004, cloud[:, 2].max() + 0.006
    stations = heel + (toe - heel) * (0.5 - 0.5 * np.cos(np.linspace(0.06, np.pi - 0.06, slices)))
    angles = np.linspace(0.0, 2.0 * np.pi, ring, endpoint=False)
    radii, centres = np.zeros((slices, ring)), np.zeros((slices, 2))
    for i, z in enumerate(stations):
        near = cloud[np.abs(cloud[:, 2] - z) < 0.014][:, :2]
        hull = near[ConvexHull(near).vertices]
        centre = np.array([0.5 * (hull[:, 0].min() + hull[:, 0].max()), 0.5 * (hull[:, 1].min() + hull[:, 1].max())])
        away = hull - centre
        support = np.array([(away @ [np.cos(a), np.sin(a)]).max() for a in angles])
        gap = (angles[:, None] - angles[None, :] + np.pi) % (2 * np.pi) - np.pi
        reach = np.where(np.abs(gap) < 1.35, support[None, :] / np.maximum(np.cos(gap), 0.05), np.inf)
        radii[i], centres[i] = reach.min(1), centre
    radii = gaussian_filter1d(gaussian_filter1d(radii, 1.6, axis=0), 1.0, axis=1, mode="wrap") + 0.006
    centres = gaussian_filter1d(centres, 1.6, axis=0)
    taper = np.sqrt(np.clip(1.0 - (np.abs(np.linspace(-1, 1, slices)) ** 9), 0.02, 1.0))
    points = np.zeros((slices, ring, 3))
    points[..., 0] = centres[:, None, 0] + radii * taper[:, None] * np.cos(angles)
    points[..., 1] = centres[:, None, 1] + radii * taper[:, None] * np.sin(angles)
    points[..., 2] = stations[:, None]
    points[..., 1] = np.maximum(points[..., 1], 0.0)
    # The sole: everything near the floor is drawn straight down and a little out.
    low = smooth_step(0.030, 0.012, points[..., 1].astype(np.float32))
    points[..., 1] -= SOLE * low
    points[..., 0] += 0.004 * low * np.cos(angles)
    flat = points.reshape(-1, 3)
    ends = np.stack([points[0].mean(0), points[-1].mean(0)])
    flat = np.concatenate([flat, ends]).astype(np.float32)
    grid = np.arange(slices * ring).reshape(slices, ring)
    a, b = grid[:-1], grid[1:]
    quads = np.stack([a, np.roll(a, -1, 1), np.roll(b, -1, 1), b], -1).reshape(-1, 4)
    first, last = slices * ring, slices * ring + 1
    caps = [[grid[0, (k + 1) % ring], grid[0, k], first] for k in range(ring)]
    caps += [[grid[-1, k], grid[-1, (k + 1) % ring], last] for k in range(ring)]
    faces = np.concatenate([triangles(quads.astype(np.int32)), np.array(caps, np.int32)])
    normal = vertex_normals(flat, faces)
    if (normal * (flat - flat.mean(0))).sum() < 0:
        faces = faces[:, ::-1].copy()
    bones = np.full((len(flat), 2), body.bone(f"foot.{name}"), np.int32)
    bones[:, 1] = body.bone(f"toe2-1.{name}")
    bend = smooth_step(0.125, 0.165, flat[:, 2])
    weights = weight_matrix(bones, np.stack([1 - bend, bend], 1), len(body.bones))
    centre_x = np.interp(flat[:, 2], stations, centres[:, 0])
    extra = np.stack([flat[:, 1] + SOLE, flat[:, 2] - heel, flat[:, 0] - centre_x, 0 * bend], 1)
    return Part(f"shoe.{name}", SHOE, flat, weights, np.ascontiguousarray(faces, np.int32),
                np.zeros((len(flat), 2), np.float32), extra.astype(np.float32))


SOLE = 0.022  #: thickness of the shoe's sole, m: the whole figure is lifted by this
