"""What she does, second by second: comes in, stands, turns, raises one hand and the other, goes.

`Motion(body, fps).frame(i)` gives skinning matrices; everything before is worked out once for all frames.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from .body import Body
from .clothes import SOLE
from .rig import Skeleton, between, euler, turn
from .steps import PACE, FootTrack, Print, middle, prints_along, track

Array = NDArray[np.float64]

LENGTH = 23.0  #: seconds, the loop
ENTER = 0.3  #: first step is taken here, still out of the picture
STAND = (4.2, 20.3)  #: she stands at the mark in between
TURN = (9.6, 13.2)
RIGHT_HAND = (13.9, 17.0)  #: raised, held 1.5 s, lowered
LEFT_HAND = (17.6, 19.4)  #: raised briefly: a page
LEAVE = 20.4
BLINKS = (4.9, 8.3, 11.4, 14.6, 17.3, 19.7)
FACING = 0.105  #: half the distance between her feet at the mark, m

TWIST_UP = 20.0  #: degrees the raised forearm turns outwards, so that the palm looks at the mirror

#: Directions of upper arm and forearm in the chest's frame, for her left arm (x is mirrored for the right).
HANG = (np.array([0.20, -0.97, -0.05]), np.array([0.10, -0.95, 0.26]))
SWING_FRONT = (np.array([0.16, -0.92, 0.34]), np.array([0.02, -0.78, 0.62]))
SWING_BACK = (np.array([0.20, -0.90, -0.38]), np.array([0.10, -0.98, -0.05]))
RAISED = (np.array([0.62, -0.60, 0.48]), np.array([0.30, 0.92, 0.26]))


def bump(times: Array, start: float, end: float, ease: float) -> Array:
    """0 to 1 in `ease` seconds after `start`, back to 0 before `end` (n,), both smooth."""
    up = np.clip((times - start) / ease, 0, 1)
    down = np.clip((end - times) / ease, 0, 1)
    value = np.minimum(up, down)
    return np.asarray(value**3 * (value * (6 * value - 15) + 10))


@dataclass(frozen=True)
class Frame:
    """One moment: `matrices` (bones, 3, 4), `blink` 0..1, `centre` of the figure (3,) for the shadows,
    `feet` (2, 4): floor place x, z (m), height above it (m) and heading (radians) of both."""

    matrices: Array
    blink: float
    centre: Array
    feet: Array


class Motion:
    """Plans the whole clip for one body."""

    def __init__(self, body: Body, fps: float) -> None:
        self.skeleton, self.fps = Skeleton(body), fps
        self.times = np.arange(round(LENGTH * fps)) / fps
        inn = prints_along([(-2.75, -1.75), (-1.1, -1.80), (0.0, -1.35), (0.0, 0.0)], ENTER, 0, 0.0, FACING)
        start = [Print(-2.75, -1.66, 90.0, 0.0), Print(-2.75, -1.84, 90.0, 0.0)]
        # She opens with the left foot, brings the right one round, and goes off to her left.
        open_left, bring_right = Print(0.16, -0.02, 52.0, LEAVE + PACE), Print(0.40, 0.10, 82.0, LEAVE + 2 * PACE)
        out = prints_along([(0.42, 0.02), (0.95, 0.02), (1.5, -0.9), (3.0, -1.5)], LEAVE + 2 * PACE, 0, None, FACING)
        out[0].insert(0, open_left)
        out[1].insert(0, bring_right)
        self.left = track([start[0], *inn[0], *out[0]], self.times)
        self.right = track([start[1], *inn[1], *out[1]], self.times)
        self.place, self.heading = middle(self.left, self.right, fps)
        self._plan()

    def _plan(self) -> None:
        t, fps = self.times, self.fps
        standing = np.clip(np.minimum((t - STAND[0]) / 0.8, (STAND[1] - t) / 0.6), 0, 1)
        standing = standing * standing * (3 - 2 * standing)
        self.standing = standing
        ahead = np.stack([np.sin(np.radians(self.heading)), np.cos(np.radians(self.heading))], 1)
        self.stride = gaussian_filter1d(((self.left.place - self.right.place) * ahead).sum(1), 0.05 * fps)
        self.arms = gaussian_filter1d(self.stride, 0.085 * fps) * 1.18  # arms are slower than legs
        self.breath = np.sin(2 * np.pi * t / 3.9)
        shift = standing * (0.020 * np.sin(2 * np.pi * (t - 5.0) / 7.3) + 0.006 * np.sin(2 * np.pi * t / 3.1 + 1))
        aside = np.stack([ahead[:, 1], -ahead[:, 0]], 1)
        support = gaussian_filter1d((self.right.air - self.left.air) * 0.022, 0.07 * fps)
        self.sway = shift + support
        self.floor = self.place + aside * self.sway[:, None]
        wave = np.clip((t - TURN[0]) / (TURN[1] - TURN[0]), 0, 1)
        keys = np.array([0, 0.24, 0.34, 0.66, 0.76, 1.0])
        value = np.interp(wave, keys, [0, 1, 1, -1, -1, 0])
        self.turning = gaussian_filter1d(value, 0.14 * fps) * 32.0
        self.up = {"R": bump(t, *RIGHT_HAND, 0.75), "L": bump(t, *LEFT_HAND, 0.62)}
        look = gaussian_filter1d(np.interp(t, [0, 1.4, 2.6, 20.0, 20.5, 22], [0, 0, 1, 1, 0.2, 0]), 0.15 * fps)
        self.look = look
        height = np.array([self._height(i) for i in range(len(t))])
        # Never above what the legs allow: smooth a lowered envelope.
        low = -gaussian_filter1d(-np.minimum.reduce([np.roll(height, k) for k in (-1, 0, 1)]), 0.05 * fps)
        self.height = low - 0.004 - 0.003 * (1 - standing)

    def _pelvis(self, i: int) -> Array:
        yaw = self.heading[i] + 0.62 * self.turning[i] - 14.0 * self.stride[i]
        roll = 55.0 * self.sway[i] * (0.35 + 0.65 * self.standing[i])
        lean = 2.0 * (1 - self.standing[i])
        return turn((0, 1, 0), yaw) @ euler(lean, 0, roll)

    def _ankle(self, foot: FootTrack, i: int, name: str) -> tuple[Array, Array]:
        """World place of the ankle joint and the foot's rotation."""
        skeleton = self.skeleton
        joint = skeleton.heads[skeleton.number[f"foot.{name}"]]
        base = np.array([joint[0], 0.0, joint[2]])
        yaw = turn((0, 1, 0), foot.heading[i] - (4.0 if name == "L" else -4.0))
        pitch = foot.pitch[i]
        pivot = np.array([joint[0], -SOLE, 0.135 if pitch > 0 else -0.035])
        tilt = turn((1, 0, 0), pitch)
        point = tilt @ (joint - pivot) + pivot
        world = yaw @ (point - base) + np.array([foot.place[i, 0], SOLE + foot.lift[i], foot.place[i, 1]])
        return world, yaw @ tilt

    def _height(self, i: int) -> float:
        """Greatest height of the root bone's head for which both legs reach (a planted foot more than a swinging)."""
        skeleton = self.skeleton
        root = skeleton.heads[0]
        pelvis = self._pelvis(i)
        best = np.inf
        for name, foot in (("L", self.left), ("R", self.right)):
            hip = skeleton.heads[skeleton.number[f"upperleg01.{name}"]]
            knee = skeleton.heads[skeleton.number[f"lowerleg01.{name}"]]
            joint = skeleton.heads[skeleton.number[f"foot.{name}"]]
            reach = (np.linalg.norm(knee - hip) + np.linalg.norm(joint - knee)) * 0.9965
            ankle, _ = self._ankle(foot, i, name)
            offset = pelvis @ (hip - root)
            flat = np.array([self.floor[i, 0] + offset[0] - ankle[0], self.floor[i, 1] + offset[2] - ankle[2]])
            rise = np.sqrt(max(reach**2 - flat @ flat, 0.2))
            best = min(best, ankle[1] + rise - offset[1] + 0.02 * foot.air[i])
        return float(best)

    def _leg(self, turns: dict[str, Array], pelvis: Array, place: Array, name: str, foot: FootTrack, i: int) -> None:
        skeleton = self.skeleton
        rest = skeleton.heads
        number = skeleton.number
        h, k, a = (rest[number[f"{bone}.{name}"]] for bone in ("upperleg01", "lowerleg01", "foot"))
        hip = pelvis @ (h - rest[0]) + place
        ankle, foot_turn = self._ankle(foot, i, name)
        upper, lower = float(np.linalg.norm(k - h)), float(np.linalg.norm(a - k))
        line = ankle - hip
        size = min(float(np.linalg.norm(line)), (upper + lower) * 0.9995)
        line = line / np.linalg.norm(line)
        front = pelvis @ np.array([0, 0, 1.0]) * 0.5 + foot_turn @ np.array([0, 0, 1.0]) * 0.5
        pole = front - (front @ line) * line
        pole /= np.linalg.norm(pole)
        cosine = float((upper**2 + size**2 - lower**2) / (2 * upper * size))
        knee = hip + upper * (cosine * line + np.sqrt(max(0.0, 1 - cosine**2)) * pole)

        def frame(direction: Array, forward: Array) -> Array:
            d = direction / np.linalg.norm(direction)
            side = np.cross(d, forward)
            side /= np.linalg.norm(side)
            return np.stack([side, d, np.cross(side, d)], 1)

        z = np.array([0.0, 0.0, 1.0])
        thigh = frame(knee - hip, pole) @ frame(k - h, z).T
        shin = frame(hip + line * size - knee, pole) @ frame(a - k, z).T
        turns[f"upperleg01.{name}"] = pelvis.T @ thigh
        turns[f"lowerleg01.{name}"] = thigh.T @ shin
        turns[f"foot.{name}"] = shin.T @ foot_turn
        toe = turn((1, 0, 0), -max(foot.pitch[i], 0.0) * 0.75)
        for digit in range(1, 6):
            turns[f"toe{digit}-1.{name}"] = toe

    def _arm(self, turns: dict[str, Array], name: str, i: int) -> None:
        skeleton = self.skeleton
        rest, number = skeleton.heads, skeleton.number
        mirror = np.array([1.0, 1.0, 1.0]) if name == "L" else np.array([-1.0, 1.0, 1.0])
        sign = 1.0 if name == "L" else -1.0
        swing = float(np.tanh(-sign * self.arms[i] / 0.50)) * (1 - self.standing[i])
        target = SWING_FRONT if swing > 0 else SWING_BACK
        share = swing * swing / (abs(swing) + 0.12)  # no kink where the arm passes the hip
        lifted = self.up[name][i]
        sway = np.array([0.004, 0, 0.012]) * self.breath[i]
        aims = []
        for part in range(2):
            low = HANG[part] * (1 - share) + target[part] * share + sway
            low = low / np.linalg.norm(low)
            aim = low * (1 - lifted) + RAISED[part] * lifted
            # On the way up the elbow leads: the arm goes through the front.
            aim = aim + np.array([0.10, 0.0, 0.55]) * np.sin(np.pi * lifted) * (0.5 if part == 0 else 1.0)
            aims.append(aim / np.linalg.norm(aim) * mirror)
        shoulder, elbow, wrist = (rest[number[f"{b}.{name}"]] for b in ("upperarm01", "lowerarm01", "wrist"))
        upper, lower = elbow - shoulder, wrist - elbow
        raise_clavicle = turn((0, 0, 1), sign * (7.0 * lifted - 1.5 + 0.7 * self.breath[i]))
        drop = turn((0, 0, 1), sign * (-9.0 * (1 - lifted) + 4.0 * lifted))
        above = raise_clavicle @ drop
        first = between(upper, aims[0])
        second = between(first @ lower, aims[1]) @ first
        half = turn(aims[1], sign * ((-8.0) * (1 - lifted) + TWIST_UP * lifted))
        turns[f"clavicle.{name}"] = raise_clavicle
        turns[f"shoulder01.{name}"] = drop
        turns[f"upperarm01.{name}"] = above.T @ first
        turns[f"lowerarm01.{name}"] = first.T @ half @ second
        wrist_turn = turn(lower, sign * (-6.0 * (1 - lifted) + 0.7 * TWIST_UP * lifted))
        turns[f"lowerarm02.{name}"] = wrist_turn
        self._fingers(turns, name, lifted, lower)

    def _fingers(self, turns: dict[str, Array], name: str, lifted: float, lower: Array) -> None:
        rest, number = self.skeleton.heads, self.skeleton.number
        wrist = rest[number[f"wrist.{name}"]]
        index, little = rest[number[f"finger2-1.{name}"]], rest[number[f"finger5-1.{name}"]]
        across = (index - little) / np.linalg.norm(index - little)
        along = rest[number[f"finger3-1.{name}"]] - wrist
        flex = across if name == "L" else -across
        spread = np.cross(along, across)
        for digit in range(2, 6):
            curl = (15.0 + 5.0 * (digit - 2)) * (1 - lifted) + 4.0 * lifted
            gather = (digit - 3.2) * 3.5 * (1 - 0.6 * lifted) * (1 if name == "L" else -1)
            for joint, part in ((1, 0.8), (2, 1.0), (3, 0.7)):
                bend = turn(flex, -curl * part)
                if joint == 1:
                    bend = turn(spread, gather) @ bend
                turns[f"finger{digit}-{joint}.{name}"] = bend
        turns[f"finger1-2.{name}"] = turn(flex, -8.0)

    def frame(self, i: int) -> Frame:
        """Skinning matrices of frame `i`."""
        turns: dict[str, Array] = {}
        pelvis = self._pelvis(i)
        place = np.array([self.floor[i, 0], self.height[i], self.floor[i, 1]])
        for name, foot in (("L", self.left), ("R", self.right)):
            self._leg(turns, pelvis, place, name, foot, i)
        twist = 0.50 * self.turning[i] + 22.0 * self.stride[i]
        roll = -62.0 * self.sway[i] * (0.35 + 0.65 * self.standing[i])
        reach = 2.5 * (self.up["R"][i] - self.up["L"][i])
        for bone, part in (("spine05", 0.15), ("spine04", 0.25), ("spine03", 0.3), ("spine02", 0.3)):
            turns[bone] = euler(-1.2 * part, twist * part, (roll + reach) * part)
        turns["spine01"] = euler(-0.55 * self.breath[i] - 0.6, 0, 0)
        for name in "LR":
            self._arm(turns, name, i)
        # The head keeps to the mirror while the body turns.
        drift = 2.2 * np.sin(2 * np.pi * self.times[i] / 5.7) + 1.2 * np.sin(2 * np.pi * self.times[i] / 2.9 + 2)
        facing = self.heading[i] + 1.12 * self.turning[i] + 8.0 * self.stride[i]
        back = -np.clip(facing, -75, 75) * self.look[i] * 0.80 + drift * self.standing[i]
        nod = 1.0 * np.sin(2 * np.pi * self.times[i] / 4.3) * self.standing[i] + 1.0
        tilt = 1.6 * np.sin(2 * np.pi * self.times[i] / 6.1 + 0.5) * self.standing[i] - 0.3 * reach
        for bone, part in (("neck01", 0.2), ("neck02", 0.2), ("neck03", 0.2), ("head", 0.4)):
            turns[bone] = euler(nod * part, back * part, tilt * part)
        blink = max((float(np.exp(-(((self.times[i] - b) / 0.055) ** 2))) for b in BLINKS), default=0.0)
        matrices = self.skeleton.pose(turns, pelvis, place)
        feet = np.array([[*f.place[i], f.lift[i] + 0.001 * abs(f.pitch[i]), np.radians(f.heading[i])]
                         for f in (self.left, self.right)])
        return Frame(matrices, blink, np.array([place[0], 0.85, place[2]]), feet)

    def visible(self, i: int) -> bool:
        """Whether any of her can be in the picture (she starts and ends beyond its edge)."""
        return abs(self.floor[i, 0]) < 2.2

