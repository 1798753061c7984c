"""The graph as a quantiser needs it: constants folded, weights float32, every node named; and what of it is heavy."""

from __future__ import annotations

import tempfile
from pathlib import Path

import onnx
import onnxruntime as ort

from export.graph_writer import IR_VERSION
from mirror.domain import MirrorError

LOG_FATAL = 4
HEAVY = ("Conv", "ConvTranspose", "Gemm", "MatMul")
"""Operators whose time int8 shortens, and which decide what of the graph is quantised."""
FOLLOWING = frozenset({"Add", "Concat", "GlobalAveragePool", "AveragePool", "MaxPool", "Resize"})
"""Quantised between two heavy nodes, so that the tensor need not become float in between."""
CARRYING = frozenset({"Relu", "Clip", "Reshape", "Transpose", "Flatten", "Squeeze", "Unsqueeze"})
"""Hand int8 through: the runtime merges them with what stands before, or they only move values."""


def options(level: ort.GraphOptimizationLevel | None = None) -> ort.SessionOptions:
    """One thread that does not spin, silent; ``level`` None takes onnxruntime's own."""
    chosen = ort.SessionOptions()
    chosen.intra_op_num_threads = chosen.inter_op_num_threads = 1
    chosen.log_severity_level = LOG_FATAL
    chosen.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if level is not None:
        chosen.graph_optimization_level = level
    return chosen


def folded(path: Path) -> onnx.ModelProto:
    """The graph of a file with its constants folded (float16 weights behind a Cast become float32), nodes named, and
    its shapes inferred. Raises MirrorError when it cannot be loaded."""
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "folded.onnx"
        chosen = options(ort.GraphOptimizationLevel.ORT_ENABLE_BASIC)
        chosen.optimized_model_filepath = str(out)
        try:
            ort.InferenceSession(str(path), chosen, providers=["CPUExecutionProvider"])
            model = onnx.load(str(out))
        except Exception as error:  # onnxruntime's exceptions share no base class but Exception
            raise MirrorError(f"{path}: cannot be loaded: {' '.join(str(error).split())}") from error
    for number, node in enumerate(model.graph.node):
        node.name = node.name or f"{node.op_type}_{number}"
    used = {node.domain for node in model.graph.node}
    kept = [entry for entry in model.opset_import if entry.domain in used | {""}]
    del model.opset_import[:]
    model.opset_import.extend(kept)
    model.ir_version = min(model.ir_version, IR_VERSION)
    return onnx.shape_inference.infer_shapes(model)


def heavy_nodes(model: onnx.ModelProto) -> list[str]:
    """Names of the nodes with weights that int8 is for, first to last."""
    weights = {tensor.name for tensor in model.graph.initializer}
    return [
        node.name for node in model.graph.node
        if node.op_type in HEAVY and len(node.input) > 1 and (node.input[0] in weights or node.input[1] in weights)
    ]


def quantised_nodes(model: onnx.ModelProto, keep: frozenset[str]) -> set[str]:
    """Names of the nodes to quantise when the heavy nodes in ``keep`` stay float32.

    What follows a heavy node is quantised only where everything it reads is: a float32 island is left whole, with the
    decoding arithmetic after the last heavy nodes.
    """
    heavy, constants = set(heavy_nodes(model)), {tensor.name for tensor in model.graph.initializer}
    int8: dict[str, bool] = {}
    chosen: set[str] = set()
    for node in model.graph.node:
        read = [int8.get(name, False) for name in node.input if name and name not in constants]
        if node.name in heavy:
            whole = node.name not in keep
        elif node.op_type in FOLLOWING:
            whole = bool(read) and all(read)
        else:
            whole = node.op_type in CARRYING and bool(read) and read[0]
        if whole and node.op_type not in CARRYING:
            chosen.add(node.name)
        int8.update(dict.fromkeys(node.output, whole))
    return chosen


def sort_nodes(model: onnx.ModelProto) -> None:
    """Put the nodes in an order in which each reads only what stands before it."""
    ready = {tensor.name for tensor in model.graph.initializer} | {info.name for info in model.graph.input} | {""}
    waiting, ordered = list(model.graph.node), []
    while waiting:
        left = []
        for node in waiting:
            if all(name in ready for name in node.input):
                ordered.append(node)
                ready.update(node.output)
            else:
                left.append(node)
        if len(left) == len(waiting):
            raise MirrorError("the graph has a circle: a node waits for itself")
        waiting = left
    del model.graph.node[:]
    model.graph.node.extend(ordered)
