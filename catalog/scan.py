"""How near rows could be at most, quickly: upper bounds of their likeness to a query from int8 or float32.

int8, by simsimd where it is installed. A row v is stored as s * q with q int8 (dim,) and a scale s, the query
u as t * p. With the remainders e = v - s q and f = u - t p,

    v . u  =  s t (q . p) + e . u + s q . f  <=  s (t (q . p) + |e| / s) + |s q| |f|        (Cauchy-Schwarz)

The header keeps the largest |e| / s of all rows (:func:`to_int8`), |s q| is at most |v| + |e|, and q . p is a
whole number. float32: a dot product of unit vectors errs by at most dim roundings of terms that add up to 1.
A bound that turns out to be no number is one of a damaged row; callers must look at that row.
"""

from __future__ import annotations

import importlib
import importlib.util
import math
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mirror.domain import FloatArray

simsimd: Any = None
# by its name: whether it is installed must not change what the type checker says
if importlib.util.find_spec("simsimd") is not None:
    simsimd = importlib.import_module("simsimd")

Rows: TypeAlias = "slice | NDArray[np.intp]"
Scan = Callable[[Rows], FloatArray]
"""Rows -> float32 (len(rows),), none lower than the row's exact likeness."""

LEVELS = 127
"""int8 from -127 to 127; -128 would have no counterpart."""

LONGEST_ROW = 1 + 1e-3
"""Length of a stored vector at most; :meth:`catalog.snapshot.Snapshot.verify` refuses more."""

_UNIT = 2.0**-24  # half of float32's machine epsilon: the relative error of one rounding
_ROUNDINGS = 16 * _UNIT
"""Room for the float32 arithmetic of a bound and its comparison: six roundings of numbers below 2."""


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
        return _float_scan(vectors, query)
    return _int8_scan(levels, scales, error, query)


def _float_scan(vectors: FloatArray, query: NDArray[np.float64]) -> Scan:
    coarse = query.astype(np.float32)
    room = np.float32((len(query) + 2) * _UNIT * LONGEST_ROW + _ROUNDINGS)

    def scan(rows: Rows) -> FloatArray:
        # Not BLAS: it would start a thread per core, and is 30 % faster at best on one.
        return np.asarray(np.einsum("ij,j->i", vectors[rows], coarse) + room)

    return scan


def _int8_scan(
    levels: NDArray[np.int8], scales: FloatArray, error: float, query: NDArray[np.float64]
) -> Scan:
    step = float(max(query.max(), -query.min())) / LEVELS
    coarse = np.rint(query / step)
    left = query - step * coarse
    remainder = math.sqrt(float(left @ left))
    # a row of length v has s <= v / LEVELS, so |s q| <= v (1 + error / LEVELS)
    room = np.float32(remainder * LONGEST_ROW * (1 + error / LEVELS) + _ROUNDINGS)
    asked = coarse.astype(np.int8)[None]
    steps, errors = np.float32(step), np.float32(error * (1 + _ROUNDINGS))

    def scan(rows: Rows) -> FloatArray:
        bounds: NDArray[Any] = np.asarray(simsimd.cdist(asked, levels[rows], "dot", out_dtype="float32"))[0]
        bounds *= steps
        bounds += errors
        bounds *= scales[rows]
        bounds += room
        return bounds

    return scan
