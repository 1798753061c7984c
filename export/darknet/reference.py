"""What OpenCV 4 makes of the same cfg and weights, in the form of the converted graph's outputs."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from export.darknet.convert import INPUT_NAME, Converted, Form, convert
from export.darknet.heads import Suppression
from export.darknet.layers import Head
from export.opencv_reader import forward, open_net

_YOLO = re.compile(r"^\s*\[\s*yolo\s*\]", re.MULTILINE)
Reference = Callable[[NDArray[Any]], Sequence[NDArray[Any]]]


def opencv_reference(
    cfg: Path, weights: Path, converted: Converted, form: Form, suppression: Suppression | None = None
) -> Reference:
    """The reference for `export.checked.write_checked`. Raises MirrorError when OpenCV cannot read the files.

    With ``suppression`` OpenCV's own is asked which boxes of *our* graph are kept, and its boxes of those rows are
    given: of two boxes whose scores differ in the seventh digit either may come first, and no rounding is a fault.
    """
    net = _net(cfg, weights)
    if not converted.heads:
        name = net.getLayerNames()[-1]
        return lambda feed: [_like(forward(net, feed, [name])[0], converted)]
    if form == "heads":
        before = [_before(net, head) for head in converted.heads]
        return lambda feed: forward(net, feed, before)
    names = [f"yolo_{head.layer.index}" for head in converted.heads]

    def decoded(feed: NDArray[Any]) -> list[NDArray[Any]]:
        rows = np.concatenate(forward(net, feed, names))
        centre, half = rows[:, :2] * converted.size, rows[:, 2:4] * converted.size / 2
        boxes, scores = np.concatenate([centre - half, centre + half], 1), rows[:, 5:]
        return [boxes[None].astype(np.float32), scores[None].astype(np.float32)]

    if suppression is None:
        return decoded
    rule, session = suppression, _session(convert(cfg, weights, "boxes"))

    def kept(feed: NDArray[Any]) -> list[NDArray[Any]]:
        ours = session.run(None, {INPUT_NAME: feed})
        rows, labels = _kept(ours[0][0], ours[1][0], rule)
        boxes, scores = decoded(feed)
        only = np.zeros((1, len(rows), scores.shape[2]), np.float32)
        only[0, np.arange(len(rows)), labels] = scores[0, rows, labels]
        return [boxes[:, rows], only]

    return kept


def _session(converted: Converted) -> Any:
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    return ort.InferenceSession(converted.model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def _net(cfg: Path, weights: Path) -> Any:
    """OpenCV's net; its own threshold, under which it calls a score 0, is taken away."""
    text = _YOLO.sub("[yolo]\nthresh=0", _without_thresholds(cfg.read_text(encoding="utf-8")))
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / cfg.name
        plain.write_text(text, encoding="utf-8")
        return open_net("readNetFromDarknet", plain, weights)


def _without_thresholds(text: str) -> str:
    return re.sub(r"^\s*(?:thresh|nms_threshold)\s*=.*$", "", text, flags=re.MULTILINE)


def _before(net: Any, head: Head) -> str:
    """OpenCV's name of what a ``[yolo]`` layer reads; it turns that layer's channels last by one of its own, and names
    activations after the layer that follows."""
    names = list(net.getLayerNames())
    return str(names[names.index(f"permute_{head.layer.index}") - 1])


def _like(output: NDArray[Any], converted: Converted) -> NDArray[Any]:
    shape = [d.dim_value for d in converted.model.graph.output[0].type.tensor_type.shape.dim]
    return output.reshape(shape) if output.size == np.prod(shape) else output


def _kept(boxes: NDArray[Any], scores: NDArray[Any], rule: Suppression) -> tuple[list[int], list[int]]:
    """Rows and labels that OpenCV's non-maximum suppression keeps, class by class."""
    corners = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], 1).astype(np.float64).tolist()
    rows: list[int] = []
    labels: list[int] = []
    for label in range(scores.shape[1]):
        found = np.asarray(cv2.dnn.NMSBoxes(corners, scores[:, label].tolist(), rule.score, rule.iou), np.int64)
        rows += found.ravel()[:rule.most].tolist()
        labels += [label] * (len(rows) - len(labels))
    return rows, labels
