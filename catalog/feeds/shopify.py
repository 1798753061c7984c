"""Shopify's product export: a row for each variant and picture of a product, one after the other.

A product becomes one item: its handle is the id, its sizes are those of the variants in stock, its price the lowest.
The file names no currency and no gender: the first comes from the mapping's ``[defaults]``, the second from words in
the type, tags and title, or from there too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from catalog.feeds.delimited import delimited_rows
from catalog.feeds.rows import Row
from catalog.schema import LONGEST_FIELD, RowError

COLUMNS = (
    "handle", "title", "type", "product category", "tags", "status", "option1 name", "option1 value", "option2 name",
    "option2 value", "option3 name", "option3 value", "variant inventory qty", "variant inventory policy",
    "variant price", "image src",
)
NEEDED = ("handle", "title", "variant price", "image src")
SIZE_WORDS = frozenset({"size", "größe", "groesse", "grösse", "taille", "pointure", "talla", "taglia", "maat"})
VARIANT_COLUMNS = (
    "option1 value", "option2 value", "option3 value", "variant inventory qty", "variant inventory policy",
    "variant price", "image src",
)
"""What a further row of a product is looked at for."""
LONGEST_VARIANT_TEXT = LONGEST_FIELD + 1
"""Characters; what is longer is refused anyway."""
MOST_VARIANTS = 2000
"""Shopify's own limit of variants of a product is 2048."""


def shopify_rows(path: Path, encoding: str = "") -> Iterator[Row]:
    """The products of a Shopify export in this project's columns."""
    group: list[tuple[int, Mapping[str, Any]]] = []
    for line, row in delimited_rows(path, COLUMNS, NEEDED, repeats=True, encoding=encoding):
        if isinstance(row, RowError):
            yield line, row
            continue
        if group and (row.get("handle") != group[0][1].get("handle") or len(group) == MOST_VARIANTS):
            yield _item(group)
            group = []
        group.append((line, _kept(row, bool(group))))
    if group:
        yield _item(group)


def _kept(row: Mapping[str, Any], further: bool) -> dict[str, Any]:
    """What is looked at of a row: not its description, and of a further variant's texts the beginning, so that the
    largest product takes a few megabytes."""
    if not further:
        return {name: row[name] for name in COLUMNS if name in row}
    return {name: row[name][:LONGEST_VARIANT_TEXT] for name in VARIANT_COLUMNS if row.get(name)}


def _item(group: list[tuple[int, Mapping[str, Any]]]) -> Row:
    line, first = group[0]
    size_option = next(
        (n for n in "123" if str(first.get(f"option{n} name") or "").strip().lower() in SIZE_WORDS), None
    )
    variants = [row for _, row in group if row.get("variant price")]
    here = [row for row in variants if _in_stock(row)]
    sizes = [str(row.get(f"option{size_option} value") or "") for row in here] if size_option else []
    prices = sorted((str(row["variant price"]) for row in here or variants), key=_number)
    words = " ".join(str(first.get(name) or "") for name in ("type", "tags", "title"))
    return line, {
        "id": first.get("handle", ""), "title": first.get("title", ""),
        "category": first.get("type") or first.get("product category") or first.get("title") or "",
        "fallback_category": first.get("product category") or "", "gender_words": words, "style_words": words,
        "sizes": sizes, "gender": "", "age": "", "price": prices[0] if prices else "", "currency": "",
        "picture": next((row["image src"] for _, row in group if row.get("image src")), ""), "url": "",
        "in_stock": bool(here) and str(first.get("status") or "active").lower() == "active",
    }


def _in_stock(row: Mapping[str, Any]) -> bool:
    quantity = str(row.get("variant inventory qty") or "").strip()
    return (
        not quantity  # Shopify does not count this one
        or str(row.get("variant inventory policy") or "").lower() == "continue"
        or _number(quantity) > 0
    )


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("inf")
