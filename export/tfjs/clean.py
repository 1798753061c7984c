"""Simplifying a graph of ONNX nodes without changing what it computes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import numpy as np
import onnx
from onnx import helper

from export.tfjs.graph import Array

Nodes = list[onnx.NodeProto]
Arrays = dict[str, Array]

FEWEST_HALVED = 64
"""Smaller constants stay float32: a Cast node would cost more than it saves."""


def clean(nodes: Nodes, arrays: Arrays, outputs: Iterable[str]) -> tuple[Nodes, Arrays]:
    """Fold what follows a convolution, merge clamps and reshapes, drop what nothing reads. Names of outputs stay."""
    kept = set(outputs)
    while _merge_one(nodes, arrays, kept):
        pass
    return _living(nodes, arrays, kept)


def _merge_one(nodes: Nodes, arrays: Arrays, outputs: set[str]) -> bool:
    """Make one simplification; False when there is none left."""
    readers = Counter(name for node in nodes for name in node.input)
    makers = {name: node for node in nodes for name in node.output}
    for node in nodes:
        for place, name in enumerate(node.input):
            before = makers.get(name)
            if before is None or name in outputs:
                continue
            if node.op_type == "Reshape" and before.op_type == "Reshape" and place == 0:
                node.input[0] = before.input[0]
                return True
            if readers[name] == 1 and (
                (before.op_type == "Conv" and _into_convolution(before, node, place, arrays))
                or _into_clip(before, node, place, arrays)
                or _into_affine(nodes, before, node, place, arrays)
            ):
                nodes.remove(before)
                return True
    return False


def _into_convolution(conv: onnx.NodeProto, node: onnx.NodeProto, place: int, arrays: Arrays) -> bool:
    """Turn a Mul or Add by one constant per channel into the convolution before it."""
    if node.op_type not in ("Mul", "Add") or len(node.input) != 2:
        return False
    factor, weights = arrays.get(node.input[1 - place]), arrays[conv.input[1]]
    channels = len(weights)
    if factor is None or (factor.size != 1 and factor.shape != (1, channels, 1, 1)):
        return False
    row = np.broadcast_to(factor.ravel(), (channels,)).astype(np.float32)
    bias = arrays[conv.input[2]] if len(conv.input) > 2 else np.zeros(channels, np.float32)
    if node.op_type == "Mul":
        # in float64, so that the product is rounded once
        weights = (weights.astype(np.float64) * row.reshape(-1, 1, 1, 1)).astype(np.float32)
        bias = bias * row
    else:
        bias = bias + row
    del conv.input[1:]
    for what, array in (("weights", weights), ("bias", bias)):
        name = f"{node.name}/{what}"
        arrays[name] = array
        conv.input.append(name)
    conv.name, conv.output[0] = node.name, node.output[0]
    node.CopyFrom(conv)
    return True


def _into_clip(before: onnx.NodeProto, node: onnx.NodeProto, place: int, arrays: Arrays) -> bool:
    """Turn two clamps by scalars, one after the other, into one Clip."""
    inner, outer = _bounds(before, arrays), _bounds(node, arrays)
    if inner is None or outer is None or node.input[place] != before.output[0]:
        return False
    source = next(name for name in before.input if name not in arrays)
    low = min(max(inner[0], outer[0]), outer[1])
    high = max(min(inner[1], outer[1]), outer[0])
    names = [source]
    for bound in (low, high):
        names.append(f"bound {bound:g}" if np.isfinite(bound) else "")
        if names[-1]:
            arrays[names[-1]] = np.array(bound, np.float32)
    node.CopyFrom(helper.make_node("Clip", names, list(node.output), name=node.name))
    return True


def _into_affine(nodes: Nodes, before: onnx.NodeProto, node: onnx.NodeProto, place: int, arrays: Arrays) -> bool:
    """Turn three steps of scalar arithmetic, one after the other, into one Mul and one Add.

    Two steps are left alone, so that what this makes is never taken up again.
    """
    makers = {name: maker for maker in nodes for name in maker.output}
    earlier = next((makers[name] for name in before.input if name in makers), None)
    if earlier is None or sum(earlier.output[0] in reader.input for reader in nodes) != 1:
        return False
    scale, shift = 1.0, 0.0
    for step, moving in ((earlier, None), (before, earlier.output[0]), (node, before.output[0])):
        change = _scalar_step(step, arrays)
        if change is None or (moving is not None and moving not in step.input):
            return False
        scale, shift = scale * change[0], shift * change[0] + change[1]
    source = next(name for name in earlier.input if name not in arrays)
    names = [f"{node.name}/scale", f"{node.name}/shift"]
    for name, number in zip(names, (scale, shift), strict=True):
        arrays[name] = np.array(number, np.float32)
    middle = f"{node.name}/scaled"
    earlier.CopyFrom(helper.make_node("Mul", [source, names[0]], [middle], name=middle))
    node.CopyFrom(helper.make_node("Add", [middle, names[1]], list(node.output), name=node.name))
    return True


def _scalar_step(node: onnx.NodeProto, arrays: Arrays) -> tuple[float, float] | None:
    """(factor, addend) of a node that multiplies by or adds one float32 number; None for any other node."""
    if node.op_type not in ("Mul", "Add", "Sub") or len(node.input) != 2:
        return None
    left, right = (arrays.get(name) for name in node.input)
    known = right if left is None else left
    if known is None or (left is not None and right is not None) or known.shape or known.dtype != np.float32:
        return None
    number = float(known)
    if node.op_type == "Mul":
        return number, 0.0
    if node.op_type == "Add":
        return 1.0, number
    return (1.0, -number) if right is known else (-1.0, number)


def _bounds(node: onnx.NodeProto, arrays: Arrays) -> tuple[float, float] | None:
    """Lower and upper bound of a node that clamps by float32 scalars; None for any other node."""
    if node.op_type == "Relu":
        return 0.0, np.inf
    known = [arrays.get(name) for name in node.input]
    scalars = [a for a in known if a is not None and a.size == 1 and a.dtype == np.float32]
    if node.op_type in ("Min", "Max") and len(node.input) == 2 and len(scalars) == 1:
        value = float(scalars[0].item())
        return (value, np.inf) if node.op_type == "Max" else (-np.inf, value)
    if node.op_type == "Clip" and len(scalars) == sum(bool(name) for name in node.input) - 1:
        low, high = [*(None if a is None else float(a.item()) for a in known[1:]), None, None][:2]
        return -np.inf if low is None else low, np.inf if high is None else high
    return None


def _living(nodes: Nodes, arrays: Arrays, outputs: set[str]) -> tuple[Nodes, Arrays]:
    needed, living = set(outputs), []
    for node in reversed(nodes):
        if needed & set(node.output):
            needed |= set(node.input)
            living.append(node)
    return living[::-1], {name: array for name, array in arrays.items() if name in needed}


def halve(nodes: Nodes, arrays: Arrays) -> tuple[Nodes, Arrays]:
    """Store constants as float16 where that loses nothing, each behind a Cast that runtimes fold when they load."""
    casts, stored = [], {}
    for name, array in arrays.items():
        half = array.astype(np.float16) if array.dtype == np.float32 and array.size >= FEWEST_HALVED else None
        if half is None or not np.array_equal(half.astype(np.float32), array):
            stored[name] = array
            continue
        stored[f"{name}/half"] = half
        kind = onnx.TensorProto.FLOAT
        casts.append(helper.make_node("Cast", [f"{name}/half"], [name], name=f"{name}/cast", to=kind))
    return casts + nodes, stored
