"""Where the tags stand: beside the body, level with what they name, never on it and never on each other. Pure.

Plates stay where they are until what they name has moved away by a hand's breadth, or has come to rest elsewhere; then
they move at once: a plate that trembles with the keypoints cannot be read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import inf
from typing import Literal, NamedTuple

from mirror.domain import Garment, Pose
from mirror.pipeline.view import View
from mirror.ui.layout import Layout, Rect

TAG = (228, 108)
SIZE_TAG = (244, 230)
SIZE_TAG_SURE = (244, 168)
"""Without a second size: one that she declared, or one that is likely alone."""
SIZE_LEADER = 58
"""Design pixels below a size plate's top at which its leader leaves: level with the size."""
GAP = 16
"""Design pixels between two plates (tokens: touch.gap)."""
OFF_CENTRE = 120
"""Beyond this the wider lane takes all tags (docs/design.md, screen)."""
STILL = 44
"""Design pixels that a plate waits before it follows."""
REST_WITHIN, REST_S = 8, 0.6
"""What is named is at rest when its level stays within so many design pixels for so long."""
TAGS_MOST = 4
LEAST_SCORE = 0.3
LEGWEAR = frozenset({"trousers", "shorts", "shoes", "boots", "heels", "sandals", "hosiery"})
"""Worn on each leg: the middle of their box is the gap between the legs."""
DOT = 16
"""Design pixels of a dot that must be seen: none lies half under a deck."""
LEVEL = {"hat": 0.2, "bag": 0.65}
"""Share of the box's height at which a garment is pointed at, where that is not its middle: a hat on its crown, never
on the face below; a bag under its handles."""
HIGHEST = {"bag": 0.45, "shoes": 0.3, "boots": 0.3, "heels": 0.3, "sandals": 0.3}
"""Share of the box's height above which no dot lies: handles, and hems that hang over shoes."""
Side = Literal["left", "right"]


class Tag(NamedTuple):
    """A plate with its leader. ``dot`` and ``foot`` (where the leader meets the plate) are window pixels."""

    key: str
    plate: Rect
    dot: tuple[int, int]
    foot: tuple[int, int]
    yours: bool = False
    garment: Garment | None = None


class _Wish(NamedTuple):
    key: str
    size: tuple[int, int]
    dot: tuple[float, float]
    low: float
    high: float
    side: Side
    garment: Garment | None = None


class _Held(NamedTuple):
    """Where a tag stood on the frame before, and whether its leader was level."""

    side: Side
    plate: Rect
    level: bool


class TagPlaces:
    """Places tags frame by frame and remembers where they stood."""

    def __init__(self) -> None:
        self._held: dict[str, _Held] = {}
        self._level: dict[str, tuple[float, float]] = {}

    def forget(self) -> None:
        self._held.clear()
        self._level.clear()

    def place(
        self, at: Layout, view: View, pose: Pose | None, garments: Sequence[Garment], *, sizes: int,
        now: float,
    ) -> list[Tag]:
        """Tags for the garments (best first, at most four that fit) and for her size: one of ``sizes`` labels.

        ``now`` is the time in monotonic seconds.
        """
        joints = _joints(view, pose)
        body_x = _body_x(view, joints)
        side_of = _sides(at, body_x)
        wishes = [w for w in (_size_wish(at, joints, side_of("left"), sizes),) if w]
        both = side_of("left") != side_of("right")
        seen: set[str] = set()
        top, floor = at.corridor.y, at.corridor.bottom - DOT * at.scale
        for garment in sorted(garments, key=_score, reverse=True):
            if garment.category in seen or len(seen) >= TAGS_MOST:
                continue
            wish = _garment_wish(view, joints, garment, side_of("right"), floor)
            if both and self._levels_left(at, wish, wishes, body_x):
                wish = _garment_wish(view, joints, garment, "left", floor)
            if top <= wish.dot[1] < floor and 0 <= wish.dot[0] < at.width:
                seen.add(garment.category)
                wishes.append(wish)
        tags: list[Tag] = []
        for side in ("left", "right"):
            lane = at.lane_left if side == "left" else at.lane_right
            tags += self._stack(at, lane, side, [w for w in wishes if w.side == side], now)
        self._held = {tag.key: _Held(_side_of(at, tag.plate), tag.plate, tag.dot[1] == tag.foot[1]) for tag in tags}
        return tags

    def _levels_left(self, at: Layout, wish: _Wish, others: Sequence[_Wish], body_x: float) -> bool:
        """Whether a garment is named at the left, beside her size: one that is there already, a bag that she carries
        there, and what the right lane has no place level with; unless the other lane is better by :data:`STILL`."""
        held = self._held.get(wish.key)
        here: Side = held.side if held else "left" if wish.key == "bag" and wish.dot[0] < body_x else "right"
        if held and held.level:
            lane = at.lane_left if here == "left" else at.lane_right
            if lane.y <= held.plate.y and held.plate.bottom <= lane.bottom:
                return here == "left"
        there: Side = "left" if here == "right" else "right"
        off = _off_level(at, wish, here, others)
        if off > 0 and _off_level(at, wish, there, others) < off - STILL * at.scale:
            return there == "left"
        return here == "left"

    def _stack(self, at: Layout, lane: Rect, side: Side, wishes: list[_Wish], now: float) -> list[Tag]:
        """Plates of one lane from top to bottom, each as near its wish as the ones above and below let it."""
        rested = [wish.key for wish in wishes if self._resting(wish, at.scale, now)]
        if not rested:
            ordered = sorted(wishes, key=_dot_level)
            standing = self._standing(at, lane, side, ordered)
            if standing is not None:
                return [_tag(wish, plate, side, at.scale) for wish, plate in zip(ordered, standing, strict=True)]
        gap = round(GAP * at.scale)
        room: list[tuple[_Wish, Rect]] = []
        used = 0
        for wish in wishes:  # the size first, then best garments: what does not fit is left out
            x, width, height = _column(at, lane, side, wish)
            if used + height > lane.h:
                continue
            used += height + gap
            top = round(wish.dot[1]) - height // 2
            held = self._held.get(wish.key)
            if held and held.side == side and wish.key not in rested and abs(held.plate.y - top) < STILL * at.scale:
                top = held.plate.y
            room.append((wish, Rect(x, max(lane.y, min(top, lane.bottom - height)), width, height)))
        if not room:
            return []
        room.sort(key=lambda pair: _dot_level(pair[0]))
        tops = [place.y for _, place in room]
        for i in range(1, len(room)):
            tops[i] = max(tops[i], tops[i - 1] + room[i - 1][1].h + gap)
        floor = lane.bottom
        for i in range(len(room) - 1, -1, -1):
            tops[i] = min(tops[i], floor - room[i][1].h)
            floor = tops[i] - gap
        return [_tag(wish, Rect(place.x, y, place.w, place.h), side, at.scale)
                for (wish, place), y in zip(room, tops, strict=True)]

    def _standing(self, at: Layout, lane: Rect, side: Side, wishes: Sequence[_Wish]) -> list[Rect] | None:
        """The plates of these wishes, highest first, as they stand; None where one is new or has a reason to move. On
        nearly every frame none has."""
        plates: list[Rect] = []
        floor, most = lane.y, STILL * at.scale
        for wish in wishes:
            held = self._held.get(wish.key)
            if held is None or held.side != side:
                return None
            plate, (x, width, height) = held.plate, _column(at, lane, side, wish)
            level = max(lane.y, min(round(wish.dot[1]) - height // 2, lane.bottom - height))
            if plate.x != x or plate.w != width or plate.h != height or plate.y < floor or abs(plate.y - level) >= most:
                return None
            floor = plate.bottom
            plates.append(plate)
        return plates if floor <= lane.bottom else None

    def _resting(self, wish: _Wish, scale: float, now: float) -> bool:
        """Whether what is named came to rest just now: true once, so that the plate is set level with it."""
        level, since = self._level.get(wish.key, (wish.dot[1], now))
        if abs(wish.dot[1] - level) > REST_WITHIN * scale:
            level, since = wish.dot[1], now
        rested = now - since >= REST_S
        self._level[wish.key] = (level, float("inf") if rested else since)
        return rested


def _dot_level(wish: _Wish) -> tuple[float, str]:
    return wish.dot[1], wish.key


def _column(at: Layout, lane: Rect, side: Side, wish: _Wish) -> tuple[int, int, int]:
    """Left edge, width and height of a plate in a lane: in portrait at the window's edge, else beside her."""
    width = min(round(wish.size[0] * at.scale), lane.w)
    x = lane.x if at.portrait == (side == "left") else lane.right - width
    return x, width, round(wish.size[1] * at.scale)


def _off_level(at: Layout, wish: _Wish, side: Side, others: Sequence[_Wish]) -> float:
    """Window pixels by which a leader would slant in a lane in which ``others`` stand where they wish: about."""
    lane, gap = at.lane_left if side == "left" else at.lane_right, GAP * at.scale
    half = wish.size[1] * at.scale / 2
    if lane.h < 2 * half:
        return inf
    middle = min(max(wish.dot[1], lane.y + half), lane.bottom - half)
    for other in others:
        apart = half + other.size[1] * at.scale / 2 + gap
        if other.side == side and abs(middle - other.dot[1]) < apart:
            middle = other.dot[1] + (apart if middle > other.dot[1] else -apart)
    return max(0.0, wish.low - middle, middle - wish.high, lane.y + half - middle, middle + half - lane.bottom)


def _tag(wish: _Wish, plate: Rect, side: Side, scale: float) -> Tag:
    """The leader is horizontal where the thing named is tall enough for it, else it slants to the thing."""
    level = plate.y + round(SIZE_LEADER * scale if wish.garment is None else plate.h * 0.5)
    y = min(max(level, wish.low), wish.high)
    foot_x = plate.right if side == "left" else plate.x
    return Tag(wish.key, plate, (round(wish.dot[0]), round(y)), (foot_x, level), wish.garment is None, wish.garment)


_Joints = Mapping[str, tuple[float, float]]
"""The keypoints that are seen, in window pixels. Plain numbers: this is asked for on every paint."""


def _joints(view: View, pose: Pose | None) -> _Joints:
    if pose is None:
        return {}
    ox, oy, scale = view.ox, view.oy, view.scale
    return {name: (ox - x * scale, oy + y * scale)
            for name, (x, y, score) in zip(pose.names, pose.keypoints.tolist(), strict=True) if score >= LEAST_SCORE}


def _score(garment: Garment) -> float:
    return garment.score


def _size_wish(at: Layout, joints: _Joints, side: Side, sizes: int) -> _Wish | None:
    """Her size points at the shoulder that stands on the lane's side."""
    shoulders = [joints[name] for name in ("left_shoulder", "right_shoulder") if name in joints]
    if not shoulders:
        return None
    x, y = min(shoulders) if side == "left" else max(shoulders)
    size = SIZE_TAG if sizes > 1 else SIZE_TAG_SURE
    # the leader leaves the plate at its first line, so its middle lies lower
    return _Wish("size", size, (x, y + (size[1] / 2 - SIZE_LEADER) * at.scale), y, y, side)


def _garment_wish(view: View, joints: _Joints, garment: Garment, side: Side, floor: float) -> _Wish:
    """The dot lies inside the garment and above ``floor``, on the side of the lane that names it; on a leg for what
    legs wear."""
    category, (x1, y1, x2, y2) = garment.category, view.edges(garment.box)
    tall = y2 - y1
    inset = min(12.0, tall / 4)
    y = y1 + tall * LEVEL.get(category, 0.5)
    # a bag is carried at one side, and its rim is leg or coat
    x = x1 + (x2 - x1) * (0.5 if category == "bag" else 0.68 if side == "right" else 0.32)
    if category in LEGWEAR:
        leg = _leg_at(joints, y, side)
        if leg is not None and x1 < leg < x2:
            x = leg
    high = y1 + max(min(inset, y - y1), tall * HIGHEST.get(category, 0.0))
    low = y if category == "hat" else y2 - inset
    return _Wish(category, TAG, (x, y), high, min(low, floor), side, garment)


_LEGS = tuple(tuple(f"{leg}_{joint}" for joint in ("hip", "knee", "ankle")) for leg in ("left", "right"))


def _leg_at(joints: _Joints, y: float, side: Side) -> float | None:
    """Window x of the leg on a side, at a window y; None when that leg is not seen."""
    found: list[float] = []
    for hip, knee, ankle in _LEGS:
        if not (hip in joints and knee in joints and ankle in joints):
            continue
        (hx, hy), (kx, ky), (ax, ay) = joints[hip], joints[knee], joints[ankle]
        (ux, uy), (lx, ly) = ((hx, hy), (kx, ky)) if y < ky else ((kx, ky), (ax, ay))
        share = min(max((y - uy) / (ly - uy), 0.0), 1.0) if ly > uy else 1.0
        found.append(ux + (lx - ux) * share)
    if not found:
        return None
    return max(found) if side == "right" else min(found)


def _body_x(view: View, joints: _Joints) -> float:
    if len(joints) < 2:
        return view.width / 2
    xs = [x for x, _ in joints.values()]
    return (min(xs) + max(xs)) / 2


def _sides(at: Layout, body_x: float) -> Callable[[Side], Side]:
    """In landscape the deck has the right lane. In portrait both lanes serve, unless she stands to one side."""
    if not at.portrait:
        return lambda side: "left"
    off = body_x - at.corridor.centre[0]
    if abs(off) <= OFF_CENTRE * at.scale:
        return lambda side: side
    return lambda side: "left" if off > 0 else "right"


def _side_of(at: Layout, plate: Rect) -> Side:
    return "left" if plate.centre[0] < at.corridor.centre[0] else "right"
