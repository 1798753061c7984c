"""Which core a thread keeps to, and that one gives way: read back from the system."""

from __future__ import annotations

import ctypes
import os
import struct
import sys
import threading
from collections.abc import Callable
from typing import TypeVar

import pytest

from mirror.runtime import cores
from mirror.runtime.cores import SLICE_NS, give_way, keep_to_core

pytestmark = pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="only Linux keeps threads to cores")

T = TypeVar("T")


def on_a_thread(job: Callable[[], T]) -> T:
    """What a thread keeps to ends with it."""
    got: list[T] = []
    thread = threading.Thread(target=lambda: got.append(job()))
    thread.start()
    thread.join()
    return got[0]


def kept(allowed: set[int], place: int) -> tuple[bool, set[int]]:
    """Whether a thread that may use ``allowed`` was kept to a core, and the cores it may use then."""
    def job() -> tuple[bool, set[int]]:
        os.sched_setaffinity(0, allowed)
        return keep_to_core(place), os.sched_getaffinity(0)

    return on_a_thread(job)


def test_of_two_cores_each_thread_keeps_to_its_own_and_the_process_to_both() -> None:
    mine = os.sched_getaffinity(0)
    if len(mine) < 2:
        pytest.skip("one core")
    first, second = sorted(mine)[:2]
    assert kept({first, second}, 0) == (True, {first})
    assert kept({first, second}, 1) == (True, {second})
    assert os.sched_getaffinity(0) == mine


def test_with_one_core_or_more_than_two_nothing_is_changed() -> None:
    mine = os.sched_getaffinity(0)
    assert kept({min(mine)}, 0) == (False, {min(mine)})
    if len(mine) > 2:
        assert kept(mine, 1) == (False, mine)


def test_a_system_that_forbids_it_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(process: int, mask: set[int]) -> None:
        raise PermissionError(1, "no")

    monkeypatch.setattr(cores.os, "sched_getaffinity", lambda process: {0, 1})
    monkeypatch.setattr(cores.os, "sched_setaffinity", refuse)
    assert not keep_to_core(1)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks Linux")
def test_a_thread_that_gives_way_keeps_its_niceness_and_asks_for_a_longer_slice_than_others_have() -> None:
    number = {"x86_64": 315, "aarch64": 275}.get(os.uname().machine)
    if number is None:
        pytest.skip("another processor: its numbers of system calls are not known here")

    def told() -> tuple[int, int]:
        """Niceness and slice in nanoseconds, by sched_getattr(2)."""
        room = ctypes.create_string_buffer(56)
        assert ctypes.CDLL(None).syscall(number, 0, room, 56, 0) == 0
        _, _, _, nice, _, slice_ns, _, _ = struct.unpack("=IIQiIQQQ", room.raw[:48])
        return nice, slice_ns

    def job() -> tuple[bool, tuple[int, int]]:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)
        return give_way(10), told()

    did, (nice, slice_ns) = on_a_thread(job)
    assert did
    assert nice == 10
    release = tuple(int(part) for part in os.uname().release.split("-")[0].split(".")[:2])
    if release >= (6, 12):
        assert slice_ns == SLICE_NS
        assert told()[1] < SLICE_NS, "a thread of the usual kind has a shorter one"


def test_on_a_processor_whose_system_calls_are_not_known_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cores.platform, "machine", lambda: "riscv64")
    assert not give_way(10)
