"""Feeds as they come: other encodings, open quotes, endless lines, deep XML. Good rows go in, with a bounded memory."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from catalog.ingest import read_items
from catalog.mapping import FeedMapping
from catalog.schema import RowError
from mirror.domain import Item, MirrorError

HEADER = "id,title,category,sizes,gender,price,currency,picture\n"
MEGABYTES = 12
"""Of memory that a feed of 50 MB in one line may take: a few times the longest line."""


def row(id: str, title: str = "Shirt") -> str:
    return f"{id},{title},shirt,S|M,women,10,EUR,0.png\n"


def read(path: Path, mapping: FeedMapping | None = None) -> tuple[list[Item], list[str]]:
    items = list(read_items(path, mapping=mapping))
    return [one for one in items if isinstance(one, Item)], [str(one) for one in items if isinstance(one, RowError)]


@pytest.mark.parametrize("encoding", ["cp1252", "iso-8859-15", "utf-16", "utf-8"])
def test_a_feed_of_another_encoding_is_read_when_the_mapping_says_so(tmp_path: Path, encoding: str) -> None:
    feed, mapping = tmp_path / "feed.csv", tmp_path / "mapping.toml"
    feed.write_bytes((HEADER + row("a", "Größe für Mädchen") + row("b")).encode(encoding))
    mapping.write_text(f'[feed]\nencoding = "{encoding}"\n')
    items, bad = read(feed, FeedMapping.load(mapping))
    assert ([item.title for item in items], bad) == (["Größe für Mädchen", "Shirt"], [])


def test_without_that_a_row_that_is_not_utf8_is_left_out_and_the_mend_is_named(tmp_path: Path) -> None:
    feed = tmp_path / "feed.csv"
    feed.write_bytes((HEADER + row("a", "Größe") + row("b")).encode("cp1252"))
    items, bad = read(feed)
    assert [item.id for item in items] == ["b"]
    assert bad == [
        "line 2, title: is not UTF-8 text; save the feed as UTF-8, or write its encoding in [feed] of a --mapping"]


def test_a_feed_that_is_not_in_the_encoding_of_its_mapping_is_refused(tmp_path: Path) -> None:
    feed = tmp_path / "feed.csv"
    feed.write_bytes((HEADER + row("a")).encode("utf-8"))
    with pytest.raises(MirrorError, match="is no utf-16 text"):
        read(feed, FeedMapping(encoding="utf-16"))


@pytest.mark.parametrize("line", ['encoding = "klingon"', 'encoding = "rot13"', 'charset = "utf-8"'])
def test_a_mapping_with_an_unknown_encoding_is_refused(tmp_path: Path, line: str) -> None:
    path = tmp_path / "mapping.toml"
    path.write_text(f"[feed]\n{line}\n")
    with pytest.raises(MirrorError, match=r"\[feed\] .* is unknown"):
        FeedMapping.load(path)


def test_an_open_quote_tells_which_lines_went_with_it(tmp_path: Path) -> None:
    feed = tmp_path / "feed.csv"
    rows = "".join(row(f"c{number}") for number in range(10_000))
    feed.write_text(HEADER + row("a") + 'b,"open,shirt,S,women,10,EUR,0.png\n' + rows)
    items, bad = read(feed)
    assert len(bad) == 1
    first, _, last = bad[0].rpartition("; lines 3 to ")
    assert first.startswith("line 3: is no CSV row")
    last_line = int(last.split()[0])
    assert len(items) == 1 + 10_003 - last_line  # every other row is in
    assert items[1].id == f"c{last_line - 3}"


def csv_line(path: Path) -> None:
    path.write_text(HEADER + row("a") + "x" * 50_000_000 + "\n" + row("b"))


def csv_cells(path: Path) -> None:
    path.write_text(HEADER + row("a") + "x," * 25_000_000 + "\n" + row("b"))


def json_line(path: Path) -> None:
    good = '{"id":"%s","title":"T","category":"shirt","sizes":["S"],"gender":"men","price":1,"currency":"EUR",' \
           '"picture":"0.png"}\n'
    path.write_text(good % "a" + '{"id":"' + "x" * 50_000_000 + '"}\n' + good % "b")


def shopify_group(path: Path) -> None:
    names = "Handle,Title,Body (HTML),Type,Option1 Name,Option1 Value,Variant Price,Image Src\n"
    path.write_text(names + "".join(f'h,T,"{"y" * 100_000}",Shirts,Size,S{n % 9},{n},0.png\n' for n in range(500)))


def google_group(path: Path) -> None:
    names = "id\ttitle\tproduct_type\tprice\tgender\tsize\titem_group_id\timage_link\tlink\n"
    path.write_text(names + "".join(
        f"{n}\tT\tShirts\t{n + 1}.00 EUR\tfemale\tS\tg\t0.png\thttps://x/{'y' * 100_000}\n" for n in range(500)))


@pytest.mark.parametrize(("write", "good", "bad"), [
    (csv_line, 2, 1), (csv_cells, 2, 1), (json_line, 2, 1), (shopify_group, 1, 0), (google_group, 1, 0),
])
def test_a_row_of_fifty_megabytes_is_never_in_memory(
    tmp_path: Path, write: Callable[[Path], None], good: int, bad: int
) -> None:
    feed = tmp_path / "feed.csv"
    write(feed)
    mapping = FeedMapping(defaults={"currency": "EUR", "gender": "women"})
    tracemalloc.start()
    items, rejected = 0, 0
    try:
        for one in read_items(feed, mapping=mapping):
            rejected += isinstance(one, RowError) and one.field != "url"
            items += isinstance(one, Item) or one.field == "url"
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (items, rejected) == (good, bad)
    assert peak < MEGABYTES * 1_000_000


@pytest.mark.parametrize(("text", "says"), [
    ("<a>" * 1000, "more than 64 deep"),
    ('<rss><item x="' + "y" * 3_000_000 + '"></item></rss>', "has a tag of more than 1048576 bytes"),
    ('<!DOCTYPE r [<!ENTITY a "x">]><rss><item>&a;</item></rss>', "declares a document type or entities"),
    ("<rss><item><title>a &nbsp; b</title></item></rss>", "is broken XML"),
])
def test_xml_that_is_made_to_harm_is_refused_in_one_line(tmp_path: Path, text: str, says: str) -> None:
    feed = tmp_path / "feed.xml"
    feed.write_text(text)
    with pytest.raises(MirrorError, match=says) as caught:
        read(feed)
    assert "\n" not in str(caught.value)
