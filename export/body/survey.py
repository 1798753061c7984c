"""ANSUR II as arrays: breadths, girths and BMI of the survey's people."""

from __future__ import annotations

import csv
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mirror.domain import MirrorError

Floats = NDArray[np.float64]

BREADTHS = ("bideltoidbreadth", "chestbreadth", "waistbreadth", "hipbreadth")
"""Front-view breadths in the order of the model's input: shoulder, chest, waist, hip."""
GIRTHS = ("chestcircumference", "waistcircumference", "buttockcircumference")
"""Chest (bust), waist (at the navel) and hip girth, in the order of the model's output."""
CALF_GIRTH, CALF_OF_GIRTH = "calfcircumference", 0.995
"""A calf seen from the front is this much of the breadth of a circle of its girth (20 `anny` bodies: spread 0.016); the
survey took the girth alone."""
FILES = (("ANSUR_II_FEMALE_Public.csv", 1.0), ("ANSUR_II_MALE_Public.csv", 0.0))


@dataclass(frozen=True, eq=False)
class Survey:
    """One row per person. ``ratios`` (n, 4) breadth / stature; ``calf`` (n,) the same of a calf; ``girths`` (n, 3)
    girth / stature; ``stature`` (n,) in cm; ``bmi`` (n,) kg/m2; ``female`` (n,) 0 or 1."""

    ratios: Floats
    calf: Floats
    girths: Floats
    stature: Floats
    bmi: Floats
    female: Floats

    def __len__(self) -> int:
        return len(self.bmi)

    def rows(self, index: NDArray[np.intp]) -> Survey:
        """The people at these row numbers; a row may come more than once."""
        return Survey(
            self.ratios[index], self.calf[index], self.girths[index], self.stature[index], self.bmi[index],
            self.female[index],
        )


def default_folder() -> Path:
    """``data/ansur2`` of the shared folder: ``$MIRROR_SHARED``, else ``../shared`` beside the repository."""
    repository = Path(__file__).resolve().parents[2]
    shared = Path(os.environ.get("MIRROR_SHARED") or repository.parent / "shared")
    return shared / "data" / "ansur2"


def read_survey(folder: Path | None = None) -> Survey:
    """Read both files of the survey. The survey writes lengths in mm and weight in tenths of a kilogram.

    Raises:
        MirrorError: a file is not there.
    """
    folder = default_folder() if folder is None else folder
    tables: list[Floats] = []
    for name, female in FILES:
        path = folder / name
        if not path.is_file():
            raise MirrorError(f"survey {path}: not there; set MIRROR_SHARED to the folder that holds data/ansur2")
        with path.open(encoding="latin-1", newline="") as file:
            rows = [
                [float(row[column]) for column in (*BREADTHS, *GIRTHS, "stature", "weightkg", CALF_GIRTH)] + [female]
                for row in csv.DictReader(file)
            ]
        tables.append(np.asarray(rows))
    table = np.concatenate(tables)
    stature = table[:, 7]
    return Survey(
        ratios=table[:, :4] / stature[:, None],
        calf=CALF_OF_GIRTH * table[:, 9] / np.pi / stature,
        girths=table[:, 4:7] / stature[:, None],
        stature=stature / 10,
        bmi=(table[:, 8] / 10) / (stature / 1000) ** 2,
        female=table[:, 10],
    )
