"""Why an item is in an answer or not, in plain words."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from catalog.columns import unit
from catalog.filter import Filter
from catalog.passing import passing
from catalog.search import exact_scores
from mirror.domain import SIZE_FREE, FloatArray, Item

if TYPE_CHECKING:
    from catalog.snapshot import Snapshot

_AT_A_TIME = 4096
"""Rows; 4 MB in float64 at 128 dimensions."""


@dataclass(frozen=True)
class Explanation:
    """What became of one item in one query.

    answered: it is among the k; None when no vector was given and it passes. reasons: one line for each part of the
    filter that it fails, or the line that tells its place. rank: its place from 1 among the ``passing`` items, None
    where it fails the filter or there was no vector; score: its cosine similarity, None without a vector.
    """

    id: str
    answered: bool | None
    reasons: tuple[str, ...]
    passing: int
    rank: int | None = None
    score: float | None = None

    def document(self) -> dict[str, Any]:
        """The same as a JSON-able dict."""
        return {**asdict(self), "reasons": list(self.reasons)}


def explain(snapshot: Snapshot, row: int, wanted: Filter, vector: FloatArray | None, k: int) -> Explanation:
    """Explain the row of an item; see :class:`Explanation`. vector: (dim,) of any length but 0, or None."""
    item = snapshot.item(row)
    reasons = failed(item, wanted)
    query = None if vector is None else unit(vector, snapshot.vectors.shape[1])
    score = None if query is None else float(exact_scores(snapshot, np.array([row]), query)[0])
    count = before = 0
    for block in passing(snapshot, wanted):
        for rows in block.rows(_AT_A_TIME):
            count += len(rows)
            if query is not None and score is not None and not reasons:
                scores = exact_scores(snapshot, rows, query)
                earlier = snapshot.ranks[rows] < snapshot.ranks[row]
                before += int(np.count_nonzero((scores > score) | ((scores == score) & earlier)))
    if reasons:
        return Explanation(item.id, False, reasons, count, None, score)
    if score is None:
        return Explanation(item.id, None, ("passes the filter",), count)
    rank = before + 1
    place = f"is the {_ordinal(rank)} nearest of {count} that pass"
    line = place if rank <= k else f"{place}; {k} were asked for"
    return Explanation(item.id, rank <= k, (line,), count, rank, score)


def failed(item: Item, wanted: Filter) -> tuple[str, ...]:
    """One line for each part of a filter that an item fails; none when it passes."""
    reasons: list[str] = []
    if wanted.categories and item.category not in wanted.categories:
        reasons.append(f"category: is {item.category}, wanted {_either(wanted.categories)}")
    if wanted.sizes and item.category not in SIZE_FREE and not set(wanted.sizes) & set(item.sizes):
        have = f"has {', '.join(item.sizes)}" if item.sizes else "has none"
        reasons.append(f"sizes: {have} in stock, wanted {_either(wanted.sizes)}")
    if wanted.gender and item.gender not in (wanted.gender, "unisex"):
        reasons.append(f"gender: is for {item.gender}, wanted {wanted.gender}")
    if wanted.age and item.age not in ("", wanted.age):
        reasons.append(f"age: is for {item.age}, wanted {wanted.age}")
    if wanted.style is not None and wanted.style not in item.styles:
        reasons.append(f"style: is {_either(item.styles) if item.styles else 'of none'}, wanted {wanted.style}")
    if wanted.in_stock and not item.in_stock:
        reasons.append("stock: is out of stock")
    if wanted.price is not None and not wanted.price[0] <= item.price <= wanted.price[1]:
        low, high = wanted.price
        reasons.append(f"price: is {item.price:g} {item.currency}, wanted {low:g} to {high:g}")
    if item.id in wanted.exclude:
        reasons.append("exclude: was excluded by its id")
    return tuple(reasons)


def _either(words: tuple[str, ...]) -> str:
    return " or ".join(words)


def _ordinal(number: int) -> str:
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
