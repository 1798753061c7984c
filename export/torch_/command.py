"""`mirror export torch`: a state dict, TorchScript, or a net of the user's own code as a checked ONNX model."""

from __future__ import annotations

import argparse
import importlib
import sys
import tempfile
import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from export.checked import CardDraft, add_card_arguments, draft_from, require, shape_like, write_checked
from mirror.domain import MirrorError, UsageError

HELP = (
    "Reads weights (.pth, .pt, .safetensors) into an architecture it knows (--arch) or that your own code builds "
    "(--factory), and compares the result with PyTorch. Files that would execute code need --trust."
)
EXAMPLE = "mirror export torch fast_res50_256x192.pth --arch fastpose-50 --out mymodels --name alphapose"

ARCH_NAMES = (
    "fastpose-50", "fastpose-101", "fastpose-152", "hrnet-w32", "hrnet-w48",
    "rtmpose-t", "rtmpose-s", "rtmpose-m", "rtmpose-l",
)
"""Those of `export.torch_.nets`, which imports torch and is therefore not read for --help."""

KEYPOINTS = 17


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", type=Path, nargs="?", help="the weights, or TorchScript; not needed with --factory")
    known = parser.add_mutually_exclusive_group()
    known.add_argument("--arch", choices=ARCH_NAMES, help="a reference architecture, written by us")
    known.add_argument("--factory", metavar="MODULE:FUNCTION",
                       help="code of yours that returns the net, such as mynets.pose:build; it is executed")
    parser.add_argument("--keypoints", type=int, default=KEYPOINTS, help=f"of --arch (default {KEYPOINTS})")
    parser.add_argument("--width", type=float, default=1.0, help="channels of --arch over the published net's")
    parser.add_argument("--shape", type=shape_like("1,3,256,192"),
                        help="input shape, such as 1,3,256,192 (the default with --arch)")
    parser.add_argument("--output", action="append", default=[], metavar="NAME", help="name of an output; repeatable")
    parser.add_argument("--trust", action="store_true",
                        help="execute code in the file: TorchScript, or a whole pickled net")
    add_card_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Load, convert, compare, write. Raises MirrorError; nothing is written then."""
    torch = require("torch", "exporting PyTorch models")
    from export.pixel_feeds import pixel_feeds
    from export.torch_.nets import ARCHS, POSE_SIZE, SIDE_MULTIPLE, SKELETONS

    if args.source is None and args.factory is None:
        raise UsageError("say which file holds the weights, or which code builds the net: --factory MODULE:FUNCTION")
    arch = ARCHS.get(args.arch)
    shape = args.shape or ([1, 3, POSE_SIZE[1], POSE_SIZE[0]] if arch else None)
    if shape is None:
        raise UsageError("say the input's shape, such as --shape 1,3,256,192")
    if arch and (len(shape) != 4 or shape[1] != 3 or shape[2] % SIDE_MULTIPLE or shape[3] % SIDE_MULTIPLE):
        raise UsageError(f"--shape {shape}: {args.arch} takes 1,3,height,width in multiples of {SIDE_MULTIPLE}")
    if not arch and (args.width != 1 or args.keypoints != KEYPOINTS):
        raise UsageError("--width and --keypoints belong to --arch")
    if args.keypoints < 1 or args.width <= 0:
        raise UsageError("--keypoints and --width must be above 0")
    title = args.source.name if args.source else args.factory
    defaults = CardDraft(name="", task="", decoder="", origin=f"converted from {title}")
    if arch:
        skeleton = {"skeleton": SKELETONS[args.keypoints]} if args.keypoints in SKELETONS and not args.labels else {}
        defaults = replace(
            defaults, task="pose of one person", decoder=arch.decoder, scale=arch.scale, mean=arch.mean, std=arch.std,
            options={**arch.options, **skeleton},
        )
    draft = draft_from(args, defaults)
    feeds = pixel_feeds(draft, shape)
    net = _net(args, arch, (shape[3], shape[2]) if arch else (0, 0))
    names = list(args.output or (arch.outputs if arch else ()))
    model, flat = to_onnx(net, torch.from_numpy(feeds[0]), names)

    def reference(feed: Any) -> list[Any]:
        with torch.no_grad():
            return [part.numpy() for part in flat(torch.from_numpy(feed))]

    worst = write_checked(model, draft, args.out, feeds, reference, args.tolerance,
                          checked_against=f"PyTorch {torch.__version__}")
    print(f"{args.out / draft.name}.onnx: within {worst:.1e} of PyTorch")
    return 0


def _net(args: argparse.Namespace, arch: Any, size: tuple[int, int]) -> Any:
    """The net with its weights, from whichever of the three ways was asked for."""
    from torch import nn

    from export.torch_.weights import fit, read_weights

    weights = None if args.source is None else read_weights(args.source, args.trust)
    if isinstance(weights, nn.Module):
        if arch or args.factory:
            raise UsageError(f"{args.source} is a whole net: leave out --arch and --factory")
        return weights
    if weights is not None and not arch and not args.factory:
        raise UsageError(f"{args.source} holds weights alone: say the architecture with --arch or --factory")
    net = arch.build(args.keypoints, size, args.width) if arch else _made(args.factory)
    if weights is not None:
        fit(net, weights, args.arch or args.factory, args.source)
    return net


def _made(factory: str) -> Any:
    """What the user's function returns. Her folder is where she runs the command."""
    from torch import nn

    module, colon, function = factory.partition(":")
    if not module or not colon or not function:
        raise UsageError(f"--factory {factory!r}: write MODULE:FUNCTION, such as mynets.pose:build")
    sys.path.insert(0, str(Path.cwd()))
    try:
        net = getattr(importlib.import_module(module), function)()
    except Exception as error:  # it is the user's code: anything can come
        raise MirrorError(f"--factory {factory}: {type(error).__name__}: {' '.join(str(error).split())}") from error
    finally:
        sys.path.remove(str(Path.cwd()))
    if not isinstance(net, nn.Module):
        raise MirrorError(f"--factory {factory} returned a {type(net).__name__}, not a torch.nn.Module")
    return net


def to_onnx(net: Any, example: Any, names: Sequence[str]) -> tuple[Any, Any]:
    """The ONNX model of ``net`` and a module that gives its outputs as a tuple. Raises MirrorError."""
    import onnx
    import torch

    from export.onnx_file import write_onnx
    from export.torch_.flat import Flat

    # a loaded TorchScript cannot be traced through a wrapper, only exported as it is
    script = isinstance(net, torch.jit.ScriptModule)
    flat = Flat(net.eval())
    try:
        with warnings.catch_warnings(), torch.no_grad(), tempfile.TemporaryDirectory() as scratch:
            warnings.simplefilter("ignore")
            count = len(flat(example))
            wanted = list(names) or (["output"] if count == 1 else [f"output{i}" for i in range(count)])
            if len(wanted) != count:
                raise UsageError(f"the net has {count} outputs, {len(wanted)} are named: {', '.join(wanted)}")
            path = Path(scratch) / "model.onnx"
            if script and not isinstance(net(example), (torch.Tensor, tuple)):
                raise MirrorError("TorchScript must return a tensor or a tuple of tensors to be exported")
            write_onnx(net if script else flat, example, path, ["image"], wanted)
            return onnx.load(str(path)), flat
    except MirrorError:
        raise
    except Exception as error:  # tracing runs the net: anything can come
        reason = " ".join(str(error).split())[:200]
        raise MirrorError(f"PyTorch cannot export the net for an input {list(example.shape)}: {reason}") from error
