"""Caffe nets in their real file formats become ONNX, compared with OpenCV 4's own reader of those files.

The weights are random: the published ones cannot be had here. The files are what Caffe writes: text prototxt and
binary protobuf, made by the few lines below.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

onnx = pytest.importorskip("onnx", reason="the converter writes ONNX with it")
cv2 = pytest.importorskip("cv2")

import onnxruntime  # noqa: E402

from export.__main__ import main  # noqa: E402
from export.caffe.convert import convert  # noqa: E402
from export.caffe.prototxt import parse_prototxt  # noqa: E402
from export.caffe.weights import read_caffemodel, read_mean  # noqa: E402
from export.caffe.windows import pooled  # noqa: E402
from mirror.domain import Box, Face, MirrorError  # noqa: E402
from mirror.runtime.manifest import Manifest  # noqa: E402
from mirror.runtime.session import Session  # noqa: E402
from mirror.vision.face_net import FaceNet  # noqa: E402

with_reader = pytest.mark.skipif(
    not hasattr(cv2.dnn, "readNetFromCaffe"), reason="OpenCV 5 has no Caffe reader: install opencv-python-headless<5"
)

AGES = ("(0-2)", "(4-6)", "(8-12)", "(15-20)", "(25-32)", "(38-43)", "(48-53)", "(60-100)")
GENDERS = ("male", "female")
MEAN = "78.4263377603,87.7689143744,114.895847746"
Blobs = Mapping[str, Sequence[np.ndarray]]


def levi_hassner(classes: int) -> str:
    """The deploy prototxt of the age and gender nets, spelled as theirs: `layers` in capitals, `input_dim`."""
    def conv(number: int, bottom: str, made: int, rest: str) -> str:
        return (
            f'layers {{ name: "conv{number}" type: CONVOLUTION bottom: "{bottom}" top: "conv{number}"\n'
            f"  convolution_param {{ num_output: {made} {rest} }} }}\n"
            f'layers {{ name: "relu{number}" type: RELU bottom: "conv{number}" top: "conv{number}" }}\n'
        )

    def pool(name: str, bottom: str) -> str:
        return (f'layers {{ name: "{name}" type: POOLING bottom: "{bottom}" top: "{name}"\n'
                "  pooling_param { pool: MAX kernel_size: 3 stride: 2 } }\n")

    def norm(name: str, bottom: str) -> str:
        return (f'layers {{ name: "{name}" type: LRN bottom: "{bottom}" top: "{name}"\n'
                "  lrn_param { local_size: 5 alpha: 0.0001 beta: 0.75 } }\n")

    def dense(number: int, bottom: str, made: int) -> str:
        return (f'layers {{ name: "fc{number}" type: INNER_PRODUCT bottom: "{bottom}" top: "fc{number}"\n'
                f"  inner_product_param {{ num_output: {made} }} }}\n")

    def drop(number: int) -> str:
        return (f'layers {{ name: "relu{number}" type: RELU bottom: "fc{number}" top: "fc{number}" }}\n'
                f'layers {{ name: "drop{number}" type: DROPOUT bottom: "fc{number}" top: "fc{number}"\n'
                "  dropout_param { dropout_ratio: 0.5 } }\n")

    return (
        'name: "CaffeNet"\ninput: "data"\ninput_dim: 1\ninput_dim: 3\ninput_dim: 227\ninput_dim: 227\n'
        + conv(1, "data", 96, "kernel_size: 7 stride: 4") + pool("pool1", "conv1") + norm("norm1", "pool1")
        + conv(2, "norm1", 256, "pad: 2 kernel_size: 5") + pool("pool2", "conv2") + norm("norm2", "pool2")
        + conv(3, "norm2", 384, "pad: 1 kernel_size: 3") + pool("pool5", "conv3")
        + dense(6, "pool5", 512) + drop(6) + dense(7, "fc6", 512) + drop(7) + dense(8, "fc7", classes)
        + 'layers { name: "prob" type: SOFTMAX bottom: "fc8" top: "prob" }\n'
    )


def levi_hassner_weights(classes: int) -> Blobs:
    random = np.random.default_rng(5)

    def pair(*shape: int, size: float = 1.0) -> list[np.ndarray]:
        width = int(np.prod(shape[1:]))
        weight = random.standard_normal(shape, np.float32) * np.float32(size * np.sqrt(2 / width))
        return [weight, random.standard_normal(shape[0], np.float32) * np.float32(0.1)]

    return {
        "conv1": pair(96, 3, 7, 7, size=1 / 64), "conv2": pair(256, 96, 5, 5), "conv3": pair(384, 256, 3, 3),
        "fc6": pair(512, 384 * 7 * 7), "fc7": pair(512, 512), "fc8": pair(classes, 512, size=0.2),
    }


def varint(number: int) -> bytes:
    out = b""
    while number > 0x7F:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


def piece(number: int, content: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(content)) + content


def blob_bytes(array: np.ndarray, legacy: bool, packed: bool = True, double: bool = False) -> bytes:
    """A BlobProto: four old dimensions or a shape; floats packed, one by one, or doubles."""
    if legacy:
        dims = (1,) * (4 - array.ndim) + array.shape
        head = b"".join(varint(i << 3) + varint(size) for i, size in enumerate(dims, start=1))
    else:
        head = piece(7, piece(1, b"".join(varint(size) for size in array.shape)))
    if double:
        return head + piece(8, array.astype("<f8").tobytes())
    if packed:
        return head + piece(5, array.astype("<f4").tobytes())
    return head + b"".join(varint(5 << 3 | 5) + struct.pack("<f", value) for value in array.ravel())


def write_caffemodel(path: Path, blobs: Blobs, v1: bool = False, **storage: Any) -> Path:
    """NetParameter with `layers` (old) or `layer`, one per entry."""
    name, blob, layer = (4, 6, 2) if v1 else (1, 7, 100)
    data = piece(1, b"net")
    for key, arrays in blobs.items():
        content = piece(name, key.encode()) + piece(3, b"top")
        content += b"".join(piece(blob, blob_bytes(array, v1, **storage)) for array in arrays)
        data += piece(layer, content)
    path.write_bytes(data)
    return path


def run(model: Any, feed: np.ndarray) -> list[np.ndarray]:
    onnx.checker.check_model(model, full_check=True)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return list(session.run(None, {session.get_inputs()[0].name: feed}))


def net(tmp_path: Path, prototxt: str, blobs: Blobs, **storage: Any) -> tuple[Path, Path]:
    (tmp_path / "deploy.prototxt").write_text(prototxt)
    return tmp_path / "deploy.prototxt", write_caffemodel(tmp_path / "net.caffemodel", blobs, **storage)


@with_reader
@pytest.mark.parametrize("labels", [AGES, GENDERS], ids=["age", "gender"])
def test_levi_hassner_net_of_its_true_size_becomes_a_checked_model(
    tmp_path: Path, labels: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    prototxt, weights = net(tmp_path, levi_hassner(len(labels)), levi_hassner_weights(len(labels)), v1=True)
    (tmp_path / "labels.txt").write_text("\n".join(labels) + "\n")
    out = tmp_path / "models"
    code = main(["caffe", str(prototxt), str(weights), "--name", "faces", "--out", str(out), "--mean", MEAN,
                 "--labels", str(tmp_path / "labels.txt")])
    assert code == 0, capsys.readouterr().err
    card = Manifest.load(out)["faces"]
    assert card.labels == labels
    assert card.decoder == "classification"
    assert (card.colour, card.layout, card.scale) == ("bgr", "NCHW", 1.0)
    assert card.mean == tuple(float(part) for part in MEAN.split(","))
    assert card.inputs[0].shape == (1, 3, 227, 227)
    assert card.outputs[0].name == "prob"
    assert float(card.accuracy["difference_to_own_framework"]) < 2e-6
    model = onnx.load(str(card.path))
    assert all(node.name for node in model.graph.node)
    assert (model.ir_version, model.opset_import[0].version) == (8, 17)
    reading = FaceNet(Session(card)).read(np.full((300, 300, 3), 90, np.uint8), Face(Box(60, 60, 240, 240), 0.9))
    if labels == AGES:
        assert card.options["bins"][3] == [15, 20]
        assert reading.age is not None
        assert 0 <= reading.age.low < reading.age.high <= 101
    else:
        assert reading.female is not None
        assert 0 < reading.female < 1
    sample = np.load(out / "samples" / "faces.npz")
    assert 0.05 < np.ptp(sample["prob"]) < 0.98, "a net that says the same of every class compares equal to anything"


MIXED = """
name: "mixed"  # every layer of today's spelling
layer { name: "data" type: "Input" top: "data" input_param { shape: { dim: 4 dim: 6 dim: 13 dim: 17 } } }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
  convolution_param { num_output: 8 kernel_h: 3 kernel_w: 5 stride_h: 1 stride_w: 2 pad_h: 2 pad_w: 1 dilation: 2
                      group: 2 bias_term: false weight_filler { type: "xavier" } } }
layer { name: "bn" type: "BatchNorm" bottom: "conv" top: "conv" batch_norm_param { use_global_stats: true eps: 0.001 }
  param { lr_mult: 0 } param { lr_mult: 0 } param { lr_mult: 0 } }
layer { name: "scale" type: "Scale" bottom: "conv" top: "conv" scale_param { bias_term: true } }
layer { name: "prelu" type: "PReLU" bottom: "conv" top: "conv" }
layer { name: "split" type: "Split" bottom: "conv" top: "left" top: "right" }
layer { name: "max" type: "Pooling" bottom: "left" top: "max"
  pooling_param { pool: MAX kernel_size: 3 stride: 2 pad: 1 } }
layer { name: "ave" type: "Pooling" bottom: "right" top: "ave"
  pooling_param { pool: AVE kernel_size: 3 stride: 2 pad: 1 } }
layer { name: "leaky" type: "ReLU" bottom: "ave" top: "ave" relu_param { negative_slope: 0.1 } }
layer { name: "sum" type: "Eltwise" bottom: "max" bottom: "ave" top: "sum"
  eltwise_param { operation: SUM coeff: 0.5 coeff: -1.5 } }
layer { name: "most" type: "Eltwise" bottom: "max" bottom: "sum" top: "most" eltwise_param { operation: MAX } }
layer { name: "times" type: "Eltwise" bottom: "max" bottom: "ave" top: "times" eltwise_param { operation: PROD } }
layer { name: "cat" type: "Concat" bottom: "most" bottom: "times" top: "cat" }
layer { name: "lrn" type: "LRN" bottom: "cat" top: "lrn" lrn_param { local_size: 3 alpha: 0.5 beta: 0.6 } }
layer { name: "flat" type: "Flatten" bottom: "lrn" top: "flat" }
layer { name: "fc" type: "InnerProduct" bottom: "flat" top: "fc" inner_product_param { num_output: 12 } }
layer { name: "drop" type: "Dropout" bottom: "fc" top: "fc" include { phase: TRAIN } }
layer { name: "shape" type: "Reshape" bottom: "fc" top: "shape" reshape_param { shape { dim: 0 dim: 3 dim: -1 } } }
layer { name: "prob" type: "Softmax" bottom: "shape" top: "prob" softmax_param { axis: 2 } }
layer { name: "sure" type: "Sigmoid" bottom: "shape" top: "sure" }
"""


def mixed_weights() -> Blobs:
    random = np.random.default_rng(2)

    def noise(*shape: int) -> np.ndarray:
        return random.standard_normal(shape, np.float32) * np.float32(0.3)

    flat = 16 * 7 * 4
    return {
        "conv": [noise(8, 3, 3, 5)],
        "bn": [noise(8) * 10, np.abs(noise(8)) * 10 + 1, np.array([10.0], np.float32)],
        "scale": [noise(8) + 1, noise(8)], "prelu": [np.abs(noise(8))],
        "fc": [noise(12, flat) / 4, noise(12)],
    }


@with_reader
def test_every_layer_gives_what_opencv_gives(tmp_path: Path) -> None:
    prototxt, weights = net(tmp_path, MIXED, mixed_weights())
    converted = convert(prototxt, weights)
    feed = np.random.default_rng(0).standard_normal((1, 6, 13, 17), np.float32)
    theirs = cv2.dnn.readNetFromCaffe(str(prototxt), str(weights))
    theirs.setInput(feed)
    wanted = theirs.forward(list(converted.makers))
    assert [output.name for output in converted.model.graph.output] == ["prob", "sure"]
    for mine, reference in zip(run(converted.model, feed), wanted, strict=True):
        assert mine.shape == reference.shape
        np.testing.assert_allclose(mine, reference, atol=2e-6)
        assert np.ptp(reference) > 0.1


@pytest.mark.parametrize("storage", [{"packed": False}, {"double": True}, {"v1": True}])
def test_weights_are_the_same_however_they_are_stored(tmp_path: Path, storage: dict[str, Any]) -> None:
    plain = read_caffemodel(write_caffemodel(tmp_path / "plain", mixed_weights()))
    other = read_caffemodel(write_caffemodel(tmp_path / "other", mixed_weights(), **storage))
    assert plain.keys() == other.keys()
    for name, blobs in plain.items():
        for mine, theirs in zip(blobs, other[name], strict=True):
            np.testing.assert_array_equal(mine.ravel(), theirs.ravel())


def test_lrn_has_its_k_which_opencv_leaves_out(tmp_path: Path) -> None:
    text = (
        'input: "x" input_dim: 1 input_dim: 5 input_dim: 2 input_dim: 2\n'
        'layer { name: "n" type: "LRN" bottom: "x" top: "n" lrn_param { local_size: 3 alpha: 0.6 beta: 0.5 k: 2 } }'
    )
    prototxt, weights = net(tmp_path, text, {"n": []})
    feed = np.random.default_rng(4).standard_normal((1, 5, 2, 2), np.float32)
    padded = np.pad(feed[0] ** 2, ((1, 1), (0, 0), (0, 0)))
    total = padded[:-2] + padded[1:-1] + padded[2:]
    (mine,) = run(convert(prototxt, weights).model, feed)
    np.testing.assert_allclose(mine[0], feed[0] / np.sqrt(2 + 0.6 / 3 * total), atol=1e-6)


def caffe_pool(plane: np.ndarray, size: int, stride: int, pad: int, average: bool) -> np.ndarray:
    """Caffe's pooling of one plane, window by window, as its pooling_layer.cpp counts them."""
    side = plane.shape[0]
    out = int(np.ceil((side + 2 * pad - size) / stride)) + 1
    if pad and (out - 1) * stride >= side + pad:
        out -= 1
    made = np.zeros((out, out), np.float32)
    for y in range(out):
        for x in range(out):
            top, left = y * stride - pad, x * stride - pad
            bottom, right = min(top + size, side + pad), min(left + size, side + pad)
            area = (bottom - top) * (right - left)
            seen = plane[max(top, 0):min(bottom, side), max(left, 0):min(right, side)]
            made[y, x] = seen.sum() / area if average else seen.max()
    return made


@pytest.mark.parametrize("kind", ["MAX", "AVE"])
@pytest.mark.parametrize(
    ("side", "size", "stride", "pad"),
    [(56, 3, 2, 0), (7, 3, 2, 0), (8, 3, 2, 1), (9, 5, 3, 2), (5, 2, 2, 1), (6, 3, 3, 1)],
)
def test_pooling_rounds_its_output_up_as_caffe_does(
    tmp_path: Path, kind: str, side: int, size: int, stride: int, pad: int
) -> None:
    text = (
        f'input: "x" input_shape {{ dim: 1 dim: 2 dim: {side} dim: {side} }}\n'
        f'layer {{ name: "pool" type: "Pooling" bottom: "x" top: "pool" pooling_param {{ pool: {kind} '
        f"kernel_size: {size} stride: {stride} pad: {pad} }} }}"
    )
    # the file of weights has a layer, as every caffemodel: its pooling layer, without blobs
    prototxt, weights = net(tmp_path, text, {"pool": []})
    feed = np.random.default_rng(1).standard_normal((1, 2, side, side), np.float32)
    (mine,) = run(convert(prototxt, weights).model, feed)
    for channel in range(2):
        wanted = caffe_pool(feed[0, channel], size, stride, pad, kind == "AVE")
        np.testing.assert_allclose(mine[0, channel], wanted, atol=1e-6)


def test_levi_hassner_first_pooling_has_28_columns_not_27() -> None:
    assert pooled(56, 3, 2, 0) == (28, 1)


def test_mean_file_gives_the_mean_of_each_channel(tmp_path: Path) -> None:
    mean = np.stack([np.full((256, 256), value, np.float32) for value in (78.0, 87.5, 114.0)])
    (tmp_path / "mean.binaryproto").write_bytes(blob_bytes(mean, legacy=True))
    assert read_mean(tmp_path / "mean.binaryproto") == (78.0, 87.5, 114.0)


def test_prototxt_spellings_mean_the_same() -> None:
    plain = parse_prototxt('a { b: 1.5 c: "x" c: "y" } d: [1, 2]', "a")
    other = parse_prototxt("a: < b: 15e-1f, c: 'x'; c: '' \"y\" > # said\nd: 1 d: 0x2", "b")
    for message in (plain, other):
        assert message.message("a").numbers("b") == [1.5]
        assert message.message("a").texts("c") == ["x", "y"]
        assert message.integers("d") == [1, 2]


SMALL = (
    'input: "data" input_dim: 1 input_dim: 3 input_dim: 8 input_dim: 8\n'
    'layer { name: "conv1" type: "Convolution" bottom: "data" top: "conv1"'
    " convolution_param { num_output: 4 kernel_size: 3 } }\n"
    'layer { name: "fc8" type: "InnerProduct" bottom: "conv1" top: "fc8" inner_product_param { num_output: 2 } }\n'
)
SMALL_BLOBS: Blobs = {
    "conv1": [np.ones((4, 3, 3, 3), np.float32), np.zeros(4, np.float32)],
    "fc8": [np.ones((2, 144), np.float32), np.zeros(2, np.float32)],
}


@pytest.mark.parametrize(("prototxt", "blobs", "cut", "said"), [
    (SMALL, SMALL_BLOBS, 100, "is truncated or no caffemodel"),
    (SMALL, SMALL_BLOBS, None, "is empty"),
    ("", SMALL_BLOBS, 0, "is empty"),
    ("hello world", SMALL_BLOBS, 0, "is no prototxt: line 1: 'hello' has neither"),
    ('name: "x"\nlayer { name: "a"', SMALL_BLOBS, 0, "line 2: ends before the '}' of line 2"),
    ('name: "x"', SMALL_BLOBS, 0, "it has no layer"),
    ("layer " + "{ layer " * 50, SMALL_BLOBS, 0, "messages inside each other"),
    (SMALL, {"conv1": SMALL_BLOBS["conv1"]}, 0, "layer 'fc8' (InnerProduct) has no weights"),
    (SMALL, {**SMALL_BLOBS, "conv1": SMALL_BLOBS["conv1"][:1]}, 0,
     "layer 'conv1' (Convolution) has 1 blobs, 2 are needed"),
    (SMALL, {**SMALL_BLOBS, "fc8": [np.ones((2, 100), np.float32), np.zeros(2, np.float32)]}, 0,
     "layer 'fc8' (InnerProduct): blob 0 is [2, 100], the prototxt asks for [2, 144]"),
    (SMALL.replace("InnerProduct", "LSTM"), SMALL_BLOBS, 0, "layer 'fc8' (LSTM): this type is not supported"),
    (SMALL.replace('bottom: "conv1"', 'bottom: "conv9"'), SMALL_BLOBS, 0, "its bottom 'conv9' is made by no layer"),
    (SMALL.replace("num_output: 4", "num_output: four"), SMALL_BLOBS, 0, "'num_output' in the message of line 2"),
    (SMALL.replace("kernel_size: 3", "kernel_size: 9"), SMALL_BLOBS, 0, "layer 'conv1' (Convolution): its window"),
    (SMALL + 'layer { name: "loss" type: "SoftmaxWithLoss" bottom: "fc8" top: "loss" }', SMALL_BLOBS, 0,
     "layer 'loss' (SoftmaxWithLoss) is for training"),
    ('layers { layer { name: "conv1" type: "conv" } }', SMALL_BLOBS, 0, "first format"),
])
def test_bad_files_are_refused_in_one_line_and_nothing_is_written(
    tmp_path: Path, prototxt: str, blobs: Blobs, cut: int | None, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    network, weights = net(tmp_path, prototxt, blobs)
    data = weights.read_bytes()
    weights.write_bytes(b"" if cut is None else data[:len(data) - cut])
    out = tmp_path / "models"
    assert main(["caffe", str(network), str(weights), "--name", "x", "--out", str(out), "--unchecked"]) == 1
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert not out.exists()


def test_a_caffemodel_is_no_prototxt_and_noise_is_neither(tmp_path: Path) -> None:
    prototxt, weights = net(tmp_path, SMALL, SMALL_BLOBS)
    with pytest.raises(MirrorError, match="is no prototxt"):
        convert(weights, weights)
    weights.write_bytes(np.random.default_rng(0).bytes(4000))
    with pytest.raises(MirrorError, match="no caffemodel"):
        convert(prototxt, weights)


def test_weights_that_no_layer_takes_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    extra = {**SMALL_BLOBS, "fc9": [np.ones((2, 2), np.float32)]}
    prototxt, weights = net(tmp_path, SMALL, extra)
    assert main(["caffe", str(prototxt), str(weights), "--name", "x", "--out", str(tmp_path / "o"), "--unchecked"]) == 0
    assert "no layer for these weights: fc9" in capsys.readouterr().err


def test_a_missing_reader_is_told_before_anything_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delattr(cv2.dnn, "readNetFromCaffe", raising=False)
    prototxt, weights = net(tmp_path, SMALL, SMALL_BLOBS)
    asked = ["caffe", str(prototxt), str(weights), "--name", "x", "--out", str(tmp_path / "models")]
    assert main(asked) == 1
    error = capsys.readouterr().err
    assert "pip install 'opencv-python-headless<5'" in error
    assert "--unchecked" in error
    assert not (tmp_path / "models").exists()
    assert main([*asked, "--unchecked"]) == 0
    assert "compared with nothing" in capsys.readouterr().out
    assert "Not compared" in (tmp_path / "models" / "cards" / "x.md").read_text()


def test_labels_must_be_as_many_as_classes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    prototxt, weights = net(tmp_path, SMALL, SMALL_BLOBS)
    (tmp_path / "labels.txt").write_text("one\ntwo\nthree\n")
    assert main(["caffe", str(prototxt), str(weights), "--name", "x", "--out", str(tmp_path / "o"), "--unchecked",
                 "--labels", str(tmp_path / "labels.txt")]) == 1
    assert "names 3 classes, the net's output has 2" in capsys.readouterr().err
