"""Where her hands are, measured on her own body: shoulder widths from the middle of the shoulders, out and up."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from mirror.domain import Pose

ENTER_SCORE, KEEP_SCORE = 0.3, 0.2
"""Scores from which a wrist or an elbow begins a gesture, and from which it goes on with one. The live net gives a
free wrist .4 to .8; 0.2 is the rule of the full body."""
LEAST_SHOULDER_SCORE = 0.3
LOW_SCORE = 0.1
"""In a pocket or before dark trousers a wrist is hardly seen, but where it lies is told."""

FRONTAL_RATIO, LEAST_RATIO = 0.70, 0.42
"""Shoulder joints' distance over the trunk's length of one who faces the mirror (mirror.pipeline.stance), and of one
who stands at about 55 degrees: beyond that her hands are not meant for the mirror."""

ABOVE, STILL_ABOVE = -0.06, -0.25
"""The wrist over the shoulders' line, to begin and to go on. A forearm (0.7 widths) raised from a hanging upper arm
(0.8) ends about there."""
OUT, STILL_OUT = 0.72, 0.60
"""The wrist outside of the body's middle (a shoulder joint lies at 0.5), unless it is over the head: a telephone
before the chest, a collar, a dress held by its shoulders lie further in."""
CLEAR, STILL_CLEAR = 0.85, 0.72
"""The wrist's distance from the head's middle: the head's half width is 0.3, a hand that touches it adds 0.2 to 0.4."""
TOUCHES = 0.60
"""Nearer than this to the head's middle it touches hair, ear or glasses."""
UPRIGHT, STILL_UPRIGHT = 40.0, 55.0
"""Largest angle of the forearm from the vertical, degrees: raised it leans 10 to 20; an arm that points, or holds a
camera out, leans 60."""
LEAST_FOREARM = 0.30
"""Of the picture's length of a forearm (0.7): shorter, it points at the mirror, as in a picture of oneself."""
HIGH = 0.32
"""Both hands up: over the shoulders by this much; a blouse that is held up is held at or under them."""
HANGS = 0.35
"""The other hand, or one that has paged, is under the shoulders by this much."""
HEAD_UP = 0.65
"""The head's middle over the shoulders, where neither nose nor ears are seen."""


@dataclass(frozen=True)
class Arm:
    """One hand: ``wrist`` in frame pixels; ``offset`` in shoulder widths (out to its own side, up).

    ``raised`` begins a gesture, ``kept`` goes on with one, ``high`` is its part in both hands up, ``hangs`` is down
    (or not seen), ``low`` lies down there even if it is hardly seen (a pocket), ``touches_head`` is at the hair or the
    face, ``seen`` tells whether the wrist was seen at all.
    """

    wrist: tuple[float, float]
    offset: tuple[float, float]
    seen: bool
    raised: bool
    kept: bool
    high: bool
    hangs: bool
    touches_head: bool
    low: bool


def arms_of(pose: Pose) -> Mapping[Literal["left", "right"], Arm] | None:
    """Both arms of a pose (COCO names, frame pixels, never mirrored); None when her shoulders are not seen or she does
    not face the mirror."""
    left, right = pose.point("left_shoulder"), pose.point("right_shoulder")
    if min(left[2], right[2]) < LEAST_SHOULDER_SCORE or left[0] <= right[0]:
        return None
    middle = (left[0] + right[0]) / 2, (left[1] + right[1]) / 2
    unit = math.hypot(left[0] - right[0], left[1] - right[1])
    hips = [p for p in (pose.point("left_hip"), pose.point("right_hip")) if p[2] >= KEEP_SCORE]
    if hips:
        trunk = sum(p[1] for p in hips) / len(hips) - middle[1]
        if trunk <= 0 or unit < LEAST_RATIO * trunk:
            return None
        # raised arms draw the joints together, and a turned body shows them nearer: the trunk does neither
        unit = max(unit, FRONTAL_RATIO * trunk)
    if unit < 4:
        return None
    head = _head(pose, middle, unit)
    return {side: _arm(pose, side, middle, unit, head) for side in ("left", "right")}  # type: ignore[misc]


def _head(pose: Pose, middle: tuple[float, float], unit: float) -> tuple[float, float]:
    seen = [p for p in map(pose.point, ("nose", "left_ear", "right_ear")) if p[2] >= KEEP_SCORE]
    if not seen:
        return middle[0], middle[1] - HEAD_UP * unit
    return sum(p[0] for p in seen) / len(seen), sum(p[1] for p in seen) / len(seen)


def _arm(
    pose: Pose, side: Literal["left", "right"], middle: tuple[float, float], unit: float, head: tuple[float, float],
) -> Arm:
    wrist, elbow = pose.point(f"{side}_wrist"), pose.point(f"{side}_elbow")
    outwards = 1.0 if side == "left" else -1.0  # her left is on the frame's right
    out, up = outwards * (wrist[0] - middle[0]) / unit, (middle[1] - wrist[1]) / unit
    far = math.hypot(wrist[0] - head[0], wrist[1] - head[1]) / unit
    over = (head[1] - wrist[1]) / unit
    along, across = (elbow[1] - wrist[1]) / unit, abs(wrist[0] - elbow[0]) / unit
    lean = math.degrees(math.atan2(across, along))
    forearm = math.hypot(along, across)
    score = min(wrist[2], elbow[2])
    seen = score >= KEEP_SCORE

    def within(above: float, aside: float, clear: float, upright: float) -> bool:
        return (up >= above and far >= clear and (out >= aside or over >= clear)
                and lean <= upright and forearm >= LEAST_FOREARM)

    raised = score >= ENTER_SCORE and within(ABOVE, OUT, CLEAR, UPRIGHT)
    kept = seen and within(STILL_ABOVE, STILL_OUT, STILL_CLEAR, STILL_UPRIGHT)
    high = seen and up >= HIGH and far >= CLEAR and (out >= OUT or over >= CLEAR)
    return Arm(
        (wrist[0], wrist[1]), (out, up), seen, raised, kept, high,
        hangs=not seen or up <= -HANGS, touches_head=seen and far < TOUCHES,
        low=wrist[2] >= LOW_SCORE and up <= -HANGS)
