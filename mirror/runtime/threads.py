"""How many threads the number-crunching libraries may use, set before they are imported."""

from __future__ import annotations

import os
import sys

THREAD_VARIABLES: tuple[str, ...] = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
"""Environment variables by which OpenMP, OpenBLAS, MKL, numexpr and Accelerate size their pools at import."""

SWITCH_INTERVAL_S = 0.0005
"""Longest time one Python thread keeps the interpreter while others wait. CPython's default of 5 ms is a
third of a 60 Hz frame, long enough for the window to miss a paint while another thread runs Python code."""


def limit_threads(count: int = 1) -> None:
    """Keep library thread pools at ``count`` threads and hand the interpreter over often.

    Call it before numpy is imported: the pools are sized then. A variable that the user has set stays.
    The mirror has its own threads, one per stage; pools on top of them only fight for the cores.
    """
    if count < 1:
        raise ValueError(f"thread count must be at least 1, not {count}")
    for name in THREAD_VARIABLES:
        os.environ.setdefault(name, str(count))
    sys.setswitchinterval(SWITCH_INTERVAL_S)
