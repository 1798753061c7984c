"""What style an item is: said by the feed, else told by its name, its tags or its category; and asked for exactly."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from catalog.atomic import replacing
from catalog.filter import Filter
from catalog.index import Catalogue
from catalog.ingest import read_items
from catalog.layout import Sealed, Section, write_sealed
from catalog.mapping import FeedMapping
from catalog.schema import parse_row
from catalog.style_words import usual_styles
from mirror.domain import FloatArray, Item, MirrorError, UsageError

Shop = tuple[list[Item], FloatArray]
ROW = {
    "id": "1", "title": "Black shoes", "category": "shoes", "sizes": "38", "gender": "women", "price": "20",
    "currency": "EUR", "picture": "1.png",
}


@pytest.mark.parametrize(("category", "title", "styles"), [
    ("outerwear", "Navy wool coat", ("smart",)), ("longsleeve", "Grey zip hoodie", ("casual", "sporty")),
    ("trousers", "Track pants", ("sporty",)), ("shoes", "Zapatillas de running", ("sporty",)),
    ("trousers", "Blue straight jeans", ("casual",)), ("heels", "Red sandalettes", ("smart",)),
    ("bag", "Sac", ("casual", "smart")), ("underwear", "Briefs", ("casual", "smart", "sporty")),
])
def test_a_name_tells_the_style_and_else_the_category(category: str, title: str, styles: tuple[str, ...]) -> None:
    assert usual_styles(category, title) == styles


@pytest.mark.parametrize(("said", "styles"), [
    ("smart", ("smart",)), ("Casual | Sporty", ("casual", "sporty")), (["business"], ("smart",)), ("", ("casual",)),
    ("RX-4711", ("casual",)), (None, ("casual",)),
])
def test_what_the_feed_says_stands_over_what_is_told_by_the_category(said: object, styles: tuple[str, ...]) -> None:
    assert parse_row({**ROW, "style": said}, 1).styles == styles


def test_tags_of_a_shopify_export_tell_a_style_where_the_title_does_not(tmp_path: Path) -> None:
    path = tmp_path / "products.csv"
    path.write_text(
        "Handle,Title,Type,Tags,Option1 Name,Option1 Value,Variant Price,Image Src\n"
        'a,Nova,Shoes,"new, running, women",Size,38,50,https://x.example/a.jpg\n')
    (item,) = read_items(path, mapping=FeedMapping(defaults={"currency": "EUR"}))
    assert isinstance(item, Item)
    assert item.styles == ("sporty",)


def test_a_style_is_asked_for_exactly(shop: Shop, write: Callable[..., Path]) -> None:
    with Catalogue.open(write(shop)) as catalogue:
        assert catalogue.tells_styles
        for style in ("casual", "smart", "sporty"):
            wanted = Filter(style=style, in_stock=False)
            assert {i.id for i in catalogue.iter_items(wanted)} == {i.id for i in shop[0] if style in i.styles}
        found = catalogue.query(shop[1][0], Filter(("shirt",), style="smart"), k=10_000)
        assert {i.id for i, _ in found} == {
            i.id for i in shop[0] if i.category == "shirt" and "smart" in i.styles and i.in_stock}
        other = next(i for i in shop[0] if i.in_stock and "smart" not in i.styles)
        assert catalogue.explain(other.id, Filter(style="smart")).reasons[0].startswith("style: is ")
    with pytest.raises(UsageError, match="sporty"):
        Filter(style="sportly")


def test_a_file_from_before_styles_is_read_and_says_that_it_knows_none(
    shop: Shop, write: Callable[..., Path], tmp_path: Path
) -> None:
    sealed, old = Sealed.open(write(shop)), tmp_path / "old.catalogue"
    with replacing(old) as out:
        write_sealed(out, dict(sealed.about), [
            Section.of(name, array, array.dtype.str) for name, array in sealed.arrays.items() if name != "styles"])
    with Catalogue.open(old) as catalogue:
        assert not catalogue.tells_styles
        assert catalogue.item(shop[0][0].id).styles
        assert catalogue.query(shop[1][0], Filter(), 3)
        with pytest.raises(MirrorError, match="build it again"):
            catalogue.query(shop[1][0], Filter(style="smart"))
