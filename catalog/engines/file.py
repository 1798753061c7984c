"""The default engine: a folder with one index file for each store, on this disk or a share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from catalog.atomic import replacing
from catalog.columns import unit_rows
from catalog.engines.contract import BATCH, About, Rows, check_about, digest
from catalog.filter import Filter
from catalog.index import Catalogue
from catalog.snapshot import Snapshot
from catalog.writer import write_index
from mirror.domain import FloatArray, Item, MirrorError

SUFFIX = ".catalogue"


class FileEngine:
    """``FOLDER/STORE.catalogue``. Each change writes the file anew, in memory: for a store's slice, not a chain's
    millions."""

    def __init__(self, folder: Path, store: str) -> None:
        """Raises MirrorError when the folder is none."""
        if not folder.is_dir():
            raise MirrorError(f"{folder}: is no folder; make it, or give the chain's engine as a URL")
        self.place, self.store = str(folder), store
        self.path = folder / f"{store}{SUFFIX}"

    def about(self) -> About | None:
        """See :class:`Engine`; the embedder of this store's file."""
        if not self.path.exists():
            return None
        with Catalogue.open(self.path) as file:
            return About(file.embedder, file.dim, file.snapshot.pictures)

    def query(
        self, vector: FloatArray, filter: Filter | None = None, k: int = 8, *, embedder: str
    ) -> list[tuple[Item, float]]:
        """See :class:`Engine`."""
        has = self.about()
        if has is None:
            return []
        check_about(self.place, has, About(embedder, has.dim))
        with Catalogue.open(self.path) as file:
            return file.query(vector, filter, k)

    def count(self, filter: Filter | None = None) -> int:
        """See :class:`Engine`."""
        if not self.path.exists():
            return 0
        with Catalogue.open(self.path) as file:
            return sum(1 for _ in file.snapshot.rows(filter or Filter(in_stock=False)))

    def revision(self) -> str:
        """See :class:`Engine`; of the file's content."""
        if not self.path.exists():
            return ""
        with Catalogue.open(self.path) as file:
            return f"{file.snapshot.sealed.content} {file.snapshot.sealed.stamp[2]}"

    def digests(self) -> dict[str, str]:
        """See :class:`Engine`."""
        return {
            item.id: digest(item, vector) for rows in self.rows() for item, vector in zip(*rows, strict=True)
        }

    def rows(self) -> Iterator[Rows]:
        """See :class:`Engine`; one mapped file is one moment."""
        if self.path.exists():
            with Catalogue.open(self.path) as file:
                yield from index_rows(file.snapshot)

    @contextmanager
    def writing(self, about: About) -> Iterator[_Changes]:
        """See :class:`Engine`. A slice that ends without rows is no file."""
        check_about(self.place, self.about(), about)
        changes = _Changes({
            item.id: (item, vector) for rows in self.rows() for item, vector in zip(*rows, strict=True)
        }, about)
        yield changes
        kept = list(changes.kept.values())
        if not kept:
            self.path.unlink(missing_ok=True)
            return
        with replacing(self.path) as out:
            write_index(
                out, [item for item, _ in kept], np.stack([vector for _, vector in kept]),
                embedder=about.embedder, pictures=about.pictures,
            )

    def close(self) -> None:
        """Nothing is held open."""


class _Changes:
    def __init__(self, kept: dict[str, tuple[Item, FloatArray]], about: About) -> None:
        self.kept, self._about = kept, about

    def put(self, items: Sequence[Item], vectors: FloatArray) -> None:
        for item, vector in zip(items, unit_rows(vectors), strict=True):
            self.kept[item.id] = item, vector

    def drop(self, ids: Sequence[str]) -> None:
        for id in ids:
            self.kept.pop(id, None)


def index_rows(snapshot: Snapshot, batch: int = BATCH) -> Iterator[Rows]:
    """Every row of an index, in its order. The vectors are copies."""
    for first in range(0, len(snapshot), batch):
        span = range(first, min(first + batch, len(snapshot)))
        yield Rows([snapshot.read_item(row) for row in span], np.array(snapshot.vectors[span.start : span.stop]))
