"""``mirror export quantize NAME --precision int8|fp16``: make a variant, measure it beside the full model, and write it
only when it passes the card's gate and is faster."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

HELP = (
    "Make an int8 (QDQ) or fp16 variant of a model, measure accuracy and time beside the full one, and write it into "
    "the models' folder only when it loses no more than the card's [model.gate] allows and is faster where it shall "
    "run."
)
EXAMPLE = "mirror export quantize movenet-thunder --precision int8 --calibration pictures/"
PROVIDERS = ("cpu", "cuda", "ort-tensorrt", "tensorrt")
GPU = ("cuda", "ort-tensorrt", "tensorrt")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="model of the manifest")
    parser.add_argument("--precision", required=True, choices=("int8", "fp16"))
    parser.add_argument("--models", type=Path, metavar="FOLDER", help="folder of models (default: the shipped ones)")
    parser.add_argument("--provider", action="append", choices=PROVIDERS, metavar="PROVIDER",
                        help="where it shall run; repeatable (default: cpu for int8; cuda, ort-tensorrt and tensorrt "
                             "for fp16)")
    parser.add_argument("--calibration", type=Path, metavar="PICTURES",
                        help="folder of pictures as your camera sees them; a third is held back for measuring "
                             "(default: the shared photos)")
    parser.add_argument("--method", choices=("percentile", "minmax"), default="percentile",
                        help="range of activations: all but the rarest values, or all (default percentile)")
    # export.quantize.calibrate.PERCENTILE, whose module is heavy to import
    parser.add_argument("--percentile", type=float, default=99.999,
                        help="of the values, that the range holds (default 99.999)")
    parser.add_argument("--keep-fp32", default="auto", metavar="WHICH",
                        help="layers that stay float32: auto (several plans are measured), a number of the most "
                             "sensitive, ends:FIRST,LAST, or names with commas")
    parser.add_argument("--full-range", action="store_true",
                        help="8-bit weights instead of 7; CPUs without VNNI overflow with them")
    parser.add_argument("--even-if-slower", action="store_true",
                        help="write it though it is not faster here, or its provider is not on this machine; it "
                             "becomes no default of a provider on which it was timed and is slower")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")


def run(args: argparse.Namespace) -> int:
    """Exit code 0 when the variant was written. Raises MirrorError when it was refused; nothing was written then."""
    from export.quantize.attempt import attempt
    from mirror.domain import UsageError

    if not 50 < args.percentile <= 100:
        raise UsageError(f"--percentile {args.percentile:g}: must be over 50 and 100 at most")
    providers = tuple(dict.fromkeys(args.provider or (("cpu",) if args.precision == "int8" else GPU)))
    done = attempt(
        args.name, args.precision, providers, folder=args.models, pictures=args.calibration, method=args.method,
        percentile=args.percentile, keep=args.keep_fp32, full_range=args.full_range, anyway=args.even_if_slower,
    )
    print(json.dumps(done.document()) if args.json else done.table())
    return 0
