"""Rows of a feed: what goes in, and the reason when it does not."""

from __future__ import annotations

import math
from typing import Any

import pytest

from catalog.filter import Filter
from catalog.schema import RowError, parse_row, sorted_sizes
from mirror.domain import UsageError

GOOD = {
    "id": "A-1", "title": "Linen shirt", "category": "shirt", "sizes": "M|S", "gender": "women", "age": "adult",
    "price": "39.90", "currency": "EUR", "picture": "a/1.jpg", "url": "https://shop.example/a-1",
}


def row(**changes: Any) -> dict[str, Any]:
    return {**GOOD, **changes}


def test_a_full_row_becomes_an_item_with_its_sizes_in_order() -> None:
    item = parse_row(row(), 2)
    assert (item.id, item.sizes, item.price, item.in_stock) == ("A-1", ("S", "M"), 39.9, True)


def test_a_sized_category_without_sizes_is_out_of_stock() -> None:
    assert not parse_row(row(sizes=""), 2).in_stock
    assert not parse_row(row(sizes="M", in_stock="no"), 2).in_stock


def test_a_size_free_item_is_in_stock_and_its_sizes_are_ignored() -> None:
    item = parse_row(row(category="Bag", sizes="one size, really"), 2)
    assert (item.category, item.sizes, item.in_stock) == ("bag", (), True)
    assert not parse_row(row(category="bag", sizes="", in_stock=False), 2).in_stock


def test_json_values_are_taken_as_they_are_meant() -> None:
    item = parse_row(row(id=17, price=20, sizes=[38.0, "38,5", "xl"]), 1)
    assert (item.id, item.price, item.sizes) == ("17", 20.0, ("XL", "38", "38.5"))


def test_a_line_break_in_a_title_becomes_a_space() -> None:
    assert parse_row(row(title=" Linen\r\n shirt\x1f "), 2).title == "Linen shirt"


def test_a_decimal_comma_is_a_price_and_a_thousands_comma_is_not() -> None:
    assert parse_row(row(price="19,5"), 2).price == 19.5
    with pytest.raises(RowError, match="price: '1,299' is no price"):
        parse_row(row(price="1,299"), 2)


@pytest.mark.parametrize(("changes", "field", "reason"), [
    ({"id": " "}, "id", "is empty"),
    ({"id": ["a"]}, "id", "must be text, not list"),
    ({"id": "a\x1fb"}, "id", "control character"),
    ({"title": None}, "title", "is empty"),
    ({"title": "x" * 2001}, "title", "2001 characters"),
    ({"title": "caf\udce9"}, "title", "is not UTF-8"),
    ({"category": "shrit"}, "category", "did you mean 'shirt'?"),
    ({"category": "sofa bed"}, "category", "known are top, shirt"),
    ({"category": "hosiery"}, "category", "unknown"),
    ({"sizes": "S,M,L"}, "sizes", "write them as S|M|L"),
    ({"sizes": "small medium large"}, "sizes", "write them as S|M|L"),
    ({"sizes": {"S": 1}}, "sizes", "must be text, not dict"),
    ({"gender": "woman"}, "gender", "did you mean 'women'?"),
    ({"gender": ""}, "gender", "is empty"),
    ({"age": "adlut"}, "age", "did you mean 'adult'?"),
    ({"price": ""}, "price", "is empty"),
    ({"price": "-3"}, "price", "no price"),
    ({"price": -3}, "price", "no price"),
    ({"price": math.inf}, "price", "no price"),
    ({"price": math.nan}, "price", "no price"),
    ({"price": 10**400}, "price", "no price"),
    ({"price": "12 EUR"}, "price", "'12 EUR' is no price"),
    ({"price": True}, "price", "must be text"),
    ({"currency": "€"}, "currency", "three letters"),
    ({"picture": ""}, "picture", "is empty"),
    ({"picture": "a/../../secret.png"}, "picture", "leaves the picture folder"),
    ({"picture": "/etc/passwd"}, "picture", "leaves the picture folder"),
    ({"url": "javascript:alert(1)"}, "url", "does not start with https://"),
    ({"in_stock": "perhaps"}, "in_stock", "neither yes nor no"),
])
def test_a_bad_field_is_named_with_its_line_and_reason(
    changes: dict[str, Any], field: str, reason: str
) -> None:
    with pytest.raises(RowError) as caught:
        parse_row(row(**changes), 41)
    assert (caught.value.line, caught.value.field) == (41, field)
    assert reason in caught.value.reason
    assert "\n" not in str(caught.value)
    assert caught.value.id == ("" if field == "id" else "A-1")


@pytest.mark.parametrize("name", ["id", "title", "category", "sizes", "gender", "price", "currency", "picture"])
def test_a_missing_column_is_named(name: str) -> None:
    short = row()
    del short[name]
    with pytest.raises(RowError, match=f"line 5, {name}: is missing"):
        parse_row(short, 5)


def test_age_and_url_may_be_left_out() -> None:
    item = parse_row({key: value for key, value in GOOD.items() if key not in ("age", "url")}, 2)
    assert (item.age, item.url) == ("", "")


def test_sizes_stand_in_a_shops_order() -> None:
    assert sorted_sizes(["40", "XL", "ONE SIZE", "38.5", "S", "9", "XXL", "S"]) == (
        "S", "XL", "XXL", "9", "38.5", "40", "ONE SIZE",
    )


@pytest.mark.parametrize(("parts", "says"), [
    ({"categories": ("shrit",)}, "did you mean 'shirt'?"),
    ({"gender": "male"}, "known are women, men, unisex"),
    ({"age": "old"}, "known are child"),
    ({"price": (20.0, 10.0)}, "is no range"),
    ({"price": (math.nan, 10.0)}, "is no range"),
])
def test_a_filter_with_a_wrong_word_is_wrong_use(parts: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError) as caught:
        Filter(**parts)
    assert says in str(caught.value)


def test_a_filter_compares_sizes_as_the_feed_does() -> None:
    assert Filter(sizes=(" m", "38,5")).sizes == ("M", "38.5")
