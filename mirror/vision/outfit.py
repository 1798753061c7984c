"""What one person can wear at once: the detector's second and third guesses at the same piece are left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mirror.domain import Garment, Pose

PLACE: Mapping[str, str] = {
    "top": "upper", "shirt": "upper", "longsleeve": "upper", "outerwear": "outer",
    "dress": "legs", "trousers": "legs", "shorts": "legs", "skirt": "legs",
    "shoes": "feet", "heels": "feet", "boots": "feet", "sandals": "feet",
    "bag": "bag", "hat": "hat", "hosiery": "hosiery",
}
"""The place on the body that a category takes. A dress counts as what covers the legs: the detector's usual doubt
is dress or skirt."""

ROOM: Mapping[str, int] = {"upper": 2, "bag": 2}
"""How many pieces fit a place where it is not one: a shirt under a jumper, two bags. A pair of shoes is one piece."""


SAME_PIECE_IOU = 0.75
"""One piece is found as two neighbouring classes (shirt and top) more often than two pieces share a box."""


SURE_HAT = 0.6
LEAST_HAT = 0.5
"""Hair that scores as a hat: up to 0.48 on the demo figure. A hat missed costs less than hair named."""
EYES_BELOW = 0.15
"""A hat sits above the eyes: unless the detector is surer than SURE_HAT, the eyes must lie below the middle of its box
by this share of its height. Of 100 labelled hats a fifth would not; hair on the demo figure (0.10, score up to 0.45)
does not."""


def worn_together(garments: Iterable[Garment], pose: Pose | None = None) -> list[Garment]:
    """The best detections that one person can wear at once, in the order of their scores; with her pose, hats that
    lie over the face are doubted."""
    kept: list[Garment] = []
    taken: dict[str, int] = {}
    for garment in sorted(garments, key=lambda g: -g.score):
        place = PLACE.get(garment.category, garment.category)
        if garment.category == "hat" and (
            garment.score < LEAST_HAT or (garment.score < SURE_HAT and _covers_face(garment, pose))
        ):
            continue
        twice = any(garment.box.iou(other.box) > SAME_PIECE_IOU for other in kept)
        if not twice and taken.get(place, 0) < ROOM.get(place, 1):
            taken[place] = taken.get(place, 0) + 1
            kept.append(garment)
    return kept


def _covers_face(garment: Garment, pose: Pose | None) -> bool:
    if pose is None:
        return False
    left, right = pose.point("left_eye"), pose.point("right_eye")
    box = garment.box
    return (left[1] + right[1]) / 2 < box.centre[1] + EYES_BELOW * box.height
