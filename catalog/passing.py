"""Which rows pass a filter, as blocks of row numbers; those of the filters asked last are kept.

A mirror asks with the same few filters for every shopper and glance, so that what passes is found once for each state
of the file. Two bytes a row, and :data:`KEPT_BYTES` in all: what takes more is found anew with each query. Excluded
ids are another set each time and are taken out of what is kept.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from catalog.columns import AGE_ORDER, STYLE_BITS, size_mask
from catalog.filter import Filter
from catalog.layout import damaged
from catalog.scan import RUN
from mirror.domain import MirrorError

if TYPE_CHECKING:
    from catalog.snapshot import Snapshot

BLOCK = 65_536
"""Rows of the file that a block spans at most: an offset in it takes two bytes."""

WIDEST_GAP = 2048
"""Rows of other categories or genders that are scanned with a block: as quickly as another block is begun."""

LONG = 8192
"""Neighbours that all pass are a block of their own from so many on: another block takes as long as 3,000 rows."""

FEW_PARTS = 4
"""Runs of neighbours that are scanned one by one, at most: each takes as long as some 250 rows more, which is quicker
than to scan what lies between and to pick from it."""

KEPT_BYTES = 2 << 20
"""For the rows of all kept filters together: a category of a million rows takes 0.1 MB, all of its categories 0.8."""

KEPT_FILTERS = 64
"""As many as two or three looks ask, one for each category: each shopper's sizes make others, and a few kilobytes of
each would go on adding up for an hour."""

Key: TypeAlias = tuple[object, ...]


class Block(NamedTuple):
    """Rows that pass: ``first`` + each of ``offsets`` (ascending, below :data:`BLOCK`), or all of first..stop where
    ``offsets`` is None. None of both ways is empty."""

    first: int
    stop: int
    offsets: NDArray[np.uint16] | None
    parts: tuple[tuple[int, int], ...] | None = None
    """``offsets`` again as runs of neighbours (start, stop), where those are few and no more than is scanned at a
    time."""

    def rows(self, most: int = BLOCK) -> Iterator[NDArray[np.intp]]:
        """The row numbers, ascending, in arrays of at most ``most``."""
        count = self.stop - self.first if self.offsets is None else len(self.offsets)
        for begin in range(0, count, most):
            if self.offsets is None:
                yield np.arange(self.first + begin, min(self.first + begin + most, self.stop))
            else:
                yield self.offsets[begin : begin + most].astype(np.intp) + self.first

    def without(self, excluded: NDArray[np.intp]) -> Block | None:
        """The same less some rows (ascending); None when none is left."""
        here = excluded[excluded.searchsorted(self.first) : excluded.searchsorted(self.stop)] - self.first
        if not len(here):
            return self
        offsets = np.arange(self.stop - self.first, dtype=np.uint16) if self.offsets is None else self.offsets
        left = offsets[np.isin(offsets, here.astype(np.uint16), invert=True)]
        return Block(self.first, self.stop, left) if len(left) else None


class KeptBlocks:
    """The blocks of the filters that were asked last, up to :data:`KEPT_FILTERS` and :data:`KEPT_BYTES`. Safe from
    several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[Key, tuple[Block, ...]] = OrderedDict()
        self.bytes = 0
        """What they take."""

    def get(self, key: Key) -> tuple[Block, ...] | None:
        """What is kept of a filter, if anything is."""
        with self._lock:
            known = self._kept.get(key)
            if known is not None:
                self._kept.move_to_end(key)
            return known

    def put(self, key: Key, blocks: tuple[Block, ...]) -> None:
        """Keep a filter's, and let go of those asked longest ago where it is too much."""
        with self._lock:
            if key in self._kept:  # by another thread meanwhile
                return
            self._kept[key] = blocks
            self.bytes += _bytes_of(blocks)
            while self.bytes > KEPT_BYTES or len(self._kept) > KEPT_FILTERS:
                self.bytes -= _bytes_of(self._kept.popitem(last=False)[1])


_EMPTY_BLOCK = 512
"""Bytes that a block and its key take besides the offsets, about."""


def _bytes_of(blocks: tuple[Block, ...]) -> int:
    return _EMPTY_BLOCK + sum(_EMPTY_BLOCK + (0 if b.offsets is None else b.offsets.nbytes) for b in blocks)


def passing(snapshot: Snapshot, wanted: Filter) -> Iterator[Block]:
    """The rows that pass, in the order of the file. Raises MirrorError for a style asked of a file from before styles,
    and where the file is damaged."""
    if not wanted.exclude:
        yield from _passing(snapshot, wanted)
        return
    excluded = snapshot.rows_of(wanted.exclude)
    for block in _passing(snapshot, wanted):
        left = block.without(excluded)
        if left is not None:
            yield left


def _passing(snapshot: Snapshot, wanted: Filter) -> Iterator[Block]:
    key = (
        wanted.categories, wanted.sizes, wanted.gender, wanted.age, wanted.in_stock, wanted.price, wanted.style
    )
    known = snapshot.kept.get(key)
    if known is not None:
        yield from known
        return
    met: list[Block] = []
    size = 0
    for block in _blocks(snapshot, wanted):
        size += _bytes_of((block,))
        if size <= KEPT_BYTES:
            met.append(block)
        else:
            met.clear()
        yield block
    if size <= KEPT_BYTES:
        snapshot.kept.put(key, tuple(met))


def _blocks(snapshot: Snapshot, wanted: Filter) -> Iterator[Block]:
    signatures = _passing_signatures(snapshot, wanted)
    if not signatures.any():
        return
    every = bool(signatures.all())
    parts: list[tuple[int, int]] = []
    for start, stop in _spans(snapshot, wanted):
        for first in range(start - start % BLOCK, stop, BLOCK):
            if parts and (parts[0][0] // BLOCK != first // BLOCK or start - parts[-1][1] > WIDEST_GAP):
                yield from _block(snapshot, wanted, signatures, every, parts)
                parts.clear()
            parts.append((max(first, start), min(first + BLOCK, stop)))
    if parts:
        yield from _block(snapshot, wanted, signatures, every, parts)


def _block(
    snapshot: Snapshot, wanted: Filter, signatures: NDArray[np.bool_], every: bool, parts: list[tuple[int, int]]
) -> Iterator[Block]:
    """The block of a few parts of the file that lie within one, unless none of their rows passes."""
    first, stop = parts[0][0], parts[-1][1]
    found = [np.flatnonzero(_mask(snapshot, wanted, signatures, every, slice(*part))) for part in parts]
    for (start, _), rows in zip(parts, found, strict=True):
        rows += start - first
    count = sum(len(rows) for rows in found)
    if count == stop - first:
        yield Block(first, stop, None)
    elif count:
        yield from _cut(first, np.concatenate(found))


def _cut(first: int, offsets: NDArray[np.intp]) -> Iterator[Block]:
    """Blocks of the rows ``first + offsets``: long rows of neighbours (as a usual filter finds them, for
    :func:`catalog.writer.group_of`) each as one without offsets, what lies between them with."""
    begins = np.concatenate(([0], np.flatnonzero(np.diff(offsets) > 1) + 1))
    ends = np.concatenate((begins[1:], [len(offsets)]))
    begun = 0
    for long in np.flatnonzero(ends - begins >= LONG).tolist():
        yield from _some(first, offsets, begins[begun:long], ends[begun:long])
        yield Block(first + int(offsets[begins[long]]), first + int(offsets[ends[long] - 1]) + 1, None)
        begun = long + 1
    yield from _some(first, offsets, begins[begun:], ends[begun:])


def _some(
    first: int, offsets: NDArray[np.intp], begins: NDArray[np.intp], ends: NDArray[np.intp]
) -> Iterator[Block]:
    """The block of some runs of neighbours: each of ``offsets`` from a place of ``begins`` to that of ``ends``."""
    if not len(begins):
        return
    offsets = offsets[begins[0] : ends[-1]]
    begins, ends = begins - begins[0], ends - begins[0]
    low = int(offsets[0])
    span = int(offsets[-1]) + 1 - low
    parts = None
    if len(begins) <= FEW_PARTS and span <= RUN:
        parts = tuple(zip((offsets[begins] - low).tolist(), (offsets[ends - 1] + 1 - low).tolist(), strict=True))
    yield Block(first + low, first + low + span, (offsets - low).astype(np.uint16), parts)


def _mask(
    snapshot: Snapshot, wanted: Filter, signatures: NDArray[np.bool_], every: bool, part: slice
) -> NDArray[np.bool_]:
    if every:
        mask = np.ones(part.stop - part.start, dtype=np.bool_)
    else:
        try:
            mask = signatures.take(snapshot.codes[part])
        except IndexError:
            raise damaged(snapshot.sealed.path, "section codes points past its table") from None
    if wanted.in_stock:
        mask &= snapshot.stock[part] != 0
    if wanted.price is not None:
        prices = snapshot.prices[part]
        mask &= (prices >= wanted.price[0]) & (prices <= wanted.price[1])
    if wanted.style is not None:
        mask &= styles_of(snapshot)[part] & STYLE_BITS[wanted.style] != 0
    return mask


def styles_of(snapshot: Snapshot) -> NDArray[np.uint8]:
    """Each row's styles as bits. Raises MirrorError for a file from before styles."""
    if snapshot.styles is None:
        raise MirrorError(f"{snapshot.sealed.path}: knows no styles, it was built before them; build it again with "
                          "`mirror catalog build`")
    return snapshot.styles


def _spans(snapshot: Snapshot, wanted: Filter) -> Iterator[tuple[int, int]]:
    """Contiguous rows of the wanted categories and genders, neighbours merged."""
    start = stop = -1
    for run in snapshot.runs:
        if wanted.categories and run.category not in wanted.categories:
            continue
        if wanted.gender and run.gender not in (wanted.gender, "unisex"):
            continue
        if run.start != stop:
            if stop > start:
                yield start, stop
            start = run.start
        stop = run.stop
    if stop > start:
        yield start, stop


def _passing_signatures(snapshot: Snapshot, wanted: Filter) -> NDArray[np.bool_]:
    gender_age_free = snapshot.signatures
    passes = np.ones(len(gender_age_free), dtype=np.bool_)
    if wanted.sizes:
        mask = size_mask(wanted.sizes, snapshot.sizes)
        passes &= (snapshot.signature_sizes & mask).any(axis=1) | (gender_age_free[:, 2] != 0)
    if wanted.age:
        ages = gender_age_free[:, 1]
        passes &= (ages == 0) | (ages == AGE_ORDER.index(wanted.age))
    return passes
