"""The folder beside an index in which its fetched and unpacked pictures are, and what is known of them.

A picture's name is its content's (SHA-256): it appears whole or not at all, is there once however often it is fetched,
and never becomes another picture under an index that serves. What no index of the shop uses any more is removed a month
later.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

from catalog.atomic import Busy
from catalog.embedded import KEEP_EVERY_S
from catalog.index import Catalogue
from catalog.pictures.rules import MEGABYTE, PictureError, PictureRules
from mirror.domain import MirrorError

KEEP_UNUSED_S = 30 * 86_400
"""Seconds that a picture stays after the last build that used it: an index may have been copied elsewhere."""

_FILE, _LOCK, _PART = ".known.sqlite", ".lock", ".part-"
_TABLES = """
CREATE TABLE IF NOT EXISTS files (name TEXT PRIMARY KEY, bytes INTEGER, used REAL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS urls (url TEXT PRIMARY KEY, name TEXT, etag TEXT, modified TEXT, asked REAL, reason TEXT)
    WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS members (archive TEXT, member TEXT, name TEXT, reason TEXT, PRIMARY KEY (archive, member))
    WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS archives (archive TEXT PRIMARY KEY, stamp TEXT, top TEXT) WITHOUT ROWID;
"""


class Known(NamedTuple):
    """What is known of a URL: the picture's name ("" when it was never had), what the server said, when it was asked
    (seconds of the epoch), and why it could not be had ("" when it could)."""

    name: str
    etag: str
    modified: str
    asked: float
    reason: str


class Store:
    """The pictures of one index. For the thread that opened it; :meth:`write` for any."""

    def __init__(self, folder: Path, rules: PictureRules) -> None:
        """Raises Busy while another build uses the folder, MirrorError when it cannot be made or is damaged."""
        self.folder = folder
        self._most = int(rules.store_mb * MEGABYTE)
        self._counting = threading.Lock()
        self._parts = 0
        self._kept_at = time.monotonic()
        try:
            folder.mkdir(exist_ok=True)
            self._lock = open(folder / _LOCK, "ab")  # noqa: SIM115 - closed by close()
        except OSError as error:
            raise MirrorError(f"{folder}: cannot be made ({error.strerror})") from None
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._lock.close()
            raise Busy(f"{folder}: is being filled by another build; wait for it to end") from None
        try:
            for part in folder.glob(_PART + "*"):  # of a build that was killed
                part.unlink(missing_ok=True)
            with self._plainly():
                self._known = sqlite3.connect(folder / _FILE)
                self._known.executescript(_TABLES)
                self._bytes = int(self._known.execute("SELECT IFNULL(SUM(bytes), 0) FROM files").fetchone()[0])
        except BaseException:
            self._lock.close()
            raise

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def write(self, data: bytes, suffix: str) -> str:
        """Keep a picture; its name. Safe from any thread. Raises PictureError when there is no room."""
        digest = hashlib.sha256(data).hexdigest()
        name = f"{digest[:2]}/{digest[2:34]}{suffix}"
        path = self.folder / name
        if self._is_there(path, len(data)):
            return name
        with self._counting:
            if self._bytes + len(data) > self._most:
                raise PictureError(
                    f"has no room: {self.folder.name} has {self._bytes / MEGABYTE:.0f} MB already; "
                    "raise store_mb in [pictures]"
                )
            self._bytes += len(data)
            self._parts += 1
            part = self.folder / f"{_PART}{self._parts}"
        try:
            path.parent.mkdir(exist_ok=True)
            with open(part, "wb") as out:
                out.write(data)
                out.flush()
                os.fsync(out.fileno())
            os.replace(part, path)
        except OSError as error:
            with suppress(OSError):
                part.unlink(missing_ok=True)
            with self._counting:
                self._bytes -= len(data)
            raise MirrorError(
                f"{path}: cannot be written ({error.strerror}); check the folder and the free space"
            ) from None
        return name

    def has(self, name: str) -> bool:
        """Whether a picture that was kept is there, as long as it was."""
        if not name:
            return False
        found = self._one("SELECT bytes FROM files WHERE name = ?", name)
        return found is not None and self._is_there(self.folder / name, int(found[0]))

    def use(self, name: str) -> None:
        """A picture is in use by the build that runs."""
        with self._plainly():
            size = os.stat(self.folder / name).st_size
            self._known.execute("INSERT OR REPLACE INTO files VALUES (?, ?, ?)", (name, size, time.time()))
            self._keep()

    def url(self, url: str) -> Known | None:
        """What is known of a URL."""
        found = self._one("SELECT name, etag, modified, asked, reason FROM urls WHERE url = ?", url)
        return None if found is None else Known(*found)

    def note_url(self, url: str, known: Known) -> None:
        """Keep what is known of a URL."""
        with self._plainly():
            self._known.execute("INSERT OR REPLACE INTO urls VALUES (?, ?, ?, ?, ?, ?)", (url, *known))
            self._keep()

    def unpacked(self, archive: str) -> tuple[str, str] | None:
        """The stamp of an archive that was unpacked whole, and the folder that all of it lies in."""
        found = self._one("SELECT stamp, top FROM archives WHERE archive = ?", archive)
        return None if found is None else (str(found[0]), str(found[1]))

    def forget_archive(self, archive: str) -> None:
        """Begin an archive anew; its pictures stay until they are swept."""
        with self._plainly():
            self._known.execute("DELETE FROM members WHERE archive = ?", (archive,))
            self._known.execute("DELETE FROM archives WHERE archive = ?", (archive,))

    def note_member(self, archive: str, member: str, name: str, reason: str) -> bool:
        """Keep what became of a member of an archive; False when one of this name was there already."""
        with self._plainly():
            done = self._known.execute("INSERT OR IGNORE INTO members VALUES (?, ?, ?, ?)",
                                       (archive, member, name, reason))
            self._keep()
            return done.rowcount == 1

    def note_archive(self, archive: str, stamp: str, top: str) -> None:
        """An archive is unpacked whole."""
        with self._plainly():
            self._known.execute("INSERT OR REPLACE INTO archives VALUES (?, ?, ?)", (archive, stamp, top))
            self._known.commit()

    def member(self, archive: str, member: str) -> tuple[str, str] | None:
        """The name of a member's picture, or why there is none."""
        found = self._one("SELECT name, reason FROM members WHERE archive = ? AND member = ?", archive, member)
        return None if found is None else (str(found[0]), str(found[1]))

    def sweep(self, indexes: Iterable[Path], now: float | None = None) -> int:
        """Remove the pictures that no build has used for KEEP_UNUSED_S and none of the indexes has; how many."""
        before = (time.time() if now is None else now) - KEEP_UNUSED_S
        removed = 0
        with self._plainly():
            self._known.commit()
            self._known.execute("CREATE TEMP TABLE old (name TEXT PRIMARY KEY) WITHOUT ROWID")
            self._known.executemany("INSERT OR IGNORE INTO old VALUES (?)", self._older(before))
            if self._known.execute("SELECT 1 FROM old LIMIT 1").fetchone():
                for index in indexes:
                    self._known.executemany("DELETE FROM old WHERE name = ?", _pictures_of(index, self.folder))
                for (name,) in self._known.execute("SELECT name FROM old"):
                    (self.folder / name).unlink(missing_ok=True)
                    removed += 1
                self._known.execute("DELETE FROM urls WHERE name IN (SELECT name FROM old)")
                self._known.execute("DELETE FROM members WHERE name IN (SELECT name FROM old)")
                self._known.execute("DELETE FROM files WHERE name IN (SELECT name FROM old)")
            self._known.execute("DELETE FROM urls WHERE asked < ? AND name = ''", (before,))
            self._known.execute("DROP TABLE old")
            self._known.commit()
        return removed

    def close(self) -> None:
        """Keep what is known, and let the next build in."""
        with self._plainly():
            self._known.commit()
            self._known.close()
        self._lock.close()

    def _older(self, before: float) -> Iterator[tuple[str]]:
        """Pictures used before a time, and those that a killed build left without a note."""
        for (name,) in self._known.execute("SELECT name FROM files WHERE used < ?", (before,)):
            yield (str(name),)
        for part in os.scandir(self.folder):
            if len(part.name) != 2 or not part.is_dir(follow_symlinks=False):
                continue
            for entry in os.scandir(part.path):
                name = f"{part.name}/{entry.name}"
                if entry.stat().st_mtime < before and self._one("SELECT 1 FROM files WHERE name = ?", name) is None:
                    yield (name,)

    def _is_there(self, path: Path, size: int) -> bool:
        try:
            return os.stat(path).st_size == size
        except OSError:
            return False

    def _one(self, question: str, *values: str) -> tuple[Any, ...] | None:
        with self._plainly():
            found: tuple[Any, ...] | None = self._known.execute(question, values).fetchone()
        return found

    def _keep(self) -> None:
        if time.monotonic() - self._kept_at > KEEP_EVERY_S:
            self._known.commit()
            self._kept_at = time.monotonic()

    @contextmanager
    def _plainly(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            raise MirrorError(f"{self.folder / _FILE}: cannot be used ({error}); check the free space") from None
        except sqlite3.Error as error:
            raise MirrorError(
                f"{self.folder / _FILE}: cannot be used ({error}); remove it, the build makes it anew"
            ) from None


def _pictures_of(index: Path, folder: Path) -> Iterator[tuple[str]]:
    """The names of an index's pictures, if they are in this folder."""
    with suppress(MirrorError), Catalogue.open(index) as catalogue:
        if catalogue.pictures.resolve() == folder.resolve():
            for item in catalogue.iter_items():
                yield (item.picture,)
