"""What a process holds: in use, by the C library and by Python, and resident."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import sys
from pathlib import Path
from typing import NamedTuple


class Held(NamedTuple):
    """Memory of a process, once its garbage is collected. What is in use is counted by the C library, which large
    blocks come from (kB; 0 where it is not glibc), and by Python, which keeps those to 512 bytes itself."""

    in_use_kb: int
    python_blocks: int
    resident_kb: int

    @classmethod
    def now(cls) -> Held:
        """Of this process."""
        gc.collect()
        return cls(in_use_kb(), sys.getallocatedblocks(), anonymous_kb())


class _Mallinfo(ctypes.Structure):
    """``struct mallinfo2`` of glibc's malloc.h."""

    _fields_ = [(name, ctypes.c_size_t) for name in (
        "arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost")]


def in_use_kb() -> int:
    """What the C library has given out and not had back, 0 where it is not glibc (2.33 or newer)."""
    mallinfo = getattr(ctypes.CDLL(None), "mallinfo2", None)
    if mallinfo is None:
        return 0
    mallinfo.restype = _Mallinfo
    told = mallinfo()
    return int(told.uordblks + told.hblkhd) // 1024


def anonymous_kb() -> int:
    """Memory of this process that is its own: no file's pages."""
    with contextlib.suppress(StopIteration):
        return next(
            int(line.split()[1]) for line in Path("/proc/self/status").read_text().splitlines()
            if line.startswith("RssAnon")
        )
    return 0
