"""The ids of a feed on the disk: was this one there already, and what is their order?

SQLite is what keeps them: exact whatever the number, in a few megabytes of memory.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from mirror.domain import MirrorError

CACHE_KB = 16_384
"""Of the tree in memory; some 250,000 ids. The rest is in the file, which the system keeps in memory as it can."""


class Ids:
    """Distinct ids, each with its place (from 0, in the order in which they came), its line and its group."""

    def __init__(self, path: Path | None = None) -> None:
        """path: where the file is made; it has no name from then on, so that it goes with the process. None: in the
        system's folder for temporary files. Raises MirrorError when it cannot be made."""
        self._where = str(path or "the temporary file of ids")
        self._counts: dict[int, int] = {}
        self._next = 0
        try:
            if path is not None:
                path.unlink(missing_ok=True)  # of a build that was killed as it began
            self._store = sqlite3.connect("" if path is None else path, isolation_level=None)
            self._store.execute("PRAGMA journal_mode = OFF")
            self._store.execute("PRAGMA synchronous = OFF")
            self._store.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._store.execute(f"PRAGMA cache_size = -{CACHE_KB}")
            self._store.execute(
                "CREATE TABLE ids (id TEXT PRIMARY KEY, place INTEGER, line INTEGER, grouped INTEGER) WITHOUT ROWID"
            )
            if path is not None:
                path.unlink()
            self._store.execute("BEGIN")
        except (OSError, sqlite3.Error) as error:
            raise self._unusable(error) from None

    def __len__(self) -> int:
        return self._next

    @property
    def counts(self) -> dict[int, int]:
        """How many ids each group has."""
        return dict(self._counts)

    def line_of(self, id: str) -> int | None:
        """The line of an id that is there already, else None."""
        try:
            found = self._store.execute("SELECT line FROM ids WHERE id = ?", (id,)).fetchone()
        except sqlite3.Error as error:
            raise self._unusable(error) from None
        return None if found is None else int(found[0])

    def add(self, id: str, line: int, group: int) -> None:
        """Put one at the next place. Raises ValueError when it is there already."""
        try:
            self._store.execute("INSERT INTO ids VALUES (?, ?, ?, ?)", (id, self._next, line, group))
        except sqlite3.IntegrityError:
            raise ValueError(f"id '{id}' is there twice") from None
        except sqlite3.Error as error:
            raise self._unusable(error) from None
        self._next += 1
        self._counts[group] = self._counts.get(group, 0) + 1

    def ordered(self) -> Iterator[tuple[int, int]]:
        """(place, group) of all, by id (in the order of code points, which is UTF-8's)."""
        try:
            yield from self._store.execute("SELECT place, grouped FROM ids ORDER BY id")
        except sqlite3.Error as error:
            raise self._unusable(error) from None

    def close(self) -> None:
        """Let the file go."""
        self._store.close()

    def _unusable(self, error: Exception) -> MirrorError:
        return MirrorError(f"{self._where}: cannot be written ({error}); check the folder, its rights and free space")
