"""A TensorFlow.js graph model as read from model.json and its weight shards."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

DTYPES: Mapping[str, str] = {
    "DT_FLOAT": "float32", "DT_HALF": "float16", "DT_DOUBLE": "float64", "DT_INT32": "int32", "DT_INT64": "int64",
    "DT_UINT8": "uint8", "DT_BOOL": "bool",
}


class ConversionError(Exception):
    """The model holds something the converter does not know; one line names the node."""


@dataclass(frozen=True)
class Node:
    """One GraphDef node. ``inputs`` are (node name, output number); control inputs are dropped."""

    name: str
    op: str
    inputs: tuple[tuple[str, int], ...]
    attrs: Mapping[str, Any]


@dataclass(frozen=True)
class Graph:
    """All nodes by name, the constants' values by node name, and the output names the model declares."""

    nodes: Mapping[str, Node]
    weights: Mapping[str, Array]
    outputs: tuple[str, ...]

    def order(self, outputs: Iterable[str]) -> list[Node]:
        """The nodes that ``outputs`` ("name" or "name:1") need, every node after those it reads."""
        done: set[str] = set()
        ordered: list[Node] = []
        stack = [(split_reference(name)[0], False) for name in outputs]
        while stack:
            name, ready = stack.pop()
            if name in done:
                continue
            if name not in self.nodes:
                raise ConversionError(f"no node '{name}' in the graph")
            node = self.nodes[name]
            if ready:
                done.add(name)
                ordered.append(node)
                continue
            stack.append((name, True))
            stack.extend((source, False) for source, _ in reversed(node.inputs) if source not in done)
        return ordered


def read_graph(model_json: Path) -> Graph:
    """Read ``model.json`` and the shards it names (beside it). Raises ConversionError or OSError."""
    document = json.loads(model_json.read_text(encoding="utf-8"))
    if document.get("format") != "graph-model":
        raise ConversionError(f"{model_json.name}: format is {document.get('format')!r}, not 'graph-model'")
    topology = document["modelTopology"]
    if topology.get("library", {}).get("function"):
        raise ConversionError(f"{model_json.name}: function libraries are not supported")
    nodes = {}
    for entry in topology["node"]:
        inputs = tuple(split_reference(name) for name in entry.get("input", ()) if not name.startswith("^"))
        attrs = {key: _attribute(value) for key, value in entry.get("attr", {}).items()}
        nodes[entry["name"]] = Node(entry["name"], entry["op"], inputs, attrs)
    signature = document.get("signature") or document.get("userDefinedMetadata", {}).get("signature") or {}
    outputs = tuple(info["name"] for info in signature.get("outputs", {}).values())
    return Graph(nodes, _read_weights(model_json.parent, document["weightsManifest"]), outputs)


def split_reference(reference: str) -> tuple[str, int]:
    """("name", 1) of "name:1"; output 0 where no number is given."""
    name, colon, number = reference.rpartition(":")
    return (name, int(number)) if colon and number.isdigit() else (reference, 0)


def _attribute(value: Mapping[str, Any]) -> Any:
    """Plain Python of an AttrValue in JSON; numbers may come as strings, strings as base64."""
    kind, content = next(iter(value.items()), ("none", None))
    if content is None:
        return None
    if kind == "s":
        return base64.b64decode(content).decode()
    if kind == "i":
        return int(content)
    if kind == "f":
        return float(content)
    if kind == "type":
        return DTYPES.get(content, content)
    if kind == "shape":
        return tuple(int(dim["size"]) for dim in content.get("dim", ()))
    if kind == "list":
        return tuple(_attribute({key: item}) for key, items in content.items() for item in items)
    return content


def _read_weights(folder: Path, groups: list[dict[str, Any]]) -> dict[str, Array]:
    weights: dict[str, Array] = {}
    for group in groups:
        data = b"".join((folder / shard).read_bytes() for shard in group["paths"])
        offset = 0
        for entry in group["weights"]:
            stored = entry.get("quantization", {})
            dtype = np.dtype(stored.get("dtype", entry["dtype"])).newbyteorder("<")
            count = math.prod(entry["shape"])
            array = np.frombuffer(data, dtype, count, offset).reshape(entry["shape"])
            offset += count * dtype.itemsize
            array = array.astype(entry["dtype"])
            if "scale" in stored:
                array = (array * stored["scale"] + stored.get("min", 0.0)).astype(entry["dtype"])
            weights[entry["name"]] = array
        if offset != len(data):
            raise ConversionError(f"weight shards {group['paths']} hold {len(data)} bytes, {offset} were expected")
    return weights
