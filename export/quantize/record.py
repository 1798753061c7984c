"""``python -m export.quantize.record NAME...``: record a model's sample again after its file was replaced.

The input is cut from a frame of the demo, which this project drew, just as the mirror cuts it; models of other things
get seeded numbers. Outputs are those of the full graph and of each variant on the CPU. All models with ``--all``.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from export.manifest_table import with_block, write_manifest
from export.quantize.scenes import Feed, demo_frame, feeds, scene_of, smooth_numbers
from mirror.domain import MirrorError
from mirror.runtime.manifest import FULL_PRECISION, MANIFEST_NAME, Manifest, ModelCard, default_folder
from mirror.runtime.sample import INPUT, recorded_name
from mirror.runtime.session import Session

DEMO_FRAME = 285
"""She stands in full view, arms free, face to the camera: all 17 keypoints score over 0.6 there."""
TOLERANCE = 1e-3
"""Of the full graph on another CPU or provider: the order of sums makes 1e-6 to 1e-4 of the largest value."""


def sample_input(session: Session) -> Feed:
    """What the mirror feeds this model for the demo frame, else seeded numbers."""
    card = session.card
    if card.layout == "none" and not card.decoder:
        return smooth_numbers(card)
    found = feeds(session, [scene_of(demo_frame(DEMO_FRAME))])
    return found[-1] if found else smooth_numbers(card)


def record(folder: Path, name: str, feed: Feed | None = None) -> ModelCard:
    """Write ``samples/NAME.npz`` of a model and its ``[model.sample]`` block; the card as it is then.

    Raises:
        MirrorError: no such model, its file is not the manifest's, or nothing can be written.
    """
    card = Manifest.load(folder)[name]
    if feed is None:
        feed = sample_input(Session(card, precision=FULL_PRECISION))
    held = io.BytesIO()
    recorded: dict[str, Any] = {INPUT: feed}
    for precision in (FULL_PRECISION, *card.variants):
        outputs = Session(card, precision=precision).run(feed)
        for spec, output in zip(card.outputs, outputs, strict=True):
            recorded[recorded_name(spec.name, precision)] = output
    np.savez_compressed(held, **recorded)
    data = held.getvalue()
    relative = f"samples/{name}.npz"
    path = folder / relative
    try:
        path.parent.mkdir(exist_ok=True)
        writing = path.with_suffix(".writing")
        writing.write_bytes(data)
        os.replace(writing, path)
        text = (folder / MANIFEST_NAME).read_text(encoding="utf-8")
    except OSError as error:
        raise MirrorError(f"{path}: cannot be written: {(error.strerror or str(error)).lower()}") from error
    block = [f'file = "{relative}"', f'sha256 = "{hashlib.sha256(data).hexdigest()}"', f"tolerance = {TOLERANCE}"]
    write_manifest(folder, with_block(text, name, "[model.sample]", block))
    return Manifest.load(folder)[name]


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0; 1 with one line when a sample cannot be recorded; 2 for wrong use."""
    parser = argparse.ArgumentParser(prog="python -m export.quantize.record", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="model of the manifest")
    parser.add_argument("--all", action="store_true", help="every model of the folder")
    parser.add_argument("--models", type=Path, default=None, help="folder of models (default: the shipped ones)")
    args = parser.parse_args(arguments)
    folder = args.models or default_folder()
    if bool(args.names) == args.all:
        parser.error("give names of models, or --all")
    try:
        for name in [card.name for card in Manifest.load(folder)] if args.all else args.names:
            card = record(folder, name)
            assert card.sample is not None
            print(f"{name:20} {card.sample.path.stat().st_size / 1e3:7.1f} KB  {card.sample.sha256[:12]}")
    except MirrorError as error:
        print(f"export.quantize.record: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
