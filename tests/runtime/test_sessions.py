"""Sessions on the real models: what was checked, what was asked for and what really runs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from mirror.domain import MirrorError, UsageError
from mirror.runtime import providers
from mirror.runtime.manifest import Manifest, ModelCard, TensorSpec, Variant
from mirror.runtime.sample import difference, read_sample, tolerance
from mirror.runtime.session import Session, file_digest


@pytest.fixture
def card() -> ModelCard:
    """In full precision everywhere, whatever the shipped default is."""
    return replace(Manifest.load()["movenet-lightning"], default={})


def _complaint(card: ModelCard, **options: str) -> str:
    with pytest.raises(MirrorError) as caught:
        Session(card, **options)  # type: ignore[arg-type]
    message = str(caught.value)
    assert "\n" not in message
    assert f"'{card.name}'" in message
    return message


def test_a_session_runs_and_gives_the_cards_outputs_in_the_cards_order() -> None:
    card = Manifest.load()["blazepose-full"]
    outputs = Session(card).run(np.zeros(card.inputs[0].shape, np.float32))
    assert [o.shape for o in outputs] == [spec.shape for spec in card.outputs]
    turned = replace(card, outputs=tuple(reversed(card.outputs)))
    for a, b in zip(outputs, reversed(Session(turned).run(np.zeros(card.inputs[0].shape, np.float32))), strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_same_picture_gives_the_same_answer_from_several_threads_at_once(card: ModelCard) -> None:
    session = Session(card)
    feeds = [np.full(card.inputs[0].shape, grey, np.float32) for grey in (0, 90, 255)]
    alone = [session.run(feed)[0] for feed in feeds]
    wrong: list[int] = []

    def work(i: int) -> None:
        for _ in range(5):
            if not np.array_equal(session.run(feeds[i])[0], alone[i]):
                wrong.append(i)

    threads = [threading.Thread(target=work, args=(i,), name=f"session test {i}") for i in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_one_flipped_byte_in_the_weights_is_found(card: ModelCard, tmp_path: Path) -> None:
    copy = tmp_path / "m.onnx"
    data = bytearray(card.path.read_bytes())
    data[len(data) // 2] ^= 1
    copy.write_bytes(data)
    message = _complaint(replace(card, path=copy))
    assert "damaged" in message
    assert "make models" in message


def test_a_file_that_changes_after_it_was_checked_is_checked_again(card: ModelCard, tmp_path: Path) -> None:
    copy = tmp_path / "m.onnx"
    shutil.copy(card.path, copy)
    assert file_digest(copy) == card.sha256
    stat = copy.stat()
    with copy.open("r+b") as stream:
        stream.write(b"\0")
    os.utime(copy, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1))
    assert file_digest(copy) != card.sha256


def test_a_missing_model_is_one_line_with_the_mend(card: ModelCard, tmp_path: Path) -> None:
    message = _complaint(replace(card, path=tmp_path / "gone.onnx"))
    assert "gone.onnx" in message
    assert "mirror models verify" in message


def test_a_file_that_is_no_model_is_one_line(card: ModelCard, tmp_path: Path) -> None:
    fake = tmp_path / "fake.onnx"
    fake.write_bytes(b"not a model\nat all")
    assert "cannot be loaded" in _complaint(replace(card, path=fake, sha256=file_digest(fake)))


@pytest.mark.parametrize(("shape", "dtype", "name"), [
    ((1, 256, 256, 3), "float32", "image"),
    ((1, 192, 192), "float32", "image"),
    ((1, "height", "width", 3), "float32", "image"),
    ((1, 192, 192, 3), "uint8", "image"),
    ((1, 192, 192, 3), "float32", "picture"),
])
def test_a_graph_of_another_shape_dtype_or_name_than_the_manifest_says_is_refused(
    card: ModelCard, shape: tuple[int | str, ...], dtype: str, name: str
) -> None:
    message = _complaint(replace(card, inputs=(TensorSpec(name, shape, dtype),)))
    assert "manifest says" in message
    assert "input" in message


def test_asking_for_cuda_where_there_is_none_is_an_error_that_names_it_and_the_mend(card: ModelCard) -> None:
    if "cuda" in providers.offered():
        pytest.skip("this onnxruntime was built with CUDA")
    with pytest.raises(MirrorError, match=r"'cuda'.*cpu.*onnxruntime-gpu"):
        Session(card, provider="cuda")


def test_asking_for_openvino_where_it_is_not_installed_names_the_package(card: ModelCard) -> None:
    if "openvino" in providers.offered():
        pytest.skip("this onnxruntime was built with OpenVINO")
    with pytest.raises(MirrorError, match=r"'openvino'.*only: .*make openvino.*onnxruntime-openvino") as caught:
        Session(card, provider="openvino")
    assert "\n" not in str(caught.value)


def test_openvino_takes_every_node_and_computes_what_the_cpu_does() -> None:
    if "openvino" not in providers.offered():
        pytest.skip("onnxruntime-openvino is not installed")
    for card in Manifest.load():
        full = replace(card, default={})
        sample = read_sample(full, "fp32")
        session = Session(full, provider="openvino")
        assert session.provider == "openvino"
        assert difference(session.run(sample.input), sample.outputs, "fp32") <= tolerance(full, "fp32")


class _Assigned:
    """A session that tells who has which node, as onnxruntime does from 1.24 on."""

    def __init__(self, **operators: str) -> None:
        self._parts = [
            SimpleNamespace(ep_name=providers.PROVIDERS[name], get_nodes=lambda op=op: [SimpleNamespace(op_type=op)])
            for op, name in operators.items()
        ]

    def get_provider_graph_assignment_info(self) -> list[SimpleNamespace]:
        return self._parts


def test_a_provider_that_leaves_the_work_to_the_cpu_is_an_error_that_names_the_operators() -> None:
    with pytest.raises(MirrorError, match=r"'net'.*'cuda'.*1 Conv: set"):
        providers.check_assigned("cuda", "net", _Assigned(Conv="cpu", Shape="cpu", Relu="cuda"))
    providers.check_assigned("cuda", "net", _Assigned(Conv="cuda", Shape="cpu"))
    providers.check_assigned("ort-tensorrt", "net", _Assigned(Conv="ort-tensorrt", Gemm="cuda"))
    with pytest.raises(MirrorError, match=r"'openvino'.*1 Shape"):
        providers.check_assigned("openvino", "net", _Assigned(Conv="openvino", Shape="cpu"))
    providers.check_assigned("openvino", "net", object())


def test_a_provider_that_onnxruntime_replaced_by_the_cpu_is_an_error() -> None:
    with pytest.raises(MirrorError, match=r"'cuda'.*'cpu'"):
        providers.really_used("cuda", ["CPUExecutionProvider"])
    assert providers.really_used("cuda", ["CUDAExecutionProvider", "CPUExecutionProvider"]) == "cuda"


def test_a_provider_nobody_knows_is_a_usage_error(card: ModelCard) -> None:
    with pytest.raises(UsageError, match=r"'gpu'.*cuda"):
        Session(card, provider="gpu")


def test_the_provider_in_use_is_what_onnxruntime_says(card: ModelCard) -> None:
    session = Session(card, provider="cpu")
    assert session.provider == "cpu"
    assert session._session.get_providers() == ["CPUExecutionProvider"]


def test_a_session_keeps_to_its_threads_and_they_do_not_spin(card: ModelCard) -> None:
    options = Session(card, threads=2)._session.get_session_options()
    assert (options.intra_op_num_threads, options.inter_op_num_threads) == (2, 1)
    assert options.get_session_config_entry("session.intra_op.allow_spinning") == "0"
    with pytest.raises(ValueError, match="at least one"):
        Session(card, threads=0)


def test_a_feed_of_the_wrong_shape_is_one_line(card: ModelCard) -> None:
    with pytest.raises(MirrorError, match="'movenet-lightning' failed on cpu") as caught:
        Session(card).run(np.zeros((1, 10, 10, 3), np.float32))
    assert "\n" not in str(caught.value)


def test_warming_up_runs_the_model(card: ModelCard) -> None:
    Session(card).warm_up(2)


def test_the_runtime_keeps_no_session_file_and_reports_nothing(tmp_path: Path) -> None:
    folders = dict.fromkeys(("HOME", "TMPDIR", "XDG_CACHE_HOME"), str(tmp_path))
    environment = {k: v for k, v in os.environ.items() if k != "ORT_DISABLE_TELEMETRY"} | folders
    code = "import os, mirror.runtime.session; print(os.environ['ORT_DISABLE_TELEMETRY'])"
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "1"
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []


def _with_variant(card: ModelCard, path: Path, **default: str) -> ModelCard:
    """The card with its own graph as its "fp16" variant: what counts here is which file is taken."""
    variant = Variant("fp16", path.name, file_digest(path) if path.exists() else "0" * 64, path, {})
    return replace(card, variants={"fp16": variant}, default=default)


def test_the_cards_default_for_the_provider_runs_and_the_session_says_so(card: ModelCard, tmp_path: Path) -> None:
    copy = tmp_path / "half.onnx"
    shutil.copy(card.path, copy)
    varied = _with_variant(replace(card, path=tmp_path / "never read.onnx"), copy, cpu="fp16", tensorrt="int8")
    session = Session(varied)
    assert (session.precision, session.runs) == ("fp16", "movenet-lightning (fp16)")
    full = Session(_with_variant(card, copy, cpu="fp16"), precision="fp32")
    assert (full.precision, full.runs) == ("fp32", "movenet-lightning")
    # a default for another provider does not count here
    assert Session(_with_variant(card, copy, cuda="fp16")).precision == "fp32"


def test_a_precision_the_model_does_not_have_is_one_line_with_the_command_that_makes_it(card: ModelCard) -> None:
    with pytest.raises(MirrorError, match=r"no int8 file.*mirror export quantize movenet-lightning --precision int8"):
        Session(replace(card, variants={}), precision="int8")


def test_a_variant_is_checked_by_its_own_hash(card: ModelCard, tmp_path: Path) -> None:
    copy = tmp_path / "half.onnx"
    shutil.copy(card.path, copy)
    varied = _with_variant(card, copy, cpu="fp16")
    with copy.open("r+b") as stream:
        stream.seek(1000)
        stream.write(b"\xff\0")
    with pytest.raises(MirrorError, match=r"half\.onnx is damaged"):
        Session(varied)
    with pytest.raises(MirrorError, match=r"no file .*gone\.onnx"):
        Session(_with_variant(card, tmp_path / "gone.onnx", cpu="fp16"))
