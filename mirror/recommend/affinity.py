"""Which categories go with what she wears: the rules of an outfit, as a table.

An outfit has places: trunk, legs, outer layer, feet, bag, head; a dress fills trunk and legs. A place that is taken is
not offered again. What may fill an open place has an affinity to each garment worn.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

PLACES: Mapping[str, tuple[str, ...]] = {
    "trunk": ("top", "shirt", "longsleeve"),
    "legs": ("trousers", "skirt", "shorts"),
    "outer": ("outerwear",),
    "feet": ("shoes", "boots", "heels", "sandals"),
    "bag": ("bag",),
    "head": ("hat",),
}
"""The places of an outfit and the categories that fill them; the order is that of importance in a look. Underwear and
hosiery fill none: the mirror does not offer them beside an outfit."""

TAKES: Mapping[str, tuple[str, ...]] = {
    **{category: (place,) for place, categories in PLACES.items() for category in categories},
    "dress": ("trunk", "legs"),
}
"""Places that a worn category takes."""

USUAL = 0.7
"""Affinity of two categories that the table does not name."""

AFFINITY: Mapping[tuple[str, str], float] = {
    # worn, offered
    ("dress", "outerwear"): 0.9, ("dress", "heels"): 1.0, ("dress", "sandals"): 0.85, ("dress", "boots"): 0.75,
    ("dress", "shoes"): 0.7, ("dress", "bag"): 0.95, ("dress", "hat"): 0.5,
    ("skirt", "heels"): 0.9, ("skirt", "boots"): 0.85, ("skirt", "shoes"): 0.8, ("skirt", "sandals"): 0.7,
    ("skirt", "shirt"): 0.9, ("skirt", "top"): 0.9, ("skirt", "longsleeve"): 0.85,
    ("trousers", "shoes"): 1.0, ("trousers", "boots"): 0.9, ("trousers", "heels"): 0.7, ("trousers", "sandals"): 0.4,
    ("trousers", "outerwear"): 0.95, ("trousers", "shirt"): 1.0,
    ("shorts", "shoes"): 0.95, ("shorts", "sandals"): 0.9, ("shorts", "boots"): 0.3, ("shorts", "heels"): 0.3,
    ("shorts", "top"): 1.0, ("shorts", "hat"): 0.8, ("shorts", "outerwear"): 0.45, ("shorts", "longsleeve"): 0.6,
    ("outerwear", "boots"): 0.95, ("outerwear", "sandals"): 0.1, ("outerwear", "shorts"): 0.15,
    ("outerwear", "trousers"): 1.0, ("outerwear", "longsleeve"): 0.95, ("outerwear", "shirt"): 0.95,
    ("boots", "outerwear"): 1.0, ("boots", "shorts"): 0.3, ("boots", "trousers"): 0.95, ("boots", "skirt"): 0.85,
    ("sandals", "outerwear"): 0.2, ("sandals", "longsleeve"): 0.45, ("sandals", "shorts"): 0.95,
    ("sandals", "hat"): 0.8, ("heels", "shorts"): 0.3, ("heels", "skirt"): 0.95, ("heels", "bag"): 0.95,
    ("heels", "hat"): 0.4, ("longsleeve", "outerwear"): 0.95, ("longsleeve", "sandals"): 0.4,
    ("shirt", "trousers"): 1.0, ("shirt", "outerwear"): 0.95, ("shirt", "skirt"): 0.9,
    ("top", "trousers"): 0.95, ("top", "skirt"): 0.9, ("top", "shorts"): 0.85, ("top", "outerwear"): 0.9,
    ("hosiery", "skirt"): 1.0, ("hosiery", "shorts"): 0.5, ("hosiery", "sandals"): 0.1, ("hosiery", "boots"): 0.95,
}
"""How well an offered category goes with a worn one, 0..1: warm with warm, bare with bare, smart with smart. Set by
hand from ordinary dressing rules; order matters more than the numbers."""

LEAST_AFFINITY = 0.25
"""A category under this beside anything worn is not offered (sandals to a coat)."""


def open_places(worn: Iterable[str]) -> tuple[str, ...]:
    """The places that nothing worn takes, most important first."""
    taken = {place for category in worn for place in TAKES.get(category, ())}
    return tuple(place for place in PLACES if place not in taken)


def affinity(worn: Iterable[str], offered: str) -> float:
    """How well a category goes with all that is worn: the mean, but no better than 1.5 times the worst pair."""
    pairs = [AFFINITY.get((category, offered), USUAL) for category in worn]
    if not pairs:
        return USUAL
    return min(sum(pairs) / len(pairs), 1.5 * min(pairs))


def offers(worn: Iterable[str]) -> dict[str, dict[str, float]]:
    """For each open place the categories worth offering with their affinity, best first; empty when nothing is worn.

    To an outfit with no open place other shoes than hers are offered: what changes it most with one piece.
    """
    categories = tuple(dict.fromkeys(worn))
    if not any(category in TAKES for category in categories):
        return {}
    found: dict[str, dict[str, float]] = {}
    for place in open_places(categories) or ("feet",):
        fits = {
            category: affinity(categories, category) for category in PLACES[place] if category not in categories
        }
        likely = {c: a for c, a in sorted(fits.items(), key=lambda pair: -pair[1]) if a >= LEAST_AFFINITY}
        if likely:
            found[place] = likely
    return found
