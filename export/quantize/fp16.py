"""float16 weights and arithmetic with float32 inputs and outputs: what GPUs take; a CPU emulates it slowly."""

from __future__ import annotations

import onnx

from export.quantize.graph import sort_nodes
from mirror.domain import MirrorError

KEPT = ("Resize", "Upsample", "TopK", "ArgMax", "Softmax", "NonMaxSuppression", "Range")
"""Operators left in float32: they choose among values or sum many of them, and cost little."""


def halved(model: onnx.ModelProto) -> onnx.ModelProto:
    """The graph in float16, its inputs and outputs as they were. Raises MirrorError when it cannot be converted."""
    try:
        from onnxruntime.transformers.float16 import DEFAULT_OP_BLOCK_LIST, convert_float_to_float16
    except ImportError as error:
        raise MirrorError(f"fp16 needs the package 'onnx' ({error}): pip install 'smart-mirror[export]'") from error
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    try:
        made: onnx.ModelProto = convert_float_to_float16(
            copy, keep_io_types=True, op_block_list=sorted({*DEFAULT_OP_BLOCK_LIST, *KEPT})
        )
        sort_nodes(made)
        onnx.checker.check_model(made)
    except Exception as error:  # the converter raises whatever it stumbles over
        raise MirrorError(f"cannot be made fp16: {' '.join(str(error).split())}") from error
    for number, node in enumerate(made.graph.node):
        node.name = node.name or f"{node.op_type}_{number}"
    return made
