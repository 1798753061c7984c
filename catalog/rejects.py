"""Rows of a feed that could not be used: their list as a file, and the first few reasons in one line."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from catalog.atomic import replacing
from catalog.schema import RowError

REASONS_SHOWN = 3
"""Reasons in the one line about a feed of which no row could be used."""

FIRST_KEPT = 100
"""Rejected rows in memory; the file has them all."""


class Rejects:
    """The rejected rows of a build: ``count`` of them, the ``first`` ones, and all on the disk in a file without a
    name in ``folder``, as they will stand in the list."""

    def __init__(self, folder: Path) -> None:
        self.count = 0
        self.first: list[RowError] = []
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed by close()

    def add(self, error: RowError) -> None:
        """Put one after the others."""
        self.count += 1
        if len(self.first) < FIRST_KEPT:
            # the rows at which it was raised would stay in memory with its traceback
            self.first.append(RowError(error.line, error.field, error.reason, error.id))
        self._file.write(_line(error))

    def write(self, path: Path) -> Path | None:
        """The list as a file, one JSON object a line; an old list goes when there are none (then None)."""
        if not self.count:
            path.unlink(missing_ok=True)
            return None
        self._file.seek(0)
        with replacing(path) as out:
            shutil.copyfileobj(self._file, out, 1 << 20)
        return path

    def close(self) -> None:
        """Let the file go."""
        self._file.close()


def reasons(bad: Sequence[RowError], count: int | None = None) -> str:
    """Why no row could be used. count: how many bad ones there are, when ``bad`` has the first only."""
    if not bad:
        return "it has a header and no rows"
    rest = (len(bad) if count is None else count) - REASONS_SHOWN
    return "; ".join(str(error) for error in bad[:REASONS_SHOWN]) + (f" (and {rest} more)" if rest > 0 else "")


def _line(error: RowError) -> bytes:
    return json.dumps(error.document(), ensure_ascii=False).encode("utf-8", "replace") + b"\n"
