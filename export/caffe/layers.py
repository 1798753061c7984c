"""What each Caffe layer is in ONNX. Formulas and defaults are those of Caffe's caffe.proto and layer sources."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from export.caffe.network import Layer
from export.caffe.prototxt import Message
from export.caffe.weights import Array
from export.graph_writer import GraphWriter, Value
from mirror.domain import MirrorError

BATCH_NORM_EPS = 1e-5
LRN_SIZE, LRN_ALPHA, LRN_BETA, LRN_K = 5, 1.0, 0.75, 1.0
ELU_ALPHA = 1.0
"""Defaults of caffe.proto."""


@dataclass
class Conversion:
    """The graph in the making and the weights it takes from."""

    graph: GraphWriter
    weights: Mapping[str, Sequence[Array]]
    source: Path

    def blob(self, layer: Layer, index: int, shape: Sequence[int]) -> Array:
        """Blob ``index`` of a layer in ``shape``; the file may have more leading ones (old files always have four
        dimensions). Raises MirrorError naming the layer when it is missing or of another shape."""
        blobs = self.weights.get(layer.name, ())
        if index >= len(blobs):
            what = f"has {len(blobs)} blobs, {index + 1} are needed" if blobs else "has no weights"
            raise MirrorError(f"{self.source}: layer '{layer.name}' ({layer.type}) {what}")
        stored = blobs[index]
        if _core(stored.shape) != _core(shape):
            raise MirrorError(
                f"{self.source}: layer '{layer.name}' ({layer.type}): blob {index} is {list(stored.shape)}, "
                f"the prototxt asks for {list(shape)}"
            )
        return stored.reshape(tuple(shape))


Converter = Callable[[Conversion, Layer, Sequence[Value]], Value]
CONVERTERS: dict[str, Converter] = {}
IDENTITIES = ("Dropout", "Split")
"""Layers whose tops are their bottom at test time."""


def wrong(layer: Layer, what: str) -> MirrorError:
    return MirrorError(f"{layer.parameters.source}: layer '{layer.name}' ({layer.type}): {what}")


def _converts(kind: str) -> Callable[[Converter], Converter]:
    def register(function: Converter) -> Converter:
        CONVERTERS[kind] = function
        return function
    return register


def _core(shape: Sequence[int]) -> tuple[int, ...]:
    """A shape without its leading ones."""
    first = next((i for i, size in enumerate(shape) if size != 1), len(shape))
    return tuple(shape[first:])


class Window(NamedTuple):
    """A sliding window's measures, each (y, x)."""

    size: tuple[int, int]
    stride: tuple[int, int]
    pad: tuple[int, int]
    dilation: tuple[int, int]


def _window(layer: Layer, parameters: Message, plane: tuple[int, int], whole: bool = False) -> Window:
    """Read ``kernel_size`` or ``kernel_h`` and ``kernel_w``, and so on; ``whole`` makes it as large as the plane."""
    def pair(name: str, short: str, default: int | None) -> tuple[int, int]:
        both = parameters.integers(name)
        if f"{short}_h" in parameters or f"{short}_w" in parameters:
            both = [parameters.integer(f"{short}_h", default or 0), parameters.integer(f"{short}_w", default or 0)]
        if not both:
            if default is None:
                raise wrong(layer, f"has no {name}")
            both = [default]
        if len(both) > 2:
            raise wrong(layer, f"{name} has {len(both)} numbers; only two dimensions are known")
        return both[0], both[-1]

    window = Window(
        plane if whole else pair("kernel_size", "kernel", None), pair("stride", "stride", 1), pair("pad", "pad", 0),
        pair("dilation", "dilation", 1),
    )
    if min(*window.size, *window.stride, *window.dilation) < 1 or min(window.pad) < 0:
        raise wrong(layer, f"a window of {window} cannot be")
    return window


def _plane(layer: Layer, value: Value) -> tuple[int, int]:
    if len(value.shape) != 4:
        raise wrong(layer, f"its bottom has {len(value.shape)} dimensions, 4 are needed")
    return value.shape[2], value.shape[3]


def _axis(layer: Layer, value: Value, axis: int) -> int:
    if not -len(value.shape) <= axis < len(value.shape):
        raise wrong(layer, f"axis {axis} of a bottom with {len(value.shape)} dimensions")
    return axis % len(value.shape)


@_converts("Convolution")
def _convolution(to: Conversion, layer: Layer, inputs: Sequence[Value]) -> Value:
    value, parameters = inputs[0], layer.parameters.message("convolution_param")
    plane, channels = _plane(layer, value), value.shape[1]
    window = _window(layer, parameters, plane)
    made, group = parameters.integer("num_output", 0), parameters.integer("group", 1)
    if made < 1 or group < 1 or made % group or channels % group:
        raise wrong(layer, f"{channels} channels to {made} in {group} groups cannot be")
    reach = [d * (k - 1) + 1 for k, d in zip(window.size, window.dilation, strict=True)]
    out = [(n + 2 * p - r) // s + 1 for n, p, r, s in zip(plane, window.pad, reach, window.stride, strict=True)]
    if min(out) < 1:
        raise wrong(layer, f"its window of {reach} does not fit into {list(plane)}")
    names = [value.name, to.graph.constant(to.blob(layer, 0, (made, channels // group, *window.size)),
                                           f"{layer.name}/weight")]
    if parameters.flag("bias_term", True):
        names.append(to.graph.constant(to.blob(layer, 1, (made,)), f"{layer.name}/bias"))
    return to.graph.node(
        "Conv", names, layer.name, (value.shape[0], made, *out), group=group, kernel_shape=window.size,
        strides=window.stride, dilations=window.dilation, pads=[*window.pad, *window.pad],
    )


@_converts("Pooling")
def _pooling(to: Conversion, layer: Layer, inputs: Sequence[Value]) -> Value:
    """Caffe rounds the number of windows up. The windows that overhang are made by padding at the end, not by ONNX's
    ``ceil_mode``, which versions of its runtimes read differently."""
    value, parameters = inputs[0], layer.parameters.message("pooling_param")
    plane, kind = _plane(layer, value), parameters.text("pool", "MAX")
    if kind not in ("MAX", "AVE", "0", "1"):
        raise wrong(layer, f"pool: {kind} is not known; MAX and AVE are")
    average = kind in ("AVE", "1")
    whole = parameters.flag("global_pooling", False)
    if whole:
        op = "GlobalAveragePool" if average else "GlobalMaxPool"
        return to.graph.node(op, [value.name], layer.name, (*value.shape[:2], 1, 1))
    window = _window(layer, parameters, plane)
    floor = parameters.text("round_mode", "CEIL") in ("FLOOR", "1")
    sides = [pooled(*measures, floor) for measures in zip(plane, window.size, window.stride, window.pad, strict=True)]
    if any(out < 1 or end >= size for (out, end), size in zip(sides, window.size, strict=True)) or any(
        pad >= size for pad, size in zip(window.pad, window.size, strict=True)
    ):
        raise wrong(layer, f"a window of {list(window.size)} would lie outside of its bottom of {list(plane)}")
    out, ends = [side[0] for side in sides], [side[1] for side in sides]
    attributes: dict[str, Any] = {"kernel_shape": window.size, "strides": window.stride, "pads": [*window.pad, *ends]}
    shape = (*value.shape[:2], *out)
    if not average:
        return to.graph.node("MaxPool", [value.name], layer.name, shape, **attributes)
    made = to.graph.node("AveragePool", [value.name], layer.name, shape, count_include_pad=1, **attributes)
    if all(end <= pad for end, pad in zip(ends, window.pad, strict=True)):
        return made
    # Caffe divides by the part of the window that lies on the plane and its padding; what overhangs does not count
    shares = []
    for n, size, stride, pad, count in zip(plane, window.size, window.stride, window.pad, out, strict=True):
        starts = np.arange(count) * stride - pad
        shares.append((size / (np.minimum(starts + size, n + pad) - starts)).astype(np.float32))
    factor = to.graph.constant(np.outer(*shares)[None, None], f"{layer.name}/share")
    return to.graph.node("Mul", [made.name, factor], f"{layer.name}/shared", shape)


def pooled(side: int, size: int, stride: int, pad: int, floor: bool = False) -> tuple[int, int]:
    """(number of windows, padding at the end that makes room for them) along one side, as Caffe counts them: rounded
    up, and with padding the last one must begin on the side itself or its padding before."""
    span = side + 2 * pad - size
    out = (span // stride if floor else math.ceil(span / stride)) + 1
    if pad and (out - 1) * stride >= side + pad:
        out -= 1
    return out, max(0, (out - 1) * stride + size - side - pad)


@_converts("InnerProduct")
def _inner_product(to: Conversion, layer: Layer, inputs: Sequence[Value]) -> Value:
    value, parameters = inputs[0], layer.parameters.message("inner_product_param")
    if _axis(layer, value, parameters.integer("axis", 1)) != 1:
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


@_converts("LRN")
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


@_converts("ReLU")
def _relu(to: Conversion, layer: Layer, inputs: Sequence[Value]) -> Value:
    slope = layer.parameters.message("relu_param").number("negative_slope", 0.0)
    if slope:
        return to.graph.node("LeakyRelu", [inputs[0].name], layer.name, inputs[0].shape, alpha=slope)
    return to.graph.node("Relu", [inputs[0].name], layer.name, inputs[0].shape)


@_converts("PReLU")
def _prelu(to: Conversion, layer: Layer, inputs: Sequence[Value]) -> Value:
    value = inputs[0]
    shared = layer.parameters.message("prelu_param").flag("channel_shared", False)
    count = 1 if shared else value.shape[1]
    slope = to.blob(layer, 0, (count,)).reshape(count, *(1,) * (len(value.shape) - 2))
    name = to.graph.constant(slope, f"{layer.name}/slope")
    return to.graph.node("PRelu", [value.name, name], layer.name, value.shape)


@_converts("ELU")
def _elu(to: Conversion, layer: Layer, inputs: Sequence[Value]) -> Value:
    alpha = layer.parameters.message("elu_param").number("alpha", ELU_ALPHA)
    return to.graph.node("Elu", [inputs[0].name], layer.name, inputs[0].shape, alpha=alpha)


def _plain(op: str) -> Converter:
    def convert(to: Conversion, layer: Layer, inputs: Sequence[Value]) -> Value:
        return to.graph.node(op, [inputs[0].name], layer.name, inputs[0].shape)
    return convert


CONVERTERS.update({"Sigmoid": _plain("Sigmoid"), "TanH": _plain("Tanh"), "AbsVal": _plain("Abs")})


@_converts("Power")
def _power(to: Conversion, layer: Layer, inputs: Sequence[Value]) -> Value:
    """(shift + scale * x) ** power."""
    value, parameters = inputs[0], layer.parameters.message("power_param")
    for op, key, neutral in (("Mul", "scale", 1.0), ("Add", "shift", 0.0), ("Pow", "power", 1.0)):
        number = parameters.number(key, neutral)
        if number != neutral:
            name = to.graph.scalar(number, f"{layer.name}/{key}")
            value = to.graph.node(op, [value.name, name], f"{layer.name}/{op.lower()}", value.shape)
    return value


@_converts("Softmax")
def _softmax(to: Conversion, layer: Layer, inputs: Sequence[Value]) -> Value:
    axis = _axis(layer, inputs[0], layer.parameters.message("softmax_param").integer("axis", 1))
    return to.graph.node("Softmax", [inputs[0].name], layer.name, inputs[0].shape, axis=axis)


@_converts("Concat")
def _concat(to: Conversion, layer: Layer, inputs: Sequence[Value]) -> Value:
    parameters = layer.parameters.message("concat_param")
    axis = _axis(layer, inputs[0], parameters.integer("axis", parameters.integer("concat_dim", 1)))
    rests = {(*value.shape[:axis], *value.shape[axis + 1:]) for value in inputs}
    if len(rests) != 1:
        raise wrong(layer, f"bottoms of {[list(value.shape) for value in inputs]} do not fit along axis {axis}")
    shape = list(inputs[0].shape)
    shape[axis] = sum(value.shape[axis] for value in inputs)
    return to.graph.node("Concat", [value.name for value in inputs], layer.name, shape, axis=axis)


@_converts("Eltwise")
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


@_converts("BatchNorm")
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


@_converts("Scale")
def _scale(to: Conversion, layer: Layer, inputs: Sequence[Value]) -> Value:
    return _per_channel(to, layer, inputs, "scale_param", [("Mul", True), ("Add", False)])


@_converts("Bias")
def _bias(to: Conversion, layer: Layer, inputs: Sequence[Value]) -> Value:
    return _per_channel(to, layer, inputs, "bias_param", [("Add", True)])


def _per_channel(
    to: Conversion, layer: Layer, inputs: Sequence[Value], key: str, steps: Sequence[tuple[str, bool]]
) -> Value:
    value, parameters = inputs[0], layer.parameters.message(key)
    if len(inputs) != 1:
        raise wrong(layer, "two bottoms are not known; its factors must be learnt")
    axis = _axis(layer, value, parameters.integer("axis", 1))
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


@_converts("Flatten")
def _flatten(to: Conversion, layer: Layer, inputs: Sequence[Value]) -> Value:
    value, parameters = inputs[0], layer.parameters.message("flatten_param")
    first = _axis(layer, value, parameters.integer("axis", 1))
    last = _axis(layer, value, parameters.integer("end_axis", -1))
    shape = (*value.shape[:first], math.prod(value.shape[first:last + 1]), *value.shape[last + 1:])
    return _reshaped(to, layer, value, shape)


@_converts("Reshape")
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
