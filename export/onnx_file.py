"""Writes a torch module as one ONNX file and checks that ONNX Runtime gives what torch gives."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from export.graph_writer import IR_VERSION, OPSET


def write_onnx(
    module: nn.Module, example: Tensor, path: Path, inputs: Sequence[str], outputs: Sequence[str],
    dynamic: Mapping[str, Mapping[int, str]] | None = None, metadata: Mapping[str, str] | None = None,
) -> float:
    """Exports ``module`` (in eval mode) and returns the largest difference to torch on ``example``.

    The file is written beside ``path`` and then put in its place, so that nobody reads half a model.
    """
    module = module.eval()
    with torch.no_grad():
        result = module(example)
    theirs = result if isinstance(result, tuple) else (result,)
    writing = path.with_suffix(".writing")
    torch.onnx.export(
        module, (example,), str(writing), input_names=list(inputs), output_names=list(outputs),
        dynamic_axes=dict(dynamic) if dynamic else None, opset_version=OPSET, dynamo=False,
    )
    model = onnx.load(str(writing))
    model.ir_version = IR_VERSION
    for i, node in enumerate(model.graph.node):
        node.name = node.name or f"{node.op_type}_{i}"
    # the exporter names what it cannot infer; only the axes asked for may vary
    for value_info, tensor in zip(model.graph.output, theirs, strict=True):
        varying = (dynamic or {}).get(value_info.name, {})
        for axis, dimension in enumerate(value_info.type.tensor_type.shape.dim):
            if axis not in varying:
                dimension.dim_value = tensor.shape[axis]
    for key, value in (metadata or {}).items():
        entry = model.metadata_props.add()
        entry.key, entry.value = key, value
    onnx.checker.check_model(model)
    onnx.save(model, str(writing))
    session = ort.InferenceSession(writing.read_bytes(), providers=["CPUExecutionProvider"])
    ours: list[Any] = session.run(list(outputs), {inputs[0]: example.numpy()})
    worst = max(float(np.abs(a - b.numpy()).max()) for a, b in zip(ours, theirs, strict=True))
    os.replace(writing, path)
    return worst


def stored_tensors(path: Path) -> tuple[onnx.GraphProto, dict[str, Tensor]]:
    """A file's graph, and its stored tensors by name."""
    graph = onnx.load(path).graph
    # copied: what numpy reads from the file cannot be written to
    return graph, {tensor.name: torch.tensor(numpy_helper.to_array(tensor)) for tensor in graph.initializer}


def stored_layers(
    graph: onnx.GraphProto, stored: Mapping[str, Tensor], kinds: Sequence[str] = ("Conv",)
) -> list[tuple[Tensor, Tensor]]:
    """Weight and bias of every node of these kinds that has both stored, in the graph's order."""
    return [
        (stored[node.input[1]], stored[node.input[2]]) for node in graph.node
        if node.op_type in kinds and len(node.input) == 3 and all(name in stored for name in node.input[1:])
    ]
