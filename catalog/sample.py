"""A made-up shop of some 400 drawn garments, so that everything can be tried before a real feed is there.

    python -m catalog.sample --out build/sample

writes ``items.csv`` and ``pictures/ID.png`` (400x480). The same version draws the same bytes: nothing is random but
what the item's id seeds.
"""

from __future__ import annotations

import argparse
import csv
import sys
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from catalog.assortment import goods
from catalog.assortment.style import Style
from catalog.drawing.garment import Drawing, draw_item
from catalog.schema import COLUMNS
from mirror.domain import LETTER_SIZES, SIZE_FREE, SIZE_KIND, MirrorError

SHOE_SIZES = {"women": range(36, 42), "men": range(40, 47), "unisex": range(36, 46)}
"""European shoe sizes a shop holds for women, men and both."""

MISSING = 0.06
"""Chance that one size of an article is sold out, when its article sells as usual."""
SELLING_OUT = 0.05
"""Share of the articles of which only one or two sizes are left."""

PNG_EFFORT = 4
"""zlib level of the pictures: higher hardly shrinks them and takes three times as long."""

__all__ = ["Article", "articles", "draw_item", "generate", "main"]


@dataclass(frozen=True)
class Article:
    """One row of the feed and the drawing of its picture."""

    row: dict[str, str]
    drawing: Drawing


def _price(chance: np.random.Generator, low: int, high: int) -> int:
    """A price that ends in 9 between two others."""
    ends = list(range(low // 10 * 10 + 9, high + 1, 10)) or [high]
    return int(ends[int(chance.integers(len(ends)))])


def _sizes(chance: np.random.Generator, category: str, gender: str) -> list[str]:
    """The sizes in stock."""
    if category in SIZE_FREE:
        return []
    labels = [str(n) for n in SHOE_SIZES[gender]] if SIZE_KIND[category] == "shoes" else list(LETTER_SIZES)
    if SIZE_KIND[category] != "shoes" and gender == "men":
        labels = labels[1:]
    if chance.random() < SELLING_OUT:
        left = sorted(int(i) for i in chance.choice(len(labels), size=int(chance.integers(1, 3)), replace=False))
        return [labels[i] for i in left]
    kept = [label for label in labels if chance.random() >= MISSING]
    return kept or labels[:1]


def _title(style: Style, word: str) -> str:
    text = style.title.format(word)
    return text[0].upper() + text[1:]


def articles() -> list[Article]:
    """Every article of the shop, in order."""
    count: dict[tuple[str, str], int] = {}
    result: list[Article] = []
    for style, word, fabric, options in goods():
        group = style.category, style.key
        count[group] = count.get(group, 0) + 1
        name = f"{style.category}-{style.key}-{count[group]:03d}"
        chance = np.random.default_rng(zlib.crc32(name.encode()) + 1)
        row = {
            "id": name,
            "title": _title(style, word),
            "category": style.category,
            "price": str(_price(chance, *style.prices)),
            "sizes": "|".join(_sizes(chance, style.category, style.gender)),
            "gender": style.gender,
            "age": style.age,
            "currency": "EUR",
            "picture": f"{name}.png",
            "url": f"https://shop.example/{name}",
        }
        result.append(Article(row, Drawing(name, style.recipe, fabric, tuple(sorted(options.items())))))
    return result


def _chosen(count: int | None) -> list[Article]:
    """All articles, or ``count`` of them taken from every category in turn."""
    everything = articles()
    if count is None or count >= len(everything):
        return everything
    turn: dict[str, int] = {}
    ranked: list[tuple[int, int]] = []
    for i, article in enumerate(everything):
        category = article.row["category"]
        turn[category] = turn.get(category, 0) + 1
        ranked.append((turn[category], i))
    return [everything[i] for i in sorted(i for _, i in sorted(ranked)[:count])]


def generate(out_dir: Path | str, count: int | None = None, progress: Callable[[int, int], Any] | None = None) -> int:
    """Write ``items.csv`` and ``pictures/`` into a folder (made when absent) and return how many items there are.

    ``count``: a smaller shop, all categories in turn. ``progress`` is called with items done and items in all.
    Raises MirrorError when the folder cannot be written.
    """
    out = Path(out_dir)
    chosen = _chosen(count)
    try:
        (out / "pictures").mkdir(parents=True, exist_ok=True)
        for done, article in enumerate(chosen):
            good, data = cv2.imencode(".png", draw_item(article.drawing), [cv2.IMWRITE_PNG_COMPRESSION, PNG_EFFORT])
            if not good:
                raise MirrorError(f"sample: {article.row['picture']} could not be encoded as PNG")
            (out / "pictures" / article.row["picture"]).write_bytes(data.tobytes())
            if progress is not None:
                progress(done + 1, len(chosen))
        with (out / "items.csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, fieldnames=COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(article.row for article in chosen)
    except OSError as error:
        where = error.filename or out
        raise MirrorError(f"sample: {where}: {error.strerror}; choose a folder that can be written") from error
    return len(chosen)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line: see the top of this file."""
    parser = argparse.ArgumentParser(
        prog="python -m catalog.sample", description="Draw a made-up shop: items.csv and pictures.",
        epilog="example: python -m catalog.sample --out build/sample")
    parser.add_argument("--out", required=True, type=Path, help="folder to write into")
    parser.add_argument("--count", type=int, default=None, help="a smaller shop of so many items")
    given = parser.parse_args(arguments)
    if given.count is not None and given.count < 1:
        parser.error("--count must be at least 1")

    def told(done: int, total: int) -> None:
        if sys.stderr.isatty() and (done % 10 == 0 or done == total):
            print(f"\rdrawing {done}/{total}", end="\n" if done == total else "", file=sys.stderr, flush=True)

    try:
        number = generate(given.out, given.count, told)
    except MirrorError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    print(f"{number} items in {given.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
