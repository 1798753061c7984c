"""`mirror run` as a real process on the demo clip: pictures out, clean ends, nothing kept."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.x_server import XServer

ROOT = Path(__file__).parents[2]
START_LIMIT_S = 60.0


def _environment(home: Path) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")}
    home_folders = dict.fromkeys(("HOME", "TMPDIR", "XDG_RUNTIME_DIR"), str(home))
    return {**kept, **home_folders, "PYTHONDONTWRITEBYTECODE": "1"}


def _mirror(home: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mirror", *(str(a) for a in arguments)], capture_output=True, text=True, timeout=200,
        cwd=home, env=_environment(home), check=False,
    )


def test_run_without_a_display_says_so_and_leaves_nothing_behind(tmp_path: Path) -> None:
    done = _mirror(tmp_path, "run", "--source", "demo", "--seconds", "6", "--consent", "given")
    assert done.returncode == 0, done.stderr
    assert "headless" in done.stderr
    assert "Traceback" not in done.stderr
    # privacy: a run that was not asked for a file writes none, wherever a library might think of writing
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []


def test_the_snapshot_is_the_window_and_the_recording_carries_the_sign(tmp_path: Path) -> None:
    done = _mirror(
        tmp_path, "run", "--headless", "--source", "demo", "--seconds", "8", "--consent", "given", "--size", "540x960",
        "--snapshot", "a.png", "--record", "a.mp4",
    )
    assert done.returncode == 0, done.stderr
    picture = cv2.imread(str(tmp_path / "a.png"))
    assert picture.shape == (960, 540, 3)
    assert picture.std() > 20
    video = cv2.VideoCapture(str(tmp_path / "a.mp4"))
    frames = int(video.get(cv2.CAP_PROP_FRAME_COUNT))
    assert frames > 20
    for _ in range(frames // 2):
        video.grab()
    seen, frame = video.read()
    video.release()
    assert seen
    assert frame.shape == (960, 540, 3)
    blue, green, red = (frame[:, :, i].astype(np.int16) for i in range(3))
    assert int(((red > 150) & (green < 90) & (blue < 90)).sum()) > 40, "no red REC sign"
    assert sorted(p.name for p in tmp_path.iterdir() if p.is_file()) == ["a.mp4", "a.png"]


def test_a_terminated_mirror_ends_cleanly_and_closes_its_recording(tmp_path: Path) -> None:
    command = "run --headless --source demo --size 540x960 --record b.mp4"
    process = subprocess.Popen(
        [sys.executable, "-m", "mirror", *command.split()],
        cwd=tmp_path, env=_environment(tmp_path), stderr=subprocess.PIPE, text=True,
    )
    try:
        limit = time.monotonic() + START_LIMIT_S
        # the recording under way shows that frames are painted
        while not any(p.stat().st_size > 20_000 for p in tmp_path.iterdir() if p.is_file()):
            assert process.poll() is None, process.stderr.read() if process.stderr else ""
            assert time.monotonic() < limit, "nothing was recorded"
            time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode in (0, 130)
    assert "Traceback" not in errors
    video = cv2.VideoCapture(str(tmp_path / "b.mp4"))
    assert video.read()[0]
    video.release()


@pytest.mark.skipif(shutil.which("Xvfb") is None, reason="Xvfb is not installed")
def test_run_opens_a_real_window_on_a_real_display(tmp_path: Path) -> None:
    with XServer() as server:
        assert server.display is not None
        command = "run --source demo --seconds 6 --kiosk --snapshot c.png"
        done = subprocess.run(
            [sys.executable, "-m", "mirror", *command.split()], cwd=tmp_path,
            env={**_environment(tmp_path), "DISPLAY": server.display, "QT_QPA_PLATFORM": "xcb"},
            capture_output=True, text=True, timeout=100, check=False,
        )
    assert done.returncode == 0, done.stderr
    assert "headless" not in done.stderr
    assert cv2.imread(str(tmp_path / "c.png")).shape == (1920, 1080, 3)


def test_a_trace_holds_names_times_and_frame_numbers_and_its_spans_nest(tmp_path: Path) -> None:
    refused = _mirror(tmp_path, "run", "--headless", "--source", "demo", "--seconds", "1", "--trace", "no/t.json")
    assert refused.returncode == 1
    assert refused.stderr.strip().count("\n") == 0
    done = _mirror(tmp_path, "run", "--headless", "--source", "demo", "--seconds", "3", "--consent", "given",
                   "--trace", "t.json")
    assert done.returncode == 0, done.stderr
    events = json.loads((tmp_path / "t.json").read_text("utf-8"))["traceEvents"]
    assert {"paint", "pose", "pose run"} <= {e["name"] for e in events}
    for event in events:
        assert set(event) <= {"name", "ph", "pid", "tid", "ts", "dur", "cat", "id", "args"}
        if event["ph"] != "M":
            assert set(event.get("args", {})) <= {"frame"}
            assert isinstance(event.get("args", {}).get("frame", 0), int)
    for thread in {e["tid"] for e in events if e["ph"] == "X"}:
        ends: list[float] = []
        for span in (e for e in events if e["ph"] == "X" and e["tid"] == thread):
            while ends and ends[-1] <= span["ts"] + 0.01:
                ends.pop()
            assert not ends or span["ts"] + span["dur"] <= ends[-1] + 0.01, span
            ends.append(span["ts"] + span["dur"])
