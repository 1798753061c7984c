"""One table out of all measurements: task, our figure, the seed's way on the same pictures, the published anchor.

An anchor is what a paper reports for the like task on its own data: it says what is usual, not who is better.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

NOT_TO_BE_HAD = "weights not to be had"
NOT_MEASURED = "-"


@dataclass(frozen=True)
class Row:
    """One line: ``ours`` and ``seed`` are paths into the measured document, or for ``seed`` a remark."""

    task: str
    figure: str
    ours: tuple[str, ...]
    seed: tuple[str, ...] | str
    anchor: str


LEVI_HASSNER = "Levi and Hassner 2015, Adience"
DEEPFASHION2 = "Match R-CNN, DeepFashion2 (Ge et al. 2019)"
FACE_BMI = "faces, ResNet50 and kin: 3.6 to 6.5 (arXiv 2311.18102)"

ROWS: Sequence[Row] = (
    Row("whole body in view", "of 100 photos", ("stills", "with", "full_body"), f"AlphaPose: {NOT_TO_BE_HAD}", "none"),
    Row("frontal face", "of 100 photos", ("faces", "ours"), ("faces", "seed"), "none"),
    Row("frontal face", "ms", ("faces", "median_ms", "ours"), ("faces", "median_ms", "seed"), "none"),
    Row("garments", "AP50", ("garments", "AP50"), f"YOLOv3: {NOT_TO_BE_HAD}", "none"),
    Row("garments", "AP", ("garments", "AP"), f"YOLOv3: {NOT_TO_BE_HAD}", f".667, 13 classes: {DEEPFASHION2}"),
    Row("category of nearest", "R@1", ("embedding", "R@1"), ("seed", "generous", "R@1"), "none"),
    Row("category of nearest", "R@5", ("embedding", "R@5"), ("seed", "generous", "R@5"), "none"),
    Row("category of nearest", "P@5", ("embedding", "P@5"), ("seed", "generous", "P@5"), "none"),
    Row("same garment altered", "R@1 of 4,000", ("embedding", "same_garment", "R@1"),
        ("seed", "generous", "same_garment", "R@1"), "none"),
    Row("street crop to shop photo", "P@5", ("embedding", "street_to_shop", "P@5"), NOT_MEASURED,
        f"top-1 .19 for the very garment: {DEEPFASHION2}"),
    Row("BMI from the body, clean", "MAE", ("body", "bmi", "clean", "MAE"), f"face net: {NOT_TO_BE_HAD}", FACE_BMI),
    Row("BMI, 3 % noise, close wear", "MAE", ("body", "bmi", "close_3", "MAE"), f"face net: {NOT_TO_BE_HAD}", FACE_BMI),
    Row("BMI, 3 % noise, tee", "MAE", ("body", "bmi", "fitted_3", "MAE"), ("body", "baseline", "MAE"),
        "in the seed's column: guessing the mean of her sex"),
    Row("gender presentation", "see the card of faceres", (), f"Caffe net: {NOT_TO_BE_HAD}", f".868: {LEVI_HASSNER}"),
    Row("age", "no measured ages to be had", (), f"Caffe net: {NOT_TO_BE_HAD}",
        f"right group of 8 in .507: {LEVI_HASSNER}"),
)


def look_up(document: Mapping[str, Any], path: Sequence[str]) -> str:
    """The figure at a path of the document, or a dash where it was not measured."""
    value: Any = document
    for key in path:
        if not isinstance(value, Mapping) or key not in value:
            return NOT_MEASURED
        value = value[key]
    return NOT_MEASURED if isinstance(value, Mapping) else str(value)


def table(document: Mapping[str, Any]) -> list[dict[str, str]]:
    """The rows with their figures filled in, as JSON has them."""
    return [
        {
            "task": row.task, "figure": row.figure, "ours": look_up(document, row.ours),
            "seed": row.seed if isinstance(row.seed, str) else look_up(document, row.seed), "anchor": row.anchor,
        }
        for row in ROWS
    ]


def aligned(rows: Sequence[Mapping[str, str]]) -> list[str]:
    """The table for reading, in columns."""
    heads = {"task": "task", "figure": "figure", "ours": "ours", "seed": "the seed's way", "anchor": "published"}
    lines = [heads, *rows]
    widths = {key: max(len(line[key]) for line in lines) for key in heads}
    return ["  ".join(line[key].ljust(widths[key]) for key in heads).rstrip() for line in lines]
