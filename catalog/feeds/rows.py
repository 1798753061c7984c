"""What every kind of feed gives, and how its text is opened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from catalog.schema import RowError
from mirror.domain import MirrorError

Row = tuple[int, "Mapping[str, Any] | RowError"]
"""The line (from 1) on which a row starts, and its columns by lower-case name."""

LONGEST_HEADER = 1 << 16
"""Characters of the first line that are looked at; a file of another kind may have no line at all."""

_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


@contextmanager
def feed_text(path: Path) -> Iterator[TextIO]:
    """A feed as UTF-8 text, at its start. Raises MirrorError when it is UTF-16, empty or cannot be opened."""
    try:
        with open(path, "rb") as raw:
            mark = raw.read(2)
        if mark in _UTF16_MARKS:
            raise MirrorError(f"{path}: is UTF-16 text; save it as UTF-8")
        # Bytes that are not UTF-8 become lone surrogates: parse_row refuses the field that has them, not the
        # file.
        with open(path, encoding="utf-8-sig", errors="surrogateescape", newline="") as text:
            if not first_line(text):
                raise MirrorError(f"{path}: is empty; a feed has a header line and a row for each item")
            text.seek(0)
            yield text
    except OSError as error:
        raise MirrorError(f"{path}: cannot be read ({error.strerror}); check --items") from None


def first_line(text: TextIO) -> str:
    """The first line that is not blank, or nothing."""
    line = text.readline(LONGEST_HEADER)
    while line and not line.strip():
        line = text.readline(LONGEST_HEADER)
    return line.lstrip().lstrip("\ufeff")
