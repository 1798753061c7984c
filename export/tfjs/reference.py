"""`python -m export.tfjs.reference`: how far the converted models are from TensorFlow itself.

Needs `pip install tensorflow-cpu` in an environment of its own (about 1.6 GB); nothing else here does. One line a
model and output: the largest difference over the pictures, absolute, and relative to the largest value.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

# oneDNN's fused kernels are themselves off by up to 3e-2; these must be set before the import
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import onnxruntime

from export.tfjs.graph import Array, read_graph, split_reference
from export.zoo import SOURCES
from mirror.runtime.manifest import Manifest

SEED = 20
NOISE_PICTURES = 3

UNFUSED: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "_FusedConv2D": ("Conv2D", ("strides", "padding", "dilations", "data_format")),
    "FusedDepthwiseConv2dNative": ("DepthwiseConv2dNative", ("strides", "padding", "dilations", "data_format")),
    "_FusedMatMul": ("MatMul", ("transpose_a", "transpose_b")),
}
"""Fused op -> the plain op and the attributes that are its own."""


def pictures(shape: Sequence[int], scale: float) -> list[Array]:
    """Inputs to compare on: NHWC float32 noise, and scikit-image's astronaut resized when it is installed."""
    source = np.random.default_rng(SEED)
    found: list[Array] = [source.uniform(0, 255, shape) for _ in range(NOISE_PICTURES)]
    try:
        from skimage.data import astronaut
        from skimage.transform import resize

        found.append(resize(astronaut(), shape[1:3], preserve_range=True)[None])
    except ImportError:
        pass
    return [(picture * scale).astype(np.float32) for picture in found]


class Reference:
    """The graph model in a TensorFlow session: plain kernels, fused nodes taken apart, no graph optimiser."""

    def __init__(self, model_json: Path, outputs: Sequence[str]) -> None:
        import tensorflow as tf

        tf.compat.v1.disable_eager_execution()
        definition = _definition(model_json)
        graph = tf.Graph()
        with graph.as_default():
            tf.import_graph_def(definition, name="")
        config = tf.compat.v1.ConfigProto()
        config.graph_options.rewrite_options.disable_meta_optimizer = True
        self._session = tf.compat.v1.Session(graph=graph, config=config)
        self._input = next(node.name for node in definition.node if node.op == "Placeholder")
        self._outputs = [f"{name}:{number}" for name, number in map(split_reference, outputs)]

    def run(self, feed: Array) -> list[Array]:
        """The outputs for one NHWC float32 picture."""
        return list(self._session.run(self._outputs, {f"{self._input}:0": feed}))


def _definition(model_json: Path) -> Any:
    """The GraphDef of a graph model, its weights put back into the constants."""
    import tensorflow as tf
    from google.protobuf import json_format  # type: ignore[import-untyped]
    from tensorflow.core.framework import graph_pb2, node_def_pb2

    weights = read_graph(model_json).weights
    floating = tf.float32.as_datatype_enum
    definition = graph_pb2.GraphDef()
    pictures_of: set[str] = set()
    for entry in json.loads(model_json.read_text(encoding="utf-8"))["modelTopology"]["node"]:
        node = json_format.ParseDict(entry, node_def_pb2.NodeDef(), ignore_unknown_fields=True)
        if node.op == "Const":
            node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(weights[node.name]))
        elif node.op == "Placeholder":
            node.attr["dtype"].type = floating
            pictures_of.add(node.name)
        elif node.op == "Cast" and node.input[0] in pictures_of:
            node.attr["SrcT"].type = floating  # the picture is fed as float32, whatever the model declares
        definition.node.extend(_apart(node) if "fused_ops" in node.attr else [node])
    return definition


def _apart(node: Any) -> list[Any]:
    """A fused node as the plain ones it stands for; the last has its name."""
    plain, attrs = UNFUSED[node.op]
    steps = [step.decode() for step in node.attr["fused_ops"].list.s]
    made: list[Any] = []
    for i, op in enumerate([plain, *steps]):
        part = type(node)(name=node.name if i == len(steps) else f"{node.name}/{op}", op=op)
        part.attr["T"].CopyFrom(node.attr["T"])
        if i == 0:
            part.input.extend(node.input[:2])
            for name in attrs:
                if name in node.attr:
                    part.attr[name].CopyFrom(node.attr[name])
        else:
            part.input.append(made[-1].name)
            if op == "BiasAdd":
                part.input.append(node.input[2])
        made.append(part)
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the differences; exit code 0."""
    parser = argparse.ArgumentParser(prog="python -m export.tfjs.reference", description=__doc__)
    parser.add_argument("package", type=Path, help="folder of the unpacked package's models")
    options = parser.parse_args(arguments)
    manifest = Manifest.load()
    for name, source in SOURCES.items():
        card = manifest[name]
        reference = Reference(options.package / f"{name}.json", list(source.outputs))
        session = onnxruntime.InferenceSession(str(card.path), providers=["CPUExecutionProvider"])
        worst = dict.fromkeys(source.outputs.values(), (0.0, 0.0))
        for feed in pictures(source.shape, card.scale):
            ours = session.run(list(source.outputs.values()), {card.inputs[0].name: feed})
            mean = None if source.bgr_mean is None else np.array(source.bgr_mean, np.float32)
            theirs = reference.run(feed if mean is None else feed[..., ::-1] - mean)
            for output, mine, other in zip(worst, ours, theirs, strict=True):
                off = float(np.abs(mine - other.reshape(mine.shape)).max())
                worst[output] = max(worst[output], (off, off / float(np.abs(other).max())))
        for output, (off, relative) in worst.items():
            print(f"{name}\t{output}\t{off:.2e}\t{relative:.2e}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
