"""Ridge regression on quadratic features, fitted on people as a mirror would see them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from export.body.survey import Floats, Survey
from export.body.wear import sight

DRAWS = 24
"""Times that each person is dressed and measured anew; 8 gave the same error to 0.01, so this is plenty."""
PENALTY = 30.0
"""Ridge penalty on standardised features, for some 10^5 rows; anything from 1 to 300 gave the same error to 0.01."""
TARGETS = ("bmi", "chest", "waist", "hip")
"""BMI (kg/m2) and chest, waist and hip girth over stature; all are fitted as logarithms."""
Z_80 = 1.2816
"""Standard normal quantile of 0.9: value times exp(+-Z_80 * spread) holds 80 of 100."""


@dataclass(frozen=True, eq=False)
class BodyModel:
    """``mean``, ``std`` (7,) of the logged input; ``weight`` (64, 4) on the products of (1, z) with itself, giving
    log targets; ``spread_weight`` (4, 4) on (1, loose, outer, doubt about sex), giving log spreads."""

    mean: Floats
    std: Floats
    weight: Floats
    spread_weight: Floats

    def predict(self, inputs: Floats) -> tuple[Floats, Floats]:
        """Targets (n, 4) and their relative spreads (n, 4: standard deviations of the logarithm)."""
        return np.exp(self.products(inputs) @ self.weight), np.exp(_doubts(inputs) @ self.spread_weight)

    def products(self, inputs: Floats) -> Floats:
        """Quadratic features (n, 64) of inputs (n, 7)."""
        z = np.column_stack([np.ones(len(inputs)), (_logged(inputs) - self.mean) / self.std])
        return (z[:, :, None] * z[:, None, :]).reshape(len(z), -1)


def targets(people: Survey) -> Floats:
    """The true targets (n, 4) in the order of :data:`TARGETS`."""
    return np.column_stack([people.bmi, people.girths])


def fit(people: Survey, seed: int = 7) -> BodyModel:
    """Train on ``people``, each dressed and measured :data:`DRAWS` times."""
    rng = np.random.default_rng(seed)
    many = people.rows(np.tile(np.arange(len(people)), DRAWS))
    seen = sight(many, rng).features
    logged = _logged(seen)
    mean, std = logged.mean(axis=0), logged.std(axis=0)
    # sex and wear are centred where nothing is known and keep their own scale
    mean[4], std[4] = 0.5, 0.5
    mean[5:], std[5:] = 0.0, 1.0
    model = BodyModel(mean, std, np.zeros((64, 4)), np.zeros((4, 4)))
    x = model.products(seen)
    y = np.log(targets(many))
    penalty = np.full(x.shape[1], PENALTY)
    penalty[0] = 0.0  # the intercept
    weight: Floats = np.linalg.solve(x.T @ x + np.diag(penalty), x.T @ y).astype(np.float64)
    # the spread: mean of log |residual|, put back to a standard deviation (E log|N(0,1)| = -0.635)
    rows = _doubts(seen)
    residual = np.log(np.abs(y - x @ weight) + 1e-9) + 0.635
    spread: Floats = np.linalg.lstsq(rows, residual, rcond=None)[0].astype(np.float64)
    return BodyModel(mean, std, weight, spread)


def _logged(inputs: Floats) -> Floats:
    return np.column_stack([np.log(inputs[:, :4]), inputs[:, 4:]])


def _doubts(inputs: Floats) -> Floats:
    female = inputs[:, 4]
    return np.column_stack([np.ones(len(inputs)), inputs[:, 5], inputs[:, 6], 4 * female * (1 - female)])
