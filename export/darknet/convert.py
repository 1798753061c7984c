"""A Darknet cfg and its weights as one ONNX model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import onnx

from export.darknet.cfg import read_cfg
from export.darknet.heads import Suppression, decode, suppress
from export.darknet.layers import Conversion, Head, convert_layers
from export.darknet.weights import WeightStream
from export.graph_writer import GraphWriter, Value
from mirror.domain import MirrorError

INPUT_NAME = "image"
Form = Literal["boxes", "heads"]


@dataclass(frozen=True)
class Converted:
    """The model; its heads (none for a classifier); options that a card needs to read raw heads; the input's (width,
    height)."""

    model: onnx.ModelProto
    heads: tuple[Head, ...]
    options: Mapping[str, Any] = field(default_factory=dict)
    size: tuple[int, int] = (0, 0)


def convert(cfg: Path, weights: Path, form: Form = "boxes", suppression: Suppression | None = None) -> Converted:
    """Convert a cfg and its weights. The input "image" is float32 (1, channels, height, width), RGB in 0..1.

    With ``form`` "boxes" the graph decodes: "boxes" (1, n, 4) x1, y1, x2, y2 in input pixels and "scores" (1, n,
    classes); with ``suppression`` only those that it keeps. With "heads" the outputs are what the ``[yolo]`` layers
    read, "head_0"... in the cfg's order, without any activation. A net without ``[yolo]`` has the output "output".
    Raises MirrorError, one line naming file and layer.
    """
    net, layers = read_cfg(cfg)
    sizes = net.integer("channels", 3), net.integer("height"), net.integer("width")
    if min(sizes) < 1:
        raise net.wrong(f"channels, height, width of {sizes} cannot be")
    graph = GraphWriter()
    to = Conversion(graph, WeightStream(weights), graph.input(INPUT_NAME, (1, *sizes)), cfg)
    convert_layers(to, layers)
    to.weights.finish()
    size = sizes[2], sizes[1]
    outputs, shapes = _outputs(to, form, suppression, size)
    model = graph.model(cfg.stem, outputs, "export.darknet", shapes=shapes)
    return Converted(model, tuple(to.heads), _options(to.heads, size), size)


def _outputs(
    to: Conversion, form: Form, suppression: Suppression | None, size: tuple[int, int]
) -> tuple[dict[str, Value], dict[str, list[int | str]]]:
    if not to.heads:
        return {"output": to.last}, {}
    if len({head.classes for head in to.heads}) != 1:
        raise MirrorError(f"{to.source}: its [yolo] layers differ in classes: {[head.classes for head in to.heads]}")
    if form == "heads":
        return {f"head_{i}": head.value for i, head in enumerate(to.heads)}, {}
    boxes, scores = decode(to.graph, to.heads, size)
    if suppression is None:
        return {"boxes": boxes, "scores": scores}, {}
    boxes, scores = suppress(to.graph, boxes, scores, suppression)
    return {"boxes": boxes, "scores": scores}, {"boxes": [1, "k", 4], "scores": [1, "k", to.heads[0].classes]}


def _options(heads: list[Head], size: tuple[int, int]) -> dict[str, Any]:
    if not heads:
        return {}
    scales = [head.scale_x_y for head in heads]
    return {
        "anchors": [[list(anchor) for anchor in head.anchors] for head in heads],
        "strides": [size[0] / head.value.shape[3] for head in heads],
        "scale_x_y": scales[0] if len(set(scales)) == 1 else scales,
    }
