"""`mirror export quantize`: what is written, what is refused, and what stays float32. On a small net of our own."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

onnx = pytest.importorskip("onnx", reason="the graphs are made with it")

from onnx import TensorProto, helper, numpy_helper  # noqa: E402

from export.__main__ import main as export  # noqa: E402
from export.manifest_table import main as renew  # noqa: E402
from export.manifest_table import with_block  # noqa: E402
from export.quantize.gate import Trial, choose, losses  # noqa: E402
from export.quantize.graph import folded, heavy_nodes, quantised_nodes  # noqa: E402
from export.quantize.record import main as record  # noqa: E402
from export.quantize.tasks import Metric  # noqa: E402
from export.quantize.timing import Times  # noqa: E402
from mirror.domain import MirrorError  # noqa: E402
from mirror.runtime.manifest import Manifest  # noqa: E402
from mirror.runtime.session import Session  # noqa: E402
from mirror.runtime.zoo import verify_models  # noqa: E402

NAME, SIDE, WIDTH, LAYERS = "net", 64, 48, 5


def graph(seed: int = 0) -> bytes:
    """A picture net of five convolutions, wide enough for int8 to pay, and a mean per channel."""
    rng = np.random.default_rng(seed)
    nodes, weights, last, channels = [], [], "image", 3
    for layer in range(LAYERS):
        values = rng.normal(0, (2 / (channels * 9)) ** 0.5, (WIDTH, channels, 3, 3)).astype(np.float32)
        weights.append(numpy_helper.from_array(values, f"w{layer}"))
        nodes.append(helper.make_node("Conv", [last, f"w{layer}"], [f"c{layer}"], f"conv{layer}", pads=[1] * 4))
        nodes.append(helper.make_node("Relu", [f"c{layer}"], [f"r{layer}"], f"relu{layer}"))
        last, channels = f"r{layer}", WIDTH
    nodes.append(helper.make_node("GlobalAveragePool", [last], ["pooled"], "pool"))
    nodes.append(helper.make_node("Flatten", ["pooled"], ["out"], "flat"))
    made = helper.make_model(
        helper.make_graph(
            nodes, "net", [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, SIDE, SIDE])],
            [helper.make_tensor_value_info("out", TensorProto.FLOAT, [1, WIDTH])], weights,
        ),
        opset_imports=[helper.make_opsetid("", 17)],
    )
    made.ir_version = 8
    return bytes(made.SerializeToString())


def write_model(folder: Path, gate: str = "output_shift = 0.1") -> Path:
    data = graph()
    folder.mkdir()
    (folder / f"{NAME}.onnx").write_bytes(data)
    (folder / "manifest.toml").write_text(f"""# kept
[[model]]
name = "{NAME}"
task = "numbers of a picture"
file = "{NAME}.onnx"
card = "{NAME}.md"
sha256 = "{hashlib.sha256(data).hexdigest()}"
inputs = [{{ name = "image", shape = [1, 3, {SIDE}, {SIDE}], dtype = "float32" }}]
outputs = [{{ name = "out", shape = [1, {WIDTH}], dtype = "float32" }}]
layout = "NCHW"
colour = "rgb"
scale = 0.00392156862745098
licence = "ours"
origin = "a test"

[model.gate]
{gate}
""")
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_model(tmp_path / "models")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dozen pictures of coloured blobs: the net's own calibration set, with nobody in it."""
    place = tmp_path_factory.mktemp("pictures")
    rng = np.random.default_rng(1)
    for number in range(12):
        blobs = cv2.resize(rng.integers(0, 256, (6, 6, 3), np.uint8), (96, 96), interpolation=cv2.INTER_CUBIC)
        cv2.imwrite(str(place / f"{number:02}.png"), blobs)
    return place


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def quantize(folder: Path, pictures: Path, *more: str, precision: str = "int8") -> int:
    return export(["quantize", NAME, "--precision", precision, "--models", str(folder),
                   "--calibration", str(pictures), *more])


def refused(folder: Path, pictures: Path, capsys: pytest.CaptureFixture[str], *more: str, code: int = 1,
            precision: str = "int8") -> str:
    """The one line of a refusal, after which nothing in the folder has changed."""
    before = snapshot(folder)
    assert quantize(folder, pictures, *more, precision=precision) == code
    assert snapshot(folder) == before
    said = [line for line in capsys.readouterr().err.splitlines() if line.startswith("python -m export")]
    assert len(said) == 1
    return said[0]


def test_an_int8_variant_that_passes_is_written_measured_and_becomes_the_default(
    folder: Path, pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # whether int8 is faster depends on the CPU; what is written must not
    assert quantize(folder, pictures, "--keep-fp32", "ends:1,0", "--even-if-slower", "--json") == 0
    document = json.loads(capsys.readouterr().out)
    card = Manifest.load(folder)[NAME]
    variant = card.variants["int8"]
    assert variant.path.stat().st_size < card.path.stat().st_size / 2
    assert document["accuracy"]["output_shift"]["variant"] < 0.1
    assert variant.accuracy["output_shift"] == pytest.approx(document["accuracy"]["output_shift"]["variant"], abs=1e-4)
    assert document["ms"]["ratio"] > 0
    assert (card.default.get("cpu") == "int8") == (document["ms"]["ratio"] <= 0.97)
    assert "# kept" in (folder / "manifest.toml").read_text()
    ops = [node.op_type for node in onnx.load(variant.path).graph.node]
    assert ops.count("QuantizeLinear") >= LAYERS - 1
    assert [(row["precision"], row["ok"]) for row in verify_models(folder)] == [("fp32", True), ("int8", True)]
    feed = np.random.default_rng(2).uniform(0, 1, (1, 3, SIDE, SIDE)).astype(np.float32)
    full, int8 = (Session(card, precision=word).run(feed)[0] for word in ("fp32", "int8"))
    assert 0 < np.abs(full - int8).mean() / np.abs(full).mean() < 0.1


def test_a_variant_that_loses_more_than_its_card_allows_is_refused_with_both_figures(
    tmp_path: Path, pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_model(tmp_path / "models", gate="output_shift = 0.000001")
    said = refused(folder, pictures, capsys, "--keep-fp32", "ends:0,0", "--even-if-slower")
    assert "output_shift is 0.0" in said
    assert "the full model has 0" in said
    assert "nothing was written" in said


def test_a_gate_that_names_what_is_not_measured_is_refused(
    tmp_path: Path, pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_model(tmp_path / "models", gate="ap50 = 0.01")
    assert "'ap50', which was not measured" in refused(
        folder, pictures, capsys, "--keep-fp32", "ends:0,0", "--even-if-slower")


def test_a_variant_that_is_not_faster_is_refused(
    folder: Path, pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # a CPU emulates fp16, which is slower whatever the machine
    said = refused(folder, pictures, capsys, "--provider", "cpu", precision="fp16")
    assert "ms where the full model takes" in said


def test_fp16_for_a_gpu_that_is_not_here_is_written_only_when_told_to_and_is_no_default_of_the_cpu(
    folder: Path, pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "cannot be timed on this machine" in refused(folder, pictures, capsys, precision="fp16")
    assert quantize(folder, pictures, "--even-if-slower", precision="fp16") == 0
    card = Manifest.load(folder)[NAME]
    assert dict(card.default) == dict.fromkeys(("cuda", "ort-tensorrt", "tensorrt"), "fp16")
    assert Session(card).precision == "fp32"
    graph_of = onnx.load(card.variants["fp16"].path).graph
    assert {tensor.data_type for tensor in graph_of.initializer} == {TensorProto.FLOAT16}
    assert graph_of.input[0].type.tensor_type.elem_type == TensorProto.FLOAT
    assert all(row["ok"] for row in verify_models(folder))


@pytest.mark.parametrize(("more", "says"), [
    (("--keep-fp32", "conv9"), "named 'conv9'"),
    (("--keep-fp32", "ends:1"), "ends:FIRST,LAST"),
    (("--percentile", "12"), "--percentile 12"),
])
def test_wrong_use_is_one_line_and_exit_code_two(
    folder: Path, pictures: Path, capsys: pytest.CaptureFixture[str], more: Sequence[str], says: str
) -> None:
    assert says in refused(folder, pictures, capsys, "--even-if-slower", *more, code=2)


def test_too_few_pictures_and_a_folder_without_any_are_refused(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "holds no pictures" in refused(folder, empty, capsys)
    cv2.imwrite(str(empty / "one.png"), np.zeros((8, 8, 3), np.uint8))
    assert "too few" in refused(folder, empty, capsys)
    assert "no such folder" in refused(folder, tmp_path / "nowhere", capsys)


def test_a_float32_island_is_left_whole_and_layers_asked_for_stay(folder: Path) -> None:
    model = folded(folder / f"{NAME}.onnx")
    assert heavy_nodes(model) == [f"conv{i}" for i in range(LAYERS)]
    # the pool after a float32 convolution stays float32, after an int8 one it becomes int8
    assert quantised_nodes(model, frozenset({"conv4"})) == {"conv0", "conv1", "conv2", "conv3"}
    assert quantised_nodes(model, frozenset({"conv0"})) == {"conv1", "conv2", "conv3", "conv4", "pool"}


def test_the_gate_takes_losses_absolute_and_relative_and_refuses_what_is_no_number() -> None:
    metrics = (Metric("ap", 0.40, 0.38), Metric("mae", 1.0, 1.05, higher=False), Metric("r1", 0.5, 0.6))
    assert losses(metrics, {"ap": 0.021, "mae": 0.051, "r1": 0.0}) == []
    assert len(losses(metrics, {"ap": 0.019, "mae": 0.049})) == 2
    assert losses(metrics, {"relative_ap": 0.051}) == []
    (said,) = losses(metrics, {"relative_ap": 0.049})
    assert "0.38" in said
    assert "0.4:" in said
    assert losses((Metric("ap", 0.4, float("nan")),), {"ap": 0.5})


def test_of_the_plans_that_pass_the_fastest_wins_and_of_nearly_as_fast_the_most_accurate() -> None:
    def trial(says: str, loss: float, ratio: float) -> Trial:
        return Trial(says, b"", (Metric("shift", 0.0, loss, higher=False),), Times(10, 10 * ratio, ratio))

    gate = {"shift": 0.01}
    quick, near = trial("q", 0.009, 0.5), trial("n", 0.002, 0.54)
    slow, bad = trial("s", 0.0, 0.8), trial("b", 0.02, 0.3)
    assert choose([quick, near, slow, bad], gate) is near
    assert choose([quick, slow, bad], gate) is quick
    assert choose([bad], gate) is None


def test_a_model_file_written_anew_takes_its_variants_out_and_gets_a_new_sample(
    folder: Path, pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert record([NAME, "--models", str(folder)]) == 0
    assert quantize(folder, pictures, "--even-if-slower", precision="fp16") == 0
    old = Manifest.load(folder)[NAME]
    (folder / f"{NAME}.onnx").write_bytes(graph(seed=5))
    assert not all(row["ok"] for row in verify_models(folder))
    assert renew([NAME, "r1=0.5", "--models", str(folder)]) == 0
    assert "mirror export quantize net --precision fp16" in capsys.readouterr().out
    card = Manifest.load(folder)[NAME]
    assert not card.variants
    assert not card.default
    assert dict(card.gate) == dict(old.gate)
    assert dict(card.accuracy) == {"r1": 0.5}
    assert card.sample
    assert old.sample
    assert card.sample.sha256 != old.sample.sha256
    assert [row["ok"] for row in verify_models(folder)] == [True]


def test_a_block_is_replaced_in_its_place_and_the_rest_of_the_manifest_stays() -> None:
    first = '# head\n\n[[model]]\nname = "a"\nx = [\n    1,\n]\n\n[model.gate]\ny = 1\n\n[model.options]\nz = 2\n'
    text = first + '\n[[model]]\nname = "b"\n'
    changed = with_block(text, "a", "[model.gate]", ["y = 3"])
    assert changed == text.replace("y = 1", "y = 3")
    assert with_block(text, "a", "[model.gate]", None) == text.replace("[model.gate]\ny = 1\n\n", "")
    assert with_block(with_block(text, "b", "[model.default]", ["cpu = 1"]), "b", "[model.default]", None) == text
    with pytest.raises(ValueError, match=r"no .* named c"):
        with_block(text, "c", "[model.gate]", [])


def test_a_model_nobody_knows_is_one_line(folder: Path, pictures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert export(["quantize", "huge", "--precision", "int8", "--models", str(folder)]) == 1
    assert "no model 'huge'" in capsys.readouterr().err
    with pytest.raises(MirrorError, match="no model 'huge'"):
        Manifest.load(folder)["huge"]
