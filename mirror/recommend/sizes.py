"""From girths to the sizes she most likely buys, as probabilities: letters, European and American numbers.

The bounds and their sources are in :mod:`mirror.recommend.size_chart`. Tops go by the chest (bust), bottoms by a man's
waist and a woman's hip: where they sit. A dress must go over both, so its size is the larger of the two.

A silhouette gives girth over stature; without a scale in the room stature is a spread of its own. Both are taken as
normal in the logarithm, so that a label's probability is one difference of two distribution functions.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

from mirror.domain import LETTER_SIZES, BodyShape, Estimate, SizeBelief, SizeKind
from mirror.recommend.size_chart import Chart, Girth, Piece, SizeSystem, chart, covered

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

STATURE_STEPS = ((-1.7321, 1 / 6), (0.0, 2 / 3), (1.7321, 1 / 6))
"""Three-point Gauss-Hermite rule of a normal: standard deviations off the mean, and weights."""

LEAST_PROBABILITY = 0.005
"""Labels less likely than this are left out."""


def tops_letter(chest_cm: float, woman: bool) -> str:
    """The letter of a chest (bust) girth in cm."""
    return chart("letter", "tops", woman).label(chest_cm)


def bottoms_letter(waist_cm: float, hip_cm: float, woman: bool) -> str:
    """The letter of a man's waist or a woman's hip girth in cm."""
    return chart("letter", "bottoms", woman).label(hip_cm if woman else waist_cm)


def size_labels(
    likely: Sequence[str], woman: bool, system: SizeSystem = "eu", piece: Piece = "tops"
) -> tuple[str, ...]:
    """Labels that mean one of these sizes: each itself and, of a letter, the numbers of the shop's system it covers.

    Args:
        system: how the shop's numbers count; a 44 is another size to a European and to an American tailor.
        piece: American men's numbers are chest inches on tops and waist inches on bottoms.
    """
    return tuple(dict.fromkeys(
        label for size in likely for label in (size, *covered(size, woman, system, piece))
    ))


def fits(
    stocked: Sequence[str], likely: Sequence[str], woman: bool, system: SizeSystem = "eu", piece: Piece = "tops"
) -> bool:
    """Whether any stocked label (of a women's or a men's item) is one of the likely sizes."""
    wanted = set(size_labels(likely, woman, system, piece))
    return any(label in wanted for label in stocked)


def size_belief(
    body: BodyShape, piece: Piece, woman: bool, system: SizeSystem = "letter", stature_cm: Estimate | None = None
) -> SizeBelief:
    """Probability of each label of one system for tops or bottoms, of a woman or a man."""
    sizes = chart(system, piece, woman)
    return _likely(sizes.labels, _shares(sizes, body, woman, stature_cm))


def dress_belief(body: BodyShape, system: SizeSystem = "letter", stature_cm: Estimate | None = None) -> SizeBelief:
    """Probability of each label of a woman's dress: the larger of the sizes of her bust and of her hip.

    What is not known of the two girths is taken as independent but for the stature, which both share.
    """
    bust, hip = (chart(system, piece, True) for piece in ("tops", "bottoms"))
    tall = _stature(stature_cm, "women")
    shares = [0.0] * len(bust.labels)
    for step, weight in STATURE_STEPS:
        at = (tall[0] + step * tall[1], 1e-6)
        reached = [
            _reached(which, _girth(body, which.girth, 1.0), at) for which in (bust, hip)
        ]
        under = [a * b for a, b in zip(*reached, strict=True)]
        for i, (low, high) in enumerate(pairwise(under)):
            shares[i] += weight * (high - low)
    return _likely(bust.labels, shares)


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
    sizes: dict[SizeKind, SizeBelief] = {}
    pieces: tuple[Piece, ...] = ("tops", "bottoms")
    for piece in pieces:
        women, men = (_shares(chart("letter", piece, woman), body, woman, stature_cm, share) for woman in (True, False))
        sizes[piece] = _likely(LETTER_SIZES, [share * w + (1 - share) * m for w, m in zip(women, men, strict=True)])
    return sizes


_Normal = tuple[float, float]  # mean and standard deviation of a logarithm


def _shares(
    sizes: Chart, body: BodyShape, woman: bool, stature: Estimate | None, female: float | None = None
) -> list[float]:
    """Probability of each label of a chart; ``female`` for girths that come from a BMI alone."""
    girth = _girth(body, sizes.girth, float(woman) if female is None else female)
    reached = _reached(sizes, girth, _stature(stature, "women" if woman else "men"))
    return [high - low for low, high in pairwise(reached)]


def _reached(sizes: Chart, girth: _Normal, tall: _Normal) -> list[float]:
    """Probability of lying under each bound, with the 0 and 1 of the ends."""
    centre, spread = girth[0] + tall[0], math.hypot(girth[1], tall[1])
    return [0.0, *(_below(math.log(bound), centre, spread) for bound in sizes.bounds), 1.0]


def _stature(stature: Estimate | None, who: str) -> _Normal:
    if stature is not None:
        return _log_normal(stature)
    mean, deviation = STATURE_CM[who]
    return math.log(mean), deviation / mean


def _girth(body: BodyShape, name: Girth, female: float) -> _Normal:
    girth = {"chest": body.chest_girth, "waist": body.waist_girth, "hip": body.hip_girth}[name]
    return _log_normal(girth) if girth is not None else _girth_by_bmi(name, body.bmi, female)


def _likely(labels: Sequence[str], shares: Sequence[float]) -> SizeBelief:
    likely = {label: p for label, p in zip(labels, shares, strict=True) if p >= LEAST_PROBABILITY}
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
