"""`mirror export sklearn`: a pipeline of random trees and a projection as a checked ONNX model."""

from __future__ import annotations

import argparse
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from export.checked import CardDraft, add_card_arguments, draft_from, require, write_checked
from mirror.domain import MirrorError, UsageError

HELP = (
    "Reads a fitted pipeline of RandomTreesEmbedding, TruncatedSVD or PCA, and Normalizer, saved by joblib or pickle, "
    "and compares the result with scikit-learn. Such a file is a program: it needs --trust."
)
EXAMPLE = "mirror export sklearn catalogue.joblib --trust --picture 80x80 --out mymodels --name seed-embedder"

CHANNELS = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", type=Path, help="the .joblib or .pkl file")
    parser.add_argument("--trust", action="store_true", help="read the file, although a pickle is a program")
    parser.add_argument("--picture", type=_picture, metavar="HEIGHTxWIDTH",
                        help="the features are the pixels of an RGB picture of this size (default: square if it fits)")
    add_card_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Read, convert, compare, write. Raises MirrorError; nothing is written then."""
    from export.pixel_feeds import pixel_feeds
    from export.sklearn_.convert import convert, features_of
    from export.sklearn_.file import PURPOSE, read_pipeline

    require("joblib", PURPOSE)
    pipeline = read_pipeline(args.source, args.trust)
    features = _said(args.source, features_of, pipeline)
    shape = _input_shape(features, args.picture)
    draft = draft_from(args, CardDraft(
        name="", task="embedding of a garment", decoder="embedding", layout="NHWC", colour="rgb",
        options={"fit": "stretch"}, origin=f"converted from {args.source.name}",
    ))
    if len(shape) != 4:
        draft = replace(draft, layout="none", colour="none", options={})
    feeds = pixel_feeds(draft, shape)
    model = _said(args.source, convert, pipeline, shape)

    def reference(feed: NDArray[Any]) -> list[NDArray[Any]]:
        row = pipeline.transform(feed.reshape(1, -1))
        return [np.asarray(row.toarray() if hasattr(row, "toarray") else row)]

    import sklearn

    worst = write_checked(model, draft, args.out, feeds, reference, args.tolerance,
                          checked_against=f"scikit-learn {sklearn.__version__}")
    print(f"{args.out / draft.name}.onnx: within {worst:.1e} of scikit-learn")
    return 0


def _said(path: Path, function: Any, *arguments: Any) -> Any:
    """The function's value; its complaint with the file's name."""
    try:
        return function(*arguments)
    except MirrorError as error:
        raise MirrorError(f"{path}: {error}") from error


def _input_shape(features: int, picture: tuple[int, int] | None) -> list[int]:
    if picture is not None:
        if picture[0] * picture[1] * CHANNELS != features:
            raise UsageError(
                f"--picture {picture[0]}x{picture[1]} has {picture[0] * picture[1] * CHANNELS} numbers, the pipeline "
                f"takes {features}"
            )
        return [1, *picture, CHANNELS]
    side = math.isqrt(features // CHANNELS)
    return [1, side, side, CHANNELS] if side * side * CHANNELS == features else [1, features]


def _picture(text: str) -> tuple[int, int]:
    height, _, width = text.partition("x")
    if not height.isdigit() or not width.isdigit() or not int(height) or not int(width):
        raise argparse.ArgumentTypeError(f"{text!r}: write HEIGHTxWIDTH, such as 80x80")
    return int(height), int(width)
