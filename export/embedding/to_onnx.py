"""Writes the embedding as ONNX: ``python -m export.embedding.to_onnx RUN/embedding.pt OUT.onnx``."""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

import torch

from export.embedding.data import SIDE
from export.embedding.net import GarmentEmbedding
from export.onnx_file import write_onnx

LARGEST_DIFFERENCE = 1e-3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", type=Path)
    parser.add_argument("onnx", type=Path)
    args = parser.parse_args()
    model = GarmentEmbedding()
    model.load_state_dict(torch.load(args.weights, weights_only=True)["model"])
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
