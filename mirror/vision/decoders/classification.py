"""Classes of a face: age bins to years with a spread, or two classes of gender presentation to a probability."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mirror.domain import Estimate, FloatArray, MirrorError
from mirror.runtime.manifest import ModelCard
from mirror.vision.decoders.activation import ACTIVATIONS
from mirror.vision.decoders.contract import FaceDecoder, FaceReading, Outputs, expect_shape
from mirror.vision.decoders.faceres import LEAST_SPREAD, TOP_AGES
from mirror.vision.decoders.options import Options

MEANINGS = ("age bins", "gender")
FEMALE_WORDS = ("female", "woman", "women", "f", "girl")


def decoder(card: ModelCard) -> FaceDecoder:
    """Option ``meaning``:

    - ``age bins``: ``bins`` holds [first, last] whole year of each class, in order; labels such as "(25, 32)" or
      "60-100" say the same;
    - ``gender``: ``female`` is the index of the female class (found by the labels when not given). A net with one
      output gives the probability of class 1; two classes are two outputs.

    ``activation`` none (the graph ends in a softmax or sigmoid), softmax or sigmoid. Raises MirrorError when card and
    options do not go together.
    """
    options = Options(card)
    index = options.output()
    if "meaning" not in options:
        raise options.wrong("meaning", f"is missing: one of {', '.join(MEANINGS)}")
    meaning = options.choice("meaning", MEANINGS, "")
    activation = options.choice("activation", tuple(ACTIVATIONS), "none")
    if meaning == "gender":
        return _gender(card, options, index, activation)
    bins = options.pairs("bins") or bins_of(card.labels)
    if not bins or any(last < first for first, last in bins):
        raise options.wrong("bins", "must be there: [first, last] year of each class, in order, such as [[0, 2], ...]")
    if activation == "sigmoid":
        raise options.wrong("activation", "of age bins is none or softmax")
    expect_shape(card, index, (1, len(bins)), f"[1, {len(bins)}], one number a bin")
    edges = np.array([(first, last + 1) for first, last in bins], np.float64)

    def read(outputs: Outputs) -> FaceReading:
        return FaceReading(age=age_of_bins(_shares(card, outputs[index], activation), edges))

    return FaceDecoder(frozenset({"age"}), read)


def bins_of(labels: Sequence[str]) -> tuple[tuple[float, float], ...]:
    """First and last year of labels that each hold two numbers; empty when one does not."""
    years = [[float(number) for number in re.findall(r"\d+", label)] for label in labels]
    return tuple((y[0], y[1]) for y in years) if all(len(y) == 2 for y in years) else ()


def age_of_bins(shares: FloatArray, edges: NDArray[np.float64]) -> Estimate:
    """Years from probabilities (n,) of bins with ``edges`` (n, 2), the end exclusive.

    The value is the mean of the two likeliest bins' middles by their shares (as with single years); the 80 % spread
    takes each bin's share as even over its years, and is at least LEAST_SPREAD either side.
    """
    middles = edges.mean(axis=1)
    best = np.argsort(shares)[-TOP_AGES:]
    years = float((middles[best] * shares[best]).sum() / max(float(shares[best].sum()), 1e-9))
    order = np.argsort(middles)
    ends = np.cumsum(shares[order].astype(np.float64))
    found = []
    for wanted in (0.1, 0.9):
        place = min(int(np.searchsorted(ends, wanted)), len(order) - 1)
        first, last = edges[order[place]]
        share = float(shares[order[place]])
        within = (wanted - (float(ends[place]) - share)) / max(share, 1e-9)
        found.append(float(first + min(max(within, 0.0), 1.0) * (last - first)))
    low, high = found
    return Estimate(years, max(0.0, min(low, years - LEAST_SPREAD)), max(high, years + LEAST_SPREAD))


def _gender(card: ModelCard, options: Options, index: int, activation: str) -> FaceDecoder:
    count = card.outputs[index].shape[-1]
    if count not in (1, 2):
        raise MirrorError(
            f"model '{card.name}': gender presentation takes one or two numbers, "
            f"output '{card.outputs[index].name}' has {count}"
        )
    expect_shape(card, index, (1, int(count)), f"[1, {count}]")
    named = [i for i, label in enumerate(card.labels[:2]) if label.strip().lower() in FEMALE_WORDS]
    if "female" not in options and len(named) != 1:
        raise options.wrong("female", "is missing: the index (0 or 1) of the female class")
    female = int(options.number("female", named[0] if named else 0, least=0, most=1))
    if count == 1 and activation == "softmax":
        raise options.wrong("activation", "of one output is none or sigmoid")

    def read(outputs: Outputs) -> FaceReading:
        if count == 1:
            first = float(ACTIVATIONS[activation](outputs[index]).ravel()[0])
            if not 0.0 <= first <= 1.0:
                raise MirrorError(
                    f"model '{card.name}' gives {first:.3g}, no probability: set activation = \"sigmoid\""
                )
            return FaceReading(female=first if female == 1 else 1.0 - first)
        return FaceReading(female=float(_shares(card, outputs[index], activation)[female]))

    return FaceDecoder(frozenset({"female"}), read)


def _shares(card: ModelCard, output: NDArray[np.float32], activation: str) -> FloatArray:
    """(n,) probabilities that sum to 1. Raises MirrorError when the numbers are logits and the card does not say so."""
    values = ACTIVATIONS[activation](output).ravel()
    total = float(values.sum())
    if float(values.min()) < 0 or total <= 0:
        raise MirrorError(f"model '{card.name}' gives numbers below 0, no probabilities: set activation = \"softmax\"")
    return np.asarray(values / total, dtype=np.float32)
