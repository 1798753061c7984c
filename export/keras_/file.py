"""A Keras model as its file describes it: the configuration, and the weights of each layer.

Both formats keep the configuration as JSON and the weights in HDF5. Nothing in the file is executed: what would be
(Lambda layers, classes of one's own) is not even looked at here and refused by name in `export.keras_.graph`.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from export.checked import require
from export.tfjs.graph import Array, ConversionError

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
"""The members of a .keras archive."""

HDF5_MAGIC = b"\x89HDF\r\n\x1a\n"
ZIP_MAGIC = b"PK\x03\x04"
Path_ = tuple[str, ...]


class Weights(Protocol):
    """The stored arrays of layers. ``path`` is the layer's name, after those of the models it is nested in."""

    def take(self, path: Path_, names: Sequence[str]) -> list[Array]:
        """The variables ``names`` of a layer as float32. Raises ConversionError when one is missing."""
        ...


class KerasFile:
    """Configuration (``class_name`` and ``config``), weights and Keras' major version of one file."""

    def __init__(self, config: Mapping[str, Any], weights: Weights, version: str) -> None:
        self.config, self.weights, self.version = config, weights, version
        major = version.partition(".")[0]
        self.major = int(major) if major.isdigit() else 2


def read_keras(path: Path) -> KerasFile:
    """Read a model saved whole, in either format, whatever its suffix.

    Raises ConversionError (one line) for a file that is no such model, OSError when it cannot be opened.
    """
    data = path.read_bytes()
    try:
        if data.startswith(HDF5_MAGIC):
            return _read_h5(data)
        if data.startswith(ZIP_MAGIC):
            return _read_archive(data)
    except (OSError, RuntimeError, KeyError, ValueError, zipfile.BadZipFile, UnicodeDecodeError) as error:
        # h5py tells of a broken file by any of these
        raise ConversionError(f"the file is broken or cut short: {' '.join(str(error).split())}") from error
    kind = "empty" if not data else "neither HDF5 nor a .keras archive"
    raise ConversionError(f"the file is {kind}; save the whole model with model.save('NAME.keras')")


def _read_h5(data: bytes) -> KerasFile:
    file = require("h5py", "reading Keras files").File(io.BytesIO(data), "r")
    if "model_config" not in file.attrs:
        raise ConversionError(
            "the file holds weights but no model: save the whole model with model.save('NAME.keras')"
        )
    if "model_weights" not in file:
        raise ConversionError("the file holds a model but no weights")
    config = _config(file.attrs["model_config"])
    version = _text(file.attrs["keras_version"]) if "keras_version" in file.attrs else "2"
    return KerasFile(config, NamedWeights(file["model_weights"]), version)


def _read_archive(data: bytes) -> KerasFile:
    archive = zipfile.ZipFile(io.BytesIO(data))
    missing = [name for name in (CONFIG, WEIGHTS) if name not in archive.namelist()]
    if missing:
        raise ConversionError(f"the archive has no {missing[0]}: it is no .keras model")
    config = _config(archive.read(CONFIG))
    version = str(json.loads(archive.read(METADATA))["keras_version"]) if METADATA in archive.namelist() else "3"
    weights = require("h5py", "reading Keras files").File(io.BytesIO(archive.read(WEIGHTS)), "r")
    return KerasFile(config, NumberedWeights(weights, config), version)


def _config(text: Any) -> dict[str, Any]:
    config = json.loads(_text(text))
    if not isinstance(config, dict) or not isinstance(config.get("config"), dict) or "class_name" not in config:
        raise ConversionError("the configuration is not one that Keras writes")
    return config


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _array(dataset: Any, what: str) -> Array:
    if getattr(dataset, "external", None) or getattr(dataset, "is_virtual", False):
        raise ConversionError(f"{what} lies in another file: refused")
    if not hasattr(dataset, "shape"):
        raise ConversionError(f"{what} is no array")
    array = np.asarray(dataset[()])
    if array.dtype.kind not in "fiu":
        raise ConversionError(f"{what} holds {array.dtype}, not numbers")
    return array.astype(np.float32)


def _inside(group: Any, name: str, what: str) -> Any:
    """A member of an HDF5 group; links to other files are refused."""
    h5py = require("h5py", "reading Keras files")
    place = group
    for part in name.split("/"):
        if not isinstance(place, h5py.Group) or part not in place:
            raise ConversionError(f"{what} is not in the file")
        if isinstance(place.get(part, getlink=True), h5py.ExternalLink):
            raise ConversionError(f"{what} lies in another file: refused")
        place = place[part]
    return place


class NamedWeights:
    """Weights of an .h5 file: a group for each top-level layer, which lists its variables (``a/kernel:0``).

    A model nested in another has one group for all its layers, so there the second to last part names the layer.
    """

    def __init__(self, group: Any) -> None:
        self._group = group
        self._known: dict[str, dict[Path_, Array]] = {}

    def take(self, path: Path_, names: Sequence[str]) -> list[Array]:
        if not names:
            return []
        top, title = path[0], "/".join(path)
        if top not in self._known:
            self._known[top] = dict(self._read(top))
        found = {
            key[-1]: array for key, array in self._known[top].items()
            if len(path) == 1 or (len(key) > 1 and key[-2] == path[-1])
        }
        for name in names:
            if name not in found:
                raise ConversionError(f"layer '{title}': weight '{name}' is missing in the file")
        if len(found) != len(names):
            extra = next(name for name in found if name not in names)
            raise ConversionError(f"layer '{title}': weight '{extra}' is not one that its configuration has")
        return [found[name] for name in names]

    def _read(self, layer: str) -> Iterator[tuple[Path_, Array]]:
        group = _inside(self._group, layer, f"layer '{layer}'")
        listed = list(group.attrs["weight_names"]) if "weight_names" in group.attrs else []
        part = 0
        while f"weight_names{part}" in group.attrs:  # HDF5 bounds an attribute's size: long lists come in parts
            listed += list(group.attrs[f"weight_names{part}"])
            part += 1
        for entry in listed:
            name = _text(entry)
            what = f"layer '{layer}': weight '{name}'"
            yield tuple(name.rsplit(":", 1)[0].split("/")), _array(_inside(group, name, what), what)


class NumberedWeights:
    """Weights of a .keras archive: ``layers/<class>_<count>/vars/<number>``, models nested likewise."""

    def __init__(self, file: Any, config: Mapping[str, Any]) -> None:
        self._file = file
        self._groups = dict(_groups(config, (), ""))

    def take(self, path: Path_, names: Sequence[str]) -> list[Array]:
        if not names:
            return []
        title, place = "/".join(path), self._groups[path]
        variables = _inside(self._file, f"{place}/vars", f"layer '{title}': its weights")
        stored = sorted((name for name in variables if name.isdigit()), key=int)
        if len(stored) != len(names):
            raise ConversionError(
                f"layer '{title}': the file has {len(stored)} weights, the layer has {len(names)} ({', '.join(names)})"
            )
        return [
            _array(_inside(variables, key, f"layer '{title}'"), f"layer '{title}': weight '{name}'")
            for key, name in zip(stored, names, strict=True)
        ]


def _groups(model: Mapping[str, Any], path: Path_, place: str) -> Iterator[tuple[Path_, str]]:
    """(path of a layer, its HDF5 group): the group is called after the class, numbered in order of the layers."""
    counts: dict[str, int] = {}
    for layer in model["config"].get("layers", ()):
        base = _snake(layer["class_name"])
        number = counts.get(base, 0)
        counts[base] = number + 1
        inner = f"{place}layers/{base}{f'_{number}' if number else ''}"
        name = (*path, str(layer["config"]["name"]))
        yield name, inner
        if "layers" in layer["config"]:
            yield from _groups(layer, name, f"{inner}/")


def _snake(name: str) -> str:
    """``Conv2D`` -> ``conv2d``, ``BatchNormalization`` -> ``batch_normalization``: Keras' own way."""
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", re.sub(r"\W+", "", name))
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()
