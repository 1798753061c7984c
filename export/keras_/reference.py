"""The same file in Keras itself, on its PyTorch backend: what the converted model is compared with."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import warnings
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from export.checked import require
from export.keras_.file import WEIGHTS, read_keras
from export.keras_.graph import MODELS, first_call
from mirror.domain import MirrorError

BACKEND = "torch"
GONE: Mapping[str, tuple[str, ...]] = {
    "DepthwiseConv2D": ("groups",),
    "SeparableConv2D": ("groups", "kernel_initializer", "kernel_regularizer", "kernel_constraint"),
}
"""What Keras 2.15 wrote for layers that never had it, and Keras 3 refuses."""


def keras_reference(path: Path) -> Callable[[NDArray[Any]], list[NDArray[Any]]]:
    """The model of ``path`` as a function of an NHWC float32 batch.

    Keras takes the backend of the environment's KERAS_BACKEND, PyTorch when it says nothing. Call this only after
    `export.keras_.convert`, which refuses what would execute code of the file. Raises MirrorError.
    """
    os.environ.setdefault("KERAS_BACKEND", BACKEND)
    purpose = "comparing with Keras itself"
    if os.environ["KERAS_BACKEND"] == BACKEND:
        require("torch", purpose)
    keras = require("keras", purpose)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of settings that Keras 3 calls otherwise
            model = _loaded(keras, path)
    except Exception as error:  # Keras raises whatever its layers raise
        reason = " ".join(str(error).split())[:200]
        raise MirrorError(f"{path}: Keras itself does not load it: {reason}") from error

    def run(feed: NDArray[Any]) -> list[NDArray[Any]]:
        made = model(feed, training=False)
        parts = made if isinstance(made, (list, tuple)) else [made]
        return [np.asarray(keras.ops.convert_to_numpy(part)) for part in parts]

    return run


def _loaded(keras: Any, path: Path) -> Any:
    """The model, its configuration mended first where Keras 3 stumbles over what Keras 2 wrote."""
    file = read_keras(path)
    archive = zipfile.is_zipfile(path)
    with tempfile.TemporaryDirectory() as scratch:
        # Keras goes by the suffix alone
        named = Path(scratch) / ("model.keras" if archive else "model.h5")
        named.symlink_to(path.resolve())
        if file.major >= 3:
            return keras.models.load_model(named, compile=False, safe_mode=True)
        known = {"Functional": keras.Model, "Model": keras.Model, "Sequential": keras.Sequential}
        model = keras.models.model_from_json(json.dumps(_as_keras3(file.config)), custom_objects=known)
        if archive:
            named = Path(scratch) / WEIGHTS
            with zipfile.ZipFile(path) as members, members.open(WEIGHTS) as source, named.open("wb") as out:
                shutil.copyfileobj(source, out)
        model.load_weights(named)
        return model


def _as_keras3(model: Mapping[str, Any]) -> dict[str, Any]:
    """Keras 2's table of a model in the words of Keras 3: calls of nested models are counted otherwise."""
    config = dict(model["config"])
    tables = {layer["config"]["name"]: layer for layer in config["layers"]}

    def counted(entry: Any, as_output: bool) -> Any:
        if isinstance(entry, (list, tuple)) and entry and isinstance(entry[0], str):
            table = tables[entry[0]]
            before = first_call(table, 2, as_output=as_output)
            after = first_call(table, 3, as_output=as_output)
            return [entry[0], entry[1] - before + after, *entry[2:]]
        return [counted(item, as_output) for item in entry] if isinstance(entry, (list, tuple)) else entry

    layers = []
    for layer in config["layers"]:
        table = dict(layer)
        if table["class_name"] in MODELS:
            table["config"] = _as_keras3(table)["config"]
        elif table["class_name"] != "InputLayer":
            table["config"] = _settings(table["class_name"], table["config"])
        if "inbound_nodes" in table:
            table["inbound_nodes"] = counted(table["inbound_nodes"], False)
        layers.append(table)
    config["layers"] = layers
    if model["class_name"] == "Sequential" and layers[0]["class_name"] != "InputLayer":
        shape = model["config"]["layers"][0]["config"].get("batch_input_shape")
        if shape:
            layers.insert(0, {"class_name": "InputLayer", "config": {"batch_input_shape": shape, "name": "picture"}})
    for key in ("input_layers", "output_layers"):
        if key in config:
            entries = counted(config[key], key == "output_layers")
            # a list makes Keras 3 return one
            config[key] = entries[0] if len(entries) == 1 else entries
    return {**model, "config": config}


def _settings(kind: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """A layer's settings without those that Keras 3 no longer takes."""
    kept = {key: value for key, value in config.items() if key not in ("batch_input_shape", *GONE.get(kind, ()))}
    if kind == "BatchNormalization" and isinstance(kept.get("axis"), list):
        kept["axis"] = kept["axis"][0]
    return kept
