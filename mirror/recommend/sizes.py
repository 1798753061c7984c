"""From girths to the letter she most likely buys, as probabilities.

Bounds. EN 13402-3 gives letters a range of chest girth for men and of bust girth for women, and lists the waist and
hip girths that go with each: a man's waist is his chest less 12 cm; a woman's hip is her bust plus 8 cm up to
a bust of 104, where the bust's steps change from 4 to 6 cm and the hip's to 5 cm. (Its tables as they are reproduced in
public; the standard's own text was not at hand.) Bottoms take a man's waist and a
woman's hip: where they sit.

A silhouette gives girth over stature; without a scale in the room stature is a spread of its own. Both are taken as
normal in the logarithm, so that a letter's probability is one difference of two distribution functions.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from mirror.domain import LETTER_SIZES, BodyShape, Estimate, SizeBelief, SizeKind

MEN_CHEST = (86.0, 94.0, 102.0, 110.0, 118.0)
"""Upper bounds in cm of XS, S, M, L, XL by a man's chest girth (EN 13402-3); XXL is above."""
WOMEN_BUST = (82.0, 90.0, 98.0, 107.0, 119.0)
"""The same by a woman's bust girth."""
MEN_WAIST = (74.0, 82.0, 90.0, 98.0, 106.0)
"""The same by a man's waist girth: the chest bounds less 12."""
WOMEN_HIP = (90.0, 98.0, 106.0, 114.5, 124.5)
"""The same by a woman's hip girth: the hips that EN 13402-3 lists beside those busts (104 -> 112, 110 -> 117,
116 -> 122, 122 -> 127)."""

WOMEN_EU: Mapping[str, tuple[str, ...]] = {
    "XS": ("32", "34"), "S": ("36", "38"), "M": ("40", "42"), "L": ("44", "46"), "XL": ("48", "50"),
    "XXL": ("52", "54"),
}
"""Numbers on women's labels that a letter covers, where 36 is a bust of 84 cm, 38 of 88 and so on (the German and
northern European count); a shop that counts otherwise writes letters or declares its own."""
MEN_EU: Mapping[str, tuple[str, ...]] = {
    "XS": ("40", "42"), "S": ("44", "46"), "M": ("48", "50"), "L": ("52", "54"), "XL": ("56", "58"),
    "XXL": ("60", "62"),
}
"""The same on men's labels, where the number is half the chest girth in cm."""

STATURE_CM: Mapping[str, tuple[float, float]] = {"women": (164.0, 7.0), "men": (177.0, 7.5)}
"""Mean and standard deviation of adults' stature: NCD-RisC 2016 (eLife 5:e13410) means for Europe and North America;
spread of a population (6.4 to 6.9 in ANSUR II) plus what shops differ by."""

Z_80 = 1.2816
"""Standard normal quantile of 0.9; an Estimate's low and high lie this many standard deviations away."""

GIRTH_BY_BMI: Mapping[str, tuple[float, float, float, float]] = {
    "chest": (-2.1981, 0.5103, 0.0049, 0.0401),
    "waist": (-3.0235, 0.7228, 0.0460, 0.0520),
    "hip": (-2.0456, 0.4530, 0.1140, 0.0294),
}
"""Log girth over stature from a BMI alone: intercept, slope on log BMI, women's part, residual deviation (least
squares over ANSUR II's 6,068 people). Used when a BMI came from elsewhere than the silhouette."""

LEAST_PROBABILITY = 0.005
"""Letters less likely than this are left out."""


def tops_letter(chest_cm: float, woman: bool) -> str:
    """The letter of a chest (bust) girth in cm."""
    return _letter(chest_cm, WOMEN_BUST if woman else MEN_CHEST)


def bottoms_letter(waist_cm: float, hip_cm: float, woman: bool) -> str:
    """The letter of a man's waist or a woman's hip girth in cm."""
    return _letter(hip_cm, WOMEN_HIP) if woman else _letter(waist_cm, MEN_WAIST)


def _letter(girth: float, bounds: tuple[float, ...]) -> str:
    return LETTER_SIZES[sum(girth >= bound for bound in bounds)]


def size_labels(likely: Sequence[str], woman: bool) -> tuple[str, ...]:
    """Labels that mean one of these sizes: each itself and, of a letter, the European numbers it covers."""
    numbers = WOMEN_EU if woman else MEN_EU
    return tuple(dict.fromkeys(label for size in likely for label in (size, *numbers.get(size, ()))))


def fits(stocked: Sequence[str], likely: Sequence[str], woman: bool) -> bool:
    """Whether any stocked label (of a women's or a men's item) is one of the likely sizes."""
    wanted = set(size_labels(likely, woman))
    return any(label in wanted for label in stocked)


def estimate_sizes(
    body: BodyShape, stature_cm: Estimate | None = None, female: float | None = None
) -> Mapping[SizeKind, SizeBelief]:
    """Probability of each letter for tops and bottoms; shoes cannot be told from a silhouette and are absent.

    Args:
        body: girths over stature, or only a BMI (then girths are taken from it, with a wider spread).
        stature_cm: her stature if it is known; else the population's.
        female: probability of female gender presentation; None counts as 0.5. The two tables are mixed by it.
    """
    share = 0.5 if female is None else min(1.0, max(0.0, female))
    chest, waist, hip = (
        _log_normal(girth) if girth is not None else _girth_by_bmi(name, body.bmi, share)
        for name, girth in (("chest", body.chest_girth), ("waist", body.waist_girth), ("hip", body.hip_girth))
    )
    return {
        "tops": _mixed(share, stature_cm, (chest, WOMEN_BUST), (chest, MEN_CHEST)),
        "bottoms": _mixed(share, stature_cm, (hip, WOMEN_HIP), (waist, MEN_WAIST)),
    }


_Normal = tuple[float, float]  # mean and standard deviation of a logarithm


def _mixed(
    share: float, stature: Estimate | None,
    women: tuple[_Normal, tuple[float, ...]], men: tuple[_Normal, tuple[float, ...]],
) -> SizeBelief:
    belief = dict.fromkeys(LETTER_SIZES, 0.0)
    for weight, who, (girth, bounds) in ((share, "women", women), (1 - share, "men", men)):
        if stature is None:
            mean, deviation = STATURE_CM[who]
            tall = (math.log(mean), deviation / mean)
        else:
            tall = _log_normal(stature)
        centre, spread = girth[0] + tall[0], math.hypot(girth[1], tall[1])
        reached = [0.0, *(_below(math.log(bound), centre, spread) for bound in bounds), 1.0]
        for label, low, high in zip(LETTER_SIZES, reached[:-1], reached[1:], strict=True):
            belief[label] += weight * (high - low)
    likely = {label: p for label, p in belief.items() if p >= LEAST_PROBABILITY}
    total = sum(likely.values())
    return {label: p / total for label, p in likely.items()}


def _log_normal(estimate: Estimate) -> _Normal:
    """An estimate with its 80 % interval as a normal of the logarithm."""
    low, high = max(estimate.low, 1e-6), max(estimate.high, 1e-6)
    return math.log(estimate.value), max((math.log(high) - math.log(low)) / (2 * Z_80), 1e-3)


def _girth_by_bmi(name: str, bmi: Estimate, female: float) -> _Normal:
    start, slope, sex, residual = GIRTH_BY_BMI[name]
    centre, spread = _log_normal(bmi)
    return start + slope * centre + sex * female, math.hypot(slope * spread, residual)


def _below(value: float, mean: float, deviation: float) -> float:
    return 0.5 * (1 + math.erf((value - mean) / (deviation * math.sqrt(2))))
