"""Mutated files and replaced files: the reader refuses with a plain error or answers right, and keeps nothing."""

from __future__ import annotations

from pathlib import Path

from benchmarks.catalogue_stress import fuzz, swap


def test_each_mutated_file_is_refused_or_answers_as_the_whole_one(tmp_path: Path) -> None:
    counts = fuzz(tmp_path, 300)
    assert counts["wrong"] == 0
    assert counts["refused"] > 200
    assert counts["refused"] + counts["answered"] == 300


def test_sixty_swaps_under_four_threads_in_each_of_two_processes(tmp_path: Path) -> None:
    seen = swap(tmp_path, 60, warm=0)
    assert (seen["errors"], seen["mixed"]) == (0, 0)
    assert seen["last_state"] == [61, 61]
    assert min(seen["states_seen"]) > 10
    assert seen["maps_left"] == 1
    assert seen["resident_grown_kb"] < 1500
    told = [kind for process in seen["growth"] for kind in process.values()]
    assert len(told) == 2 * 3
    assert all(one["low"] <= one["per_1000_swaps"] <= one["high"] for one in told)
