"""CSV with a comma, semicolon, tab or bar, whichever makes most columns known."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator
from pathlib import Path

from catalog.feeds.rows import LONGEST_LINE, Lines, Row, feed_text, first_line
from catalog.schema import RowError
from mirror.domain import MirrorError

DELIMITERS = ",;\t|"


def delimited_rows(
    path: Path, known: Collection[str], needed: Collection[str], *, repeats: bool = False, encoding: str = ""
) -> Iterator[Row]:
    """Each row of a CSV file by its header's names in lower case.

    known: the names the delimiter is told by. needed: names that the header must have. repeats: a name may stand
    in the header twice (the first cell that is not empty counts).
    encoding: see :func:`feed_text`. Raises MirrorError for a header that will not do.
    """
    with feed_text(path, encoding) as text:
        delimiter, names = header(first_line(text), known)
        lacking = [name for name in needed if name not in names]
        if lacking:
            raise MirrorError(
                f"{path}: its header lacks {', '.join(lacking)}; a feed has the columns {','.join(known)}"
            )
        twice = sorted({name for name in names if name and names.count(name) > 1})
        if twice and not repeats:
            raise MirrorError(f"{path}: its header has {', '.join(twice)} twice; keep one")
        # The lines before are counted by seeking back, so that the reader's line numbers are those of the file.
        text.seek(0)
        lines = Lines(text)
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        header_seen = False
        while True:
            line = reader.line_num + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                last = reader.line_num
                swallowed = f"; lines {line} to {last} are left out" if last > line else ""
                lines.was_cut()
                yield line, RowError(line, "", f"is no CSV row ({error}); check its quotes{swallowed}")
                continue
            if lines.was_cut():
                yield line, RowError(line, "", f"is longer than {LONGEST_LINE} characters")
                continue
            if not any(cell.strip() for cell in cells):
                continue
            if not header_seen:
                header_seen = True
            elif len(cells) > len(names):
                yield line, RowError(line, "", f"has {len(cells)} columns, the header has {len(names)}")
            else:
                yield line, _row(names, cells)


def header(line: str, known: Collection[str]) -> tuple[str, list[str]]:
    """The delimiter that makes most columns known, and the column names in lower case."""

    def split(delimiter: str) -> list[str]:
        try:
            cells = next(csv.reader([line], delimiter=delimiter), [])
        except csv.Error:
            cells = []
        return [cell.strip().lower() for cell in cells]

    best = max(DELIMITERS, key=lambda delimiter: len(set(known).intersection(split(delimiter))))
    return best, split(best)


def _row(names: list[str], cells: list[str]) -> dict[str, str]:
    row: dict[str, str] = {}
    for name, cell in zip(names, cells, strict=False):
        if not row.get(name):
            row[name] = cell
    return row
