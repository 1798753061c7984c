"""Where the shared pictures lie that benchmarks measure on. They are no part of this repository."""

from __future__ import annotations

import os
from pathlib import Path

from mirror.domain import MirrorError

SHARED_VARIABLE = "MIRROR_SHARED"


def shared_data() -> Path:
    """The shared data folder: ``$MIRROR_SHARED/data``, else ``../shared/data`` beside the repository.

    Raises MirrorError when it is not there.
    """
    named = os.environ.get(SHARED_VARIABLE)
    root = Path(named).expanduser() if named else Path(__file__).resolve().parents[2] / "shared"
    data = root / "data"
    if not (data / "ccp" / "instances_val.json").is_file():
        raise MirrorError(f"no validation pictures under {data}: set {SHARED_VARIABLE} to the folder that holds data/")
    return data
