"""What a variant is made and judged with: pictures for calibration, others for measuring, truth where it is known."""

from __future__ import annotations

import csv
import json
import os
from dataclasses import dataclass
from pathlib import Path

from export.quantize.scenes import pictures_in
from mirror.domain import MirrorError

SHARED_VARIABLE = "MIRROR_SHARED"
CALIBRATION_PICTURES = 80
HELD_BACK = 3
"""Of an own folder every third picture is held back for measuring."""
LEAST_PICTURES = 9


@dataclass(frozen=True)
class Evidence:
    """Picture files for calibration and, none of them the same, for measuring; ``data``: the shared data folder with
    truth, or None; ``says``: the pictures in words, for the card."""

    calibration: tuple[Path, ...]
    validation: tuple[Path, ...]
    data: Path | None
    says: str


def shared_data() -> Path | None:
    """``data`` of the shared folder (``$MIRROR_SHARED``, else ``../shared`` beside the repository), or None."""
    named = os.environ.get(SHARED_VARIABLE)
    root = Path(named).expanduser() if named else Path(__file__).resolve().parents[3] / "shared"
    data = root / "data"
    return data if (data / "ccp" / "instances_val.json").is_file() else None


def own_pictures(folder: Path) -> Evidence:
    """A folder of the user's own pictures, a third of them held back. Raises MirrorError when there are too few."""
    found = pictures_in(folder)
    if len(found) < LEAST_PICTURES:
        raise MirrorError(f"{folder}: {len(found)} pictures are too few; give {LEAST_PICTURES} or more, 100 are good")
    held = found[::HELD_BACK]
    rest = tuple(path for path in found if path not in set(held))
    calibration = _some(rest, CALIBRATION_PICTURES)
    return Evidence(calibration, held, shared_data(), f"{len(held)} pictures of a folder of one's own")


def street_photos(more_faces: bool = False) -> Evidence:
    """Street photos of the shared folder: training photos calibrate, validation photos measure (with ``more_faces``
    also every fifth of the tagged photos, which train no face net). Raises MirrorError when the folder is not there."""
    data = _data()
    ccp = data / "ccp"
    train, val = _listed(ccp, "train"), _listed(ccp, "val")
    says = "Clothing Co-Parsing, 100 validation street photos"
    if more_faces:
        tagged = sorted((ccp / "images_tagged").glob("*.jpg"))[::5]
        val, says = (*val, *tagged), f"Clothing Co-Parsing, faces of {len(val) + len(tagged)} street photos"
    return Evidence(_some(train, CALIBRATION_PICTURES), val, data, says)


def shop_photos(split: str) -> tuple[tuple[Path, ...], tuple[str, ...]]:
    """Single-garment photos of the shared folder and their categories. Raises MirrorError."""
    folder = _data() / "clothing"
    with (folder / "index.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == split and row["category"]]
    return tuple(folder / "images" / row["image"] for row in rows), tuple(row["category"] for row in rows)


def _listed(ccp: Path, split: str) -> tuple[Path, ...]:
    rows = json.loads((ccp / f"instances_{split}.json").read_text(encoding="utf-8"))["images"]
    return tuple(ccp / "images" / row["file_name"] for row in rows)


def _data() -> Path:
    data = shared_data()
    if data is None:
        raise MirrorError(
            f"no pictures to calibrate with: give --calibration FOLDER with 100 or so as your camera sees them, or set "
            f"{SHARED_VARIABLE} to the folder that holds data/"
        )
    return data


def _some(paths: tuple[Path, ...], count: int) -> tuple[Path, ...]:
    return paths[:: max(1, len(paths) // count)][:count]
