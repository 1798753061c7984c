"""Meshes of the figure: subdivision, smoothing, normals and the `Part` that the stage draws."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Float = NDArray[np.floating[Any]]
Int = NDArray[np.int32]


@dataclass
class Part:
    """One drawn piece. `rest` (n, 3) metres; `weights` sparse (n, bones); `faces` (m, 3) triangles;
    `uv` (n, 2); `extra` (n, 4): meaning set by the material; `material` picks the branch of the shader.
    `coarse` are the faces before subdivision (its vertices come first), enough for shadows."""

    name: str
    material: int
    rest: Float
    weights: sparse.csr_matrix
    faces: Int
    uv: Float
    extra: Float
    normals: Float = field(default_factory=lambda: np.zeros((0, 3), np.float32))
    coarse: Int = field(default_factory=lambda: np.zeros((0, 3), np.int32))

    def __post_init__(self) -> None:
        if len(self.coarse) == 0:
            self.coarse = self.faces
        if len(self.normals) == 0:
            self.normals = vertex_normals(self.rest, self.faces)


def weight_matrix(index: Int, weight: Float, bones: int) -> sparse.csr_matrix:
    """Sparse (n, bones) skin weights from per-vertex bone indices and weights (n, k)."""
    rows = np.repeat(np.arange(len(index)), index.shape[1])
    matrix = sparse.csr_matrix((weight.ravel(), (rows, index.ravel())), shape=(len(index), bones))
    matrix.sum_duplicates()
    matrix.eliminate_zeros()
    return matrix


def triangles(quads: Int) -> Int:
    """Two triangles per quad; degenerate ones (from triangles stored as quads) are dropped."""
    faces = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    good = (faces[:, 0] != faces[:, 1]) & (faces[:, 1] != faces[:, 2]) & (faces[:, 0] != faces[:, 2])
    return np.ascontiguousarray(faces[good], np.int32)


def vertex_normals(points: Float, faces: Int) -> Float:
    """Area-weighted unit normals (n, 3)."""
    corner = points[faces]
    face = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    total = np.stack([np.bincount(faces.ravel(), np.repeat(face[:, k], 3), len(points)) for k in range(3)], 1)
    return (total / (np.linalg.norm(total, axis=1, keepdims=True) + 1e-12)).astype(np.float32)


def compact(quads: Int) -> tuple[Int, Int]:
    """Renumbers quads over the vertices they use: (quads, used vertex numbers)."""
    used, inverse = np.unique(quads, return_inverse=True)
    return inverse.reshape(quads.shape).astype(np.int32), used.astype(np.int32)


def edges_of(quads: Int) -> Int:
    """Unique undirected edges (m, 2) of quads."""
    pairs = np.concatenate([quads[:, [k, (k + 1) % 4]] for k in range(4)])
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    return np.unique(np.sort(pairs, axis=1), axis=0).astype(np.int32)


def subdivide(quads: Int, count: int) -> tuple[Int, sparse.csr_matrix]:
    """One Catmull-Clark step (Catmull & Clark 1978) for quads over `count` vertices.

    Returns the new quads and the sparse (new, count) matrix that makes new vertices from old ones.
    """
    pairs = np.concatenate([quads[:, [k, (k + 1) % 4]] for k in range(4)])
    ordered = np.sort(pairs, axis=1)
    edges, slot = np.unique(ordered, axis=0, return_inverse=True)
    slot = slot.reshape(4, len(quads))
    n_edges, n_faces = len(edges), len(quads)
    face_rows = np.repeat(np.arange(n_faces), 4)
    face_points = sparse.csr_matrix((np.full(4 * n_faces, 0.25), (face_rows, quads.ravel())), (n_faces, count))
    use = np.bincount(slot.ravel(), minlength=n_edges)
    border = use == 1
    middle = sparse.csr_matrix((np.full(2 * n_edges, 0.5), (np.repeat(np.arange(n_edges), 2), edges.ravel())),
                               (n_edges, count))
    edge_face = sparse.csr_matrix(
        (np.ones(4 * n_faces), (slot.ravel(), np.tile(np.arange(n_faces), 4))), (n_edges, n_faces))
    inner = 0.5 * middle + 0.5 * sparse.diags(1.0 / use) @ edge_face @ face_points
    keep = sparse.diags(border.astype(float))
    edge_points = keep @ middle + (sparse.identity(n_edges) - keep) @ inner

    degree = np.maximum(np.bincount(quads.ravel(), minlength=count), 1).astype(float)
    vertex_face = sparse.csr_matrix((np.ones(4 * n_faces), (quads.ravel(), face_rows)), (count, n_faces))
    vertex_edge = sparse.csr_matrix(
        (np.ones(2 * n_edges), (edges.ravel(), np.repeat(np.arange(n_edges), 2))), (count, n_edges))
    edge_degree = np.maximum(np.asarray(vertex_edge.sum(1)).ravel(), 1.0)
    mean_face = sparse.diags(1.0 / degree) @ vertex_face @ face_points
    mean_edge = sparse.diags(1.0 / edge_degree) @ vertex_edge @ middle
    identity = sparse.identity(count)
    smooth = sparse.diags(1.0 / edge_degree) @ (mean_face + 2.0 * mean_edge) + sparse.diags(
        (edge_degree - 3.0) / edge_degree)
    rim = np.zeros(count, bool)
    rim[edges[border].ravel()] = True
    border_edge = vertex_edge @ keep
    rim_degree = np.maximum(np.asarray(border_edge.sum(1)).ravel(), 1.0)
    rim_rule = 0.5 * identity + 0.5 * sparse.diags(1.0 / rim_degree) @ border_edge @ middle
    on_rim = sparse.diags(rim.astype(float))
    old_points = on_rim @ rim_rule + (identity - on_rim) @ smooth
    matrix = sparse.vstack([old_points, edge_points, face_points]).tocsr().astype(np.float32)

    e = slot + count
    f = np.arange(n_faces) + count + n_edges
    new = np.concatenate([np.stack([quads[:, k], e[k], f, e[(k + 3) % 4]], 1) for k in range(4)])
    return new.astype(np.int32), matrix


def relax(points: Float, quads: Int, rounds: int, strength: float | Float = 0.5,
          fixed: NDArray[np.bool_] | None = None) -> Float:
    """Umbrella smoothing: each round moves a vertex `strength` of the way to the mean of its neighbours."""
    edges = edges_of(quads)
    both = np.concatenate([edges, edges[:, ::-1]])
    near = sparse.csr_matrix((np.ones(len(both)), (both[:, 0], both[:, 1])), (len(points), len(points)))
    near = sparse.diags(1.0 / np.maximum(np.asarray(near.sum(1)).ravel(), 1.0)) @ near
    amount = np.broadcast_to(np.asarray(strength, np.float32), (len(points),))[:, None].copy()
    if fixed is not None:
        amount[fixed] = 0.0
    result = points.astype(np.float64)
    for _ in range(rounds):
        result += amount * (near @ result - result)
    return result.astype(np.float32)
