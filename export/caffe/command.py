"""`mirror export caffe`: a Caffe net becomes a checked ONNX file with a card."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from export.checked import CardDraft, add_card_arguments, draft_from
from mirror.domain import MirrorError

HELP = "Caffe deploy prototxt and caffemodel, such as the Levi-Hassner age and gender nets"
EXAMPLE = (
    "mirror export caffe deploy_age.prototxt age_net.caffemodel --name age-levi-hassner --out my-models "
    "--labels ages.txt --mean 78.4263377603,87.7689143744,114.895847746"
)
DEFAULTS = CardDraft(
    name="", task="classification", decoder="classification", layout="NCHW", colour="bgr", scale=1.0,
    normalisation="pixels 0..255 in the colour order below, minus the mean",
)
"""Caffe's own tools read pictures with OpenCV: BGR, 0..255, minus a mean."""

_BIN = re.compile(r"\(?\s*(\d+)\s*-\s*(\d+)\s*\)?")
GENDERS = frozenset({"male", "female"})


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("prototxt", type=Path, help="the deploy prototxt")
    parser.add_argument("caffemodel", type=Path, help="its weights")
    parser.add_argument("--mean-file", type=Path, metavar="BINARYPROTO",
                        help="take --mean from a mean.binaryproto (its mean over each channel)")
    parser.add_argument("--unchecked", action="store_true", help="write it without comparing it with OpenCV 4's reader")
    add_card_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Convert, compare, write. Raises MirrorError; nothing was written then."""
    from export.caffe.convert import convert
    from export.caffe.weights import read_mean
    from export.checked import write_checked
    from export.opencv_reader import example_feeds, forward, open_net, require_reader

    if not args.unchecked:
        require_reader("readNetFromCaffe", "Caffe")
    draft = draft_from(args, DEFAULTS)
    draft = replace(draft, options={**meaning_of(draft.labels), **draft.options})
    if args.mean_file is not None and args.mean is None:
        draft = replace(draft, mean=read_mean(args.mean_file))
    if len(draft.mean) > 1 and len(draft.std) == 1:
        draft = replace(draft, std=draft.std * len(draft.mean))
    converted = convert(args.prototxt, args.caffemodel)
    _check_card(converted.model, draft)
    if converted.unused:
        print(f"note: the prototxt has no layer for these weights: {', '.join(converted.unused)}", file=sys.stderr)
    shape = [d.dim_value for d in converted.model.graph.input[0].type.tensor_type.shape.dim]
    feeds = example_feeds(draft, shape)
    if args.unchecked:
        write_checked(converted.model, draft, args.out, feeds, None, args.tolerance)
        print(f"{args.out / draft.name}.onnx: written, compared with nothing")
        return 0
    net = open_net("readNetFromCaffe", args.prototxt, args.caffemodel)

    def reference(feed: NDArray[Any]) -> list[NDArray[Any]]:
        return forward(net, feed, converted.makers)

    worst = write_checked(
        converted.model, draft, args.out, feeds, reference, args.tolerance, checked_against="OpenCV 4's Caffe reader"
    )
    print(f"{args.out / draft.name}.onnx: written; differs from OpenCV's Caffe reader by {worst:.1e} at most")
    return 0


def meaning_of(labels: Sequence[str]) -> Mapping[str, Any]:
    """What the decoder `classification` is told when the labels say it themselves: bins of years such as "(25-32)",
    or male and female."""
    bins = [_BIN.fullmatch(label.strip()) for label in labels]
    if bins and all(bins):
        return {"meaning": "age bins", "bins": [[int(match[1]), int(match[2])] for match in bins if match]}
    if {label.strip().lower() for label in labels} == GENDERS:
        return {"meaning": "gender"}
    return {}


def _check_card(model: Any, draft: CardDraft) -> None:
    shape = [d.dim_value for d in model.graph.input[0].type.tensor_type.shape.dim]
    if len(shape) != 4:
        raise MirrorError(f"the net's input is {shape}; pictures need batch, channels, height, width")
    for key, numbers in (("mean", draft.mean), ("std", draft.std)):
        if len(numbers) not in (1, shape[1]):
            raise MirrorError(f"--{key} has {len(numbers)} numbers, the net's input has {shape[1]} channels")
    classes = [d.dim_value for d in model.graph.output[0].type.tensor_type.shape.dim]
    if draft.decoder == "classification" and draft.labels and len(draft.labels) != classes[1]:
        raise MirrorError(f"--labels names {len(draft.labels)} classes, the net's output has {classes[1]}")
