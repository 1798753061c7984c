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


LONGEST_LINE = 1 << 20
"""Characters of a line that are in memory; a row of a shop has some hundreds."""

_LINE_ENDS = ("\n", "\r")


class Lines(Iterator[str]):
    """The lines of a text with their ends. Of one that is longer than LONGEST_LINE only the beginning is given, and
    ``cut`` is set."""

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self.cut = False

    def __next__(self) -> str:
        line = self._text.readline(LONGEST_LINE)
        if not line:
            raise StopIteration
        if len(line) == LONGEST_LINE and not line.endswith(_LINE_ENDS):
            self.cut = True
            while (rest := self._text.readline(LONGEST_LINE)) and not rest.endswith(_LINE_ENDS):
                pass
        return line

    def was_cut(self) -> bool:
        """Whether a line was cut since this was last asked."""
        cut, self.cut = self.cut, False
        return cut


@contextmanager
def feed_text(path: Path, encoding: str = "") -> Iterator[TextIO]:
    """A feed as text, at its start; UTF-8, or as ``encoding`` says. Raises MirrorError when it is UTF-16 and that was
    not said, empty, or cannot be opened or read as that."""
    try:
        with open(path, "rb") as raw:
            mark = raw.read(2)
        if mark in _UTF16_MARKS and not encoding:
            mend = "save it as UTF-8, or write its encoding in [feed] of a --mapping"
            raise MirrorError(f"{path}: is UTF-16 text; {mend}")
        # Bytes that are not UTF-8 become lone surrogates: parse_row refuses the field that has them, not the
        # file.
        with open(path, encoding=encoding or "utf-8-sig", errors="surrogateescape", newline="") as text:
            if not first_line(text):
                raise MirrorError(f"{path}: is empty; a feed has a header line and a row for each item")
            text.seek(0)
            yield text
    except OSError as error:
        raise MirrorError(f"{path}: cannot be read ({error.strerror}); check --items") from None
    except UnicodeError as error:
        raise MirrorError(f"{path}: is no {encoding or 'UTF-8'} text ({error}); check [feed] of --mapping") from None


def first_line(text: TextIO) -> str:
    """The first line that is not blank, or nothing."""
    line = text.readline(LONGEST_HEADER)
    while line and not line.strip():
        line = text.readline(LONGEST_HEADER)
    return line.lstrip().lstrip("\ufeff")
