"""TensorFlow's convolutions, matrix products, pooling, padding and resizing as ONNX nodes (opset 17)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from export.tfjs.emit import Emitter, Value
from export.tfjs.graph import Array, ConversionError, Node
from export.tfjs.ops import clip, op

ACTIVATIONS = {"Relu": "Relu", "Elu": "Elu", "LeakyRelu": "LeakyRelu", "Sigmoid": "Sigmoid", "Tanh": "Tanh"}


def _window(node: Node, sizes: Sequence[int], kernel: Sequence[int]) -> tuple[dict[str, Any], list[int]]:
    """ONNX strides, dilations and pads of a sliding window, and the output's height and width.

    ``sizes`` and ``kernel`` are (height, width). TensorFlow's SAME puts the odd pixel of padding at the end.
    """
    if node.attrs.get("data_format", "NHWC") != "NHWC":
        raise ConversionError(f"node '{node.name}': data format {node.attrs['data_format']} is not supported")
    strides = list(node.attrs["strides"][1:3])
    dilations = list(node.attrs.get("dilations") or (1, 1, 1, 1))[1:3]
    padding, before, after, out = node.attrs["padding"], [0, 0], [0, 0], [0, 0]
    for i in range(2):
        reach = (kernel[i] - 1) * dilations[i] + 1
        if padding == "SAME":
            total = max((-(-sizes[i] // strides[i]) - 1) * strides[i] + reach - sizes[i], 0)
            before[i], after[i] = total // 2, total - total // 2
        elif padding == "EXPLICIT":
            before[i], after[i] = node.attrs["explicit_paddings"][2 + 2 * i: 4 + 2 * i]
        out[i] = (sizes[i] + before[i] + after[i] - reach) // strides[i] + 1
    return {"strides": strides, "dilations": dilations, "pads": [*before, *after]}, out


def _activate(emit: Emitter, node: Node, value: Value, extra: Sequence[Value]) -> Value:
    """The activation among ``fused_ops``, as a node called like the fused one."""
    names = [name for name in node.attrs.get("fused_ops", ()) if name != "BiasAdd"]
    if not names:
        return value
    if names == ["Relu6"]:
        return clip(emit, value, 0.0, 6.0, node.name)
    inputs = [value.name]
    attrs: dict[str, Any] = {"alpha": float(node.attrs.get("leakyrelu_alpha", 0.2))} if names == ["LeakyRelu"] else {}
    if names == ["Prelu"]:
        slope = emit.channels_first(extra[0], f"{node.name}/slope") if value.first else emit.last(extra[0])
        emit.node("PRelu", [*inputs, slope], node.name)
    elif len(names) == 1 and names[0] in ACTIVATIONS:
        emit.node(ACTIVATIONS[names[0]], inputs, node.name, **attrs)
    else:
        raise ConversionError(f"node '{node.name}': fused {', '.join(names)} is not supported")
    return Value(node.name, value.shape, value.dtype, first=value.first)


@op("Conv2D", "_FusedConv2D", "DepthwiseConv2dNative", "FusedDepthwiseConv2dNative")
def _convolution(emit: Emitter, node: Node, inputs: Sequence[Value]) -> Sequence[Value]:
    picture, weights = inputs[0], inputs[1].constant
    height, width, depth, multiplier = weights.shape
    batch, *sizes, channels = picture.shape
    kernel: Array
    if "Depthwise" in node.op:
        kernel = weights.transpose(2, 3, 0, 1).reshape(depth * multiplier, 1, height, width)
        group = depth
    else:
        kernel = weights.transpose(3, 2, 0, 1)
        group = channels // depth
    window, out = _window(node, sizes, (height, width))
    fused = node.attrs.get("fused_ops", ())
    name = node.name if set(fused) <= {"BiasAdd"} else f"{node.name}/conv"
    names = [emit.channels_first(picture), emit.initialiser(kernel, f"{node.name}/weights")]
    extra = list(inputs[2:])
    if "BiasAdd" in fused:
        names.append(emit.initialiser(extra.pop(0).constant, f"{node.name}/bias"))
    emit.node("Conv", names, name, group=group, kernel_shape=[height, width], **window)
    value = Value(name, (batch, *out, kernel.shape[0]), picture.dtype, first=True)
    return [_activate(emit, node, value, extra)]


@op("MatMul", "_FusedMatMul")
def _matrix_product(emit: Emitter, node: Node, inputs: Sequence[Value]) -> Sequence[Value]:
    left, right = inputs[0], inputs[1]
    turn = [bool(node.attrs.get(f"transpose_{side}", False)) for side in "ab"]
    fused = node.attrs.get("fused_ops", ())
    name = node.name if set(fused) <= {"BiasAdd"} else f"{node.name}/product"
    names = [emit.last(left), emit.last(right, f"{node.name}/weights")]
    extra = list(inputs[2:])
    if "BiasAdd" in fused:
        names.append(emit.last(extra.pop(0), f"{node.name}/bias"))
    emit.node("Gemm", names, name, transA=int(turn[0]), transB=int(turn[1]))
    shape = (left.shape[1 if turn[0] else 0], right.shape[0 if turn[1] else 1])
    return [_activate(emit, node, Value(name, shape, left.dtype), extra)]


@op("MaxPool", "AvgPool")
def _pool(emit: Emitter, node: Node, inputs: Sequence[Value]) -> Sequence[Value]:
    kernel = list(node.attrs["ksize"][1:3])
    batch, *sizes, channels = inputs[0].shape
    window, out = _window(node, sizes, kernel)
    del window["dilations"]
    # both leave padding out of what they take: ONNX AveragePool counts no padded pixel unless told to
    emit.node("MaxPool" if node.op == "MaxPool" else "AveragePool", [emit.channels_first(inputs[0])], node.name,
              kernel_shape=kernel, **window)
    return [Value(node.name, (batch, *out, channels), inputs[0].dtype, first=True)]


@op("Pad", "PadV2")
def _pad(emit: Emitter, node: Node, inputs: Sequence[Value]) -> Sequence[Value]:
    value, widths = inputs[0], inputs[1].constant
    filling = inputs[2].constant if node.op == "PadV2" else np.zeros((), value.dtype)
    shape = tuple(int(d + a + b) for d, (a, b) in zip(value.shape, widths, strict=True))
    if value.first:
        widths = widths[[0, 3, 1, 2]]
    pads = emit.initialiser(widths.T.ravel().astype(np.int64), f"{node.name}/pads")
    emit.node("Pad", [value.name, pads, emit.initialiser(filling, "filling")], node.name)
    return [Value(node.name, shape, value.dtype, first=value.first)]


@op("ResizeBilinear", "ResizeNearestNeighbor")
def _resize(emit: Emitter, node: Node, inputs: Sequence[Value]) -> Sequence[Value]:
    value, size = inputs[0], [int(d) for d in inputs[1].constant]
    batch, height, width, channels = value.shape
    linear = node.op == "ResizeBilinear"
    if node.attrs.get("align_corners"):
        mode = "align_corners"
    elif node.attrs.get("half_pixel_centers"):
        mode = "half_pixel"
    else:
        mode = "asymmetric"
    attrs: dict[str, Any] = {}
    if not linear:
        attrs["nearest_mode"] = "round_prefer_ceil" if mode == "align_corners" else "floor"
    scales = np.array([1, 1, size[0] / height, size[1] / width], np.float32)
    if np.array_equal(np.floor(scales[2:].astype(np.float64) * [height, width]), size):
        how = ["", emit.initialiser(scales, f"{node.name}/scales")]
    else:  # the rounded factor would lose the last row or column: 5 * 1.4 is below 7
        sizes = np.array([batch, channels, *size], np.int64)
        how = ["", "", emit.initialiser(sizes, f"{node.name}/sizes")]
    emit.node("Resize", [emit.channels_first(value), *how], node.name,
              mode="linear" if linear else "nearest", coordinate_transformation_mode=mode, **attrs)
    return [Value(node.name, (batch, *size, channels), value.dtype, first=True)]
