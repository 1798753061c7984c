"""Which of the people in view is the shopper, and for how long she stays it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mirror.domain import Box, Person
from mirror.pipeline.stance import frontality

SWITCH_RATIO = 1.4
"""Another person takes over only when she scores this much more: neighbours of nearly equal rank must not swap
with every breath."""

MISTAKE_RATIO = 2.0
"""... and so much more where a notice is the consent: then the first one is being served although nobody said yes, and
somebody at the back, seen a moment before the shopper was, must not be described for a whole visit."""

SWITCH_LOOKS = 3
"""... and in this many looks of the people finder one after another (three seconds at one look a second)."""

SAME_IOU = 0.3
"""A found box is the tracked person when it overlaps her box at least so much."""

SAME_REACH = 0.35
"""... or, after a gap, when its centre lies within this share of her height of where she was last."""

MISSED_LOOKS = 2
"""Looks in which the people finder does not see the tracked body before the track counts as a mistake."""

CROWD_SHARE = 0.6
"""A bystander at least this tall, against the shopper, stands about as near as she does."""


def shopper_score(person: Person, frame_size: tuple[int, int]) -> float:
    """How much a person looks like the one before the mirror: large, central, facing it.

    Args:
        frame_size: width, height in the person's pixels.

    Returns:
        0 to about 1. Height counts fully; standing at the edge costs half, showing the side or back 40 %.
    """
    width, height = frame_size
    tall = min(1.0, person.box.height / max(1, height))
    off_centre = min(1.0, abs(person.box.centre[0] - width / 2) / max(1.0, width / 2))
    sure = 0.5 + 0.5 * min(1.0, max(0.0, person.score))
    return tall * (1 - 0.5 * off_centre) * (0.6 + 0.4 * frontality(person.pose)) * sure


def choose_shopper(people: Sequence[Person], frame_size: tuple[int, int]) -> int:
    """The index of the person with the best :func:`shopper_score`; the first of equals.

    Raises:
        ValueError: there is nobody.
    """
    if not people:
        raise ValueError("nobody to choose from")
    return max(range(len(people)), key=lambda i: (shopper_score(people[i], frame_size), -i))


@dataclass(frozen=True)
class Review:
    """What one look of the people finder says of the tracked shopper."""

    keep: bool
    """Whether the track goes on as it is."""
    successor: Person | None = None
    """Who is to be served instead when it does not; None: nobody."""
    crowd: bool = False
    own: Person | None = None
    """The shopper herself as found."""


class ShopperChoice:
    """Hysteresis over the looks of the people finder. Holds no frame, only the boxes of the present track."""

    def __init__(self) -> None:
        self._rival_looks = 0
        self._missed = 0

    def reset(self) -> None:
        """Begin anew: the shopper is another one, or nobody."""
        self._rival_looks = 0
        self._missed = 0

    def first(self, people: Sequence[Person], frame_size: tuple[int, int]) -> Person | None:
        """Whom to serve when nobody is served yet."""
        self.reset()
        return people[choose_shopper(people, frame_size)] if people else None

    def again(self, people: Sequence[Person], last: Box) -> Person | None:
        """The person among ``people`` who stands where the lost shopper was last seen (her box), or None."""
        close = [p for p in people if same_place(p.box, last)]
        return max(close, key=lambda p: p.box.iou(last)) if close else None

    def review(
        self, people: Sequence[Person], shopper: Box, frame_size: tuple[int, int], *, switch_at: float
    ) -> Review:
        """Compare everybody in view with the tracked shopper.

        Args:
            shopper: her present box, same pixels as ``people``.
            switch_at: how many times her score another's must be to take her place; infinite once she consented: then
                nobody does while she is there.
        """
        own = max(people, key=lambda p: p.box.iou(shopper), default=None)
        if own is None or own.box.iou(shopper) < SAME_IOU:
            self._missed += 1
            if self._missed >= MISSED_LOOKS:
                return Review(keep=False, successor=self.first(people, frame_size))
            return Review(keep=True)
        self._missed = 0
        others = [p for p in people if p is not own]
        crowd = any(
            p.box.height >= CROWD_SHARE * own.box.height and 0 <= p.box.centre[0] <= frame_size[0] for p in others
        )
        best = max(others, key=lambda p: shopper_score(p, frame_size), default=None)
        ahead = best is not None and (
            shopper_score(best, frame_size) > switch_at * shopper_score(own, frame_size)
        )
        self._rival_looks = self._rival_looks + 1 if ahead else 0
        if self._rival_looks >= SWITCH_LOOKS:
            self.reset()
            return Review(keep=False, successor=best, crowd=crowd)
        return Review(keep=True, crowd=crowd, own=own)


def same_place(box: Box, last: Box) -> bool:
    """Whether two boxes may be one person with a short gap between them."""
    if box.iou(last) >= SAME_IOU:
        return True
    (ax, ay), (bx, by) = box.centre, last.centre
    reach = SAME_REACH * max(last.height, 1.0)
    return abs(ax - bx) <= reach and abs(ay - by) <= reach and 0.6 < box.height / max(last.height, 1.0) < 1.6
