"""Two tiny models with their manifest, for tests of what happens around a model."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper


def picture_graph(seed: int = 0) -> bytes:
    """image [1,16,12,3] -> mask [1,16,12,2] (sigmoid) and total [1,2]."""
    rng = np.random.default_rng(seed)
    weights = numpy_helper.from_array(rng.normal(0, 0.01, (3, 2)).astype(np.float32), "weights")
    nodes = [
        helper.make_node("MatMul", ["image", "weights"], ["mixed"]),
        helper.make_node("Sigmoid", ["mixed"], ["mask"]),
        helper.make_node("ReduceMean", ["mask"], ["total"], axes=[1, 2], keepdims=0),
    ]
    return _model(nodes, [weights], [("image", [1, 16, 12, 3])], [("mask", [1, 16, 12, 2]), ("total", [1, 2])])


def vector_graph(seed: int = 1) -> bytes:
    """features [n,5] -> embedding [n,4]."""
    rng = np.random.default_rng(seed)
    weights = numpy_helper.from_array(rng.normal(0, 1, (5, 4)).astype(np.float32), "weights")
    nodes = [helper.make_node("MatMul", ["features", "weights"], ["embedding"])]
    return _model(nodes, [weights], [("features", ["n", 5])], [("embedding", ["n", 4])])


def write_models(folder: Path, seed: int = 0) -> Path:
    """A models folder: "seer" (pictures, with an int8 file and a sample) and "namer" (vectors, any count at once)."""
    folder.mkdir(parents=True, exist_ok=True)
    seer, namer = picture_graph(seed), vector_graph(seed + 1)
    feed = np.linspace(0, 255, 16 * 12 * 3, dtype=np.float32).reshape(1, 16, 12, 3)
    files = {"seer.onnx": seer, "namer.onnx": namer, "seer.int8.onnx": picture_graph(seed + 7)}
    for name, data in files.items():
        (folder / name).write_bytes(data)
    session = onnxruntime.InferenceSession(seer, providers=["CPUExecutionProvider"])
    mask, total = session.run(["mask", "total"], {"image": feed})
    np.savez(folder / "seer.npz", input=feed, mask=mask, total=total)
    for card in ("seer.md", "namer.md"):
        (folder / card).write_text("a card\n")
    digest = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in (*files, "seer.npz")}
    tables = []
    for name, inputs, outputs, rest in (
        ("seer", [("image", [1, 16, 12, 3])], [("mask", [1, 16, 12, 2]), ("total", [1, 2])], (
            'layout = "NHWC"\ncolour = "rgb"\n\n[model.default]\ntensorrt = "fp16"\n\n'
            f'[[model.variant]]\nprecision = "int8"\nfile = "seer.int8.onnx"\nsha256 = "{digest["seer.int8.onnx"]}"\n\n'
            f'[model.sample]\nfile = "seer.npz"\nsha256 = "{digest["seer.npz"]}"\ntolerance = 1e-4\n')),
        ("namer", [("features", ["n", 5])], [("embedding", ["n", 4])], ""),
    ):
        tables.append(
            f'[[model]]\nname = "{name}"\ntask = "test"\nfile = "{name}.onnx"\ncard = "{name}.md"\n'
            f'sha256 = "{digest[name + ".onnx"]}"\nlicence = "CC0-1.0"\norigin = "random"\n'
            f"inputs = [{', '.join(map(_tensor, inputs))}]\noutputs = [{', '.join(map(_tensor, outputs))}]\n{rest}"
        )
    (folder / "manifest.toml").write_text("\n".join(tables))
    return folder


def _tensor(entry: tuple[str, list[int | str]]) -> str:
    name, shape = entry
    return f'{{ name = "{name}", shape = {json.dumps(shape)}, dtype = "float32" }}'


def _model(
    nodes: list[onnx.NodeProto], weights: list[onnx.TensorProto], inputs: list[tuple[str, list[int | str]]],
    outputs: list[tuple[str, list[int | str]]],
) -> bytes:
    def infos(entries: list[tuple[str, list[int | str]]]) -> list[onnx.ValueInfoProto]:
        return [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in entries]

    graph = helper.make_graph(nodes, "small", infos(inputs), infos(outputs), initializer=weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 8
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())
