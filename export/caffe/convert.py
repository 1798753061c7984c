"""A Caffe net and its weights as one ONNX model."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import onnx

from export.caffe import layers, windows  # noqa: F401  each registers its layer types
from export.caffe.conversion import CONVERTERS, IDENTITIES, Conversion, wrong
from export.caffe.network import Layer, Network, read_network
from export.caffe.weights import read_caffemodel
from export.graph_writer import GraphWriter, Value
from mirror.domain import MirrorError


class Converted(NamedTuple):
    """The model; the layer that makes each of its outputs; layers of the weights file that the prototxt has not."""

    model: onnx.ModelProto
    makers: tuple[str, ...]
    unused: tuple[str, ...]


def convert(prototxt: Path, caffemodel: Path) -> Converted:
    """Convert a deploy prototxt and its caffemodel.

    The input keeps its blob's name and is float32 (1, channels, height, width), in Caffe's nets BGR. Outputs are the
    blobs that no layer reads, under their names. Raises MirrorError, one line naming file and layer.
    """
    network = read_network(prototxt)
    weights = read_caffemodel(caffemodel)
    graph = GraphWriter()
    to = Conversion(graph, weights, caffemodel)
    values = {network.input: graph.input(network.input, network.shape)}
    for layer in network.layers:
        made = _convert(to, layer, [_bottom(layer, name, values) for name in layer.bottoms])
        values.update(dict.fromkeys(layer.tops, made))
    makers = _outputs(network)
    # a net of in-place layers alone ends in the blob it began with
    results = {f"{blob}_out" if blob == network.input else blob: values[blob] for blob in makers}
    model = graph.model(network.name, results, "export.caffe")
    named = {layer.name for layer in network.layers}
    return Converted(model, tuple(makers.values()), tuple(name for name in weights if name not in named))


def _bottom(layer: Layer, name: str, values: dict[str, Value]) -> Value:
    if name not in values:
        raise wrong(layer, f"its bottom '{name}' is made by no layer before it")
    return values[name]


def _convert(to: Conversion, layer: Layer, inputs: list[Value]) -> Value:
    known = layer.type in IDENTITIES
    if not known and layer.type not in CONVERTERS:
        raise wrong(layer, f"this type is not supported; known: {', '.join(sorted([*CONVERTERS, *IDENTITIES]))}")
    if not inputs or not layer.tops or (len(layer.tops) > 1 and layer.type != "Split"):
        raise wrong(layer, f"has {len(inputs)} bottoms and {len(layer.tops)} tops")
    return inputs[0] if known else CONVERTERS[layer.type](to, layer, inputs)


def _outputs(network: Network) -> dict[str, str]:
    """Blob -> the layer that makes it, of the blobs that nothing reads after they were last written."""
    makers: dict[str, str] = {}
    for layer in network.layers:
        for bottom in layer.bottoms:
            makers.pop(bottom, None)
        for top in layer.tops:
            makers[top] = layer.name
    if not makers:
        raise MirrorError(f"net '{network.name}' has no output")
    return makers
