"""What is another in one index than in another: items new and gone, prices, stock, pictures.

Both are read once in the order of their ids, and what differs waits on the disk, so that memory does not grow with
them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from catalog.index import Catalogue
from catalog.listing import Listing
from catalog.snapshot import Snapshot
from mirror.domain import Item

SAME_PICTURE = 1 - 1e-5
"""Cosine similarity from which two embeddings are of one picture: the same net's roundings differ by less between
machines, another photo of the same garment by far more."""

KINDS: tuple[str, ...] = ("new", "gone", "price", "stock", "picture", "other")
"""What may differ; an item may be in several of the last four."""

_OTHER = ("title", "category", "gender", "age", "url", "styles")


@dataclass
class Difference:
    """Each of :data:`KINDS` as a listing of JSON-able dicts with ``id`` and ``title``, and for what changed ``from``
    and ``to``. same: items in which nothing differs. embedders: of both; where they differ, pictures are compared by
    their names only."""

    items: tuple[int, int]
    embedders: tuple[str, str]
    same: int = 0
    found: dict[str, Listing] = field(default_factory=lambda: {kind: Listing() for kind in KINDS})

    def about(self) -> dict[str, Any]:
        """All but the listings, as a JSON-able dict."""
        return {
            "items": {"a": self.items[0], "b": self.items[1]},
            "embedders": {"a": self.embedders[0], "b": self.embedders[1]},
            "counts": {**{kind: len(rows) for kind, rows in self.found.items()}, "same": self.same},
        }

    def document(self) -> dict[str, Any]:
        """The same with the listings, all of it in memory."""
        return {**self.about(), **{kind: list(rows) for kind, rows in self.found.items()}}

    def write(self, out: TextIO, **more: str) -> None:
        """:meth:`document` as JSON, with ``more`` before it, a row at a time."""
        out.write(json.dumps({**more, **self.about()})[:-1])
        for kind, rows in self.found.items():
            out.write(f', "{kind}": ')
            rows.write(out)
        out.write("}\n")


def diff(a: Path, b: Path) -> Difference:
    """From ``a`` to ``b``. Raises MirrorError when one cannot be opened or read."""
    with Catalogue.open(a) as one, Catalogue.open(b) as other:
        old, new = one.snapshot, other.snapshot
        told = Difference((len(old), len(new)), (old.embedder, new.embedder))
        by_vector = (old.embedder, old.dim) == (new.embedder, new.dim)
        for left, right in _side_by_side(old, new):
            if left is None and right is not None:
                told.found["new"].append(_short(new.read_item(right)))
            elif right is None and left is not None:
                told.found["gone"].append(_short(old.read_item(left)))
            elif left is not None and right is not None:
                same_picture = not by_vector or _alike(old, left, new, right)
                _compare(told, old.read_item(left), new.read_item(right), same_picture)
        return told


def _side_by_side(old: Snapshot, new: Snapshot) -> Iterator[tuple[int | None, int | None]]:
    """Rows of both with the same id, or one row alone, in the order of the ids."""
    left = right = 0
    while left < len(old) or right < len(new):
        row = int(old.by_id[left]) if left < len(old) else None
        other = int(new.by_id[right]) if right < len(new) else None
        if row is not None and other is not None:
            id, new_id = old.texts(row)[0], new.texts(other)[0]
            if id < new_id:
                other = None
            elif new_id < id:
                row = None
        left += row is not None
        right += other is not None
        yield row, other


def _alike(old: Snapshot, left: int, new: Snapshot, right: int) -> bool:
    return float(np.dot(old.vectors[left].astype(np.float64), new.vectors[right])) >= SAME_PICTURE


def _compare(told: Difference, a: Item, b: Item, same_picture: bool) -> None:
    before = sum(len(told.found[kind]) for kind in KINDS)
    if (a.price, a.currency) != (b.price, b.currency):
        told.found["price"].append(_change(b, _price(a), _price(b)))
    if (a.sizes, a.in_stock) != (b.sizes, b.in_stock):
        told.found["stock"].append(_change(b, _stock(a), _stock(b)))
    if a.picture != b.picture or not same_picture:
        told.found["picture"].append(_change(b, a.picture, b.picture))
    others = [name for name in _OTHER if getattr(a, name) != getattr(b, name)]
    if others:
        told.found["other"].append(
            _change(b, {name: getattr(a, name) for name in others}, {name: getattr(b, name) for name in others}))
    told.same += sum(len(told.found[kind]) for kind in KINDS) == before


def _short(item: Item) -> dict[str, Any]:
    return {"id": item.id, "title": item.title, "category": item.category, **_price(item), **_stock(item)}


def _change(item: Item, old: Any, new: Any) -> dict[str, Any]:
    return {"id": item.id, "title": item.title, "from": old, "to": new}


def _price(item: Item) -> dict[str, Any]:
    return {"price": item.price, "currency": item.currency}


def _stock(item: Item) -> dict[str, Any]:
    return {"sizes": list(item.sizes), "in_stock": item.in_stock}
