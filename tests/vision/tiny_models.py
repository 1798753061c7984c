"""Graphs whose answers are known before they run, put into a folder with a card as `mirror export` does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from export.checked import CardDraft, write_checked
from mirror.runtime.manifest import Manifest, ModelCard

SHIPPED = Path(__file__).parents[2] / "models_onnx"


def saying(size: Sequence[int | str], outputs: Mapping[str, NDArray[Any]]) -> onnx.ModelProto:
    """A graph that gives these outputs whatever it is shown. ``size``: shape of its float32 input."""
    nodes = [
        helper.make_node("Constant", [], [name], f"say_{name}", value=numpy_helper.from_array(np.asarray(value)))
        for name, value in outputs.items()
    ]
    infos = [
        helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(value.dtype), value.shape)
        for name, value in outputs.items()
    ]
    return finished(nodes, size, infos)


def seeing(size: Sequence[int | str], nodes: Sequence[onnx.NodeProto], name: str, shape: Sequence[int]) -> Any:
    """A graph of these nodes from ``image`` to one output."""
    return finished(list(nodes), size, [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)])


def echoing(size: Sequence[int | str], kind: int = TensorProto.FLOAT) -> onnx.ModelProto:
    """A graph whose output is its input."""
    node = helper.make_node("Identity", ["image"], ["seen"], "echo")
    return finished([node], size, [helper.make_tensor_value_info("seen", kind, size)], kind)


def finished(
    nodes: Sequence[onnx.NodeProto], size: Sequence[int | str], infos: Sequence[onnx.ValueInfoProto],
    kind: int = TensorProto.FLOAT,
) -> onnx.ModelProto:
    image = helper.make_tensor_value_info("image", kind, size)
    graph = helper.make_graph(list(nodes), "tiny", [image], list(infos))
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


def own(folder: Path, model: onnx.ModelProto, name: str, decoder: str, **card: Any) -> ModelCard:
    """The model in an integrator's folder, written as `mirror export` writes it, and its card as read back."""
    draft = CardDraft(name=name, task="a test", decoder=decoder, licence="none", origin="a test", **card)
    tensor = model.graph.input[0].type.tensor_type
    shape = [d.dim_value or 1 for d in tensor.shape.dim]
    feed = np.zeros(shape, helper.tensor_dtype_to_np_dtype(tensor.elem_type))
    write_checked(model, draft, folder, [feed], None, 1e-4)
    return Manifest.load(SHIPPED, folder)[name]


def spots(places: Sequence[tuple[int, int]], rows: int, columns: int, peak: float = 0.9) -> NDArray[np.float32]:
    """[1, K, rows, columns]: a Gaussian hill of 2 cells about each (column, row)."""
    y, x = np.mgrid[:rows, :columns]
    maps = [peak * np.exp(-((x - a) ** 2 + (y - b) ** 2) / 8) for a, b in places]
    return np.asarray([maps], np.float32)
