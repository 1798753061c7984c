"""The heap is held: a large block has pages of its own however many were freed before, where the C library is glibc."""

from __future__ import annotations

import ctypes
import platform
import re
import subprocess
import sys

import pytest

CHILD = """
import ctypes
import numpy as np
from mirror.runtime.heap import LARGE, hold_large

class Told(ctypes.Structure):  # mallinfo2(3)
    _fields_ = [(name, ctypes.c_size_t) for name in (
        "arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost")]

told = ctypes.CDLL(None).mallinfo2
told.restype = Told
if {held}:
    assert hold_large()
for mib in (1, 4, 16):
    block = np.empty(mib << 20, np.uint8)
    del block  # each of these raises the bound of a heap that is not held
before = told().hblks
blocks = [np.empty(2 << 20, np.uint8) for _ in range(32)]
after = told().hblks
small = [np.empty(LARGE // 2, np.uint8) for _ in range(8)]
print(after - before, told().hblks - after)
"""

SPARE = """
import ctypes
from benchmarks.held import anonymous_kb
from mirror.runtime.heap import LARGE, fill_heap, hold_large

library = ctypes.CDLL(None)
library.malloc.restype = ctypes.c_void_p
assert hold_large()
assert fill_heap({spare})
before = anonymous_kb()
for _ in range(40):
    ctypes.memset(library.malloc(ctypes.c_size_t(LARGE // 4)), 1, LARGE // 4)
print(anonymous_kb() - before)
"""

FILLED = """
import ctypes
from benchmarks.held import anonymous_kb
from mirror.runtime.heap import LARGE, fill_heap

library = ctypes.CDLL(None)
library.malloc.restype = ctypes.c_void_p
blocks = [library.malloc(ctypes.c_size_t(LARGE // 2)) for _ in range(64)]
for block in blocks:
    ctypes.memset(block, 7, 8)
before = anonymous_kb()
if {filled}:
    assert fill_heap()
after = anonymous_kb()
assert all(ctypes.string_at(block, 8) == bytes([7]) * 8 for block in blocks)
print(after - before)
"""

CACHED = """
import ctypes, threading
from benchmarks.held import in_use_kb
from mirror.runtime.heap import fill_cache

library = ctypes.PyDLL(None)
library.malloc.restype = ctypes.c_void_p

def work():
    if {filled}:
        assert fill_cache()
    before = in_use_kb()
    for size in range(24, 1033, 16):
        for _ in range(7):
            library.malloc(ctypes.c_size_t(size))
    print(in_use_kb() - before)

thread = threading.Thread(target=work)
thread.start()
thread.join()
"""

SHARED = """
import ctypes, threading
from mirror.runtime.heap import share_heap

malloc = ctypes.CDLL(None).malloc
malloc.restype = ctypes.c_void_p
if {held}:
    assert share_heap()
places = [malloc(3000)]
threads = [threading.Thread(target=lambda: places.append(malloc(3000))) for _ in range(3)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
begin, end = next(line.split()[0].split("-") for line in open("/proc/self/maps") if line.rstrip().endswith("[heap]"))
print(sum(not int(begin, 16) <= place < int(end, 16) for place in places))
"""


def told(script: str, **how: object) -> int:
    """The number that a process of its own prints."""
    return int(subprocess.run([sys.executable, "-c", script.format(**how)], capture_output=True, text=True, check=True,
                              timeout=60).stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library has bounds of its own")
@pytest.mark.parametrize("held", [True, False])
def test_large_blocks_lie_apart_and_small_ones_do_not(held: bool) -> None:
    if not hasattr(ctypes.CDLL(None), "mallinfo2"):
        pytest.skip("this glibc does not tell (before 2.33)")
    done = subprocess.run(
        [sys.executable, "-c", CHILD.format(held=held)], capture_output=True, text=True, check=True, timeout=60)
    large, small = (int(word) for word in done.stdout.split())
    # one or two may find room at the heap's end
    assert (large >= 30) if held else (large == 0)
    assert small == 0


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library has heaps of its own")
def test_threads_share_one_heap() -> None:
    strangers = [told(SHARED, held=held) for held in (True, False)]
    assert strangers[0] == 0 < strangers[1]


def can_fill() -> bool:
    """Linux from 5.14 on can have pages in memory without writing to them."""
    release = re.match(r"(\d+)\.(\d+)", platform.release())
    return release is not None and (int(release[1]), int(release[2])) >= (5, 14)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library has bounds of its own")
@pytest.mark.skipif(not can_fill(), reason="this Linux cannot (before 5.14)")
def test_room_that_a_heap_is_given_is_in_memory() -> None:
    grown = [told(SPARE, spare=spare) for spare in (2 << 20, 0)]
    assert grown[0] < 256
    assert grown[1] > 1024


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library has bounds of its own")
@pytest.mark.skipif(not can_fill(), reason="this Linux cannot (before 5.14)")
def test_all_of_a_filled_heap_is_in_memory_and_as_it_was() -> None:
    grown = [told(FILLED, filled=filled) for filled in (True, False)]
    assert grown[0] > 3 * 1024
    assert grown[1] < 512


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library has caches of its own")
def test_what_a_thread_keeps_of_small_blocks_is_there_from_its_begin() -> None:
    if not hasattr(ctypes.CDLL(None), "mallinfo2"):
        pytest.skip("this glibc does not tell (before 2.33)")
    grown = [told(CACHED, filled=filled) for filled in (True, False)]
    assert grown[0] < 64
    assert grown[1] > 192
