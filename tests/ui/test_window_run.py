"""`run_window` as a process: it ends cleanly however it is ended, and its files are whole or not there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from ui_stage import PlayingPipeline, StillCatalogue

from mirror.config import Settings
from mirror.domain import MirrorError

HERE = Path(__file__).parent


def given() -> Settings:
    settings = Settings()
    return replace(settings, privacy=replace(settings.privacy, consent="given"))


def start(folder: Path, *more: str) -> subprocess.Popen[str]:
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen", "OMP_NUM_THREADS": "1",
                                "PYTHONPATH": os.pathsep.join([str(HERE), str(HERE.parents[1])])}
    return subprocess.Popen([sys.executable, str(HERE / "live_scene.py"), str(folder), *more], env=environment,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_and_kill_end_the_window_and_close_the_recording(tmp_path: Path, how: signal.Signals) -> None:
    process = start(tmp_path)
    assert process.stdout is not None
    assert process.stdout.readline().strip() == "painting"
    process.send_signal(how)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    assert out.strip() == "stopped"
    assert "Traceback" not in err
    clip = cv2.VideoCapture(str(tmp_path / "visit.mp4"))
    assert (clip.get(cv2.CAP_PROP_FRAME_WIDTH), clip.get(cv2.CAP_PROP_FRAME_HEIGHT)) == (540, 960)
    assert clip.read()[0]
    assert not list(tmp_path.glob(".*partial*"))


def test_an_error_in_a_slot_is_one_line_and_no_abort(tmp_path: Path) -> None:
    process = start(tmp_path, "fail")
    _, err = process.communicate(timeout=30)
    assert process.returncode == 1
    lines = [line for line in err.splitlines() if line.startswith("mirror:")]
    assert lines == ["mirror: window: ZeroDivisionError: division by zero; this is our mistake, please report it"]
    assert "Traceback" not in err
    assert not list(tmp_path.glob(".*partial*"))


def test_a_snapshot_shows_the_settled_look_and_a_recording_the_rec_sign(app: Any, tmp_path: Path) -> None:
    from mirror.ui.layout import layout
    from mirror.ui.window import run_window

    pipeline = PlayingPipeline(StillCatalogue(tmp_path))
    code = run_window(pipeline, given(), size=(540, 960), record=tmp_path / "v.mp4", snapshot=tmp_path / "s.png")  # type: ignore[arg-type]
    assert code == 0
    assert not pipeline.running
    assert "consent True" in pipeline.asked
    at = layout(540, 960)
    picture = cv2.imread(str(tmp_path / "s.png"))
    assert picture.shape == (960, 540, 3)
    # the card's plate, right of its picture and above its chips
    assert np.abs(picture[at.card.bottom - 56, at.card.right - 30].astype(int) - (248, 250, 251)).max() < 4
    # her jumper is still to be seen: nothing stands before her
    middle = picture[at.corridor.y + at.corridor.h // 3, 270].astype(int)
    assert np.abs(middle - (58, 78, 178)).max() < 12
    clip = cv2.VideoCapture(str(tmp_path / "v.mp4"))
    read, first = clip.read()
    assert read
    sign = first[at.recording.y : at.recording.bottom, at.recording.x : at.recording.right].astype(int)
    assert ((sign[..., 2] - sign[..., 1] > 90) & (sign[..., 2] > 180)).sum() > 40
    assert not list(tmp_path.glob(".*partial*"))


@pytest.mark.parametrize("name", ["record", "snapshot"])
def test_a_file_that_cannot_be_written_is_one_plain_line(app: Any, tmp_path: Path, name: str) -> None:
    from mirror.ui.window import run_window

    out = {"record": tmp_path / "nowhere" / "v.mp4", "snapshot": tmp_path / "nowhere" / "s.png"}[name]
    pipeline = PlayingPipeline(StillCatalogue(tmp_path))
    with pytest.raises(MirrorError, match="cannot be written"):
        run_window(pipeline, given(), size=(270, 480), seconds=0.3, **{name: out})  # type: ignore[arg-type]
    assert not pipeline.running


def test_the_end_of_a_file_ends_the_window(app: Any, tmp_path: Path) -> None:
    from mirror.ui.window import run_window

    pipeline = PlayingPipeline(StillCatalogue(tmp_path), source_state="ended")
    assert run_window(pipeline, given(), size=(270, 480), seconds=60) == 0  # type: ignore[arg-type]


def test_pictures_that_cannot_be_read_leave_the_ground_empty_and_the_loader_running(app: Any, tmp_path: Path) -> None:
    import threading

    from ui_stage import items

    from mirror.ui.pictures import PictureShelf

    come = threading.Semaphore(0)
    catalogue = StillCatalogue(tmp_path)
    (tmp_path / "1.png").write_bytes(b"")
    (tmp_path / "2.png").write_bytes(b"not a picture")
    (tmp_path / "3.png").unlink()
    shelf = PictureShelf(catalogue.picture, come.release)
    shelf.start()
    try:
        wanted = items(6)
        assert [shelf.get(item) for item in wanted] == [None] * 6
        for _ in wanted:
            assert come.acquire(timeout=10)
        assert [shelf.get(item) is not None for item in wanted] == [True, False, False, False, True, True]
    finally:
        shelf.stop()
    assert not [t for t in threading.enumerate() if t.name == "mirror-pictures"]
