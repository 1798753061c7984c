"""What can be computed at conversion time: TensorFlow ops on constants, in numpy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from export.tfjs.graph import Array, Node

Index = int | slice | None


def strided_index(node: Node, rank: int, begin: Array, end: Array, strides: Array) -> tuple[Index, ...]:
    """The numpy index of a StridedSlice on a tensor of ``rank``, its five bit masks applied.

    None inserts an axis, an int removes one; an ellipsis is written out as full slices.
    """
    def masked(mask: str, position: int) -> bool:
        return bool(int(node.attrs.get(mask, 0)) >> position & 1)

    count = len(begin)
    taken = sum(not masked("new_axis_mask", i) and not masked("ellipsis_mask", i) for i in range(count))
    index: list[Index] = []
    for i in range(count):
        if masked("ellipsis_mask", i):
            index.extend([slice(None)] * (rank - taken))
        elif masked("new_axis_mask", i):
            index.append(None)
        elif masked("shrink_axis_mask", i):
            index.append(int(begin[i]))
        else:
            first = None if masked("begin_mask", i) else int(begin[i])
            last = None if masked("end_mask", i) else int(end[i])
            index.append(slice(first, last, int(strides[i])))
    return tuple(index)


def _strided_slice(node: Node, x: Array, begin: Array, end: Array, strides: Array) -> list[Array]:
    return [x[strided_index(node, x.ndim, begin, end, strides)]]


def _unpack(node: Node, x: Array) -> list[Array]:
    axis = node.attrs.get("axis", 0)
    return [np.squeeze(part, axis) for part in np.split(x, x.shape[axis], axis)]


def _reduce(function: Callable[..., Any]) -> Callable[..., list[Array]]:
    def fold(node: Node, x: Array, axes: Array) -> list[Array]:
        kept = bool(node.attrs.get("keep_dims", False))
        return [np.asarray(function(x, axis=tuple(np.ravel(axes).tolist()), keepdims=kept), dtype=x.dtype)]
    return fold


def _plain(function: Callable[..., Any]) -> Callable[..., list[Array]]:
    def fold(node: Node, *arrays: Array) -> list[Array]:
        return [np.asarray(function(*arrays))]
    return fold


def _squeeze(node: Node, x: Array) -> list[Array]:
    axes = node.attrs.get("squeeze_dims") or tuple(i for i, d in enumerate(x.shape) if d == 1)
    return [np.squeeze(x, axes)]


FOLDS: Mapping[str, Callable[..., Sequence[Array]]] = {
    "Identity": _plain(lambda x: x),
    "Add": _plain(np.add), "AddV2": _plain(np.add), "Sub": _plain(np.subtract), "Mul": _plain(np.multiply),
    "RealDiv": _plain(np.divide), "FloorDiv": _plain(np.floor_divide), "Maximum": _plain(np.maximum),
    "Minimum": _plain(np.minimum), "Sqrt": _plain(np.sqrt), "Exp": _plain(np.exp), "Neg": _plain(np.negative),
    "Rsqrt": _plain(lambda x: (1 / np.sqrt(x)).astype(x.dtype)),
    "Reciprocal": _plain(lambda x: (1 / x).astype(x.dtype)),
    "Cast": lambda node, x: [x.astype(node.attrs["DstT"])],
    "Reshape": _plain(lambda x, shape: x.reshape(shape)),
    "ExpandDims": _plain(lambda x, axis: np.expand_dims(x, int(axis.item()))),
    "Squeeze": _squeeze,
    "Pack": lambda node, *xs: [np.stack(xs, node.attrs.get("axis", 0))],
    "Unpack": _unpack,
    "Split": lambda node, axis, x: np.split(x, node.attrs["num_split"], int(axis.item())),
    "ConcatV2": _plain(lambda *xs: np.concatenate(xs[:-1], int(xs[-1].item()))),
    "StridedSlice": _strided_slice,
    "Range": _plain(lambda start, stop, step: np.arange(start.item(), stop.item(), step.item(), dtype=start.dtype)),
    "Fill": _plain(lambda shape, value: np.full(shape, value, value.dtype)),
    "Tile": _plain(np.tile),
    "Transpose": _plain(np.transpose),
    "Sum": _reduce(np.sum), "Prod": _reduce(np.prod), "Max": _reduce(np.max), "Mean": _reduce(np.mean),
}
"""TensorFlow op -> its value on constants, one array per output."""
