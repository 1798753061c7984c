"""What each kind of decoder gives. A decoder is made of a card (which is checked then) and is a pure function."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from mirror.domain import Estimate, FloatArray, MirrorError
from mirror.runtime.manifest import ModelCard

Outputs = Sequence[NDArray[Any]]
"""What a session gives for one input: the graph's outputs in the card's order, batch of 1."""

PoseDecoder = Callable[[Outputs], FloatArray]
"""-> (keypoints, 3) float32: x, y in input pixels and score, in the order of the card's labels."""

BoxDecoder = Callable[[Outputs, float], tuple[FloatArray, FloatArray]]
"""Outputs, least score -> (n, 4) x1, y1, x2, y2 in input pixels and (n, classes) scores in the order of the card's
labels. Rows all of whose scores lie under the least may be left out; nothing is suppressed yet."""


@dataclass(frozen=True)
class FaceReading:
    """What one net says of a face; None is what it does not tell. ``female`` is a probability."""

    age: Estimate | None = None
    female: float | None = None
    bmi: Estimate | None = None


@dataclass(frozen=True)
class FaceDecoder:
    """``gives`` holds names of :class:`FaceReading`'s fields."""

    gives: frozenset[str]
    read: Callable[[Outputs], FaceReading]


def expect_shape(card: ModelCard, index: int, wanted: Sequence[int | None], means: str) -> tuple[int | None, ...]:
    """The shape of an output as far as the card tells; None is a dimension that varies.

    Raises:
        MirrorError: the card's shape cannot be ``wanted`` (None there: any size); ``means`` says it in words.
    """
    spec = card.outputs[index]
    shape = tuple(d if isinstance(d, int) else None for d in spec.shape)
    fits = len(shape) == len(wanted) and all(
        a is None or b is None or a == b for a, b in zip(shape, wanted, strict=True)
    )
    if not fits:
        raise MirrorError(
            f"model '{card.name}': output '{spec.name}' is {list(spec.shape)}; decoder '{card.decoder}' reads {means}"
        )
    return shape
