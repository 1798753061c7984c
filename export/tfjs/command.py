"""`mirror export tfjs`: a TensorFlow.js graph model as a checked ONNX model."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from export.checked import CardDraft, add_card_arguments, draft_from, shape_like, write_checked
from mirror.domain import MirrorError, UsageError

HELP = (
    "Reads a TensorFlow.js graph model (model.json and its weight shards) and compares the result with TensorFlow, "
    "where that is installed, or with what you recorded from TensorFlow.js (--recorded)."
)
EXAMPLE = (
    "mirror export tfjs movenet/model.json --out mymodels --name movenet --output Identity:0=keypoints "
    "--shape 1,192,192,3 --decoder movenet --recorded pair.json"
)

RECORDED_INPUT = "input"
"""What was fed, in a recorded pair; the others are called like the outputs."""

BROKEN = (OSError, KeyError, ValueError, TypeError, IndexError, AttributeError, StopIteration)
"""What reading a model.json that is none, or whose shards are cut short, ends in."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", type=Path, help="model.json, its weight shards beside it")
    parser.add_argument("--output", action="append", default=[], metavar="TENSOR=NAME",
                        help="keep this output under this name (repeatable; default: all)")
    parser.add_argument("--shape", type=shape_like("1,256,256,3"),
                        help="input shape, such as 1,256,256,3 (default: the model's)")
    parser.add_argument("--bgr-mean", type=_mean, metavar="B,G,R",
                        help="the net was trained on BGR minus this mean: let the graph take RGB and do that itself")
    parser.add_argument("--float32", action="store_true", help="store no weight as float16")
    checked = parser.add_mutually_exclusive_group()
    checked.add_argument("--recorded", type=Path, metavar="PAIR.json",
                         help="compare with what export/tfjs/record.mjs recorded from TensorFlow.js itself")
    checked.add_argument("--unchecked", action="store_true", help="compare with nothing; the card then says so")
    add_card_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Convert, compare, write. Raises MirrorError; nothing is written then."""
    from export.pixel_feeds import pixel_feeds
    from export.tfjs.convert import convert
    from export.tfjs.graph import ConversionError

    draft = draft_from(args, CardDraft(
        name="", task="", decoder="", layout="NHWC", origin=f"converted from {args.source.name}",
    ))
    outputs = _outputs(args.output)
    try:
        with np.errstate(over="ignore"):  # weights beyond float16 stay float32
            model = convert(args.source, outputs, args.shape, bgr_mean=args.bgr_mean, exact_half=not args.float32)
    except ConversionError as error:
        raise MirrorError(f"{args.source}: {error}") from error
    except BROKEN as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else " ".join(str(error).split())
        raise MirrorError(f"{args.source}: no TensorFlow.js graph model, or cut short: {reason}") from error
    shape = [dim.dim_value for dim in model.graph.input[0].type.tensor_type.shape.dim]
    if len(shape) != 4:
        draft = replace(draft, layout="none", colour="none")
    names = [output.name for output in model.graph.output]
    if args.recorded is not None:
        if args.bgr_mean is not None:
            raise UsageError("--recorded speaks of the net as it is: record without, or leave out, --bgr-mean")
        feed, recorded = _recorded(args.recorded, shape, names)
        feeds, reference, against = [feed], lambda _: recorded, f"TensorFlow.js, recorded in {args.recorded.name}"
    elif args.unchecked:
        feeds, reference, against = pixel_feeds(draft, shape), None, ""
    else:
        feeds, against = pixel_feeds(draft, shape), "TensorFlow"
        reference = _tensorflow(args.source, list(outputs) if outputs else _declared(args.source), args.bgr_mean)
    worst = write_checked(model, draft, args.out, feeds, reference, args.tolerance, checked_against=against)
    said = f"within {worst:.1e} of {against}" if reference else "written, compared with nothing"
    print(f"{args.out / draft.name}.onnx: {said}")
    return 0


def _outputs(pairs: Sequence[str]) -> dict[str, str] | None:
    found = {}
    for pair in pairs:
        tensor, equals, name = pair.rpartition("=")
        if not equals or not tensor or not name:
            raise UsageError(f"--output {pair!r}: write TENSOR=NAME, such as Identity:0=keypoints")
        found[tensor] = name
    return found or None


def _declared(source: Path) -> list[str]:
    from export.tfjs.graph import read_graph

    return list(read_graph(source).outputs)


def _recorded(path: Path, shape: Sequence[int], names: Sequence[str]) -> tuple[NDArray[Any], list[NDArray[Any]]]:
    """The input and the outputs, in the graph's order, of what record.mjs wrote. Raises MirrorError."""
    try:
        content = {
            key: np.asarray(entry["data"], np.float32).reshape(entry["shape"])
            for key, entry in json.loads(path.read_text(encoding="utf-8")).items()
        }
    except BROKEN as error:
        raise MirrorError(f"{path}: no pair recorded by record.mjs: {' '.join(str(error).split())}") from error
    missing = [name for name in (RECORDED_INPUT, *names) if name not in content]
    if missing:
        raise MirrorError(f"{path} has no array '{missing[0]}'; it has {', '.join(content) or 'none'}")
    if content[RECORDED_INPUT].shape != tuple(shape):
        raise MirrorError(
            f"{path}: '{RECORDED_INPUT}' is {list(content[RECORDED_INPUT].shape)}, the graph takes {list(shape)}"
        )
    return content[RECORDED_INPUT], [content[name] for name in names]


def _tensorflow(source: Path, outputs: Sequence[str], bgr_mean: Sequence[float] | None) -> Callable[..., Any]:
    """The graph model in TensorFlow itself. Raises MirrorError when that is not installed."""
    try:
        from export.tfjs.reference import Reference

        reference = Reference(source, outputs)
    except ImportError as error:
        raise MirrorError(
            "comparing with TensorFlow needs the package 'tensorflow' (1.6 GB): pip install tensorflow-cpu; or give "
            "--recorded PAIR.json, or --unchecked"
        ) from error

    def run(feed: NDArray[Any]) -> list[NDArray[Any]]:
        if bgr_mean is not None:
            feed = feed[..., ::-1] - np.asarray(bgr_mean, np.float32)
        return [np.asarray(array) for array in reference.run(feed)]

    return run




def _mean(text: str) -> list[float]:
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) != 3:
        raise argparse.ArgumentTypeError(f"{text!r}: write three numbers with commas, such as 103.939,116.779,123.68")
    return numbers
