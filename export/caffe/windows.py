"""Caffe's sliding windows in ONNX: Convolution and Pooling. Rules are those of Caffe's layer sources."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from export.caffe.conversion import Conversion, converts, plane_of, wrong
from export.caffe.network import Layer
from export.caffe.prototxt import Message
from export.graph_writer import Value


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


@converts("Convolution")
def _convolution(to: Conversion, layer: Layer, inputs: Sequence[Value]) -> Value:
    value, parameters = inputs[0], layer.parameters.message("convolution_param")
    plane, channels = plane_of(layer, value), value.shape[1]
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


@converts("Pooling")
def _pooling(to: Conversion, layer: Layer, inputs: Sequence[Value]) -> Value:
    """Caffe rounds the number of windows up. The windows that overhang are made by padding at the end, not by ONNX's
    ``ceil_mode``, which versions of its runtimes read differently."""
    value, parameters = inputs[0], layer.parameters.message("pooling_param")
    plane, kind = plane_of(layer, value), parameters.text("pool", "MAX")
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
