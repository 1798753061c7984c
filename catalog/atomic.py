"""A file that appears whole or not at all, whoever is reading the old one and however the writer ends."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from mirror.domain import MirrorError


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Write to the file this gives; on leaving it is flushed to the disk and takes the place of ``path``.

    The writing goes to ``.NAME.building`` beside it. That file is locked, so a second writer is refused,
    removed on any exception, and taken over by the next writer when a killed one has left it. Raises
    MirrorError when the folder cannot be written or the disk is full.
    """
    draft = path.with_name(f".{path.name}.building")
    try:
        out = _claimed(draft, path)
        try:
            yield out
            out.flush()
            os.fsync(out.fileno())
            os.replace(draft, path)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
        finally:
            out.close()
        _sync_folder(path.parent)
    except OSError as error:
        raise MirrorError(
            f"{path}: cannot be written ({error.strerror or error}); "
            "check the folder, its rights and the free space"
        ) from None


def _claimed(draft: Path, path: Path) -> BinaryIO:
    """The draft, empty and locked by us. Its name may have moved on to ``path`` between opening and locking,
    when another writer has just finished; then it is not ours and must not be emptied."""
    while True:
        out = open(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666), "r+b")  # noqa: SIM115
        try:
            fcntl.flock(out, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if draft.exists() and os.path.samestat(os.fstat(out.fileno()), os.stat(draft)):
                out.truncate()
                return out
        except BlockingIOError:
            out.close()
            raise MirrorError(f"{path}: is being written by another build; wait for it to end") from None
        except BaseException:
            out.close()
            raise
        out.close()


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
