"""Ridge regression by cells: one quadratic for each state of what is known, blended where a state lies between two.

How far a breadth may be trusted depends on the measuring noise, on what is worn, on whether the calves are bare and on
whether her sex is known. A regression that holds for all of these at once is best at none; so one is fitted for each
cell of that grid, on the survey's people as a mirror would see them there, and the noise and the doubt about sex, which
are numbers, blend neighbouring cells. Every cell brings its own spread (heteroscedastic: a second regression, on the
logarithm of the residual) and its own two quantiles of residual over spread, so that its intervals hold 80 of 100.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

from export.body.survey import Floats, Survey
from export.body.wear import CALF, FEMALE, LEVELS, NOISE, WEAR, sight

DRAWS = 16
"""Times that each person is dressed and measured anew in every cell: 0.002 better than 4, and 24 are no better."""
PENALTY = 10.0
"""Ridge penalty on standardised features, for some 100,000 rows; anything from 1 to 100 gave the same error to 0.01."""
TARGETS = ("bmi", "chest", "waist", "hip")
"""BMI (kg/m2) and chest, waist and hip girth over stature; all are fitted as logarithms."""
NOISES = (0.0, 0.03, 0.06, 0.10)
"""Relative noise of a breadth at the grid's knots; a noise between two blends them, beyond the last one it is held."""
SURE_FROM = 0.35
"""Distance of the probability of female from one half, from which on her sex counts as known."""
TAIL = 0.10
"""Share outside the interval on each side."""
CELLS = tuple(product(range(len(NOISES)), range(len(LEVELS)), (False, True), (False, True)))
"""Noise knot, wear level, calves seen, sex known."""
PAIRS = tuple((i, j) for i in range(7) for j in range(i, 7))
"""The products of (1, four breadths, calf, female) with itself."""


@dataclass(frozen=True, eq=False)
class BodyModel:
    """``mean``, ``std`` (6,) of logged breadths, calf and of sex; ``weight`` (cells, 28, 8): log targets, then log
    spreads; ``quantiles`` (cells, 8): how many spreads the interval's low, then its high end lies off."""

    mean: Floats
    std: Floats
    weight: Floats
    quantiles: Floats

    def predict(self, inputs: Floats) -> Floats:
        """Value, low, high of each target (n, 4, 3) for inputs (n, 11)."""
        cells = memberships(inputs)
        products = self.products(inputs)
        both = np.zeros((len(inputs), 8))
        for cell, weight in enumerate(self.weight):
            rows = np.flatnonzero(cells[:, cell] > 0)
            both[rows] += cells[rows, cell, None] * (products[rows] @ weight)
        log, spread = both[:, :4], np.exp(both[:, 4:])
        steps = cells @ self.quantiles
        return np.exp(np.stack([log, log + steps[:, :4] * spread, log + steps[:, 4:] * spread], axis=2))

    def products(self, inputs: Floats) -> Floats:
        """Quadratic features (n, 28) of inputs (n, 11)."""
        z = np.column_stack([np.ones(len(inputs)), (logged(inputs) - self.mean) / self.std])
        z[:, 1 + CALF] *= inputs[:, CALF] > 0
        return np.stack([z[:, i] * z[:, j] for i, j in PAIRS], axis=1)


def targets(people: Survey) -> Floats:
    """The true targets (n, 4) in the order of :data:`TARGETS`."""
    return np.column_stack([people.bmi, people.girths])


def logged(inputs: Floats) -> Floats:
    """Logarithms of the five breadths, and sex (n, 6): 1 female, -1 male, between them when it is not known.

    Of somebody whose sex counts as known, how sure a face was says nothing about the body: it is noise, left out here.
    """
    return np.column_stack([np.log(np.maximum(inputs[:, :FEMALE], 1e-3)), _sex(inputs)])


def _sex(inputs: Floats) -> Floats:
    return ((inputs[:, FEMALE] - 0.5) / SURE_FROM).clip(-1, 1)


def memberships(inputs: Floats) -> Floats:
    """How much each cell has a say (n, cells); rows sum to 1."""
    noise = inputs[:, NOISE].clip(NOISES[0], NOISES[-1])
    hats = np.stack([np.interp(noise, NOISES, np.eye(len(NOISES))[k]) for k in range(len(NOISES))], axis=1)
    told = inputs[:, WEAR]
    worn = np.column_stack([1 - told.sum(axis=1), told])
    seen = (inputs[:, CALF] > 0).astype(np.float64)
    calf = np.column_stack([1 - seen, seen])
    sure = np.abs(_sex(inputs))
    sex = np.column_stack([1 - sure, sure])
    return np.stack(
        [hats[:, k] * worn[:, level] * calf[:, int(c)] * sex[:, int(s)] for k, level, c, s in CELLS], axis=1
    )


def fit(people: Survey, seed: int = 7) -> BodyModel:
    """Train every cell on ``people``, each dressed and measured :data:`DRAWS` times in it."""
    rng = np.random.default_rng(seed)
    many = people.rows(np.tile(np.arange(len(people)), DRAWS))
    y = np.log(targets(many))
    all_seen = logged(sight(many, rng, noise=0.06, level=1, calf=True, sex=True))
    mean, std = all_seen.mean(axis=0), all_seen.std(axis=0)
    mean[FEMALE], std[FEMALE] = 0.0, 1.0
    model = BodyModel(mean, std, np.zeros((len(CELLS), len(PAIRS), 8)), np.zeros((len(CELLS), 8)))
    for cell, (k, level, calf, sex) in enumerate(CELLS):
        x = model.products(sight(many, rng, noise=NOISES[k], level=level, calf=calf, sex=sex))
        value = _solved(x, y)
        residual = y - x @ value
        # mean of log |residual|, put back to a standard deviation (E log|N(0,1)| = -0.635)
        spread = _solved(x, np.log(np.abs(residual) + 1e-5) + 0.635)
        over = residual / np.exp(x @ spread)
        model.weight[cell] = np.column_stack([value, spread])
        model.quantiles[cell] = np.quantile(over, (TAIL, 1 - TAIL), axis=0).reshape(-1)
    return model


def _solved(x: Floats, y: Floats) -> Floats:
    penalty = np.full(x.shape[1], PENALTY)
    penalty[0] = 0.0  # the intercept
    return np.asarray(np.linalg.solve(x.T @ x + np.diag(penalty), x.T @ y), np.float64)
