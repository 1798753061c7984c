"""`python -m benchmarks.start` on the packaged demo: a start in its parts, in the order in which they come."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from mirror.pipeline.state import CONSENT_STAGES

ROOT = Path(__file__).parents[2]


def _start(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "benchmarks.start", *arguments], capture_output=True, text=True, timeout=150, cwd=ROOT,
        check=False,
    )


def test_a_start_is_told_in_its_parts_and_the_picture_comes_before_the_pose() -> None:
    done = _start("--runs", "1", "--only", "warm", "--size", "270x480", "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    start = document["starts"]["warm"]
    marks = start["median_s"]
    assert 0 < marks["command"] <= marks["window_imported"] <= marks["source_open"] <= marks["first_frame"]
    assert marks["first_frame"] <= marks["first_pose"] <= marks["first_analysis"]
    assert marks["models_ready"] <= marks["first_pose"]
    assert set(start["stages_median_s"]) >= CONSENT_STAGES
    assert max(start["stages_median_s"].values()) <= marks["first_analysis"]
    assert start["worst_s"] == marks, "one run is its own median"


def test_a_source_that_cannot_be_opened_is_one_plain_line(tmp_path: Path) -> None:
    done = _start("--runs", "1", "--source", str(tmp_path / "none.mp4"))
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("mirror: start: the run failed: ")
    assert "none.mp4" in line
