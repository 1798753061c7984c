"""The real window on a real X server: real keys and touches, and the pixels that the server shows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.x_server import XServer

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    """An X server of our own."""
    with XServer(1920, 1920) as server:
        if server.display is None:
            pytest.skip("Xvfb is not installed")
        yield server.display


@pytest.mark.parametrize("size", [(1080, 1920), (1920, 1080)], ids=lambda s: f"{s[0]}x{s[1]}")
def test_a_visit_by_keys_and_touch_under_xcb(display: str, tmp_path: Path, size: tuple[int, int]) -> None:
    told = visit(display, tmp_path, size)
    assert told["platform"] == "xcb"
    assert told["screens"] == ["attract", "consent", "looking", "look", "look", "look", "goodbye", "attract", "lost"]
    assert min(told["spread"]) > 5, "a screen is blank"
    assert told["index"] == 1
    assert told["paged"] > 0.05
    assert told["body untouched"] < 0.002
    assert (told["tab"], told["touched tab"]) == ("complete", "similar")
    assert told["switched"] > 0.05
    assert told["chosen"] == 1
    assert (told["opened"], told["correcting"]) == ("detail", "correction")
    assert told["asked"] == "declare {'sizes': {'tops': {'L': 1.0}, 'bottoms': {'L': 1.0}}}"
    assert told["asked by touch"] == "declare {'gender': 'men'}"
    assert told["engineer"] > 0.5
    assert told["asked last"] == ["forget", "consent False"]
    assert told["cache after stop"] == 0, "cards drawn for her were kept"
    assert told["bakes in a steady second"] == 0, "an element is drawn again although nothing changed"
    assert told["painted"] >= 0.9 * told["shown"]
    assert told["borrowed after stop"] == 0


def visit(display: str, folder: Path, size: tuple[int, int]) -> Any:
    environment = os.environ | {"DISPLAY": display, "QT_QPA_PLATFORM": "xcb", "OMP_NUM_THREADS": "1",
                                "PYTHONPATH": os.pathsep.join([str(HERE), str(HERE.parents[1])])}
    done = subprocess.run([sys.executable, str(HERE / "xcb_scene.py"), str(size[0]), str(size[1]), str(folder)],
                          env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])
