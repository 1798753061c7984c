"""The catalogue as the mirror uses it: open one file, ask it for the nearest items that pass a filter.

    catalogue = Catalogue.open(Path("shop.catalogue"))
    catalogue.require_embedder(embedder.name)
    for item, likeness in catalogue.query(vector, Filter(categories=("shirt",), sizes=("M",)), k=8): ...

The file may be replaced (``os.replace``) under an open catalogue: each call looks whether it was, and goes on
with the new one, or, when that one is damaged or made with another embedder, with the old one and a
``warning``.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType

import numpy as np

from catalog.atomic import previous_of
from catalog.explain import Explanation, explain
from catalog.filter import Filter
from catalog.layout import Sealed, stamp_of
from catalog.snapshot import ITEMS_KEPT, Snapshot
from mirror.domain import FloatArray, Item, MirrorError

_GOES_BACK = "the mirror goes on with the items before the last publish"


class Catalogue:
    """An open index. Safe to use from several threads; every answer comes whole from one state of the
    file."""

    def __init__(self, path: Path, snapshot: Snapshot) -> None:
        self.path = path
        self._file = os.fspath(path)
        self._snapshot: Snapshot | None = snapshot
        self._seen: tuple[int, int, int] | None = snapshot.sealed.stamp
        self._warning = ""
        self._swap = threading.Lock()
        self.followed = False
        """Whether :class:`catalog.following.Following` looks for new files; then queries leave that to it."""
        self.edition = 1
        """Counts the states of the file that have answered."""

    @classmethod
    def open(cls, path: Path | str) -> Catalogue:
        """Map an index file. Raises MirrorError, one line with the mend, when it is missing, half written,
        cut short, of another version or damaged in its header (:meth:`verify` reads the rest too)."""
        path = Path(path)
        return cls(path, Snapshot.of(Sealed.open(path)))

    @classmethod
    def open_serving(cls, path: Path | str) -> Catalogue:
        """:meth:`open` for a mirror, which must not stay dark over a damaged file: then the index before the last
        publish answers, with a ``warning``. Raises the first file's MirrorError when that cannot be opened either."""
        path = Path(path)
        try:
            return cls.open(path)
        except MirrorError as error:
            before = _before(path)
            if before is None:
                raise
            catalogue = cls(path, before)
            catalogue._seen = catalogue._stamp()
            catalogue._warning = f"{error}; {_GOES_BACK}"
            return catalogue

    def __enter__(self) -> Catalogue:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file; a later call raises MirrorError. Closing twice is no error."""
        self._snapshot = None

    def __len__(self) -> int:
        return len(self._current())

    @property
    def count(self) -> int:
        """How many items there are, in stock or not."""
        return len(self)

    @property
    def dim(self) -> int:
        """Numbers in an embedding."""
        return int(self._current().vectors.shape[1])

    @property
    def embedder(self) -> str:
        """The name of the embedder that made the vectors; only its vectors can be compared with them."""
        return self._current().embedder

    @property
    def warning(self) -> str:
        """One line why a replaced file is not used (the old one still serves), or empty."""
        self._current()
        return self._warning

    @property
    def last_warning(self) -> str:
        """:attr:`warning` as of the last look at the file; looks at none itself."""
        return self._warning

    @property
    def tells_styles(self) -> bool:
        """Whether a filter may ask for a style: files from before styles know none."""
        return self._current().styles is not None

    @property
    def pictures(self) -> Path:
        """The folder with the items' pictures: as recorded, from the index file's own folder when
        relative."""
        return self.path.parent / self._current().pictures

    def require_embedder(self, name: str) -> None:
        """Raise MirrorError that names both when the vectors were not made by ``name``."""
        if name != self.embedder:
            raise MirrorError(
                f"{self.path}: was built with embedder {self.embedder}, queries come from {name}; "
                "build it again with `mirror catalog build`"
            )

    def query(self, vector: FloatArray, filter: Filter | None = None, k: int = 8) -> list[tuple[Item, float]]:
        """The k nearest items that pass, as (item, cosine similarity in -1..1), best first, ties by id.

        vector: (dim,) from the catalogue's embedder, of any length but 0. Exact. Fewer than k items when
        fewer pass, an empty list when none do. Raises MirrorError for a vector of another size or with
        numbers that are not finite, UsageError for k < 1.
        """
        return self.query_many([vector], filter, k)[0]

    def nearest(self, vector: FloatArray, filter: Filter | None = None, k: int = 8) -> list[tuple[str, float]]:
        """:meth:`query` with ids in place of items, for who has the items already."""
        snapshot = self._current()
        id_of = snapshot.id_of
        return [(id_of(row), score) for row, score in snapshot.search([vector], filter or Filter(), k)[0]]

    def query_many(
        self, vectors: Sequence[FloatArray], filter: Filter | None = None, k: int = 8
    ) -> list[list[tuple[Item, float]]]:
        """:meth:`query` for each of the vectors, all answered from one state of the file; the filter is looked
        at once."""
        snapshot = self._current()
        answers = snapshot.search(vectors, filter or Filter(), k)
        return [[(snapshot.item(row), score) for row, score in found] for found in answers]

    def explain(
        self, id: str, filter: Filter | None = None, vector: FloatArray | None = None, k: int = 8
    ) -> Explanation:
        """Why an item is or is not in the answer of a query: what of the filter it fails, or its place among those
        that pass (with a vector). Raises MirrorError when there is no such item, and as :meth:`query` does."""
        snapshot = self._current()
        return explain(snapshot, self._row(snapshot, id), filter or Filter(), vector, k)

    def item(self, id: str) -> Item:
        """The item of an id. Raises MirrorError when there is none."""
        snapshot = self._current()
        return snapshot.item(self._row(snapshot, id))

    def vector(self, id: str) -> FloatArray:
        """The embedding of an item: float32 (dim,) of length 1, a copy. Raises MirrorError when there is
        none."""
        snapshot = self._current()
        return np.array(snapshot.vectors[self._row(snapshot, id)], dtype=np.float32)

    def iter_items(self, filter: Filter | None = None) -> Iterator[Item]:
        """Items that pass (by default all, out of stock too), by category and gender."""
        snapshot = self._current()
        for row in snapshot.rows(filter or Filter(in_stock=False)):
            yield snapshot.read_item(row)

    def read_ahead(self) -> tuple[Item, ...]:
        """The first items, as many as are kept of those that were answered: once they are read, what is kept is at its
        most, and memory does not grow with each item that is met. Raises MirrorError for a damaged text."""
        snapshot = self._snapshot
        return () if snapshot is None else tuple(snapshot.item(row) for row in range(min(len(snapshot), ITEMS_KEPT)))

    def picture(self, item: Item) -> Path:
        """Where the picture of an item is; the file may have gone since the index was built."""
        return self.pictures / item.picture

    def verify(self) -> None:
        """Read every byte. Raises MirrorError that names the first thing that is wrong."""
        self._current().verify()

    def counts(self) -> dict[str, int]:
        """Items of each category that has any, in the categories' order."""
        counts: dict[str, int] = {}
        for run in self._current().runs:
            counts[run.category] = counts.get(run.category, 0) + run.stop - run.start
        return counts

    @property
    def snapshot(self) -> Snapshot:
        """The state of the file that answers now."""
        return self._current()

    def _row(self, snapshot: Snapshot, id: str) -> int:
        row = snapshot.row_of(id)
        if row is None:
            raise MirrorError(f"{self.path}: has no item '{id}'")
        return row

    def _current(self) -> Snapshot:
        """The snapshot of the file as it is now, or the last good one with a warning."""
        snapshot = self._snapshot
        if snapshot is None:
            raise MirrorError(f"{self.path}: this catalogue was closed")
        if not self._is_due(self._stamp(), snapshot):
            return snapshot
        with self._swap:
            # looked at again: another thread may have taken a newer one meanwhile
            stamp, snapshot = self._stamp(), self._snapshot or snapshot
            if self._is_due(stamp, snapshot):
                snapshot = self._follow(snapshot, stamp)
                self._take(snapshot, stamp)
            return snapshot

    def _is_due(self, stamp: tuple[int, int, int] | None, mapped: Snapshot) -> bool:
        """Whether a query must look at the file before it answers."""
        return stamp != self._seen and (not self.followed or _in_place(stamp, mapped))

    def _stamp(self) -> tuple[int, int, int] | None:
        try:
            return stamp_of(os.stat(self._file))
        except OSError:
            return None

    def look_again(self) -> None:
        """Look for a new file now, and read it whole before it answers. Raises MirrorError when this one was closed, or
        the mapped file was written to in place and is damaged."""
        snapshot = self._snapshot
        if snapshot is None:
            raise MirrorError(f"{self.path}: this catalogue was closed")
        stamp = self._stamp()
        if stamp == self._seen:
            return
        new = self._follow(snapshot, stamp, whole=True)
        with self._swap:
            if self._snapshot is snapshot:
                self._take(new, stamp)

    def check(self) -> None:
        """Read the mapped file whole, as :meth:`look_again` does with a new one: opening reads only its header and
        small sections. When it is damaged, the index before the last publish answers instead, if there is one, with a
        ``warning``."""
        snapshot = self._snapshot
        if snapshot is None:
            return
        try:
            snapshot.sealed.verify()
        except MirrorError as error:
            before = _before(self.path)
            if before is None or (before.embedder, before.dim) != (snapshot.embedder, snapshot.dim):
                self._warning = f"{error}; there is none before it to go on with"
                return
            with self._swap:
                if self._snapshot is snapshot:
                    self._take(before, self._seen)
                    self._warning = f"{error}; {_GOES_BACK}"

    def _take(self, snapshot: Snapshot, stamp: tuple[int, int, int] | None) -> None:
        self._seen = stamp
        if self._snapshot is not None and snapshot is not self._snapshot:
            self._snapshot = snapshot
            self.edition += 1

    def _follow(self, old: Snapshot, stamp: tuple[int, int, int] | None, whole: bool = False) -> Snapshot:
        if stamp is None:
            self._warning = f"{self.path}: is gone; the mirror goes on with the items it had"
            return old
        try:
            new = Snapshot.of(Sealed.open(self.path))
            if (new.embedder, new.dim) != (old.embedder, old.dim):
                raise MirrorError(
                    f"{self.path}: the new file was built with embedder {new.embedder}, not {old.embedder}"
                )
            if whole:
                new.sealed.verify()
        except MirrorError as error:
            if _in_place(stamp, old):
                # Written to in place: the mapped pages changed with it, so there is no old state to go on
                # with.
                self._warning = str(error)
                raise
            self._warning = f"{error}; the mirror goes on with the items it had"
            return old
        self._warning = ""
        return new


def _before(path: Path) -> Snapshot | None:
    """The index before the last publish, when there is one and it is whole."""
    try:
        snapshot = Snapshot.of(Sealed.open(previous_of(path)))
        snapshot.sealed.verify()
    except MirrorError:
        return None
    return snapshot


def _in_place(stamp: tuple[int, int, int] | None, mapped: Snapshot) -> bool:
    """Whether the file at the path is still the mapped one, though another time stands on it."""
    return stamp is not None and stamp[:2] == mapped.sealed.stamp[:2]
