"""faceres: an age distribution over whole years and the probability of a masculine presentation, in one net."""

from __future__ import annotations

import numpy as np

from mirror.domain import Estimate, FloatArray, MirrorError
from mirror.runtime.manifest import ModelCard
from mirror.vision.decoders.contract import FaceDecoder, FaceReading, Outputs
from mirror.vision.decoders.options import Options

TOP_AGES = 2
"""Age is the expectation over the likeliest bins: A. Savchenko, 'Efficient facial representations for age, gender
and identity recognition', 2019, found two best."""

LEAST_SPREAD = 6.0
"""Years either side at the least: published mean errors of such nets on unseen faces are 5 to 8 years."""


def decoder(card: ModelCard) -> FaceDecoder:
    """Options: ``first_age`` (of the first bin), ``male_from`` (the net's own equal point). Raises MirrorError when the
    graph lacks the outputs ``age`` and ``gender``."""
    options = Options(card)
    names = [spec.name for spec in card.outputs]
    if not {"age", "gender"} <= set(names):
        raise MirrorError(f"model '{card.name}': decoder 'faceres' reads outputs 'age' and 'gender', not {names}")
    age, gender = names.index("age"), names.index("gender")
    first_age = options.number("first_age", 0.0)
    male_from = options.number("male_from", 0.5, least=0.01, most=0.99)

    def read(outputs: Outputs) -> FaceReading:
        male = centred(float(outputs[gender].ravel()[0]), male_from)
        return FaceReading(age_estimate(outputs[age].ravel(), first_age), 1.0 - male)

    return FaceDecoder(frozenset({"age", "female"}), read)


def centred(probability: float, threshold: float) -> float:
    """A probability moved on the logit scale so that ``threshold`` becomes 0.5 (nets trained on unbalanced data
    have their equal point elsewhere)."""
    p = min(max(probability, 1e-6), 1 - 1e-6)
    logit = np.log(p / (1 - p)) - np.log(threshold / (1 - threshold))
    return float(1 / (1 + np.exp(-logit)))


def age_estimate(bins: FloatArray, first_age: float = 0.0) -> Estimate:
    """Years with an 80 % spread from the network's age distribution.

    Args:
        bins: (n,) softmax over whole years.
        first_age: the age of the first bin.
    """
    shares = bins.astype(np.float64) / max(float(bins.sum()), 1e-9)
    best = np.argsort(shares)[-TOP_AGES:]
    years = first_age + float((best * shares[best]).sum() / shares[best].sum())
    cumulative = np.cumsum(shares)
    low, high = (first_age + float(np.searchsorted(cumulative, share)) for share in (0.1, 0.9))
    return Estimate(years, max(0.0, min(low, years - LEAST_SPREAD)), max(high, years + LEAST_SPREAD))
