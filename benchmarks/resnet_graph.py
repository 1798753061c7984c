"""ResNet50 (He et al. 2016, the layout of keras.applications) with one linear output, as an ONNX file to time.

The seed's face-to-BMI net is of this kind; its weights could not be had, so these are random: its milliseconds are
right, its answers mean nothing. Batch normalisation is taken as folded into the convolutions, which is kinder.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SIDE = 224
STAGES = ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2))
"""Narrow channels, blocks and stride of each stage; blocks are four times as wide at their end."""
WIDEN = 4


class _Graph:
    """Nodes and random weights, in the order in which they run."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []
        self._rng = np.random.default_rng(0)

    def node(self, kind: str, *inputs: str, **attributes: object) -> str:
        out = f"{kind.lower()}{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [out], **attributes))
        return out

    def constant(self, shape: tuple[int, ...], spread: float) -> str:
        name = f"w{len(self.weights)}"
        values = self._rng.normal(0, spread, shape).astype(np.float32)
        self.weights.append(numpy_helper.from_array(values, name))
        return name

    def conv(self, x: str, inward: int, outward: int, side: int, stride: int = 1) -> str:
        weight = self.constant((outward, inward, side, side), (2 / (inward * side * side)) ** 0.5)
        return self.node("Conv", x, weight, self.constant((outward,), 0.01), kernel_shape=[side, side],
                         strides=[stride, stride], pads=[side // 2] * 4)


def write_resnet50(out: Path) -> None:
    """Write the graph: input ``image`` float32 (1, 3, 224, 224), output ``bmi`` float32 (1, 1)."""
    graph = _Graph()
    x = graph.node("Relu", graph.conv("image", 3, 64, 7, 2))
    x = graph.node("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    inward = 64
    for narrow, blocks, stride in STAGES:
        for block in range(blocks):
            step = stride if block == 0 else 1
            wide = narrow * WIDEN
            way = graph.node("Relu", graph.conv(x, inward, narrow, 1, step))
            way = graph.node("Relu", graph.conv(way, narrow, narrow, 3))
            way = graph.conv(way, narrow, wide, 1)
            beside = graph.conv(x, inward, wide, 1, step) if block == 0 else x
            x = graph.node("Relu", graph.node("Add", way, beside))
            inward = wide
    x = graph.node("Flatten", graph.node("GlobalAveragePool", x))
    weight, bias = graph.constant((inward, 1), 0.02), graph.constant((1,), 0.01)
    graph.nodes.append(helper.make_node("Gemm", [x, weight, bias], ["bmi"]))
    model = helper.make_model(
        helper.make_graph(
            graph.nodes, "resnet50",
            [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, SIDE, SIDE])],
            [helper.make_tensor_value_info("bmi", TensorProto.FLOAT, [1, 1])], graph.weights,
        ),
        opset_imports=[helper.make_opsetid("", 13)],
    )
    model.ir_version = 8  # what onnxruntime 1.16 and later read
    onnx.save(model, str(out))
