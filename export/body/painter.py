"""Pictures of the figures: a plain painter's renderer, so that the real mask and pose nets have somebody to look at.

Faces are painted from the farthest to the nearest with the light on them; clothes that cling (they are painted on the
skin, so that the mesh's breadths stay true) or nothing but underwear's cut at the calves; hair, a room, and on request
a bag. No realism is claimed beyond what the nets need to see a person.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from export.body.figures import BODY_VERTICES, SKIN_GROUPS, bone_share
from export.demo.body import Body, Float
from mirror.domain import ImageArray

SUPERSAMPLE = 2
Project = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""From points (n, 3) in metres to pixels (n, 2) of the supersampled picture."""
LIGHT = np.array([0.35, 0.55, 0.76])
AMBIENT = 0.50


@dataclass(frozen=True)
class View:
    """The camera: its height and distance in metres, the picture's size in pixels, and how much of the picture's
    height she fills."""

    height: float = 1.35
    distance: float = 3.0
    size: tuple[int, int] = (480, 640)
    fills: float = 0.80


@dataclass(frozen=True)
class Dress:
    """Colours (BGR 0..255) and cuts. ``trousers``: share of the leg covered, 1 to the ankle. ``sleeves``: share of the
    upper arm covered. ``hair``: "short", "long" or "none". ``bag``: whether one hangs from her left shoulder."""

    skin: tuple[float, float, float]
    top: tuple[float, float, float]
    bottom: tuple[float, float, float]
    shoes: tuple[float, float, float]
    hair_colour: tuple[float, float, float]
    trousers: float = 1.0
    sleeves: float = 0.6
    hair: str = "short"
    bag: bool = False


def random_dress(rng: np.random.Generator, woman: bool, bag: bool = False) -> Dress:
    """Clothes and colours drawn by chance."""
    tone = rng.uniform(0.0, 1.0)
    skin = np.array([150, 180, 225]) * (1 - tone) + np.array([45, 65, 105]) * tone

    def colour() -> tuple[float, float, float]:
        b, g, r = (float(v) for v in rng.uniform(25, 215, 3))
        return b, g, r

    return Dress(
        (float(skin[0]), float(skin[1]), float(skin[2])), colour(), colour(), colour(),
        tuple(float(v) for v in rng.uniform(0.5, 1.5) * np.array([20, 32, 45])),  # type: ignore[arg-type]
        trousers=float(rng.choice([0.45, 1.0])), sleeves=float(rng.choice([0.0, 0.6, 1.0])),
        hair="long" if woman and rng.random() < 0.6 else "short", bag=bag,
    )


def paint(body: Body, points: Float, dress: Dress, view: View, rng: np.random.Generator) -> ImageArray:
    """A picture (height, width, 3) BGR uint8 of a posed body (its vertices ``points``)."""
    width, height = view.size[0] * SUPERSAMPLE, view.size[1] * SUPERSAMPLE
    stature = float(points[:BODY_VERTICES, 1].max())
    focal = view.fills * height * view.distance / stature
    image = _room(width, height, rng)
    solid = np.asarray(points, np.float64)
    if dress.hair != "none":
        solid = _with_hair(body, solid)

    def project(p: NDArray[np.float64]) -> NDArray[np.float64]:
        depth = view.distance - p[:, 2]
        x = width / 2 + focal * p[:, 0] / depth  # her left is on the picture's right: she faces the camera
        # a camera held level, its picture shifted so that her middle is in its middle
        y = height / 2 + focal * ((view.height - p[:, 1]) / depth - (view.height - stature / 2) / view.distance)
        return np.column_stack([x, y])

    _shadow(image, project, solid)
    if dress.hair == "long":
        _long_hair(image, project, body, solid, dress)
    quads = np.concatenate([body.groups[name][0] for name in SKIN_GROUPS])
    colours = _colours(body, quads, dress)
    corners = solid[quads]
    normal = np.cross(corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1])
    normal /= np.linalg.norm(normal, axis=1, keepdims=True) + 1e-12
    eye = np.array([0.0, view.height, view.distance])
    facing = ((eye - corners.mean(axis=1)) * normal).sum(axis=1) > 0
    light = AMBIENT + (1 - AMBIENT) * np.clip(normal @ LIGHT, 0, 1)
    cloth = colours[:, 3] > 0.5
    grain = np.where(cloth, rng.normal(1.0, 0.03, len(quads)), 1.0)
    painted = np.clip(colours[:, :3] * (light * grain)[:, None], 0, 255)
    order = np.argsort(corners[:, :, 2].mean(axis=1))
    flat = np.round(project(solid) * 16).astype(np.int32)
    for i in order[facing[order]]:
        b, g, r = painted[i]
        cv2.fillConvexPoly(image, flat[quads[i]], (b, g, r), cv2.LINE_8, 4)
    if dress.bag:
        _bag(image, project, body, solid, dress)
    small = cv2.resize(image, view.size, interpolation=cv2.INTER_AREA).astype(np.float64)
    return np.asarray(np.clip(small + rng.normal(0, 3.0, small.shape), 0, 255), np.uint8)


def _colours(body: Body, quads: NDArray[np.int32], dress: Dress) -> NDArray[np.float64]:
    """Colour and 1 for cloth of each face (n, 4)."""
    rest = body.vertices[quads].mean(axis=1)

    def share(*words: str) -> NDArray[np.float64]:
        return np.asarray(bone_share(body, words)[quads].mean(axis=1), np.float64)

    def height(name: str) -> float:
        return float(body.heads[body.bone(name)][1])

    out = np.tile(np.array([*dress.skin, 0.0]), (len(quads), 1))
    trunk = share("spine", "clavicle", "shoulder", "breast", "pelvis", "root") > 0.5
    neckline = height("clavicle.L") + 0.02
    out[trunk & (rest[:, 1] < neckline)] = (*dress.top, 1.0)
    along = np.clip((np.abs(rest[:, 0]) - abs(float(body.heads[body.bone("upperarm01.L")][0]))) / (
        abs(float(body.heads[body.bone("lowerarm01.L")][0] - body.heads[body.bone("upperarm01.L")][0]))), 0, 9)
    arm = share("upperarm", "lowerarm") > 0.5
    reach = dress.sleeves if dress.sleeves < 1 else 1.7
    if dress.sleeves > 0:
        out[arm & (along < reach)] = (*dress.top, 1.0)
    legs = share("upperleg", "lowerleg", "pelvis") > 0.5
    hips, ankle = height("upperleg01.L"), height("foot.L")
    hem = hips + 0.07 - dress.trousers * (hips + 0.07 - ankle)
    out[legs & (rest[:, 1] < hips + 0.07) & (rest[:, 1] > hem)] = (*dress.bottom, 1.0)
    out[(share("foot", "toe") > 0.3) & (rest[:, 1] < ankle)] = (*dress.shoes, 1.0)
    if dress.hair != "none":
        out[_scalp(body)[quads].all(axis=1)] = (*dress.hair_colour, 1.0)
    eyes = quads.min(axis=1) >= BODY_VERTICES
    out[eyes] = (60, 55, 60, 0.0)
    return out


def _scalp(body: Body) -> NDArray[np.bool_]:
    head = body.heads[body.bone("head")]
    top = float(body.vertices[:BODY_VERTICES, 1].max())
    up = (body.vertices[:, 1] - head[1]) / (top - head[1])
    back = body.vertices[:, 2] - float(body.heads[body.bone("eye.L")][2])
    return np.asarray(
        (bone_share(body, ("head",)) > 0.5)
        & ((up > 0.86) | ((up > 0.66) & (back < -0.035)) | ((up > 0.2) & (back < -0.06)))
        & (np.arange(len(body.vertices)) < BODY_VERTICES)
    )


def _with_hair(body: Body, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Short hair stands one centimetre off the scalp."""
    scalp = _scalp(body)
    out = points.copy()
    centre = points[scalp].mean(axis=0) - np.array([0.0, 0.06, 0.0])
    away = points[scalp] - centre
    out[scalp] += 0.010 * away / np.linalg.norm(away, axis=1, keepdims=True)
    return out


def _long_hair(
    image: ImageArray, project: Project, body: Body, points: NDArray[np.float64], dress: Dress
) -> None:
    """Hair down to below the shoulders, behind her."""
    scalp = points[_scalp(body)]
    x, top, z = scalp[:, 0].mean(), scalp[:, 1].max(), scalp[:, 2].mean() - 0.02
    outline = [(-0.09, 0.06), (-0.11, 0.20), (-0.13, 0.36), (-0.10, 0.44), (0.10, 0.44), (0.13, 0.36), (0.11, 0.20),
               (0.09, 0.06)]
    corners = np.array([[x + dx, top - down, z] for dx, down in outline])
    cv2.fillPoly(image, [np.round(project(corners) * 16).astype(np.int32)], dress.hair_colour, cv2.LINE_8, 4)


def _bag(
    image: ImageArray, project: Project, body: Body, points: NDArray[np.float64], dress: Dress
) -> None:
    """A bag against her left hip, on a strap over the shoulder."""
    arm = points[:BODY_VERTICES][bone_share(body, ("upperarm",))[:BODY_VERTICES] > 0.5]
    shoulder = arm[(arm[:, 0] > 0) & (arm[:, 1] > arm[:, 1].max() - 0.03)].mean(axis=0)
    hip = points[:BODY_VERTICES, 1].max() * 0.52
    at = np.array([shoulder[0] + 0.02, hip, 0.12])
    colour = dress.shoes[::-1]
    box = np.array([[-0.12, 0.10, 0], [0.14, 0.11, 0], [0.15, -0.13, 0], [-0.13, -0.14, 0]]) + at
    cv2.fillPoly(image, [np.round(project(box) * 16).astype(np.int32)], colour, cv2.LINE_8, 4)
    line = np.round(project(np.stack([shoulder + np.array([0, 0.01, 0.05]), at + np.array([0, 0.1, 0])]))).astype(int)
    cv2.line(image, tuple(line[0].tolist()), tuple(line[1].tolist()), colour, 6 * SUPERSAMPLE // 2)


def _shadow(image: ImageArray, project: Project, points: NDArray[np.float64]) -> None:
    feet = points[points[:, 1] < 0.05]
    centre = project(np.array([[feet[:, 0].mean(), 0.0, feet[:, 2].mean()]]))[0]
    side = project(np.array([[feet[:, 0].max() + 0.1, 0.0, feet[:, 2].mean()]]))[0]
    dark = image.copy()
    axes = (int(abs(side[0] - centre[0])), int(abs(side[0] - centre[0]) * 0.25))
    cv2.ellipse(dark, (int(centre[0]), int(centre[1])), axes, 0, 0, 360, (40, 40, 45), -1)
    cv2.addWeighted(cv2.GaussianBlur(dark, (41, 41), 0), 0.6, image, 0.4, 0, dst=image)


def _room(width: int, height: int, rng: np.random.Generator) -> ImageArray:
    """A wall, a floor, and some furniture out of focus."""
    floor = int(height * rng.uniform(0.70, 0.82))
    wall, ground = rng.uniform(90, 225, 3), rng.uniform(60, 190, 3)
    image = np.empty((height, width, 3), np.float32)
    image[:floor] = wall * np.linspace(1.0, 0.9, floor)[:, None, None]
    image[floor:] = ground * np.linspace(0.85, 1.05, height - floor)[:, None, None]
    for _ in range(int(rng.integers(2, 7))):
        x, w = int(rng.uniform(-0.1, 0.95) * width), int(rng.uniform(0.06, 0.3) * width)
        tall = int(rng.uniform(0.1, 0.6) * height)
        foot = floor + int(rng.uniform(0, 0.06) * height)
        cv2.rectangle(image, (x, foot - tall), (x + w, foot), tuple(float(v) for v in rng.uniform(30, 220, 3)), -1)
    blurred = cv2.GaussianBlur(image, (0, 0), 5.0)
    return np.asarray(np.clip(blurred, 0, 255), np.uint8)
