"""A long list of JSON-able dicts that waits on the disk until it is printed."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from typing import Any, TextIO

IN_MEMORY = 1 << 20
"""Bytes; only a longer list becomes a file, without a name, in the system's folder for temporary ones."""


class Listing:
    """Dicts in the order in which they were appended. For one thread, and one reader at a time."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - goes with this object
        self._count = 0

    def append(self, row: dict[str, Any]) -> None:
        """Put one after the others; not while they are being read."""
        self._file.write(json.dumps(row).encode("ascii") + b"\n")
        self._count += 1

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for line in self._lines():
            yield json.loads(line)

    def write(self, out: TextIO) -> None:
        """All as one JSON array."""
        out.write("[")
        for place, line in enumerate(self._lines()):
            out.write(", " * bool(place) + line.decode("ascii").rstrip("\n"))
        out.write("]")

    def _lines(self) -> Iterator[bytes]:
        self._file.seek(0)
        yield from iter(self._file.readline, b"")
