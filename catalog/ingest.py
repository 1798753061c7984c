"""Rows of a shop's feed, one by one: CSV (comma, semicolon, tab or bar) or JSONL, whichever the file holds.

A bad row is handed on as a RowError in its place, so that the good ones go in; only a file that cannot be
read at all raises.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn, TextIO

from catalog.schema import COLUMNS, OPTIONAL_COLUMNS, RowError, parse_row
from mirror.domain import Item, MirrorError

DELIMITERS = ",;\t|"
LONGEST_HEADER = 1 << 16
"""Characters of the first line that are looked at; a file of another kind may have no line at all."""

_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


def read_items(path: Path) -> Iterator[Item | RowError]:
    """The items of a feed in its order, with a RowError in the place of each bad row.

    Duplicate ids are not looked for here. Raises MirrorError when the file cannot be opened, is empty, or is
    neither JSONL nor a CSV file with the columns of the schema.
    """
    for _, item in numbered_items(path):
        yield item


def numbered_items(path: Path) -> Iterator[tuple[int, Item | RowError]]:
    """As :func:`read_items`, each with the line (from 1) on which its row starts."""
    for line, row in _rows(path):
        if isinstance(row, RowError):
            yield line, row
            continue
        try:
            yield line, parse_row(row, line)
        except RowError as error:
            yield line, error


def count_rows(path: Path) -> int:
    """How many rows, good or bad, :func:`read_items` will give."""
    return sum(1 for _ in _rows(path))


def _rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any] | RowError]]:
    try:
        with open(path, "rb") as raw:
            mark = raw.read(2)
        if mark in _UTF16_MARKS:
            raise MirrorError(f"{path}: is UTF-16 text; save it as UTF-8")
        # Bytes that are not UTF-8 become lone surrogates: parse_row refuses the field that has them, not the
        # file.
        with open(path, encoding="utf-8-sig", errors="surrogateescape", newline="") as text:
            start = text.readline(LONGEST_HEADER)
            while start and not start.strip():
                start = text.readline(LONGEST_HEADER)
            start = start.lstrip()
            text.seek(0)
            if not start:
                raise MirrorError(f"{path}: is empty; a feed has a header line and a row for each item")
            if start.startswith("["):
                raise MirrorError(f"{path}: is one JSON list; write one JSON object a line")
            yield from _json_rows(text) if start.startswith("{") else _csv_rows(text, path)
    except OSError as error:
        raise MirrorError(f"{path}: cannot be read ({error.strerror}); check --items") from None


def _json_rows(text: TextIO) -> Iterator[tuple[int, Mapping[str, Any] | RowError]]:
    for line, content in enumerate(text, start=1):
        if not content.strip():
            continue
        try:
            row = json.loads(content.lstrip("\ufeff"), parse_constant=_no_number)
        except (ValueError, RecursionError) as error:
            yield line, RowError(line, "", f"is no JSON object ({str(error)[:80]})")
            continue
        if isinstance(row, dict):
            yield line, row
        else:
            yield line, RowError(line, "", "is no JSON object")


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number")


def _csv_rows(text: TextIO, path: Path) -> Iterator[tuple[int, Mapping[str, Any] | RowError]]:
    first = text.readline(LONGEST_HEADER)
    while not first.strip():
        first = text.readline(LONGEST_HEADER)
    delimiter, names = _header(first.lstrip("\ufeff"))
    lacking = [name for name in COLUMNS if name not in names and name not in OPTIONAL_COLUMNS]
    if lacking:
        raise MirrorError(
            f"{path}: its header lacks {', '.join(lacking)}; a feed has the columns {','.join(COLUMNS)}"
        )
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise MirrorError(f"{path}: its header has {', '.join(twice)} twice; keep one")
    # The lines before are counted by seeking back, so that the reader's line numbers are those of the file.
    text.seek(0)
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    header_seen = False
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield line, RowError(line, "", f"is no CSV row ({error}); check its quotes")
            continue
        if not any(cell.strip() for cell in cells):
            continue
        if not header_seen:
            header_seen = True
        elif len(cells) > len(names):
            yield line, RowError(line, "", f"has {len(cells)} columns, the header has {len(names)}")
        else:
            yield line, dict(zip(names, cells, strict=False))


def _header(line: str) -> tuple[str, list[str]]:
    """The delimiter that makes most columns known, and the column names in lower case."""
    known = {*COLUMNS, *OPTIONAL_COLUMNS}

    def split(delimiter: str) -> list[str]:
        try:
            cells = next(csv.reader([line], delimiter=delimiter), [])
        except csv.Error:
            cells = []
        return [cell.strip().lower() for cell in cells]

    best = max(DELIMITERS, key=lambda delimiter: len(known.intersection(split(delimiter))))
    return best, split(best)
