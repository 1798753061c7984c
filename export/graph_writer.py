"""Writing an ONNX graph in NCHW node by node, every node named, every shape known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

OPSET = 17
IR_VERSION = 8
"""Both are what ONNX Runtime 1.14 and TensorRT 8.6 already read."""


class Value(NamedTuple):
    """A tensor inside the graph: its name and its shape, which converters always know."""

    name: str
    shape: tuple[int, ...]


class GraphWriter:
    """The nodes and constants made so far."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []
        self._inputs: list[onnx.ValueInfoProto] = []
        self._taken: set[str] = set()

    def input(self, name: str, shape: Sequence[int]) -> Value:
        """The float32 input called ``name``."""
        self._taken.add(name)
        self._inputs.append(helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, list(shape)))
        return Value(name, tuple(shape))

    def node(
        self, op: str, inputs: Sequence[str], name: str, shape: Sequence[int], outputs: int = 1, **attributes: Any
    ) -> Value:
        """Append a node and give its first output, which has ``shape``; the others are ``NAME:1``, ``NAME:2``."""
        name = self._free(name)
        names = [f"{name}:{i}" for i in range(outputs)]
        self._nodes.append(helper.make_node(op, list(inputs), names, name=name, **attributes))
        return Value(names[0], tuple(shape))

    def constant(self, array: NDArray[Any], hint: str) -> str:
        """The name of a constant tensor."""
        name = self._free(hint)
        # ascontiguousarray would make 0-d arrays 1-d
        self._constants.append(numpy_helper.from_array(np.asarray(array, order="C"), name))
        return name

    def scalar(self, number: float, hint: str) -> str:
        """The name of a 0-d float32 constant."""
        return self.constant(np.array(number, np.float32), hint)

    def model(
        self, name: str, outputs: Mapping[str, Value], producer: str, dtypes: Mapping[str, int] | None = None,
        shapes: Mapping[str, Sequence[int | str]] | None = None,
    ) -> onnx.ModelProto:
        """The whole graph. ``outputs`` maps names to values; float32, and of the value's shape, unless told."""
        infos = []
        for public, value in outputs.items():
            self._nodes.append(helper.make_node("Identity", [value.name], [public], name=self._free(f"{public}/out")))
            kind = (dtypes or {}).get(public, onnx.TensorProto.FLOAT)
            shape = (shapes or {}).get(public, value.shape)
            infos.append(helper.make_tensor_value_info(public, kind, list(shape)))
        graph = helper.make_graph(_without_identities(self._nodes, outputs), name, self._inputs, infos, self._constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name=producer)
        model.ir_version = IR_VERSION
        return model

    def _free(self, name: str) -> str:
        free, number = name, 1
        while free in self._taken:
            free, number = f"{name}.{number}", number + 1
        self._taken.add(free)
        return free


def _without_identities(nodes: list[onnx.NodeProto], outputs: Mapping[str, Value]) -> list[onnx.NodeProto]:
    """Nodes with every output's Identity left out where the tensor may simply bear the output's name."""
    made = {name for node in nodes for name in node.output}
    names: dict[str, str] = {}
    for public, value in outputs.items():
        if value.name in made and value.name not in names:
            names[value.name] = public
    kept = []
    for node in nodes:
        if node.op_type == "Identity" and names.get(node.input[0]) == node.output[0]:
            continue
        for field in (node.input, node.output):
            for i, name in enumerate(field):
                field[i] = names.get(name, name)
        kept.append(node)
    return kept
