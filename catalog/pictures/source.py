"""Each row's picture brought to where the index has it, a few rows ahead of the build."""

from __future__ import annotations

import hashlib
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Protocol
from urllib.parse import urlsplit

from catalog.atomic import before_update_of, previous_of
from catalog.pictures.address import is_url
from catalog.pictures.archive import members, plain_name
from catalog.pictures.fetch import Answer, fetch
from catalog.pictures.rules import MEGABYTE, PictureError, PictureRules
from catalog.pictures.shape import SUFFIXES, Inspect, checked
from catalog.pictures.store import Known, Store
from catalog.schema import RowError
from mirror.domain import Item, MirrorError

AHEAD = 4
"""Rows that wait for their picture, for each fetch at once."""
FIRST_PAUSE_S = 0.5
"""Before the second try; twice as long before each further one."""
FAILURES_IN_A_ROW = 10
"""Pictures of one host that failed for a reason that passes; then the rest of the build asks it no more."""

Row = tuple[int, "Item | RowError"]


class Placed(NamedTuple):
    """A row, its item's picture as the index is to have it, and why there is none."""

    line: int
    item: Item | RowError
    problem: RowError | None = None


class PictureSource(Protocol):
    """Where a build's pictures come from."""

    @property
    def folder(self) -> Path:
        """The folder that the index records, which items' pictures are relative to."""
        ...

    def placed(self, rows: Iterable[Row]) -> Iterator[Placed]:
        """Every row, in its order."""
        ...

    def built(self, out: Path) -> None:
        """The index ``out`` is there."""
        ...


class Folder:
    """Pictures that lie in a folder already."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def placed(self, rows: Iterable[Row]) -> Iterator[Placed]:
        """See :class:`PictureSource`."""
        for line, item in rows:
            problem = None
            if isinstance(item, Item) and is_url(item.picture):
                reason = "is a URL; fetching is allowed by --picture-urls, or urls = true in [pictures] of a --mapping"
                problem = RowError(line, "picture", reason, item.id)
            yield Placed(line, item, problem)

    def built(self, out: Path) -> None:
        """See :class:`PictureSource`."""


@dataclass
class Brought:
    """What a source did: pictures fetched, of those asked for again the ones that are as they were, those that could
    not be asked for again so that the kept one is used, and those that could not be had; members unpacked."""

    fetched: int = 0
    unchanged: int = 0
    kept: int = 0
    failed: int = 0
    unpacked: int = 0


class Kept:
    """Pictures at URLs (when ``rules`` let them be fetched), else in an archive or a folder, kept in a store."""

    def __init__(
        self, store: Store, rules: PictureRules, inspect: Inspect, *, archive: Path | None = None,
        local: Path | None = None, indexes: tuple[Path, ...] = (), say: Callable[[str], None] = lambda line: None,
        pause_s: float = FIRST_PAUSE_S,
    ) -> None:
        """indexes: those that may use the store besides the one that is built. say: is told what takes long."""
        self.report = Brought()
        self._store, self._rules, self._inspect, self._say = store, rules, inspect, say
        self._archive, self._local, self._indexes, self._pause_s = archive, local, indexes, pause_s
        self._archive_name = str(archive.resolve()) if archive else ""
        self._top = ""
        self._unpacked = False
        self._began = time.time()
        self._stop = threading.Event()
        self._pool = ThreadPoolExecutor(rules.at_once, thread_name_prefix="picture-fetch") if rules.urls else None
        self._asked: dict[str, Future[tuple[Answer, str]]] = {}
        self._failures: dict[str, int] = {}

    def __enter__(self) -> Kept:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def folder(self) -> Path:
        """See :class:`PictureSource`."""
        return self._store.folder

    def placed(self, rows: Iterable[Row]) -> Iterator[Placed]:
        """See :class:`PictureSource`. Raises MirrorError when the archive is refused or nothing can be written."""
        if self._archive:
            self._unpack(self._archive)
        waiting: deque[tuple[Row, Future[tuple[Answer, str]] | None]] = deque()
        for row in rows:
            waiting.append((row, self._begin(row[1])))
            while waiting and (waiting[0][1] is None or len(waiting) >= AHEAD * self._rules.at_once):
                yield self._end(*waiting.popleft())
        while waiting:
            yield self._end(*waiting.popleft())

    def built(self, out: Path) -> None:
        """See :class:`PictureSource`."""
        self._store.sweep(
            one for index in (out, *self._indexes) for one in (index, previous_of(index), before_update_of(index))
        )

    def close(self) -> None:
        """End what is being fetched, and join the threads; the store is for who opened it to close."""
        self._stop.set()
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def _begin(self, item: Item | RowError) -> Future[tuple[Answer, str]] | None:
        """Ask for a picture that has to be asked for."""
        if isinstance(item, RowError) or self._pool is None or not is_url(item.picture):
            return None
        url = item.picture
        if url in self._asked:
            return self._asked[url]
        known = self._store.url(url)
        have = known is not None and self._store.has(known.name)
        if known and (have or known.reason):
            fresh = not known.reason and known.asked > time.time() - self._rules.recheck_s
            if known.asked >= self._began or fresh:
                return None
        if self._failures.get(_host(url), 0) >= FAILURES_IN_A_ROW:
            return None
        etag, modified = (known.etag, known.modified) if known and have else ("", "")
        asked = self._pool.submit(self._fetch, url, etag, modified)
        self._asked[url] = asked
        return asked

    def _end(self, row: Row, asked: Future[tuple[Answer, str]] | None) -> Placed:
        line, item = row
        if isinstance(item, RowError):
            return Placed(line, item)
        try:
            name = self._name(item.picture, asked)
        except PictureError as error:
            self.report.failed += 1
            return Placed(line, item, error.row(line, item.id))
        self._store.use(name)
        return Placed(line, replace(item, picture=name))

    def _name(self, picture: str, asked: Future[tuple[Answer, str]] | None) -> str:
        if is_url(picture):
            return self._of_url(picture, asked)
        if self._archive:
            return self._of_archive(self._archive, picture)
        if self._local:
            return self._of_folder(self._local, picture)
        raise PictureError(f"'{picture}' is no URL, and there is no --pictures")

    def _of_url(self, url: str, asked: Future[tuple[Answer, str]] | None) -> str:
        if self._pool is None:
            raise PictureError(
                "is a URL; fetching is allowed by --picture-urls, or urls = true in [pictures] of a --mapping")
        known = self._store.url(url)
        # The first of several rows with this URL has taken the answer in; the others find it in the store.
        if asked is not None and self._asked.pop(url, None) is not None:
            known = self._take_in(url, asked, known)
        given_up = self._failures.get(_host(url), 0) >= FAILURES_IN_A_ROW
        if known is None or not self._store.has(known.name):
            gone = f"cannot be fetched: {_host(url)} was given up after {FAILURES_IN_A_ROW} failures in a row"
            raise PictureError(known.reason if known and known.reason and known.asked >= self._began else gone)
        self.report.kept += asked is None and given_up and known.asked < self._began - self._rules.recheck_s
        return known.name

    def _take_in(self, url: str, asked: Future[tuple[Answer, str]], known: Known | None) -> Known:
        now, host = time.time(), _host(url)
        have = known is not None and self._store.has(known.name)
        try:
            answer, name = asked.result()
        except PictureError as error:
            if not error.again:
                self._failures.pop(host, None)
                now_known = Known("", "", "", now, str(error))
            else:
                self._failures[host] = self._failures.get(host, 0) + 1
                if known is not None and have:  # the server is away, the picture is not
                    self.report.kept += 1
                    now_known = known._replace(asked=now, reason=str(error))
                else:
                    now_known = Known("", "", "", now, str(error))
        else:
            self._failures.pop(host, None)
            if answer.data is None and known is not None:
                self.report.unchanged += 1
                now_known = Known(
                    known.name, answer.etag or known.etag, answer.modified or known.modified, now, "")
            else:
                self._store.use(name)
                same = known is not None and known.name == name
                self.report.unchanged += same
                self.report.fetched += not same
                now_known = Known(name, answer.etag, answer.modified, now, "")
        self._store.note_url(url, now_known)
        return now_known

    def _fetch(self, url: str, etag: str, modified: str) -> tuple[Answer, str]:
        """On a thread of the pool: the answer without its bytes, and the name under which they are kept."""
        for left in reversed(range(self._rules.tries)):
            try:
                answer = fetch(url, self._rules, etag=etag, modified=modified, stop=self._stop)
                if answer.data is None:
                    return answer, ""
                shape = checked(answer.data, self._rules, self._inspect)
                name = self._store.write(answer.data, SUFFIXES[shape.kind])
                return Answer(b"", answer.etag, answer.modified), name
            except PictureError as error:
                if not error.again or not left or self._stop.is_set():
                    raise
            self._stop.wait(self._pause_s * 2 ** (self._rules.tries - 1 - left))
        raise AssertionError("tries is at least 1")

    def _of_archive(self, archive: Path, picture: str) -> str:
        member = plain_name(picture.replace("\\", "/").removeprefix("./"))
        for again in (False, True):
            found = self._store.member(self._archive_name, member)
            if found is None and self._top:
                found = self._store.member(self._archive_name, f"{self._top}/{member}")
            name, reason = found or ("", f"'{picture}' is not in {archive.name}")
            if not name:
                raise PictureError(reason)
            if self._store.has(name):
                break
            if again or self._unpacked:
                raise PictureError(f"was removed from {self._store.folder.name} while the index was built")
            self._unpack(archive, anew=True)  # somebody removed what was unpacked earlier
        return name

    def _of_folder(self, folder: Path, picture: str) -> str:
        """A copy: the shop may write over its own file, and an index that serves must go on with the old one."""
        path = folder / picture
        try:
            if not path.is_file():
                raise PictureError(f"'{picture}' is not in the picture folder")
            if path.stat().st_size > self._rules.max_mb * MEGABYTE:
                raise PictureError(f"is larger than {self._rules.max_mb:g} MB")
            data = path.read_bytes()
        except OSError as error:
            raise PictureError(f"cannot be read ({error.strerror})") from None
        return self._store.write(data, SUFFIXES[checked(data, self._rules, self._inspect).kind])

    def _unpack(self, archive: Path, anew: bool = False) -> None:
        """All pictures of an archive into the store, unless this very archive is there already."""
        rules = self._rules
        stamp = f"{_stamp(archive)} {rules.max_mb} {rules.max_megapixels} {rules.store_mb}"
        known = self._store.unpacked(self._archive_name)
        if known and known[0] == stamp and not anew:
            self._top = known[1]
            return
        self._unpacked = True
        self._say(f"unpacking {archive} into {self._store.folder}")
        self._store.forget_archive(self._archive_name)
        tops: set[str] = set()
        for member in members(archive, self._rules):
            top, _, below = member.name.partition("/")
            if len(tops) < 2:
                tops.add(top if below else "")
            name, reason = "", member.reason
            if not reason:
                try:
                    name = self._store.write(
                        member.data, SUFFIXES[checked(member.data, self._rules, self._inspect).kind])
                    self._store.use(name)
                    self.report.unpacked += 1
                except PictureError as error:
                    reason = str(error)
            if not self._store.note_member(self._archive_name, member.name, name, reason):
                raise MirrorError(f"{archive}: is refused: it has two members '{member.name[:80]}'; pack it again")
        # A folder that was packed as a whole: the feed's names are those inside of it.
        self._top = tops.pop() if len(tops) == 1 else ""
        self._store.note_archive(self._archive_name, stamp, self._top)


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


def _stamp(archive: Path) -> str:
    """What tells an archive from another at the same place: its size, time, and first and last bytes."""
    try:
        with open(archive, "rb") as file:
            status = archive.stat()
            start = file.read(1 << 16)
            file.seek(max(0, status.st_size - (1 << 16)))
            ends = hashlib.sha256(start + file.read()).hexdigest()
    except OSError as error:
        raise MirrorError(f"{archive}: cannot be read ({error.strerror}); check --pictures") from None
    return f"{status.st_size} {status.st_mtime_ns} {ends}"
