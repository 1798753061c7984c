"""The mirror beside its peers: the runner on a tiny scale, and what it computes from the rounds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
import pytest

from benchmarks.peers import MIRROR_32, POSE, QUEUE, SEED, full_models, main, summary
from benchmarks.resnet_graph import write_resnet50
from mirror.runtime.manifest import Manifest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "grey.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 60.0, (160, 120))
    for shade in range(20):
        writer.write(np.full((120, 160, 3), 60 + 5 * shade, np.uint8))
    writer.release()
    return path


def _run(*arguments: str) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", *arguments], capture_output=True, text=True, cwd=ROOT, timeout=90, check=False,
        env={**os.environ},
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, float] = json.loads(done.stdout)
    return found


def test_the_seeds_way_does_every_step_for_every_frame(clip: Path) -> None:
    told = _run("benchmarks.seed_way", "--clip", str(clip), "--seconds", "0.2", "--rows", "300")
    assert told["frames"] >= 1
    assert told["fps"] > 0
    assert set(told["step_ms"]) == {"dlib", "pose", "garments", "embedding", "search"}, "a grey clip has no face"


def test_a_queue_without_a_bound_grows_older_than_a_frame(clip: Path) -> None:
    told = _run("benchmarks.opencv_queue", "--clip", str(clip), "--seconds", "1.5")
    assert told["waiting"] > 5, "60 frames come a second, and each goes through every net"
    assert told["frame_age_ms"] > 100


def test_full_models_have_no_default_but_float32(tmp_path: Path) -> None:
    folder = full_models(tmp_path / "models")
    for card in Manifest.load(folder):
        assert not card.default
        assert card.path.is_file()
    assert any(card.default for card in Manifest.load())


def test_resnet50_has_its_size_and_one_answer(tmp_path: Path) -> None:
    write_resnet50(tmp_path / "r.onnx")
    session = onnxruntime.InferenceSession(str(tmp_path / "r.onnx"), providers=["CPUExecutionProvider"])
    assert (tmp_path / "r.onnx").stat().st_size == pytest.approx(4 * 23.5e6, rel=0.02), "23.5 million weights"
    (bmi,) = session.run(None, {"image": np.zeros((1, 3, 224, 224), np.float32)})
    assert bmi.shape == (1, 1)
    assert np.isfinite(bmi).all()


def test_ratios_are_of_the_same_round_and_a_peer_that_is_missing_says_why() -> None:
    rounds = [
        {MIRROR_32: {"fps": 30.0, "cpu_ms_per_frame": a, "frame_age_ms": 15.0},
         POSE: {"fps": 30.0, "cpu_ms_per_frame": b, "alone_cpu_ms": b}, SEED: {"missing": "no scikit-learn"},
         QUEUE: {"fps": 6.0, "cpu_ms_per_frame": 150.0, "frame_age_ms": 15_000.0}}
        for a, b in ((10.0, 20.0), (30.0, 40.0), (20.0, 80.0))
    ]
    medians, ratios = summary(rounds)
    assert medians[MIRROR_32]["cpu_ms_per_frame"] == 20.0
    assert medians[MIRROR_32]["runs"] == 3
    assert medians[SEED] == {"missing": "no scikit-learn"}
    assert ratios["cpu_mirror_float32_over_mediapipe"] == {"median": 0.5, "least": 0.25, "most": 0.75, "runs": 3}
    assert ratios["frame_age_queue_over_mirror"]["median"] == 1000.0
    assert "fps_mirror_over_seed" not in ratios


def test_a_python_without_mediapipe_is_told_and_stops_nothing(clip: Path, capsys: pytest.CaptureFixture[str]) -> None:
    slow = cv2.VideoWriter(str(clip), cv2.VideoWriter.fourcc(*"mp4v"), 30.0, (160, 120))
    for _ in range(20):
        slow.write(np.zeros((120, 160, 3), np.uint8))
    slow.release()
    none = str(clip.with_name("no-python"))
    code = main([
        "--clip", str(clip), "--only", POSE, "--rounds", "1", "--rows", "50", "--mediapipe-python", none, "--json"])
    assert code == 0
    document = json.loads(capsys.readouterr().out)
    assert document["peers"][POSE] == {"missing": f"{none} cannot import mediapipe"}


def test_a_clip_of_the_wrong_rate_is_refused_in_one_line(clip: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--clip", str(clip), "--only", QUEUE, "--rounds", "1", "--rows", "50"]) == 1
    assert "must have 30 frames per second, not 60" in capsys.readouterr().err
