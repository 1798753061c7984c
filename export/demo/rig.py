"""Forward kinematics of the MakeHuman skeleton: turns about the axes of the rest frame, then skinning matrices."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from .body import Body

Matrix = NDArray[np.float64]


def turn(axis: tuple[float, float, float] | NDArray[np.float64], degrees: float) -> Matrix:
    """Rotation (3, 3) about an axis by Rodrigues' formula."""
    a = np.asarray(axis, np.float64)
    a = a / np.linalg.norm(a)
    t = np.radians(degrees)
    k = np.array([[0, -a[2], a[1]], [a[2], 0, -a[0]], [-a[1], a[0], 0]])
    return np.eye(3) + np.sin(t) * k + (1 - np.cos(t)) * k @ k


def euler(x: float, y: float, z: float) -> Matrix:
    """Degrees about x, then y, then z of the fixed frame."""
    return turn((0, 0, 1), z) @ turn((0, 1, 0), y) @ turn((1, 0, 0), x)


def between(a: NDArray[np.float64], b: NDArray[np.float64]) -> Matrix:
    """Least rotation (3, 3) that carries direction a to direction b."""
    a, b = a / np.linalg.norm(a), b / np.linalg.norm(b)
    axis = np.cross(a, b)
    size = np.linalg.norm(axis)
    if size < 1e-9:
        return np.eye(3)
    return turn(axis / size, float(np.degrees(np.arctan2(size, a @ b))))


class Skeleton:
    """Poses the bones of one body. Every local turn is given in the rest frame's axes (x her left, y up, z front)
    and carried along by its parents."""

    def __init__(self, body: Body) -> None:
        self.body = body
        self.number = {name: i for i, name in enumerate(body.bones)}
        self.heads = body.heads.astype(np.float64)

    def pose(self, turns: Mapping[str, Matrix], root: Matrix, place: NDArray[np.float64]) -> Matrix:
        """World matrices (bones, 3, 4) that carry rest points to posed points.

        `root` (3, 3) and `place` (3,) move the root bone: its rest head goes to `place`.
        """
        out = np.zeros((len(self.heads), 3, 4))
        for i, name in enumerate(self.body.bones):
            parent = self.body.parents[i]
            if parent < 0:
                rotation, head = root, place
                if name in turns:
                    rotation = root @ turns[name]
            else:
                above = out[parent]
                head = above[:, :3] @ self.heads[i] + above[:, 3]
                rotation = above[:, :3] @ turns[name] if name in turns else above[:, :3]
            out[i, :, :3] = rotation
            out[i, :, 3] = head - rotation @ self.heads[i]
        return out

    def at(self, matrices: Matrix, name: str) -> NDArray[np.float64]:
        """Posed position (3,) of a bone's head."""
        m = matrices[self.number[name]]
        return np.asarray(m[:, :3] @ self.heads[self.number[name]] + m[:, 3])
