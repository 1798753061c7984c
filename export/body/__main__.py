"""``python -m export.body``: train the body-shape model on ANSUR II, measure it, write weights, card and manifest."""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Sequence
from pathlib import Path

from export.body.card import manifest_table, put_table, write_card
from export.body.graph import body_graph
from export.body.measure import evaluate, halves
from export.body.ridge import fit
from export.body.survey import read_survey
from mirror.domain import MirrorError
from mirror.runtime.manifest import default_folder

NAME = "body-shape"


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
        figures = evaluate(fit(train), held_out, train)
        # what is shipped learns from everybody; the figures are of the model that did not see the held-out people
        data = body_graph(fit(people)).SerializeToString(deterministic=True)
        out.mkdir(parents=True, exist_ok=True)
        (out / f"{NAME}.onnx").write_bytes(data)
        write_card(out / "cards" / f"{NAME}.md", figures)
        put_table(out / "manifest.toml", NAME, manifest_table(NAME, hashlib.sha256(data).hexdigest(), figures))
    except (MirrorError, OSError) as error:
        print(f"export.body: {error}", file=sys.stderr)
        return 1
    for key, value in figures.items():
        print(f"{key:36s} {value}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
