"""Keras' activations and the layers that join tensors, as ONNX nodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from export.keras_.layers import LAYERS, Layer, layer
from export.tfjs.emit import Value, constant
from export.tfjs.ops import clip

ONNX_ACTIVATIONS: Mapping[str, str] = {
    "relu": "Relu", "sigmoid": "Sigmoid", "tanh": "Tanh", "elu": "Elu", "selu": "Selu", "softplus": "Softplus",
    "softsign": "Softsign", "exponential": "Exp",
}
SAME_AT_INFERENCE = (
    "Dropout", "SpatialDropout2D", "GaussianNoise", "GaussianDropout", "AlphaDropout", "ActivityRegularization",
    "RandomFlip", "RandomRotation", "RandomZoom", "RandomTranslation", "RandomContrast", "RandomBrightness",
)
MERGES: Mapping[str, str] = {
    "Add": "AddV2", "Multiply": "Mul", "Subtract": "Sub", "Maximum": "Maximum", "Minimum": "Minimum",
}
LEAKY_SLOPE, LEAKY_LAYER_SLOPE = 0.2, 0.3
"""Keras' defaults: of the activation "leaky_relu", and of the layer LeakyReLU."""

HARD_SIGMOID: Mapping[int, tuple[float, float]] = {2: (0.2, 0.5), 3: (1 / 6, 0.5)}
"""Slope and offset by Keras' major version: it changed."""


def activate(this: Layer, value: Value, activation: Any) -> Value:
    """``value`` after an activation: a name, or the table of a layer used as one."""
    if isinstance(activation, Mapping):
        kind = str(activation.get("class_name"))
        if kind not in ("ReLU", "LeakyReLU", "ELU", "Softmax"):
            raise this.wrong(f"activation {kind} is not supported")
        config = {"name": this.config["name"], **activation.get("config", {})}
        return LAYERS[kind](Layer(this.emit, this.name, kind, config, this.take, this.major), [value])
    if activation in (None, "linear"):
        return value
    if activation in ONNX_ACTIVATIONS:
        return this.unary(ONNX_ACTIVATIONS[activation], value, activation)
    if activation == "relu6":
        return clip(this.emit, value, 0.0, 6.0, f"{this.name}/relu6")
    if activation in ("softmax", "softmax_v2"):
        return this.op("Softmax", "softmax", [value])
    if activation == "leaky_relu":
        return this.unary("LeakyRelu", value, "leaky_relu", alpha=LEAKY_SLOPE)
    if activation in ("hard_sigmoid", "hard_swish", "hard_silu"):
        # hard_swish came with Keras 3, and with its slope
        slope, offset = HARD_SIGMOID[2 if activation == "hard_sigmoid" and this.major < 3 else 3]
        gate = this.unary("HardSigmoid", value, "hard_sigmoid", alpha=slope, beta=offset)
        return gate if activation == "hard_sigmoid" else this.op("Mul", activation, [value, gate])
    if activation in ("swish", "silu"):
        return this.op("Mul", "swish", [value, this.op("Sigmoid", "sigmoid", [value])])
    if activation == "gelu":
        return _gelu(this, value)
    raise this.wrong(f"activation {activation!r} is not supported")


def _gelu(this: Layer, value: Value) -> Value:
    """x (1 + erf(x / sqrt 2)) / 2: Keras' default, without the tanh approximation."""
    scaled = this.op("Mul", "scaled", [value, constant(np.array(0.5**0.5, np.float32))])
    one = this.op("AddV2", "shifted", [this.unary("Erf", scaled, "erf"), constant(np.array(1, np.float32))])
    return this.op("Mul", "half", [this.op("Mul", "gelu", [value, one]), constant(np.array(0.5, np.float32))])


@layer("Activation")
def _activation(this: Layer, inputs: Sequence[Value]) -> Value:
    return activate(this, inputs[0], this.config["activation"])


@layer("ReLU")
def _relu(this: Layer, inputs: Sequence[Value]) -> Value:
    """x from ``threshold`` to ``max_value``, below it ``negative_slope`` (x - threshold)."""
    value, config = inputs[0], this.config
    most, slope = config.get("max_value"), float(config.get("negative_slope") or 0.0)
    if config.get("threshold"):
        raise this.wrong("a threshold is not supported")
    if slope:
        value = this.unary("LeakyRelu", value, "leaky", alpha=slope)
        return value if most is None else this.op(
            "Minimum", "most", [value, constant(np.array(most, np.float32))]
        )
    if most is None:
        return this.unary("Relu", value, "relu")
    return clip(this.emit, value, 0.0, float(most), f"{this.name}/clip")


@layer("LeakyReLU")
def _leaky(this: Layer, inputs: Sequence[Value]) -> Value:
    slope = this.config.get("negative_slope", this.config.get("alpha", LEAKY_LAYER_SLOPE))
    return this.unary("LeakyRelu", inputs[0], "leaky", alpha=float(slope))


@layer("ELU")
def _elu(this: Layer, inputs: Sequence[Value]) -> Value:
    return this.unary("Elu", inputs[0], "elu", alpha=float(this.config.get("alpha", 1.0)))


@layer("PReLU")
def _prelu(this: Layer, inputs: Sequence[Value]) -> Value:
    value = inputs[0]
    shape = list(value.shape[1:])
    for axis in this.config.get("shared_axes") or ():
        shape[int(axis) - 1] = 1
    slope = constant(this.weights({"alpha": tuple(shape)})["alpha"][None])
    title = f"{this.name}/prelu"
    name = this.emit.channels_first(slope, f"{title}/slope") if value.first else this.emit.last(slope, title)
    this.emit.node("PRelu", [value.name, name], title)
    return Value(title, value.shape, value.dtype, first=value.first)


@layer("Softmax")
def _softmax(this: Layer, inputs: Sequence[Value]) -> Value:
    axis, rank = this.config.get("axis", -1), len(inputs[0].shape)
    if not isinstance(axis, int) or axis % rank != rank - 1:
        raise this.wrong(f"axis {axis} is not the last one: not supported")
    return this.op("Softmax", "softmax", [inputs[0]])


@layer(*SAME_AT_INFERENCE)
def _same(this: Layer, inputs: Sequence[Value]) -> Value:
    return inputs[0]


@layer(*MERGES, "Average")
def _merge(this: Layer, inputs: Sequence[Value]) -> Value:
    if len(inputs) < 2:
        raise this.wrong("reads one tensor, two are the fewest")
    try:
        np.broadcast_shapes(*(value.shape for value in inputs))
    except ValueError:
        raise this.wrong(f"cannot join {[list(value.shape) for value in inputs]}") from None
    value = inputs[0]
    for i, other in enumerate(inputs[1:], 1):
        value = this.op(MERGES.get(this.kind, "AddV2"), f"join{i}", [value, other])
    if this.kind == "Average":
        value = this.op("Mul", "mean", [value, constant(np.array(1 / len(inputs), np.float32))])
    return value


@layer("Concatenate")
def _concatenate(this: Layer, inputs: Sequence[Value]) -> Value:
    axis = int(this.config.get("axis", -1)) % len(inputs[0].shape)
    rest = {tuple(d for i, d in enumerate(value.shape) if i != axis) for value in inputs}
    if len(rest) > 1:
        raise this.wrong(f"cannot join {[list(value.shape) for value in inputs]}")
    return this.op("ConcatV2", "join", [*inputs, constant(np.array(axis))])
