"""Who runs where and who goes first: which core a thread keeps to on a machine of two, and which thread gives way.

The camera's thread wakes the pose's for every frame and goes on drawing the picture. Linux may leave the two on one
core, the one on which the pose ran last, although the other is idle (in a virtual machine a halted core does not count
as idle): they then take turns, and the frame is late by all the time that drawing takes. Measured on two cores of a
virtual machine: the pose net takes 7.8 ms of a core, and 10.7 ms went by while the picture was drawn, 7.9 when each of
the two kept to a core of its own (docs/design.md).
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import sys

CORES = 2
"""With more there is nearly always an idle one that the system finds, and cores may be of two kinds."""


def keep_to_core(place: int) -> bool:
    """Keep the calling thread to the first (0) or second (1) of the two cores that it may use; False, and nothing is
    changed, where there are more or fewer, or the system cannot do so (only Linux can)."""
    if not hasattr(os, "sched_setaffinity"):
        return False
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) != CORES:
        return False
    try:
        os.sched_setaffinity(0, {cores[place]})
    except OSError:  # a sandbox that forbids it: the threads run as they always did
        return False
    return True


SLICE_NS = 4_000_000
"""Longer than the slice of Linux' own threads (at most 2.8 ms, kernel/sched/fair.c: sysctl_sched_base_slice times the
cores' logarithm)."""

_SCHED_SETATTR = {"x86_64": 314, "aarch64": 274}
"""Numbers of the system call sched_setattr(2), which glibc has no function for before 2.41."""


def give_way(nice: int) -> bool:
    """Let every thread that wakes take the core from the calling one at once; False where Linux cannot do so.

    Since 6.6 Linux lets a thread that runs use up its slice before one that wakes gets the core, whatever the niceness
    of the first: a frame that comes meanwhile waits for up to 2.8 ms. Since 6.12 it makes an exception for a thread
    whose slice is shorter than the running one's; so a longer one is asked for (its share of the core stays that of its
    ``nice``). Older ones take no notice.
    """
    number = _SCHED_SETATTR.get(platform.machine())
    if number is None or not sys.platform.startswith("linux"):
        return False
    # struct sched_attr, first version: size, policy (0: the usual), flags, nice, priority, runtime, deadline, period
    attributes = struct.pack("=IIQiIQQQ", 48, 0, 0, nice, 0, SLICE_NS, 0, 0)
    try:
        return int(ctypes.CDLL(None).syscall(number, 0, attributes, 0)) == 0
    except (OSError, AttributeError):
        return False
