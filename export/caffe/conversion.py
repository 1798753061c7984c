"""A Caffe net on its way to ONNX: the graph, the weights, and which function converts which layer type."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from export.caffe.network import Layer
from export.caffe.weights import Array
from export.graph_writer import GraphWriter, Value
from mirror.domain import MirrorError


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


def converts(kind: str) -> Callable[[Converter], Converter]:
    def register(function: Converter) -> Converter:
        CONVERTERS[kind] = function
        return function
    return register


def _core(shape: Sequence[int]) -> tuple[int, ...]:
    """A shape without its leading ones."""
    first = next((i for i, size in enumerate(shape) if size != 1), len(shape))
    return tuple(shape[first:])


def plane_of(layer: Layer, value: Value) -> tuple[int, int]:
    if len(value.shape) != 4:
        raise wrong(layer, f"its bottom has {len(value.shape)} dimensions, 4 are needed")
    return value.shape[2], value.shape[3]


def axis_of(layer: Layer, value: Value, axis: int) -> int:
    if not -len(value.shape) <= axis < len(value.shape):
        raise wrong(layer, f"axis {axis} of a bottom with {len(value.shape)} dimensions")
    return axis % len(value.shape)
