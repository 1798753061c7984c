"""Is an engine the same function as its graph: outputs compared on a recorded input, against ONNX Runtime's CPU."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from mirror.domain import MirrorError
from mirror.runtime.manifest import ModelCard
from mirror.runtime.sample import read_sample
from mirror.runtime.session import LOG_FATAL
from mirror.runtime.threads import hold_session

TOLERANCES: Mapping[str, float] = {"fp32": 2e-3, "fp16": 2e-2, "int8": 5e-2}
"""Most that the 95th percentile and the mean of the differences may be, over the largest value of the output (at least
1). fp32 differs by the order of sums; a half float has 11 bits (5e-4 a value), which a few dozen layers widen; an int8
engine is compared with the same quantised graph, whose steps may round to the neighbour."""
PERCENTILE = 95.0
"""Not all values: a keypoint read by argmax in the graph may jump to an equal peak, and one jump is no wrong engine."""
PATTERN_SEED = 20
PATTERN_WAVES = 6


@dataclass(frozen=True)
class Difference:
    """How far one output is from the reference, over the reference's largest value (at least 1)."""

    output: str
    worst: float
    percentile: float
    mean: float
    tolerance: float

    @property
    def ok(self) -> bool:
        # NaN compares false: an engine that overflows fails
        return self.percentile <= self.tolerance and self.mean <= self.tolerance

    def document(self) -> dict[str, Any]:
        return {key: round(v, 6) if isinstance(v, float) else v for key, v in asdict(self).items()} | {"ok": self.ok}


def recorded_input(card: ModelCard) -> NDArray[Any]:
    """The input of the card's sample, else a seeded smooth pattern (pictures) or normal values (numbers).

    Shape and dtype are those of ``card.inputs[0]``, dimensions with a name being 1 in the pattern. Raises MirrorError
    when the sample is not the manifest's.
    """
    return _pattern(card) if card.sample is None else read_sample(card).input


def onnx_outputs(card: ModelCard, path: str, feed: NDArray[Any]) -> list[NDArray[Any]]:
    """Outputs of the graph in ``path`` on ONNX Runtime's CPU, in the card's order. Raises MirrorError."""
    options = onnxruntime.SessionOptions()
    hold_session(options, 1)
    options.log_severity_level = LOG_FATAL
    try:
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        return list(session.run([spec.name for spec in card.outputs], {card.inputs[0].name: feed}))
    except Exception as error:  # onnxruntime's own exceptions share no base class but Exception
        raise MirrorError(f"model '{card.name}': ONNX Runtime: {' '.join(str(error).split())}") from error


def compare(
    card: ModelCard, precision: str, found: Sequence[NDArray[Any]], reference: Sequence[NDArray[Any]]
) -> tuple[Difference, ...]:
    """One difference per output. The tolerance is that of the precision, or the sample's own when that is larger."""
    tolerance = max(TOLERANCES[precision], card.sample.tolerance if card.sample else 0.0)
    differences = []
    for spec, ours, theirs in zip(card.outputs, found, reference, strict=True):
        if ours.shape != theirs.shape:
            raise MirrorError(
                f"model '{card.name}': output '{spec.name}' is {list(ours.shape)} where ONNX Runtime gives "
                f"{list(theirs.shape)}"
            )
        scale = max(1.0, float(np.abs(theirs).max(initial=0.0)))
        off = np.abs(ours.astype(np.float64) - theirs.astype(np.float64)).ravel() / scale
        if not off.size:
            continue
        percentile = float(np.percentile(off, PERCENTILE, method="higher"))
        differences.append(Difference(spec.name, float(off.max()), percentile, float(off.mean()), tolerance))
    return tuple(differences)


def worst(differences: Sequence[Difference]) -> Difference | None:
    """The output that is furthest off; a NaN counts as furthest."""
    return max(differences, key=lambda d: math.inf if math.isnan(d.percentile) else d.percentile, default=None)


def _pattern(card: ModelCard) -> NDArray[Any]:
    spec = card.inputs[0]
    shape = [d if isinstance(d, int) else 1 for d in spec.shape]
    rng = np.random.default_rng(PATTERN_SEED)
    if card.layout == "none" or len(shape) != 4:
        return rng.standard_normal(shape).astype(spec.dtype)
    rows, columns = (shape[1], shape[2]) if card.layout == "NHWC" else (shape[2], shape[3])
    y, x = np.mgrid[0:1:rows * 1j, 0:1:columns * 1j]
    planes = np.zeros((3, rows, columns))
    for plane in planes:
        for _ in range(PATTERN_WAVES):
            across, down, phase = rng.uniform(-6, 6), rng.uniform(-6, 6), rng.uniform(0, 2 * np.pi)
            plane += np.sin(2 * np.pi * (across * x + down * y) + phase)
    picture = 127.5 + 127.5 * np.tanh(planes / 2)
    column = (-1, 1, 1)
    mean, std = np.reshape(card.mean, column), np.reshape(card.std, column)
    values = (picture * card.scale - mean) / std
    if card.layout == "NHWC":
        values = values.transpose(1, 2, 0)
    return np.ascontiguousarray(np.broadcast_to(values, shape), dtype=spec.dtype)
