"""The clip for measuring is a real video with a person in it, and says so when the photos are not there."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.clip import cached_clip, full_length_photos, main, sway
from benchmarks.shared import shared_data
from mirror.domain import MirrorError


def test_a_clip_has_the_size_rate_and_length_asked_for_and_it_moves(tmp_path: Path) -> None:
    try:
        photos = full_length_photos(shared_data(), 2)
    except MirrorError as error:
        pytest.skip(str(error))
    assert len(set(photos)) == 2
    out = tmp_path / "clip.mp4"
    assert main(["--out", str(out), "--fps", "20", "--size", "320x180", "--seconds", "1.5"]) == 0
    capture = cv2.VideoCapture(str(out))
    frames = []
    while True:
        ok, frame = capture.read()
        if not ok:
            break
        frames.append(frame.astype(int))
    assert len(frames) == 30
    assert capture.get(cv2.CAP_PROP_FPS) == 20
    assert frames[0].shape == (180, 320, 3)
    assert np.abs(frames[-1] - frames[0]).mean() > 2


def test_several_people_stand_side_by_side_and_out_of_step(tmp_path: Path) -> None:
    try:
        shared_data()
    except MirrorError as error:
        pytest.skip(str(error))
    out = tmp_path / "clip.mp4"
    assert main(["--out", str(out), "--fps", "1", "--size", "640x360", "--seconds", "2", "--people", "2"]) == 0
    capture = cv2.VideoCapture(str(out))
    first, second = (capture.read()[1].astype(int) for _ in range(2))
    # the blurred ground between the two stands still, both photos move
    change = np.abs(second - first).mean(axis=(0, 2))
    assert change[80:240].mean() > 2
    assert change[400:560].mean() > 2
    assert sway(640, 0.0) == 0
    assert sway(640, 1.25) == pytest.approx(32)


def test_a_clip_that_is_there_is_taken_and_one_that_was_broken_off_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = tmp_path / "people2-720p60.mp4"
    there.write_bytes(b"a clip")
    assert cached_clip(tmp_path, "720p60", 2) == there
    assert there.read_bytes() == b"a clip"
    (tmp_path / "unfinished-people1-720p30.mp4").write_bytes(b"half a clip")
    monkeypatch.setenv("MIRROR_SHARED", str(tmp_path / "none"))
    with pytest.raises(MirrorError, match="MIRROR_SHARED"):
        cached_clip(tmp_path, "720p30")


def test_without_the_photos_or_a_place_to_write_there_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MIRROR_SHARED", str(tmp_path))
    assert main(["--out", str(tmp_path / "a.mp4")]) == 1
    assert "MIRROR_SHARED" in capsys.readouterr().err
    assert not (tmp_path / "a.mp4").exists()
    assert main(["--out", str(tmp_path / "a.mp4"), "--size", "big"]) == 1
