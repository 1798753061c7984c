"""Darknet nets in their real file formats become ONNX, compared with OpenCV 4's own reader of those files.

The weights are random: the published ones cannot be had here. YOLOv3-tiny has its true size; YOLOv3 has its true table
of layers with an eighth of the channels, so that this stays quick.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

onnx = pytest.importorskip("onnx", reason="the converter writes ONNX with it")
cv2 = pytest.importorskip("cv2")

import onnxruntime  # noqa: E402

from export.__main__ import main  # noqa: E402
from export.darknet.cfg import read_cfg  # noqa: E402
from export.darknet.convert import convert  # noqa: E402
from export.darknet.heads import Suppression  # noqa: E402
from export.darknet.layouts import yolov3, yolov3_tiny  # noqa: E402
from export.darknet.reference import opencv_reference  # noqa: E402
from mirror.domain import MirrorError  # noqa: E402
from mirror.runtime.manifest import Manifest  # noqa: E402
from mirror.runtime.session import Session  # noqa: E402
from mirror.vision.decoders.registry import box_decoder  # noqa: E402

with_reader = pytest.mark.skipif(
    not hasattr(cv2.dnn, "readNetFromDarknet"),
    reason="OpenCV 5 has no Darknet reader: install opencv-python-headless<5",
)

LABELS = ("top", "shirt", "trousers", "dress", "shoes", "bag", "hat")


@dataclass
class Weights:
    """A weights file in the making: Darknet's order, numbers that keep the signal's size through the layers."""

    random: np.random.Generator
    parts: list[np.ndarray]

    def conv(self, made: int, width: int, normalised: bool) -> None:
        """Biases, then scales, means, variances, then the weights: (made, width)."""
        noise = self.random.standard_normal
        self.parts.append(noise(made, np.float32) * np.float32(0.2))
        if normalised:
            self.parts += [
                np.abs(noise(made, np.float32)) * np.float32(0.2) + np.float32(0.9),
                noise(made, np.float32) * np.float32(0.2), self.random.random(made, np.float32) + np.float32(0.5),
            ]
        self.parts.append(noise(made * width, np.float32) * np.float32((0.6 if normalised else 1.2) / np.sqrt(width)))

    def write(self, path: Path, version: tuple[int, int, int] = (0, 2, 0)) -> Path:
        wide = version[0] * 10 + version[1] >= 2
        header = np.array(version, "<i4").tobytes() + np.array([32013312], "<i8" if wide else "<i4").tobytes()
        path.write_bytes(header + np.concatenate(self.parts).astype("<f4").tobytes())
        return path


def convolutions(cfg: Path) -> Iterator[tuple[int, int, bool]]:
    """(filters, numbers in each, batch normalised) of a cfg; channels are followed through route and shortcut."""
    net, layers = read_cfg(cfg)
    channels: list[int] = []
    last = net.integer("channels", 3)
    for layer in layers:
        if layer.type == "convolutional":
            made, size = layer.integer("filters"), layer.integer("size")
            yield made, last // layer.integer("groups", 1) * size * size, bool(layer.integer("batch_normalize", 0))
            last = made
        elif layer.type == "route":
            back = [n if n >= 0 else layer.index + n for n in layer.integers("layers")]
            last = sum(channels[n] for n in back) // layer.integer("groups", 1)
        channels.append(last)


def random_weights(cfg: Path, seed: int = 1) -> Weights:
    weights = Weights(np.random.default_rng(seed), [])
    for made, width, normalised in convolutions(cfg):
        weights.conv(made, width, normalised)
    return weights


def files(tmp_path: Path, text: str, seed: int = 1, **header: Any) -> tuple[Path, Path]:
    cfg = tmp_path / "net.cfg"
    cfg.write_text(text)
    return cfg, random_weights(cfg, seed).write(tmp_path / "net.weights", **header)


def run(model: Any, feed: np.ndarray) -> list[np.ndarray]:
    onnx.checker.check_model(model, full_check=True)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return list(session.run(None, {"image": feed}))


def command(tmp_path: Path, text: str, *flags: str) -> tuple[int, Path]:
    cfg, weights = files(tmp_path, text)
    (tmp_path / "net.names").write_text("\n".join(LABELS) + "\n")
    out = tmp_path / "models"
    code = main(["darknet", str(cfg), str(weights), "--name", "garments-yolo", "--out", str(out), "--labels",
                 str(tmp_path / "net.names"), *flags])
    return code, out


@with_reader
def test_yolov3_tiny_of_its_true_size_becomes_a_checked_detector(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out = command(tmp_path, yolov3_tiny(len(LABELS)))
    assert code == 0, capsys.readouterr().err
    card = Manifest.load(out)["garments-yolo"]
    assert card.decoder == "yolo-anchor-free"
    assert card.labels == LABELS
    assert card.inputs[0].shape == (1, 3, 416, 416)
    assert {spec.name: spec.shape for spec in card.outputs} == {"boxes": (1, 2535, 4), "scores": (1, 2535, 7)}
    assert (card.colour, card.layout, card.scale) == ("rgb", "NCHW", pytest.approx(1 / 255))
    assert card.options["pad"] == 128
    assert float(card.accuracy["difference_to_own_framework"]) < 2e-5
    model = onnx.load(str(card.path))
    assert all(node.name for node in model.graph.node)
    assert (model.ir_version, model.opset_import[0].version) == (8, 17)
    scores = np.load(out / "samples" / "garments-yolo.npz")["scores"]
    assert scores.std() > 0.05, "a net that says the same everywhere compares equal to anything"


@with_reader
@pytest.mark.parametrize("flag", ["", "--raw", "--nms"])
def test_yolov3_with_its_layer_table_is_what_opencv_reads(
    tmp_path: Path, flag: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out = command(tmp_path, yolov3(len(LABELS), 160, 96, thinner=8), *([flag] if flag else []))
    assert code == 0, capsys.readouterr().err
    card = Manifest.load(out)["garments-yolo"]
    assert float(card.accuracy["difference_to_own_framework"]) < 5e-5
    shapes = {spec.name: spec.shape for spec in card.outputs}
    sample = np.load(out / "samples" / "garments-yolo.npz")
    if flag == "--raw":
        assert card.decoder == "yolo-v3"
        assert shapes == {"head_0": (1, 36, 3, 5), "head_1": (1, 36, 6, 10), "head_2": (1, 36, 12, 20)}
        assert card.options["strides"] == [32, 16, 8]
        assert card.options["anchors"][0] == [[116, 90], [156, 198], [373, 326]]
        assert card.options["scale_x_y"] == 1
    elif flag == "--nms":
        assert shapes == {"boxes": (1, "k", 4), "scores": (1, "k", 7)}
        kept = sample["scores"].shape[1]
        assert 0 < kept < 945
        assert ((sample["scores"] > 0).sum(axis=2) == 1).all(), "one class a row"
    else:
        assert shapes == {"boxes": (1, 945, 4), "scores": (1, 945, 7)}


@pytest.mark.parametrize(("layout", "heads", "size"), [
    (yolov3, [82, 94, 106], 248_007_048), (yolov3_tiny, [16, 23], 35_434_956),
], ids=["yolov3", "tiny"])
def test_layouts_are_those_of_the_published_weights(tmp_path: Path, layout: Any, heads: list[int], size: int) -> None:
    """The layers' numbers, and the bytes of yolov3.weights and yolov3-tiny.weights (80 COCO classes)."""
    (tmp_path / "net.cfg").write_text(layout(80))
    _, layers = read_cfg(tmp_path / "net.cfg")
    assert [layer.index for layer in layers if layer.type == "yolo"] == heads
    numbers = sum(made * (width + (4 if normal else 1)) for made, width, normal in convolutions(tmp_path / "net.cfg"))
    assert 20 + 4 * numbers == size


OTHERS = """
# every other layer
[net]
width=32
height=24
channels=3

[convolutional]
filters=8
size=3
stride=1
pad=1
batch_normalize=1
activation=mish

[convolutional]
filters=8
size=3
groups=2
pad=1
activation=swish

[maxpool]
size=5
stride=1

[dropout]
probability=.5

[route]
layers=-2
groups=2
group_id=1

[convolutional]
filters=8
size=1
activation=logistic

[shortcut]
from=-4
activation=leaky

[convolutional]
filters=6
size=3
stride=2
padding=0
activation=relu
"""
CLASSIFIER = OTHERS + "\n[avgpool]\n\n[softmax]\ngroups=1\n"


@with_reader
@pytest.mark.parametrize("text", [OTHERS, CLASSIFIER], ids=["features", "classifier"])
@pytest.mark.parametrize("version", [(0, 1, 0), (0, 2, 5), (1, 0, 0)])
def test_every_layer_and_header_is_read_as_opencv_does(
    tmp_path: Path, text: str, version: tuple[int, int, int]
) -> None:
    cfg, weights = files(tmp_path, text, version=version)
    converted = convert(cfg, weights)
    feed = np.random.default_rng(0).random((1, 3, 24, 32), np.float32)
    (mine,) = run(converted.model, feed)
    (wanted,) = opencv_reference(cfg, weights, converted, "boxes")(feed)
    np.testing.assert_allclose(mine, wanted, atol=3e-6)
    assert np.ptp(wanted) > 0.05


@pytest.mark.parametrize(("size", "stride", "side", "before"), [(2, 1, 6, 0), (2, 2, 7, 0), (3, 2, 7, 1), (5, 1, 6, 2)])
def test_maxpool_pads_as_darknet_does(tmp_path: Path, size: int, stride: int, side: int, before: int) -> None:
    """Against Darknet's loop over windows: the first begins (size - 1) // 2 before the picture."""
    text = f"[net]\nwidth={side}\nheight={side}\nchannels=1\n[maxpool]\nsize={size}\nstride={stride}\n"
    (tmp_path / "net.cfg").write_text(text)
    weights = Weights(np.random.default_rng(0), [np.zeros(0, np.float32)]).write(tmp_path / "net.weights")
    feed = np.random.default_rng(1).standard_normal((1, 1, side, side), np.float32)
    (mine,) = run(convert(tmp_path / "net.cfg", weights).model, feed)
    count = (side + size - 1 - size) // stride + 1
    assert mine.shape == (1, 1, count, count)
    for y in range(count):
        for x in range(count):
            top, left = y * stride - before, x * stride - before
            seen = feed[0, 0, max(top, 0):top + size, max(left, 0):left + size]
            assert mine[0, 0, y, x] == seen.max()


HEAD = (
    "[net]\nwidth=64\nheight=32\nchannels=3\n[convolutional]\nfilters=14\nsize=32\nstride=32\nactivation=linear\n"
    "[yolo]\nmask=0,1\nanchors=10,20, 30,40, 50,60\nclasses=2\nnum=3\nscale_x_y=1.2\n"
)


def test_decoded_boxes_follow_the_published_formula(tmp_path: Path) -> None:
    cfg, weights = files(tmp_path, HEAD)
    feed = np.random.default_rng(3).random((1, 3, 32, 64), np.float32)
    (head,) = run(convert(cfg, weights, "heads").model, feed)
    boxes, scores = run(convert(cfg, weights).model, feed)
    row = 0
    for column in range(2):
        for anchor, (width, height) in enumerate([(10, 20), (30, 40)]):
            x, y, w, h, sure, *classes = head[0, anchor * 7:anchor * 7 + 7, 0, column].astype(float)
            cx = (column + 1.2 / (1 + np.exp(-x)) - 0.1) * 32
            cy = (1.2 / (1 + np.exp(-y)) - 0.1) * 32
            right, down = width * np.exp(w) / 2, height * np.exp(h) / 2
            np.testing.assert_allclose(boxes[0, row], [cx - right, cy - down, cx + right, cy + down], rtol=1e-4)
            wanted = [1 / (1 + np.exp(-sure)) / (1 + np.exp(-value)) for value in classes]
            np.testing.assert_allclose(scores[0, row], wanted, rtol=1e-4)
            row += 1
    assert row == boxes.shape[1]


def test_suppression_in_the_graph_may_keep_nothing(tmp_path: Path) -> None:
    cfg, weights = files(tmp_path, HEAD)
    feed = np.zeros((1, 3, 32, 64), np.float32)
    boxes, scores = run(convert(cfg, weights, suppression=Suppression(score=0.999)).model, feed)
    assert (boxes.shape, scores.shape) == ((1, 0, 4), (1, 0, 2))


@with_reader
def test_the_mirror_reads_both_forms_alike(tmp_path: Path) -> None:
    """Decoded in the graph, or by the decoder yolo-v3 from raw heads with the options of the card."""
    _, out = command(tmp_path, yolov3(len(LABELS), 96, 96, thinner=16), "--unchecked")
    code, _ = command(tmp_path, yolov3(len(LABELS), 96, 96, thinner=16), "--unchecked", "--raw", "--name", "raw")
    assert code == 0
    manifest = Manifest.load(out)
    feed = np.random.default_rng(3).random((1, 3, 96, 96), np.float32)
    found = []
    for name in ("garments-yolo", "raw"):
        card = manifest[name]
        decode = box_decoder(card, (96, 96), "a garment detector")
        boxes, scores = decode(Session(card).run(feed), 0.2)
        keep = scores.max(axis=1) >= 0.2
        rows = np.concatenate([boxes[keep], scores[keep]], 1)
        found.append(rows[np.lexsort(rows.T)])
    assert len(found[0]) > 3
    np.testing.assert_allclose(found[0], found[1], rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(("cfg", "said"), [
    ("", "is empty"),
    ("hello world", "is no Darknet cfg: line 1 is neither [section] nor key=value"),
    ("[convolutional]\nfilters=3\n", "it must begin with [net]"),
    (HEAD.replace("[yolo]", "[region]"), "layer 1 [region] of line 10: this type is not supported"),
    (HEAD.replace("filters=14", "filters=many"), "[convolutional] of line 5: filters=many must be whole numbers"),
    (HEAD.replace("filters=14", "filters=13"), "need 14 channels; the layer before gives 13: set its filters=14"),
    (HEAD.replace("activation=linear", "activation=maxout"), "activation=maxout is not supported"),
    (HEAD.replace("50,60", "50"), "anchors= has 5 numbers, num=3 asks for two"),
    (HEAD.replace("mask=0,1", "mask=0,7"), "mask=0,7 is not among 3 anchors"),
    (HEAD + "[route]\nlayers=9\n", "refers to layer 9, which is not before it"),
    (HEAD + "[route]\nlayers=0,0\ngroups=3\n", "group 0 of 3 cannot be taken of [14, 14] channels"),
    (HEAD.replace("size=32", "size=65"), "its window of 65 does not fit"),
    (HEAD.replace("width=64\n", ""), "layer -1 [net] of line 1: needs one width="),
])
def test_bad_cfgs_are_refused_in_one_line_and_nothing_is_written(
    tmp_path: Path, cfg: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    _, weights = files(tmp_path, HEAD.replace("size=32", "size=65").replace("width=64", "width=100"))
    (tmp_path / "bad.cfg").write_text(cfg)
    refused(tmp_path / "bad.cfg", weights, said, capsys)


@pytest.mark.parametrize(("change", "said"), [
    (lambda data: b"", "is empty"),
    (lambda data: data[:7], "is truncated: 7 bytes do not hold the header"),
    (lambda data: data[:-400], "ends inside net.cfg: layer 0 [convolutional] of line 5, 100 numbers too early"),
    (lambda data: data[:-3], "is truncated or no Darknet weights file"),
    (lambda data: data + bytes(40), "holds 10 numbers more than the cfg's layers take"),
    (lambda data: b"PK\x03\x04" + data[4:], "is no Darknet weights file: version"),
])
def test_bad_weights_are_refused_in_one_line_and_nothing_is_written(
    tmp_path: Path, change: Any, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    cfg, weights = files(tmp_path, HEAD)
    weights.write_bytes(change(weights.read_bytes()))
    refused(cfg, weights, said, capsys)


def refused(cfg: Path, weights: Path, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    out = cfg.parent / "models"
    assert main(["darknet", str(cfg), str(weights), "--name", "x", "--out", str(out), "--unchecked"]) == 1
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert not out.exists()


def test_weights_of_another_cfg_of_the_same_length_are_seen_by_their_variances(tmp_path: Path) -> None:
    text = OTHERS.split("\n[convolutional]\nfilters=8\nsize=3\ngroups")[0]
    cfg, weights = files(tmp_path, text)
    data = np.frombuffer(weights.read_bytes()[20:], "<f4")
    Weights(np.random.default_rng(0), [data[::-1]]).write(weights)
    with pytest.raises(MirrorError, match="negative variances"):
        convert(cfg, weights)


def test_a_missing_reader_is_told_before_anything_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delattr(cv2.dnn, "readNetFromDarknet", raising=False)
    code, out = command(tmp_path, yolov3_tiny(7, 64, 64, thinner=8))
    error = capsys.readouterr().err
    assert code == 1
    assert "pip install 'opencv-python-headless<5'" in error
    assert not out.exists()
    assert command(tmp_path, yolov3_tiny(7, 64, 64, thinner=8), "--unchecked")[0] == 0
    assert "compared with nothing" in capsys.readouterr().out


def test_labels_must_be_as_many_as_classes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out = command(tmp_path, yolov3_tiny(9, 64, 64, thinner=8), "--unchecked")
    assert code == 1
    assert "names 7 classes, the cfg has 9" in capsys.readouterr().err
    assert not out.exists()


def test_raw_heads_and_suppression_do_not_go_together(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _ = command(tmp_path, HEAD, "--raw", "--nms")
    assert code == 2
    assert "give one of them" in capsys.readouterr().err
