"""Writing an ONNX graph node by node, keeping convolutions in NCHW.

TensorFlow's tensors are NHWC. A rank-4 value that comes out of a convolution stays in NCHW for as long as what reads
it does not care; ``Value.shape`` always speaks TensorFlow's order, ``Value.first`` tells which order the tensor has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from export.tfjs.graph import Array, ConversionError

TO_FIRST = (0, 3, 1, 2)
TO_LAST = (0, 2, 3, 1)
AXIS_FIRST = (0, 2, 3, 1)
"""Where axis i of NHWC lies in NCHW."""


@dataclass(frozen=True)
class Value:
    """A tensor: its ONNX name ("" for a constant), TensorFlow shape, dtype, and its array when it is constant."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    array: Array | None = None
    first: bool = False

    @property
    def constant(self) -> Array:
        """The array; raises ConversionError when the value is known only at run time."""
        if self.array is None:
            raise ConversionError(f"'{self.name}' must be constant")
        return self.array


def constant(array: Array) -> Value:
    """A constant value of an array."""
    return Value("", tuple(array.shape), array.dtype.name, array)


class Emitter:
    """The ONNX nodes, initialisers and inputs made so far."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.inputs: list[onnx.ValueInfoProto] = []
        self.arrays: dict[str, Array] = {}
        self._named: dict[tuple[str, tuple[int, ...], bytes], str] = {}
        self._orders: dict[tuple[str, bool], str] = {}

    def add_input(self, name: str, shape: Sequence[int], dtype: str = "float32") -> Value:
        kind = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
        self.inputs.append(helper.make_tensor_value_info(name, kind, list(shape)))
        return Value(name, tuple(shape), dtype)

    def node(self, op: str, inputs: Sequence[str], name: str, outputs: int = 1, **attrs: Any) -> list[str]:
        """Append a node called ``name`` and return the names of its outputs."""
        names = [name if i == 0 else f"{name}:{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(op, list(inputs), names, name=name, **attrs))
        return names

    def initialiser(self, array: Array, hint: str) -> str:
        """The name of a constant tensor; equal arrays are stored once."""
        # ascontiguousarray would make 0-d arrays 1-d
        array = np.array(array, order="C", copy=True)
        key = (array.dtype.name, array.shape, array.tobytes())
        if key not in self._named:
            name, number = hint, 0
            while name in self.arrays:
                number += 1
                name = f"{hint}.{number}"
            self._named[key] = name
            self.arrays[name] = array
        return self._named[key]

    def last(self, value: Value, hint: str = "constant") -> str:
        """The tensor's name in TensorFlow's order (NHWC for rank 4)."""
        if value.array is not None:
            return self.initialiser(value.array, hint)
        return self._ordered(value, first=False) if value.first else value.name

    def channels_first(self, value: Value, hint: str = "constant") -> str:
        """The tensor's name in NCHW; a constant of lower rank is made to broadcast from there."""
        if value.array is not None:
            array = value.array
            if array.ndim == 0 or array.size == 1:
                return self.initialiser(array.reshape(()), hint)
            array = array.reshape((1,) * (4 - array.ndim) + array.shape)
            return self.initialiser(array.transpose(TO_FIRST), hint)
        return value.name if value.first else self._ordered(value, first=True)

    def reshape(self, value: Value, shape: Sequence[int], name: str) -> Value:
        """Reshape in TensorFlow's order."""
        target = self.initialiser(np.array(shape, np.int64), f"{name}/shape")
        self.node("Reshape", [self.last(value), target], name)
        return Value(name, tuple(shape), value.dtype)

    def cast(self, value: Value, dtype: str, name: str) -> Value:
        """Cast; no node when the dtype is already that."""
        if value.dtype == dtype:
            return value
        kind = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
        source = value.name if value.array is None else self.initialiser(value.array, f"{name}/value")
        self.node("Cast", [source], name, to=kind)
        return replace(value, name=name, dtype=dtype, array=None)

    def _ordered(self, value: Value, *, first: bool) -> str:
        if len(value.shape) != 4:
            raise ConversionError(f"'{value.name}' has rank {len(value.shape)}, no channel order")
        key = (value.name, first)
        if key in self._orders:
            return self._orders[key]
        order = TO_FIRST if first else TO_LAST
        name = f"{value.name}/{'nchw' if first else 'nhwc'}"
        _, height, width, channels = value.shape
        if channels == 1 or height * width == 1:  # no element moves: a view is enough
            shape = [value.shape[i] for i in TO_FIRST] if first else list(value.shape)
            target = self.initialiser(np.array(shape, np.int64), f"{name}/shape")
            self.node("Reshape", [value.name, target], name)
        else:
            self.node("Transpose", [value.name], name, perm=list(order))
        self._orders[key] = name
        self._orders[(name, not first)] = value.name
        return name


def initialisers(arrays: dict[str, Array]) -> list[onnx.TensorProto]:
    return [numpy_helper.from_array(array, name) for name, array in arrays.items()]
