"""`mirror models engines` and `mirror doctor --gpu` against a fake GPU (tests/runtime/fake_gpu.py), and without any."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fake_gpu import Board, FakeCudart, install
from fake_models import write_models

from mirror.cli import main
from mirror.runtime import cudart
from mirror.runtime.engines import EngineCache
from mirror.runtime.manifest import Manifest
from mirror.service import engines
from mirror.service import gpu as doctor_gpu
from mirror.service.engines import Building

ROOT = Path(__file__).parents[2]


@pytest.fixture
def mirror(models: Manifest, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Run a command line on the tiny models; exit code, stdout, stderr."""
    monkeypatch.setenv("MIRROR_MODELS", str(models.folder))
    monkeypatch.setattr(doctor_gpu, "LONGEST_S", 0.05)
    # the commands let Ctrl+C end the process at once: not this one
    monkeypatch.setattr(signal, "signal", lambda number, action: None)

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(arguments)
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def test_engines_are_built_with_progress_and_told_with_size_time_and_difference(
    board: Board, gpu: FakeCudart, mirror: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "TICK_S", 0.01)
    board.build_s = 0.2
    code, out, err = mirror("models", "engines")
    assert code == 0
    assert "[1/2] seer fp16: 100 % (Building engine), 0 s, about 0 s left" in err
    assert "[2/2] namer fp32 (all: about" in err
    first, seer, namer = out.splitlines()
    assert "Orin, sm_87, 8 SMs; TensorRT 10.3.0" in first
    assert "built in" in seer
    assert "differs from ONNX by" in seer
    assert "namer" in namer
    code, out, _ = mirror("models", "engines", "seer", "--json")
    (row,) = json.loads(out)["engines"]
    assert (row["model"], row["cached"], row["ok"], row["precision"]) == ("seer", True, True, "fp16")
    assert row["bytes"] > 0
    assert board.builds == 2


def test_an_integrators_own_models_get_engines_too(
    gpu: FakeCudart, mirror: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = write_models(tmp_path / "own", seed=9)
    manifest = own / "manifest.toml"
    manifest.write_text(manifest.read_text().replace('name = "seer"', 'name = "my-seer"').replace('"namer"', '"mine"'))
    monkeypatch.setenv("MIRROR_MODELS__OWN", str(own))
    _, out, _ = mirror("models", "engines", "my-seer", "--json")
    (row,) = json.loads(out)["engines"]
    assert row["ok"], row
    _, out, _ = mirror("doctor", "--gpu")
    assert "| my-seer |" in out


def test_a_model_that_cannot_be_built_does_not_hinder_the_others(
    gpu: FakeCudart, mirror: Callable[..., Any]
) -> None:
    code, out, _ = mirror("models", "engines", "--precision", "int8", "--json")
    assert code == 1
    seer, namer = json.loads(out)["engines"]
    assert seer["ok"]
    assert not namer["ok"]
    assert "'namer' has no int8 file" in namer["problem"]


def test_the_list_says_what_fits_and_why_something_does_not(
    board: Board, gpu: FakeCudart, mirror: Callable[..., Any]
) -> None:
    mirror("models", "engines")
    damaged = next(path for path in EngineCache().files() if path.name.startswith("namer"))
    damaged.write_bytes(damaged.read_bytes()[:-1])
    board.multiprocessors = 16
    mirror("models", "engines", "seer")
    code, out, _ = mirror("models", "engines", "--list", "--json")
    assert code == 0
    status = {(row["model"], row["status"].split(":")[0]): row["status"] for row in json.loads(out)["engines"]}
    assert set(status) == {("seer", "fits"), ("seer", "stale"), ("namer", "damaged")}
    assert "the GPU Orin, sm_87, 8 SMs, here is Orin, sm_87, 16 SMs" in status["seer", "stale"]
    assert "bytes where" in status["namer", "damaged"]


def test_cleaning_takes_what_is_of_no_use_here_and_nothing_else(
    board: Board, gpu: FakeCudart, mirror: Callable[..., Any]
) -> None:
    mirror("models", "engines")
    board.tensorrt = "10.9.0"
    install(board)
    mirror("models", "engines", "seer")
    folder = EngineCache().folder
    (folder / "seer.fp16.0123456789abcdef.unfinished").write_bytes(b"half")
    running = folder / "namer.fp32.fedcba9876543210.unfinished"
    running.write_bytes(b"half")
    with EngineCache().locked(running.with_suffix(".lock")):
        code, out, _ = mirror("models", "engines", "--clean", "--json")
    assert code == 0
    assert len(json.loads(out)["removed"]) == 3, "two of the older release and the half of a killed build"
    left = [path for path in folder.iterdir() if path.suffix != ".lock"]
    assert [path.name.split(".")[0] for path in sorted(left)] == ["namer", "seer"]
    assert running.exists(), "a running build keeps its file"
    assert EngineCache().files()[0].name.startswith("seer.fp16.")


def test_without_tensorrt_the_list_says_that_it_cannot_tell_and_nothing_whole_is_removed(
    gpu: FakeCudart, mirror: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    mirror("models", "engines")
    monkeypatch.setitem(sys.modules, "tensorrt", None)
    doctor_gpu.open_tensorrt.cache_clear()
    _, out, _ = mirror("models", "engines", "--list")
    assert out.count("unknown: no Python package 'tensorrt'") == 2
    _, out, _ = mirror("models", "engines", "--clean", "--json")
    assert json.loads(out)["removed"] == []


def test_a_wrong_name_or_amount_is_refused(gpu: FakeCudart, mirror: Callable[..., Any]) -> None:
    code, _, err = mirror("models", "engines", "nobody")
    assert code == 1
    assert "no model 'nobody'" in err
    with pytest.raises(SystemExit):
        mirror("models", "engines", "--workspace", "3")


def test_progress_tells_share_phase_elapsed_and_left() -> None:
    building = Building("garments fp16", expected_s=90)
    assert building.line() == "garments fp16: 0 s, about 90 s left, as last time"
    building._began -= 30
    building.progress(0.4, "Timing tactics")
    assert building.line() == "garments fp16: 40 % (Timing tactics), 30 s, about 45 s left"
    silent = Building("garments fp16")
    silent._began -= 240
    assert silent.line() == "garments fp16: 4 min"


def test_the_doctor_builds_compares_and_times_and_prints_a_table_for_an_issue(
    board: Board, gpu: FakeCudart, mirror: Callable[..., Any]
) -> None:
    code, out, _ = mirror("doctor", "--gpu")
    assert code == 0, out
    assert "- gpu: Orin, sm_87, 8 SMs, 1024 MB; CUDA 12.6, driver for 12.6" in out
    assert "- tensorrt: TensorRT 10.3.0" in out
    table = [line for line in out.splitlines() if line.startswith("|")]
    assert table[0] == "| model | cpu | cuda | ort-tensorrt | tensorrt | engine MB | built in s |"
    assert {line.count("|") for line in table} == {8}
    assert " fp16 (" in table[2], "seer runs in the card's default"
    assert "provider 'cuda' was asked for" in out, "what is not here is said, not timed on something else"
    code, out, _ = mirror("doctor", "--gpu", "--json")
    document = json.loads(out)
    assert (code, document["status"], document["missing"]) == (0, "ok", "")
    runs = document["models"][0]["runs"]
    assert runs["tensorrt"]["ms"] > 0
    assert 0 < runs["tensorrt"]["differs"] < 0.01
    assert runs["cuda"]["ms"] is None
    assert board.builds == 2, "the second time they are in the cache"


def test_the_doctor_fails_when_an_engine_computes_something_else(
    board: Board, gpu: FakeCudart, mirror: Callable[..., Any]
) -> None:
    board.spoil = 0.5
    code, out, _ = mirror("doctor", "--gpu")
    assert code == 1
    assert "failed" in out
    assert "not kept: output 'mask' differs" in out
    board.spoil = 0.0
    mirror("models", "engines")
    board.spoil = 0.5
    code, out, _ = mirror("doctor", "--gpu")
    assert code == 1
    assert "seer: output 'mask' differs from ONNX on the CPU by 0.5" in out


def test_the_doctor_names_the_first_thing_that_is_missing(
    board: Board, mirror: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pci = tmp_path / "pci"
    monkeypatch.setattr(doctor_gpu, "PCI", pci)
    monkeypatch.setattr(doctor_gpu, "TEGRA_RELEASE", tmp_path / "none")
    code, out, _ = mirror("doctor", "--gpu", "--json")
    document = json.loads(out)
    assert code == 1
    assert document["missing"] == "no NVIDIA GPU in this machine; set [models] provider to cpu"
    assert [check["name"] for check in document["checks"]] == ["gpu"], "the first, and not what follows from it"
    card = pci / "0000:01:00.0"
    card.mkdir(parents=True)
    (card / "vendor").write_text("0x10de\n")
    (card / "class").write_text("0x030200\n")
    monkeypatch.setattr(doctor_gpu, "_loads", lambda library: False)
    assert "no driver for it (libcuda.so.1)" in mirror("doctor", "--gpu")[1]
    monkeypatch.setattr(doctor_gpu, "_loads", lambda library: True)
    assert "no CUDA runtime (libcudart) found" in mirror("doctor", "--gpu")[1]


def test_with_a_gpu_and_no_tensorrt_the_rest_is_timed_and_the_exit_code_is_1(
    gpu: FakeCudart, mirror: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tensorrt", None)
    code, out, _ = mirror("doctor", "--gpu")
    assert code == 1
    assert "Missing first: no Python package 'tensorrt'" in out
    assert "| seer |" in out


@pytest.mark.parametrize("command", [["models", "engines"], ["doctor", "--gpu"]])
def test_on_a_machine_without_a_gpu_the_real_command_says_one_plain_line_and_exits_1(
    command: list[str], tmp_path: Path
) -> None:
    try:
        cudart.open_cudart()
    except Exception:  # noqa: BLE001 - whatever stops it, there is none
        pass
    else:
        pytest.skip("this machine has a GPU")
    done = subprocess.run(
        [sys.executable, "-m", "mirror", *command], capture_output=True, text=True, cwd=ROOT, check=False,
        env={**os.environ, "MIRROR_ENGINES": str(tmp_path / "engines")},
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "`mirror doctor --gpu` tells what is missing" in done.stderr or "Missing first: no " in done.stdout
    assert not (tmp_path / "engines").exists()
