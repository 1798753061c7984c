"""How right the body reader is: ``python -m benchmarks.accuracy --only body``.

Held-out people of ANSUR II tell what the model makes of breadths (the figures of ``export.body``, on weights that never
saw them) and of sizes. Rendered bodies of known shape, seen by the shipped mask and pose nets, tell how well breadths
are read: ``python -m benchmarks.body FOLDER`` draws them (with the `anny` package) and ``MIRROR_RENDERED`` names that
folder; without it that part says that it was left out.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks.shared import shared_data
from export.body.measure import evaluate, halves
from export.body.ridge import BodyModel, fit, targets
from export.body.survey import Survey, read_survey
from export.body.wear import sight
from mirror.domain import BodyShape, Estimate, FloatArray, ImageArray, Mask, MirrorError, Pose
from mirror.recommend.size_chart import Piece, SizeSystem, chart
from mirror.recommend.sizes import dress_belief, size_belief
from mirror.runtime.manifest import Manifest
from mirror.runtime.session import Session
from mirror.vision.mask import MaskReader
from mirror.vision.people import PeopleFinder
from mirror.vision.pose import PoseReader, body_region, next_region
from mirror.vision.silhouette import measure

BREADTHS = ("shoulder", "chest", "waist", "hip", "calf")
COUNT, SEED = 60, 5
"""Bodies drawn for the figures; the reader's constants were set on those of seed 4."""
LIKELY = 0.2
"""A second size is offered from this probability on (domain.Profile.likely_sizes)."""
Report = dict[str, Any]


def measure_body(data: Path, manifest: Manifest) -> Report:
    """BMI and intervals on held-out people, sizes, and breadths of rendered bodies."""
    people = read_survey(data / "ansur2")
    train, held_out = halves(people)
    model = fit(train)
    figures = evaluate(model, held_out, train, repeats=3)
    bmi = {
        name: {"MAE": figures[f"{key}_bmi_mae"], "in_80": figures[f"{key}_bmi_in_80"]}
        for name, key in (
            ("clean", "close_0"), ("close_3", "close_3"), ("fitted_3", "fitted_3"), ("fitted_3_own", "fitted_3_own"),
            ("loose_3", "loose_3"), ("outer_3", "outer_3"), ("fitted_3_calves_bare", "calf_fitted_3"),
            ("mixed_6", "mixed_6"),
        )
    }
    return {
        "sha256": manifest["body-shape"].sha256, "bmi": bmi,
        "baseline": {"MAE": figures["baseline_bmi_mae"], "what": "the mean of her sex"},
        "sizes": sizes(model, held_out), "rendered": rendered(manifest),
    }


def sizes(model: BodyModel, people: Survey) -> Report:
    """How often the likeliest size is hers, is one off at most, and is among the one or two offered."""
    report: Report = {}
    for told in (True, False):
        inputs = sight(
            people, np.random.default_rng(3), noise=0.03 if told else 0.06, level=1 if told else 2, calf=False,
            sex=True,
        )
        estimates, truth = model.predict(inputs), targets(people)
        hits: dict[str, list[tuple[bool, bool, bool]]] = {}
        for i in range(len(people)):
            stature, woman = float(people.stature[i]), bool(people.female[i] > 0.5)
            known = Estimate(stature, stature - 1, stature + 1, "declared") if told else None
            shape = _shape(inputs[i], estimates[i])
            chest, waist, hip = (float(girth) * stature for girth in truth[i, 1:])
            girths = {"chest": chest, "waist": waist, "hip": hip}
            for system in _SYSTEMS:
                for piece in _PIECES:
                    labels = chart(system, piece, woman)
                    belief = size_belief(shape, piece, woman, system, known)
                    name = f"{system}_{piece}_{'women' if woman else 'men'}"
                    hits.setdefault(name, []).append(_hit(belief, labels.labels, labels.label(girths[labels.girth])))
                if woman:
                    bust, hips = (chart(system, p, True) for p in _PIECES)
                    both = max(bust.labels.index(bust.label(chest)), hips.labels.index(hips.label(hip)))
                    belief = dress_belief(shape, system, known)
                    hits.setdefault(f"{system}_dresses_women", []).append(_hit(belief, bust.labels, bust.labels[both]))
        name = "fitted, 3 %, stature told" if told else "loose, 6 %, stature not known"
        report[name] = {
            key: {
                part: round(float(share), 3)
                for part, share in zip(("exact", "within_one", "offered"), np.mean(rows, axis=0), strict=True)
            }
            for key, rows in sorted(hits.items())
        }
    return report


_PIECES: tuple[Piece, ...] = ("tops", "bottoms")
_SYSTEMS: tuple[SizeSystem, ...] = ("letter", "eu", "us")


def _hit(belief: Mapping[str, float], labels: Sequence[str], true: str) -> tuple[bool, bool, bool]:
    ranked = sorted(belief, key=lambda label: -belief[label])
    offered = [ranked[0]] + [label for label in ranked[1:2] if belief[label] >= LIKELY]
    return ranked[0] == true, abs(labels.index(ranked[0]) - labels.index(true)) <= 1, true in offered


def _shape(inputs: Any, estimates: Any) -> BodyShape:
    bmi, chest, waist, hip = (Estimate(float(v), float(low), float(high)) for v, low, high in estimates)
    shoulder, breast, belly, seat = (float(v) for v in inputs[:4])
    return BodyShape(shoulder, breast, belly, seat, bmi, "body", chest, waist, hip)


def rendered(manifest: Manifest) -> Report:
    """Relative error of each breadth against the mesh's own, on the pictures in ``MIRROR_RENDERED``."""
    folder = os.environ.get("MIRROR_RENDERED")
    if not folder:
        return {"left_out": "set MIRROR_RENDERED to the folder that `python -m benchmarks.body FOLDER` drew"}
    return breadth_errors(manifest, Path(folder))


def breadth_errors(manifest: Manifest, folder: Path) -> Report:
    """The same of one folder with pictures and ``truth.json``.

    Raises:
        MirrorError: the folder holds no pictures that were drawn by this module.
    """
    path = folder / "truth.json"
    if not path.is_file():
        raise MirrorError(f"{path}: not there; draw the bodies with python -m benchmarks.body FOLDER")
    rows = json.loads(path.read_text(encoding="utf-8"))
    eyes = Eyes(manifest)
    errors: list[list[float]] = []
    kept: list[Mapping[str, Any]] = []
    for row in rows:
        image = cv2.imread(str(folder / row["name"]), cv2.IMREAD_COLOR)
        seen = None if image is None else eyes.look(np.asarray(image, np.uint8))
        found = None if seen is None else measure(*seen, 0)
        if found is not None:
            errors.append([(getattr(found, b) or np.nan) / row[b] - 1 for b in BREADTHS])
            kept.append(row)
    table = np.array(errors, np.float32)
    bag = np.array([bool(row["bag"]) for row in kept])
    hanging = np.array([row["arms"] < 15 for row in kept])
    report: Report = {"pictures": len(rows), "measured": len(kept)}
    groups = {
        "all": np.ones(len(kept), bool), "arms_hang": hanging & ~bag, "arms_away": ~hanging & ~bag, "with_bag": bag,
    }
    for name, chosen in groups.items():
        if chosen.any():
            report[f"{name}_median_error"] = _by_breadth(np.abs(table[chosen]))
    report["all_signed"] = _by_breadth(table)
    return report


def _by_breadth(errors: FloatArray) -> Mapping[str, float]:
    return {b: round(float(v), 3) for b, v in zip(BREADTHS, np.nanmedian(errors, axis=0), strict=True)}


class Eyes:
    """The mirror's own nets over one still."""

    def __init__(self, manifest: Manifest) -> None:
        self._people = PeopleFinder(Session(manifest["movenet-multipose"]))
        self._pose = PoseReader(Session(manifest["movenet-thunder"]))
        self._mask = MaskReader(Session(manifest["blazepose-full"]))

    def look(self, image: ImageArray) -> tuple[Mask, Pose] | None:
        """Mask and pose of the largest person, None when nobody is seen."""
        found = self._people.find(image)
        if not found:
            return None
        pose = max(found, key=lambda person: person.box.area).pose
        for _ in range(2):
            region = next_region(pose)
            if region is None:
                return None
            pose = self._pose.read(image, region)
        region = body_region(pose)
        mask = None if region is None else self._mask.read(image, region)
        return None if mask is None else (mask, pose)


def draw(folder: Path, count: int = COUNT, seed: int = SEED) -> None:
    """Draw ``count`` bodies twice each (arms away, arms hanging) with their truth into ``folder``. Needs `anny`."""
    from export.body.figures import Stance, posed, shapes, truth
    from export.body.painter import View, paint, random_dress

    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for i, (body, woman) in enumerate(shapes(folder, count, seed)):
        known = asdict(truth(body))
        for hanging in (False, True):
            rng = np.random.default_rng([seed, i, int(hanging)])
            stance = Stance(
                float(rng.uniform(5, 14) if hanging else rng.uniform(15, 45)), float(rng.uniform(0, 25)),
                float(rng.uniform(0, 5)), float(rng.uniform(-15, 15)))
            bag = hanging and bool(rng.random() < 0.2)
            height, distance, fills = (float(rng.uniform(*span)) for span in ((1.1, 1.6), (2.2, 3.8), (0.62, 0.86)))
            view = View(height, distance, fills=fills)
            image = paint(body, posed(body, stance), random_dress(rng, woman, bag), view, rng)
            name = f"{i:03d}{'h' if hanging else 'a'}.jpg"
            cv2.imwrite(str(folder / name), image, [cv2.IMWRITE_JPEG_QUALITY, 92])
            rows.append({"name": name, "woman": woman, "bag": bag, "arms": stance.arms, **known})
    (folder / "truth.json").write_text(json.dumps(rows), encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) == 2:
        draw(Path(sys.argv[1]))
    else:
        print(json.dumps(measure_body(shared_data(), Manifest.load()), indent=1))
