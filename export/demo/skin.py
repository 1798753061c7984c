"""The bare parts that show: head, neck, hands; eyes and lashes."""

from __future__ import annotations

import numpy as np

from .body import Body
from .clothes import EYE, LASH, SKIN, share
from .hair import grows
from .mesh import Float, Int, Part, compact, subdivide, triangles, weight_matrix


def _shared_uv(quads: Int, uv: Float, count: int) -> Float:
    """One texture coordinate per vertex (the seams lie where nothing is painted)."""
    out = np.zeros((count, 2), np.float32)
    out[quads.ravel()] = uv.reshape(-1, 2)
    return out


def head_and_hands(body: Body) -> tuple[Part, Float]:
    """Skin that the clothes leave open, one Catmull-Clark step finer, and the blink offsets (n, 3) of its
    vertices. `extra` is (hand share, hair share, 0, 0)."""
    quads, uv = body.groups["body"]
    height = body.vertices[quads][:, :, 1].mean(1)
    far = np.abs(body.vertices[quads][:, :, 0]).mean(1)
    hand = share(body, quads.ravel(), ("lowerarm02", "wrist", "finger", "metacarpal")).reshape(quads.shape).mean(1)
    keep = (hand > 0.6) | ((height > 1.30) & (far < 0.118))
    local, used = compact(quads[keep])
    coords = _shared_uv(local, uv[keep], len(used))
    points, blink = body.vertices[used], body.blink[used]
    weights = weight_matrix(body.bone_index[used], body.bone_weight[used], len(body.bones))
    coarse = triangles(local)
    local, matrix = subdivide(local, len(used))
    hands = share(body, used, ("wrist", "finger", "metacarpal"))
    n = matrix.shape[0]
    extra = np.zeros((n, 4), np.float32)
    extra[:, 0] = matrix @ hands
    extra[:, 1] = grows(body, np.asarray(matrix @ points, np.float32)) * (matrix @ points[:, 1] > 1.45)
    part = Part("skin", SKIN, np.asarray(matrix @ points, np.float32), (matrix @ weights).tocsr(),
                triangles(local), np.asarray(matrix @ coords, np.float32), extra, coarse=coarse)
    return part, np.asarray(matrix @ blink, np.float32)


def eyes(body: Body) -> list[Part]:
    """Both eyeballs. `extra` is the unit direction from the ball's centre in the rest pose, and the side."""
    out = []
    for side, name in ((1.0, "l"), (-1.0, "r")):
        quads, _ = body.groups[f"helper-{name}-eye"]
        local, used = compact(quads)
        local, matrix = subdivide(local, len(used))
        points = np.asarray(matrix @ body.vertices[used], np.float32)
        weights = (matrix @ weight_matrix(body.bone_index[used], body.bone_weight[used], len(body.bones))).tocsr()
        away = points - points.mean(0)
        away /= np.linalg.norm(away, axis=1, keepdims=True)
        extra = np.concatenate([away, np.full((len(points), 1), side)], 1).astype(np.float32)
        out.append(Part(f"eye.{name}", EYE, points, weights, triangles(local), np.zeros((len(points), 2), np.float32),
                        extra))
    return out


def lashes(body: Body) -> list[tuple[Part, Float]]:
    """Lash strips with their blink offsets; `uv` as in the base mesh."""
    out = []
    for side in "lr":
        for row in (1, 2):
            quads, uv = body.groups[f"helper-{side}-eyelashes-{row}"]
            local, used = compact(quads)
            weights = weight_matrix(body.bone_index[used], body.bone_weight[used], len(body.bones))
            extra = np.zeros((len(used), 4), np.float32)
            extra[:, 0] = row
            out.append((Part(f"lash.{side}{row}", LASH, body.vertices[used], weights, triangles(local),
                             _shared_uv(local, uv, len(used)), extra), body.blink[used]))
    return out
