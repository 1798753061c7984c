"""A TensorFlow.js graph model as one ONNX model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
from onnx import helper

from export.tfjs import indexing, layers  # noqa: F401  each registers its ops
from export.tfjs.clean import clean, halve
from export.tfjs.emit import Emitter, Value, constant, initialisers
from export.tfjs.fold import FOLDS
from export.tfjs.graph import ConversionError, Graph, Node, read_graph, split_reference
from export.tfjs.ops import convert_node

OPSET = 17
IR_VERSION = 8
"""Both are what onnxruntime 1.14 and TensorRT 8.6 already read."""

INPUT_NAME = "image"


def convert(
    model_json: Path,
    outputs: Mapping[str, str] | None = None,
    shape: Sequence[int] | None = None,
    *,
    bgr_mean: Sequence[float] | None = None,
    exact_half: bool = True,
) -> onnx.ModelProto:
    """Convert the graph model in ``model_json``.

    ``outputs`` maps TensorFlow output names ("Identity_1:0") to names of ours, in the order wanted; nodes that none of
    them needs are left out. Default: all that the model declares, under their own names. ``shape`` replaces the
    input's own; what is left unknown becomes 1. The input is called "image", and is float32 in TensorFlow's order
    whatever the model declares: integers are cast by it right away. For a model that was trained on BGR minus a mean,
    ``bgr_mean`` (blue, green, red) puts that arithmetic into the graph, whose input then is plain RGB. With
    ``exact_half`` weights that float16 holds exactly are stored so.
    Raises ConversionError, naming the node, when an op is not known.
    """
    graph = read_graph(model_json)
    wanted = outputs or {name: split_reference(name)[0] for name in graph.outputs}
    emit = Emitter()
    values: dict[tuple[str, int], Value] = {}
    for node in graph.order(wanted):
        made = _value_of(emit, graph, node, [values[source] for source in node.inputs], shape, bgr_mean)
        values.update({(node.name, i): value for i, value in enumerate(made)})
    results, sources = [], {}
    for reference, name in wanted.items():
        value = values[split_reference(reference)]
        kind = helper.np_dtype_to_tensor_dtype(np.dtype(value.dtype))
        results.append(helper.make_tensor_value_info(name, kind, list(value.shape)))
        sources[name] = emit.last(value)
    nodes, arrays = clean(_renamed(emit.nodes, sources), emit.arrays, wanted.values())
    if exact_half:
        nodes, arrays = halve(nodes, arrays)
    body = helper.make_graph(nodes, model_json.stem, emit.inputs, results, initialisers(arrays))
    model = helper.make_model(body, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="export.tfjs")
    model.ir_version = IR_VERSION
    check(model)
    return model


def check(model: onnx.ModelProto) -> None:
    """Raise ConversionError when onnx finds the graph not valid, or its shapes not those that were computed."""
    try:
        onnx.checker.check_model(model, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        raise ConversionError(f"onnx refuses the converted graph: {' '.join(str(error).split())[:200]}") from error


def _value_of(
    emit: Emitter,
    graph: Graph,
    node: Node,
    inputs: Sequence[Value],
    shape: Sequence[int] | None,
    bgr_mean: Sequence[float] | None,
) -> Sequence[Value]:
    if node.op == "Placeholder":
        if emit.inputs:
            raise ConversionError(f"node '{node.name}': a second input; only one is supported")
        sizes = shape or [max(1, size) for size in node.attrs["shape"]]
        picture = emit.add_input(INPUT_NAME, sizes)
        return [picture if bgr_mean is None else _centred(emit, picture, bgr_mean)]
    if node.op == "Const":
        return [constant(graph.weights[node.name])]
    if node.op in FOLDS and all(value.array is not None for value in inputs):
        return [constant(array) for array in FOLDS[node.op](node, *(value.constant for value in inputs))]
    return convert_node(emit, node, inputs)


def _centred(emit: Emitter, picture: Value, bgr_mean: Sequence[float]) -> Value:
    """RGB to BGR minus the mean, in NCHW: there each is a run over whole planes."""
    order = emit.initialiser(np.array([2, 1, 0], np.int64), "bgr/order")
    emit.node("Gather", [emit.channels_first(picture), order], "bgr", axis=1)
    mean = emit.initialiser(np.array(bgr_mean, np.float32).reshape(1, 3, 1, 1), "bgr/mean")
    emit.node("Sub", ["bgr", mean], "bgr/centred")
    return replace(picture, name="bgr/centred", first=True)


def _renamed(nodes: list[onnx.NodeProto], sources: Mapping[str, str]) -> list[onnx.NodeProto]:
    """Give the graph's outputs their names: ``sources`` maps each to the tensor it is."""
    # a tensor inside may be called like an output: it must make room
    names = {name: f"{name}/inner" for name in sources}
    aliases = []
    for name, source in sources.items():
        if source in names and names[source] in sources:  # two outputs are one tensor
            aliases.append(helper.make_node("Identity", [names[source]], [name], name=name))
        else:
            names[source] = name
    for node in nodes:
        for field in (node.input, node.output):
            for i, name in enumerate(field):
                field[i] = names.get(name, name)
    return nodes + aliases
