"""The real mask and pose nets, and the reader, on rendered bodies whose mesh tells their breadths.

The pictures were drawn by ``python -m benchmarks.body`` from CC0 meshes; all 120 are measured by benchmarks.accuracy.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.body import breadth_errors
from mirror.domain import MirrorError
from mirror.runtime.manifest import Manifest

RENDERED = Path(__file__).parent / "rendered"


def test_breadths_of_rendered_bodies_are_within_five_percent_of_their_mesh() -> None:
    report = breadth_errors(Manifest.load(), RENDERED)
    assert report["measured"] == report["pictures"] >= 7
    assert {name: error for name, error in report["all_median_error"].items() if error > 0.05} == {}
    assert {name: error for name, error in report["all_signed"].items() if abs(error) > 0.04} == {}


def test_a_folder_without_drawn_bodies_is_one_plain_line(tmp_path: Path) -> None:
    with pytest.raises(MirrorError, match="python -m benchmarks"):
        breadth_errors(Manifest.load(), tmp_path)
