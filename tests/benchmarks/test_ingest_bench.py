"""Feeds going in, as the benchmark has it: small."""

from __future__ import annotations

from pathlib import Path

from benchmarks import ingest


def test_builds_killed_at_random_points_leave_a_whole_index_and_the_next_one_gives_the_same_bytes(
    tmp_path: Path,
) -> None:
    counts = ingest.killed(tmp_path, 3, seed=2)
    # a build that ended before its kill came is done again, twice at most
    assert counts["kills"] == 3 - max(0, counts["ended"] - 2)
    assert (counts["broken"], counts["unequal"], counts["left_behind"]) == (0, 0, 0)


def test_every_bad_row_of_a_feed_is_listed_with_its_field_and_no_other(tmp_path: Path) -> None:
    told = ingest.large(tmp_path / "large", 1_200)
    assert (told["bad"], told["items"], told["rejects_wrong"]) == (12, 1_188, 0)
