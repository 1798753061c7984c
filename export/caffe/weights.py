"""The weights in a caffemodel file, and the mean in a binaryproto file.

Field numbers are those of Caffe's caffe.proto (BSD-2-Clause, Berkeley): NetParameter, V1LayerParameter,
LayerParameter, BlobProto.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from export.caffe.wire import BYTES, FIXED32, FIXED64, VARINT, WireError, fields, varints
from mirror.domain import MirrorError

Array = NDArray[np.float32]

NET_LAYERS_V1, NET_LAYER = 2, 100
V1_V0_LAYER, V1_NAME, V1_BLOBS = 1, 4, 6
LAYER_NAME, LAYER_BLOBS = 1, 7
BLOB_LEGACY_SHAPE = (1, 2, 3, 4)
BLOB_DATA, BLOB_SHAPE, BLOB_DOUBLE_DATA = 5, 7, 8
SHAPE_DIM = 1


def read_caffemodel(path: Path) -> Mapping[str, tuple[Array, ...]]:
    """Layer name -> its blobs as float32; layers without blobs are left out.

    Raises MirrorError when the file is missing, empty, truncated, no caffemodel, or of the format before 2014.
    """
    data = _read(path)
    layers: dict[str, tuple[Array, ...]] = {}
    seen = False
    try:
        for number, kind, _, content in fields(data):
            if kind != BYTES or number not in (NET_LAYERS_V1, NET_LAYER):
                continue
            seen = True
            v1 = number == NET_LAYERS_V1
            name, blobs = _layer(content, path, v1)
            if blobs:
                layers[name] = blobs
    except WireError as error:
        raise MirrorError(f"{path}: is truncated or no caffemodel: {error}") from error
    if not seen:
        raise MirrorError(f"{path}: is no caffemodel: it holds no layer")
    return layers


def read_mean(path: Path) -> tuple[float, ...]:
    """The mean of each channel (blue, green, red in Caffe) of a mean.binaryproto file, in pixel values 0..255."""
    try:
        blob = _blob(_read(path), path, "the mean")
    except WireError as error:
        raise MirrorError(f"{path}: is truncated or no mean file: {error}") from error
    if blob.ndim < 3 or blob.size == 0:
        raise MirrorError(f"{path}: is no mean file: its blob is {list(blob.shape)}")
    planes = blob.reshape(-1, *blob.shape[-2:])
    return tuple(round(float(mean), 4) for mean in planes.mean(axis=(1, 2), dtype=np.float64))


def _read(path: Path) -> memoryview:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise MirrorError(f"{path}: {(error.strerror or 'cannot be read').lower()}") from error
    if not data:
        raise MirrorError(f"{path}: is empty")
    return memoryview(data)


def _layer(data: memoryview, path: Path, v1: bool) -> tuple[str, tuple[Array, ...]]:
    name, contents = "", []
    for number, kind, _, content in fields(data):
        if kind != BYTES:
            continue
        if number == (V1_NAME if v1 else LAYER_NAME):
            name = bytes(content).decode("utf-8", "replace")
        elif number == (V1_BLOBS if v1 else LAYER_BLOBS):
            contents.append(content)
        elif v1 and number == V1_V0_LAYER:
            raise MirrorError(f"{path}: is of Caffe's first format: run Caffe's upgrade_net_proto_binary on it first")
    return name, tuple(_blob(content, path, f"layer '{name}'") for content in contents)


def _blob(data: memoryview, path: Path, owner: str) -> Array:
    legacy: dict[int, int] = {}
    shape: tuple[int, ...] | None = None
    parts: list[memoryview] = []
    double = False
    for number, kind, value, content in fields(data):
        if number in BLOB_LEGACY_SHAPE and kind == VARINT:
            legacy[number] = value
        elif number == BLOB_SHAPE and kind == BYTES:
            shape = _shape(content)
        elif number == BLOB_DATA and kind in (BYTES, FIXED32):
            parts.append(content)
        elif number == BLOB_DOUBLE_DATA and kind in (BYTES, FIXED64):
            parts.append(content)
            double = True
    if shape is None:
        shape = tuple(legacy.get(number, 1) for number in BLOB_LEGACY_SHAPE) if legacy else ()
    raw: Any = parts[0] if len(parts) == 1 else b"".join(parts)
    item = "<f8" if double else "<f4"
    if len(raw) % np.dtype(item).itemsize:
        raise MirrorError(f"{path}: {owner}: a blob of {len(raw)} bytes is no array of numbers")
    array = np.frombuffer(raw, item).astype(np.float32, copy=False)
    if array.size != math.prod(shape):
        raise MirrorError(f"{path}: {owner}: a blob of shape {list(shape)} holds {array.size} numbers")
    return array.reshape(shape)


def _shape(data: memoryview) -> tuple[int, ...]:
    dims: list[int] = []
    for number, kind, value, content in fields(data):
        if number == SHAPE_DIM:
            dims += [value] if kind == VARINT else list(varints(content))
    return tuple(dims)
