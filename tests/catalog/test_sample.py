"""The sample shop: drawn the same every time, readable as a feed, and looking like goods."""

from __future__ import annotations

import csv
import hashlib
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest

from catalog.drawing.canvas import Canvas
from catalog.drawing.colours import PALETTE, bgr
from catalog.drawing.garment import RECIPES, draw_item
from catalog.drawing.patterns import PATTERNS
from catalog.drawing.weaves import WEAVES
from catalog.ingest import read_items
from catalog.sample import Article, articles, generate, main
from mirror.domain import CATEGORIES, SIZE_FREE, Item, MirrorError

ARTICLES = articles()


def one_of_each_category() -> list[Article]:
    first: dict[str, Article] = {}
    for article in ARTICLES:
        first.setdefault(article.row["category"], article)
    return list(first.values())


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    assert generate(folder, count=30) == 30
    return folder


def test_the_same_item_is_drawn_to_the_same_bytes_twice() -> None:
    for article in (ARTICLES[0], ARTICLES[len(ARTICLES) // 2], ARTICLES[-1]):
        first, again = draw_item(article.drawing), draw_item(article.drawing)
        assert hashlib.sha256(first.tobytes()).digest() == hashlib.sha256(again.tobytes()).digest(), article.row["id"]


def test_a_shop_written_twice_has_the_same_files(shop: Path, tmp_path: Path) -> None:
    generate(tmp_path, count=30)
    names = sorted(p.name for p in (shop / "pictures").iterdir())
    assert names == sorted(p.name for p in (tmp_path / "pictures").iterdir())
    assert (shop / "items.csv").read_bytes() == (tmp_path / "items.csv").read_bytes()
    for name in names[::7]:
        assert (shop / "pictures" / name).read_bytes() == (tmp_path / "pictures" / name).read_bytes()


def test_the_whole_shop_has_some_400_items_in_every_category() -> None:
    count = Counter(article.row["category"] for article in ARTICLES)
    assert set(count) == set(CATEGORIES)
    assert 380 <= sum(count.values()) <= 450
    assert min(count.values()) >= 12


def test_ids_are_unique_and_titles_short() -> None:
    assert len({article.row["id"] for article in ARTICLES}) == len(ARTICLES)
    assert [a.row["title"] for a in ARTICLES if len(a.row["title"]) > 26] == []
    assert all(a.row["title"][0].isupper() or a.row["title"].startswith("Kids") for a in ARTICLES)


def test_every_recipe_and_pattern_is_sold() -> None:
    assert {a.drawing.recipe for a in ARTICLES} == set(RECIPES)
    assert {a.drawing.fabric.pattern for a in ARTICLES if a.drawing.fabric.pattern} == set(PATTERNS)
    assert {a.drawing.fabric.weave for a in ARTICLES} <= set(WEAVES)


def test_every_recipe_draws_with_every_set_of_options_it_is_sold_with() -> None:
    seen: set[tuple[str, str]] = set()
    for article in ARTICLES:
        drawing = article.drawing
        if (drawing.recipe, repr(drawing.options)) not in seen:
            seen.add((drawing.recipe, repr(drawing.options)))
            canvas = Canvas(1)
            RECIPES[drawing.recipe](canvas, drawing.fabric, **dict(drawing.options))
            assert 0.06 < canvas.alpha.mean() < 0.75, article.row["id"]
            assert np.isfinite(canvas.colour).all(), article.row["id"]


def test_the_feed_is_read_without_a_bad_row(shop: Path) -> None:
    items = list(read_items(shop / "items.csv"))
    assert all(isinstance(item, Item) for item in items), [i for i in items if not isinstance(i, Item)]
    assert {item.category for item in items if isinstance(item, Item)} == set(CATEGORIES)
    with (shop / "items.csv").open(encoding="utf-8", newline="") as stream:
        header = next(csv.reader(stream))
    assert ",".join(header) == "id,title,category,sizes,gender,age,price,currency,picture,url"


def test_sizes_are_in_stock_but_some_are_sold_out() -> None:
    sized = [a.row for a in ARTICLES if a.row["category"] not in SIZE_FREE]
    assert all(row["sizes"] for row in sized)
    assert all(row["sizes"] == "" for row in (a.row for a in ARTICLES) if row["category"] in SIZE_FREE)
    letters = [row for row in sized if row["category"] != "shoes" and row["gender"] != "men"]
    whole = sum(row["sizes"] == "XS|S|M|L|XL|XXL" for row in letters)
    assert 0.3 * len(letters) < whole < len(letters)
    assert all(part.isdigit() for row in sized if row["category"] == "shoes" for part in row["sizes"].split("|"))


def test_prices_end_in_nine() -> None:
    assert {int(a.row["price"]) % 10 for a in ARTICLES} <= {9, 5}
    assert sum(int(a.row["price"]) % 10 == 9 for a in ARTICLES) > 0.95 * len(ARTICLES)


def test_every_picture_is_a_garment_of_a_sensible_size_on_a_calm_ground(shop: Path) -> None:
    for path in sorted((shop / "pictures").iterdir()):
        picture = cv2.imread(str(path))
        assert picture is not None, path.name
        assert picture.shape == (480, 400, 3), path.name
        border = np.concatenate([picture[:8].reshape(-1, 3), picture[:, :8].reshape(-1, 3),
            picture[:, -8:].reshape(-1, 3)])
        assert border.std(axis=0).max() < 12, f"{path.name} runs over the edge"
    for article in one_of_each_category():
        canvas = Canvas(1)
        RECIPES[article.drawing.recipe](canvas, article.drawing.fabric, **dict(article.drawing.options))
        covered = canvas.alpha > 0.5
        rows, columns = np.flatnonzero(covered.any(axis=1)), np.flatnonzero(covered.any(axis=0))
        box = (rows[-1] - rows[0] + 1) * (columns[-1] - columns[0] + 1) / covered.size
        assert 0.10 < covered.mean() < 0.75, article.row["id"]
        assert 0.22 < box < 0.92, article.row["id"]


def test_a_picture_has_the_colour_its_title_names() -> None:
    for word in ("navy", "rust", "sage", "black", "white", "burgundy"):
        plain = next(a for a in ARTICLES if a.drawing.fabric.colour == word and not a.drawing.fabric.pattern
                     and a.row["title"].lower().startswith(word) and a.row["category"] in ("top", "longsleeve",
                         "shirt"))
        middle = draw_item(plain.drawing)[230:330, 150:185].reshape(-1, 3).mean(axis=0)
        distance = {name: float(np.abs(middle - np.array(bgr(name))).sum()) for name in PALETTE}
        assert distance[word] < 40, plain.row["id"]


def test_a_folder_that_cannot_be_written_is_one_plain_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(MirrorError, match=r"sample: .*file"):
        generate(tmp_path / "file", count=1)
    assert main(["--out", str(tmp_path / "file"), "--count", "1"]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_progress_counts_up_to_the_number_of_items(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    assert generate(tmp_path, count=3, progress=lambda done, total: seen.append((done, total))) == 3
    assert seen == [(1, 3), (2, 3), (3, 3)]
