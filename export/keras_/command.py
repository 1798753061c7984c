"""`mirror export keras`: a Keras .h5 or .keras file as a checked ONNX model."""

from __future__ import annotations

import argparse
from pathlib import Path

from export.checked import CardDraft, add_card_arguments, draft_from, require, shape_like, write_checked
from mirror.domain import MirrorError

HELP = (
    "Reads a whole model saved by Keras 2 or 3 (functional or sequential), without TensorFlow, and compares the "
    "result with Keras on its PyTorch backend. Layers that hold code (Lambda, classes of one's own) are refused."
)
EXAMPLE = (
    "mirror export keras bmi.h5 --out mymodels --name face-bmi --task 'BMI from a face' --output bmi "
    "--option meaning=bmi --scale 0.00392156862745098 --licence 'our own'"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", type=Path, help="the .h5 or .keras file")
    parser.add_argument("--shape", type=shape_like("1,224,224,3"),
                        help="input shape where the file leaves it open, such as 1,224,224,3")
    parser.add_argument("--output", action="append", default=[], metavar="NAME",
                        help="name of the output (repeat for several; default: the layers that make them)")
    add_card_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Convert, compare, write. Raises MirrorError; nothing is written then."""
    require("h5py", "reading Keras files")
    from export.keras_.convert import convert
    from export.keras_.reference import keras_reference
    from export.pixel_feeds import pixel_feeds
    from export.tfjs.graph import ConversionError

    draft = draft_from(args, CardDraft(
        name="", task="regression", decoder="regression", layout="NHWC", origin=f"converted from {args.source.name}",
    ))
    try:
        model = convert(args.source, args.output or None, args.shape)
    except ConversionError as error:
        raise MirrorError(f"{args.source}: {error}") from error
    except OSError as error:
        raise MirrorError(f"{args.source}: {(error.strerror or str(error)).lower()}") from error
    shape = [dim.dim_value for dim in model.graph.input[0].type.tensor_type.shape.dim]
    feeds = pixel_feeds(draft, shape)
    worst = write_checked(model, draft, args.out, feeds, keras_reference(args.source), args.tolerance,
                          checked_against="Keras 3 on PyTorch")
    print(f"{args.out / draft.name}.onnx: within {worst:.1e} of Keras")
    return 0
