"""JSONL: one JSON object a line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

from catalog.feeds.rows import LONGEST_LINE, Lines, Row, feed_text
from catalog.schema import RowError


def jsonl_rows(path: Path, encoding: str = "") -> Iterator[Row]:
    """Each object of a JSONL file, with a RowError in the place of a line that is none."""
    with feed_text(path, encoding) as text:
        lines = Lines(text)
        for line, content in enumerate(lines, start=1):
            if lines.was_cut():
                yield line, RowError(line, "", f"is longer than {LONGEST_LINE} characters")
                continue
            if not content.strip():
                continue
            try:
                row = json.loads(content.lstrip("\ufeff"), parse_constant=_no_number)
            except (ValueError, RecursionError) as error:
                yield line, RowError(line, "", f"is no JSON object ({str(error)[:80]})")
                continue
            yield line, row if isinstance(row, dict) else RowError(line, "", "is no JSON object")


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number")
