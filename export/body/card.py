"""The model's card and its table in the manifest."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from export.body.graph import INPUT, OUTPUT, OUTPUT_LABELS

CARD = """# body-shape

**Task.** From front-view silhouette breadths over stature to BMI and girths, each with an interval that should hold the
truth in 80 of 100 cases. It only leads to a size; the mirror never shows a BMI.

**Input** `breadths` float32 [1, 7]: shoulder (bideltoid), chest, waist (at the navel), hip breadth over stature, of the
silhouette as seen, clothes and all; probability of female gender presentation (0.5: not known); 1 for loose wear
(shirt, longsleeve), 1 for outerwear, both 0 for fitted wear, both 1/3 when not known.

**Output** `estimates` float32 [1, 12]: value, low, high of BMI (kg/m2) and of chest (bust), waist and hip girth over
stature.

**How.** Ridge regression on quadratic features, fitted on logarithms; intervals from the residuals' spread by wear
level and by doubt about sex. Trained in a second on two cores by `python -m export.body`: each of the 6,068 people of
ANSUR II is dressed {draws} times (fitted 1 cm, loose 2-3 cm, outer 4-8 cm of ease on a breadth, drawn) and measured
with 6 %
noise (5.5 % of each breadth's own, 2.4 % common to all four).

**Measured** on {share:.0%} held-out people (the shipped weights are then fitted on everybody). Noise and ease are drawn
as in training; real silhouettes have errors of their own.

| worn, noise | BMI MAE | true BMI in interval | chest / waist / hip MAE, cm |
| --- | --- | --- | --- |
{rows}
| the mean of her sex (baseline) | {baseline_bmi_mae:.2f} | | |

The reader (mirror/vision/silhouette.py) answered on 84 of 100 street photos of one person each, none of whose BMI is
known: its mean BMI was 21.8 in fitted, 21.6 in loose and 20.9 in outer wear. 16 it left: turned more than some 45
degrees, feet unsure, or a bag in the silhouette.

| letter size (EN 13402-3) | exact | within one | among the one or two offered |
| --- | --- | --- | --- |
{size_rows}

**Not for** children, pregnancy, wheelchair users, or anybody who does not stand upright facing the camera: the reader
answers nothing when the silhouette is not plausible, but cannot know all of these. The survey is of US army people of
17-58 years (few under BMI 18.5 or over 35): outside that range the answer leans to the middle. Cameras see a body in
perspective; a camera at breast height at 2 m widens the waist against the feet by some percent, which is inside
the noise but is not zero on average.

**Data and licence.** ANSUR II (US Army NSRDEC, 2012, public release). Weights: ours, Apache-2.0.
"""
CONDITIONS = (
    ("noise_0", "fitted, none"), ("noise_3", "fitted, 3 %"), ("fitted", "fitted, 6 %"), ("loose", "loose, 6 %"),
    ("outer", "outer, 6 %"), ("wrong_sex", "fitted, 6 %, told the wrong sex"),
    ("mixed", "mixed, 6 %; sex unknown of 30 %, wear of 10 %"),
)
SIZES = (
    ("stature_told_noise_3", "stature told, fitted, 3 %"), ("mixed_no_stature", "stature not known, mixed, 6 %"),
)


def write_card(path: Path, figures: Mapping[str, float]) -> None:
    """Write the card with the figures of :func:`export.body.measure.evaluate`."""
    from export.body.measure import HELD_OUT_SHARE
    from export.body.ridge import DRAWS

    rows = [
        f"| {words} | {figures[f'{key}_bmi_mae']:.2f} | {figures[f'{key}_bmi_in_80']:.0%} | "
        + " / ".join(f"{figures[f'{key}_{girth}_cm_mae']:.1f}" for girth in ("chest", "waist", "hip")) + " |"
        for key, words in CONDITIONS
    ]
    size_rows = [
        f"| {kind}: {words} | " + " | ".join(
            f"{figures[f'{key}_{kind}_{part}']:.0%}" for part in ("exact", "within_one", "among_offered")
        ) + " |"
        for key, words in SIZES for kind in ("tops", "bottoms")
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        CARD.format(
            draws=DRAWS, share=HELD_OUT_SHARE, rows="\n".join(rows), size_rows="\n".join(size_rows),
            baseline_bmi_mae=figures["baseline_bmi_mae"],
        ),
        encoding="utf-8",
    )


def manifest_table(name: str, sha256: str, figures: Mapping[str, float]) -> str:
    """The ``[[model]]`` table as TOML text."""
    shown = (
        "baseline_bmi_mae", "noise_3_bmi_mae", "fitted_bmi_mae", "mixed_bmi_mae", "mixed_bmi_in_80",
        "stature_told_noise_3_tops_exact", "stature_told_noise_3_tops_within_one",
    )
    accuracy = "\n".join(f"{key} = {figures[key]}" for key in shown)
    labels = ", ".join(f'"{label}"' for label in OUTPUT_LABELS)
    return f"""[[model]]
name = "{name}"
task = "BMI and girths from silhouette breadths"
file = "{name}.onnx"
card = "cards/{name}.md"
sha256 = "{sha256}"
inputs = [{{ name = "{INPUT}", shape = [1, 7], dtype = "float32" }}]
outputs = [{{ name = "{OUTPUT}", shape = [1, {len(OUTPUT_LABELS)}], dtype = "float32" }}]
normalisation = "in graph: breadths over stature as measured"
labels = [{labels}]
licence = "Apache-2.0"
origin = "this project, trained on ANSUR II (US Army, public release)"

[model.accuracy]
{accuracy}
"""


def put_table(path: Path, name: str, table: str) -> None:
    """Put a model's table into the manifest, in the place of the one of that name, else at the end."""
    parts = path.read_text(encoding="utf-8").split("[[model]]\n") if path.is_file() else [""]
    texts, placed = [parts[0].rstrip() + "\n"], False
    for part in parts[1:]:
        if part.startswith(f'name = "{name}"'):
            texts.append(table)
            placed = True
        else:
            texts.append("[[model]]\n" + part.rstrip() + "\n")
    if not placed:
        texts.append(table)
    writing = path.with_suffix(".writing")
    writing.write_text("\n".join(texts), encoding="utf-8")
    os.replace(writing, path)
