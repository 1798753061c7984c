"""A file that appears whole or not at all, whoever is reading the old one and however the writer ends.

Who writes holds a lock on ``.NAME.building``. The file that was there may be kept under another name: it is linked to
``.KEPT.keeping`` first, then the new one takes its place, then the link gets its name; what a kill leaves in between
is put right by the next writer. At no moment is there no file at NAME.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from mirror.domain import MirrorError


class Busy(MirrorError):
    """Another process is writing the same file; it can be tried again when that has ended."""


def previous_of(path: Path) -> Path:
    """Where the index before the last publish is kept."""
    return path.with_name(path.name + ".previous")


def before_update_of(path: Path) -> Path:
    """Where the index before the last update of prices and stock is kept."""
    return path.with_name(path.name + ".before-update")


def draft_of(path: Path) -> Path:
    """Where what shall take the place of ``path`` is written."""
    return path.with_name(f".{path.name}.building")


@contextmanager
def replacing(path: Path, keep: Path | None = None) -> Iterator[BinaryIO]:
    """Write to the file this gives; on leaving it is flushed to the disk and takes the place of ``path``.

    keep: a name in the same folder under which the file that was there stays. The writing goes to
    :func:`draft_of`. That file is locked, so a second writer is refused (:class:`Busy`), removed on any exception, and
    taken over by the next writer when a killed one has left it. Raises MirrorError when the folder cannot be written or
    the disk is full.
    """
    with _writing(path) as out:
        yield out
        out.flush()
        os.fsync(out.fileno())
        held = _hold(path, keep) if keep else None
        os.replace(draft_of(path), path)
        if held and keep:
            os.replace(held, keep)


def protect(path: Path) -> None:
    """Take the right to write from everybody: a copy made onto a file that mirrors have mapped would cut it under them
    (SIGBUS), and now it is refused. Replacing and removing it ask the folder, not the file."""
    with suppress(OSError):  # a file system without rights
        os.chmod(path, os.stat(path).st_mode & ~0o222 & 0o7777)


def exchange(path: Path, kept: Path, check: Callable[[Path], None]) -> None:
    """Put a kept file in the place of ``path`` and keep that one under its name: done twice, all is as it was.

    check: called with ``kept`` while nobody else may write; what it raises ends this and changes nothing. Raises
    MirrorError when there is no kept file, and as :func:`replacing` does.
    """
    with _writing(path):
        if not kept.is_file() or (path.exists() and os.path.samefile(path, kept)):
            raise MirrorError(f"{path}: has no {kept.name} to go back to")
        check(kept)
        held = _hold(path, kept)
        os.replace(kept, path)
        if held:
            os.replace(held, kept)
        draft_of(path).unlink()


@contextmanager
def _writing(path: Path) -> Iterator[BinaryIO]:
    """The locked, empty draft of ``path``; the folder is flushed at the end, the draft gone however it ends."""
    draft = draft_of(path)
    try:
        out = _claimed(draft, path)
        try:
            for kept in (previous_of(path), before_update_of(path)):
                _settle(path, kept)
            yield out
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


def _holder(kept: Path) -> Path:
    return kept.with_name(f".{kept.name}.keeping")


def _hold(path: Path, kept: Path) -> Path | None:
    """A second name for the file at ``path``; where the file system has no links, a copy. None without a file."""
    holder = _holder(kept)
    try:
        os.link(path, holder)
    except FileNotFoundError:
        return None
    except OSError:
        part = holder.with_name(holder.name + ".part")
        shutil.copy2(path, part)
        os.replace(part, holder)
    return holder


def _settle(path: Path, kept: Path) -> None:
    """Put right what a writer that was killed between its steps has left."""
    holder = _holder(kept)
    holder.with_name(holder.name + ".part").unlink(missing_ok=True)
    if not holder.exists():
        return
    if path.exists() and _alike(os.stat(path), os.stat(holder)):
        holder.unlink()  # the new file never came to its place
    else:
        os.replace(holder, kept)


def _alike(one: os.stat_result, other: os.stat_result) -> bool:
    return os.path.samestat(one, other) or (one.st_size, one.st_mtime_ns) == (other.st_size, other.st_mtime_ns)


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
            raise Busy(f"{path}: is being written by another build; wait for it to end") from None
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
