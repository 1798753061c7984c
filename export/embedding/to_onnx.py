"""Writes the embedding as ONNX: ``python -m export.embedding.to_onnx RUN/last.pt OUT.onnx [--blend START]``."""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

import torch
from torch import Tensor

from export.embedding.data import SIDE
from export.embedding.net import GarmentEmbedding
from export.embedding.onnx_start import read_state
from export.onnx_file import write_onnx

LARGEST_DIFFERENCE = 1e-3


def blended(end: dict[str, Tensor], start: dict[str, Tensor]) -> dict[str, Tensor]:
    """The mean of two states of one run; the look is the end's: a run may start without one."""
    return {
        name: value if name.startswith("look.") or not value.dtype.is_floating_point else (value + start[name]) / 2
        for name, value in end.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", type=Path)
    parser.add_argument("onnx", type=Path)
    parser.add_argument("--blend", type=Path, help="what the run started from (.pt, .onnx): the mean is written")
    args = parser.parse_args()
    model = GarmentEmbedding()
    state = read_state(args.weights)
    if args.blend:
        state = blended(state, read_state(args.blend))
    model.load_state_dict(state)
    example = torch.rand(2, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(0)) * 255
    worst = write_onnx(
        model, example, args.onnx, ["image"], ["embedding"], {"image": {0: "n"}, "embedding": {0: "n"}}
    )
    if worst > LARGEST_DIFFERENCE:
        raise SystemExit(f"{args.onnx}: differs from torch by {worst:.3g}")
    digest = hashlib.sha256(args.onnx.read_bytes()).hexdigest()
    print(f"{args.onnx}: differs from torch by {worst:.2g}, sha256 {digest}")


if __name__ == "__main__":
    main()
