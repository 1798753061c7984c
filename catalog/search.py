"""The exact search: of the rows that pass a filter, the nearest.

Pieces of rows are scanned for marks, upper bounds of their likeness (:mod:`catalog.scan`). The rows of the first piece
with the best marks are computed again from float32 vectors in float64, one row at a time, so that equal vectors have
equal scores wherever they lie; then every row whose mark reaches the k-th best of those is. What is left out cannot be
among the best k: the answer is that of a search in float64 over all rows, ties broken by id.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from catalog.columns import unit
from catalog.filter import Filter
from catalog.layout import damaged
from catalog.passing import Block, passing
from catalog.scan import RUN, scan_of
from mirror.domain import FloatArray, UsageError

if TYPE_CHECKING:
    from catalog.snapshot import Snapshot

GATHER_BELOW = 0.6
"""Share of the rows between a piece's first and last under which copying those that pass beats scanning all: to scan a
row takes 7 ns, to copy it first 4 from the processor's cache."""

GATHER_BELOW_FROM_MEMORY = 0.35
"""The same where the file is too large for that cache: the copy takes up to 19 ns, the scan hardly longer."""

CACHED_BYTES = 16 << 20
"""int8 rows of a file that a processor's cache holds, about: 130,000 of 128 dimensions."""

_RUN_PASSING = RUN // 2
"""Rows that pass among those looked at together, whose first and last lie up to some 1.5 runs apart."""

_FEW = 256
"""Rows that are looked for among those that pass one by one."""

RESCORED = 16
"""Rows that are computed exactly first, or 2 k; those after them wait for so many more."""

_EXACT_ROWS = 1024
"""Rows computed exactly at a time: a megabyte in float64."""

_ANY = np.float32(-np.inf)

Offsets: TypeAlias = NDArray[np.uint16] | NDArray[np.intp]
"""Rows from a first one on."""

Found = list[tuple[int, float]]
"""(row, cosine similarity in -1..1), best first, ties by id."""


def search(snapshot: Snapshot, vectors: Sequence[FloatArray], wanted: Filter, k: int) -> list[Found]:
    """The best k rows that pass, for each query vector (dim,); the filter is looked at once for all of them.
    Raises UsageError for k < 1, MirrorError for a vector of another size or without direction."""
    if k < 1:
        raise UsageError(f"k: {k} items cannot be asked for; ask for 1 or more")
    nearest = [Nearest(snapshot, unit(vector, snapshot.vectors.shape[1]), k) for vector in vectors]
    for block in passing(snapshot, wanted):
        for one in nearest:
            one.offer(block)
    return [one.found() for one in nearest]


class Nearest:
    """The best k rows for one query among all that were offered."""

    def __init__(self, snapshot: Snapshot, query: NDArray[np.float64], k: int) -> None:
        self._snapshot, self._query, self._k = snapshot, query, k
        self._scan = scan_of(snapshot.vectors, snapshot.levels, snapshot.scales, snapshot.error, query)
        cached = snapshot.levels.nbytes <= CACHED_BYTES
        self._gather_below = GATHER_BELOW if cached else GATHER_BELOW_FROM_MEMORY
        self._first = max(RESCORED, 2 * k)
        self._mark = _ANY
        """What a row's mark must reach; any does until k rows were computed exactly."""
        self._waiting: list[NDArray[np.intp]] = []
        self._waiting_marks: list[FloatArray] = []
        self._wait = 0
        self._rows: NDArray[np.intp] = np.empty(0, np.intp)
        self._exact: NDArray[np.float64] = np.empty(0)

    def offer(self, block: Block) -> None:
        """Rows of which none was offered before."""
        scan, offsets = self._scan, block.offsets
        if offsets is None:
            for first in range(block.first, block.stop, RUN):
                self._look(scan.run(first, min(first + RUN, block.stop)), first, None)
            return
        if block.parts is not None:
            self._look(scan.runs(block.first, block.parts), block.first, offsets)
            return
        for begin in range(0, len(offsets), _RUN_PASSING):
            some = offsets[begin : begin + _RUN_PASSING]
            low, past = int(some[0]), int(some[-1]) + 1
            if len(some) < self._gather_below * (past - low):
                for place in range(0, len(some), scan.most):
                    piece = some[place : place + scan.most].astype(np.intp)
                    self._look(scan.gathered(block.first, piece), block.first, piece)
                continue
            marks = scan.run(block.first + low, block.first + past)
            near = (~(marks < self._mark)).nonzero()[0] if self._mark > _ANY else None
            if near is not None and len(near) <= _FEW:  # whether they pass is asked for those only
                asked = (near + low).astype(np.uint16)
                near = near[some.take(some.searchsorted(asked), mode="clip") == asked]
                self._reached(marks.take(near), block.first + low, near)
            else:
                rows = some.astype(np.intp) - low
                self._look(marks.take(rows), block.first + low, rows)

    def _look(self, marks: FloatArray, first: int, offsets: Offsets | None) -> None:
        """All of these rows pass: ``first + offsets``, or those from ``first`` on."""
        # Comparisons are written so that a mark that is no number counts as reached.
        if self._mark > _ANY:
            near = (~(marks < self._mark)).nonzero()[0]
            marks, offsets = marks.take(near), _taken(offsets, near)
        self._reached(marks, first, offsets)

    def _reached(self, marks: FloatArray, first: int, offsets: Offsets | None) -> None:
        """The same, and what there is to reach yet is reached by all of them. ``marks`` is written to."""
        if len(marks) > (self._first if self._mark == _ANY else 2 * self._first):
            lowest = _reached_by(marks, self._first)
            best = (~(marks < lowest)).nonzero()[0]
            self._keep(_taken(offsets, best) + first)
            if self._mark >= lowest:  # all that reach it are among the best
                return
            marks[best] = -np.inf
            left = (~(marks < self._mark)).nonzero()[0]
            marks, offsets = marks.take(left), _taken(offsets, left)
        if len(marks):
            self._later(_taken(offsets, np.arange(len(marks))) + first, marks)

    def _later(self, rows: NDArray[np.intp], marks: FloatArray) -> None:
        """Computed exactly when enough of them wait, as it is quicker for many at a time."""
        self._waiting.append(rows)
        self._waiting_marks.append(marks)
        self._wait += len(rows)
        if self._wait >= self._first:
            self._catch_up()

    def _catch_up(self) -> None:
        if not self._waiting:
            return
        rows, marks = np.concatenate(self._waiting), np.concatenate(self._waiting_marks)
        self._waiting, self._waiting_marks, self._wait = [], [], 0
        for begin in range(0, len(rows), _EXACT_ROWS):
            some = rows[begin : begin + _EXACT_ROWS]
            near = (~(marks[begin : begin + _EXACT_ROWS] < self._mark)).nonzero()[0]
            if len(near):
                self._keep(some.take(near))

    def _keep(self, rows: NDArray[np.intp]) -> None:
        exact = exact_scores(self._snapshot, rows, self._query)
        if len(self._rows):
            rows, exact = np.concatenate((self._rows, rows)), np.concatenate((self._exact, exact))
        ordered = exact.copy()
        ordered.sort()
        if not (math.isfinite(ordered[0]) and math.isfinite(ordered[-1])):  # what is no number is sorted last
            raise damaged(self._snapshot.sealed.path, "section vectors holds what is no number")
        if len(exact) >= self._k:
            floor = float(ordered[-self._k])
            near = (exact >= floor).nonzero()[0]
            rows, exact = rows.take(near), exact.take(near)
            self._mark = self._scan.mark(floor)
        self._rows, self._exact = rows, exact

    def found(self) -> Found:
        """The best of what was offered."""
        self._catch_up()
        ranks = self._snapshot.ranks.take(self._rows).tolist()
        best = sorted(zip((-self._exact).tolist(), ranks, self._rows.tolist(), strict=True))[: self._k]
        if best and (best[0][0] < -1.0 or best[-1][0] > 1.0):  # by a rounding
            return [(row, min(1.0, max(-1.0, -score))) for score, _, row in best]
        return [(row, -score) for score, _, row in best]


def _taken(offsets: Offsets | None, places: NDArray[np.intp]) -> NDArray[np.intp]:
    """Those at some places; of None, which is all from 0 on, the places themselves."""
    return places if offsets is None else offsets.take(places).astype(np.intp, copy=False)


def _reached_by(marks: FloatArray, first: int) -> float:
    """A number that at least ``first`` of the marks reach and hardly more: by the highest of each of 16 * first
    groups, which is several times as fast as a partition of all."""
    groups = 16 * first
    of_each = len(marks) // groups
    if of_each > 1:
        highest = np.maximum.reduce(marks[: of_each * groups].reshape(of_each, groups))
    else:
        highest = marks.copy()
    highest.partition(len(highest) - first)  # what is no number counts as highest
    return float(highest[len(highest) - first])


def exact_scores(snapshot: Snapshot, rows: NDArray[np.intp], query: NDArray[np.float64]) -> NDArray[np.float64]:
    """Cosine similarity of rows to a query of length 1, in float64. Summed along each row, not by BLAS, whose
    result depends on where in a block the row lies."""
    return np.asarray(np.add.reduce(snapshot.vectors.take(rows, axis=0) * query, axis=1))
