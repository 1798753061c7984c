"""A small real catalogue: an index file written by the catalogue's own writer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from catalog.atomic import replacing
from catalog.index import Catalogue
from catalog.writer import write_index
from mirror.domain import CATEGORIES, SIZE_FREE, Box, FloatArray, Garment, Item

DIM = 16
COLOURS = ("#1d2746", "#b98a55", "#a4482a", "#f6f6f4", "#121214", "#1f7478", "#c8202d", "#2f8b4b")
SIZES = (("S",), ("M",), ("L",), ("S", "M"), ("M", "L", "XL"), ("38", "40"), ("XL", "XXL"))


def direction(category: str, seed: int = 0, spread: float = 0.5) -> FloatArray:
    """A unit vector (16,): the category's own direction and some of its own."""
    rng = np.random.default_rng(1000 * CATEGORIES.index(category) + seed)
    vector = np.zeros(DIM)
    vector[CATEGORIES.index(category)] = 1.0
    vector += spread * rng.standard_normal(DIM)
    return np.asarray(vector / np.linalg.norm(vector), np.float32)


def make_item(id: str, category: str, **changes: object) -> Item:
    values: dict[str, object] = {
        "id": id, "title": f"{category} {id}", "category": category, "sizes": () if category in SIZE_FREE else ("M",),
        "gender": "unisex", "age": "", "price": 40.0, "currency": "EUR", "picture": f"{id}.png", "url": "",
        "in_stock": True, "colours": (COLOURS[0],),
    }
    return Item(**{**values, **changes})  # type: ignore[arg-type]


def shop_items(each: int = 28) -> list[Item]:
    """``each`` items of every category, turning through sizes, genders, bands, stock and colours."""
    items = []
    for category in CATEGORIES:
        for i in range(each):
            items.append(make_item(
                f"{category}-{i:03d}", category,
                sizes=() if category in SIZE_FREE else (("41",) if category == "shoes" else SIZES[i % len(SIZES)]),
                gender=("women", "unisex", "men")[i % 3], age=("", "adult", "", "senior", "child")[i % 5],
                in_stock=i % 11 != 0, colours=(COLOURS[i % len(COLOURS)], COLOURS[(i * 3 + 1) % len(COLOURS)]),
                title=f"{category} {i // 2}",
            ))
    return items


Open = Callable[..., Catalogue]


@pytest.fixture
def open_shop(tmp_path: Path) -> Iterator[Open]:
    """Writes items (and vectors, else each its category's direction) as an index and opens it."""
    opened: list[Catalogue] = []

    def open_(items: Sequence[Item], vectors: FloatArray | None = None) -> Catalogue:
        path = tmp_path / f"shop-{len(opened)}.mirrorcat"
        if vectors is None:
            vectors = np.stack([direction(item.category, i) for i, item in enumerate(items)])
        with replacing(path) as out:
            write_index(out, list(items), vectors, embedder="test-1", pictures="pictures")
        opened.append(Catalogue.open(path))
        return opened[-1]

    yield open_
    for catalogue in opened:
        catalogue.close()


def wear(category: str, colour: str | None = COLOURS[0], score: float = 0.9, embedding: bool = True) -> Garment:
    """A worn garment with the embedding of its category's direction."""
    vector = direction(category, 7, 0.3) if embedding and category in CATEGORIES else None
    return Garment(category, Box(10, 10, 60, 90), score, (colour,) if colour else (), vector)


@pytest.fixture
def wears() -> Callable[..., Garment]:
    return wear


@pytest.fixture
def item() -> Callable[..., Item]:
    return make_item


@pytest.fixture
def shop(open_shop: Open) -> Catalogue:
    """420 items of every category."""
    return open_shop(shop_items())
