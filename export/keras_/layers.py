"""Keras' layers with weights or windows as ONNX nodes: each is said in the TensorFlow ops that `export.tfjs` writes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from export.tfjs.emit import AXIS_FIRST, Emitter, Value, constant
from export.tfjs.graph import Array, ConversionError, Node
from export.tfjs.ops import convert_node

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Layer:
    """One call of a layer: where its nodes go and what they are called, its configuration, and its weights."""

    emit: Emitter
    name: str
    kind: str
    config: Mapping[str, Any]
    take: Callable[[Sequence[str]], list[Array]]
    major: int

    def weights(self, shapes: Mapping[str, Shape]) -> dict[str, Array]:
        """The layer's variables by name, in their stored order. Raises ConversionError unless they have ``shapes``."""
        found = dict(zip(shapes, self.take(list(shapes)), strict=True))
        for name, array in found.items():
            if array.shape != shapes[name]:
                raise self.wrong(f"weight '{name}' is {list(array.shape)}, not {list(shapes[name])}")
        return found

    def wrong(self, what: str) -> ConversionError:
        return ConversionError(f"layer '{self.config['name']}' ({self.kind}): {what}")

    def op(self, op: str, name: str, inputs: Sequence[Value], **attrs: Any) -> Value:
        """A TensorFlow op called ``name``."""
        return convert_node(self.emit, Node(f"{self.name}/{name}", op, (), attrs), inputs)[0]

    def unary(self, op: str, value: Value, name: str, **attrs: Any) -> Value:
        """An ONNX op on each element, in whatever order the value has."""
        title = f"{self.name}/{name}"
        self.emit.node(op, [value.name], title, **attrs)
        return Value(title, value.shape, value.dtype, first=value.first)

    def pair(self, key: str) -> list[int]:
        """A setting for height and width, which may be written as one number."""
        value = self.config.get(key) or 1
        return [int(v) for v in value] if isinstance(value, (list, tuple)) else [int(value)] * 2

    def picture(self, value: Value) -> Value:
        """``value``, which must be NHWC."""
        if len(value.shape) != 4:
            raise self.wrong(f"reads a tensor of {len(value.shape)} dimensions, not a picture")
        if self.config.get("data_format") not in (None, "channels_last"):
            raise self.wrong("channels_first is not supported")
        return value

    def window(self, strides: str = "strides") -> dict[str, Any]:
        """TensorFlow's attributes of a sliding window."""
        padding = str(self.config.get("padding", "valid")).upper()
        if padding not in ("SAME", "VALID"):
            raise self.wrong(f"padding {padding.lower()} is not supported")
        return {"strides": [1, *self.pair(strides), 1], "padding": padding, "data_format": "NHWC"}


Converter = Callable[[Layer, Sequence[Value]], Value]
LAYERS: dict[str, Converter] = {}
"""Class of a layer -> what writes it. `export.keras_.pointwise` adds its own."""


def layer(*kinds: str) -> Callable[[Converter], Converter]:
    """Register a converter for layers of these classes."""
    def register(converter: Converter) -> Converter:
        for kind in kinds:
            LAYERS[kind] = converter
        return converter
    return register


def activated(this: Layer, value: Value) -> Value:
    """``value`` after the layer's own ``activation``."""
    from export.keras_.pointwise import activate

    return activate(this, value, this.config.get("activation"))


def _biased(this: Layer, value: Value, weights: Mapping[str, Array]) -> Value:
    if "bias" in weights:
        value = this.op("BiasAdd", "bias", [value, constant(weights["bias"])])
    return activated(this, value)


def _bias(this: Layer, size: int) -> dict[str, Shape]:
    return {"bias": (size,)} if this.config.get("use_bias", True) else {}


@layer("Conv2D", "Convolution2D")
def _conv(this: Layer, inputs: Sequence[Value]) -> Value:
    picture, filters = this.picture(inputs[0]), int(this.config["filters"])
    groups = int(this.config.get("groups", 1))
    if picture.shape[3] % groups:
        raise this.wrong(f"{picture.shape[3]} channels do not go into {groups} groups")
    kernel = (*this.pair("kernel_size"), picture.shape[3] // groups, filters)
    weights = this.weights({"kernel": kernel, **_bias(this, filters)})
    value = this.op("Conv2D", "conv", [picture, constant(weights["kernel"])], **this.window(),
                    dilations=[1, *this.pair("dilation_rate"), 1])
    return _biased(this, value, weights)


@layer("DepthwiseConv2D")
def _depthwise(this: Layer, inputs: Sequence[Value]) -> Value:
    picture, times = this.picture(inputs[0]), int(this.config.get("depth_multiplier", 1))
    # Keras 2 calls the kernel depthwise_kernel, Keras 3 kernel
    kernel = "kernel" if this.major >= 3 else "depthwise_kernel"
    shape = (*this.pair("kernel_size"), picture.shape[3], times)
    weights = this.weights({kernel: shape, **_bias(this, picture.shape[3] * times)})
    value = this.op("DepthwiseConv2dNative", "conv", [picture, constant(weights[kernel])], **this.window(),
                    dilations=[1, *this.pair("dilation_rate"), 1])
    return _biased(this, value, weights)


@layer("SeparableConv2D", "SeparableConvolution2D")
def _separable(this: Layer, inputs: Sequence[Value]) -> Value:
    picture, times = this.picture(inputs[0]), int(this.config.get("depth_multiplier", 1))
    channels, filters = picture.shape[3], int(this.config["filters"])
    weights = this.weights({
        "depthwise_kernel": (*this.pair("kernel_size"), channels, times),
        "pointwise_kernel": (1, 1, channels * times, filters), **_bias(this, filters),
    })
    value = this.op("DepthwiseConv2dNative", "depthwise", [picture, constant(weights["depthwise_kernel"])],
                    **this.window(), dilations=[1, *this.pair("dilation_rate"), 1])
    value = this.op("Conv2D", "pointwise", [value, constant(weights["pointwise_kernel"])],
                    strides=[1, 1, 1, 1], padding="VALID")
    return _biased(this, value, weights)


@layer("Dense")
def _dense(this: Layer, inputs: Sequence[Value]) -> Value:
    value, units = inputs[0], int(this.config["units"])
    weights = this.weights({"kernel": (value.shape[-1], units), **_bias(this, units)})
    if len(value.shape) == 2:
        names = [value, constant(weights["kernel"])]
        fused = ["BiasAdd"] if "bias" in weights else []
        names += [constant(weights["bias"])] if fused else []
        return activated(this, this.op("_FusedMatMul", "product", names, fused_ops=fused))
    title = f"{this.name}/product"
    kernel = this.emit.initialiser(weights["kernel"], f"{title}/weights")
    this.emit.node("MatMul", [this.emit.last(value), kernel], title)
    return _biased(this, Value(title, (*value.shape[:-1], units), value.dtype), weights)


@layer("BatchNormalization", "BatchNormalizationV1")
def _batch_norm(this: Layer, inputs: Sequence[Value]) -> Value:
    """Two constants per channel, which `export.tfjs.clean` then puts into the convolution before it."""
    value, config = inputs[0], this.config
    axis = config.get("axis", -1)
    axis = int(axis[0] if isinstance(axis, (list, tuple)) else axis)
    if axis % len(value.shape) != len(value.shape) - 1:
        raise this.wrong(f"axis {axis} is not the last one: not supported")
    if config.get("renorm"):
        raise this.wrong("renorm is not supported")
    used = ["gamma"] * bool(config.get("scale", True)) + ["beta"] * bool(config.get("center", True))
    size: Shape = (value.shape[-1],)
    weights = {
        name: array.astype(np.float64)
        for name, array in this.weights(dict.fromkeys([*used, "moving_mean", "moving_variance"], size)).items()
    }
    scale = weights.get("gamma", np.ones(size)) / np.sqrt(weights["moving_variance"] + float(config["epsilon"]))
    shift = weights.get("beta", np.zeros(size)) - weights["moving_mean"] * scale
    return _affine(this, value, scale, shift)


@layer("Normalization")
def _normalization(this: Layer, inputs: Sequence[Value]) -> Value:
    value = inputs[0]
    if this.config.get("mean") is not None or this.config.get("invert"):
        raise this.wrong("only a normalization that adapted to data is supported")
    axis = this.config.get("axis", -1)
    axis = list(axis) if isinstance(axis, (list, tuple)) else [axis]
    if axis not in ([-1], [len(value.shape) - 1]):
        raise this.wrong(f"axis {axis} is not the last one: not supported")
    size: Shape = (value.shape[-1],)
    found = this.weights({"mean": size, "variance": size, "count": ()})
    # Keras bounds the deviation from below by its epsilon
    scale = 1 / np.maximum(np.sqrt(found["variance"].astype(np.float64)), 1e-7)
    return _affine(this, value, scale, -found["mean"] * scale)


@layer("Rescaling")
def _rescaling(this: Layer, inputs: Sequence[Value]) -> Value:
    return _affine(this, inputs[0], np.asarray(this.config["scale"]), np.asarray(this.config.get("offset", 0.0)))


def _affine(this: Layer, value: Value, scale: Array, shift: Array) -> Value:
    value = this.op("Mul", "scale", [value, constant(scale.astype(np.float32))])
    return this.op("AddV2", "shift", [value, constant(shift.astype(np.float32))])


@layer("MaxPooling2D", "MaxPool2D", "AveragePooling2D", "AvgPool2D")
def _pooling(this: Layer, inputs: Sequence[Value]) -> Value:
    window = this.window("strides" if this.config.get("strides") else "pool_size")
    op = "MaxPool" if this.kind.startswith("Max") else "AvgPool"
    return this.op(op, "pool", [this.picture(inputs[0])], ksize=[1, *this.pair("pool_size"), 1], **window)


@layer("GlobalAveragePooling2D", "GlobalAvgPool2D", "GlobalMaxPooling2D", "GlobalMaxPool2D")
def _global_pooling(this: Layer, inputs: Sequence[Value]) -> Value:
    op = "Max" if "Max" in this.kind else "Mean"
    return this.op(op, "pool", [this.picture(inputs[0]), constant(np.array([1, 2]))],
                   keep_dims=bool(this.config.get("keepdims", False)))


def _sides(this: Layer, key: str) -> list[list[int]]:
    """((top, bottom), (left, right)) of padding or cropping, which may be written shorter."""
    value = this.config[key]
    both = [value, value] if isinstance(value, int) else value
    return [[int(side), int(side)] if isinstance(side, int) else [int(s) for s in side] for side in both]


@layer("ZeroPadding2D")
def _zero_padding(this: Layer, inputs: Sequence[Value]) -> Value:
    widths = np.array([[0, 0], *_sides(this, "padding"), [0, 0]])
    return this.op("Pad", "pad", [this.picture(inputs[0]), constant(widths)])


@layer("Cropping2D")
def _cropping(this: Layer, inputs: Sequence[Value]) -> Value:
    value = this.picture(inputs[0])
    _, height, width, _ = value.shape
    (top, bottom), (left, right) = _sides(this, "cropping")
    first = value.first
    limits = (("starts", [top, left]), ("ends", [height - bottom, width - right]),
              ("axes", [AXIS_FIRST[1], AXIS_FIRST[2]] if first else [1, 2]))
    names = [this.emit.initialiser(np.array(array, np.int64), f"{this.name}/{what}") for what, array in limits]
    title = f"{this.name}/crop"
    this.emit.node("Slice", [value.name, *names], title)
    shape = (value.shape[0], height - top - bottom, width - left - right, value.shape[3])
    return Value(title, shape, value.dtype, first=first)


@layer("UpSampling2D")
def _upsampling(this: Layer, inputs: Sequence[Value]) -> Value:
    value, mode = this.picture(inputs[0]), this.config.get("interpolation", "nearest")
    if mode not in ("nearest", "bilinear"):
        raise this.wrong(f"interpolation {mode} is not supported")
    size = [side * times for side, times in zip(value.shape[1:3], this.pair("size"), strict=True)]
    op = "ResizeBilinear" if mode == "bilinear" else "ResizeNearestNeighbor"
    # nearest by a whole factor: the pixel below it is the same with either convention
    return this.op(op, "resize", [value, constant(np.array(size))], half_pixel_centers=mode == "bilinear")


@layer("Flatten", "Reshape")
def _reshape(this: Layer, inputs: Sequence[Value]) -> Value:
    value = inputs[0]
    if this.config.get("data_format") not in (None, "channels_last"):
        raise this.wrong("channels_first is not supported")
    target = [-1] if this.kind == "Flatten" else [int(d) for d in this.config["target_shape"]]
    elements, known = prod(value.shape[1:]), prod(d for d in target if d >= 0)
    if elements % max(known, 1) or (-1 not in target and elements != known):
        raise this.wrong(f"{list(value.shape[1:])} cannot become {target}")
    return this.op("Reshape", "reshape", [value, constant(np.array([value.shape[0], *target]))])


@layer("Permute")
def _permute(this: Layer, inputs: Sequence[Value]) -> Value:
    return this.op("Transpose", "permute", [inputs[0], constant(np.array([0, *this.config["dims"]]))])
