"""TensorFlow ops as ONNX nodes (opset 17): element-wise arithmetic, shapes and reductions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from export.tfjs.emit import AXIS_FIRST, Emitter, Value, constant
from export.tfjs.graph import ConversionError, Node

Converter = Callable[[Emitter, Node, Sequence[Value]], Sequence[Value]]

OPS: dict[str, Converter] = {}
"""TensorFlow op -> what writes it. ``export.tfjs.indexing`` and ``export.tfjs.layers`` add theirs."""

UNARY = {
    "Relu": "Relu", "Sigmoid": "Sigmoid", "Tanh": "Tanh", "Sqrt": "Sqrt", "Exp": "Exp", "Abs": "Abs", "Neg": "Neg",
    "Reciprocal": "Reciprocal", "Floor": "Floor", "Elu": "Elu", "LogicalNot": "Not",
}
BINARY = {
    "Add": "Add", "AddV2": "Add", "BiasAdd": "Add", "Sub": "Sub", "Mul": "Mul", "RealDiv": "Div", "Maximum": "Max",
    "Minimum": "Min", "LogicalAnd": "And", "LogicalOr": "Or", "AddN": "Sum",
}
COMPARISONS = {
    "Less": "Less", "LessEqual": "LessOrEqual", "Greater": "Greater", "GreaterEqual": "GreaterOrEqual",
    "Equal": "Equal",
}
REDUCTIONS = {"Mean": "ReduceMean", "Max": "ReduceMax", "Min": "ReduceMin", "Sum": "ReduceSum"}


def op(*names: str) -> Callable[[Converter], Converter]:
    """Register a converter for TensorFlow ops."""
    def register(converter: Converter) -> Converter:
        for name in names:
            OPS[name] = converter
        return converter
    return register


def aligned(emit: Emitter, inputs: Sequence[Value], name: str) -> tuple[list[str], tuple[int, ...], bool]:
    """Tensor names of broadcasting operands in one common order, their common shape, and whether that is NCHW."""
    shape = np.broadcast_shapes(*(value.shape for value in inputs))
    moving = [value for value in inputs if value.array is None]
    first = any(v.first for v in moving) and all(len(v.shape) == 4 for v in moving) and len(shape) == 4
    place = emit.channels_first if first else emit.last
    whole = moving and np.broadcast_shapes(*(value.shape for value in moving)) == shape
    plain = [_scalar(value) if whole else value for value in inputs]
    return [place(value, f"{name}/{i}") for i, value in enumerate(plain)], shape, first


def _scalar(value: Value) -> Value:
    """A constant whose elements are all equal as one number: runtimes broadcast a scalar several times faster."""
    if value.array is None or value.array.size == 0 or np.ptp(value.array) != 0:
        return value
    return constant(value.array.ravel()[0].reshape(()))


def _elementwise(onnx_op: str, dtype: str | None = None) -> Converter:
    def convert(emit: Emitter, node: Node, inputs: Sequence[Value]) -> Sequence[Value]:
        names, shape, first = aligned(emit, inputs, node.name)
        emit.node(onnx_op, names, node.name)
        return [Value(node.name, shape, dtype or inputs[0].dtype, first=first)]
    return convert


for _tf, _onnx in {**UNARY, **BINARY}.items():
    OPS[_tf] = _elementwise(_onnx)
for _tf, _onnx in COMPARISONS.items():
    OPS[_tf] = _elementwise(_onnx, "bool")


@op("Relu6")
def _relu6(emit: Emitter, node: Node, inputs: Sequence[Value]) -> Sequence[Value]:
    return [clip(emit, inputs[0], 0.0, 6.0, node.name)]


def clip(emit: Emitter, value: Value, low: float, high: float, name: str) -> Value:
    """Clip to constants, in whatever order the value has."""
    bounds = [emit.initialiser(np.array(bound, value.dtype), "bound") for bound in (low, high)]
    emit.node("Clip", [value.name, *bounds], name)
    return replace(value, name=name)


@op("SquaredDifference")
def _squared_difference(emit: Emitter, node: Node, inputs: Sequence[Value]) -> Sequence[Value]:
    names, shape, first = aligned(emit, inputs, node.name)
    emit.node("Sub", names, f"{node.name}/difference")
    emit.node("Mul", [f"{node.name}/difference"] * 2, node.name)
    return [Value(node.name, shape, inputs[0].dtype, first=first)]


@op("FloorDiv")
def _floor_div(emit: Emitter, node: Node, inputs: Sequence[Value]) -> Sequence[Value]:
    (x, y), shape, first = aligned(emit, inputs, node.name)
    if inputs[0].dtype.startswith("int"):
        # ONNX divides integers towards zero; its Mod has the divisor's sign, so (x - x mod y) / y is the floor
        emit.node("Mod", [x, y], f"{node.name}/mod")
        emit.node("Sub", [x, f"{node.name}/mod"], f"{node.name}/whole")
        emit.node("Div", [f"{node.name}/whole", y], node.name)
    else:
        emit.node("Div", [x, y], f"{node.name}/quotient")
        emit.node("Floor", [f"{node.name}/quotient"], node.name)
    return [Value(node.name, shape, inputs[0].dtype, first=first)]


@op("Identity", "StopGradient")
def _identity(emit: Emitter, node: Node, inputs: Sequence[Value]) -> Sequence[Value]:
    return [inputs[0]]


@op("Cast")
def _cast(emit: Emitter, node: Node, inputs: Sequence[Value]) -> Sequence[Value]:
    return [emit.cast(inputs[0], node.attrs["DstT"], node.name)]


@op("Select", "SelectV2")
def _select(emit: Emitter, node: Node, inputs: Sequence[Value]) -> Sequence[Value]:
    condition, chosen, other = inputs
    if node.op == "Select" and len(condition.shape) == 1 and len(chosen.shape) > 1:  # v1: one flag per row
        condition = emit.reshape(condition, (*condition.shape, *[1] * (len(chosen.shape) - 1)), f"{node.name}/rows")
    names, shape, first = aligned(emit, (condition, chosen, other), node.name)
    emit.node("Where", names, node.name)
    return [Value(node.name, shape, chosen.dtype, first=first)]


@op("Shape")
def _shape(emit: Emitter, node: Node, inputs: Sequence[Value]) -> Sequence[Value]:
    return [constant(np.array(inputs[0].shape, np.int32))]


@op("Size")
def _size(emit: Emitter, node: Node, inputs: Sequence[Value]) -> Sequence[Value]:
    return [constant(np.array(np.prod(inputs[0].shape), np.int32))]


@op("Reshape", "ExpandDims", "Squeeze")
def _reshape(emit: Emitter, node: Node, inputs: Sequence[Value]) -> Sequence[Value]:
    # a stand-in of the same shape and no memory tells what numpy would make of it
    shape: tuple[int, ...]
    like = np.broadcast_to(np.int8(0), inputs[0].shape)
    if node.op == "Reshape":
        shape = like.reshape(inputs[1].constant).shape
    elif node.op == "ExpandDims":
        shape = np.expand_dims(like, int(inputs[1].constant.item())).shape
    else:
        axes = node.attrs.get("squeeze_dims") or tuple(i for i, d in enumerate(like.shape) if d == 1)
        shape = np.squeeze(like, axes).shape
    return [emit.reshape(inputs[0], shape, node.name)]


@op("Transpose")
def _transpose(emit: Emitter, node: Node, inputs: Sequence[Value]) -> Sequence[Value]:
    order = [int(axis) for axis in inputs[1].constant]
    emit.node("Transpose", [emit.last(inputs[0])], node.name, perm=order)
    return [Value(node.name, tuple(inputs[0].shape[axis] for axis in order), inputs[0].dtype)]


@op("Pack")
def _pack(emit: Emitter, node: Node, inputs: Sequence[Value]) -> Sequence[Value]:
    rank = len(inputs[0].shape) + 1
    axis = node.attrs.get("axis", 0) % rank
    wider = (*inputs[0].shape[:axis], 1, *inputs[0].shape[axis:])
    parts = []
    for i, value in enumerate(inputs):
        name = f"{node.name}/{i}"
        if value.array is not None:
            parts.append(emit.initialiser(value.array.reshape(wider), name))
        else:
            parts.append(emit.reshape(value, wider, name).name)
    emit.node("Concat", parts, node.name, axis=axis)
    return [Value(node.name, (*wider[:axis], len(inputs), *wider[axis + 1:]), inputs[0].dtype)]


@op("ConcatV2")
def _concat(emit: Emitter, node: Node, inputs: Sequence[Value]) -> Sequence[Value]:
    *parts, last = inputs
    rank = len(parts[0].shape)
    axis = int(last.constant.item()) % rank
    first = rank == 4 and any(value.first for value in parts)
    place = emit.channels_first if first else emit.last
    names = [place(value, f"{node.name}/{i}") for i, value in enumerate(parts)]
    emit.node("Concat", names, node.name, axis=AXIS_FIRST[axis] if first else axis)
    shape = list(parts[0].shape)
    shape[axis] = sum(value.shape[axis] for value in parts)
    return [Value(node.name, tuple(shape), parts[0].dtype, first=first)]


@op("Unpack")
def _unpack(emit: Emitter, node: Node, inputs: Sequence[Value]) -> Sequence[Value]:
    value = inputs[0]
    axis = node.attrs.get("axis", 0) % len(value.shape)
    count = value.shape[axis]
    shape = (*value.shape[:axis], *value.shape[axis + 1:])
    if count == 1:
        return [emit.reshape(value, shape, node.name)]
    slices = emit.node("Split", [emit.last(value)], f"{node.name}/split", count, axis=axis)
    narrow = (*value.shape[:axis], 1, *value.shape[axis + 1:])
    return [
        emit.reshape(Value(part, narrow, value.dtype), shape, node.name if i == 0 else f"{node.name}:{i}")
        for i, part in enumerate(slices)
    ]


@op("Split")
def _split(emit: Emitter, node: Node, inputs: Sequence[Value]) -> Sequence[Value]:
    value, count = inputs[1], node.attrs["num_split"]
    axis = int(inputs[0].constant.item()) % len(value.shape)
    names = emit.node("Split", [emit.last(value)], node.name, count, axis=axis)
    shape = (*value.shape[:axis], value.shape[axis] // count, *value.shape[axis + 1:])
    return [Value(name, shape, value.dtype) for name in names]


@op("Tile")
def _tile(emit: Emitter, node: Node, inputs: Sequence[Value]) -> Sequence[Value]:
    times = inputs[1].constant.astype(np.int64)
    emit.node("Tile", [emit.last(inputs[0]), emit.initialiser(times, f"{node.name}/times")], node.name)
    return [Value(node.name, tuple(int(d * t) for d, t in zip(inputs[0].shape, times, strict=True)), inputs[0].dtype)]


@op(*REDUCTIONS)
def _reduce(emit: Emitter, node: Node, inputs: Sequence[Value]) -> Sequence[Value]:
    value, rank = inputs[0], len(inputs[0].shape)
    axes = sorted(int(axis) % rank for axis in np.ravel(inputs[1].constant))
    kept = bool(node.attrs.get("keep_dims", False))
    # over height and width nothing but N and C is left, whose order is the same either way
    first = value.first and (kept or axes == [1, 2])
    places = sorted(AXIS_FIRST[axis] for axis in axes) if first else axes
    source, name = value.name if first else emit.last(value), REDUCTIONS[node.op]
    if name == "ReduceSum":  # opset 13 made its axes an input, the others' followed in 18
        emit.node(name, [source, emit.initialiser(np.array(places, np.int64), f"{node.name}/axes")], node.name,
                  keepdims=int(kept))
    else:
        emit.node(name, [source], node.name, axes=places, keepdims=int(kept))
    shape = tuple(1 if i in axes else d for i, d in enumerate(value.shape) if kept or i not in axes)
    return [Value(node.name, shape, value.dtype, first=first and kept)]


@op("Softmax")
def _softmax(emit: Emitter, node: Node, inputs: Sequence[Value]) -> Sequence[Value]:
    emit.node("Softmax", [emit.last(inputs[0])], node.name, axis=-1)
    return [replace(inputs[0], name=node.name, first=False)]


def convert_node(emit: Emitter, node: Node, inputs: Sequence[Value]) -> Sequence[Any]:
    """Write one node. Raises ConversionError naming the op when it is not known."""
    converter = OPS.get(node.op)
    if converter is None:
        raise ConversionError(f"node '{node.name}': op {node.op} is not supported")
    return converter(emit, node, inputs)
