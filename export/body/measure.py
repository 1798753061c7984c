"""How good the body-shape model is on people it never saw: BMI and girths by wear level and noise, with intervals."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from export.body.ridge import BodyModel, fit, targets
from export.body.survey import Floats, Survey
from export.body.wear import FEMALE, LEVELS, NOISE, sight

HELD_OUT_SHARE = 0.2
REPEATS = 5
CROSSED_PARTS, CROSSED_REPEATS = 5, 40
"""Five draws of noise and ease leave a MAE uncertain by 0.007, as much as a better model gains."""
SPLIT_SEED, SIGHT_SEED = 1, 3
NOISES_SHOWN = (0.0, 0.03, 0.045, 0.06)
GIRTHS = ("chest", "waist", "hip")


def halves(people: Survey) -> tuple[Survey, Survey]:
    """Training and held-out people (80 / 20), always the same ones."""
    order = np.random.default_rng(SPLIT_SEED).permutation(len(people))
    cut = int(len(people) * (1 - HELD_OUT_SHARE))
    return people.rows(order[:cut]), people.rows(order[cut:])


def evaluate(model: BodyModel, people: Survey, train: Survey, repeats: int = REPEATS) -> Mapping[str, float]:
    """Figures on held-out ``people``; ``train`` only for the baseline that answers the mean of her sex.

    Keys are ``LEVEL_NOISE_WHAT`` (``fitted_3_bmi_mae``, noise in percent, ``calf_`` before it where the calves are
    bare), WHAT being ``bmi_mae``, ``bmi_in_80``, ``girths_in_80`` and ``chest_cm_mae`` and so on.
    """
    many = people.rows(np.tile(np.arange(len(people)), repeats))
    means = {sex: float(train.bmi[train.female == sex].mean()) for sex in (0.0, 1.0)}
    guess = np.array([means[float(sex)] for sex in people.female])
    figures: dict[str, float] = {"baseline_bmi_mae": float(np.abs(people.bmi - guess).mean())}
    for level, name in enumerate(LEVELS):
        for noise in NOISES_SHOWN:
            for calf in (False, True):
                x = sight(many, np.random.default_rng(SIGHT_SEED), noise=noise, level=level, calf=calf, sex=True)
                figures.update(_figures(f"{'calf_' * calf}{name}_{100 * noise:g}", model, x, many))
    x = sight(many, np.random.default_rng(SIGHT_SEED), noise=0.06, level=1, calf=False, sex=False)
    figures.update(_figures("sex_unknown_6", model, x, many))
    x = sight(many, np.random.default_rng(SIGHT_SEED), noise=0.06, level=1, calf=False, sex=True)
    x[:, FEMALE] = 1 - x[:, FEMALE]
    figures.update(_figures("wrong_sex_6", model, x, many))
    figures.update(_figures("mixed_6", model, mixed(many, 0.06), many))
    # noise of each breadth's own only, as the first trials counted it
    for level in (0, 1):
        x = sight(many, np.random.default_rng(SIGHT_SEED), noise=0.0, level=level, calf=False, sex=True)
        x[:, :4] *= np.exp(0.03 * np.random.default_rng(SIGHT_SEED + 1).normal(size=(len(x), 4)))
        x[:, NOISE] = 0.03
        figures.update(_figures(f"{LEVELS[level]}_3_own", model, x, many))
    return {key: round(value, 3) for key, value in figures.items()}


def crossed(people: Survey, parts: int = CROSSED_PARTS, noise: float = 0.03) -> Mapping[str, float]:
    """MAE of BMI where the wear is known, everybody held out once: each part is told by a model of the other parts.

    The held-out fifth of :func:`evaluate` is 1,214 people, and which ones they are moves a MAE by 0.02; this moves by
    half of that. Keys are ``LEVEL_3_bmi_mae_crossed`` and ``crossed_error``, the standard error of the first level's.
    """
    order = np.random.default_rng(SPLIT_SEED).permutation(len(people))
    wrong: dict[str, list[Floats]] = {name: [] for name in LEVELS[:-1]}
    for part in np.array_split(order, parts):
        model = fit(people.rows(np.setdiff1d(order, part)))
        many = people.rows(np.tile(part, CROSSED_REPEATS))
        for level, name in enumerate(LEVELS[:-1]):
            x = sight(many, np.random.default_rng(SIGHT_SEED), noise=noise, level=level, calf=False, sex=True)
            off = np.abs(model.predict(x)[:, 0, 0] - many.bmi)
            wrong[name].append(off.reshape(CROSSED_REPEATS, -1).mean(axis=0))
    each = {name: np.concatenate(rows) for name, rows in wrong.items()}
    figures = {f"{name}_{100 * noise:g}_bmi_mae_crossed": float(off.mean()) for name, off in each.items()}
    figures["crossed_error"] = float(each[LEVELS[0]].std() / np.sqrt(len(people)))
    return {key: round(value, 3) for key, value in figures.items()}


def mixed(people: Survey, noise: float, seed: int = SIGHT_SEED) -> Floats:
    """Everybody in clothes, with knowledge, drawn by chance: a third of each wear level, 10 % of them not told, sex
    not known of 30 %, calves bare of 20 %."""
    rng = np.random.default_rng(seed)
    n = len(people)
    level = np.where(rng.random(n) < 0.1, 4, rng.integers(1, 4, n))
    sex, calf = rng.random(n) >= 0.3, rng.random(n) < 0.2
    out = np.zeros((n, NOISE + 1))
    for one in range(1, len(LEVELS)):
        for s in (False, True):
            for c in (False, True):
                rows = np.flatnonzero((level == one) & (sex == s) & (calf == c))
                out[rows] = sight(people.rows(rows), rng, noise=noise, level=one, calf=c, sex=s)
    return out


def _figures(name: str, model: BodyModel, inputs: Floats, people: Survey) -> dict[str, float]:
    truth = targets(people)
    estimates = model.predict(inputs)
    inside = (truth >= estimates[:, :, 1]) & (truth <= estimates[:, :, 2])
    wrong = np.abs(estimates[:, :, 0] - truth)
    centimetres = wrong[:, 1:] * people.stature[:, None]
    return {
        f"{name}_bmi_mae": float(wrong[:, 0].mean()), f"{name}_bmi_in_80": float(inside[:, 0].mean()),
        f"{name}_girths_in_80": float(inside[:, 1:].mean()),
        **{f"{name}_{girth}_cm_mae": float(column.mean()) for girth, column in zip(GIRTHS, centimetres.T, strict=True)},
    }
