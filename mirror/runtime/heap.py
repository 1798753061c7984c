"""The C library's heap, held so that the memory of a mirror that runs for weeks stands.

glibc gives a large block pages of its own, which the system has back as soon as it is freed. But every such block that
is freed raises what counts as large, from 128 KiB up to 32 MiB (mallopt(3), M_MMAP_THRESHOLD): soon drawn plates and
catalogue pictures lie among all the small blocks, in many sizes, and leave holes that nothing fits. Set once, the bound
stays.
"""

from __future__ import annotations

import ctypes
import mmap
import sys
from pathlib import Path

import numpy as np

LARGE = 128 * 1024
"""Bytes from which a block has pages of its own: glibc's first bound. What happens on every frame allocates less
(tests/pipeline/test_no_waste.py)."""
KEPT_FREE = 4 * 1024 * 1024
"""Bytes at the heap's end that stay with the process when they are free (by default 128 KiB: a heap that grows and
shrinks within a frame)."""
CACHED, CACHED_LARGEST, CACHED_STEP = 7, 1032, 16
"""Free blocks of each size that glibc keeps for a thread, up to so many bytes, and from one size to the next."""

HEAPS = 1
"""Heaps for all threads together; glibc makes one for each, up to eight a core. Each grows by itself until it has had
its busiest moment, while the others have room; the lock of the one is no matter for a handful of threads."""

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8  # malloc.h of glibc
_POPULATE_WRITE = 23  # MADV_POPULATE_WRITE, madvise(2)


def share_heap() -> bool:
    """One heap for the threads that begin after it; False where the C library has no such bound (it is not glibc)."""
    return _hold({_ARENA_MAX: HEAPS})


def hold_large() -> bool:
    """Fix from now on what counts as large, and what stays at the heap's end; False as above. Once the models are
    loaded: what loading needs for a moment comes sooner from a heap that may keep it."""
    return _hold({_MMAP_THRESHOLD: LARGE, _TRIM_THRESHOLD: KEPT_FREE})


def fill_cache() -> bool:
    """Fill the store of free small blocks that glibc keeps for this thread (a quarter of a megabyte); False where the
    C library is not glibc. Left alone each thread's fills as it happens to free blocks of each size, for ten minutes
    and more, and the heap seems to leak for as long. For a thread that lasts, at its begin."""
    if not sys.platform.startswith("linux"):
        return False
    library = ctypes.PyDLL(None)  # keeps the GIL: nine hundred short calls
    if not hasattr(library, "gnu_get_libc_version"):
        return False
    library.malloc.argtypes, library.malloc.restype = (ctypes.c_size_t,), ctypes.c_void_p
    library.free.argtypes, library.free.restype = (ctypes.c_void_p,), None
    blocks = [library.malloc(size) for size in range(24, CACHED_LARGEST + 1, CACHED_STEP) for _ in range(CACHED)]
    for block in blocks:
        library.free(block)
    return True


def fill_heap(spare: int = 0) -> bool:
    """Have all pages of the heap in memory, also those that nothing was written to yet; what is in them stays. With
    room for ``spare`` bytes more in small blocks, at most KEPT_FREE: so much of what is free comes and goes.

    A block that comes to lie in such a page costs a page fault in the middle of a frame, and the resident memory of a
    mirror whose heap stands goes on rising for minutes, as a leak's would. False where the system cannot (Linux before
    5.14) or has no such heap. Takes well under a millisecond when there is nothing to do; any thread.
    """
    room = [bytearray(LARGE // 2) for _ in range(spare // (LARGE // 2))]
    del room
    place = _heap_place() if sys.platform.startswith("linux") else None
    if place is None:
        return False
    library, page = ctypes.CDLL(None), mmap.PAGESIZE
    begin, pages = place[0], (place[1] - place[0]) // page
    there = np.zeros(pages, np.uint8)
    if library.mincore(ctypes.c_void_p(begin), ctypes.c_size_t(pages * page), ctypes.c_void_p(there.ctypes.data)) != 0:
        return False
    # only what is missing: the kernel looks at each page of what it is asked for, milliseconds for the whole
    edges = np.flatnonzero(np.diff(there & 1, prepend=1, append=1))
    return all(
        library.madvise(ctypes.c_void_p(begin + page * int(first)), ctypes.c_size_t(page * int(end - first)),
                        _POPULATE_WRITE) == 0
        for first, end in edges.reshape(-1, 2))


def _heap_place() -> tuple[int, int] | None:
    """Addresses of the first heap's begin and end."""
    with Path("/proc/self/maps").open(encoding="ascii", errors="replace") as places:
        for line in places:  # it stands among the first
            if line.rstrip().endswith("[heap]"):
                begin, end = line.split(" ", 1)[0].split("-")
                return int(begin, 16), int(end, 16)
    return None


def _hold(wished: dict[int, int]) -> bool:
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    mallopt.argtypes, mallopt.restype = (ctypes.c_int, ctypes.c_int), ctypes.c_int
    return all(mallopt(number, value) for number, value in wished.items())
