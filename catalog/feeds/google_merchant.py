"""Google Merchant product feeds: tab-separated text, or XML (RSS or Atom).

Variants of one product (``item_group_id`` and colour the same) that follow each other become one item with the
sizes that are in stock; it has the first one's id. The XML may declare no document type: entities are how a few
bytes become gigabytes or another file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.parsers import expat

from catalog.feeds.delimited import delimited_rows
from catalog.feeds.rows import Row
from catalog.schema import LONGEST_FIELD, RowError
from mirror.domain import MirrorError

FIELDS = (
    "id", "title", "link", "image_link", "availability", "price", "sale_price", "google_product_category",
    "product_type", "gender", "age_group", "size", "item_group_id", "color", "product_highlight", "style",
    "custom_label_0", "custom_label_1", "custom_label_2", "custom_label_3", "custom_label_4",
)
STYLE_FIELDS = ("product_type", "product_highlight", *(f"custom_label_{n}" for n in range(5)))
"""Where a shop's own words for a style may stand."""
GENDERS: Mapping[str, str] = {"male": "men", "female": "women"}
AGES: Mapping[str, str] = {"newborn": "child", "infant": "child", "toddler": "child", "kids": "child"}
VARIANT_FIELDS = ("price", "sale_price", "availability", "size")
"""What a further row of a product is looked at for."""
MOST_VARIANTS = 1000
"""Rows of one product that are kept in memory; what follows begins another item."""

LONGEST_TEXT = 1 << 16
"""Characters of an XML field that are kept; the schema refuses fields this long anyway."""

LONGEST_TOKEN = 1 << 20
"""Bytes of one tag; the parser holds it whole."""
DEEPEST = 64
"""Elements within each other; a feed has five."""

_PRICE = re.compile(r"([\d.,]+)\s*([A-Za-z]{3})|([A-Za-z]{3})\s*([\d.,]+)")
_CHUNK = 1 << 16
_ITEMS = ("item", "entry")


def google_rows(path: Path, encoding: str = "") -> Iterator[Row]:
    """The items of a Google Merchant feed in this project's columns."""
    group: list[tuple[int, Mapping[str, Any]]] = []
    for line, row in _xml_rows(path) if is_xml(path) else _text_rows(path, encoding):
        if isinstance(row, RowError):
            yield line, row
            continue
        if group and (_product(row) != _product(group[0][1]) or len(group) == MOST_VARIANTS):
            yield _item(group)
            group = []
        group.append((line, _further(row) if group else row))
        if not row.get("item_group_id"):
            yield _item(group)
            group = []
    if group:
        yield _item(group)


def is_xml(path: Path) -> bool:
    """Whether the first sign of a file is that of XML."""
    try:
        with open(path, "rb") as file:
            return file.read(256).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")
    except OSError as error:
        raise MirrorError(f"{path}: cannot be read ({error.strerror}); check --items") from None


def _text_rows(path: Path, encoding: str) -> Iterator[Row]:
    # Google's own templates write "image link" as well as "image_link".
    spaced = tuple(name.replace("_", " ") for name in FIELDS)
    for line, row in delimited_rows(path, (*FIELDS, *spaced), ("id", "title", "price"), encoding=encoding):
        yield line, row if isinstance(row, RowError) else {k.replace(" ", "_"): v for k, v in row.items()}


def _further(row: Mapping[str, Any]) -> dict[str, Any]:
    """What is looked at of a product's further rows, and of its texts the beginning: what is longer is no price."""
    return {name: str(row[name])[:LONGEST_FIELD] for name in VARIANT_FIELDS if row.get(name)}


def _product(row: Mapping[str, Any]) -> tuple[str, str]:
    return str(row.get("item_group_id", "")), str(row.get("color", "")).lower()


def _item(group: list[tuple[int, Mapping[str, Any]]]) -> Row:
    line, first = group[0]
    prices = [_price(str(row.get("sale_price") or row.get("price") or "")) for _, row in group]
    amount, currency = min(prices, key=lambda price: _number(price[0]))
    here = [row for _, row in group if _in_stock(row)]
    gender = str(first.get("gender") or "").strip().lower()
    age = str(first.get("age_group") or "").strip().lower()
    # the shop's own words say more than Google's coarse ones
    kind = first.get("product_type") or first.get("google_product_category") or first.get("title") or ""
    return line, {
        "id": first.get("id", ""), "title": first.get("title", ""), "category": kind,
        "sizes": [str(row["size"]) for row in here if str(row.get("size") or "").strip()],
        "gender": GENDERS.get(gender, gender), "age": AGES.get(age, age), "price": amount, "currency": currency,
        "picture": first.get("image_link") or "", "url": first.get("link") or "", "in_stock": bool(here),
        "fallback_category": first.get("google_product_category") or "", "style": first.get("style") or "",
        "style_words": " ".join(str(first.get(name) or "") for name in STYLE_FIELDS),
    }


def _in_stock(row: Mapping[str, Any]) -> bool:
    return str(row.get("availability") or "in stock").strip().lower().replace("_", " ") == "in stock"


def _price(text: str) -> tuple[str, str]:
    found = _PRICE.fullmatch(text.strip())
    if not found:
        return text, ""
    return found[1] or found[4], found[2] or found[3]


def _number(text: str) -> float:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return float("inf")


class _Reader:
    """Items of an XML feed as they close."""

    def __init__(self, path: Path) -> None:
        self.done: list[tuple[int, dict[str, Any]]] = []
        self._path = path
        self._row: dict[str, Any] | None = None
        self._line = self._depth = self._item_depth = 0
        self._field = ""
        self._text: list[str] = []
        self._length = 0
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._forbidden
        self.parser.EntityDeclHandler = self._forbidden
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters

    def _forbidden(self, *_: object) -> None:
        raise MirrorError(f"{self._path}: declares a document type or entities; a product feed has none, remove it")

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise MirrorError(f"{self._path}: its elements lie more than {DEEPEST} deep; it is no product feed")
        local = name.rpartition(":")[2].lower()
        if self._row is None:
            if local in _ITEMS:
                self._row, self._line, self._item_depth = {}, self.parser.CurrentLineNumber, self._depth
        elif self._depth == self._item_depth + 1:
            self._field, self._text, self._length = local, [], 0
            if local == "link" and attributes.get("href"):
                self._row.setdefault(local, attributes["href"])

    def _characters(self, text: str) -> None:
        if self._field and self._length < LONGEST_TEXT:
            self._text.append(text[: LONGEST_TEXT - self._length])
            self._length += len(text)

    def _end(self, name: str) -> None:
        if self._row is not None and self._depth == self._item_depth:
            self.done.append((self._line, self._row))
            self._row = None
        elif self._row is not None and self._depth == self._item_depth + 1:
            if self._field in FIELDS and not self._row.get(self._field):
                self._row[self._field] = "".join(self._text).strip()
            self._field = ""
        self._depth -= 1


def _xml_rows(path: Path) -> Iterator[Row]:
    reader = _Reader(path)
    fed = 0
    try:
        with open(path, "rb") as file:
            while True:
                chunk = file.read(_CHUNK)
                reader.parser.Parse(chunk, not chunk)
                fed += len(chunk)
                if fed - reader.parser.CurrentByteIndex > LONGEST_TOKEN:
                    raise MirrorError(f"{path}: has a tag of more than {LONGEST_TOKEN} bytes; it is no product feed")
                yield from reader.done
                reader.done.clear()
                if not chunk:
                    return
    except expat.ExpatError as error:
        raise MirrorError(f"{path}: is broken XML ({error}); export it again") from None
    except OSError as error:
        raise MirrorError(f"{path}: cannot be read ({error.strerror}); check --items") from None
