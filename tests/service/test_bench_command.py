"""`mirror bench` as a real process on the demo: the document that other people's scripts read."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from catalog.sample import generate
from mirror.pipeline.state import CONSENT_STAGES

ROOT = Path(__file__).parents[2]


def mirror(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mirror", *(str(a) for a in arguments)], capture_output=True, text=True,
        timeout=120, cwd=ROOT, env={**os.environ, "QT_QPA_PLATFORM": "offscreen"}, check=False,
    )


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("shop")
    generate(folder, count=14)
    built = mirror(
        "catalog", "build", "--items", folder / "items.csv", "--pictures", folder / "pictures", "--out", folder / "c",
        "--json",
    )
    assert built.returncode == 0, built.stderr
    done = mirror(
        "bench", "--source", "demo", "--seconds", "5", "--size", "540x960", "--catalog", folder / "c", "--json")
    assert done.returncode == 0, done.stderr
    read: dict[str, Any] = json.loads(done.stdout)
    return read


def test_the_document_has_every_figure_of_the_contract(document: dict[str, Any]) -> None:
    assert 4.5 <= document["seconds"] <= 9
    assert set(document["frames"]) == {"captured", "displayed", "dropped"}
    assert {"display", "pose"} <= set(document["fps"])
    for name in ("capture_to_paint", "overlay_age"):
        p = document["latency_ms"][name]
        assert 0 < p["p50"] <= p["p95"] <= p["p99"]
    assert 0 < document["own_pose"] <= 1
    assert document["cpu_percent"] > 0
    assert 50 < document["rss_mb"] < 4000
    assert document["platform"]["cores"] >= 1
    assert document["models"]["pose"] == "movenet-lightning"
    assert document["providers"]["pose"] == "cpu"


def test_frames_are_counted_once_each(document: dict[str, Any]) -> None:
    frames = document["frames"]
    assert 0 < frames["displayed"] <= frames["captured"] + 1
    assert frames["displayed"] / document["seconds"] == pytest.approx(document["fps"]["display"], rel=0.05)


def test_each_stages_parts_are_within_its_whole(document: dict[str, Any]) -> None:
    for name, timing in document["stage_ms"].items():
        assert set(timing) == {"p50", "p95", "n", "wait", "pre", "run", "post"}, name
        assert timing["n"] >= 1
        assert timing["run"] > 0
    assert set(document["stage_ms"]) & CONSENT_STAGES, "with consent given she is looked at"
    assert "paint" in document["stage_ms"]


def test_a_source_that_is_not_there_is_one_line_and_no_document(tmp_path: Path) -> None:
    done = mirror("bench", "--source", tmp_path / "none.mp4", "--json")
    assert done.returncode == 1
    assert done.stdout == ""
    assert "no such file" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_source_that_fails_while_it_is_measured_ends_the_bench_with_one_line(tmp_path: Path) -> None:
    """The demo in a process of its own; its thread raises after a second."""
    script = tmp_path / "failing.py"
    script.write_text(
        "import sys\n"
        "from mirror.camera import paced\n"
        "from mirror.cli import main\n"
        "from mirror.domain import MirrorError\n"
        "advance = paced.FileSource._advance\n"
        "def fails(self):\n"
        "    if self.captured >= 30:\n"
        "        raise MirrorError('source demo: the cable was pulled; plug it in')\n"
        "    return advance(self)\n"
        "paced.FileSource._advance = fails\n"
        "sys.exit(main(['bench', '--source', 'demo', '--seconds', '60', '--size', '540x960', '--json']))\n",
        "utf-8",
    )
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=60, cwd=ROOT, check=False,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT)},
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.strip().splitlines()[-1].endswith("source demo: the cable was pulled; plug it in")
    assert "Traceback" not in done.stderr
