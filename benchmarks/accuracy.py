"""How right the models are: ``python -m benchmarks.accuracy [--json] [--only NAME]``.

Runs what the mirror runs (its own readers on ONNX Runtime, one thread, the default precisions) on the shared folder's
validation pictures, which no training saw: 100 street photos and 487 photos of single garments by senders of their own;
and on people of ANSUR II held out from training. Where the seed's way can be rebuilt (dlib on the whole photo, random
trees on pixels) it is measured on the same pictures. All of it ends in one table (`benchmarks.anchors`).
"""

from __future__ import annotations

import argparse
import datetime
import json
import platform
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.anchors import aligned, table
from benchmarks.body import measure_body
from benchmarks.faces import measure_faces
from benchmarks.garments import measure_garments
from benchmarks.pictures import Report
from benchmarks.retrieval import measure_embedding, measure_seed
from benchmarks.shared import shared_data
from benchmarks.stills import measure_stills
from mirror.domain import MirrorError
from mirror.runtime.manifest import Manifest

SUBJECTS: Mapping[str, Callable[[Path, Manifest], Report]] = {
    "garments": measure_garments, "embedding": measure_embedding, "seed": measure_seed, "faces": measure_faces,
    "stills": measure_stills, "body": measure_body,
}


def lines(document: Mapping[str, Any], indent: str = "") -> list[str]:
    """A report for reading: nested tables indented, flat tables on one line."""
    out: list[str] = []
    for key, value in document.items():
        if isinstance(value, Mapping) and any(isinstance(v, Mapping) for v in value.values()):
            out += [f"{indent}{key}", *lines(value, indent + "  ")]
        elif isinstance(value, Mapping):
            out.append(f"{indent}{key:<12} " + "  ".join(f"{k} {v}" for k, v in value.items()))
        else:
            out.append(f"{indent}{key:<12} {value}")
    return out


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures and prints; returns the exit code."""
    parser = argparse.ArgumentParser(prog="benchmarks.accuracy", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--json", action="store_true", help="one JSON document instead of a table")
    parser.add_argument("--only", choices=sorted(SUBJECTS), help="measure one subject")
    args = parser.parse_args(arguments)
    try:
        data, manifest = shared_data(), Manifest.load()
        document: Report = {
            "platform": platform.platform(), "python": platform.python_version(),
            "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        }
        for name, measure in SUBJECTS.items():
            if args.only in (None, name):
                document[name] = measure(data, manifest)
        document["table"] = table(document)
    except MirrorError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    if args.json:
        print(json.dumps(document, indent=1))
        return 0
    rows = document.pop("table")
    print("\n".join([*lines(document), "", *aligned(rows)]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
