"""How a silhouette differs from the body in it: measuring noise, and what clothes add.

The survey measured people in shorts. A mirror sees clothes; so training adds to every breadth the ease of what is
worn, in centimetres, and then noise. The garment detector tells which level it is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from export.body.survey import Floats, Survey

OWN_NOISE = 0.055
"""Standard deviation of each breadth's own relative error (mask edge, row, arm cut)."""
COMMON_NOISE = 0.024
"""The same of the error all four share (stature in the picture: hair, heels, lens); together 6 %."""
NO_GARMENTS_SHARE = 0.1
"""Share of training people whose wear level is not told (the garment detector found nothing above the hips)."""
UNKNOWN_SEX_SHARE = 0.3
"""Share of training people whose sex is not told: no face was seen, or she did not want it asked."""

LEVELS = ("fitted", "loose", "outer")
EASE_CM = np.array(
    # mean ease of shoulder, chest, waist, hip breadth, cm
    [[0.6, 0.8, 1.0, 0.8], [1.4, 2.4, 3.4, 1.8], [3.6, 5.5, 8.0, 5.0]]
)
"""Half of a garment's ease in girth goes to the two sides of a front view at most. Fitted knits have 0-4 cm of ease,
shirts and jumpers 8-16 cm, jackets and coats 16-30 cm (pattern-cutting ranges for ease at the bust)."""
EASE_SPREAD_CM = np.array([[0.5, 0.6, 0.8, 0.7], [0.8, 1.2, 1.8, 1.2], [1.6, 2.2, 3.2, 2.6]])


@dataclass(frozen=True, eq=False)
class Sightings:
    """What a mirror would see of people: ``features`` (n, 7) in the model's input order, ``level`` (n,) worn."""

    features: Floats
    level: NDArray[np.intp]


def features(ratios: Floats, female: Floats, wear: Floats) -> Floats:
    """The model's input (n, 7): four breadths over stature, probability of female, shares of loose and of outer."""
    return np.column_stack([ratios, female, wear])


def sight(people: Survey, rng: np.random.Generator, *, noise: float = 1.0, told: bool | None = None,
          level: int | None = None) -> Sightings:
    """Dress and measure ``people`` once.

    ``noise`` scales the measuring noise. ``told``: True tells sex and wear level to the model of everybody, None of
    as many as in training. ``level``: one wear level for all, else drawn.
    """
    n = len(people)
    levels = rng.integers(0, len(LEVELS), n) if level is None else np.full(n, level)
    ease = rng.normal(EASE_CM[levels], EASE_SPREAD_CM[levels]).clip(0)
    clothed = people.ratios + ease / people.stature[:, None]
    error = rng.normal(0, OWN_NOISE, (n, 4)) + rng.normal(0, COMMON_NOISE, (n, 1))
    seen = clothed * np.exp(noise * error)
    # a face model is rarely quite sure, so neither is the training input
    sure = rng.uniform(0.85, 1.0, n)
    female = np.where(people.female > 0.5, sure, 1 - sure)
    wear = np.eye(len(LEVELS))[levels][:, 1:]
    if told is None:
        female = np.where(rng.random(n) < UNKNOWN_SEX_SHARE, 0.5, female)
        wear = np.where(rng.random((n, 1)) < NO_GARMENTS_SHARE, 1 / len(LEVELS), wear)
    return Sightings(features(seen, female, wear), levels)
