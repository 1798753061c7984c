"""Writes the trained detector as ONNX: ``python -m export.garments.to_onnx RUN/last.pt models_onnx/garments.onnx``."""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from export.garments.net import Deployed, GarmentNet
from export.garments.photos import INPUT_HEIGHT, INPUT_WIDTH
from export.onnx_file import write_onnx

LARGEST_DIFFERENCE = 0.05
"""Box coordinates in pixels; scores differ far less."""


def blended(weights: Mapping[str, Tensor], other: Mapping[str, Tensor], share: float) -> dict[str, Tensor]:
    """Weights with ``share`` of another run's mixed in. Where one run started from the other, the mean generalises
    better than either (model soups); counters are taken from ``weights``."""
    return {
        name: value.lerp(other[name], share) if value.dtype.is_floating_point else value
        for name, value in weights.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("onnx", type=Path)
    parser.add_argument("--blend", type=Path, help="last.pt of the run this one started from")
    parser.add_argument("--share", type=float, default=0.2, help="of that run's weights")
    args = parser.parse_args()
    weights = torch.load(args.checkpoint, weights_only=True)["average"]
    if args.blend:
        weights = blended(weights, torch.load(args.blend, weights_only=True)["average"], args.share)
    net = GarmentNet(frozen=0)
    net.load_state_dict(weights)
    example = torch.rand(1, 3, INPUT_HEIGHT, INPUT_WIDTH, generator=torch.Generator().manual_seed(0)) * 255
    worst = write_onnx(Deployed(net), example, args.onnx, ["image"], ["boxes", "scores"])
    if worst > LARGEST_DIFFERENCE:
        raise SystemExit(f"{args.onnx}: differs from torch by {worst:.3g}")
    digest = hashlib.sha256(args.onnx.read_bytes()).hexdigest()
    print(f"{args.onnx}: differs from torch by {worst:.2g}, sha256 {digest}")


if __name__ == "__main__":
    main()
