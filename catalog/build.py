"""A feed and its pictures become one index file.

Good rows go in; bad ones are listed, with line, field and reason, in the report and in
``OUT.rejected.jsonl``. Whatever happens, the file at the destination is either the one that was there or the
whole new one.
"""

from __future__ import annotations

import filecmp
import time
from collections.abc import Callable
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType

import cv2
import numpy as np

from catalog.atomic import before_update_of, draft_of, previous_of, protect, replacing
from catalog.columns import unit
from catalog.embedded import Embedded
from catalog.ids import Ids
from catalog.ingest import count_rows, numbered_items
from catalog.layout import MAGIC, Sealed
from catalog.mapping import FeedMapping, Understanding
from catalog.pictures.source import Folder, PictureSource
from catalog.rejects import Rejects, reasons
from catalog.schema import RowError
from catalog.spool import Spool, VectorSpool
from catalog.writer import group_of, recorded_pictures, write_index
from mirror.domain import FloatArray, ImageArray, Item, MirrorError, UsageError

Progress = Callable[[int, int, float], None]
"""Called after each row with rows done, rows in all, and rows per second."""


@dataclass(frozen=True)
class BuildReport:
    """What a build did: items that went in, the first rows that did not and how many there are in all, seconds, where
    the index is, and the list of rejected rows (None when there are none). changed: False when exactly this was there
    already (then the file was not touched). kept: where the index that it replaced is."""

    rows: int
    bad: list[RowError] = field(default_factory=list)
    left_out: int = 0
    seconds: float = 0.0
    out: Path = Path()
    rejected: Path | None = None
    unknown: dict[str, int] = field(default_factory=dict)
    """Free texts of categories that were not understood, and the rows of each."""
    changed: bool = True
    kept: Path | None = None


def read_plain_picture(path: Path) -> ImageArray:
    """BGR uint8 (height, width, 3). The mirror's own reader (EXIF, size limits) is given to :func:`build`
    instead."""
    try:
        data = np.fromfile(path, dtype=np.uint8)
        image = cv2.imdecode(data, cv2.IMREAD_COLOR) if len(data) else None
    except (OSError, cv2.error):
        image = None
    if image is None:
        raise MirrorError(f"{path}: is no picture that can be read")
    return np.asarray(image, dtype=np.uint8)


def build(
    items_path: Path,
    pictures: Path | PictureSource,
    out: Path,
    embed: Callable[[ImageArray], FloatArray],
    embedder_name: str,
    progress: Progress | None = None,
    *,
    read_picture: Callable[[Path], ImageArray] = read_plain_picture,
    colours: Callable[[ImageArray], tuple[str, ...]] | None = None,
    built: str = "",
    format: str | None = None,
    mapping: FeedMapping | None = None,
    rejects: Path | None = None,
    work: Path | None = None,
    keep: bool = True,
) -> BuildReport:
    """Build an index from a feed (see :mod:`catalog.ingest` for its kinds, ``format`` and ``mapping``).

    pictures: their folder, or another source of them (:mod:`catalog.pictures.source`). rejects: the file of rejected
    rows (None: ``OUT.rejected.jsonl``). work: a folder that keeps embeddings, so that
    a build goes on after a kill and embeds only pictures that changed. keep: the index that ``out`` was is kept
    (:func:`catalog.atomic.previous_of`), so that a rollback can go back to it.

    embed: BGR uint8 (h, w, 3) -> float32 (d,), the same d each time; need not be normalised. A MirrorError of
    its own stops the build. read_picture: raises MirrorError for a bad picture, which makes its row a bad
    one. colours: an item's main colours as #rrggbb, most first. built: see
    :func:`catalog.writer.write_index`. Raises MirrorError when the feed cannot be read, no row is good, or
    ``out`` cannot be written; then nothing is left behind. The same input gives the same bytes.
    """
    started = time.monotonic()
    source = Folder(pictures) if isinstance(pictures, Path) else pictures
    _check_places(source.folder, out)
    total = count_rows(items_path, format, mapping)
    report = Understanding()
    dim = 0
    with ExitStack() as stack:
        bad = stack.enter_context(closing(Rejects(out.parent)))
        swap = stack.enter_context(_Swap(out, keep))
        ids = stack.enter_context(closing(Ids(out.with_name(f".{out.name}.ids"))))
        items = stack.enter_context(closing(Spool(out.parent)))
        vectors = stack.enter_context(closing(VectorSpool(out.parent)))
        known = Embedded(work, embedder_name, colours is not None) if work else None
        if known:
            stack.callback(known.close)
        rows = source.placed(numbered_items(items_path, format, mapping, report))
        for done, (line, item, problem) in enumerate(rows, start=1):
            try:
                if isinstance(item, RowError):
                    raise item
                earlier = ids.line_of(item.id)
                if earlier is not None:
                    raise RowError(line, "id", f"is on line {earlier} already", item.id)
                if problem is not None:
                    raise problem
                key = _key(known, source.folder, item)
                kept = known.get(key) if known and key else None
                if kept:
                    vector = _vector(kept[0], item, line, dim, scale=False)
                    seen = kept[1]
                else:
                    image = _picture(source.folder, item, line, read_picture)
                    vector = _vector(embed(image), item, line, dim)
                    seen = colours(image) if colours else ()
                    if known and key:
                        known.put(key, vector, seen)
                items.append(replace(item, colours=seen) if colours else item)
                dim = len(vector)
                vectors.append(vector)
                ids.add(item.id, line, group_of(item))
            except RowError as error:
                bad.add(error)
            if progress:
                progress(done, total, done / max(time.monotonic() - started, 1e-9))
        if not items:
            raise MirrorError(f"{items_path}: no row can be used; {reasons(bad.first, bad.count)}")
        write_index(
            swap.draft, items, vectors, embedder=embedder_name, pictures=recorded_pictures(source.folder, out),
            built=built, ids=ids, scratch=out.parent,
        )
        swap.end()
        rejected = bad.write(rejects or out.with_name(out.name + ".rejected.jsonl"))
        source.built(out)
        return BuildReport(
            len(items), bad.first, bad.count, time.monotonic() - started, out, rejected,
            dict(report.unknown.most_common()), swap.changed, swap.kept,
        )


class _Swap:
    """The draft of an index, which takes the place of the one that mirrors may have open, at :meth:`end`. That one is
    kept for a rollback, as a publish keeps it; the same bytes are not swapped in again."""

    def __init__(self, out: Path, keep: bool) -> None:
        self._out = out
        old = _opens(out)
        self._protected = old and not out.stat().st_mode & 0o222
        # one that is damaged is not worth keeping in the place of the last good one
        self.kept = previous_of(out) if keep and old else None
        self._writing = replacing(out, keep=self.kept)
        self.changed = True
        self._ended = False

    def __enter__(self) -> _Swap:
        self.draft = self._writing.__enter__()
        return self

    def end(self) -> None:
        """Swap the draft in."""
        self.draft.flush()
        self.changed = not (self._out.is_file() and filecmp.cmp(draft_of(self._out), self._out, shallow=False))
        self._ended = True
        if not self.changed:
            self.kept = None
            with suppress(_Unchanged):
                self._writing.__exit__(_Unchanged, _Unchanged(), None)
            return
        self._writing.__exit__(None, None, None)
        if self._protected:
            protect(self._out)
        if self.kept:
            before_update_of(self._out).unlink(missing_ok=True)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._ended:
            self._writing.__exit__(kind, error, trace)


class _Unchanged(Exception):
    """The draft is what is there already."""


def _opens(out: Path) -> bool:
    try:
        Sealed.open(out)
    except MirrorError:
        return False
    return True


def _check_places(pictures_dir: Path, out: Path) -> None:
    if not pictures_dir.is_dir():
        raise UsageError(f"{pictures_dir}: is no folder; give the folder of the pictures with --pictures")
    if not out.parent.is_dir():
        raise UsageError(f"{out.parent}: is no folder; make it, or choose another place with --out")
    if out.is_dir():
        raise UsageError(f"{out}: is a folder; give a file with --out")
    with suppress(FileNotFoundError), open(out, "rb") as existing:
        start = existing.read(len(MAGIC))
        if start not in (b"", MAGIC):
            raise UsageError(f"{out}: is there and is no catalogue; remove it, or give another --out")


def _key(known: Embedded | None, folder: Path, item: Item) -> bytes | None:
    if known is None:
        return None
    try:
        return known.key(folder / item.picture)
    except OSError:  # reading the picture says what is wrong
        return None


def _picture(folder: Path, item: Item, line: int, read: Callable[[Path], ImageArray]) -> ImageArray:
    path = folder / item.picture
    try:
        if not path.is_file():
            raise RowError(line, "picture", f"'{item.picture}' is not in the picture folder", item.id)
        return read(path)
    except OSError as error:  # a name too long for the file system, no right to read
        raise RowError(line, "picture", f"cannot be read ({error.strerror})", item.id) from None
    except RowError:
        raise
    except MirrorError as error:
        raise RowError(line, "picture", str(error), item.id) from None


def _vector(values: FloatArray, item: Item, line: int, dim: int, scale: bool = True) -> FloatArray:
    if values.ndim != 1 or (dim and len(values) != dim):
        raise MirrorError(f"{item.id}: the embedder gave shape {values.shape}, not ({dim or 'd'},)")
    try:
        return unit(values).astype(np.float32) if scale else values
    except MirrorError as error:
        raise RowError(line, "picture", f"cannot be embedded: {error}", item.id) from None
