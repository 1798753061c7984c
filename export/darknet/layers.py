"""What each Darknet layer is in ONNX. Rules are those of Darknet's parser.c and layer sources."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from export.darknet.cfg import Section
from export.darknet.weights import WeightStream
from export.graph_writer import GraphWriter, Value

BATCH_NORM_EPS = 1e-6
"""As OpenCV reads these files; Darknet's forks have 1e-6 beside the root or 1e-5 under it, which no trained net tells
apart."""

LEAKY_SLOPE = 0.1
"""Darknet's leaky activation."""


@dataclass(frozen=True)
class Head:
    """One ``[yolo]`` layer: what it reads, and how its channels are boxes.

    ``anchors`` are (width, height) in pixels of the network's input. ``value`` is (1, anchors * (5 + classes), rows,
    columns), without activations: x, y, width, height, objectness, then the classes.
    """

    layer: Section
    value: Value
    anchors: tuple[tuple[float, float], ...]
    classes: int
    scale_x_y: float


@dataclass
class Conversion:
    """The graph in the making: what each layer gave so far, and the heads."""

    graph: GraphWriter
    weights: WeightStream
    input: Value
    source: Path
    values: list[Value] = field(default_factory=list)
    heads: list[Head] = field(default_factory=list)

    @property
    def last(self) -> Value:
        return self.values[-1] if self.values else self.input

    def of(self, layer: Section, reference: int) -> Value:
        """The value of another layer: counted from the file's begin, or back from ``layer`` when negative."""
        number = reference if reference >= 0 else layer.index + reference
        if not 0 <= number < layer.index:
            raise layer.wrong(f"refers to layer {reference}, which is not before it")
        return self.values[number]


Converter = Callable[[Conversion, Section], Value]


def name_of(layer: Section) -> str:
    return f"{layer.type}_{layer.index}"


def _one(layer: Section, key: str, allowed: int) -> None:
    """Options that change what a layer computes and that are not known must have their neutral value."""
    if layer.integer(key, allowed) != allowed:
        raise layer.wrong(f"{key}={layer.options[key]} is not supported")


def _convolutional(to: Conversion, layer: Section) -> Value:
    """The file's order: biases, then with batch normalisation scales, means, variances, then the weights. The
    normalisation is folded into weights and biases."""
    value, name = to.last, name_of(layer)
    _, channels, height, width = value.shape
    made, size, group = layer.integer("filters", 1), layer.integer("size", 1), layer.integer("groups", 1)
    stride = layer.integer("stride", 1)
    steps = layer.integer("stride_y", stride), layer.integer("stride_x", stride)
    pad = size // 2 if layer.integer("pad", 0) else layer.integer("padding", 0)
    _one(layer, "dilation", 1)
    for key in ("flipped", "binary", "xnor", "antialiasing"):
        _one(layer, key, 0)
    if min(made, size, group, *steps) < 1 or pad < 0 or channels % max(1, group) or made % max(1, group):
        raise layer.wrong(f"{channels} channels to {made} in {group} groups, size {size}, stride {steps} cannot be")
    out = [(side + 2 * pad - size) // step + 1 for side, step in zip((height, width), steps, strict=True)]
    if min(out) < 1:
        raise layer.wrong(f"its window of {size} does not fit into {height} x {width}")
    bias = to.weights.take(made, layer)
    factor = None
    if layer.integer("batch_normalize", 0):
        scale, mean, variance = (to.weights.take(made, layer).astype(np.float64) for _ in range(3))
        if variance.size and not variance.min() >= 0:
            raise layer.wrong(f"has negative variances in {to.weights.path}: those are the weights of another cfg")
        factor = scale / np.sqrt(variance + BATCH_NORM_EPS)
        bias = (bias - mean * factor).astype(np.float32)
    shape = (made, channels // group, size, size)
    weight = to.weights.take(int(np.prod(shape)), layer).reshape(shape)
    if factor is not None:
        weight = weight * factor.astype(np.float32)[:, None, None, None]
    names = [value.name, to.graph.constant(weight, f"{name}/weight"), to.graph.constant(bias, f"{name}/bias")]
    convolved = to.graph.node(
        "Conv", names, name, (1, made, *out), group=group, kernel_shape=[size, size], strides=steps, pads=[pad] * 4
    )
    return activated(to, layer, convolved, "logistic")


def activated(to: Conversion, layer: Section, value: Value, default: str) -> Value:
    """The value after the layer's ``activation``."""
    kind, name, shape = layer.text("activation", default), f"{name_of(layer)}/activation", value.shape
    if kind == "linear":
        return value
    if kind == "leaky":
        return to.graph.node("LeakyRelu", [value.name], name, shape, alpha=LEAKY_SLOPE)
    if kind in ("relu", "logistic"):
        return to.graph.node("Relu" if kind == "relu" else "Sigmoid", [value.name], name, shape)
    if kind == "mish":
        soft = to.graph.node("Softplus", [value.name], f"{name}/softplus", shape)
        gate = to.graph.node("Tanh", [soft.name], f"{name}/tanh", shape)
    elif kind == "swish":
        gate = to.graph.node("Sigmoid", [value.name], f"{name}/sigmoid", shape)
    else:
        raise layer.wrong(f"activation={kind} is not supported; linear, leaky, relu, mish, swish and logistic are")
    return to.graph.node("Mul", [value.name, gate.name], name, shape)


def _maxpool(to: Conversion, layer: Section) -> Value:
    """Darknet pads with size - 1 in all, the smaller half before: stride 1 keeps the size, stride 2 rounds it up."""
    value = to.last
    _, channels, height, width = value.shape
    stride = layer.integer("stride", 1)
    size = layer.integer("size", stride)
    padding = layer.integer("padding", size - 1)
    for key in ("maxpool_depth", "antialiasing"):
        _one(layer, key, 0)
    before = padding // 2
    if min(size, stride) < 1 or not 0 <= before < size:
        raise layer.wrong(f"size {size}, stride {stride}, padding {padding} cannot be")
    out = [(side + padding - size) // stride + 1 for side in (height, width)]
    spans = zip(out, (height, width), strict=True)
    ends = [max(0, (count - 1) * stride + size - side - before) for count, side in spans]
    if min(out) < 1 or max(ends) >= size:
        raise layer.wrong(f"a window of {size} does not fit into {height} x {width}")
    return to.graph.node(
        "MaxPool", [value.name], name_of(layer), (1, channels, *out), kernel_shape=[size, size],
        strides=[stride, stride], pads=[before, before, *ends],
    )


def _upsample(to: Conversion, layer: Section) -> Value:
    value, stride, name = to.last, layer.integer("stride", 2), name_of(layer)
    if stride < 1 or layer.number("scale", 1.0) != 1.0:
        raise layer.wrong("only stride= of 1 or more, without scale=, is supported")
    _, channels, height, width = value.shape
    scales = to.graph.constant(np.array([1, 1, stride, stride], np.float32), f"{name}/scales")
    return to.graph.node(
        "Resize", [value.name, "", scales], name, (1, channels, height * stride, width * stride), mode="nearest",
        coordinate_transformation_mode="asymmetric", nearest_mode="floor",
    )


def _route(to: Conversion, layer: Section) -> Value:
    """The channels of several layers one after the other, or one part of ``groups`` of each."""
    references = layer.integers("layers")
    if not references:
        raise layer.wrong("has no layers=")
    sources = [to.of(layer, reference) for reference in references]
    groups, part, name = layer.integer("groups", 1), layer.integer("group_id", 0), name_of(layer)
    if not 0 <= part < groups or any(value.shape[1] % groups for value in sources):
        channels = [value.shape[1] for value in sources]
        raise layer.wrong(f"group {part} of {groups} cannot be taken of {channels} channels")
    if groups > 1:
        sources = [_part(to, value, groups, part, name) for value in sources]
    if len({value.shape[2:] for value in sources}) != 1:
        planes = ", ".join(f"{value.shape[2]} x {value.shape[3]}" for value in sources)
        raise layer.wrong(f"its layers differ in size: {planes}; [net] width and height must be multiples of 32")
    if len(sources) == 1:
        return sources[0]
    shape = (1, sum(value.shape[1] for value in sources), *sources[0].shape[2:])
    return to.graph.node("Concat", [value.name for value in sources], name, shape, axis=1)


def _part(to: Conversion, value: Value, groups: int, part: int, name: str) -> Value:
    count = value.shape[1] // groups
    bounds = [
        to.graph.constant(np.array([number], np.int64), f"{name}/{word}")
        for word, number in (("from", part * count), ("to", (part + 1) * count), ("axis", 1))
    ]
    return to.graph.node("Slice", [value.name, *bounds], f"{name}/part", (1, count, *value.shape[2:]))


def _shortcut(to: Conversion, layer: Section) -> Value:
    references = layer.integers("from")
    if not references:
        raise layer.wrong("has no from=")
    if layer.text("weights_type", "none") != "none":
        raise layer.wrong("weights_type is not supported")
    values = [to.last, *(to.of(layer, reference) for reference in references)]
    if len({value.shape for value in values}) != 1:
        raise layer.wrong(f"its layers differ: {', '.join(str(list(value.shape)) for value in values)}")
    names = [value.name for value in values]
    added = to.graph.node("Add" if len(names) == 2 else "Sum", names, name_of(layer), to.last.shape)
    return activated(to, layer, added, "linear")


def _dropout(to: Conversion, layer: Section) -> Value:
    return to.last


def _avgpool(to: Conversion, layer: Section) -> Value:
    return to.graph.node("GlobalAveragePool", [to.last.name], name_of(layer), (1, to.last.shape[1], 1, 1))


def _softmax(to: Conversion, layer: Section) -> Value:
    value, name = to.last, name_of(layer)
    _one(layer, "groups", 1)
    if layer.number("temperature", 1.0) != 1.0 or layer.text("tree", ""):
        raise layer.wrong("temperature= and tree= are not supported")
    flat = to.graph.node("Flatten", [value.name], f"{name}/flat", (1, int(np.prod(value.shape))), axis=1)
    return to.graph.node("Softmax", [flat.name], name, flat.shape, axis=1)


def _yolo(to: Conversion, layer: Section) -> Value:
    value, classes = to.last, layer.integer("classes", 20)
    numbers = layer.numbers("anchors")
    pairs = [(numbers[i], numbers[i + 1]) for i in range(0, len(numbers) - 1, 2)]
    mask = layer.integers("mask") or list(range(len(pairs)))
    count = layer.integer("num", len(pairs))
    if not pairs or len(numbers) != 2 * count or min(numbers) <= 0:
        raise layer.wrong(f"anchors= has {len(numbers)} numbers, num={count} asks for two positive ones each")
    if not all(0 <= i < len(pairs) for i in mask):
        raise layer.wrong(f"mask={layer.options['mask']} is not among {len(pairs)} anchors")
    if layer.integer("new_coords", 0):
        raise layer.wrong("new_coords=1 is not supported")
    channels = len(mask) * (5 + classes)
    if classes < 1 or value.shape[1] != channels:
        raise layer.wrong(
            f"{len(mask)} anchors and {classes} classes need {channels} channels; the layer before gives "
            f"{value.shape[1]}: set its filters={channels}"
        )
    scale = layer.number("scale_x_y", 1.0)
    to.heads.append(Head(layer, value, tuple(pairs[i] for i in mask), classes, scale))
    return value


CONVERTERS: dict[str, Converter] = {
    "convolutional": _convolutional, "conv": _convolutional, "maxpool": _maxpool, "max": _maxpool,
    "upsample": _upsample, "route": _route, "shortcut": _shortcut, "dropout": _dropout, "avgpool": _avgpool,
    "avg": _avgpool, "softmax": _softmax, "soft": _softmax, "yolo": _yolo,
}


def convert_layers(to: Conversion, layers: Sequence[Section]) -> None:
    """Add every layer to the graph. Raises MirrorError naming the layer."""
    for layer in layers:
        if layer.type not in CONVERTERS:
            raise layer.wrong(f"this type is not supported; known: {', '.join(sorted(CONVERTERS))}")
        to.values.append(CONVERTERS[layer.type](to, layer))
