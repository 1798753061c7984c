"""`python -m export.tfjs SRC_MODEL_JSON OUT.onnx`: convert one model."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import onnx

from export.tfjs.convert import convert
from export.tfjs.graph import ConversionError


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0, or 1 with one line on stderr when the model cannot be converted."""
    parser = argparse.ArgumentParser(prog="python -m export.tfjs", description="TensorFlow.js graph model to ONNX")
    parser.add_argument("source", type=Path, help="model.json, its weight shards beside it")
    parser.add_argument("out", type=Path, help="the .onnx file to write")
    parser.add_argument("--output", action="append", default=[], metavar="TENSOR=NAME",
                        help="keep this output under this name (repeatable; default: all)")
    parser.add_argument("--shape", help="input shape, such as 1,256,256,3")
    parser.add_argument("--float32", action="store_true", help="store no weight as float16")
    options = parser.parse_args(arguments)
    outputs = dict(pair.rsplit("=", 1) for pair in options.output) or None
    shape = [int(size) for size in options.shape.split(",")] if options.shape else None
    try:
        model = convert(options.source, outputs, shape, exact_half=not options.float32)
    except (ConversionError, OSError) as error:
        print(f"export.tfjs: {options.source}: {error}", file=sys.stderr)
        return 1
    onnx.save(model, options.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
