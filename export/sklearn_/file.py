"""A joblib file read by an unpickler that knows a handful of classes and refuses every other name.

A pickle is a program. This one may build the estimators of `export.sklearn_.convert` and the arrays in them, and
nothing else: no function that opens, imports or evaluates is within its reach.
"""

from __future__ import annotations

import bz2
import gzip
import importlib
import importlib.util
import inspect
import io
import lzma
import warnings
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from export.checked import require
from mirror.domain import MirrorError

PURPOSE = "reading scikit-learn pipelines"

ALLOWED: Mapping[str, frozenset[str]] = {
    "sklearn.pipeline": frozenset({"Pipeline"}),
    "sklearn.ensemble._forest": frozenset({"RandomTreesEmbedding"}),
    "sklearn.tree._classes": frozenset({"ExtraTreeRegressor"}),
    "sklearn.tree._tree": frozenset({"Tree"}),
    "sklearn.preprocessing._encoders": frozenset({"OneHotEncoder"}),
    "sklearn.preprocessing._data": frozenset({"Normalizer"}),
    "sklearn.decomposition._truncated_svd": frozenset({"TruncatedSVD"}),
    "sklearn.decomposition._pca": frozenset({"PCA"}),
    "numpy": frozenset({"dtype", "ndarray", "float64", "float32", "int64", "int32", "bool_"}),
    "numpy._core.multiarray": frozenset({"_reconstruct", "scalar"}),
    "numpy.random._pickle": frozenset({"__randomstate_ctor", "__bit_generator_ctor"}),
    "numpy.random._mt19937": frozenset({"MT19937"}),
    "joblib.numpy_pickle": frozenset({"NumpyArrayWrapper"}),
    "_codecs": frozenset({"encode"}),  # how protocol 2 writes bytes
}
"""Module -> names that a pipeline of ours may ask for."""

MOVED: Mapping[str, str] = {"numpy.core.multiarray": "numpy._core.multiarray"}
"""NumPy 2 moved it; files of NumPy 1 have the old name."""

COMPRESSIONS: Mapping[bytes, Callable[[bytes], bytes]] = {
    b"\x1f\x8b": gzip.decompress, b"BZh": bz2.decompress, b"\xfd7zXZ": lzma.decompress, b"]\x00\x00": lzma.decompress,
    b"\x78": zlib.decompress,
}
"""First bytes -> what joblib compressed with."""


def read_pipeline(path: Path, trust: bool) -> Any:
    """The object in a joblib or pickle file. Raises MirrorError, one line; without ``trust`` nothing is unpickled."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise MirrorError(f"{path}: {(error.strerror or str(error)).lower()}") from error
    if not data:
        raise MirrorError(f"{path}: the file is empty")
    if not trust:
        raise MirrorError(
            f"{path} is a pickle, which is a program: add --trust if you know who made it (then too, only classes of "
            "scikit-learn and NumPy that are needed are let in)"
        )
    require("sklearn", PURPOSE)
    try:
        unpack = next((unpack for magic, unpack in COMPRESSIONS.items() if data.startswith(magic)), None)
        stream = io.BytesIO(unpack(data) if unpack else data)
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            content = _unpickler(path, stream).load()
    except MirrorError:
        raise
    except Exception as error:  # a broken pickle can raise anything
        reason = " ".join(str(error).split())[:160] or type(error).__name__
        raise MirrorError(f"{path}: the file is broken, or of another scikit-learn: {reason}") from error
    for warning in told[:1]:
        if "version" in str(warning.message):
            print(f"note: {' '.join(str(warning.message).split())[:160]}")
    return content


def _unpickler(path: Path, stream: io.BytesIO) -> Any:
    """joblib's unpickler, which finds the arrays between the opcodes, with our names alone."""
    numpy_pickle = require("joblib.numpy_pickle", PURPOSE)

    class PlainArray(numpy_pickle.NumpyArrayWrapper):  # type: ignore[misc,name-defined]
        """joblib reads arrays of objects with an unpickler that lets everything in: refused."""

        def read_array(self, *arguments: Any) -> Any:
            import numpy as np

            if not isinstance(self.dtype, np.dtype) or self.dtype.hasobject:
                raise MirrorError(f"{path} holds an array of Python objects: refused, nothing of it was executed")
            return super().read_array(*arguments)

    class Unpickler(numpy_pickle.NumpyUnpickler):  # type: ignore[misc,name-defined]
        def find_class(self, module: str, name: str) -> Any:
            module = MOVED.get(module, module)
            if name not in ALLOWED.get(module, ()):
                raise MirrorError(f"{path} asks for {module}.{name}: refused, nothing of it was executed")
            if name == "NumpyArrayWrapper":
                return PlainArray
            if module == "numpy._core.multiarray":  # before NumPy 2 it has its old name
                module = "numpy._core.multiarray" if _has("numpy._core") else "numpy.core.multiarray"
            return getattr(importlib.import_module(module), name)

    order = {"ensure_native_byte_order": True}
    known = inspect.signature(numpy_pickle.NumpyUnpickler.__init__).parameters
    # joblib 1.5 added the setting
    return Unpickler("", stream, **{key: value for key, value in order.items() if key in known})


def _has(module: str) -> bool:
    return importlib.util.find_spec(module) is not None
