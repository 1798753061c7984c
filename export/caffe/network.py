"""A Caffe net as its prototxt describes it: input and layers, old and new spelling made one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from export.caffe.prototxt import Message, read_prototxt
from mirror.domain import MirrorError

V1_TYPES: Mapping[str, str] = {
    "ABSVAL": "AbsVal", "BNLL": "BNLL", "CONCAT": "Concat", "CONVOLUTION": "Convolution",
    "DECONVOLUTION": "Deconvolution", "DROPOUT": "Dropout", "ELTWISE": "Eltwise", "FLATTEN": "Flatten",
    "INNER_PRODUCT": "InnerProduct", "LRN": "LRN", "POOLING": "Pooling", "POWER": "Power", "RELU": "ReLU",
    "SIGMOID": "Sigmoid", "SILENCE": "Silence", "SOFTMAX": "Softmax", "SPLIT": "Split", "TANH": "TanH",
    "ACCURACY": "Accuracy", "DATA": "Data", "IMAGE_DATA": "ImageData", "HDF5_DATA": "HDF5Data",
    "MEMORY_DATA": "MemoryData", "WINDOW_DATA": "WindowData", "SOFTMAX_LOSS": "SoftmaxWithLoss",
    "EUCLIDEAN_LOSS": "EuclideanLoss", "HINGE_LOSS": "HingeLoss",
    "SIGMOID_CROSS_ENTROPY_LOSS": "SigmoidCrossEntropyLoss",
}
"""Today's name of each type that `layers { ... }` spells in capitals (V1LayerParameter of caffe.proto)."""

OF_TRAINING = ("Data", "ImageData", "HDF5Data", "MemoryData", "WindowData", "DummyData", "Accuracy")
BATCH = 1
"""The mirror looks at one crop at a time, whatever batch the prototxt was written for."""


@dataclass(frozen=True)
class Layer:
    """One layer; ``parameters`` is its whole message, with the type's own inside (``convolution_param`` ...)."""

    name: str
    type: str
    bottoms: tuple[str, ...]
    tops: tuple[str, ...]
    parameters: Message


@dataclass(frozen=True)
class Network:
    """The net at test time: its one input's blob name and shape (batch 1), and the layers in order."""

    name: str
    input: str
    shape: tuple[int, ...]
    layers: tuple[Layer, ...]


def read_network(path: Path) -> Network:
    """Read a deploy prototxt. Raises MirrorError, one line, naming the layer where one is to blame."""
    message = read_prototxt(path)
    entries = [(entry, False) for entry in message.messages("layer")]
    entries += [(entry, True) for entry in message.messages("layers")]
    if not entries:
        raise MirrorError(f"{path}: is no prototxt of a net: it has no layer")
    inputs = _declared_inputs(message, path)
    layers: list[Layer] = []
    for entry, v1 in entries:
        layer = _layer(entry, v1, path)
        if not _at_test_time(entry) or layer.type == "Silence":
            continue
        if layer.type == "Input":
            shapes = entry.message("input_param").messages("shape")
            if len(shapes) not in (1, len(layer.tops)):
                raise MirrorError(f"{path}: layer '{layer.name}' (Input) has {len(shapes)} shapes for its tops")
            for i, top in enumerate(layer.tops):
                inputs[top] = tuple(shapes[min(i, len(shapes) - 1)].integers("dim"))
            continue
        if layer.type in OF_TRAINING or layer.type.endswith("Loss"):
            raise MirrorError(
                f"{path}: layer '{layer.name}' ({layer.type}) is for training: give the deploy prototxt, "
                "which begins with the net's input"
            )
        layers.append(layer)
    if len(inputs) != 1:
        raise MirrorError(f"{path}: the net has {len(inputs)} inputs ({', '.join(inputs) or 'none'}); one is needed")
    name, shape = next(iter(inputs.items()))
    if len(shape) < 2 or min(shape[1:]) < 1:
        raise MirrorError(f"{path}: input '{name}' has the shape {list(shape)}: write batch, channels, height, width")
    return Network(message.text("name") or path.stem, name, (BATCH, *shape[1:]), tuple(layers))


def _declared_inputs(message: Message, path: Path) -> dict[str, tuple[int, ...]]:
    """The inputs that the net itself declares: ``input_dim`` (four each) or ``input_shape``."""
    names = message.texts("input")
    dims = message.integers("input_dim")
    shapes = [tuple(shape.integers("dim")) for shape in message.messages("input_shape")]
    if dims:
        shapes = [tuple(dims[i:i + 4]) for i in range(0, len(dims), 4)]
    if len(shapes) != len(names) or any(len(shape) != 4 for shape in shapes if dims):
        raise MirrorError(f"{path}: {len(names)} inputs are declared, but {len(shapes)} shapes of four numbers")
    return dict(zip(names, shapes, strict=True))


def _layer(entry: Message, v1: bool, path: Path) -> Layer:
    if v1 and "layer" in entry:
        raise MirrorError(f"{path}: is of Caffe's first format: run Caffe's upgrade_net_proto_text on it first")
    name, kind = entry.text("name"), entry.text("type")
    if not name or not kind:
        raise MirrorError(f"{path}: the layer of line {entry.line} has no name or no type")
    return Layer(
        name, V1_TYPES.get(kind, kind) if v1 else kind, tuple(entry.texts("bottom")), tuple(entry.texts("top")), entry
    )


def _at_test_time(entry: Message) -> bool:
    """Caffe's rule for phases: with ``include`` one of them must hold, with ``exclude`` none may."""
    include = entry.messages("include")
    if include:
        return any(rule.text("phase", "TEST") == "TEST" for rule in include)
    return not any(rule.text("phase", "TEST") == "TEST" for rule in entry.messages("exclude"))
