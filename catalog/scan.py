"""How near rows could be at most, quickly: upper bounds of their likeness to a query from int8 or float32.

int8, by simsimd where it is installed. A row v is stored as s * q with q int8 (dim,) and a scale s, the query
u as t * p. With the remainders e = v - s q and f = u - t p,

    v . u  =  s t (q . p) + e . u + s q . f  <=  s (t (q . p) + |e| / s) + |s q| |f|        (Cauchy-Schwarz)

The header keeps the largest |e| / s of all rows (:func:`to_int8`), E; |s q| is at most |v| + |e|, and q . p is a
whole number. So a row whose likeness is ``floor`` or more has s (q . p + E / t) >= (floor - |s q| |f|) / t: the left
side is the row's *mark*, the right side one number for all of them. float32: the mark is the dot product; that of
unit vectors errs by at most dim roundings of terms that add up to 1.
A mark that turns out to be no number is one of a damaged row; callers must look at that row.
"""

from __future__ import annotations

import importlib
import importlib.util
import math
import threading
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from mirror.domain import FloatArray

simsimd: Any = None
# by its name: whether it is installed must not change what the type checker says
if importlib.util.find_spec("simsimd") is not None:
    simsimd = importlib.import_module("simsimd")

LEVELS = 127
"""int8 from -127 to 127; -128 would have no counterpart."""

LONGEST_ROW = 1 + 1e-3
"""Length of a stored vector at most; :meth:`catalog.snapshot.Snapshot.verify` refuses more."""

RUN = 32_768
"""Rows of a run to be asked about at a time, which are read in place: what is computed of them (0.4 MB) stays in a
core's own cache, and fewer take longer for each."""

GATHERED_BYTES = 1 << 20
"""int8 rows to be copied together at most."""

_UNIT = 2.0**-24  # half of float32's machine epsilon: the relative error of one rounding
_ROUNDINGS = 16 * _UNIT
"""Room for the float32 arithmetic of a mark and its comparison: six roundings of numbers below 2 (times 1 / t)."""


class Scan(Protocol):
    """Marks of rows for one query. The arrays are the calling thread's own and are overwritten by its next call."""

    most: int
    """Rows to be gathered at a time."""

    def run(self, start: int, stop: int) -> FloatArray:
        """The marks of rows start..stop: float32 (stop - start,)."""
        ...

    def runs(self, first: int, parts: Sequence[tuple[int, int]]) -> FloatArray:
        """The marks of the rows ``first`` + start..stop of each part, one after another: float32 (their rows,)."""
        ...

    def gathered(self, first: int, offsets: NDArray[np.intp]) -> FloatArray:
        """The marks of the rows ``first + offsets``: float32 (len(offsets),)."""
        ...

    def mark(self, floor: float) -> np.float32:
        """A number that the mark of each row reaches whose likeness (float64) is ``floor`` or more."""
        ...


def to_int8(vectors: FloatArray) -> tuple[NDArray[np.int8], NDArray[np.float32], float]:
    """(rows, dim) float32 of length 1 -> q int8 (rows, dim), s float32 (rows,), and the largest |v - s q| / s,
    a little rounded up."""
    exact = vectors.astype(np.float64)
    scales = (np.abs(exact).max(axis=1) / LEVELS).astype(np.float32)
    steps = exact / scales[:, None].astype(np.float64)
    levels = np.clip(np.rint(steps), -LEVELS, LEVELS)
    error = float(np.sqrt(((steps - levels) ** 2).sum(axis=1)).max())
    return levels.astype(np.int8), scales, error * (1 + 1e-9)


def scan_of(
    vectors: FloatArray, levels: NDArray[np.int8], scales: FloatArray, error: float, query: NDArray[np.float64]
) -> Scan:
    """The fastest scan there is here. vectors, levels, scales, error: see :func:`to_int8`. query: float64 (dim,) of
    length 1."""
    if simsimd is None:
        return _FloatScan(vectors, query)
    return _Int8Scan(levels, scales, error, query)


class _FloatScan:
    def __init__(self, vectors: FloatArray, query: NDArray[np.float64]) -> None:
        self._vectors, self._asked = vectors, query.astype(np.float32)
        self._room = (len(query) + 2) * _UNIT * LONGEST_ROW + _ROUNDINGS
        self.most = _most(len(query))

    def run(self, start: int, stop: int) -> FloatArray:
        return self._marks(self._vectors[start:stop])

    def runs(self, first: int, parts: Sequence[tuple[int, int]]) -> FloatArray:
        return np.concatenate([self.run(first + start, first + stop) for start, stop in parts])

    def gathered(self, first: int, offsets: NDArray[np.intp]) -> FloatArray:
        return self._marks(self._vectors[first:].take(offsets, axis=0))

    def mark(self, floor: float) -> np.float32:
        return np.float32(floor - self._room)

    def _marks(self, rows: FloatArray) -> FloatArray:
        # Not BLAS: it would start a thread per core, and is 30 % faster at best on one.
        return np.asarray(np.einsum("ij,j->i", rows, self._asked))


class _Int8Scan:
    def __init__(
        self, levels: NDArray[np.int8], scales: FloatArray, error: float, query: NDArray[np.float64]
    ) -> None:
        self._levels, self._scales = levels, scales
        self._step = step = abs(float(query[np.abs(query).argmax()])) / LEVELS
        steps = query / step
        coarse = np.rint(steps)
        steps -= coarse
        # a row of length v has s <= v / LEVELS, so |s q| <= v (1 + error / LEVELS)
        self._room = step * math.sqrt(steps.dot(steps)) * LONGEST_ROW * (1 + error / LEVELS) + _ROUNDINGS
        self._asked = coarse.astype(np.int8)
        self._shift = np.float32(error * (1 + _ROUNDINGS) / step)
        self.most = _most(len(query))

    def run(self, start: int, stop: int) -> FloatArray:
        return self._marks(self._levels[start:stop], self._scales[start:stop])

    def runs(self, first: int, parts: Sequence[tuple[int, int]]) -> FloatArray:
        marks = np.empty(sum([stop - start for start, stop in parts]), np.float32)
        begin = 0
        for start, stop in parts:
            part = marks[begin : begin + stop - start]
            part[:] = simsimd.dot(self._asked, self._levels[first + start : first + stop])
            part += self._shift
            part *= self._scales[first + start : first + stop]
            begin += stop - start
        return marks

    def gathered(self, first: int, offsets: NDArray[np.intp]) -> FloatArray:
        levels, scales = _own.levels(len(offsets), len(self._asked)), _own.scales(len(offsets))
        # "clip": the only way that numpy writes to ``out`` without a copy between; the offsets are all in range
        self._levels[first:].take(offsets, axis=0, out=levels, mode="clip")
        self._scales[first:].take(offsets, out=scales, mode="clip")
        return self._marks(levels, scales)

    def mark(self, floor: float) -> np.float32:
        return np.float32((floor - self._room) / self._step)

    def _marks(self, levels: NDArray[np.int8], scales: FloatArray) -> FloatArray:
        # One against many: a fifth faster than cdist, and a tenth faster in float64 than in float32. Not with ``out``:
        # simsimd 6.5 then gives back a None that it does not own, and after some thousand calls the interpreter ends.
        marks: NDArray[np.float32] = np.asarray(simsimd.dot(self._asked, levels)).astype(np.float32)
        marks += self._shift
        marks *= scales
        return marks


def _most(dim: int) -> int:
    return max(64, GATHERED_BYTES // dim)


class _Own(threading.local):
    """Arrays of each thread, for they take longer to be had anew (the system clears their pages) than to be filled."""

    def __init__(self) -> None:
        self._levels = np.empty(0, np.int8)
        self._scales = np.empty(0, np.float32)

    def levels(self, rows: int, dim: int) -> NDArray[np.int8]:
        if len(self._levels) < rows * dim:
            self._levels = np.empty(rows * dim, np.int8)
        return self._levels[: rows * dim].reshape(rows, dim)

    def scales(self, rows: int) -> NDArray[np.float32]:
        if len(self._scales) < rows:
            self._scales = np.empty(rows, np.float32)
        return self._scales[:rows]


_own = _Own()
