"""Arms that move as people's do before a mirror, as COCO keypoints over time: gestures, and what is none.

A move is where elbow and wrist go from the own shoulder joint, in shoulder widths: out to the own side, and up. The
head's middle lies at (-0.5, 0.65) from either joint. A hand swings outwards on its way up, as arms do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mirror.domain import COCO_KEYPOINTS, Pose

Points = NDArray[np.float64]
Bend = tuple[float, float, float, float]
"""Elbow out, up; wrist out, up."""

HANG: Bend = (0.15, -0.80, 0.20, -1.45)
RAISED: Mapping[str, Bend] = {
    "open": (0.45, -0.55, 0.60, 0.14), "close": (0.22, -0.72, 0.34, 0.02), "high": (0.45, 0.50, 0.35, 1.15),
    "as the demo": (0.48, -0.47, 0.68, 0.17),
}
"""Ways to raise a hand."""
BOTH_UP: Mapping[str, Bend] = {"open": (0.55, -0.25, 0.75, 0.48), "high": (0.45, 0.50, 0.40, 1.20)}
HABITS: Mapping[str, tuple[Bend | None, Bend | None]] = {
    # right, left; None hangs
    "hair at the side": ((0.50, 0.05, -0.02, 0.72), None),
    "hair on top": (None, (0.45, 0.55, -0.28, 1.08)),
    "hair with both": ((0.55, 0.25, -0.05, 0.80), (0.55, 0.25, -0.05, 0.80)),
    "tie the hair": ((0.62, 0.20, -0.20, 0.45), (0.62, 0.20, -0.20, 0.45)),
    "glasses": ((0.30, -0.60, -0.28, 0.45), None),
    "telephone at the ear": (None, (0.30, -0.70, -0.12, 0.45)),
    "read the telephone": ((0.15, -0.75, -0.35, -0.35), None),
    "picture of herself": ((0.20, -0.70, -0.15, 0.22), None),
    "picture at arm's length": ((0.68, -0.20, 1.22, 0.12), None),
    "collar": ((0.30, -0.62, -0.25, 0.02), (0.30, -0.62, -0.25, 0.02)),
    "chin": (None, (0.10, -0.75, -0.35, 0.20)),
    "dress before her": ((0.30, -0.68, -0.08, -0.05), (0.30, -0.68, -0.08, -0.05)),
    "dress held wide": ((0.48, -0.58, 0.40, 0.06), (0.48, -0.58, 0.40, 0.06)),
    "hanger in one hand": ((0.28, -0.70, -0.05, -0.02), (0.15, -0.78, 0.05, -0.95)),
    "hands on the hips": ((0.55, -0.60, 0.05, -1.05), (0.55, -0.60, 0.05, -1.05)),
    "arms crossed": ((0.10, -0.75, -0.70, -0.55), (0.10, -0.75, -0.70, -0.60)),
    "points aside": ((0.75, -0.12, 1.42, -0.02), None),
    "bag on the shoulder": (None, (0.28, -0.70, 0.02, -0.04)),
    "hat with both": ((0.55, 0.35, -0.02, 1.05), (0.55, 0.35, -0.02, 1.05)),
    "sleeve": ((0.15, -0.70, -0.55, -0.50), (0.25, -0.62, 0.15, -0.95)),
}
"""What people do before a mirror that is meant for nobody."""

STANDING: Mapping[str, tuple[float, float]] = {
    "nose": (0.0, 0.62), "left_eye": (0.09, 0.72), "right_eye": (-0.09, 0.72), "left_ear": (0.2, 0.67),
    "right_ear": (-0.2, 0.67), "left_shoulder": (0.5, 0.0), "right_shoulder": (-0.5, 0.0), "left_hip": (0.28, -1.43),
    "right_hip": (-0.28, -1.43), "left_knee": (0.3, -2.6), "right_knee": (-0.3, -2.6), "left_ankle": (0.3, -3.7),
    "right_ankle": (-0.3, -3.7),
}
"""Right of and over the middle of the shoulders, as the camera sees her (her left on its right)."""


@dataclass(frozen=True)
class Noise:
    """What a net adds: ``spread`` of every keypoint (17, 2) and mean ``scores`` (17,), both as measured; ``flicker`` of
    the scores."""

    spread: Points
    scores: Points
    flicker: float


QUIET = Noise(np.zeros((17, 2)), np.full(17, 0.7), 0.0)


@dataclass(frozen=True)
class Key:
    """At ``time`` seconds both arms have arrived at these bends."""

    time: float
    right: Bend = HANG
    left: Bend = HANG


def moved(keys: Sequence[Key], time: float) -> tuple[Points, Points]:
    """Right and left bend at a time, float64 (4,) each."""
    after = next((i for i, key in enumerate(keys) if key.time > time), len(keys))
    if after in (0, len(keys)):
        key = keys[min(after, len(keys) - 1)]
        return np.array(key.right), np.array(key.left)
    before, then = keys[after - 1], keys[after]
    part = (time - before.time) / (then.time - before.time)
    share = part * part * (3 - 2 * part)
    swing = np.sin(np.pi * share)

    def way(a: Bend, b: Bend) -> Points:
        between = (1 - share) * np.array(a) + share * np.array(b)
        outwards = 0.25 * min(1.0, abs(b[3] - a[3])) * swing
        return np.asarray(between + np.array([0.6, 0.0, 1.0, 0.0]) * outwards, np.float64)

    return way(before.right, then.right), way(before.left, then.left)


class Figure:
    """One who stands before the camera and sways.

    Args:
        unit: pixels of a shoulder width.
        build: her arms' and trunk's length against the mean.
        turned: how wide her shoulders show, 1 facing the camera.
    """

    def __init__(self, rng: np.random.Generator, unit: float, build: float = 1.0, turned: float = 1.0) -> None:
        self.rng, self.unit, self.build, self.turned = rng, unit, build, turned
        self.phase = float(rng.uniform(0, 6.3))

    def pose(self, keys: Sequence[Key], time: float, noise: Noise) -> Pose:
        """Her pose at a time, as a net would read it: frame pixels."""
        right, left = moved(keys, time)
        points = np.zeros((17, 2))
        for i, name in enumerate(COCO_KEYPOINTS):
            if name in STANDING:
                points[i] = STANDING[name]
        for side, bend in (("right", right), ("left", left)):
            sign = 1.0 if side == "left" else -1.0
            joint = np.array(STANDING[f"{side}_shoulder"])
            for part, name in ((0, "elbow"), (2, "wrist")):
                points[COCO_KEYPOINTS.index(f"{side}_{name}")] = (
                    joint + self.build * np.array([sign * bend[part], bend[part + 1]]))
        points[:, 0] *= self.turned
        sway = 0.16 * np.sin(2 * np.pi * time / 5.0 + self.phase)
        points += np.outer(3.7 + points[:, 1], [sway / 3.7, 0.0])
        points += self.rng.normal(size=(17, 2)) * noise.spread
        scores = np.clip(noise.scores + self.rng.normal(size=17) * noise.flicker, 0.02, 0.98)
        pixels = np.column_stack([640 + self.unit * points[:, 0], 300 - self.unit * points[:, 1], scores])
        return Pose(pixels.astype(np.float32))


Wanted = tuple[Literal["page", "choose", "stop"], Literal["left", "right", "both"]]


def gesture_keys(wanted: Wanted, way: str, rng: np.random.Generator) -> list[Key]:
    """Keys of one gesture, at a person's pace: up in 0.35 to 0.9 s, and held for as long as it takes (a page: from 0.35
    to 0.9 s; a choice: until the ring was full, 1.75 to 2.6 s; a stop 1.2 to 2 s)."""
    kind, side = wanted
    rise, fall = rng.uniform(0.35, 0.9), rng.uniform(0.3, 0.6)
    held = {"page": rng.uniform(0.45, 1.0), "choose": rng.uniform(1.75, 2.6), "stop": rng.uniform(1.2, 2.0)}[kind]
    if kind == "stop":
        up = _varied(BOTH_UP[way], rng)
        late = rng.uniform(0.0, 0.15)
        return [Key(0.8), Key(0.8 + rise + late, up, up), Key(0.8 + rise + held, up, up),
                Key(0.8 + rise + held + fall), Key(2.2 + rise + held + fall)]
    up = _varied(RAISED[way], rng)

    def key(time: float, bend: Bend) -> Key:
        return Key(time, right=bend) if side == "right" else Key(time, left=bend)

    return [Key(0.8), key(0.8 + rise, up), key(0.8 + rise + held, up), Key(0.8 + rise + held + fall),
            Key(2.2 + rise + held + fall)]


def habit_keys(seconds: float, rng: np.random.Generator) -> list[Key]:
    """Habits one after the other, each held for 0.3 to 5 s, with and without a rest between."""
    keys, names, time = [Key(0.5)], sorted(HABITS), 0.5
    while time < seconds:
        right, left = HABITS[names[int(rng.integers(len(names)))]]
        if rng.random() < 0.5:
            right, left = left, right
        bends = [HANG if bend is None else _varied(bend, rng) for bend in (right, left)]
        time += rng.uniform(0.35, 1.0)
        keys.append(Key(time, bends[0], bends[1]))
        time += rng.uniform(0.3, 5.0)
        keys.append(Key(time, bends[0], bends[1]))
        if rng.random() < 0.6:
            time += rng.uniform(0.35, 1.0)
            keys.append(Key(time))
            time += rng.uniform(0.2, 3.0)
            keys.append(Key(time))
    return keys


def _varied(bend: Bend, rng: np.random.Generator) -> Bend:
    a, b, c, d = (float(value) for value in np.array(bend) + rng.normal(0, 0.04, 4))
    return a, b, c, d
