"""Engines against a fake GPU (see fake_gpu.py): when one is built, taken, refused; what a killed build leaves."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fake_gpu import Board, FakeCudart, install
from fake_models import write_models

from mirror.domain import MirrorError
from mirror.runtime import cudart, engine_build, tensorrt
from mirror.runtime.engine_build import build_engine
from mirror.runtime.engines import EngineCache, default_folder, key_of, open_engine
from mirror.runtime.manifest import Manifest

ROOT = Path(__file__).parents[2]


def test_an_engine_is_built_once_and_then_taken_from_the_cache(board: Board, gpu: FakeCudart, models: Manifest) -> None:
    first = build_engine(models["seer"])
    again = build_engine(models["seer"])
    assert (first.cached, again.cached, board.builds) == (False, True, 1)
    header = again.stored.header
    assert header["precision"] == "fp16", "the card's default for tensorrt"
    assert header["gpu"] == "Orin, sm_87, 8 SMs"
    assert header["graph"] == models["seer"].sha256
    assert all(d["ok"] and d["percentile"] > 0 for d in header["verified"]), "half floats differ, and a little"
    assert gpu.alive() == 0, "what verified it gave everything back"


def test_precisions_and_shapes_reach_the_builder(board: Board, gpu: FakeCudart, models: Manifest) -> None:
    build_engine(models["seer"], "fp32")
    assert board.flags == [], "fp32 means it: no TF32"
    build_engine(models["seer"], "int8")
    assert board.flags == ["FP16", "INT8", "TF32"]
    header = build_engine(models["namer"], "fp32").stored.header
    assert header["shapes"] == "features 1x5 to 8x5"
    assert header["verified"][0]["percentile"] < 1e-6


@pytest.mark.parametrize(("change", "says"), [
    (lambda b: replace(b, tensorrt="10.9.1"), r"TensorRT 10\.3\.0, here is 10\.9\.1"),
    (lambda b: replace(b, gpu="Xavier"), r"the GPU Orin, sm_87, 8 SMs, here is Xavier, sm_87"),
    (lambda b: replace(b, capability=(8, 9)), r"the GPU .*sm_87.*here is .*sm_89"),
    (lambda b: replace(b, multiprocessors=16), r"the GPU .*8 SMs, here is .*16 SMs"),
])
def test_an_engine_of_another_release_or_gpu_is_stale_and_says_why(
    board: Board, gpu: FakeCudart, models: Manifest, change: Callable[[Board], Board], says: str
) -> None:
    build_engine(models["seer"])
    install(change(board))
    with pytest.raises(MirrorError, match=says + r".*run `mirror models engines`"):
        open_engine(models["seer"])
    assert not build_engine(models["seer"]).cached
    open_engine(models["seer"]).close()


def test_an_engine_of_another_graph_shape_or_precision_is_stale_and_says_why(
    board: Board, gpu: FakeCudart, models: Manifest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_engine(models["seer"])
    build_engine(models["namer"])
    other = Manifest.load(write_models(tmp_path / "retrained", seed=50))
    with pytest.raises(MirrorError, match=r"the graph \w{12}\.\.\., here is \w{12}\.\.\."):
        open_engine(other["seer"])
    with pytest.raises(MirrorError, match=r"precision fp16, here is fp32"):
        open_engine(models["seer"], "fp32")
    monkeypatch.setattr("mirror.runtime.engines.MOST_AT_ONCE", 4)
    with pytest.raises(MirrorError, match=r"features 1x5 to 8x5, here is features 1x5 to 4x5"):
        open_engine(models["namer"])


def test_two_boards_with_a_gpu_of_the_same_name_do_not_share_engines(
    board: Board, gpu: FakeCudart, models: Manifest
) -> None:
    build_engine(models["seer"])
    cudart.BOARD_FILE.write_bytes(b"NVIDIA Jetson Orin NX Engineering Reference Developer Kit\0")
    with pytest.raises(MirrorError, match=r"here is Orin on NVIDIA Jetson Orin NX .* Kit, sm_87"):
        open_engine(models["seer"])


def test_nothing_is_built_where_an_engine_is_only_asked_for(board: Board, gpu: FakeCudart, models: Manifest) -> None:
    with pytest.raises(MirrorError, match=r"no TensorRT engine of 'seer' in fp16.*run `mirror models engines`"):
        open_engine(models["seer"])
    assert board.builds == 0


@pytest.mark.parametrize("damage", ["cut", "flipped", "header", "renamed", "empty"])
def test_a_damaged_file_is_refused_in_one_line_and_built_again(
    gpu: FakeCudart, models: Manifest, damage: str
) -> None:
    card = models["seer"]
    path = build_engine(card).stored.path
    data = path.read_bytes()
    if damage == "cut":
        path.write_bytes(data[:-100])
    elif damage == "flipped":
        path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    elif damage == "header":
        path.write_bytes(data.replace(b'{"model"', b'{"mod', 1))
    elif damage == "empty":
        path.write_bytes(b"")
    else:
        path.write_bytes(build_engine(card, "fp32").stored.path.read_bytes())
    with pytest.raises(MirrorError) as caught:
        open_engine(card)
    words = "it was built for precision fp32" if damage == "renamed" else "is damaged"
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not build_engine(card).cached
    open_engine(card).close()


def test_an_engine_that_computes_something_else_is_not_kept(
    board: Board, gpu: FakeCudart, models: Manifest, tmp_path: Path
) -> None:
    board.spoil = 0.1
    with pytest.raises(MirrorError, match=r"'seer' in fp16 is not kept: output 'mask' differs from ONNX by 0\.1"):
        build_engine(models["seer"])
    board.spoil = float("nan")
    with pytest.raises(MirrorError, match="not kept"):
        build_engine(models["seer"], "fp32")
    assert [p.suffix for p in EngineCache().folder.iterdir() if p.suffix != ".lock"] == []
    assert gpu.alive() == 0


def test_an_int8_engine_is_compared_with_the_quantised_graph(gpu: FakeCudart, models: Manifest) -> None:
    card = models["seer"]
    build_engine(card, "int8")
    swapped = replace(card, variants={})
    with pytest.raises(MirrorError, match=r"'seer' has no int8 file.*mirror export quantize"):
        build_engine(swapped, "int8")


def test_from_release_11_half_floats_need_a_graph_in_half_floats(board: Board, models: Manifest) -> None:
    board.tensorrt = "11.3.0"
    install(board)
    with pytest.raises(MirrorError, match=r"TensorRT 11 takes fp16 only from a graph in fp16: make one with `mirror"):
        build_engine(models["seer"])
    assert not build_engine(models["seer"], "fp32").cached
    assert not build_engine(models["seer"], "int8").cached, "the graph says it: there is no flag"


def test_release_8_builds_too_and_older_ones_are_refused(board: Board, models: Manifest) -> None:
    board.tensorrt = "8.5.2.2"
    install(board)
    shares: list[float] = []
    assert not build_engine(models["seer"], progress=lambda share, phase: shares.append(share)).cached
    assert shares == [], "TensorRT 8 has no IProgressMonitor"
    board.tensorrt = "8.4.1"
    install(board)
    with pytest.raises(MirrorError, match=r"TensorRT 8\.4\.1 is too old: 8\.5"):
        build_engine(models["seer"])


def test_progress_rises_to_all_of_it_through_phases_inside_of_phases(gpu: FakeCudart, models: Manifest) -> None:
    shares: list[tuple[float, str]] = []
    build_engine(models["seer"], progress=lambda share, phase: shares.append((share, phase)))
    values = [share for share, _ in shares]
    assert values == sorted(values)
    assert values[0] == pytest.approx(1 / 8), "half of the first of four steps"
    assert values[-1] == 1.0
    assert {phase for _, phase in shares} == {"Building engine", "Timing tactics"}


def test_an_interrupt_ends_a_build_and_leaves_no_engine(gpu: FakeCudart, models: Manifest) -> None:
    def interrupt(share: float, phase: str) -> None:
        if share > 0.4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_engine(models["seer"], progress=interrupt)
    assert EngineCache().files() == []


@pytest.mark.parametrize(("said", "expected"), [
    ("Error Code 2: OutOfMemory (no further information)", r"ran out of memory .*1024 MB.*--workspace less than 512"),
    ("Error Code 10: Could not find any implementation for node {Foo}", r"could not build .*for node \{Foo\}.*cuda"),
])
def test_a_failed_build_is_one_line_with_what_tensorrt_said(
    board: Board, gpu: FakeCudart, models: Manifest, said: str, expected: str
) -> None:
    board.build_error = said
    with pytest.raises(MirrorError, match=expected) as caught:
        build_engine(models["seer"], workspace_mb=512)
    assert "\n" not in str(caught.value)
    assert "NoneType" not in str(caught.value)


def test_a_graph_that_the_parser_refuses_is_one_line(board: Board, gpu: FakeCudart, models: Manifest) -> None:
    board.parse_error = "In node 3 (importQuantizeLinear):\n UNSUPPORTED_NODE: zero point must be zero"
    with pytest.raises(MirrorError, match=r"cannot read the graph of 'seer' \(seer\.onnx\): In node 3 .*zero point"):
        build_engine(models["seer"])
    with pytest.raises(MirrorError, match=r"\(seer\.int8\.onnx\).*zero points of 0: choose --precision fp16"):
        build_engine(models["seer"], "int8")


def test_gpu_memory_that_does_not_suffice_is_one_line_and_is_given_back(
    board: Board, gpu: FakeCudart, models: Manifest
) -> None:
    build_engine(models["seer"])
    board.memory = 3000
    with pytest.raises(MirrorError, match=r"'seer' cannot be loaded on tensorrt: CUDA: cudaMalloc: out of memory"):
        open_engine(models["seer"])
    assert gpu.alive() == 0


def test_what_is_missing_is_named_with_the_mend(
    board: Board, models: Manifest, monkeypatch: pytest.MonkeyPatch
) -> None:
    tensorrt.open_tensorrt.cache_clear()
    with pytest.raises(MirrorError, match=r"no Python package 'tensorrt'.*JetPack.*provider to cpu"):
        build_engine(models["seer"])
    board.devices = 0
    install(board)
    with pytest.raises(MirrorError, match=r"CUDA is installed but does not work: .*no CUDA-capable device"):
        build_engine(models["seer"])
    monkeypatch.setattr(cudart, "load_libraries", lambda: iter(()))
    with pytest.raises(MirrorError, match=r"no CUDA runtime \(libcudart\)"):
        build_engine(models["seer"])


def test_a_cache_that_cannot_be_written_is_one_line(
    gpu: FakeCudart, models: Manifest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MIRROR_ENGINES", str(tmp_path / "file" / "engines"))
    with pytest.raises(MirrorError, match=r"engine folder .* cannot be used .*MIRROR_ENGINES"):
        build_engine(models["seer"])


def test_the_cache_lies_where_the_user_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("MIRROR_ENGINES", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_folder() == tmp_path / "smart-mirror" / "engines"
    monkeypatch.setenv("MIRROR_ENGINES", str(tmp_path / "mine"))
    assert default_folder() == tmp_path / "mine"


PROGRAM = """
import sys
sys.path.insert(0, {fakes!r})
from pathlib import Path
from fake_gpu import Board, install
board = Board(builds_log={log!r}, build_s={seconds!r})
install(board)
from mirror.runtime.manifest import Manifest
from mirror.runtime import cudart, engines
cudart.BOARD_FILE = Path("no board")
from mirror.runtime.engine_build import build_engine
if {slow_write!r}:
    def stuck(descriptor):
        print("writing", flush=True)
        sys.stdin.read()
    engines.os.fsync = stuck
print("began", flush=True)
built = build_engine(Manifest.load(Path({models!r}))["seer"], waiting=lambda: print("waits", flush=True))
print("cached" if built.cached else "built", flush=True)
"""


def _process(models: Manifest, tmp_path: Path, seconds: float = 0.0, slow_write: bool = False) -> subprocess.Popen[str]:
    code = PROGRAM.format(
        fakes=str(ROOT / "tests" / "runtime"), log=str(tmp_path / "builds"), seconds=seconds, slow_write=slow_write,
        models=str(models.folder),
    )
    return subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
        env={**os.environ, "MIRROR_ENGINES": str(tmp_path / "engines")},
    )


def test_a_build_killed_while_it_writes_leaves_nothing_that_is_taken_for_an_engine(
    gpu: FakeCudart, models: Manifest, tmp_path: Path
) -> None:
    process = _process(models, tmp_path, slow_write=True)
    assert process.stdout is not None
    assert [process.stdout.readline() for _ in range(2)] == ["began\n", "writing\n"]
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    cache = EngineCache()
    assert cache.files() == []
    assert len(cache.unfinished()) == 1, "the test must have killed it half-way"
    with pytest.raises(MirrorError, match="no TensorRT engine of 'seer'"):
        open_engine(models["seer"])
    assert not build_engine(models["seer"], waiting=lambda: pytest.fail("a dead process holds no lock")).cached
    assert cache.unfinished() == []


def test_two_processes_do_not_build_the_same_engine(models: Manifest, tmp_path: Path) -> None:
    both = [_process(models, tmp_path, seconds=1.0) for _ in range(2)]
    said = sorted(process.communicate(timeout=60)[0].split()[-1] for process in both)
    assert said == ["built", "cached"]
    assert len((tmp_path / "builds").read_text().splitlines()) == 1


def test_a_header_tells_all_that_the_engine_is_bound_to(gpu: FakeCudart, models: Manifest) -> None:
    stored = build_engine(models["seer"]).stored
    magic, line, _ = stored.path.read_bytes().split(b"\n", 2)
    header = json.loads(line)
    assert magic == b"MIRROR-ENGINE 1"
    key = key_of(models["seer"], "fp16")
    assert {name: header[name] for name in ("graph", "tensorrt", "gpu", "precision", "shapes")} == vars(key)
    assert header["bytes"] == stored.path.stat().st_size - len(magic) - len(line) - 2
    assert stored.path.parent.stat().st_mode & 0o077 == 0, "the folder is the user's alone"


def test_without_a_sample_a_seeded_picture_in_the_range_of_the_card_is_compared(models: Manifest) -> None:
    card = replace(models["seer"], sample=None, scale=1 / 255, mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5))
    feed = engine_build.recorded_input(card)
    assert feed.shape == (1, 16, 12, 3)
    assert feed.dtype == np.float32
    assert -1 <= feed.min() < -0.5 < 0.5 < feed.max() <= 1
    assert np.array_equal(feed, engine_build.recorded_input(card))
    assert np.abs(np.diff(feed, axis=1)).mean() < 0.6
    assert engine_build.recorded_input(models["namer"]).shape == (1, 5)
