"""The recorded pair of input and outputs that every model carries: does this machine compute what was recorded?

``[model.sample]`` of a card names a .npz with ``input`` and one array per output, recorded from the full graph on the
CPU, and for each variant one per output by the name ``int8:OUTPUT``. The input shows nobody: it is cut from the
project's own drawn demo, or made of numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mirror.domain import MirrorError
from mirror.runtime.manifest import FULL_PRECISION, ModelCard
from mirror.runtime.session import file_digest

INPUT = "input"
VARIANT_TOLERANCE: Mapping[str, float] = {"fp16": 0.02, "int8": 0.05}
"""Most that a variant may be off its own recorded outputs (see :func:`difference`), those of the full graph where none
were recorded. On another CPU a value next to the edge between two of int8's steps may fall to the other side."""
PERCENTILE: Mapping[str, float] = {"fp32": 99.9, "fp16": 95.0, "int8": 95.0}
"""Which of the differences counts. Not the single worst: a keypoint that is read at a heat map's peak may jump to an
equal one, and a mask's edge is as coarse as float32 itself there."""


@dataclass(frozen=True, eq=False)
class Sample:
    """One input and the outputs recorded for it, in the card's order."""

    input: NDArray[Any]
    outputs: tuple[NDArray[Any], ...]


def mend(card: ModelCard) -> str:
    """What to do when a sample and its model do not belong together."""
    return f"run `make models`, or after a new export `python -m export.quantize.record {card.name}`"


def recorded_name(output: str, precision: str) -> str:
    """The name in the .npz of an output in one precision."""
    return output if precision == FULL_PRECISION else f"{precision}:{output}"


def read_sample(card: ModelCard, precision: str = FULL_PRECISION) -> Sample:
    """The card's sample, checked against the manifest's sha256 and the card's tensors; the outputs are those recorded
    for ``precision``, or the full graph's when there are none.

    Raises MirrorError, one line with the mend: the card has none, the file is missing or another, or holds something
    else than the card's input and outputs.
    """
    if card.sample is None:
        raise MirrorError(f"model '{card.name}' has no recorded sample; {mend(card)}")
    path = card.sample.path
    try:
        digest = file_digest(path)
    except OSError as error:
        reason = (error.strerror or "cannot be read").lower()
        raise MirrorError(f"model '{card.name}': sample {path}: {reason}; {mend(card)}") from error
    if digest != card.sample.sha256:
        raise MirrorError(f"model '{card.name}': sample {path} is damaged or another version; {mend(card)}")
    wanted = [INPUT, *(spec.name for spec in card.outputs)]
    try:
        with np.load(path, allow_pickle=False) as arrays:
            own = [INPUT, *(recorded_name(spec.name, precision) for spec in card.outputs)]
            found = [arrays[name] for name in (own if set(own) <= set(arrays.files) else wanted)]
    except (OSError, ValueError, KeyError) as error:
        raise MirrorError(
            f"model '{card.name}': sample {path} does not hold {', '.join(wanted)}; {mend(card)}"
        ) from error
    for spec, array in zip((card.inputs[0], *card.outputs), found, strict=True):
        fits = len(array.shape) == len(spec.shape) and all(
            not isinstance(wish, int) or wish == side for wish, side in zip(spec.shape, array.shape, strict=True)
        )
        if not fits:
            raise MirrorError(
                f"model '{card.name}': sample {path} holds '{spec.name}' as {list(array.shape)}, the manifest says "
                f"{list(spec.shape)}; {mend(card)}"
            )
    feed = np.ascontiguousarray(found[0], dtype=card.inputs[0].dtype)
    return Sample(feed, tuple(found[1:]))


def tolerance(card: ModelCard, precision: str) -> float:
    """The most that outputs of this precision may be off the recorded ones (see :func:`difference`)."""
    if card.sample is None:
        raise MirrorError(f"model '{card.name}' has no recorded sample; {mend(card)}")
    if precision == FULL_PRECISION:
        return card.sample.tolerance
    return max(card.sample.tolerance, VARIANT_TOLERANCE[precision])


def difference(found: Sequence[NDArray[Any]], recorded: Sequence[NDArray[Any]], precision: str) -> float:
    """How far outputs are from the recorded ones: of each output a high percentile of the differences or their mean,
    what is larger, over its largest recorded value; of these the worst. Infinite when a shape differs or a value is not
    finite."""
    worst = 0.0
    for ours, theirs in zip(found, recorded, strict=True):
        if ours.shape != theirs.shape or not np.isfinite(ours).all():
            return float("inf")
        if not ours.size:
            continue
        wanted = theirs.astype(np.float64)
        off = np.abs(ours.astype(np.float64) - wanted).ravel() / (float(np.abs(wanted).max()) or 1.0)
        worst = max(worst, float(np.percentile(off, PERCENTILE[precision], method="higher")), float(off.mean()))
    return worst
