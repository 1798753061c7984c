"""A thread that keeps an open catalogue up with its file, so that no query and no window waits for a new one.

Once a second it compares (device, inode, mtime); a file that is another one is mapped, read whole against its
checksums, and only then answers. A bad one, or one of another embedder, is refused with a line for the staff, and the
old one goes on.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from catalog.index import Catalogue
from mirror.domain import MirrorError

EVERY_S = 1.0
NICE = 10
"""Reading a large file whole must not take the mirror's turn (Linux only)."""
LONGEST_LINE = 500


def refused_of(live: Path) -> Path:
    """Where :mod:`catalog.watch` says what it refused last; gone when the next file was good."""
    return live.with_name(live.name + ".refused")


class Following:
    """Follows one catalogue from :meth:`start` to :meth:`stop`. On its thread ``on_read`` is called when an edition was
    read whole, the first one too, and ``on_change`` when another one answers."""

    def __init__(self, catalogue: Catalogue, every_s: float = EVERY_S) -> None:
        self.on_read: Callable[[], None] = lambda: None
        self.on_change: Callable[[], None] = lambda: None
        self._catalogue, self._every_s = catalogue, every_s
        self._refused = ""
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def problem(self) -> str:
        """Why the items shown may be old, in one line, or empty. Reads no file."""
        return self._catalogue.last_warning or self._refused

    def start(self) -> None:
        """Begin; from now on queries only look whether the mapped file was written to in place."""
        if self._thread is None:
            self._stop.clear()
            self._catalogue.followed = True
            self._thread = threading.Thread(target=self._run, name="mirror-catalogue", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Stop and join; queries look for a new file themselves again."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
            self._catalogue.followed = False

    def check(self) -> None:
        """Read the file that is open whole, on the calling thread: opening looked at its header only."""
        edition = self._catalogue.edition
        self._catalogue.check()
        self._tell(edition, first=True)

    def look(self) -> None:
        """Look once, on the calling thread."""
        edition = self._catalogue.edition
        with suppress(MirrorError):  # closed, or written to in place: the query says so
            self._catalogue.look_again()
        self._refused = _line_in(refused_of(self._catalogue.path))
        self._tell(edition)

    def _tell(self, edition: int, *, first: bool = False) -> None:
        changed = self._catalogue.edition != edition
        if changed or first:
            with suppress(MirrorError):  # what cannot be read is told by the query that needs it
                self.on_read()
        if changed:
            self.on_change()

    def _run(self) -> None:
        if sys.platform.startswith("linux"):
            with suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
        self.check()
        while not self._stop.is_set():
            self.look()
            self._stop.wait(self._every_s)


def _line_in(path: Path) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.readline(LONGEST_LINE).strip()
    except OSError:
        return ""
