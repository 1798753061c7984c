"""Prices and stock change by a small feed, without a picture or an embedder."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from catalog.atomic import before_update_of
from catalog.filter import Filter
from catalog.index import Catalogue
from catalog.mapping import FeedMapping
from catalog.rejects import FIRST_KEPT
from catalog.update import is_update, update
from mirror.domain import SIZE_FREE, FloatArray, Item, MirrorError, UsageError

Shop = tuple[list[Item], FloatArray]
Write = Callable[..., Path]
Written = Callable[[Path], tuple[int, ...]]


@pytest.fixture
def small(shop: Shop) -> Shop:
    return shop[0][:300], shop[1][:300]


def sized(shop: Shop, n: int = 0) -> Item:
    return [item for item in shop[0] if item.category not in SIZE_FREE and item.in_stock][n]


def free(shop: Shop) -> Item:
    return next(item for item in shop[0] if item.category in SIZE_FREE and item.in_stock)


def feed_of(live: Path, text: str, name: str = "changes.csv") -> Path:
    path = live.with_name(name)
    path.write_text(text, encoding="utf-8")
    return path


def test_an_update_gives_the_same_bytes_as_a_build_of_the_changed_items(small: Shop, write: Write) -> None:
    live = write(small)
    rng = np.random.default_rng(4)
    items, lines = list(small[0]), ["id;price;sizes;in_stock"]
    for place in rng.permutation(300)[:120]:
        item = items[place]
        sizes = tuple(label for label in ("S", "XL", "44") if rng.random() < 0.4)
        stock, price = bool(rng.random() < 0.8), round(float(rng.uniform(5, 99)), 2)
        lines.append(f"{item.id};{price:.2f};{'|'.join(sizes)};{'yes' if stock else 'no'}")
        kept = () if item.category in SIZE_FREE else sizes
        items[place] = replace(
            item, price=price, sizes=kept, in_stock=stock and (item.category in SIZE_FREE or bool(sizes)))
    done = update(live, feed_of(live, "\n".join(lines)))
    assert (done.rows, done.bad, done.changed) == (120, (), True)
    assert live.read_bytes() == write((items, small[1]), "built.catalogue").read_bytes()


def test_an_open_catalogue_answers_with_the_new_stock_from_the_next_query_on(small: Shop, write: Write) -> None:
    live = write(small)
    item = sized(small)
    vector = small[1][small[0].index(item)]
    with Catalogue.open(live) as catalogue:
        assert item.id in [found.id for found, _ in catalogue.query(vector, k=50)]
        update(live, feed_of(live, f"id,sizes\n{item.id},\n"))
        assert item.id not in [found.id for found, _ in catalogue.query(vector, k=50)]
        update(live, feed_of(live, f"id,sizes\n{item.id},XXL\n"))
        answers = catalogue.query(vector, Filter(sizes=("XXL",), categories=(item.category,)))
        assert (answers[0][0].id, answers[0][0].sizes) == (item.id, ("XXL",))


def test_parts_that_a_row_leaves_out_stay(small: Shop, write: Write) -> None:
    live = write(small)
    one, bag = sized(small), free(small)
    text = f'{{"id": "{one.id}", "in_stock": 0}}\n{{"id": "{bag.id}", "price": 7.5, "sizes": ["M"]}}\n'
    done = update(live, feed_of(live, text, "changes.jsonl"))
    assert (done.prices, done.stock) == (1, 1)
    with Catalogue.open(live) as catalogue:
        assert catalogue.item(one.id) == replace(one, in_stock=False)
        assert catalogue.item(bag.id) == replace(bag, price=7.5)
        catalogue.verify()
    update(live, feed_of(live, f"id,in_stock,price\n{one.id},12,\n"))
    with Catalogue.open(live) as catalogue:
        assert catalogue.item(one.id) == one


def test_of_many_bad_rows_the_first_are_kept_and_the_file_has_them_all(small: Shop, write: Write) -> None:
    live = write(small)
    feed = feed_of(live, f"id,price\n{small[0][0].id},1\n" + "".join(f"nobody{n},1\n" for n in range(300)))
    done = update(live, feed)
    assert (done.rows, done.left_out, len(done.bad)) == (1, 300, FIRST_KEPT)
    assert done.rejected == live.with_name(live.name + ".update-rejected.jsonl")
    listed = [json.loads(line) for line in done.rejected.read_text("utf-8").splitlines()]
    assert [one["id"] for one in listed] == [f"nobody{n}" for n in range(300)]
    assert listed[:FIRST_KEPT] == [error.document() for error in done.bad]
    done = update(live, feed_of(live, f"id,price\n{small[0][0].id},2\n"))
    assert (done.left_out, done.rejected) == (0, None)
    assert not live.with_name(live.name + ".update-rejected.jsonl").exists()


def test_each_bad_row_is_told_and_the_good_ones_go_in(small: Shop, write: Write) -> None:
    live = write(small)
    one, other, third = (sized(small, n) for n in range(3))
    done = update(live, feed_of(live, "\n".join((
        "id,price,currency,in_stock,sizes",
        f"{one.id},12.50,eur,,{'|'.join(one.sizes)}",
        "nobody,10,,,S",
        f"{other.id},cheap,EUR,,S",
        f"{one.id},13,EUR,,S",
        f"{third.id},10,USD,,S",
        f"{third.id},10,EUR,perhaps,S",
        ",10,EUR,,S",
        f'{third.id},10,EUR,,"S,M"',
        f'{third.id},"10',
    ))))
    assert (done.rows, done.prices) == (1, 1)
    assert [(error.line, error.field) for error in done.bad] == [
        (3, "id"), (4, "price"), (5, "id"), (6, "currency"), (7, "in_stock"), (8, "id"), (9, "sizes"), (10, "")]
    assert "not in the catalogue" in done.bad[0].reason
    assert done.bad[2].reason == "is on line 2 already"
    with Catalogue.open(live) as catalogue:
        assert catalogue.item(one.id).price == 12.5
        assert catalogue.item(third.id) == third


def test_a_sold_out_item_that_is_said_to_be_back_must_say_in_which_size(small: Shop, write: Write) -> None:
    live = write(small)
    one = sized(small)
    update(live, feed_of(live, f"id,sizes\n{one.id},\n"))
    with pytest.raises(MirrorError, match="give sizes too"):
        update(live, feed_of(live, f"id,in_stock\n{one.id},yes\n"))


def test_an_update_that_says_what_is_there_touches_nothing(
    small: Shop, write: Write, written: Written
) -> None:
    live = write(small)
    before = written(live)
    done = update(live, feed_of(live, "id,price\n" + "".join(f"{i.id},{i.price}\n" for i in small[0])))
    assert (done.rows, done.changed) == (300, False)
    assert written(live) == before
    assert not before_update_of(live).exists()


def test_a_feed_that_says_nothing_usable_changes_nothing(
    small: Shop, write: Write, written: Written
) -> None:
    live = write(small)
    before = written(live)
    for text, reason in (
        ("id,price\n", "no rows"), ("id,colour\nx,red\n", "has neither price, sizes nor in_stock"),
        ("sku,price\n1,2\n", "its header lacks id"), ("", "is empty"), ("id,price\nx,1\ny,1\nz,1\nw,1\n", "1 more"),
    ):
        with pytest.raises(MirrorError, match=reason):
            update(live, feed_of(live, text))
    with pytest.raises(MirrorError, match="cannot be read"):
        update(live, live.with_name("none.csv"))
    with pytest.raises(UsageError, match="--format"):
        update(live, live.with_name("none.csv"), format="pdf")
    with pytest.raises(MirrorError, match="is not there"):
        update(live.with_name("none.catalogue"), feed_of(live, "id,price\nx,1\n"))
    assert written(live) == before


def test_a_damaged_live_file_is_not_written_on(small: Shop, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("catalog.layout.CHECKED_ON_OPENING", 0)
    live = write(small)
    whole = live.read_bytes()
    with Catalogue.open(live) as catalogue:
        odd_price = np.float64(catalogue.snapshot.prices[7]).tobytes()
    for place in (9000, whole.index(odd_price)):  # of the vectors, of the prices
        data = bytearray(whole)
        data[place] ^= 1
        live.write_bytes(data)
        with pytest.raises(MirrorError, match="does not match its checksum"):
            update(live, feed_of(live, f"id,price\n{small[0][0].id},1\n"))
        assert live.read_bytes() == data


def test_a_shops_own_columns_are_mapped_and_full_feeds_are_told_from_updates(small: Shop, write: Write) -> None:
    live = write(small)
    one = sized(small)
    mapping = FeedMapping(columns={"id": "sku", "price": "preis", "sizes": "groessen"}, separator="/")
    feed = feed_of(live, f"sku\tpreis\tgroessen\tbestand\n{one.id}\t9,90\ts/xl\t3\n")
    assert is_update(feed, mapping=mapping)
    update(live, feed, mapping=mapping)
    with Catalogue.open(live) as catalogue:
        assert (catalogue.item(one.id).price, catalogue.item(one.id).sizes) == (9.9, ("S", "XL"))
    assert not is_update(feed_of(live, "id,title,picture,price\n1,a,a.jpg,2\n"))
    assert not is_update(feed_of(live, '{"id": "1", "picture": "a.jpg"}\n', "full.jsonl"))
