"""A folder that shops drop files into: each is taken when it is complete, and becomes what mirrors serve.

An index is published; a full feed is built and published; a feed of prices and stock updates. Files are taken in the
order of their times, one at a time, by a thread of its own. What was used goes to ``done/``, where the newest few stay;
what is refused stays where it is with the reason beside it (``NAME.refused.txt``), and is tried again when it changes.
Beside the live index :func:`refused_of` says what was refused last, for the mirrors' screens.
"""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from catalog.atomic import Busy, replacing
from catalog.commands import published_document, update_command
from catalog.following import refused_of
from catalog.layout import MAGIC, claimed_length
from catalog.mapping import FeedMapping
from catalog.publish import publish
from catalog.update import is_update
from mirror.domain import MirrorError

SUFFIXES = frozenset({".csv", ".tsv", ".txt", ".jsonl", ".ndjson", ".parquet", ".xml", ".catalogue", ".catalog"})
"""Files of other names are left alone, and so are hidden ones."""

REASON = ".refused.txt"
LEFT_OUT = (".rejected.jsonl", REASON)
"""What this writes itself."""

SETTLE_S = 2.0
"""A file is complete when its size and time have stood still for so long..."""
UNENDED_S = 30.0
"""... or for so long, when it looks unfinished: an index shorter than its header says, text without a last line end."""

POLL_S = 1.0
DONE_KEPT = 20
"""Files that stay in ``done/``."""
LEAST_SHARE = 0.5
"""A new index with less than this share of the items is refused: half a feed looks like a whole one."""

Kind = Literal["published", "updated", "unchanged", "refused", "waiting"]
Build = Callable[[Path, Path, "Callable[[int, int, float], None]", Path], dict[str, Any]]
"""(feed, index to write, progress, file of rejected rows) -> the document of a build. What progress raises ends it."""


@dataclass(frozen=True)
class Event:
    """What became of a file, as one line for people and as the document of the command that did it."""

    kind: Kind
    file: Path
    line: str
    document: dict[str, Any] = field(default_factory=dict)


class Stopped(Exception):
    """The watch is being stopped; the work goes on at its next start."""


class Watch:
    """Watches a folder until :meth:`stop`. ``on_event`` is called on the watching thread."""

    def __init__(
        self, folder: Path, live: Path, *, build: Build, on_event: Callable[[Event], None],
        mapping: FeedMapping | None = None, settle_s: float = SETTLE_S, clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Raises MirrorError when the folder cannot be used."""
        self._folder, self._live, self._build, self._on_event = folder, live, build, on_event
        self._mapping, self._settle_s, self._clock = mapping, settle_s, clock
        self._seen: dict[str, tuple[tuple[int, int, int], float]] = {}
        self._refused: dict[str, tuple[int, int, int]] = {}
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._working, self._done = folder / ".working", folder / "done"
        self._staged = live.with_name(f".{live.name}.incoming")
        try:
            for place in (self._working, self._done):
                place.mkdir(exist_ok=True)
        except OSError as error:
            raise MirrorError(f"{folder}: cannot be watched ({error.strerror}); give a folder to write in") from None
        for left in self._working.iterdir():  # of a watch that was killed
            self._give_back(left)
        for reason in folder.glob("*" + REASON):  # each is tried again and told anew
            reason.unlink(missing_ok=True)
        refused_of(live).unlink(missing_ok=True)

    def start(self) -> None:
        """Begin on a thread of its own."""
        self._thread = threading.Thread(target=self._run, name="catalogue-watch", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End what is being done (a build goes on at the next start) and join the thread."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def step(self) -> bool:
        """Look once, and take the file that is complete and oldest; whether there was one."""
        ready = sorted(self._ready(), key=lambda path: self._seen[path.name][0][1:])
        for path in ready[:1]:
            self._take(path)
        return bool(ready)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                more = self.step()
            except OSError as error:  # a network folder that went away comes back
                self._on_event(Event("waiting", self._folder, f"{self._folder}: cannot be read ({error.strerror})"))
                more = False
            if not more:
                self._stop.wait(POLL_S)

    def _ready(self) -> list[Path]:
        """Files that have stood still for long enough."""
        now, found, seen = self._clock(), [], {}
        for entry in os.scandir(self._folder):
            name = entry.name
            if name.startswith(".") or name.endswith(LEFT_OUT) or Path(name).suffix.lower() not in SUFFIXES:
                continue
            with suppress(FileNotFoundError):
                if not entry.is_file():
                    continue
                path, stamp = self._folder / name, _stamp(self._folder / name)
                known = self._seen.get(name)
                since = known[1] if known and known[0] == stamp else now
                seen[name] = (stamp, since)
                if self._refused.get(name) == stamp or now - since < self._settle_s:
                    continue
                if now - since >= UNENDED_S or not _unfinished(path):
                    found.append(path)
        self._seen = seen
        for name in [name for name in self._refused if name not in seen]:  # somebody took it away
            del self._refused[name]
            self._no_longer_refused(name)
        return found

    def _take(self, path: Path) -> None:
        """Use one file. It is moved away first, so that one dropped under its name meanwhile is another file."""
        stamp = self._seen.pop(path.name)[0]
        mine = self._working / path.name
        try:
            os.replace(path, mine)
        except FileNotFoundError:
            return
        try:
            event = self._use(mine, path)
        except Stopped:
            self._give_back(mine)
            return
        except Busy as busy:
            self._give_back(mine)
            self._seen[path.name] = (stamp, self._clock())  # the next try is a settling time away
            self._on_event(Event("waiting", path, str(busy)))
            return
        except MirrorError as error:
            reason = str(error).replace(str(mine), str(path)).replace(str(self._staged), str(path))
            self._refuse(mine, path, reason)
            return
        except Exception as error:  # noqa: BLE001 - one odd file must not end the watch of the others
            self._refuse(mine, path, f"{path}: {type(error).__name__}: {error}")
            return
        with suppress(FileNotFoundError):
            if _stamp(mine) != stamp:  # it was still being written
                self._give_back(mine)
                return
        os.replace(mine, self._done / path.name)
        os.utime(self._done / path.name)
        self._no_longer_refused(path.name)
        self._sweep()
        self._on_event(event)

    def _use(self, mine: Path, path: Path) -> Event:
        rejects = self._done / (path.name + ".rejected.jsonl")
        if _is_index(mine):
            document = published_document(publish(mine, self._live, least_share=LEAST_SHARE))
            return self._published(path, document)
        if self._live.exists() and is_update(mine, mapping=self._mapping):
            document = update_command(self._live, mine, mapping=self._mapping, rejects=rejects)
            line = (
                f"{path.name}: {document['prices_changed']} prices, {document['stock_changed']} items' stock changed"
                + _left_out(document)
            )
            return Event("updated" if document["changed"] else "unchanged", path, line, document)
        try:
            built = self._build(mine, self._staged, self._progress, rejects)
            document = {**built, **published_document(publish(self._staged, self._live, least_share=LEAST_SHARE))}
        finally:
            self._staged.unlink(missing_ok=True)
        return self._published(path, document)

    def _published(self, path: Path, document: dict[str, Any]) -> Event:
        if not document["changed"]:
            return Event("unchanged", path, f"{path.name}: its {document['items']} items are live already", document)
        line = f"{path.name}: {document['items']} items are live{_left_out(document)}"
        return Event("published", path, line, document)

    def _progress(self, done: int, total: int, rate: float) -> None:
        if self._stop.is_set():
            raise Stopped

    def _refuse(self, mine: Path, path: Path, reason: str) -> None:
        """Put a file back with the reason beside it, and say so to the mirrors."""
        self._give_back(mine)
        with suppress(FileNotFoundError):
            self._refused[path.name] = _stamp(path)
        _write_line(_reason_of(path), reason)
        if self._live.exists():
            _write_line(refused_of(self._live), reason)
        self._on_event(Event("refused", path, reason))

    def _no_longer_refused(self, name: str) -> None:
        """Take the reason away; the mirrors go on to be told while another file is refused."""
        _reason_of(self._folder / name).unlink(missing_ok=True)
        left = sorted(self._folder.glob("*" + REASON), key=lambda path: path.stat().st_mtime_ns)
        if left:
            _write_line(refused_of(self._live), left[-1].read_text("utf-8", "replace").strip())
        else:
            refused_of(self._live).unlink(missing_ok=True)

    def _give_back(self, mine: Path) -> None:
        """Put a file back where it was dropped, unless a newer one lies there."""
        place = self._folder / mine.name
        with suppress(FileExistsError, FileNotFoundError):
            try:
                os.link(mine, place)
            except FileExistsError:
                raise
            except OSError:  # no links on this file system
                if not place.exists():
                    shutil.move(mine, place)
        mine.unlink(missing_ok=True)

    def _sweep(self) -> None:
        """Only the newest stay in ``done/``."""
        newest = sorted(self._done.iterdir(), key=lambda path: path.stat().st_mtime_ns, reverse=True)
        for path in newest[2 * DONE_KEPT :]:  # a file and its rejected rows
            path.unlink(missing_ok=True)


def _reason_of(path: Path) -> Path:
    return path.with_name(path.name + REASON)


def _stamp(path: Path) -> tuple[int, int, int]:
    status = path.stat()
    return status.st_ino, status.st_mtime_ns, status.st_size


def _is_index(path: Path) -> bool:
    with open(path, "rb") as file:
        start = file.read(len(MAGIC))
    return start == MAGIC or (path.suffix.lower() in (".catalogue", ".catalog") and not start.strip(b"\0"))


def _unfinished(path: Path) -> bool:
    """Whether a file that has stood still still looks as if more must come."""
    try:
        if _is_index(path):
            return claimed_length(path) != path.stat().st_size
        with open(path, "rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - 16))
            end = file.read()
    except OSError:
        return True
    if path.suffix.lower() == ".parquet":
        return not end.endswith(b"PAR1")
    if path.suffix.lower() == ".xml":
        return not end.rstrip().endswith(b">")
    return not end.endswith((b"\n", b"\r"))


def _left_out(document: dict[str, Any]) -> str:
    return f"; {document['rejected']} rows left out" if document.get("rejected") else ""


def _write_line(path: Path, line: str) -> None:
    with suppress(MirrorError), replacing(path) as out:
        out.write(line.encode("utf-8", "replace") + b"\n")
