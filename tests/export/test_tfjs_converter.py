"""The TensorFlow.js converter on graph models made by hand, against numpy."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

onnx = pytest.importorskip("onnx", reason="the converter writes ONNX with it")

import onnxruntime  # noqa: E402

from export.tfjs.convert import convert  # noqa: E402
from export.tfjs.graph import ConversionError  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
DTYPES = {"float32": "DT_FLOAT", "int32": "DT_INT32", "bool": "DT_BOOL", "float16": "DT_HALF"}


class HandMade:
    """A graph model in the making; every method returns the node's name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.nodes: list[dict[str, Any]] = []
        self.entries: list[dict[str, Any]] = []
        self.data = b""

    def _node(self, op: str, name: str, inputs: Sequence[str], attrs: dict[str, Any]) -> str:
        self.nodes.append({"name": name, "op": op, "input": list(inputs), "attr": attrs})
        return name

    def picture(self, *shape: int) -> str:
        dims = [{"size": str(size)} for size in shape]
        return self._node("Placeholder", "input", [], {
            "dtype": {"type": "DT_FLOAT"}, "shape": {"shape": {"dim": dims}},
        })

    def const(self, name: str, value: Any, dtype: str = "float32", stored: str | None = None) -> str:
        array = np.asarray(value, dtype)
        entry: dict[str, Any] = {"name": name, "shape": list(array.shape), "dtype": dtype}
        if stored:
            entry["quantization"] = {"dtype": stored, "original_dtype": dtype}
            array = array.astype(stored)
        self.entries.append(entry)
        self.data += array.tobytes()
        return self._node("Const", name, [], {"dtype": {"type": DTYPES[dtype]}})

    def ints(self, name: str, value: Any) -> str:
        return self.const(name, value, "int32")

    def op(self, op: str, *inputs: str, name: str | None = None, **attrs: Any) -> str:
        return self._node(op, name or f"{op}_{len(self.nodes)}", inputs, {k: _attr(v) for k, v in attrs.items()})

    def convert(self, *outputs: str, **options: Any) -> Any:
        (self.folder / "weights.bin").write_bytes(self.data)
        (self.folder / "model.json").write_text(json.dumps({
            "format": "graph-model",
            "modelTopology": {"node": self.nodes, "library": {}},
            "weightsManifest": [{"paths": ["weights.bin"], "weights": self.entries}],
            "signature": {"outputs": {name: {"name": f"{name}:0"} for name in outputs}},
        }))
        return convert(self.folder / "model.json", **options)

    def run(self, feed: np.ndarray, *outputs: str, **options: Any) -> list[np.ndarray]:
        model = self.convert(*outputs, **options)
        session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        return list(session.run(None, {"image": feed}))


def _attr(value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"b": value}
    if isinstance(value, str):
        if value.startswith("DT_"):
            return {"type": value}
        return {"s": base64.b64encode(value.encode()).decode()}
    if isinstance(value, int):
        return {"i": str(value)}
    if isinstance(value, list) and value and isinstance(value[0], str):
        return {"list": {"s": [base64.b64encode(item.encode()).decode() for item in value]}}
    if isinstance(value, list):
        return {"list": {"i": [str(item) for item in value]}}
    return {"f": value}


@pytest.fixture
def made(tmp_path: Path) -> HandMade:
    return HandMade(tmp_path)


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(7)


def convolve(x: np.ndarray, kernel: np.ndarray, stride: int, same: bool) -> np.ndarray:
    """TensorFlow's NHWC convolution, slowly; ``kernel`` is (height, width, in, out)."""
    size = kernel.shape[0]
    out = [-(-d // stride) if same else (d - size) // stride + 1 for d in x.shape[1:3]]
    if same:
        total = [max((o - 1) * stride + size - d, 0) for o, d in zip(out, x.shape[1:3], strict=True)]
        x = np.pad(x, ((0, 0), *((t // 2, t - t // 2) for t in total), (0, 0)))

    def at(i: int, j: int) -> np.ndarray:
        top, left = i * stride, j * stride
        return np.tensordot(x[:, top:top + size, left:left + size], kernel, 3)

    return np.stack([np.stack([at(i, j) for j in range(out[1])], 1) for i in range(out[0])], 1)


@pytest.mark.parametrize(
    ("side", "stride", "padding"), [(7, 2, "SAME"), (8, 2, "SAME"), (8, 1, "SAME"), (7, 2, "VALID")]
)
def test_a_fused_convolution_is_what_numpy_says(
    made: HandMade, random: np.random.Generator, side: int, stride: int, padding: str
) -> None:
    x = random.normal(size=(1, side, side + 2, 3)).astype(np.float32)
    kernel, bias = random.normal(size=(3, 3, 3, 5)).astype(np.float32), random.normal(size=5).astype(np.float32)
    made.op(
        "_FusedConv2D", made.picture(*x.shape), made.const("w", kernel), made.const("b", bias), name="out",
        strides=[1, stride, stride, 1], padding=padding, data_format="NHWC", dilations=[1, 1, 1, 1],
        fused_ops=["BiasAdd", "Relu6"],
    )
    wanted = np.clip(convolve(x, kernel, stride, padding == "SAME") + bias, 0, 6)
    np.testing.assert_allclose(made.run(x, "out")[0], wanted, atol=1e-5)


def test_a_depthwise_convolution_with_two_filters_a_channel_keeps_tensorflows_channel_order(
    made: HandMade, random: np.random.Generator
) -> None:
    x = random.normal(size=(1, 6, 6, 3)).astype(np.float32)
    kernel = random.normal(size=(3, 3, 3, 2)).astype(np.float32)
    made.op("DepthwiseConv2dNative", made.picture(*x.shape), made.const("w", kernel), name="out",
            strides=[1, 1, 1, 1], padding="SAME", data_format="NHWC", dilations=[1, 1, 1, 1])
    wanted = np.concatenate(
        [convolve(x[..., c:c + 1], kernel[:, :, c:c + 1], 1, True) for c in range(3)], axis=3
    )
    np.testing.assert_allclose(made.run(x, "out")[0], wanted, atol=1e-5)


def test_scale_and_shift_after_a_convolution_become_part_of_it(made: HandMade, random: np.random.Generator) -> None:
    x = random.normal(size=(1, 5, 5, 3)).astype(np.float32)
    kernel, scale, shift = (random.normal(size=s).astype(np.float32) for s in ((1, 1, 3, 4), (4,), (4,)))
    conv = made.op("Conv2D", made.picture(*x.shape), made.const("w", kernel), strides=[1, 1, 1, 1], padding="SAME",
                   data_format="NHWC", dilations=[1, 1, 1, 1])
    made.op("AddV2", made.op("Mul", conv, made.const("s", scale)), made.const("t", shift), name="out")
    np.testing.assert_allclose(made.run(x, "out")[0], x @ kernel[0, 0] * scale + shift, atol=1e-5)
    assert [n.op_type for n in made.convert("out").graph.node if n.op_type in ("Conv", "Mul", "Add")] == ["Conv"]


def test_a_clamp_in_three_steps_becomes_one_clip(made: HandMade) -> None:
    relu = made.op("Relu", made.picture(1, 9))
    low = made.op("Minimum", relu, made.const("six", 6.0))
    made.op("Maximum", low, made.const("one", 1.0), name="out")
    x = np.linspace(-3, 9, 9, dtype=np.float32)[None]
    np.testing.assert_array_equal(made.run(x, "out")[0], np.clip(x, 1, 6))
    assert [node.op_type for node in made.convert("out").graph.node] == ["Clip"]


def test_a_scalar_chain_becomes_one_product_and_one_sum(made: HandMade) -> None:
    x = np.linspace(0, 255, 12, dtype=np.float32).reshape(1, 2, 2, 3)
    shifted = made.op("Sub", made.picture(1, 2, 2, 3), made.const("a", [[[[3.0, 3.0, 3.0]]]]))
    made.op("Sub", made.op("Mul", shifted, made.const("b", 1 / 127.5)), made.const("c", 1.0), name="out")
    np.testing.assert_allclose(made.run(x, "out")[0], (x - 3) / 127.5 - 1, atol=1e-6)
    assert sorted(node.op_type for node in made.convert("out").graph.node) == ["Add", "Mul"]


def test_a_difference_from_a_constant_is_not_taken_the_wrong_way_round(made: HandMade) -> None:
    x = np.float32([[1, 2, 3]])
    turned = made.op("Sub", made.const("ten", 10.0), made.picture(1, 3))
    made.op("AddV2", made.op("Mul", turned, made.const("two", 2.0)), made.const("one", 1.0), name="out")
    np.testing.assert_allclose(made.run(x, "out")[0], (10 - x) * 2 + 1)


def _cell(op: str, *constants: Any, **attrs: Any) -> Callable[[HandMade, str], str]:
    def build(made: HandMade, x: str) -> str:
        names = [made.const(f"c{i}", c, np.asarray(c).dtype.name) for i, c in enumerate(constants)]
        return made.op(op, x, *names, name="out", **attrs)
    return build


I32 = np.int32
SINGLE_OPS: dict[str, tuple[Callable[[HandMade, str], str], Callable[[np.ndarray], np.ndarray]]] = {
    "Sigmoid": (_cell("Sigmoid"), lambda x: 1 / (1 + np.exp(-x))),
    "SquaredDifference": (_cell("SquaredDifference", np.float32(2)), lambda x: (x - 2) ** 2),
    "FloorDiv": (_cell("FloorDiv", np.float32(0.4)), lambda x: np.floor(x / np.float32(0.4))),
    "Transpose": (_cell("Transpose", I32([0, 3, 1, 2])), lambda x: x.transpose(0, 3, 1, 2)),
    "Reshape": (_cell("Reshape", I32([1, -1, 3])), lambda x: x.reshape(1, -1, 3)),
    "ExpandDims": (_cell("ExpandDims", I32(-1)), lambda x: x[..., None]),
    "Squeeze": (_cell("Squeeze", squeeze_dims=[0]), lambda x: x[0]),
    "Tile": (_cell("Tile", I32([1, 2, 1, 3])), lambda x: np.tile(x, (1, 2, 1, 3))),
    "Pad": (_cell("Pad", I32([[0, 0], [1, 2], [0, 1], [3, 0]])),
            lambda x: np.pad(x, ((0, 0), (1, 2), (0, 1), (3, 0)))),
    "Sum": (_cell("Sum", I32([-1]), keep_dims=False), lambda x: x.sum(-1)),
    "Max": (_cell("Max", I32([1, 2]), keep_dims=True), lambda x: x.max((1, 2), keepdims=True)),
    "Mean": (_cell("Mean", I32([1, 2]), keep_dims=False), lambda x: x.mean((1, 2))),
    "Softmax": (_cell("Softmax"), lambda x: np.exp(x) / np.exp(x).sum(-1, keepdims=True)),
    "ArgMax": (_cell("ArgMax", I32(2), output_type="DT_INT32"), lambda x: x.argmax(2).astype(np.int32)),
    "Cast": (_cell("Cast", DstT="DT_INT32"), lambda x: x.astype(np.int32)),
    "GatherNd": (_cell("GatherNd", I32([[0, 1, 2], [0, 3, 0]])), lambda x: x[[0, 0], [1, 3], [2, 0]]),
    "slice with an ellipsis, a new axis and a dropped one": (
        _cell("StridedSlice", I32([0, 0, 0, 1]), I32([1, 0, 0, 2]), I32([1, 1, 1, 1]), begin_mask=0, end_mask=0,
              ellipsis_mask=2, new_axis_mask=4, shrink_axis_mask=9),
        lambda x: x[0, ..., None, 1],
    ),
    "slice with steps and a reversed axis": (
        _cell("StridedSlice", I32([0, 3, 1, 0]), I32([1, 0, 5, 0]), I32([1, -1, 2, 1]), begin_mask=8, end_mask=10,
              ellipsis_mask=0, new_axis_mask=0, shrink_axis_mask=0),
        lambda x: x[0:1, 3::-1, 1:5:2, :],
    ),
    "last row by a negative number": (
        _cell("StridedSlice", I32([0, -1]), I32([0, 0]), I32([1, 1]), begin_mask=1, end_mask=1, ellipsis_mask=0,
              new_axis_mask=0, shrink_axis_mask=2),
        lambda x: x[:, -1],
    ),
}


@pytest.mark.parametrize("where", ["straight", "behind a convolution"])
@pytest.mark.parametrize("case", SINGLE_OPS)
def test_an_op_is_what_numpy_says_in_either_channel_order(
    made: HandMade, random: np.random.Generator, case: str, where: str
) -> None:
    x = random.normal(size=(1, 4, 6, 3)).astype(np.float32)
    build, numpy_says = SINGLE_OPS[case]
    source, given = made.picture(*x.shape), x
    if where == "behind a convolution":
        kernel = random.normal(size=(1, 1, 3, 3)).astype(np.float32)
        source = made.op("Conv2D", source, made.const("w", kernel), strides=[1, 1, 1, 1], padding="VALID",
                         data_format="NHWC", dilations=[1, 1, 1, 1])
        given = x @ kernel[0, 0]
    build(made, source)
    got, wanted = made.run(x, "out")[0], numpy_says(given)
    assert got.shape == wanted.shape
    np.testing.assert_allclose(got, wanted, atol=2e-5)


def test_integer_division_rounds_down_for_negative_numbers_too(made: HandMade) -> None:
    whole = made.op("Cast", made.picture(1, 5), DstT="DT_INT32")
    # a first Cast of the float input: the picture is float32, so this one is real
    divided = made.op("FloorDiv", whole, made.ints("three", 3))
    made.op("Cast", divided, DstT="DT_FLOAT", name="out")
    x = np.float32([[-7, -3, -1, 4, 9]])
    np.testing.assert_array_equal(made.run(x, "out")[0], x // 3)


def test_packing_undoes_unpacking(made: HandMade, random: np.random.Generator) -> None:
    x = random.normal(size=(2, 3, 4)).astype(np.float32)
    parts = made.op("Unpack", made.picture(*x.shape), axis=1, num=3)
    made.op("Pack", f"{parts}:2", parts, f"{parts}:1", axis=-1, name="out")
    np.testing.assert_array_equal(made.run(x, "out")[0], np.stack([x[:, 2], x[:, 0], x[:, 1]], -1))


def test_the_best_values_come_with_their_places(made: HandMade) -> None:
    top = made.op("TopKV2", made.picture(1, 6), made.ints("k", 2), name="top", sorted=True)
    made.op("Cast", f"{top}:1", DstT="DT_FLOAT", name="places")
    values, places = made.run(np.float32([[3, 9, 1, 7, 2, 8]]), "top", "places")
    assert values.tolist() == [[9, 8]]
    assert places.tolist() == [[1, 5]]


@pytest.mark.parametrize("centres", [True, False])
def test_doubling_a_picture_bilinearly_is_tensorflows(
    made: HandMade, random: np.random.Generator, centres: bool
) -> None:
    x = random.normal(size=(1, 4, 5, 2)).astype(np.float32)
    made.op("ResizeBilinear", made.picture(*x.shape), made.ints("size", [8, 10]), name="out",
            half_pixel_centers=centres, align_corners=False)

    def stretch(a: np.ndarray, axis: int) -> np.ndarray:
        size = a.shape[axis]
        at = (np.arange(2 * size) + 0.5) / 2 - 0.5 if centres else np.arange(2 * size) / 2
        at = np.clip(at, 0, size - 1)
        low = np.floor(at).astype(int)
        high = np.minimum(low + 1, size - 1)
        share = (at - low).reshape([-1 if i == axis else 1 for i in range(a.ndim)])
        return np.take(a, low, axis) * (1 - share) + np.take(a, high, axis) * share

    np.testing.assert_allclose(made.run(x, "out")[0], stretch(stretch(x, 1), 2), atol=1e-5)


def test_arithmetic_on_the_shape_is_done_at_conversion(made: HandMade) -> None:
    x = made.picture(1, -1, -1, 3)
    shape = made.op("Shape", x)
    side = made.op("StridedSlice", shape, made.ints("b", [1]), made.ints("e", [2]), made.ints("s", [1]),
                   begin_mask=0, end_mask=0, ellipsis_mask=0, new_axis_mask=0, shrink_axis_mask=1)
    rows = made.op("Mul", side, made.ints("two", 2))
    made.op("Reshape", x, made.op("Pack", rows, made.ints("rest", -1), axis=0), name="out")
    feed = np.arange(4 * 6 * 3, dtype=np.float32).reshape(1, 4, 6, 3)
    np.testing.assert_array_equal(made.run(feed, "out", shape=(1, 4, 6, 3))[0], feed.reshape(8, -1))
    assert [node.op_type for node in made.convert("out", shape=(1, 4, 6, 3)).graph.node] == ["Reshape"]


def test_weights_that_came_as_float16_are_stored_so_and_lose_nothing(
    made: HandMade, random: np.random.Generator
) -> None:
    weights = random.normal(size=(32, 8)).astype(np.float16).astype(np.float32)
    odd = random.normal(size=(32, 8)).astype(np.float32)
    x = made.picture(1, 32)
    first = made.op("MatMul", x, made.const("w", weights, stored="float16"), transpose_a=False, transpose_b=False)
    second = made.op("MatMul", x, made.const("o", odd), transpose_a=False, transpose_b=False)
    made.op("AddV2", first, second, name="out")
    kinds = {i.data_type for i in made.convert("out").graph.initializer if list(i.dims) == [32, 8]}
    assert kinds == {onnx.TensorProto.FLOAT16, onnx.TensorProto.FLOAT}
    feed = random.normal(size=(1, 32)).astype(np.float32)
    np.testing.assert_allclose(made.run(feed, "out")[0], feed @ weights + feed @ odd, rtol=1e-5)


def test_a_model_trained_on_bgr_minus_a_mean_takes_plain_rgb(made: HandMade, random: np.random.Generator) -> None:
    kernel = random.normal(size=(1, 1, 3, 2)).astype(np.float32)
    x = random.uniform(0, 255, (1, 3, 3, 3)).astype(np.float32)
    made.op("Conv2D", made.picture(*x.shape), made.const("w", kernel), name="out", strides=[1, 1, 1, 1],
            padding="SAME", data_format="NHWC", dilations=[1, 1, 1, 1])
    mean = np.float32([100, 110, 120])
    got = made.run(x, "out", bgr_mean=mean.tolist())[0]
    np.testing.assert_allclose(got, (x[..., ::-1] - mean) @ kernel[0, 0], atol=1e-4)


def test_an_unknown_op_is_named_with_its_node(made: HandMade) -> None:
    made.op("Bessel", made.picture(1, 3), name="odd")
    with pytest.raises(ConversionError, match=r"'odd'.*Bessel"):
        made.convert("odd")


def test_the_command_converts_one_model_and_says_in_one_line_why_it_cannot(made: HandMade) -> None:
    made.op("Relu", made.picture(1, 3), name="out")
    made.convert("out")
    command = [sys.executable, "-m", "export.tfjs", str(made.folder / "model.json"), str(made.folder / "m.onnx")]
    done = subprocess.run([*command, "--output", "out:0=score"], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert [o.name for o in onnx.load(made.folder / "m.onnx").graph.output] == ["score"]
    (made.folder / "weights.bin").unlink()
    failed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert failed.returncode == 1
    assert failed.stderr.count("\n") == 1
    assert "weights.bin" in failed.stderr
