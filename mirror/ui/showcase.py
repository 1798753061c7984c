"""The shop's pieces that the attract screen shows, four at a time. No Qt."""

from __future__ import annotations

from collections.abc import Sequence

from mirror.domain import Item

CATEGORIES = ("outerwear", "longsleeve", "dress", "trousers")
TURNS = 6


def showcase(offered: Sequence[Item]) -> tuple[tuple[Item, ...], ...]:
    """In each turn one piece in stock of every category that there is."""
    found: dict[str, list[Item]] = {category: [] for category in CATEGORIES}
    for item in offered:
        if item.in_stock and item.category in found:
            found[item.category].append(item)
    # evenly from the shop's own order, which often runs by colour or by department
    spread = [pieces[:: max(1, len(pieces) // TURNS)][:TURNS] for pieces in found.values()]
    turns = (tuple(row[turn] for row in spread if turn < len(row)) for turn in range(TURNS))
    return tuple(pieces for pieces in turns if pieces)
