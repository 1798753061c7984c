"""TensorFlow's slicing, gathering and searching as ONNX nodes (opset 17)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from export.tfjs.emit import Emitter, Value
from export.tfjs.fold import strided_index
from export.tfjs.graph import Node
from export.tfjs.ops import op

INT64_MAX = np.iinfo(np.int64).max
INT64_MIN = np.iinfo(np.int64).min


@op("StridedSlice")
def _strided_slice(emit: Emitter, node: Node, inputs: Sequence[Value]) -> Sequence[Value]:
    value = inputs[0]
    begin, end, strides = (item.constant for item in inputs[1:])
    index = strided_index(node, len(value.shape), begin, end, strides)
    shape = np.broadcast_to(np.int8(0), value.shape)[index].shape
    starts, stops, axes, steps = [], [], [], []
    kept = [part for part in index if part is not None]
    for axis, part in enumerate(kept):
        step = 1 if isinstance(part, int) else int(part.step or 1)
        start = part if isinstance(part, int) else part.start
        stop = (part + 1 or INT64_MAX) if isinstance(part, int) else part.stop
        if start is None and stop is None and step == 1:
            continue
        starts.append((0 if step > 0 else INT64_MAX) if start is None else start)
        stops.append((INT64_MAX if step > 0 else INT64_MIN) if stop is None else stop)
        axes.append(axis)
        steps.append(step)
    if not axes:
        return [emit.reshape(value, shape, node.name)]
    lists = [
        emit.initialiser(np.array(numbers, np.int64), f"{node.name}/{what}")
        for numbers, what in ((starts, "starts"), (stops, "ends"), (axes, "axes"), (steps, "steps"))
    ]
    emit.node("Slice", [emit.last(value), *lists], f"{node.name}/slice")
    cut = tuple(
        1 if isinstance(part, int) else len(range(*part.indices(size)))
        for part, size in zip((*kept, *[slice(None)] * (len(value.shape) - len(kept))), value.shape, strict=True)
    )
    return [emit.reshape(Value(f"{node.name}/slice", cut, value.dtype), shape, node.name)]


@op("GatherNd")
def _gather_nd(emit: Emitter, node: Node, inputs: Sequence[Value]) -> Sequence[Value]:
    value, places = inputs
    if places.array is not None:
        indices = emit.initialiser(places.array.astype(np.int64), f"{node.name}/indices")
    else:
        indices = emit.cast(places, "int64", f"{node.name}/indices").name
    emit.node("GatherND", [emit.last(value, f"{node.name}/values"), indices], node.name)
    return [Value(node.name, (*places.shape[:-1], *value.shape[places.shape[-1]:]), value.dtype)]


@op("TopKV2")
def _top_k(emit: Emitter, node: Node, inputs: Sequence[Value]) -> Sequence[Value]:
    count = int(inputs[1].constant.item())
    k = emit.initialiser(np.array([count], np.int64), f"{node.name}/k")
    chosen = bool(node.attrs.get("sorted", True))
    names = emit.node("TopK", [emit.last(inputs[0]), k], node.name, 2, axis=-1, sorted=int(chosen))
    shape = (*inputs[0].shape[:-1], count)
    indices = emit.cast(Value(names[1], shape, "int64"), "int32", f"{node.name}/indices")
    return [Value(names[0], shape, inputs[0].dtype), indices]


@op("ArgMax", "ArgMin")
def _arg(emit: Emitter, node: Node, inputs: Sequence[Value]) -> Sequence[Value]:
    axis = int(inputs[1].constant.item()) % len(inputs[0].shape)
    shape = (*inputs[0].shape[:axis], *inputs[0].shape[axis + 1:])
    found = f"{node.name}/found"
    emit.node(node.op, [emit.last(inputs[0])], found, axis=axis, keepdims=0)
    return [emit.cast(Value(found, shape, "int64"), node.attrs.get("output_type", "int64"), node.name)]
