"""The accuracy benchmark, on real validation photos where the shared folder is there."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks import accuracy
from benchmarks.anchors import ROWS, table
from benchmarks.garments import measure_garments, operating_point
from benchmarks.shared import SHARED_VARIABLE, shared_data
from export.coco_ap import Found
from mirror.domain import MirrorError
from mirror.runtime.manifest import Manifest

PHOTOS = 30


@pytest.fixture
def shared() -> Path:
    try:
        return shared_data()
    except MirrorError as error:
        pytest.skip(str(error))


def test_detector_finds_the_garments_of_real_photos(shared: Path) -> None:
    report = measure_garments(shared, Manifest.load(), limit=PHOTOS)
    assert report["photos"] == PHOTOS
    assert report["AP50"] > 0.5
    assert report["at_threshold"]["f1"] > 0.5


def test_absent_pictures_are_one_line_and_exit_code_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(SHARED_VARIABLE, str(tmp_path))
    assert accuracy.main(["--json"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert SHARED_VARIABLE in err


def test_json_is_one_document_with_platform_and_date(
    shared: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(accuracy, "SUBJECTS", {"seed": lambda data, manifest: {"R@1": 0.5}})
    assert accuracy.main(["--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert {"platform", "date", "seed"} <= set(document)


def test_operating_point_counts_each_garment_once() -> None:
    box = np.array([[10.0, 10.0, 60.0, 90.0]])
    truth = [Found(box, np.array([4]), np.ones(1))]
    double = [Found(np.repeat(box, 2, 0), np.array([4, 4]), np.array([0.9, 0.8]))]
    point = operating_point(double, truth, None)
    assert (point["precision"], point["recall"]) == (0.5, 1.0)


def test_table_nests_reports() -> None:
    text = "\n".join(accuracy.lines({"garments": {"AP50": 0.6, "per_class": {"top": {"AP": 0.4}}, "ms": {"least": 9}}}))
    assert "  AP50" in text
    assert "    top" in text


def test_the_one_table_sets_ours_beside_the_seeds_way_and_the_published(
    shared: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    measured = {
        "embedding": lambda data, manifest: {"R@1": 0.82}, "seed": lambda data, manifest: {"generous": {"R@1": 0.4}},
    }
    monkeypatch.setattr(accuracy, "SUBJECTS", measured)
    assert accuracy.main([]) == 0
    lines = capsys.readouterr().out.splitlines()
    (row,) = (line for line in lines if line.startswith("category of nearest") and "R@1" in line)
    assert row.split()[-3:] == ["0.82", "0.4", "none"]


def test_what_was_not_measured_is_a_dash_and_never_a_number() -> None:
    rows = table({})
    assert len(rows) == len(ROWS)
    assert {row["ours"] for row in rows} == {"-"}
