"""Who walked in when, and what counts as her first look."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.first_look import MARKS, Watch, figures, table
from benchmarks.shared import shared_data
from benchmarks.walk_in import EMPTY_S, LEAVE_S, STAND_S, WALK_S, Turn, across
from mirror.config import Settings
from mirror.domain import MirrorError
from mirror.ui import waits

ROOT = Path(__file__).parents[2]
TURNS = [Turn(0, 90, 110), Turn(300, 390, 410)]


def _marks(*true: str) -> dict[str, bool]:
    return {mark: mark in true for mark in MARKS}


def _watch(skipped: frozenset[int] = frozenset(), fps: float = 30.0) -> Watch:
    """A watch that was told of every frame of both turns, at their own time."""
    watch = Watch(TURNS, fps)
    for place in range(600):
        if place not in skipped:
            watch.delivered(place, place, 100 + place / fps)
    return watch


def test_times_count_from_the_full_view_of_each_person_and_the_first_paint_that_has_it() -> None:
    watch = _watch()
    watch.painted(100, 1, _marks("found"), 100 + 100 / 30)
    watch.painted(120, 1, _marks("found", "pose"), 104.5)
    watch.painted(121, 1, _marks("found", "pose", "look"), 104.6)
    watch.painted(122, 1, _marks("found", "pose", "look"), 104.7)
    watch.painted(420, 2, _marks("found", "look", "analysis"), 114.5)
    first, second = watch.told()
    full = 100 + 110 / 30
    assert first["found"] == pytest.approx(-10 / 30, abs=1e-3), "seen before all of her is in view"
    assert first["pose"] == pytest.approx(104.5 - full, abs=1e-3)
    assert first["look"] == pytest.approx(104.6 - full, abs=1e-3)
    assert first["analysis"] is None
    assert second["look"] == pytest.approx(114.5 - full - 10, abs=1e-3)


def test_what_belongs_to_the_person_before_is_not_hers() -> None:
    watch = _watch()
    watch.painted(200, 1, _marks("found", "look"), 106.7)
    watch.painted(310, 1, _marks("found", "look"), 110.4)  # still remembered, the shop is empty
    watch.painted(395, 1, _marks("found", "look"), 113.2)  # taken for the one before: no look of hers
    watch.painted(380, 2, _marks("found", "look"), 112.7)  # somebody who is not there yet
    watch.painted(420, 0, _marks("look"), 114.1)  # nobody is served
    assert watch.told()[1] == dict.fromkeys(MARKS)
    watch.painted(430, 2, _marks("found"), 114.4)
    assert watch.told()[1]["found"] == pytest.approx(114.4 - 100 - 410 / 30, abs=1e-3)


def test_a_frame_of_full_view_that_was_skipped_still_counts_from_its_time() -> None:
    watch = _watch(skipped=frozenset({110, 111}))
    watch.painted(115, 1, _marks("look"), 104.0)
    assert watch.told()[0]["look"] == pytest.approx(104.0 - 100 - 110 / 30, abs=1e-3)


def test_medians_and_the_worst_and_who_had_no_look() -> None:
    rows = [dict.fromkeys(MARKS, at) for at in (0.2, 0.4, 0.9)] + [{**dict.fromkeys(MARKS, 0.1), "look": None}]
    found = figures(rows)
    assert (found["look_median_s"], found["look_worst_s"], found["without_look"]) == (0.4, 0.9, 1)
    assert figures([dict.fromkeys(MARKS)])["look_median_s"] is None
    document = {
        **found, "form": "720p30", "screen": "xvfb", "empty_s": 9.0, "floors": [], "date": "2026-11-30",
        "platform": {"cpu": "x", "cores": 2, "system": "s", "python": "3"}, "analysis_median_s": None}
    lines = table(document).splitlines()
    assert "| look | 0.40 | 0.90 |" in lines
    assert "| analysis | never | never |" in lines
    assert "without a look: 1" in lines[-1]


def test_she_walks_in_from_the_left_slows_down_stands_and_leaves_to_the_right() -> None:
    assert across(-0.01, 1280, 460) is None
    gone = Settings().pipeline.forget_after_s + waits.LEAVE_S + waits.GOODBYE_S
    assert gone < EMPTY_S, "the goodbye to the one before must be over"
    moments = [i / 30 for i in range(round((WALK_S + STAND_S + LEAVE_S) * 30) + 1)]
    places = [place for moment in moments if (place := across(moment, 1280, 460)) is not None]
    assert len(places) == len(moments)
    steps = [b - a for a, b in itertools.pairwise(places)]
    assert places[0] == -460
    assert min(steps) >= 0
    assert steps[0] > 3 * steps[round(WALK_S * 30) - 10] > 0
    standing = places[round(WALK_S * 30) : round((WALK_S + STAND_S) * 30)]
    assert set(standing) == {410}
    assert places[-1] == 1280


def test_one_who_walks_in_is_measured_from_the_clip_to_the_document(tmp_path: Path) -> None:
    try:
        shared_data()
    except MirrorError as error:
        pytest.skip(str(error))
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.first_look", "--people", "1", "--empty", "3", "--clips", str(tmp_path),
         "--size", "270x480", "--json"], capture_output=True, text=True, timeout=170, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    (turn,) = document["turns"]
    assert turn["found"] is not None
    assert turn["look"] is not None
    assert turn["found"] <= turn["garments"] <= turn["look"]
    assert document["people"] == 1
    assert {floor["figure"] for floor in document["floors"]} == {"look_worst_s", "without_look"}
    assert {path.name for path in tmp_path.iterdir()} == {
        f"walk-in1-720p30-empty3.{kind}" for kind in ("mp4", "json")}


def test_wrong_wishes_are_one_line() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.first_look", "--people", "0"], capture_output=True, text=True, timeout=60,
        cwd=ROOT, check=False)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("mirror: first_look: ")
