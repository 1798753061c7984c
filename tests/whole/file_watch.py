"""Every change under some folders, as the kernel tells it (inotify): what was deleted again is seen too."""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType

# sys/inotify.h
_MODIFY, _MOVED_FROM, _MOVED_TO, _CREATE, _DELETE = 0x2, 0x40, 0x80, 0x100, 0x200
_EVENT = struct.Struct("iIII")


class FileWatch:
    """A context; :meth:`changed` gives the paths that were written, made, moved or deleted since it was entered."""

    def __init__(self, folders: Iterable[Path]) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._places: dict[int, Path] = {}
        self._roots = list(folders)
        self._file = -1

    def __enter__(self) -> FileWatch:
        self._file = self._libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        for root in self._roots:
            for folder in (root, *(path for path in root.rglob("*") if path.is_dir() and not path.is_symlink())):
                number = self._libc.inotify_add_watch(
                    self._file, os.fsencode(folder), _MODIFY | _MOVED_FROM | _MOVED_TO | _CREATE | _DELETE)
                assert number >= 0, f"{folder}: {os.strerror(ctypes.get_errno())}"
                self._places[number] = folder
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None,
    ) -> None:
        os.close(self._file)

    def changed(self) -> set[Path]:
        """Since the last call."""
        found: set[Path] = set()
        while True:
            try:
                data = os.read(self._file, 65536)
            except BlockingIOError:
                return found
            at = 0
            while at < len(data):
                number, _, _, length = _EVENT.unpack_from(data, at)
                at += _EVENT.size
                found.add(self._places[number] / data[at : at + length].rstrip(b"\0").decode())
                at += length
