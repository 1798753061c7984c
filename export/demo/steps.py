"""Where the feet are: footprints with times, their swings, and the pelvis that follows from them.

A planted foot does not move until it is lifted, so the feet cannot slide; the pelvis is the smoothed mean of both
feet, which is how a walking body moves, at the height that the longer leg allows.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

Array = NDArray[np.float64]
PACE = 0.50  #: seconds from one footfall to the next, about 120 steps a minute (usual comfortable cadence)
STRIDE = 0.60  #: metres from one footfall to the next
SWING = 0.40  #: seconds a foot is in the air
HALF_WIDTH = 0.092  #: metres between the line of walking and each foot's centre


@dataclass(frozen=True)
class Print:
    """A footprint: floor position x, z (m), heading (degrees, 0 = towards the camera, positive to her left), and
    when the foot lands there (s)."""

    x: float
    z: float
    heading: float
    land: float


def bezier(points: Array, t: Array) -> Array:
    """Cubic Bezier curve (n, 2) of four points (4, 2)."""
    t = t[:, None]
    return np.asarray((1 - t) ** 3 * points[0] + 3 * (1 - t) ** 2 * t * points[1] + 3 * (1 - t) * t**2 * points[2]
                      + t**3 * points[3])


def prints_along(points: list[tuple[float, float]], start: float, first: int, close: float | None,
                 width: float) -> list[list[Print]]:
    """Footprints (left, right) along a curve, from its first point at time `start`; `first` 0 steps off with the
    left. With `close` set (a heading) the last two prints stand side by side at the curve's end."""
    curve = bezier(np.asarray(points, np.float64), np.linspace(0, 1, 400))
    run = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(curve, axis=0), axis=1))])
    count = max(2, round(run[-1] / STRIDE))
    spots = np.linspace(0, run[-1], count + 1)[1:]
    if close is not None:
        spots = np.append(spots, run[-1])
    out: list[list[Print]] = [[], []]
    for k, spot in enumerate(spots):
        side = (first + k) % 2
        i = int(np.clip(np.searchsorted(run, spot), 1, 399))
        way = curve[i] - curve[i - 1]
        heading = float(np.degrees(np.arctan2(way[0], way[1])))
        last = close is not None and k >= len(spots) - 2
        if last and close is not None:
            heading = close
        wide = width if last else HALF_WIDTH * 0.8
        a = np.radians(heading)
        sign = 1.0 if side == 0 else -1.0
        toe_out = 7.0 * sign
        x, z = curve[i, 0] + sign * wide * np.cos(a), curve[i, 1] - sign * wide * np.sin(a)
        out[side].append(Print(float(x), float(z), heading + toe_out, start + PACE * (k + 1)))
    return out


@dataclass(frozen=True)
class FootTrack:
    """One foot over the frames: floor `place` (n, 2), `lift` (n,) metres, `heading` (n,) degrees, `pitch` (n,)
    degrees (positive: heel up), `air` (n,) 0..1 while swinging."""

    place: Array
    lift: Array
    heading: Array
    pitch: Array
    air: Array


def track(prints: list[Print], times: Array) -> FootTrack:
    """The foot's way through its footprints; the first print holds from the beginning."""
    n = len(times)
    place = np.tile([prints[0].x, prints[0].z], (n, 1)).astype(np.float64)
    lift, pitch, air = np.zeros(n), np.zeros(n), np.zeros(n)
    heading = np.full(n, prints[0].heading)
    for old, new in pairwise(prints):
        begin = new.land - SWING
        u = np.clip((times - begin) / SWING, 0.0, 1.0)
        ease = u * u * u * (u * (6 * u - 15) + 10) * 0.6 + 0.4 * u * u * (3 - 2 * u)
        far = float(np.hypot(new.x - old.x, new.z - old.z))
        scale = min(1.0, far / (2 * STRIDE) * 1.15 + 0.12)
        after = times >= begin
        place[after] = (np.array([old.x, old.z]) + ease[:, None] * np.array([new.x - old.x, new.z - old.z]))[after]
        heading[after] = (old.heading + ease * (new.heading - old.heading))[after]
        swing = (u > 0) & (u < 1)
        lift[swing] += (0.045 * scale * np.sin(np.pi * u) ** 1.5)[swing]
        air[swing] = np.sin(np.pi * u[swing])
        keys_t = [begin - 0.17, begin, begin + 0.45 * SWING, new.land - 0.04, new.land, new.land + 0.11]
        keys_p = [0.0, 34.0 * scale, 16.0 * scale, -17.0 * scale, -15.0 * scale, 0.0]
        inside = (times > keys_t[0]) & (times < keys_t[-1])
        pitch[inside] += np.interp(times, keys_t, keys_p)[inside]
    frame = times[1] - times[0]
    pitch = gaussian_filter1d(pitch, 0.045 / frame)
    lift = gaussian_filter1d(lift, 0.03 / frame)
    return FootTrack(place, lift, heading, pitch, air)


def middle(left: FootTrack, right: FootTrack, fps: float) -> tuple[Array, Array]:
    """Smoothed floor path (n, 2) and heading (n,) of the pelvis between the feet."""
    place = gaussian_filter1d(0.5 * (left.place + right.place), 0.13 * fps, axis=0, mode="nearest")
    heading = gaussian_filter1d(0.5 * (left.heading + right.heading), 0.16 * fps, mode="nearest")
    return place, heading
