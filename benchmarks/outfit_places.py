"""Which category fills a place of an outfit: does the mirror's table of affinities name the one that was worn?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.outfits import Outfits
from mirror.recommend.affinity import PLACES, TAKES, affinity

Ask = tuple[str, str, tuple[str, ...]]
"""Place, the category that filled it, and the categories worn elsewhere."""


def asks(outfits: Outfits) -> Iterator[Ask]:
    """Each garment of a place that several categories may fill, hidden in turn."""
    for worn in outfits.values():
        for piece in worn:
            category = piece.item.category
            places = TAKES.get(category, ())
            if len(places) != 1 or len(PLACES[places[0]]) < 2:
                continue
            rest = tuple(other.item.category for other in worn if other.item.category not in PLACES[places[0]])
            if rest:
                yield places[0], category, rest


def measure_places(train: Outfits, outfits: Outfits) -> dict[str, Any]:
    """Share of places whose worn category is ranked first: by affinity, by how often each is worn (on ``train``), by
    lot; by place and for all."""
    often = Counter((place, category) for place, category, _ in asks(train))
    ways: dict[str, Callable[[str, str, tuple[str, ...]], float]] = {
        "affinity": lambda place, category, rest: affinity(rest, category),
        "frequency": lambda place, category, rest: float(often[place, category]),
    }
    asked = list(asks(outfits))
    hits: dict[str, dict[str, list[float]]] = {way: {"all": []} for way in (*ways, "chance")}
    for place, category, rest in asked:
        for way, score in ways.items():
            best = max(PLACES[place], key=lambda offered: score(place, offered, rest))
            _note(hits[way], place, float(best == category))
        _note(hits["chance"], place, 1 / len(PLACES[place]))
    return {"hidden": len(asked), **{
        way: {place: round(sum(found) / max(1, len(found)), 4) for place, found in places.items()}
        for way, places in hits.items()}}


def _note(places: dict[str, list[float]], place: str, hit: float) -> None:
    places.setdefault(place, []).append(hit)
    places["all"].append(hit)
