"""The exact search: which rows pass a filter, and which of them are the nearest.

Blocks of rows are scanned for an upper bound of each likeness (:mod:`catalog.scan`). The rows with the best
bounds are computed again from float32 vectors in float64, one row at a time, so that equal vectors have equal
scores wherever they lie; then every row whose bound reaches the k-th best of those is. What is left out cannot be
among the best k: the answer is that of a search in float64 over all rows, ties broken by id.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from catalog.columns import AGE_ORDER, STYLE_BITS, size_mask, unit
from catalog.filter import Filter
from catalog.layout import damaged
from catalog.scan import scan_of
from mirror.domain import FloatArray, MirrorError, UsageError

if TYPE_CHECKING:
    from catalog.snapshot import Snapshot

BLOCK = 32_768
"""Rows scanned at a time: 4 MB of int8 at 128 dimensions (16-64k measured best: docs/design.md)."""

GATHER_BELOW = 0.2
"""Share of a block's rows under which gathering the passing rows beats scanning all (docs/design.md)."""

RESCORED = 48
"""Rows that are computed exactly first. 48 of 1M were enough in each query measured; the bound asks for more when
they are not."""

_HIGHEST = np.array([-np.inf, np.inf], dtype=np.float32)
"""What the bound of a row may be: that does not pass, that does."""

Found = list[tuple[int, float]]
"""(row, cosine similarity in -1..1), best first, ties by id."""


def search(snapshot: Snapshot, vectors: Sequence[FloatArray], wanted: Filter, k: int) -> list[Found]:
    """The best k rows that pass, for each query vector (dim,); the filter is looked at once for all of them.
    Raises UsageError for k < 1, MirrorError for a vector of another size or without direction."""
    if k < 1:
        raise UsageError(f"k: {k} items cannot be asked for; ask for 1 or more")
    nearest = [Nearest(snapshot, unit(vector, snapshot.vectors.shape[1]), k) for vector in vectors]
    for start, mask in passing(snapshot, wanted):
        for one in nearest:
            one.offer(start, mask)
    return [one.found() for one in nearest]


class Nearest:
    """The best k rows for one query among all that were offered."""

    def __init__(self, snapshot: Snapshot, query: NDArray[np.float64], k: int) -> None:
        self._snapshot, self._query, self._k = snapshot, query, k
        self._scan = scan_of(snapshot.vectors, snapshot.levels, snapshot.scales, snapshot.error, query)
        self._first = max(RESCORED, k)
        self._floor = -np.inf
        self._rows: NDArray[np.intp] = np.empty(0, np.intp)
        self._exact: NDArray[np.float64] = np.empty(0)

    def offer(self, start: int, mask: NDArray[np.bool_]) -> None:
        """Rows start.. of a block where ``mask`` is true; none was offered before."""
        rows: NDArray[np.intp] | None = None
        passing = int(np.count_nonzero(mask))
        if passing < GATHER_BELOW * len(mask) or passing <= self._first:
            rows = np.flatnonzero(mask) + start
            bounds = self._scan(rows)
        else:
            bounds = self._scan(slice(start, start + len(mask)))
            if self._floor > -np.inf:  # few rows reach it: the mask is asked for those only
                near = np.flatnonzero(~(bounds < self._floor))
                near = near[mask[near]]
                rows, bounds, passing = near + start, bounds[near], len(near)
            elif passing < len(mask):
                # three times as fast as a masked copy, and a bound that is no number becomes the highest there is
                np.fmin(bounds, _HIGHEST.take(mask.view(np.uint8)), out=bounds)
        # Comparisons are written so that a bound that is no number counts as reached.
        reached = None if self._floor == -np.inf else np.flatnonzero(~(bounds < self._floor))
        if passing > self._first and (reached is None or len(reached) > self._first):
            lowest = _reached_by(bounds, self._first)
            best = np.flatnonzero(~(bounds < lowest))
            self._keep(best + start if rows is None else rows[best])
            if self._floor > lowest:
                return
            bounds[best] = -np.inf
            reached = np.flatnonzero(~(bounds < self._floor))
        if reached is not None:
            rows = reached + start if rows is None else rows[reached]
        if rows is not None and len(rows):
            self._keep(rows)

    def _keep(self, rows: NDArray[np.intp]) -> None:
        exact = exact_scores(self._snapshot, rows, self._query)
        if not math.isfinite(exact.sum()):
            raise damaged(self._snapshot.sealed.path, "section vectors holds what is no number")
        if len(self._rows):
            rows, exact = np.concatenate((self._rows, rows)), np.concatenate((self._exact, exact))
        if len(exact) >= self._k:
            self._floor = float(np.partition(exact, len(exact) - self._k)[-self._k])
            near = exact >= self._floor
            rows, exact = rows[near], exact[near]
        self._rows, self._exact = rows, exact

    def found(self) -> Found:
        """The best of what was offered."""
        best = np.lexsort((self._snapshot.ranks[self._rows], -self._exact))[: self._k]
        scores = [min(1.0, max(-1.0, score)) for score in self._exact[best].tolist()]
        return list(zip(self._rows[best].tolist(), scores, strict=True))


def _reached_by(bounds: FloatArray, first: int) -> float:
    """A number that at least ``first`` of the bounds reach and hardly more: by the highest of each of 8 * first
    groups, which is several times as fast as a partition of all."""
    groups = 8 * first
    of_each = len(bounds) // groups
    if of_each > 1:
        highest = bounds[: of_each * groups].reshape(of_each, groups).max(axis=0)
        lowest = float(np.partition(highest, groups - first)[groups - first])
        if lowest != -np.inf:  # else what passes lies in fewer groups
            return lowest
    return float(np.partition(bounds, len(bounds) - first)[len(bounds) - first])


def exact_scores(snapshot: Snapshot, rows: NDArray[np.intp], query: NDArray[np.float64]) -> NDArray[np.float64]:
    """Cosine similarity of rows to a query of length 1, in float64. Summed along each row, not by BLAS, whose
    result depends on where in a block the row lies."""
    return np.asarray((snapshot.vectors.take(rows, axis=0) * query).sum(axis=1))


class Prepared(NamedTuple):
    """What a filter means in one snapshot, whatever the query."""

    spans: tuple[tuple[int, int], ...]
    signatures: NDArray[np.bool_]
    every: bool
    excluded: tuple[int, ...]


def prepare(snapshot: Snapshot, wanted: Filter) -> Prepared:
    """Contiguous rows to look at, which signatures pass and whether all do, and the rows that are excluded."""
    signatures = _passing_signatures(snapshot, wanted)
    rows = (snapshot.row_of(id) for id in sorted(wanted.exclude))
    return Prepared(
        tuple(_spans(snapshot, wanted)) if signatures.any() else (), signatures, bool(signatures.all()),
        tuple(row for row in rows if row is not None),
    )


def passing(snapshot: Snapshot, wanted: Filter) -> Iterator[tuple[int, NDArray[np.bool_]]]:
    """Blocks in the order of the file, as (first row, a mask of the rows that pass); blocks without any are left
    out."""
    spans, signatures, every, excluded = snapshot.prepared(wanted)
    for start, stop in spans:
        for first in range(start, stop, BLOCK):
            block = slice(first, min(first + BLOCK, stop))
            mask = _codes_pass(snapshot, signatures, block, every)
            if wanted.in_stock:
                mask &= snapshot.stock[block] != 0
            if wanted.price is not None:
                prices = snapshot.prices[block]
                mask &= (prices >= wanted.price[0]) & (prices <= wanted.price[1])
            if wanted.style is not None:
                mask &= styles_of(snapshot)[block] & STYLE_BITS[wanted.style] != 0
            for row in excluded:
                if block.start <= row < block.stop:
                    mask[row - block.start] = False
            if mask.any():
                yield first, mask


def styles_of(snapshot: Snapshot) -> NDArray[np.uint8]:
    """Each row's styles as bits. Raises MirrorError for a file from before styles."""
    if snapshot.styles is None:
        raise MirrorError(f"{snapshot.sealed.path}: knows no styles, it was built before them; build it again with "
                          "`mirror catalog build`")
    return snapshot.styles


def _codes_pass(
    snapshot: Snapshot, signatures: NDArray[np.bool_], block: slice, every: bool
) -> NDArray[np.bool_]:
    if every:
        return np.ones(block.stop - block.start, dtype=np.bool_)
    try:
        return signatures.take(snapshot.codes[block])
    except IndexError:
        raise damaged(snapshot.sealed.path, "section codes points past its table") from None


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
