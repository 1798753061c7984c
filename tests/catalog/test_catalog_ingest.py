"""Feeds as shops write them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from catalog.ingest import count_rows, read_items
from catalog.schema import RowError
from mirror.domain import Item, MirrorError

HEADER = "id,title,category,sizes,gender,age,price,currency,picture,url"
ROW = "A-{n},Linen shirt,shirt,S|M,women,adult,39.90,EUR,{n}.jpg,https://shop.example/{n}"


def rows(count: int) -> list[str]:
    return [ROW.format(n=n) for n in range(count)]


def ids(path: Path) -> list[str]:
    items = list(read_items(path))
    assert count_rows(path) == len(items)
    return [item.id for item in items if isinstance(item, Item)]


def errors(path: Path) -> list[RowError]:
    items = list(read_items(path))
    assert count_rows(path) == len(items)
    return [item for item in items if isinstance(item, RowError)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "items.csv"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_every_usual_dialect_of_csv_is_read(path: Path, delimiter: str, ending: str, mark: str) -> None:
    lines = [line.replace("S|M", "S").replace(",", delimiter) for line in [HEADER.upper(), *rows(3), ""]]
    path.write_bytes((mark + ending.join(lines)).encode())
    assert ids(path) == ["A-0", "A-1", "A-2"]


def test_columns_come_in_any_order_and_unknown_ones_are_ignored(path: Path) -> None:
    names = ["weight", *reversed(HEADER.split(","))]
    cells = ["120 g", *reversed(ROW.format(n=1).split(","))]
    path.write_text(",".join(names) + "\n" + ",".join(cells) + "\n")
    assert ids(path) == ["A-1"]


def test_a_quoted_title_may_hold_delimiters_and_line_breaks_and_lines_stay_those_of_the_file(path: Path) -> None:
    quoted = ROW.format(n=1).replace("Linen shirt", '"Linen, ""summer""\nshirt"')
    path.write_text("\n".join([HEADER, "", quoted, ROW.format(n=2).replace("shirt,S", "shrit,S")]) + "\n")
    first, second = read_items(path)
    assert isinstance(first, Item)
    assert first.title == 'Linen, "summer" shirt'
    assert isinstance(second, RowError)
    assert (second.line, second.field, second.id) == (5, "category", "A-2")


def test_good_rows_go_on_after_bad_ones(path: Path) -> None:
    lines = [HEADER, *rows(6)]
    lines[2] = "A-1,Linen shirt,shirt"
    lines[3] += ",too,many"
    lines[4] = ROW.format(n=3).replace("39.90", "cheap")
    lines[5] = ROW.format(n=4).replace("Linen shirt", '"Linen" shirt')
    path.write_text("\n".join(lines))
    assert ids(path) == ["A-0", "A-5"]
    assert [(error.line, error.field) for error in errors(path)] == [(3, "sizes"), (4, ""), (5, "price"), (6, "")]


def test_bytes_that_are_not_utf8_spoil_only_their_row(path: Path) -> None:
    lines = [line.encode() for line in [HEADER, *rows(3)]]
    lines[2] = lines[2].replace(b"Linen", b"L\xe9nen")
    path.write_bytes(b"\n".join(lines))
    assert ids(path) == ["A-0", "A-2"]
    assert [str(error) for error in errors(path)] == [
        "line 3, title: is not UTF-8 text; save the feed as UTF-8, or write its encoding in [feed] of a --mapping"]


def test_jsonl_is_read_and_its_bad_lines_are_listed(path: Path) -> None:
    good = dict(zip(HEADER.split(","), ROW.format(n=1).split(","), strict=True))
    lines = [
        json.dumps({**good, "sizes": ["M", "L"], "price": 12.5}), "", "{broken", "[1, 2]", '{"id": "x"}',
        json.dumps(good).replace('"39.90"', "NaN"), "[" * 100_000, json.dumps({**good, "id": "Ä-2"}),
    ]
    path.write_text("\ufeff" + "\n".join(lines), encoding="utf-8")
    assert ids(path) == ["A-1", "Ä-2"]
    assert [(error.line, error.field) for error in errors(path)] == [(3, ""), (4, ""), (5, "title"), (6, ""), (7, "")]
    assert next(iter(read_items(path))).sizes == ("M", "L")  # type: ignore[union-attr]


@pytest.mark.parametrize(("content", "says"), [
    (b"", "is empty"),
    (b"\n \r\n", "is empty"),
    (HEADER.replace("category,", "").encode(), "its header lacks category"),
    (b"\x89PNG\r\n\x1a\n" + bytes(200), "its header lacks"),
    (f"{HEADER},id".encode(), "has id twice"),
    ("\ufeff".encode("utf-16-le") + HEADER.encode("utf-16-le"), "is UTF-16"),
    (b'[{"id": 1}]', "is one JSON list"),
])
def test_a_file_that_is_no_feed_is_refused_with_one_line(path: Path, content: bytes, says: str) -> None:
    path.write_bytes(content)
    with pytest.raises(MirrorError) as caught:
        list(read_items(path))
    assert says in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_feed_that_is_not_there_is_refused_with_one_line(path: Path) -> None:
    with pytest.raises(MirrorError, match=r"items\.csv: cannot be read \(No such file"):
        list(read_items(path))
    with pytest.raises(MirrorError, match="Is a directory"):
        list(read_items(path.parent))
