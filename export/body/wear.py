"""How a silhouette differs from the body in it: measuring noise, and what clothes add.

The survey measured people in shorts. A mirror sees clothes; so training adds to every breadth the ease of what is
worn, in centimetres, and then noise. The garment detector tells which level it is.
"""

from __future__ import annotations

import numpy as np

from export.body.survey import Floats, Survey

FULL_NOISE = 0.06
OWN_NOISE, COMMON_NOISE = 0.055 / FULL_NOISE, 0.024 / FULL_NOISE
"""Of a relative noise, the share that is each breadth's own (mask edge, row, arm cut) and the share that all have in
common (stature in the picture: hair, heels, lens): 5.5 and 2.4 of 6 %."""

LEVELS = ("close", "fitted", "loose", "outer", "unknown")
"""What is worn above the hips: sports and swimwear (as in the survey), knits, shirts, jackets and coats, not known."""
EASE_CM = np.array(
    # mean ease of shoulder, chest, waist, hip breadth, cm
    [[0.0, 0.0, 0.0, 0.0], [0.4, 0.6, 0.7, 0.6], [1.4, 2.4, 3.4, 1.8], [3.6, 5.5, 8.0, 5.0]]
)
"""Knits have 0-4 cm of ease in girth, shirts and jumpers 8-16 cm, jackets and coats 16-30 cm (pattern-cutting ranges
for ease at the bust); laid evenly around the body, ease in girth adds a pi-th of itself to a breadth."""
EASE_SPREAD_CM = np.array(
    [[0.0, 0.0, 0.0, 0.0], [0.25, 0.37, 0.45, 0.37], [0.8, 1.2, 1.8, 1.2], [1.6, 2.2, 3.2, 2.6]]
)
SHARES_WHEN_UNKNOWN = (0.0, 0.4, 0.35, 0.25)
"""What people wear when the detector saw nothing above the hips."""

CALF, FEMALE, WEAR, NOISE = 4, 5, slice(6, 10), 10
"""Columns of the input: the calf breadth after four breadths, the probability of female, four flags of wear (fitted,
loose, outer, unknown; none is close), the relative noise that is expected."""
WIDTH = 11


def sight(
    people: Survey, rng: np.random.Generator, *, noise: float, level: int, calf: bool, sex: bool
) -> Floats:
    """Dress and measure ``people`` once: the model's input (n, 11).

    Args:
        noise: relative standard deviation of a breadth.
        level: index into :data:`LEVELS`; unknown draws what is worn.
        calf: whether the calves are bare and seen.
        sex: whether it is known (as surely as a face tells it), or one half is told.
    """
    n = len(people)
    unknown = level == len(LEVELS) - 1
    worn = rng.choice(len(SHARES_WHEN_UNKNOWN), n, p=SHARES_WHEN_UNKNOWN) if unknown else np.full(n, level)
    ease = rng.normal(EASE_CM[worn], EASE_SPREAD_CM[worn]).clip(0)
    true = np.column_stack([people.ratios + ease / people.stature[:, None], people.calf])
    error = OWN_NOISE * rng.normal(size=(n, 5)) + COMMON_NOISE * rng.normal(size=(n, 1))
    seen = true * np.exp(noise * error)
    # a face model is rarely quite sure, so neither is the training input
    sure = rng.uniform(0.85, 1.0, n)
    out = np.zeros((n, WIDTH))
    out[:, :4] = seen[:, :4]
    out[:, CALF] = seen[:, 4] if calf else 0.0
    out[:, FEMALE] = np.where(people.female > 0.5, sure, 1 - sure) if sex else 0.5
    if level > 0:
        out[:, WEAR.start + level - 1] = 1.0
    out[:, NOISE] = noise
    return out
