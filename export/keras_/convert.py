"""A Keras model file as one ONNX model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import helper

from export.keras_ import pointwise  # noqa: F401  registers its layers
from export.keras_.file import KerasFile, read_keras
from export.keras_.graph import MODELS, input_shapes, output_names, refuse_foreign, run_model
from export.keras_.layers import LAYERS, Layer
from export.tfjs.clean import clean
from export.tfjs.convert import INPUT_NAME, IR_VERSION, OPSET, check
from export.tfjs.emit import Emitter, Value, initialisers
from export.tfjs.graph import ConversionError


def convert(path: Path, outputs: Sequence[str] | None = None, shape: Sequence[int] | None = None) -> onnx.ModelProto:
    """Convert the model in ``path`` (.h5 of Keras 2 or 3, or .keras), whose input is called "image".

    ``outputs`` names the graph's outputs (default: the layers that make them). ``shape`` replaces the input's own,
    (1, height, width, channels) in Keras' order; an open batch becomes 1. The arithmetic runs in NCHW.
    Raises ConversionError in one line that names the layer, or OSError; code in the file is never executed.
    """
    file = read_keras(path)
    try:
        return _converted(file, path.stem, outputs, shape)
    except (KeyError, TypeError, IndexError, AttributeError) as error:
        raise ConversionError(f"the configuration is not one that Keras writes: {error!r}") from error


def _converted(
    file: KerasFile, title: str, outputs: Sequence[str] | None, shape: Sequence[int] | None
) -> onnx.ModelProto:
    refuse_foreign(file.config)
    shapes = input_shapes(file.config)
    if len(shapes) != 1:
        raise ConversionError(f"the model has {len(shapes)} inputs; only one is supported")
    emit = Emitter()
    picture = emit.add_input(INPUT_NAME, _fixed(shapes[0], shape))
    names = list(outputs or output_names(file.config))

    def call(path: tuple[str, ...], prefix: str) -> Any:
        def layer(table: Mapping[str, Any], name: str, values: Sequence[Value]) -> Sequence[Value]:
            kind, own = str(table["class_name"]), str(table["config"]["name"])
            inner = (*path, own)
            if kind in MODELS:
                return run_model(table, values, call(inner, f"{prefix}{name}/"), file.major)
            if kind not in LAYERS:
                raise ConversionError(f"layer '{own}': layers of class {kind} are not supported")
            this = Layer(emit, f"{prefix}{name}", kind, table["config"],
                         lambda wanted: file.weights.take(inner, wanted), file.major)
            return [LAYERS[kind](this, values)]
        return layer

    results = run_model(file.config, [picture], call((), "layer/"), file.major)
    if len(set(names)) != len(names) or len(names) != len(results):
        raise ConversionError(f"the model has {len(results)} outputs; {len(names)} different names are needed")
    infos = []
    for name, value in zip(names, results, strict=True):
        emit.node("Identity", [emit.last(value)], name)
        kind = helper.np_dtype_to_tensor_dtype(np.dtype(value.dtype))
        infos.append(helper.make_tensor_value_info(name, kind, list(value.shape)))
    nodes, arrays = clean(emit.nodes, emit.arrays, names)
    body = helper.make_graph(nodes, title, emit.inputs, infos, initialisers(arrays))
    model = helper.make_model(body, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="export.keras")
    model.ir_version = IR_VERSION
    check(model)
    return model


def _fixed(own: Sequence[int | None], shape: Sequence[int] | None) -> list[int]:
    """The input's shape with no open size."""
    sizes: list[int | None] = list(own)
    if shape is not None:
        if len(shape) != len(own):
            raise ConversionError(f"--shape has {len(shape)} sizes, the input has {len(own)}: {list(own)}")
        for size, given in zip(own[1:], shape[1:], strict=True):
            if size is not None and size != given:
                raise ConversionError(f"--shape {list(shape)} is not what the input allows: {list(own)}")
        sizes = list(shape)
    fixed = [size or 1 for size in sizes[:1]] + [size or 0 for size in sizes[1:]]
    if 0 in fixed:
        raise ConversionError(f"the input's shape is open, {list(own)}: say it with --shape 1,224,224,3")
    return fixed
