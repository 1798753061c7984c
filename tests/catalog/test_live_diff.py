"""`catalog diff` tells what is new, gone, and another in price, stock or picture."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from catalog.diff import diff
from mirror.domain import SIZE_FREE, FloatArray, Item

Shop = tuple[list[Item], FloatArray]
Write = Callable[..., Path]


def test_each_kind_of_difference_is_told_once_and_the_rest_is_the_same(shop: Shop, write: Write) -> None:
    items, vectors = list(shop[0][:100]), shop[1][:100].copy()
    a = write((items, vectors))
    items[3] = replace(items[3], price=1.5)
    sized = next(place for place in range(4, 100) if items[place].category not in SIZE_FREE)
    items[sized] = replace(items[sized], sizes=("XL",), in_stock=True)
    items[40] = replace(items[40], picture="other.png", title="Renamed")
    vectors[50] = -vectors[50]  # the file has its old name and another picture in it
    fresh = replace(items[0], id="fresh")
    b = write(([*items[1:], fresh], vectors[[*range(1, 100), 0]]), "b.catalogue")
    told = diff(a, b).document()
    ids = {kind: [row["id"] for row in told[kind]] for kind in ("new", "gone", "price", "stock", "picture", "other")}
    assert ids == {
        "new": ["fresh"], "gone": [items[0].id], "price": [items[3].id], "stock": [items[sized].id],
        "picture": sorted((items[40].id, items[50].id)), "other": [items[40].id],
    }
    assert told["counts"] == {"new": 1, "gone": 1, "price": 1, "stock": 1, "picture": 2, "other": 1, "same": 95}
    assert told["price"][0]["from"] == {"price": shop[0][3].price, "currency": "EUR"}
    assert told["stock"][0]["to"] == {"sizes": ["XL"], "in_stock": True}
    assert told["other"][0]["to"] == {"title": "Renamed"}
    printed = io.StringIO()
    diff(a, b).write(printed, a="a", b="b")
    assert json.loads(printed.getvalue()) == {"a": "a", "b": "b", **told}
    back = diff(b, a).document()
    assert [row["id"] for row in back["gone"]] == ["fresh"]


def test_an_index_does_not_differ_from_itself(shop: Shop, write: Write) -> None:
    path = write((shop[0][:100], shop[1][:100]))
    assert diff(path, path).document()["counts"] == {
        "new": 0, "gone": 0, "price": 0, "stock": 0, "picture": 0, "other": 0, "same": 100}


def test_of_different_embedders_only_the_names_of_pictures_are_compared(shop: Shop, write: Write) -> None:
    items, vectors = shop[0][:50], shop[1][:50]
    told = diff(write((items, vectors)), write((items, -vectors), "b.catalogue", embedder="cnn-2")).document()
    assert told["counts"]["same"] == 50
    assert told["embedders"] == {"a": "cnn-1", "b": "cnn-2"}
