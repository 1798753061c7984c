"""Puts the sha256 and the measured figures of one model into models_onnx/manifest.toml, leaving all else as it is.

``python -m export.manifest_table garments AP50=0.62 AP=0.39`` after the ONNX file has been written anew.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
from pathlib import Path

MODELS = Path(__file__).resolve().parents[1] / "models_onnx"


def replaced(text: str, name: str, sha256: str, accuracy: dict[str, str]) -> str:
    """The manifest with one table's hash and accuracy replaced. Raises ValueError when the table is not there."""
    start = text.find(f'[[model]]\nname = "{name}"\n')
    if start < 0:
        raise ValueError(f"no [[model]] named {name}")
    end = text.find("[[model]]", start + 1)
    table, rest = (text[start:], "") if end < 0 else (text[start:end], text[end:])
    table = re.sub(r'^sha256 = "[0-9a-f]*"$', f'sha256 = "{sha256}"', table, count=1, flags=re.M)
    lines = "\n".join(f"{key} = {value}" for key, value in accuracy.items())
    if accuracy and "[model.accuracy]" in table:
        block = re.compile(r"\[model\.accuracy\]\n(?:[^\[\n]+\n)*")
        table = block.sub(lambda _: f"[model.accuracy]\n{lines}\n", table, count=1)
    elif accuracy:
        table = f"{table.rstrip()}\n\n[model.accuracy]\n{lines}\n" + ("\n" if rest else "")
    return text[:start] + table + rest


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name")
    parser.add_argument("accuracy", nargs="*", help="KEY=NUMBER")
    args = parser.parse_args()
    path = MODELS / "manifest.toml"
    digest = hashlib.sha256((MODELS / f"{args.name}.onnx").read_bytes()).hexdigest()
    pairs = dict(pair.split("=", 1) for pair in args.accuracy)
    writing = path.with_suffix(".writing")
    writing.write_text(replaced(path.read_text(), args.name, digest, pairs))
    os.replace(writing, path)
    print(f"{args.name}: {digest}")


if __name__ == "__main__":
    main()
