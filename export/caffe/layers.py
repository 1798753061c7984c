"""What each Caffe layer without a window is in ONNX. Formulas and defaults are those of Caffe's caffe.proto and layer
sources."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from export.caffe.conversion import CONVERTERS, Conversion, Converter, axis_of, converts, wrong
from export.caffe.network import Layer
from export.graph_writer import Value

BATCH_NORM_EPS = 1e-5
LRN_SIZE, LRN_ALPHA, LRN_BETA, LRN_K = 5, 1.0, 0.75, 1.0
ELU_ALPHA = 1.0
"""Defaults of caffe.proto."""


@converts("InnerProduct")
def _inner_product(to: Conversion, layer: Layer, inputs: Sequence[Value]) -> Value:
    value, parameters = inputs[0], layer.parameters.message("inner_product_param")
    if axis_of(layer, value, parameters.integer("axis", 1)) != 1:
        raise wrong(layer, "only axis 1 is known")
    made, width = parameters.integer("num_output", 0), math.prod(value.shape[1:])
    if made < 1:
        raise wrong(layer, "has no num_output")
    transposed = parameters.flag("transpose", False)
    if len(value.shape) != 2:
        value = to.graph.node("Flatten", [value.name], f"{layer.name}/flat", (value.shape[0], width), axis=1)
    weight = to.blob(layer, 0, (width, made) if transposed else (made, width))
    names = [value.name, to.graph.constant(weight, f"{layer.name}/weight")]
    if parameters.flag("bias_term", True):
        names.append(to.graph.constant(to.blob(layer, 1, (made,)), f"{layer.name}/bias"))
    return to.graph.node("Gemm", names, layer.name, (value.shape[0], made), transB=0 if transposed else 1)


@converts("LRN")
def _lrn(to: Conversion, layer: Layer, inputs: Sequence[Value]) -> Value:
    """ONNX divides alpha by the size as Caffe does."""
    parameters = layer.parameters.message("lrn_param")
    if parameters.text("norm_region", "ACROSS_CHANNELS") not in ("ACROSS_CHANNELS", "0"):
        raise wrong(layer, "norm_region WITHIN_CHANNEL is not known")
    size = parameters.integer("local_size", LRN_SIZE)
    if size < 1 or size % 2 == 0:
        raise wrong(layer, f"local_size {size} must be odd")
    return to.graph.node(
        "LRN", [inputs[0].name], layer.name, inputs[0].shape, size=size, alpha=parameters.number("alpha", LRN_ALPHA),
        beta=parameters.number("beta", LRN_BETA), bias=parameters.number("k", LRN_K),
    )


@converts("ReLU")
def _relu(to: Conversion, layer: Layer, inputs: Sequence[Value]) -> Value:
    slope = layer.parameters.message("relu_param").number("negative_slope", 0.0)
    if slope:
        return to.graph.node("LeakyRelu", [inputs[0].name], layer.name, inputs[0].shape, alpha=slope)
    return to.graph.node("Relu", [inputs[0].name], layer.name, inputs[0].shape)


@converts("PReLU")
def _prelu(to: Conversion, layer: Layer, inputs: Sequence[Value]) -> Value:
    value = inputs[0]
    shared = layer.parameters.message("prelu_param").flag("channel_shared", False)
    count = 1 if shared else value.shape[1]
    slope = to.blob(layer, 0, (count,)).reshape(count, *(1,) * (len(value.shape) - 2))
    name = to.graph.constant(slope, f"{layer.name}/slope")
    return to.graph.node("PRelu", [value.name, name], layer.name, value.shape)


@converts("ELU")
def _elu(to: Conversion, layer: Layer, inputs: Sequence[Value]) -> Value:
    alpha = layer.parameters.message("elu_param").number("alpha", ELU_ALPHA)
    return to.graph.node("Elu", [inputs[0].name], layer.name, inputs[0].shape, alpha=alpha)


def _plain(op: str) -> Converter:
    def convert(to: Conversion, layer: Layer, inputs: Sequence[Value]) -> Value:
        return to.graph.node(op, [inputs[0].name], layer.name, inputs[0].shape)
    return convert


CONVERTERS.update({"Sigmoid": _plain("Sigmoid"), "TanH": _plain("Tanh"), "AbsVal": _plain("Abs")})


@converts("Power")
def _power(to: Conversion, layer: Layer, inputs: Sequence[Value]) -> Value:
    """(shift + scale * x) ** power."""
    value, parameters = inputs[0], layer.parameters.message("power_param")
    for op, key, neutral in (("Mul", "scale", 1.0), ("Add", "shift", 0.0), ("Pow", "power", 1.0)):
        number = parameters.number(key, neutral)
        if number != neutral:
            name = to.graph.scalar(number, f"{layer.name}/{key}")
            value = to.graph.node(op, [value.name, name], f"{layer.name}/{op.lower()}", value.shape)
    return value


@converts("Softmax")
def _softmax(to: Conversion, layer: Layer, inputs: Sequence[Value]) -> Value:
    axis = axis_of(layer, inputs[0], layer.parameters.message("softmax_param").integer("axis", 1))
    return to.graph.node("Softmax", [inputs[0].name], layer.name, inputs[0].shape, axis=axis)


@converts("Concat")
def _concat(to: Conversion, layer: Layer, inputs: Sequence[Value]) -> Value:
    parameters = layer.parameters.message("concat_param")
    axis = axis_of(layer, inputs[0], parameters.integer("axis", parameters.integer("concat_dim", 1)))
    rests = {(*value.shape[:axis], *value.shape[axis + 1:]) for value in inputs}
    if len(rests) != 1:
        raise wrong(layer, f"bottoms of {[list(value.shape) for value in inputs]} do not fit along axis {axis}")
    shape = list(inputs[0].shape)
    shape[axis] = sum(value.shape[axis] for value in inputs)
    return to.graph.node("Concat", [value.name for value in inputs], layer.name, shape, axis=axis)


@converts("Eltwise")
def _eltwise(to: Conversion, layer: Layer, inputs: Sequence[Value]) -> Value:
    parameters, shape = layer.parameters.message("eltwise_param"), inputs[0].shape
    if any(value.shape != shape for value in inputs):
        raise wrong(layer, f"its bottoms differ: {[list(value.shape) for value in inputs]}")
    operation = parameters.text("operation", "SUM")
    names = [value.name for value in inputs]
    factors = parameters.numbers("coeff")
    if factors and (operation not in ("SUM", "1") or len(factors) != len(names)):
        raise wrong(layer, f"{len(factors)} coeff for {len(names)} bottoms of a {operation}")
    for i, factor in enumerate(factors):
        if factor != 1.0:
            scalar = to.graph.scalar(factor, f"{layer.name}/coeff")
            names[i] = to.graph.node("Mul", [names[i], scalar], f"{layer.name}/times", shape).name
    if operation in ("SUM", "1"):
        return to.graph.node("Sum", names, layer.name, shape)
    if operation in ("MAX", "2"):
        return to.graph.node("Max", names, layer.name, shape)
    if operation not in ("PROD", "0"):
        raise wrong(layer, f"operation {operation} is not known")
    product = inputs[0]
    for name in names[1:]:
        product = to.graph.node("Mul", [product.name, name], layer.name, shape)
    return product


@converts("BatchNorm")
def _batch_norm(to: Conversion, layer: Layer, inputs: Sequence[Value]) -> Value:
    """Blobs: sums of means and of variances, and the weight that both are to be divided by."""
    value = inputs[0]
    channels = value.shape[1]
    weight = float(to.blob(layer, 2, (1,))[0])
    factor = 0.0 if weight == 0 else 1.0 / weight
    eps = layer.parameters.message("batch_norm_param").number("eps", BATCH_NORM_EPS)
    parts = {
        "scale": np.ones(channels, np.float32), "bias": np.zeros(channels, np.float32),
        "mean": to.blob(layer, 0, (channels,)) * np.float32(factor),
        "variance": to.blob(layer, 1, (channels,)) * np.float32(factor),
    }
    names = [to.graph.constant(array, f"{layer.name}/{part}") for part, array in parts.items()]
    return to.graph.node("BatchNormalization", [value.name, *names], layer.name, value.shape, epsilon=eps)


@converts("Scale")
def _scale(to: Conversion, layer: Layer, inputs: Sequence[Value]) -> Value:
    return _per_channel(to, layer, inputs, "scale_param", [("Mul", True), ("Add", False)])


@converts("Bias")
def _bias(to: Conversion, layer: Layer, inputs: Sequence[Value]) -> Value:
    return _per_channel(to, layer, inputs, "bias_param", [("Add", True)])


def _per_channel(
    to: Conversion, layer: Layer, inputs: Sequence[Value], key: str, steps: Sequence[tuple[str, bool]]
) -> Value:
    value, parameters = inputs[0], layer.parameters.message(key)
    if len(inputs) != 1:
        raise wrong(layer, "two bottoms are not known; its factors must be learnt")
    axis = axis_of(layer, value, parameters.integer("axis", 1))
    covered = parameters.integer("num_axes", 1)
    end = len(value.shape) if covered == -1 else axis + covered
    if not axis < end <= len(value.shape):
        raise wrong(layer, f"num_axes {covered} from axis {axis} of {len(value.shape)} dimensions")
    own = value.shape[axis:end]
    for index, (op, always) in enumerate(steps):
        if always or parameters.flag("bias_term", False):
            array = to.blob(layer, index, own).reshape(*own, *(1,) * (len(value.shape) - end))
            name = to.graph.constant(array, f"{layer.name}/{op.lower()}_by")
            value = to.graph.node(op, [value.name, name], f"{layer.name}/{op.lower()}", value.shape)
    return value


@converts("Flatten")
def _flatten(to: Conversion, layer: Layer, inputs: Sequence[Value]) -> Value:
    value, parameters = inputs[0], layer.parameters.message("flatten_param")
    first = axis_of(layer, value, parameters.integer("axis", 1))
    last = axis_of(layer, value, parameters.integer("end_axis", -1))
    shape = (*value.shape[:first], math.prod(value.shape[first:last + 1]), *value.shape[last + 1:])
    return _reshaped(to, layer, value, shape)


@converts("Reshape")
def _reshape(to: Conversion, layer: Layer, inputs: Sequence[Value]) -> Value:
    """0 copies the bottom's size, -1 takes what is left; ``axis`` and ``num_axes`` say which part is replaced."""
    value, parameters = inputs[0], layer.parameters.message("reshape_param")
    rank = len(value.shape)
    start = parameters.integer("axis", 0)
    start = start if start >= 0 else rank + start + 1
    count = parameters.integer("num_axes", -1)
    end = rank if count == -1 else start + count
    wanted = parameters.message("shape").integers("dim")
    if not 0 <= start <= end <= rank or any(size == 0 and start + i >= rank for i, size in enumerate(wanted)):
        raise wrong(layer, f"axes {start} to {end} of a bottom with {rank} dimensions")
    middle = [value.shape[start + i] if size == 0 else size for i, size in enumerate(wanted)]
    shape = [*value.shape[:start], *middle, *value.shape[end:]]
    known = math.prod(size for size in shape if size != -1)
    total = math.prod(value.shape)
    if shape.count(-1) == 1 and known and total % known == 0:
        shape[shape.index(-1)] = total // known
    if -1 in shape or math.prod(shape) != total:
        raise wrong(layer, f"{list(value.shape)} cannot become {shape}")
    return _reshaped(to, layer, value, shape)


def _reshaped(to: Conversion, layer: Layer, value: Value, shape: Sequence[int]) -> Value:
    target = to.graph.constant(np.array(shape, np.int64), f"{layer.name}/shape")
    return to.graph.node("Reshape", [value.name, target], layer.name, shape)
