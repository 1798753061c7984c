"""The C library's heap, held so that the memory of a mirror that runs for weeks stands.

glibc gives a large block pages of its own, which the system has back as soon as it is freed. But every such block that
is freed raises what counts as large, from 128 KiB up to 32 MiB (mallopt(3), M_MMAP_THRESHOLD): soon drawn plates and
catalogue pictures lie among all the small blocks, in many sizes, and leave holes that nothing fits. Set once, the bound
stays.
"""

from __future__ import annotations

import ctypes
import sys

LARGE = 128 * 1024
"""Bytes from which a block has pages of its own: glibc's first bound. What happens on every frame allocates less
(tests/pipeline/test_no_waste.py)."""
RESERVED = 4 * 1024 * 1024
"""Bytes of free heap whose pages are written once before the first frame, as programs with a beat to keep do: what the
first minutes come to need then costs no page fault in the middle of a frame, and is counted from the start."""
KEPT_FREE = 2 * RESERVED
"""Bytes at the heap's end that stay with the process when they are free (by default 128 KiB: a heap that grows and
shrinks within a frame, and would give the reserve back)."""

HEAPS = 1
"""Heaps for all threads together; glibc makes one for each, up to eight a core. Each grows by itself until it has had
its busiest moment, while the others have room; the lock of the one is no matter for a handful of threads."""

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8  # malloc.h of glibc


def share_heap() -> bool:
    """One heap for the threads that begin after it; False where the C library has no such bound (it is not glibc)."""
    return _hold({_ARENA_MAX: HEAPS})


def hold_large() -> bool:
    """Fix from now on what counts as large, and what stays at the heap's end, with RESERVED bytes of it in memory;
    False as above. Once the models are loaded: what loading needs for a moment comes sooner from a heap that may keep
    it."""
    if not _hold({_TRIM_THRESHOLD: KEPT_FREE, _MMAP_THRESHOLD: KEPT_FREE}):
        return False
    block = b"\1" * RESERVED  # written: memory that is only asked for has no pages yet
    del block
    return _hold({_MMAP_THRESHOLD: LARGE})


def _hold(wished: dict[int, int]) -> bool:
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    mallopt.argtypes, mallopt.restype = (ctypes.c_int, ctypes.c_int), ctypes.c_int
    return all(mallopt(number, value) for number, value in wished.items())
