"""Sessions on the provider "tensorrt" against a fake GPU (see fake_gpu.py), compared with real ONNX Runtime."""

from __future__ import annotations

import gc
import re
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from fake_gpu import Board, FakeCudart, install

from mirror.domain import MirrorError
from mirror.runtime import cudart, ort_engines, providers
from mirror.runtime.engine_build import build_engine
from mirror.runtime.engines import EngineCache, open_engine
from mirror.runtime.manifest import Manifest, TensorSpec
from mirror.runtime.session import Session
from mirror.runtime.tensorrt import LoadedEngine


def _picture(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0, 255, (1, 16, 12, 3)).astype(np.float32)


def test_a_session_on_tensorrt_computes_what_onnx_does(gpu: FakeCudart, models: Manifest) -> None:
    card = models["seer"]
    build_engine(card, "fp32")
    card = replace(card, default={})
    session, reference = Session(card, "tensorrt"), Session(card, "cpu")
    assert (session.provider, session.threads, session.card) == ("tensorrt", 1, card)
    for seed in range(3):
        outputs = session.run(_picture(seed))
        for ours, theirs in zip(outputs, reference.run(_picture(seed)), strict=True):
            assert ours.dtype == theirs.dtype
            np.testing.assert_allclose(ours, theirs, atol=1e-6)
    session.close()


def test_outputs_stay_as_they_are_when_the_session_runs_again(gpu: FakeCudart, models: Manifest) -> None:
    build_engine(models["seer"])
    session = Session(models["seer"], "tensorrt")
    first = session.run(_picture(1))
    kept = [output.copy() for output in first]
    second = session.run(_picture(2))
    assert all(np.array_equal(a, b) for a, b in zip(first, kept, strict=True))
    assert not np.array_equal(first[0], second[0])
    session.close()


def test_a_count_that_varies_runs_up_to_what_the_engine_was_built_for(gpu: FakeCudart, models: Manifest) -> None:
    card = models["namer"]
    build_engine(card)
    session, reference = Session(card, "tensorrt"), Session(card)
    taken = gpu.alive()
    for count in (3, 1, 8, 1):
        feed = np.random.default_rng(count).normal(0, 1, (count, 5)).astype(np.float32)
        np.testing.assert_allclose(session.run(feed)[0], reference.run(feed)[0], atol=1e-5)
    assert gpu.alive() == taken, "memory is taken once"
    with pytest.raises(MirrorError, match=r"'namer' failed on tensorrt: an input of \[9, 5\] is outside"):
        session.run(np.zeros((9, 5), np.float32))
    session.run(np.zeros((2, 5), np.float32))
    session.close()


def test_a_feed_of_another_shape_or_dtype_is_one_line(gpu: FakeCudart, models: Manifest) -> None:
    build_engine(models["seer"])
    session = Session(models["seer"], "tensorrt")
    for feed in (np.zeros((1, 16, 13, 3), np.float32), np.zeros((1, 16, 12, 3)), np.zeros((16, 12, 3), np.float32)):
        with pytest.raises(MirrorError, match=r"'seer' failed on tensorrt: input 'image' is .* it must be float32"):
            session.run(feed)
    view = np.asfortranarray(_picture(4))
    assert np.array_equal(session.run(view)[0], session.run(_picture(4))[0]), "any memory order will do"
    session.warm_up(2)
    session.close()


def test_closing_gives_everything_back_and_a_closed_session_says_so(gpu: FakeCudart, models: Manifest) -> None:
    build_engine(models["seer"])
    session = Session(models["seer"], "tensorrt")
    assert gpu.alive() == 3 * 2 + 1, "three tensors on both sides and a stream"
    session.close()
    session.close()
    assert gpu.alive() == 0
    with pytest.raises(MirrorError, match="the session is closed"):
        session.run(_picture(0))


def test_a_session_that_is_forgotten_gives_everything_back(gpu: FakeCudart, models: Manifest) -> None:
    build_engine(models["seer"])
    session = Session(models["seer"], "tensorrt")
    assert gpu.alive() > 0
    del session
    gc.collect()
    assert gpu.alive() == 0


def test_threads_take_turns_with_one_session(board: Board, gpu: FakeCudart, models: Manifest) -> None:
    build_engine(models["seer"])
    board.run_s = 0.001
    session = Session(models["seer"], "tensorrt")
    alone = [session.run(_picture(i))[0] for i in range(4)]
    wrong: list[int] = []

    def work(i: int) -> None:
        for _ in range(20):
            if not np.array_equal(session.run(_picture(i))[0], alone[i]):
                wrong.append(i)

    threads = [threading.Thread(target=work, args=(i,), name=f"engine test {i}") for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    session.close()


def test_an_engine_whose_tensors_are_not_the_cards_is_refused(gpu: FakeCudart, models: Manifest) -> None:
    card = models["seer"]
    build_engine(card)
    mask = card.outputs[0]
    for outputs, says in (
        ((mask,), "the manifest's are others"),
        ((mask, TensorSpec("total", (1, 3), "float32")), r"'total' of the engine is \[1, 2\], the manifest says"),
    ):
        with pytest.raises(MirrorError, match=says):
            open_engine(replace(card, outputs=outputs))
    assert gpu.alive() == 0


def test_a_plan_that_tensorrt_refuses_is_one_line_with_its_reason(gpu: FakeCudart, models: Manifest) -> None:
    plan = bytes(build_engine(models["seer"]).stored.plan)
    for bad in (plan.replace(b"10.3.0", b"10.3.1"), b"no plan"):
        with pytest.raises(MirrorError, match=r"'seer' .* TensorRT refuses the engine: Serialization .*not match$"):
            LoadedEngine(models["seer"], bad)
    assert gpu.alive() == 0


def test_a_session_on_tensorrt_without_engine_or_gpu_stops_with_the_mend(board: Board, models: Manifest) -> None:
    with pytest.raises(MirrorError, match=r"no Python package 'tensorrt'.*provider to cpu"):
        Session(models["seer"], "tensorrt")
    install(board)
    with pytest.raises(MirrorError, match=r"run `mirror models engines`"):
        Session(models["seer"], "tensorrt")


class _TensorrtOfOnnxruntime(onnxruntime.InferenceSession):
    """onnxruntime with its TensorRT provider, faked: it leaves an engine's file and says that it ran there."""

    engines = 1
    asked: list[list[object]]

    def __init__(self, path: str, options: object = None, providers: list[object] | None = None, **more: int) -> None:
        first = (providers or ["CPUExecutionProvider"])[0]
        self._first = first[0] if isinstance(first, tuple) else first
        if isinstance(first, tuple):
            type(self).asked.append(list(providers or []))
            assert more == {"enable_fallback": 0}
            folder = Path(first[1]["trt_engine_cache_path"])
            for number in range(self.engines):
                (folder / f"TensorrtExecutionProvider_{number}_sm87.engine").write_bytes(b"engine")
        super().__init__(path, options, providers=["CPUExecutionProvider"])

    def get_provider_graph_assignment_info(self) -> list[object]:
        return []  # all of the graph is said to be TensorRT's

    def get_providers(self) -> list[str]:
        return [str(self._first), "CPUExecutionProvider"]


@pytest.fixture
def ort_tensorrt(monkeypatch: pytest.MonkeyPatch, gpu: FakeCudart) -> type[_TensorrtOfOnnxruntime]:
    _TensorrtOfOnnxruntime.asked, _TensorrtOfOnnxruntime.engines = [], 1
    monkeypatch.setattr(onnxruntime, "InferenceSession", _TensorrtOfOnnxruntime)
    monkeypatch.setattr(providers, "offered", lambda: ("cpu", "cuda", "ort-tensorrt"))
    return _TensorrtOfOnnxruntime


def test_ort_tensorrt_runs_only_with_engines_that_were_built_and_compared(
    ort_tensorrt: type[_TensorrtOfOnnxruntime], models: Manifest
) -> None:
    card = models["namer"]
    with pytest.raises(MirrorError, match=r"run `mirror models engines namer --provider ort-tensorrt --precision"):
        Session(card, "ort-tensorrt")
    facts = ort_engines.build(card)
    assert (facts["cached"], facts["precision"]) == (False, "fp32")
    assert ort_engines.build(card)["cached"]
    session = Session(card, "ort-tensorrt")
    assert session.provider == "ort-tensorrt"
    (name, options), second = ort_tensorrt.asked[-1]
    assert (name, second) == ("TensorrtExecutionProvider", "CUDAExecutionProvider")
    assert options["trt_engine_cache_path"].endswith(".ort")
    assert options["trt_fp16_enable"] == "False"
    assert options["trt_profile_max_shapes"] == "features:8x5"


def test_an_ort_tensorrt_build_that_made_no_engine_leaves_nothing(
    ort_tensorrt: type[_TensorrtOfOnnxruntime], models: Manifest
) -> None:
    ort_tensorrt.engines = 0
    with pytest.raises(MirrorError, match="TensorRT took no part of the graph"):
        ort_engines.build(models["seer"])
    assert [p for p in EngineCache().folder.iterdir() if p.suffix != ".lock"] == []


def test_ort_tensorrt_is_refused_where_onnxruntime_has_none(gpu: FakeCudart, models: Manifest) -> None:
    if "ort-tensorrt" in providers.offered():
        pytest.skip("this onnxruntime was built with TensorRT")
    with pytest.raises(MirrorError, match=r"'ort-tensorrt' was asked for.*onnxruntime-gpu and TensorRT"):
        Session(models["seer"], "ort-tensorrt")


def test_every_call_that_is_made_is_in_the_cuda_runtime_of_this_machine() -> None:
    library = next(cudart.load_libraries(), None)
    if library is None:
        pytest.skip("no CUDA here")
    called = set(re.findall(r"\bcuda[A-Z]\w+", Path(cudart.__file__).read_text())) - {"cudaDeviceProp", "cudaError_t"}
    assert len(called) > 12
    assert [name for name in sorted(called) if not hasattr(library, name)] == []
    with pytest.raises(cudart.CudaError, match=r"CUDA: cudaFree: \w.+ \(error \d+\)"):
        cudart.Cudart(library).free(1)
