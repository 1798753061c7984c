"""What one person can wear at once: the detector's second and third guesses at the same piece are left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mirror.domain import Garment

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


def worn_together(garments: Iterable[Garment]) -> list[Garment]:
    """The best detections that one person can wear at once, in the order of their scores."""
    kept: list[Garment] = []
    taken: dict[str, int] = {}
    for garment in sorted(garments, key=lambda g: -g.score):
        place = PLACE.get(garment.category, garment.category)
        twice = any(garment.box.iou(other.box) > SAME_PIECE_IOU for other in kept)
        if not twice and taken.get(place, 0) < ROOM.get(place, 1):
            taken[place] = taken.get(place, 0) + 1
            kept.append(garment)
    return kept
