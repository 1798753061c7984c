"""The formats that `mirror export` reads: one module each, imported only when it is asked for."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

FORMATS: Mapping[str, tuple[str, str]] = MappingProxyType({
    "caffe": ("export.caffe.command", "Caffe prototxt and caffemodel"),
    "darknet": ("export.darknet.command", "Darknet cfg and weights: YOLOv3 and its kin"),
    "keras": ("export.keras_.command", "Keras .h5 and .keras"),
    "torch": ("export.torch_.command", "PyTorch state dict or TorchScript"),
    "tfjs": ("export.tfjs.command", "TensorFlow.js graph model"),
    "sklearn": ("export.sklearn_.command", "scikit-learn pipeline saved by joblib"),
    "quantize": ("export.quantize.command", "int8 or fp16 variant of a model, if it passes its gate"),
})
"""Name on the command line -> module, and what it is in a few words."""


class Format(Protocol):
    """What such a module has. ``run`` returns the exit code and raises MirrorError for what a user can mend."""

    HELP: str
    EXAMPLE: str

    def add_arguments(self, parser: argparse.ArgumentParser) -> None: ...

    def run(self, args: argparse.Namespace) -> int: ...


def load(name: str) -> Format:
    """The module of a format of `FORMATS`. Its heavy packages are imported only by its ``run``."""
    return importlib.import_module(FORMATS[name][0])  # type: ignore[return-value]
