"""A whole visit under an X server: approach, consent, a corrected size, a page, a card chosen, its code read, and gone.

By touch and keys, by drawn hands that the gesture recogniser reads, and by a phone alone. Afterwards nothing of her is
in memory or on disk; a mirror that is careless on purpose shows that the test would notice.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from file_watch import FileWatch

from benchmarks.synthetic_shop import SyntheticShop
from benchmarks.x_server import XServer
from catalog.atomic import replacing
from catalog.writer import write_index

HERE = Path(__file__).parent
BATCHES = (("touch", "hand"), ("phone", "careless"))
"""Two at once: a visit is mostly waiting, but hands are read at a camera's pace."""
HOMES = {"HOME": "home", "TMPDIR": "tmp", "XDG_CACHE_HOME": "home/.cache", "XDG_CONFIG_HOME": "home/.config",
         "XDG_DATA_HOME": "home/.local/share", "XDG_STATE_HOME": "home/.local/state", "XDG_RUNTIME_DIR": "run"}


@pytest.fixture(scope="module")
def visits(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What each way of visiting told, by its name."""
    found: dict[str, Any] = {}
    for ways in BATCHES:
        with ExitStack() as stack:
            # one each: of a window under another nothing is painted
            servers = {way: stack.enter_context(XServer(1080, 1920)) for way in ways}
            if any(server.display is None for server in servers.values()):
                pytest.skip("Xvfb is not installed")
            found |= _visited(servers, {way: tmp_path_factory.mktemp(way) for way in ways})
    return found


def _visited(servers: dict[str, XServer], folders: dict[str, Path]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    processes: dict[str, subprocess.Popen[str]] = {}
    watches: dict[str, FileWatch] = {}
    try:
        for way, folder in folders.items():
            _shop(folder / "shop")
            for place in HOMES.values():
                (folder / place).mkdir(0o700, parents=True, exist_ok=True)
            environment = servers[way].environment() | {name: str(folder / place) for name, place in HOMES.items()} | {
                "OMP_NUM_THREADS": "1",
                "PYTHONPATH": os.pathsep.join([str(HERE), str(HERE.parent / "pipeline"), str(HERE.parents[1])])}
            processes[way] = subprocess.Popen(
                [sys.executable, "-B", str(HERE / "visit_scene.py"), way, str(folder)], env=environment, cwd=folder,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for way, process in processes.items():
            if _line(process) != "ready":
                pytest.fail(f"{way}: {process.communicate()[1][-3000:]}")
            watches[way] = FileWatch([folders[way]])
            watches[way].__enter__()
            _answer(process)
        for way, process in processes.items():
            line = _line(process)
            if not line.startswith("{"):
                pytest.fail(f"{way}: {process.communicate()[1][-3000:]}")
            found[way] = json.loads(line) | {"disk": {
                str(path.relative_to(folders[way])) for path in watches[way].changed()}}
            _answer(process)
            assert process.communicate(timeout=20)[1].strip() == ""
            found[way]["disk at the end"] = {str(path.relative_to(folders[way])) for path in watches[way].changed()}
            assert process.returncode == 0
    finally:
        for process in processes.values():
            process.kill()
            process.communicate()
        for watch in watches.values():
            watch.__exit__(None, None, None)
    return found


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def _answer(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("go on\n")
    process.stdin.flush()


def _shop(folder: Path) -> None:
    folder.mkdir()
    shop = SyntheticShop.of(2000)
    vectors = shop.vectors.copy()
    vectors[:, 0] += 1.5  # what the fake nets see of her is not unlike the shop's own
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    with replacing(folder / "shop.catalogue") as out:
        items = [replace(item, title=f"Piece {item.id}", in_stock=True) for item in shop]
        write_index(out, items, vectors, embedder="fake@0", pictures=".")


@pytest.mark.parametrize("way", ["touch", "hand", "phone"])
def test_a_whole_visit_ends_in_goodbye(visits: dict[str, Any], way: str) -> None:
    told = visits[way]
    assert told["platform"] == "xcb"
    opened = ["correction", "look", "detail", *([] if way == "hand" else ["compare"])]
    assert told["screens"] == [
        "attract", "approach", "consent", "looking", "look", *opened, "goodbye"]
    assert told["size"]
    assert told["code"] == f"https://shop.example/look?ids={told['opened']}"
    assert told.get("still", True)
    assert told.get("shown", True), "a phone is told which card is in hand"
    assert told.get("after", [410] * 3) == [410] * 3, "a phone's link outlives the visit"


@pytest.mark.parametrize("way", ["touch", "hand", "phone"])
def test_nothing_of_her_is_in_memory_when_she_has_gone(visits: dict[str, Any], way: str) -> None:
    told = visits[way]
    assert told["before"] == []
    assert {word.split(" ", 1)[1] for word in told["during"]} >= {
        "Garment", "Suggestion", "Pose", "Choices", "Declared", "ndarray that shows her"}
    assert told["left"] == []


@pytest.mark.parametrize("way", ["touch", "hand", "phone"])
def test_nothing_of_her_is_written_to_disk(visits: dict[str, Any], way: str) -> None:
    told = visits[way]
    assert told["writes"] == []
    assert told["disk"] == set()
    assert told["disk at the end"] == set()


def test_a_mirror_that_keeps_something_is_found_out(visits: dict[str, Any]) -> None:
    told = visits["careless"]
    assert {word.split(" ", 1)[1] for word in told["left"]} >= {
        "QImage that shows her", "Garment", "Suggestion", "Pose", "Choices", "Declared", "Findings", "Look"}
    assert told["disk"] == {"home/visitors.txt"}
    assert any("visitors.txt" in name for name in told["writes"])
