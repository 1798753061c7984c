"""One pair of shoes, one pair of trousers: what cannot be worn at once is one piece guessed twice."""

from __future__ import annotations

from mirror.domain import Box, Garment
from mirror.vision.outfit import worn_together


def _worn(*pieces: tuple[str, float]) -> list[str]:
    garments = [Garment(category, Box(0, 0, 9, 9), score) for category, score in pieces]
    return [g.category for g in worn_together(garments)]


def test_the_surest_footwear_stays() -> None:
    assert _worn(("shoes", 0.4), ("boots", 0.6), ("boots", 0.35), ("trousers", 0.5)) == ["boots", "trousers"]


def test_a_dress_guessed_as_a_skirt_too_is_a_dress() -> None:
    assert _worn(("dress", 0.6), ("skirt", 0.5), ("outerwear", 0.4)) == ["dress", "outerwear"]


def test_layers_stay() -> None:
    worn = _worn(("outerwear", 0.7), ("longsleeve", 0.6), ("shirt", 0.5), ("top", 0.4), ("bag", 0.4), ("bag", 0.3))
    assert worn == ["outerwear", "longsleeve", "shirt", "bag", "bag"]
