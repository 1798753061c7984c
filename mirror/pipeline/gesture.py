"""Keypoints over time in, gestures out: page, choose, stop. No Qt, no clock of its own.

A hand speaks when it is raised beside the shoulder, clear of the head, forearm upright, while she faces the mirror and
the other hand hangs. Raised and lowered again it pages; held until its ring is full it chooses; both hands up erase
her. What is common before a mirror (a hand in the hair, a telephone, a dress held up) lacks one of these.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from mirror.domain import Pose
from mirror.pipeline.gesture_body import Arm, arms_of

Side = Literal["left", "right"]
SIDES: tuple[Side, Side] = ("left", "right")

ARM_S = 0.2
"""In the zone for this long, then the ring appears (docs/design.md, gestures): shorter is an arm that passes by."""
HOLD_S = 1.2
"""The ring fills in this time (docs/design.md, gestures): dwell times of 1 to 1.5 s are usual for gaze and hands."""
STOP_S = 0.8
"""Both hands up for this long mean stop: shorter than a choice, because stopping must never be hard."""
GAP_S = 0.15
"""A hand that is misread for as long (four readings at 30 a second) has not left."""
LOWER_S = 0.7
"""From leaving the zone to hanging: a hand that is slower, or goes to the head, did not page."""
REST_S = 0.25
"""After a choice or a stop the hand must be down for this long before it speaks again."""
LOST_S = 0.4
"""No pose of her for as long empties every ring."""
STEADY = 0.35
"""Shoulder widths that a wrist may move while its ring is awaited (1.75 a second, 0.6 m/s): one that moves more is on
its way, waves, or goes on to the hair. The live net's own wavering is 0.05 to 0.12 (`benchmarks.gestures`)."""
RISE_S = 1.5
"""A raised hand was down before, at most so long ago: one that is up when she is found, or comes from the head, says
nothing."""

Kind = Literal["page", "choose", "stop"]


@dataclass(frozen=True)
class Gesture:
    """What she said by hand; ``side`` is her own, "both" for stop."""

    kind: Kind
    side: Literal["left", "right", "both"]


@dataclass(frozen=True)
class Ring:
    """A ring to draw: around which of her hands, where its wrist is (frame pixels), how full (0..1)."""

    side: Side
    at: tuple[float, float]
    fill: float


@dataclass(frozen=True)
class Hands:
    """What one reading gave: the gestures that were completed by it, and the rings to show now."""

    gestures: tuple[Gesture, ...] = ()
    rings: tuple[Ring, ...] = ()


@dataclass
class _Hand:
    """One hand's way: down, up (timing begins), armed (ring), leaving (page?), spent (until it was down)."""

    stage: Literal["down", "up", "armed", "leaving", "spent"] = "down"
    since: float = 0.0
    seen_up: float = 0.0
    down_since: float | None = None
    low_at: float = float("-inf")
    anchor: tuple[float, float] = (0.0, 0.0)
    at: tuple[float, float] = (0.0, 0.0)


@dataclass
class GestureModel:
    """The gestures of the one whom the mirror serves. Not thread-safe.

    ``shopper`` is the track's number: bystanders have no part in it, and another number begins anew.
    """

    shopper: int = 0
    _hands: Mapping[Side, _Hand] = field(default_factory=lambda: {side: _Hand() for side in SIDES})
    _both_since: float | None = None
    _both_seen: float = 0.0
    _stopped: bool = False
    _time: float = float("-inf")
    _rings: tuple[Ring, ...] = ()

    def reset(self) -> None:
        """Forget every hand."""
        for hand in self._hands.values():
            hand.stage, hand.low_at, hand.down_since = "down", float("-inf"), None
        self._both_since, self._stopped, self._rings = None, False, ()

    def see(self, pose: Pose | None, time: float, shopper: int) -> Hands:
        """Take in her keypoints (frame pixels, COCO names) at ``time`` (monotonic seconds).

        ``pose`` None: she was not read. A reading that is not newer than the last gives its rings again and no
        gesture; so does a short gap.
        """
        if shopper != self.shopper or shopper <= 0:
            self.reset()
            self.shopper, self._time = shopper, float("-inf")
        if shopper <= 0 or time <= self._time:
            return Hands(rings=self._rings)
        arms = None if pose is None else arms_of(pose)
        if arms is None:
            if time - self._time > LOST_S:
                self.reset()
            return Hands(rings=self._rings)
        if time - self._time > LOST_S:
            self.reset()
        self._time = time
        for side in SIDES:
            if arms[side].low:
                self._hands[side].low_at = time
        stop = self._both(arms, time)
        gestures = [stop] if stop else []
        if self._both_since is None and not self._stopped:
            for side in SIDES:
                gesture = self._one(side, arms, time)
                if gesture is not None:
                    gestures.append(gesture)
        self._rings = self._shown(arms, time)
        return Hands(tuple(gestures), self._rings)

    def _both(self, arms: Mapping[Side, Arm], time: float) -> Gesture | None:
        up = all(arm.high for arm in arms.values())
        if self._stopped:
            # both have been down: she may begin anew
            self._stopped = any(arm.raised or arm.high for arm in arms.values())
            return None
        if up:
            self._both_seen = time
            if self._both_since is None:
                if all(time - hand.low_at > RISE_S for hand in self._hands.values()):
                    return None
                self._both_since = time
                for hand in self._hands.values():
                    hand.stage, hand.down_since = "spent", None
            if time - self._both_since >= STOP_S:
                self._both_since, self._stopped = None, True
                return Gesture("stop", "both")
        elif self._both_since is not None and time - self._both_seen > GAP_S:
            self._both_since = None
        return None

    def _one(self, side: Side, arms: Mapping[Side, Arm], time: float) -> Gesture | None:
        arm, other = arms[side], arms["left" if side == "right" else "right"]
        hand = self._hands[side]
        holds = hand.stage in ("up", "armed")
        up = (arm.kept if holds else arm.raised) and other.hangs
        if up:
            hand.seen_up, hand.at = time, arm.wrist
        if hand.stage == "spent":
            self._rest(hand, arm, time)
        elif hand.stage == "down":
            if up and time - hand.low_at <= RISE_S:
                hand.stage, hand.since, hand.anchor = "up", time, arm.offset
        elif hand.stage == "up":
            if not up and time - hand.seen_up > GAP_S:
                hand.stage = "down"
            elif math.dist(arm.offset, hand.anchor) > STEADY:
                hand.since, hand.anchor = time, arm.offset
            elif up and time - hand.since >= ARM_S:
                hand.stage, hand.since = "armed", time
        elif hand.stage == "armed":
            if not up:
                if arm.touches_head or not other.hangs:
                    hand.stage, hand.down_since = "spent", None
                elif arm.low or time - hand.seen_up > GAP_S:
                    hand.stage = "leaving"
            elif time - hand.since >= HOLD_S:
                hand.stage, hand.down_since = "spent", None
                return Gesture("choose", side)
        if hand.stage == "leaving":
            if arm.touches_head or time - hand.seen_up > LOWER_S or not other.hangs:
                hand.stage, hand.down_since = "spent", None
            elif arm.low:
                hand.stage = "down"
                return Gesture("page", side)
        return None

    @staticmethod
    def _rest(hand: _Hand, arm: Arm, time: float) -> None:
        if arm.kept:
            hand.down_since = None
        elif hand.down_since is None:
            hand.down_since = time
        elif time - hand.down_since >= REST_S:
            hand.stage = "down"

    def _shown(self, arms: Mapping[Side, Arm], time: float) -> tuple[Ring, ...]:
        if self._both_since is not None:
            fill = min(1.0, (time - self._both_since) / STOP_S)
            return tuple(Ring(side, arms[side].wrist, fill) for side in SIDES)
        return tuple(
            Ring(side, hand.at, min(1.0, (time - hand.since) / HOLD_S))
            for side, hand in self._hands.items() if hand.stage == "armed")
