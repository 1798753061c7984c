"""A feed and its pictures become one index file.

Good rows go in; bad ones are listed, with line, field and reason, in the report and in
``OUT.rejected.jsonl``. Whatever happens, the file at the destination is either the one that was there or the
whole new one.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2
import numpy as np

from catalog.atomic import replacing
from catalog.columns import unit
from catalog.embedded import Embedded
from catalog.ingest import count_rows, numbered_items
from catalog.layout import MAGIC
from catalog.mapping import FeedMapping, Understanding
from catalog.rejects import reasons, write_rejected
from catalog.schema import RowError
from catalog.spool import Spool
from catalog.writer import recorded_pictures, write_index
from mirror.domain import FloatArray, ImageArray, Item, MirrorError, UsageError

Progress = Callable[[int, int, float], None]
"""Called after each row with rows done, rows in all, and rows per second."""


@dataclass(frozen=True)
class BuildReport:
    """What a build did: items that went in, rows that did not, seconds, where the index is, and the list of
    rejected rows (None when there are none)."""

    rows: int
    bad: list[RowError] = field(default_factory=list)
    seconds: float = 0.0
    out: Path = Path()
    rejected: Path | None = None
    unknown: dict[str, int] = field(default_factory=dict)
    """Free texts of categories that were not understood, and the rows of each."""


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
    pictures_dir: Path,
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
) -> BuildReport:
    """Build an index from a feed (see :mod:`catalog.ingest` for its kinds, ``format`` and ``mapping``).

    rejects: the file of rejected rows (None: ``OUT.rejected.jsonl``). work: a folder that keeps embeddings, so that
    a build goes on after a kill and embeds only pictures that changed.

    embed: BGR uint8 (h, w, 3) -> float32 (d,), the same d each time; need not be normalised. A MirrorError of
    its own stops the build. read_picture: raises MirrorError for a bad picture, which makes its row a bad
    one. colours: an item's main colours as #rrggbb, most first. built: see
    :func:`catalog.writer.write_index`. Raises MirrorError when the feed cannot be read, no row is good, or
    ``out`` cannot be written; then nothing is left behind. The same input gives the same bytes.
    """
    started = time.monotonic()
    _check_places(pictures_dir, out)
    total = count_rows(items_path, format, mapping)
    rejected_path = rejects or out.with_name(out.name + ".rejected.jsonl")
    report = Understanding()
    bad: list[RowError] = []
    lines: dict[str, int] = {}
    dim = 0
    with replacing(out) as draft, tempfile.TemporaryFile(dir=out.parent) as spool, ExitStack() as stack:
        items = Spool(out.parent)
        stack.callback(items.close)
        known = Embedded(work, embedder_name, colours is not None) if work else None
        if known:
            stack.callback(known.close)
        for done, (line, item) in enumerate(numbered_items(items_path, format, mapping, report), start=1):
            try:
                if isinstance(item, RowError):
                    raise item
                if item.id in lines:
                    raise RowError(line, "id", f"is on line {lines[item.id]} already", item.id)
                key = _key(known, pictures_dir, item)
                kept = known.get(key) if known and key else None
                if kept:
                    vector = _vector(kept[0], item, line, dim, scale=False)
                    seen = kept[1]
                else:
                    image = _picture(pictures_dir, item, line, read_picture)
                    vector = _vector(embed(image), item, line, dim)
                    seen = colours(image) if colours else ()
                    if known and key:
                        known.put(key, vector, seen)
                items.append(replace(item, colours=seen) if colours else item)
                dim = len(vector)
                spool.write(vector.tobytes())
                lines[item.id] = line
            except RowError as error:
                bad.append(error)
            if progress:
                progress(done, total, done / max(time.monotonic() - started, 1e-9))
        if not items:
            raise MirrorError(f"{items_path}: no row can be used; {reasons(bad)}")
        spool.flush()
        vectors = np.memmap(spool, dtype=np.float32, mode="r", shape=(len(items), dim))
        write_index(
            draft, items, vectors, embedder=embedder_name, pictures=recorded_pictures(pictures_dir, out), built=built
        )
        del vectors
    return BuildReport(
        len(items), bad, time.monotonic() - started, out, write_rejected(rejected_path, bad),
        dict(report.unknown.most_common()),
    )


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
