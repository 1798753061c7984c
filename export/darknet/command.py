"""`mirror export darknet`: a Darknet net becomes a checked ONNX file with a card."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from export.checked import CardDraft, add_card_arguments, draft_from
from mirror.domain import MirrorError, UsageError

if TYPE_CHECKING:
    from export.darknet.convert import Converted

HELP = "Darknet cfg and weights: YOLOv3, YOLOv3-tiny and their kin, with boxes decoded in the graph"
EXAMPLE = (
    "mirror export darknet garments.cfg garments.weights --name garments-yolov3 --out my-models --labels garments.names"
)
DEFAULTS = CardDraft(
    name="", task="garments worn: category, box and score", decoder="", layout="NCHW", colour="rgb", scale=1 / 255,
    normalisation="RGB in 0..1, letterboxed on grey",
)
BOX_OPTIONS: Mapping[str, Any] = {"pad": 128, "score_threshold": 0.25}
"""Darknet letterboxes on grey 0.5; 0.25 is its own threshold of detections (`darknet detector test`)."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("cfg", type=Path, help="the net's layers")
    parser.add_argument("weights", type=Path, help="its weights")
    parser.add_argument("--raw", action="store_true",
                        help="leave the heads as they are (decoder yolo-v3); default: boxes and scores from the graph")
    parser.add_argument("--nms", action="store_true", help="non-maximum suppression in the graph too")
    parser.add_argument("--nms-iou", type=float, default=0.45,
                        help="boxes of a class overlap at most so (default 0.45)")
    parser.add_argument("--nms-score", type=float, default=0.25, help="least score that is kept (default 0.25)")
    parser.add_argument("--nms-most", type=int, default=100, help="most boxes kept of a class (default 100)")
    parser.add_argument("--unchecked", action="store_true", help="write it without comparing it with OpenCV 4's reader")
    add_card_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Convert, compare, write. Raises MirrorError; nothing was written then."""
    from export.checked import write_checked
    from export.darknet.convert import convert
    from export.darknet.heads import Suppression
    from export.darknet.reference import opencv_reference
    from export.opencv_reader import example_feeds, require_reader

    if args.raw and args.nms:
        raise UsageError("--raw leaves the heads undecoded, --nms needs boxes: give one of them")
    if not 0 <= args.nms_iou <= 1 or not 0 <= args.nms_score <= 1 or args.nms_most < 1:
        raise UsageError("--nms-iou and --nms-score lie in 0..1, --nms-most is 1 or more")
    if not args.unchecked:
        require_reader("readNetFromDarknet", "Darknet")
    draft = draft_from(args, DEFAULTS)
    form = "heads" if args.raw else "boxes"
    suppression = Suppression(args.nms_iou, args.nms_score, args.nms_most) if args.nms else None
    converted = convert(args.cfg, args.weights, form, suppression)  # type: ignore[arg-type]
    draft = _completed(draft, converted, args.raw)
    shape = [d.dim_value for d in converted.model.graph.input[0].type.tensor_type.shape.dim]
    feeds = example_feeds(draft, shape)
    if args.unchecked:
        write_checked(converted.model, draft, args.out, feeds, None, args.tolerance)
        print(f"{args.out / draft.name}.onnx: written, compared with nothing")
        return 0
    reference = opencv_reference(args.cfg, args.weights, converted, form, suppression)  # type: ignore[arg-type]
    worst = write_checked(
        converted.model, draft, args.out, feeds, reference, args.tolerance,
        checked_against="OpenCV 4's Darknet reader",
    )
    print(f"{args.out / draft.name}.onnx: written; differs from OpenCV's Darknet reader by {worst:.1e} at most")
    return 0


def _completed(draft: CardDraft, converted: Converted, raw: bool) -> CardDraft:
    """The draft with what the cfg tells. Raises MirrorError when the labels are not its classes."""
    if not converted.heads:
        return replace(draft, decoder=draft.decoder or "classification")
    classes = converted.heads[0].classes
    if draft.labels and len(draft.labels) != classes:
        raise MirrorError(f"--labels names {len(draft.labels)} classes, the cfg has {classes}")
    if not draft.labels:
        print(f"note: no --labels: the mirror can use the model only when its card names the {classes} classes",
              file=sys.stderr)
    options = {**BOX_OPTIONS, **(converted.options if raw else {}), **draft.options}
    return replace(draft, decoder=draft.decoder or ("yolo-v3" if raw else "yolo-anchor-free"), options=options)
