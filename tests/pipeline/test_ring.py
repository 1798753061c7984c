"""The newest measurements, whatever the ring has been through."""

from __future__ import annotations

import numpy as np
import pytest

from mirror.pipeline.ring import Ring


@pytest.mark.parametrize("added", [0, 1, 4, 7, 8, 9, 15, 16, 1000])
def test_the_newest_rows_come_in_their_order_also_across_the_seam(added: int) -> None:
    ring = Ring(8, 2)
    for number in range(added):
        ring.add(number, -number)
    assert ring.count == added
    for most in (1, 3, 8, None):
        wanted = list(range(added))[-min(most or 8, 8):] if added else []
        assert ring.newest(most)[:, 0].tolist() == wanted
        assert ring.newest(most)[:, 1].tolist() == [-number for number in wanted]


def test_a_copy_is_handed_out_and_clearing_begins_anew() -> None:
    ring = Ring(4, 1)
    ring.add(1.0)
    told = ring.newest()
    ring.add(2.0)
    ring.clear()
    ring.add(3.0)
    assert told.tolist() == [[1.0]]
    assert ring.newest().tolist() == [[3.0]]


@pytest.mark.parametrize("kept", [50, 64, 100, 5000])
@pytest.mark.parametrize("time", [-1.0, 0.0, 17.5, 260.0, 299.0, 400.0])
def test_since_gives_what_is_newer_and_all_of_it(kept: int, time: float) -> None:
    ring = Ring(kept, 1)
    for number in range(300):
        ring.add(number)
    wanted = [number for number in range(300)[-kept:] if number > time]
    assert ring.since(time)[:, 0].tolist() == wanted


def test_its_memory_is_taken_at_the_start() -> None:
    ring = Ring(1000, 5)
    before = ring._rows
    for number in range(5000):
        ring.add(number, 0, 0, 0, 0)
    assert ring._rows is before
    assert not np.isnan(before).any()
