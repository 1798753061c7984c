"""``python -m export.body``: train the body-shape model on ANSUR II, measure it, write weights, card and manifest."""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from export.body.card import RENDERED, manifest_table, put_table, write_card
from export.body.graph import INPUT, OUTPUT, body_graph
from export.body.measure import crossed, evaluate, halves
from export.body.ridge import BodyModel, fit
from export.body.survey import read_survey
from mirror.domain import MirrorError
from mirror.runtime.manifest import default_folder

NAME = "body-shape"
SAMPLE = (0.277, 0.166, 0.184, 0.217, 0.073, 0.95, 1.0, 0.0, 0.0, 0.0, 0.045)
"""The survey's mean woman in a knit, calves bare: the input of the recorded pair."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0; 1 with one line when the survey cannot be read."""
    parser = argparse.ArgumentParser(prog="python -m export.body", description=__doc__)
    parser.add_argument("--survey", type=Path, default=None, help="folder with the two files of ANSUR II")
    parser.add_argument("--out", type=Path, default=None, help="folder to write to (default: the models' folder)")
    options = parser.parse_args(arguments)
    out: Path = options.out or default_folder()
    try:
        people = read_survey(options.survey)
        train, held_out = halves(people)
        figures = {**evaluate(fit(train), held_out, train), **crossed(people)}
        # what is shipped learns from everybody; the figures are of the model that did not see the held-out people
        write(out, fit(people), figures)
    except (MirrorError, OSError) as error:
        print(f"export.body: {error}", file=sys.stderr)
        return 1
    for key, value in figures.items():
        print(f"{key:36s} {value}")
    return 0


def write(out: Path, model: BodyModel, figures: Mapping[str, float]) -> None:
    """Write the graph, its recorded pair, its card and its manifest table into the folder ``out``."""
    data = body_graph(model).SerializeToString(deterministic=True)
    out.mkdir(parents=True, exist_ok=True)
    (out / f"{NAME}.onnx").write_bytes(data)
    sample = record(data, out / "samples" / f"{NAME}.npz")
    write_card(out / "cards" / f"{NAME}.md", figures, RENDERED)
    digest = hashlib.sha256(data).hexdigest()
    put_table(out / "manifest.toml", NAME, manifest_table(NAME, digest, figures, sample))


def record(model: bytes, path: Path) -> str:
    """Run the graph once on :data:`SAMPLE`, write input and output to ``path``; the file's sha256."""
    import onnxruntime

    fed = np.array([SAMPLE], np.float32)
    found = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"]).run([OUTPUT], {INPUT: fed})[0]
    path.parent.mkdir(parents=True, exist_ok=True)
    writing = path.with_suffix(".writing.npz")
    np.savez(writing, input=fed, **{OUTPUT: found})
    os.replace(writing, path)
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    raise SystemExit(main())
