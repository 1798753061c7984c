"""The clip for measuring is a real video with a person in it, and says so when the photos are not there."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.clip import full_length_photos, main
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


def test_without_the_photos_or_a_place_to_write_there_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MIRROR_SHARED", str(tmp_path))
    assert main(["--out", str(tmp_path / "a.mp4")]) == 1
    assert "MIRROR_SHARED" in capsys.readouterr().err
    assert not (tmp_path / "a.mp4").exists()
    assert main(["--out", str(tmp_path / "a.mp4"), "--size", "big"]) == 1
