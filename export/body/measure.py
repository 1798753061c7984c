"""How good the body-shape model is on people it never saw, as the mirror uses it: BMI, girths, sizes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from export.body.ridge import Z_80, BodyModel, targets
from export.body.survey import Floats, Survey
from export.body.wear import LEVELS, Sightings, sight
from mirror.domain import LETTER_SIZES, BodyShape, Estimate
from mirror.recommend.sizes import bottoms_letter, estimate_sizes, tops_letter

HELD_OUT_SHARE = 0.2
REPEATS = 3
SPLIT_SEED, SIGHT_SEED = 1, 3
STATURE_TOLD_CM = 1.0
"""Half the 80 % interval of a stature that she told: people round."""


def halves(people: Survey) -> tuple[Survey, Survey]:
    """Training and held-out people (80 / 20), always the same ones."""
    order = np.random.default_rng(SPLIT_SEED).permutation(len(people))
    cut = int(len(people) * (1 - HELD_OUT_SHARE))
    return people.rows(order[:cut]), people.rows(order[cut:])


def evaluate(model: BodyModel, people: Survey, train: Survey) -> Mapping[str, float]:
    """Figures on held-out ``people``; ``train`` only for the baseline that answers the mean of her sex."""
    many = people.rows(np.tile(np.arange(len(people)), REPEATS))
    means = {sex: float(train.bmi[train.female == sex].mean()) for sex in (0.0, 1.0)}
    guess = np.array([means[float(sex)] for sex in people.female])
    figures: dict[str, float] = {"baseline_bmi_mae": _mean(np.abs(people.bmi - guess))}
    for name, sightings in _conditions(many).items():
        values, spreads = model.predict(sightings.features)
        truth = targets(many)
        inside = (np.abs(np.log(truth / values)) <= Z_80 * spreads).astype(np.float64)
        figures[f"{name}_bmi_mae"] = _mean(np.abs(values - truth)[:, 0])
        figures[f"{name}_bmi_in_80"] = _mean(inside[:, 0])
        centimetres = np.abs(values - truth)[:, 1:] * many.stature[:, None]
        for girth, column in zip(("chest", "waist", "hip"), centimetres.T, strict=True):
            figures[f"{name}_{girth}_cm_mae"] = _mean(column)
    for told in (True, False):
        figures.update(_sizes(model, many, told))
    return {key: round(value, 3) for key, value in figures.items()}


def _conditions(people: Survey) -> dict[str, Sightings]:
    def seen(**how: object) -> Sightings:
        return sight(people, np.random.default_rng(SIGHT_SEED), **how)  # type: ignore[arg-type]

    worn = {name: seen(level=i, told=True) for i, name in enumerate(LEVELS)}
    wrong = seen(level=0, told=True)
    wrong.features[:, 4] = 1 - wrong.features[:, 4]
    return {
        "noise_0": seen(level=0, told=True, noise=0.0), "noise_3": seen(level=0, told=True, noise=0.5), **worn,
        "mixed": seen(), "wrong_sex": wrong,
    }


def _sizes(model: BodyModel, people: Survey, told: bool) -> dict[str, float]:
    """Letter sizes in fitted clothes with 3 % noise and the stature told, or in mixed clothes with 6 % without."""
    how = {"level": 0, "told": True, "noise": 0.5} if told else {}
    sightings = sight(people, np.random.default_rng(SIGHT_SEED), **how)  # type: ignore[arg-type]
    values, spreads = model.predict(sightings.features)
    name = "stature_told_noise_3" if told else "mixed_no_stature"
    hits: dict[str, list[tuple[bool, bool, bool]]] = {"tops": [], "bottoms": []}
    for i in range(0, len(people), REPEATS):
        shape = _shape(sightings.features[i], values[i], spreads[i])
        stature = float(people.stature[i])
        known = Estimate(stature, stature - STATURE_TOLD_CM, stature + STATURE_TOLD_CM, "declared") if told else None
        beliefs = estimate_sizes(shape, known, float(sightings.features[i, 4]))
        chest, waist, hip = (float(g) * stature for g in people.girths[i])
        woman = people.female[i] > 0.5
        truths = {"tops": tops_letter(chest, woman), "bottoms": bottoms_letter(waist, hip, woman)}
        for kind in hits:
            belief = beliefs[kind]  # type: ignore[index]
            ranked = sorted(belief, key=lambda label: -belief[label])
            near = abs(LETTER_SIZES.index(ranked[0]) - LETTER_SIZES.index(truths[kind])) <= 1
            likely = [ranked[0]] + [label for label in ranked[1:2] if belief[label] >= 0.2]
            hits[kind].append((ranked[0] == truths[kind], near, truths[kind] in likely))
    figures = {}
    for kind, rows in hits.items():
        exact, within_one, offered = np.mean(rows, axis=0)
        figures[f"{name}_{kind}_exact"] = float(exact)
        figures[f"{name}_{kind}_within_one"] = float(within_one)
        figures[f"{name}_{kind}_among_offered"] = float(offered)
    return figures


def _shape(inputs: Floats, values: Floats, spreads: Floats) -> BodyShape:
    estimates = [
        Estimate(float(v), float(v * np.exp(-Z_80 * s)), float(v * np.exp(Z_80 * s)))
        for v, s in zip(values, spreads, strict=True)
    ]
    shoulder, chest, waist, hip = (float(ratio) for ratio in inputs[:4])
    return BodyShape(shoulder, chest, waist, hip, estimates[0], "body", *estimates[1:])


def _mean(values: Floats) -> float:
    return float(np.mean(values))
