"""Items of a shop's feed, one by one, whatever kind of file it is.

A bad row is handed on as a RowError in its place, so that the good ones go in; only a file that cannot be
read at all raises. Nothing but the row at hand (and a product's variants) is in memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from catalog.feeds.delimited import delimited_rows, header
from catalog.feeds.google_merchant import FIELDS, google_rows, is_xml
from catalog.feeds.jsonl import jsonl_rows
from catalog.feeds.parquet import parquet_rows
from catalog.feeds.rows import Row, feed_text, first_line
from catalog.feeds.shopify import shopify_rows
from catalog.mapping import FeedMapping, Understanding
from catalog.schema import RowError, nearest_word, parse_row
from mirror.domain import Item, MirrorError, UsageError

FORMATS = ("csv", "jsonl", "parquet", "google", "shopify")
_PARQUET = b"PAR1"


def read_items(
    path: Path, format: str | None = None, mapping: FeedMapping | None = None
) -> Iterator[Item | RowError]:
    """The items of a feed in its order, with a RowError in the place of each bad row.

    format: one of FORMATS, None to tell by the file's beginning. Duplicate ids are not looked for here. Raises
    MirrorError when the file cannot be opened, is empty, or is of no known kind.
    """
    for _, item in numbered_items(path, format, mapping):
        yield item


def numbered_items(
    path: Path, format: str | None = None, mapping: FeedMapping | None = None, report: Understanding | None = None
) -> Iterator[tuple[int, Item | RowError]]:
    """As :func:`read_items`, each with the line (from 1) on which its row starts. report: counts categories that
    were not understood."""
    mapping = mapping or FeedMapping()
    for line, row in _rows(path, format, mapping):
        if isinstance(row, RowError):
            yield line, row
            continue
        mapped = mapping.apply(row, report)
        if mapped is None:
            continue
        try:
            yield line, parse_row(mapped, line)
        except RowError as error:
            yield line, error


def count_rows(path: Path, format: str | None = None, mapping: FeedMapping | None = None) -> int:
    """How many rows, good or bad, :func:`read_items` will give at most."""
    return sum(1 for _ in _rows(path, format, mapping or FeedMapping()))


def sniff(path: Path, encoding: str = "") -> str:
    """The kind of a feed by its beginning: one of FORMATS. encoding: of a text, when it is not UTF-8.

    Raises MirrorError when it cannot be read."""
    if is_xml(path):
        return "google"
    with open(path, "rb") as raw:
        if raw.read(len(_PARQUET)) == _PARQUET:
            return "parquet"
    with feed_text(path, encoding) as text:
        start = first_line(text)
    if start.startswith("["):
        raise MirrorError(f"{path}: is one JSON list; write one JSON object a line")
    if start.startswith("{"):
        return "jsonl"
    _, names = header(start, (*FIELDS, "handle", "variant price"))
    if "handle" in names and "variant price" in names:
        return "shopify"
    spaced = {name.replace(" ", "_") for name in names}
    return "google" if {"image_link", "title", "price"} <= spaced and "picture" not in names else "csv"


def _rows(path: Path, format: str | None, mapping: FeedMapping) -> Iterator[Row]:
    # A mapping of columns is written for the file's own ones.
    kind = format or sniff(path, mapping.encoding)
    if format is None and mapping.columns and kind in ("google", "shopify") and not is_xml(path):
        kind = "csv"
    return rows_of(path, kind, mapping.known, mapping.needed, mapping.encoding)


def rows_of(
    path: Path, kind: str, known: tuple[str, ...], needed: tuple[str, ...], encoding: str = ""
) -> Iterator[Row]:
    """The rows of a feed of a kind. known, needed: names of the columns of a ``csv`` that mean something, and that its
    header must have. encoding: of a text, when it is not UTF-8. Raises UsageError for what is none of FORMATS."""
    if kind == "csv":
        return delimited_rows(path, known, needed, encoding=encoding)
    if kind == "jsonl":
        return jsonl_rows(path, encoding)
    if kind == "parquet":
        return parquet_rows(path)
    if kind == "google":
        return google_rows(path, encoding)
    if kind == "shopify":
        return shopify_rows(path, encoding)
    raise UsageError(f"--format {kind}: is unknown; {nearest_word(kind, FORMATS)}")
