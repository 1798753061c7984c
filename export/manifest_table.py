"""Puts the sha256 and the measured figures of one model into models_onnx/manifest.toml, leaving all else as it is.

``python -m export.manifest_table garments AP50=0.62 AP=0.39`` after the ONNX file has been written anew. What belonged
to the file before goes with it: its int8 and fp16 variants are taken out, its sample is recorded again.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from mirror.domain import MirrorError
from mirror.runtime.manifest import MANIFEST_NAME, Manifest

MODELS = Path(__file__).resolve().parents[1] / "models_onnx"
VARIANT = "[[model.variant]]"


def replaced(text: str, name: str, sha256: str, accuracy: dict[str, str]) -> str:
    """The manifest with one table's hash and accuracy replaced. Raises ValueError when the table is not there."""
    start, end = _bounds(text, name)
    table = re.sub(r'^sha256 = "[0-9a-f]*"$', f'sha256 = "{sha256}"', text[start:end], count=1, flags=re.M)
    text = text[:start] + table + text[end:]
    if not accuracy:
        return text
    return with_block(text, name, "[model.accuracy]", [f"{key} = {value}" for key, value in accuracy.items()])


def with_block(text: str, name: str, header: str, lines: Sequence[str] | None, holding: str = "") -> str:
    """The manifest with one block of a model's table put in place of the old one, or at the table's end.

    A block is a ``header`` line, such as "[model.gate]", and what follows it up to the next; with ``holding`` only a
    block with that line is meant (one of several ``[[model.variant]]``). ``lines`` None takes it out. Raises ValueError
    when the model is not there.
    """
    start, end = _bounds(text, name)
    blocks = re.split(r"(?m)^(?=\[)", text[start:end])
    kept: list[str] = []
    place = None
    for block in blocks:
        if not block:
            continue
        ours = block.splitlines()
        if ours[0].strip() == header and (not holding or holding in ours):
            place = len(kept) if place is None else place
        else:
            kept.append(block)
    if lines is not None:
        body = "\n".join([header, *lines]) + "\n\n"
        kept.insert(len(kept) if place is None else place, body)
    table = "\n\n".join(block.rstrip() for block in kept) + "\n"
    rest = text[end:]
    return text[:start] + table + ("\n" + rest if rest else "")


def default_lines(default: Mapping[str, str]) -> list[str] | None:
    """The lines of ``[model.default]``; None when it says nothing that the full precision does not."""
    return [f'{provider} = "{precision}"' for provider, precision in default.items() if precision != "fp32"] or None


def write_manifest(folder: Path, text: str) -> None:
    """Check the text and put it in place of the folder's manifest. Raises MirrorError; the old one stays then."""
    path = folder / MANIFEST_NAME
    # in a folder of its own: Manifest.load reads only a file of that name
    scratch = folder / ".writing"
    try:
        scratch.mkdir(exist_ok=True)
        writing = scratch / MANIFEST_NAME
        writing.write_text(text, encoding="utf-8")
        Manifest.load(scratch)
        os.replace(writing, path)
        scratch.rmdir()
    except OSError as error:
        raise MirrorError(f"{path}: cannot be written: {(error.strerror or str(error)).lower()}") from error


def renewed(folder: Path, name: str, accuracy: dict[str, str]) -> tuple[str, list[str]]:
    """The manifest's text for a model file written anew, and the precisions that were taken out with the old file.

    Raises:
        MirrorError: the manifest or the file cannot be read.
        ValueError: no such model.
    """
    card = Manifest.load(folder)[name]
    text = (folder / MANIFEST_NAME).read_text(encoding="utf-8")
    digest = hashlib.sha256(card.path.read_bytes()).hexdigest()
    text = replaced(text, name, digest, accuracy)
    if digest == card.sha256:
        return text, []
    gone = list(card.variants)
    for precision in gone:
        text = with_block(text, name, VARIANT, None, f'precision = "{precision}"')
    left = {provider: word for provider, word in card.default.items() if word not in gone}
    return with_block(text, name, "[model.default]", default_lines(left)), gone


def _bounds(text: str, name: str) -> tuple[int, int]:
    start = text.find(f'[[model]]\nname = "{name}"\n')
    if start < 0:
        raise ValueError(f"no [[model]] named {name}")
    end = text.find("[[model]]", start + 1)
    return start, len(text) if end < 0 else end


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0; 1 with one line when a file cannot be read or written."""
    parser = argparse.ArgumentParser(prog="python -m export.manifest_table", description=__doc__)
    parser.add_argument("name")
    parser.add_argument("accuracy", nargs="*", help="KEY=NUMBER")
    parser.add_argument("--models", type=Path, default=MODELS, help="folder of models (default: the shipped ones)")
    args = parser.parse_args(arguments)
    from export.quantize.record import record

    try:
        text, gone = renewed(args.models, args.name, dict(pair.split("=", 1) for pair in args.accuracy))
        write_manifest(args.models, text)
        record(args.models, args.name)
        card = Manifest.load(args.models)[args.name]
    except (MirrorError, ValueError, OSError) as error:
        print(f"export.manifest_table: {error}", file=sys.stderr)
        return 1
    print(f"{args.name}: {card.sha256}")
    for precision in gone:
        print(f"{args.name}: its {precision} variant was made from the old file and is out; "
              f"again: mirror export quantize {args.name} --precision {precision}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
